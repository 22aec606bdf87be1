//===- ItemFile.cpp - items that a command line names ---------------------===//
//
// The first bytes of a file say its form, the ending that of a table of numbers
// and of what is gzipped.
//
//===----------------------------------------------------------------------===//
#include "runtime/data/ItemFile.h"

#include "runtime/core/InputFile.h"
#include "runtime/core/Status.h"
#include "runtime/data/Formats.h"
#include "runtime/data/IdxFile.h"
#include "runtime/data/NpyFile.h"
#include "runtime/data/PngFile.h"

namespace gmc::runtime {

using std::filesystem::path;

/// Returns up to eight bytes of the beginning.
static std::string beginningOf(const path &place) {
  InputFile file(place, ExitData);
  std::string bytes(8, '\0');
  bytes.resize(file.read(std::as_writable_bytes(std::span(bytes))));
  return bytes;
}

static DatasetField readField(const plan::Field &item, const path &place) {
  plan::Dataset spec;
  spec.name = item.name;
  spec.fields = {item};
  const PartRequest request{spec, false, place};
  std::error_code error;
  if (std::filesystem::is_directory(place, error)) {
    return std::move(readFolderPart(request)[0]);
  }
  const std::string start = beginningOf(place);
  if (start.starts_with("\x89PNG")) {
    Column column = readPng(place, [&](const Shape &shape) {
      checkFits(item, shape, printed(place));
    });
    return fieldOf(item, std::move(column), printed(place));
  }
  if (start.starts_with("\x93NUMPY")) {
    return fieldOf(item, readNpy(place), printed(place));
  }
  if (place.extension() == ".csv") {
    return std::move(readCsvPart(request)[0]);
  }
  const bool isIdx = start.starts_with(std::string_view("\0\0", 2));
  if (!isIdx && place.extension() != ".gz") {
    fail(ExitData,
         "{}: is no folder of PNG pictures and no PNG, NPY, CSV or IDX file",
         printed(place));
  }
  IdxArray array = readIdx(place);
  Column column{Stored::Byte, {}, std::move(array.bytes)};
  column.shape.assign(array.shape.begin() + 1, array.shape.end());
  return fieldOf(item, std::move(column), printed(place));
}

Dataset readItems(const plan::Field &item, const std::string &name,
                  const std::string &part, const path &place, ScalarType type) {
  try {
    Fields fields;
    fields.push_back(readField(item, place));
    try {
      return Dataset(name, part, std::move(fields), type);
    } catch (const Failure &failure) { // tells of its name, not of the file's
      fail(failure.exitCode, "{}: {}", printed(place), failure.what());
    }
  } catch (const std::bad_alloc &) {
    fail(ExitMemory, "{}: no memory for its items", printed(place));
  }
}

} // namespace gmc::runtime
