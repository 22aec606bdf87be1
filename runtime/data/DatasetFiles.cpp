//===- DatasetFiles.cpp - from the name of a source to its files
//-----------===//
//
// `fashion-mnist` is the folder /usr/share/datasets/fashion-mnist, where
// Debian's package dataset-fashion-mnist puts it; a source with a slash is a
// path. --data replaces the folder, not the names of the files:
//
//   train-images-idx3-ubyte  train-labels-idx1-ubyte
//   t10k-images-idx3-ubyte   t10k-labels-idx1-ubyte      (each raw or .gz)
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Status.h"
#include "runtime/data/Dataset.h"
#include "runtime/data/IdxFile.h"

namespace gmc::runtime {

using std::filesystem::path;

static std::string printed(const path &file) {
  return printable(file.string(), 4096);
}

/// Returns the folder of `spec`, or throws with the way to get it.
static path folderOf(const DatasetSpec &spec,
                     const std::optional<path> &replacement) {
  std::error_code error;
  if (replacement) {
    if (!std::filesystem::is_directory(*replacement, error)) {
      fail(ExitInputOutput, "{}: is not a folder with the data of `{}`: {}",
           printed(*replacement), spec.name,
           error ? error.message() : "not a directory");
    }
    return *replacement;
  }
  bool isPath = spec.source.find('/') != std::string::npos;
  path folder =
      isPath ? path(spec.source) : path("/usr/share/datasets") / spec.source;
  if (!std::filesystem::is_directory(folder, error)) {
    fail(ExitInputOutput,
         "{}: the data of `{}` are not there; {}give their "
         "folder with --data DIR",
         printed(folder), spec.name,
         spec.source == "fashion-mnist"
             ? "install them with `apt install dataset-fashion-mnist`, or "
             : "");
  }
  return folder;
}

/// Returns `folder / name`, or with .gz where only that is there.
static path findFile(const path &folder, const std::string &name) {
  for (const char *ending : {"", ".gz"}) {
    path file = folder / (name + ending);
    std::error_code ignored;
    if (std::filesystem::exists(file, ignored)) {
      return file;
    }
  }
  fail(ExitInputOutput, "{}: neither it nor {}.gz is there",
       printed(folder / name), name);
}

/// Tells whether items of shape `have` serve as `wanted`: the same extents but
/// for axes of 1, or the same numbers as one flat vector.
static bool fits(const Shape &have, const Shape &wanted) {
  auto withoutOnes = [](Shape shape) {
    std::erase(shape, 1);
    return shape;
  };
  return withoutOnes(have) == withoutOnes(wanted) ||
         (wanted.size() == 1 && elementsOf(have) == wanted[0]);
}

/// Reads the file of one field and checks its shape.
static DatasetField loadField(const FieldSpec &spec, const path &folder,
                              const std::string &prefix) {
  // A single number an item is a label, anything else an image.
  path file =
      findFile(folder, prefix + (spec.shape.empty() ? "-labels-idx1-ubyte"
                                                    : "-images-idx3-ubyte"));
  IdxArray array = readIdx(file);
  if (array.shape[0] == 0) {
    fail(ExitData, "{}: has no items", printed(file));
  }
  Shape item(array.shape.begin() + 1, array.shape.end());
  if (!fits(item, spec.shape)) {
    fail(ExitData,
         "{}: its items have the shape {}, field `{}` of the model takes {}",
         printed(file), spellingOf(item), spec.name, spellingOf(spec.shape));
  }
  return {spec, std::move(array.bytes)};
}

Dataset loadDataset(const DatasetSpec &spec, std::string_view split,
                    const std::optional<path> &replacement) {
  if (spec.format != "idx") {
    fail(ExitData, "data set `{}`: the format `{}` is not supported yet",
         spec.name, printable(spec.format));
  }
  if (split != "train" && split != "test") {
    fail(ExitInternal, "data set `{}` has no split `{}`", spec.name,
         printable(split));
  }
  path folder = folderOf(spec, replacement);
  std::vector<DatasetField> fields;
  for (const FieldSpec &field : spec.fields) {
    fields.push_back(
        loadField(field, folder, split == "train" ? "train" : "t10k"));
  }
  return Dataset(spec.name, std::string(split), std::move(fields));
}

} // namespace gmc::runtime
