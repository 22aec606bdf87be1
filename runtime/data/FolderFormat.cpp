//===- FolderFormat.cpp - folders of PNG pictures -------------------------===//
//
// The pictures of a folder in byte order of their names; names that begin with
// a dot are passed over. Where the record has a label, the folder holds one
// folder for each class. The classes are those of the part `train`, numbered in
// byte order; `test` has the same numbers by name, and may lack classes. Other
// files beside the folders are passed over, but a picture there is of no class.
// The first file that does not fit is named (row D15).
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
  const plan::Field &spec;
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

/// Returns the names of the folders in `folder`, in byte order.
static std::vector<path> foldersIn(const path &folder) {
  std::vector<path> names;
  for (const path &name : namesIn(folder)) {
    std::error_code error;
    const auto status = std::filesystem::status(folder / name, error);
    if (!std::filesystem::exists(status)) { // a link that leads nowhere
      fail(ExitInputOutput, "{}: cannot be read: {}", printed(folder / name),
           error ? error.message() : "it is not there");
    }
    if (std::filesystem::is_directory(status)) {
      names.push_back(name);
    } else if (name.extension() == ".png" || name.extension() == ".PNG") {
      fail(ExitData,
           "{}: stands beside the folders of classes and is of none of them; "
           "put it into the folder of its class",
           printed(folder / name));
    }
  }
  return names;
}

/// Returns the names of the classes, which the part `train` numbers.
static std::vector<path> classesOf(const PartRequest &request,
                                   const plan::Field &label) {
  std::vector<path> names = foldersIn(request.place);
  if (static_cast<int64_t>(names.size()) != label.classes ||
      label.classes > 65536) {
    fail(ExitData,
         "{}: holds {} folders of classes, the label `{}` has {} classes{}",
         printed(request.place), names.size(), label.name, label.classes,
         label.classes > 65536 ? "; there are 65536 at most" : "");
  }
  return names;
}

/// Reads a folder for each class; returns the labels.
static std::vector<uint8_t> readClasses(Pictures &pictures,
                                        const PartRequest &request,
                                        const plan::Field &label) {
  const std::vector<path> classes = classesOf(request, label);
  const path folder = partOf(request);
  std::vector<uint8_t> labels;
  for (const path &name : request.test ? foldersIn(folder) : classes) {
    const auto found = std::find(classes.begin(), classes.end(), name);
    if (found == classes.end()) {
      fail(ExitData,
           "{}: is a class that the data for training lack: there is no {}",
           printed(folder / name), printed(request.place / name));
    }
    size_t before = pictures.bytes.size();
    readFolder(pictures, folder / name);
    int64_t size = elementsOf(keptImageOf(pictures.spec)) *
                   sizeOf(pictures.stored.value_or(Stored::Byte));
    auto count = static_cast<int64_t>(pictures.bytes.size() - before) / size;
    for (int64_t j = 0; j < count; ++j) {
      appendNumber(labels, static_cast<uint16_t>(found - classes.begin()));
    }
  }
  return labels;
}

std::vector<std::string> classNamesOf(const PartRequest &request) {
  const int64_t label = labelOf(request.spec);
  std::vector<std::string> names;
  if (label >= 0) {
    for (const path &name : classesOf(request, request.spec.fields[label])) {
      names.push_back(name.string());
    }
  }
  return names;
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
    labels = readClasses(pictures, request, specs[label]);
  }
  if (!pictures.stored) {
    fail(ExitData, "{}: holds no pictures", printed(folder));
  }
  Fields fields;
  for (const plan::Field &spec : specs) {
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
