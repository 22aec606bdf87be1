//===- Formats.h - readers of the formats of data sets ----------*- C++ -*-===//
//
// One function a format, from a source to the fields of one part. They throw
// Failure 3 for what is broken or does not fit the model, Failure 5 for what
// cannot be opened or read, and check sizes that a file declares against the
// file before they ask for memory. Internal to runtime/data.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_DATA_FORMATS_H
#define GMC_RUNTIME_DATA_FORMATS_H

#include "runtime/data/Dataset.h"

#include <filesystem>
#include <string>
#include <vector>

namespace gmc::runtime {

using Fields = std::vector<DatasetField>;

/// What is read: a data set's part, and where it lies.
struct PartRequest {
  const plan::Dataset &spec;
  bool test = false;
  std::filesystem::path place; ///< what the source or --data names
};

Fields readIdxPart(const PartRequest &request);
Fields readCifarPart(const PartRequest &request);
Fields readNpyPart(const PartRequest &request);
Fields readFolderPart(const PartRequest &request);
Fields readCsvPart(const PartRequest &request);
Fields readTextPart(const PartRequest &request);
Fields makeToyPart(const PartRequest &request);

/// The characters of a text in UTF-8, in the order of their codes from 3 on.
std::vector<std::string> charactersOf(const PartRequest &request);

/// The names of the classes of folders, in the order of their numbers; none
/// where the record has no label.
std::vector<std::string> classNamesOf(const PartRequest &request);

/// Returns a path for messages.
std::string printed(const std::filesystem::path &path);

/// Returns where the part lies. The part `test` is what stands beside the
/// source under the name with `test` for `train`: `trainA` and `testA`,
/// `train.csv` and `test.csv`.
std::filesystem::path partOf(const PartRequest &request);

/// Throws where records of `shape` do not serve for the field, resampled or
/// not (row D21).
void checkFits(const plan::Field &spec, const Shape &shape,
               const std::string &file);

/// Makes a field of `column`, read from `file`: checks the shape of its
/// records, resamples them where the field asks for that.
DatasetField fieldOf(const plan::Field &spec, Column column,
                     const std::string &file);

/// Checks that the fields are of equally many records, at least one, and that
/// their numbers are what the model declares (FieldCheck.cpp); returns how many
/// records there are. `stream` is for messages, `type` the model's.
int64_t checkFields(const std::string &stream, const Fields &fields,
                    ScalarType type);

/// Returns the grey level that stands for the upper end of the field's range:
/// 255 or 65535, or 1 where data of 0 and 1 are declared so.
double greyTop(const DatasetField &field);

/// Returns the height and width that images of `spec` are kept with.
Shape keptImageOf(const plan::Field &spec);

/// Returns the one place among the fields of a label, and throws where there
/// are several of them; -1 where there is none.
int64_t labelOf(const plan::Dataset &spec);

} // namespace gmc::runtime

#endif // GMC_RUNTIME_DATA_FORMATS_H
