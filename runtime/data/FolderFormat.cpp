//===- FolderFormat.cpp - folders of PNG pictures -------------------------===//
//
// The pictures of a folder in byte order of their names; names that begin with
// a dot are passed over. Where the record has a label, the folder holds one
// folder for each class, and its place in byte order is the class number. The
// first file that does not fit is named (row D15).
//
//===----------------------------------------------------------------------===//
#include "runtime/core/Status.h"
#include "runtime/data/Formats.h"
#include "runtime/data/PngFile.h"

#include <algorithm>
#include <optional>

namespace gmc::runtime {

using std::filesystem::path;

/// Returns the names in `folder`, in byte order.
static std::vector<path> namesIn(const path &folder) {
  std::error_code error;
  std::vector<path> names;
  std::filesystem::directory_iterator end, at(folder, error);
  while (!error && at != end) {
    std::string name = at->path().filename().string();
    if (name.front() != '.') {
      names.push_back(std::move(name));
    }
    at.increment(error);
  }
  if (error) {
    fail(ExitInputOutput, "{}: the folder cannot be read: {}", printed(folder),
         error.message());
  }
  std::sort(names.begin(), names.end(), [](const path &a, const path &b) {
    return a.native() < b.native();
  });
  return names;
}

namespace {

/// The pictures read so far.
struct Pictures {
  const FieldSpec &spec;
  std::optional<Stored> stored; ///< of the first one
  path first;
  std::vector<uint8_t> bytes;
};

} // namespace

static void readInto(Pictures &pictures, const path &file) {
  Column column = readPng(file, [&](const Shape &shape) {
    checkFits(pictures.spec, shape, printed(file));
  });
  DatasetField field = fieldOf(pictures.spec, std::move(column), printed(file));
  if (!pictures.stored) {
    pictures.stored = field.stored;
    pictures.first = file;
  }
  if (field.stored != *pictures.stored) {
    fail(ExitData, "{}: has {} bits a channel, but {} has {}", printed(file),
         8 * sizeOf(field.stored), printed(pictures.first.filename()),
         8 * sizeOf(*pictures.stored));
  }
  pictures.bytes.insert(pictures.bytes.end(), field.bytes.begin(),
                        field.bytes.end());
}

static void readFolder(Pictures &pictures, const path &folder) {
  for (const path &name : namesIn(folder)) {
    readInto(pictures, folder / name);
  }
}

/// Reads a folder for each class; returns the labels.
static std::vector<uint8_t> readClasses(Pictures &pictures, const path &folder,
                                        const FieldSpec &label) {
  std::vector<uint8_t> labels;
  std::vector<path> names = namesIn(folder);
  if (static_cast<int64_t>(names.size()) != label.classes) {
    fail(ExitData,
         "{}: holds {} folders of classes, the label `{}` has {} classes",
         printed(folder), names.size(), label.name, label.classes);
  }
  for (size_t i = 0; i < names.size(); ++i) {
    size_t before = pictures.bytes.size();
    readFolder(pictures, folder / names[i]);
    int64_t size = elementsOf(keptImageOf(pictures.spec)) *
                   sizeOf(pictures.stored.value_or(Stored::Byte));
    auto count = static_cast<int64_t>(pictures.bytes.size() - before) / size;
    for (int64_t j = 0; j < count; ++j) {
      appendNumber(labels, static_cast<uint16_t>(i));
    }
  }
  return labels;
}

Fields readFolderPart(const PartRequest &request) {
  const auto &specs = request.spec.fields;
  const int64_t label = labelOf(request.spec);
  const int64_t image = label == 0 ? 1 : 0;
  if (specs.size() != (label < 0 ? 1u : 2u) || !specs[image].image) {
    fail(ExitData,
         "data set `{}`: a folder gives an image, or an image and a "
         "label",
         request.spec.name);
  }
  const path folder = partOf(request);
  Pictures pictures{specs[image], {}, {}, {}};
  std::vector<uint8_t> labels;
  if (label < 0) {
    readFolder(pictures, folder);
  } else {
    labels = readClasses(pictures, folder, specs[label]);
  }
  if (!pictures.stored) {
    fail(ExitData, "{}: holds no pictures", printed(folder));
  }
  Fields fields;
  for (const FieldSpec &spec : specs) {
    if (spec.image) {
      fields.push_back({spec, std::move(pictures.bytes), *pictures.stored,
                        keptImageOf(spec)});
    } else {
      fields.push_back({spec, std::move(labels), Stored::Word});
    }
  }
  return fields;
}

} // namespace gmc::runtime
