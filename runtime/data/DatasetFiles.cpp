//===- DatasetFiles.cpp - from the name of a source to its records
//---------===//
//
// Where a source lies, which of its records a part has, and whether their
// shape is the model's. `idx` and `cifar10` without a slash in the source name
// a folder of /usr/share/datasets, where Debian's packages put theirs; every
// other source is a path.
//
//===----------------------------------------------------------------------===//
#include "runtime/core/Shuffle.h"
#include "runtime/core/Status.h"
#include "runtime/data/Formats.h"
#include "runtime/data/Resize.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace gmc::runtime {

using std::filesystem::path;

std::string printed(const path &file) { return printable(file.string(), 4096); }

//===----------------------------------------------------------------------===//
// Places
//===----------------------------------------------------------------------===//

/// Returns what `spec` is read from; nothing for a built-in one.
static path placeOf(const plan::Dataset &spec,
                    const std::optional<path> &replacement) {
  if (!spec.settings.empty()) {
    if (replacement) {
      fail(ExitUsage, "--data {}: `{}` is built in and reads no files",
           printed(*replacement), spec.name);
    }
    return {};
  }
  bool isNamed = spec.format == "idx" || spec.format == "cifar10";
  if (replacement) {
    std::error_code error;
    if (isNamed && !std::filesystem::is_directory(*replacement, error)) {
      fail(ExitInputOutput, "{}: is not a folder with the data of `{}`: {}",
           printed(*replacement), spec.name,
           error ? error.message() : "not a directory");
    }
    return *replacement;
  }
  bool isPath = spec.source.find('/') != std::string::npos;
  path place = isPath || !isNamed ? path(spec.source)
                                  : path("/usr/share/datasets") / spec.source;
  std::error_code error;
  if (!std::filesystem::exists(place, error)) {
    fail(ExitInputOutput,
         "{}: the data of `{}` are not there; {}say where they are with --data "
         "{}",
         printed(place), spec.name,
         spec.source == "fashion-mnist"
             ? "install them with `apt install dataset-fashion-mnist`, or "
             : "",
         isNamed ? "DIR" : "PATH");
  }
  return place;
}

path partOf(const PartRequest &request) {
  if (!request.test) {
    return request.place;
  }
  // A name that ends in a slash has an empty last component.
  path place = request.place.lexically_normal();
  if (!place.has_filename()) {
    place = place.parent_path();
  }
  std::string name = place.filename().string();
  size_t word = name.find("train");
  if (word == std::string::npos) {
    fail(ExitData,
         "data set `{0}` has no part `test`: {1} has no `train` in its name "
         "that `test` could stand for; cut one off with `split(test: 10%)`",
         request.spec.name, printed(place));
  }
  return place.parent_path() / name.replace(word, 5, "test");
}

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

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

Shape keptImageOf(const plan::Field &spec) {
  return spec.cropFrom > 0 ? Shape{spec.shape[0], spec.cropFrom, spec.cropFrom}
                           : spec.shape;
}

/// Returns `shape` with its channels in front: [h, w] has one.
static Shape withChannels(Shape shape) {
  if (shape.size() == 2) {
    shape.insert(shape.begin(), 1);
  }
  return shape;
}

static Shape keptShapeOf(const plan::Field &spec) {
  return spec.image ? keptImageOf(spec) : spec.shape;
}

void checkFits(const plan::Field &spec, const Shape &shape,
               const std::string &file) {
  const Shape kept = keptShapeOf(spec), image = withChannels(shape);
  const bool sameChannels =
      spec.image && image.size() == 3 && image[0] == kept[0];
  const bool resampled = spec.resize || spec.cropFrom > 0;
  if (!fits(shape, kept) && !(sameChannels && resampled)) {
    fail(ExitData,
         "{}: its items have the shape {}, field `{}` of the model takes {}{}",
         file, spellingOf(shape), spec.name, spellingOf(spec.shape),
         sameChannels ? "; `resize` makes images of another size fit" : "");
  }
}

DatasetField fieldOf(const plan::Field &spec, Column column,
                     const std::string &file) {
  checkFits(spec, column.shape, file);
  const Shape kept = keptShapeOf(spec);
  if (!fits(column.shape, kept)) {
    column.shape = withChannels(column.shape);
    column = resized(column, kept[1], kept[2]);
  }
  return {spec, std::move(column.bytes), column.stored, kept};
}

int64_t labelOf(const plan::Dataset &spec) {
  int64_t found = -1;
  for (size_t i = 0; i < spec.fields.size(); ++i) {
    if (spec.fields[i].classes > 0 && spec.fields[i].shape.empty()) {
      if (found >= 0) {
        fail(ExitData,
             "data set `{}`: the format `{}` has one label, the "
             "model declares `{}` and `{}`",
             spec.name, spec.format, spec.fields[found].name,
             spec.fields[i].name);
      }
      found = static_cast<int64_t>(i);
    }
  }
  return found;
}

//===----------------------------------------------------------------------===//
// Parts
//===----------------------------------------------------------------------===//

/// Returns how many records checked fields have.
static int64_t recordsOf(const Fields &fields) {
  const DatasetField &field = fields.front();
  return static_cast<int64_t>(field.bytes.size()) /
         (elementsOf(field.keptShape()) * sizeOf(field.stored));
}

/// Keeps the records `chosen`, in that order.
static void keep(Fields &fields, const std::vector<int64_t> &chosen) {
  for (DatasetField &field : fields) {
    int64_t size = elementsOf(field.keptShape()) * sizeOf(field.stored);
    std::vector<uint8_t> bytes(chosen.size() * size);
    for (size_t i = 0; i < chosen.size(); ++i) {
      std::copy_n(field.bytes.begin() + chosen[i] * size, size,
                  bytes.begin() + static_cast<int64_t>(i) * size);
    }
    field.bytes = std::move(bytes);
  }
}

/// Returns 0 .. count - 1 in an order that hangs on nothing but `what`, so
/// that runs of any seed have the same parts.
static std::vector<int64_t> fixedOrder(int64_t count, const char *what) {
  std::vector<int64_t> order(count);
  shuffle(order, 0, 0, what);
  return order;
}

/// Cuts off the test part: the first share of a fixed order.
static void cutShare(Fields &fields, double share, bool test) {
  int64_t count = recordsOf(fields);
  auto order = fixedOrder(count, "split");
  auto cut = static_cast<int64_t>(std::llround(share * double(count)));
  std::vector<int64_t> chosen(test ? order.begin() : order.begin() + cut,
                              test ? order.begin() + cut : order.end());
  std::sort(chosen.begin(), chosen.end());
  keep(fields, chosen);
}

/// Returns the field of that name, or null.
static const DatasetField *findField(const Fields &fields,
                                     const std::string &name) {
  auto found =
      std::find_if(fields.begin(), fields.end(),
                   [&](const DatasetField &f) { return f.spec.name == name; });
  return found == fields.end() ? nullptr : &*found;
}

/// Returns the classes of all records; all 0 where they are not balanced.
static std::vector<int64_t> classesOf(const DatasetField *label,
                                      int64_t count) {
  std::vector<int64_t> classes(count, 0);
  for (int64_t i = 0; label && i < count; ++i) {
    classes[i] = static_cast<int64_t>(numberAt(label->bytes, label->stored, i));
  }
  return classes;
}

/// Drops the records of classes that are left out.
static void dropClasses(const plan::Dataset &spec, Fields &fields) {
  const int64_t count = recordsOf(fields);
  const auto classes = classesOf(findField(fields, spec.filter), count);
  std::vector<int64_t> chosen;
  for (int64_t i = 0; i < count; ++i) {
    if (std::find(spec.leftOut.begin(), spec.leftOut.end(), classes[i]) ==
        spec.leftOut.end()) {
      chosen.push_back(i);
    }
  }
  if (chosen.empty()) {
    fail(ExitData, "data set `{}`: all of {} records are of classes left out",
         spec.name, count);
  }
  keep(fields, chosen);
}

/// Keeps `spec.subset` records of a fixed order, of each class as many where
/// they are balanced; or, for the rest of a set, those that this leaves.
static void takeSubset(const plan::Dataset &spec, Fields &fields) {
  int64_t count = recordsOf(fields);
  if (spec.subset > count) {
    fail(ExitData, "data set `{}`: a subset of {} records, but there are {}",
         spec.name, spec.subset, count);
  }
  const DatasetField *label = findField(fields, spec.balance);
  const auto classes = classesOf(label, count);
  const int64_t kinds = label ? label->spec.classes : 1;
  std::vector<int64_t> room(kinds, spec.subset / kinds);
  std::vector<bool> taken(count, false);
  for (int64_t record : fixedOrder(count, "subset")) {
    const int64_t kind = classes[record];
    if (room[kind] > 0) {
      --room[kind];
      taken[record] = true;
    }
  }
  for (int64_t kind = 0; kind < kinds; ++kind) {
    if (room[kind] > 0) {
      fail(ExitData,
           "data set `{}`: class {} has {} records, {} fewer than a balanced "
           "subset of {} takes",
           spec.name, kind, spec.subset / kinds - room[kind], room[kind],
           spec.subset);
    }
  }
  std::vector<int64_t> chosen;
  for (int64_t i = 0; i < count; ++i) {
    if (taken[i] == spec.of.empty()) {
      chosen.push_back(i);
    }
  }
  if (chosen.empty()) {
    fail(ExitData, "data set `{}`: `{}` leaves none of {} records", spec.name,
         spec.of, count);
  }
  keep(fields, chosen);
}

static Fields readPart(const PartRequest &request) {
  static const std::map<std::string_view, Fields (*)(const PartRequest &)>
      readers = {{"idx", readIdxPart},       {"cifar10", readCifarPart},
                 {"npy", readNpyPart},       {"folder", readFolderPart},
                 {"csv", readCsvPart},       {"text", readTextPart},
                 {"ring", makeToyPart},      {"grid", makeToyPart},
                 {"gaussians", makeToyPart}, {"swiss_roll", makeToyPart},
                 {"moons", makeToyPart}};
  auto reader = readers.find(request.spec.format);
  if (reader == readers.end()) {
    fail(ExitInternal, "data set `{}`: the format `{}` is not known",
         request.spec.name, printable(request.spec.format));
  }
  return reader->second(request);
}

/// Returns what is read for `spec`: a rest reads all fields of its whole, its
/// own with what is done to them here.
static plan::Dataset wholeOf(const plan::Dataset &spec) {
  plan::Dataset whole = spec;
  if (!spec.of.empty()) {
    whole.fields = spec.record;
  }
  for (plan::Field &field : whole.fields) {
    for (const plan::Field &own : spec.fields) {
      field = own.name == field.name ? own : field;
    }
  }
  return whole;
}

/// Returns the fields that `spec` has of those read, in its order.
static Fields chosenOf(const plan::Dataset &spec, const Fields &fields) {
  Fields chosen;
  for (const plan::Field &own : spec.fields) {
    if (const DatasetField *field = findField(fields, own.name)) {
      chosen.push_back(*field);
    }
  }
  return chosen;
}

Dataset loadDataset(const plan::Dataset &spec, std::string_view split,
                    const std::optional<path> &replacement, ScalarType type) {
  if (split != "train" && split != "test") {
    fail(ExitInternal, "data set `{}` has no split `{}`", spec.name,
         printable(split));
  }
  const bool test = split == "test";
  const bool cut = spec.testShare > 0;
  const plan::Dataset whole = wholeOf(spec);
  PartRequest request{whole, test && !cut, placeOf(spec, replacement)};
  try {
    Fields fields = readPart(request);
    const bool filtered = !spec.filter.empty() && !test,
               reduced = spec.subset > 0 && !test;
    if (cut || filtered || reduced) {
      // What is left out must be right as well, and items have the numbers of
      // the file.
      checkFields(cut ? spec.name : spec.name + "." + std::string(split),
                  fields, type);
    }
    if (cut) {
      cutShare(fields, spec.testShare, test);
    }
    if (filtered) {
      dropClasses(spec, fields);
    }
    if (reduced) {
      takeSubset(spec, fields);
    }
    if (!spec.of.empty()) {
      fields = chosenOf(spec, fields);
    }
    return Dataset(spec.name, std::string(split), std::move(fields), type);
  } catch (const std::bad_alloc &) {
    fail(ExitMemory, "data set `{}`: no memory for its records", spec.name);
  }
}

std::vector<std::string>
loadCharacters(const plan::Dataset &spec,
               const std::optional<path> &replacement) {
  return charactersOf({spec, false, placeOf(spec, replacement)});
}

std::vector<std::string>
loadClassNames(const plan::Dataset &spec,
               const std::optional<path> &replacement) {
  if (spec.format != "folder") {
    return {};
  }
  const plan::Dataset whole = wholeOf(spec);
  return classNamesOf({whole, false, placeOf(spec, replacement)});
}

} // namespace gmc::runtime
