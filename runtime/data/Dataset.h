//===- Dataset.h - the records of one part ----------------------*- C++ -*-===//
//
// A data set is held as the numbers of its files, as wide as they stand there.
// The model's numbers are made when a batch is put together: mapped onto a
// range, cut, mirrored, drawn, as the field says. Whatever is drawn is a
// function of (seed, epoch, record), so it is the same for any number of
// threads and after a resume.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_DATA_DATASET_H
#define GMC_RUNTIME_DATA_DATASET_H

#include "runtime/data/Column.h"
#include "runtime/plan/Data.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gmc::runtime {

/// One field of all items.
struct DatasetField {
  plan::Field spec;
  std::vector<uint8_t> bytes;
  Stored stored = Stored::Byte;
  /// Of an item as it is kept: larger than spec.shape where crops are cut out
  /// of it. Empty: spec.shape.
  Shape shape{};

  const Shape &keptShape() const { return shape.empty() ? spec.shape : shape; }
};

class Dataset {
public:
  /// Checks the fields against each other: equal numbers of items, at least
  /// one, labels below their number of classes (row D5), numbers that are
  /// finite in the model's `type` (row D11) and in the range that it declares,
  /// transforms that can act on what is stored.
  Dataset(std::string name, std::string split, std::vector<DatasetField> fields,
          ScalarType type = ScalarType::F32);

  /// Returns e.g. "fashion.train", which keys shuffles and draws.
  const std::string &stream() const { return streamName; }
  /// Returns e.g. "fashion".
  const std::string &name() const { return setName; }
  int64_t items() const { return itemCount; }
  int64_t fieldCount() const { return static_cast<int64_t>(fields.size()); }
  const plan::Field &field(int64_t index) const { return fields[index].spec; }
  /// Returns how many grey levels the files tell apart, 256 or 65536; 0 where
  /// they hold floating-point numbers.
  int64_t greyLevels(int64_t field) const;
  /// Returns 32 hex digits that stand for all bytes: part of the identity of a
  /// run.
  const std::string &digest() const { return digestText; }

  /// Writes item `item` of field `field` as `type` numbers. A grey value b of
  /// 0 .. m becomes low + (high - low) * b / m, with `dequantize` low + (high -
  /// low) * (b + u) / (m + 1); labels and numbers stay. With `binarize` it is
  /// high with the probability that the grey value, or the number, is of the
  /// range, else low. `normalize` comes last. With
  /// `training` crops lie and mirrors stand as drawn by (seed, epoch, item),
  /// the same for all fields of the record; else crops are from the middle.
  void convert(int64_t field, int64_t item, uint64_t seed, uint64_t epoch,
               ScalarType type, std::span<std::byte> out,
               bool training = false) const;

private:
  struct Table {
    std::array<double, 256> values;
    std::array<uint64_t, 256> thresholds; ///< of the random bits
  };
  /// The part of a kept item that is taken, row by row.
  struct Window {
    int64_t planes = 1, height = 1, width = 1; ///< of the result
    int64_t keptHeight = 1, keptWidth = 1;     ///< of the item
    int64_t top = 0, left = 0;
    bool mirrored = false;
  };

  static Table makeTable(const plan::Field &spec, double top);
  Window windowOf(const DatasetField &field, int64_t item, uint64_t seed,
                  uint64_t epoch, bool training) const;
  void binarize(int64_t field, std::span<double> numbers, uint64_t seed,
                uint64_t execution) const;
  void mapGrey(int64_t field, std::span<double> numbers, uint64_t seed,
               uint64_t execution) const;

  std::string setName, streamName, digestText;
  int64_t itemCount = 0;
  std::vector<DatasetField> fields;
  std::vector<Table> tables;
  std::vector<double> tops;    ///< greyTop of each field
  std::vector<uint64_t> sites; ///< of the draws of each field's pixels
  uint64_t windowSite = 0;     ///< of the draws of crops and mirrors
};

/// Reads or makes the part ("train" or "test") of `spec`. Files are those of
/// the source, or of `replacement`, the value of --data. Checks the items'
/// shape against the plan's (row D21), their numbers against `type`.
Dataset loadDataset(const plan::Dataset &spec, std::string_view split,
                    const std::optional<std::filesystem::path> &replacement,
                    ScalarType type = ScalarType::F32);

/// Returns the centres of the modes of built-in points as the model sees them
/// in `field`; none where data have no known modes.
std::vector<std::array<double, 2>> centresOf(const plan::Dataset &spec,
                                             const plan::Field &field);

/// Returns the characters of the text `spec` in UTF-8, in the order of their
/// codes: 0 is padding, 1 begin, 2 end, the first character 3.
std::vector<std::string>
loadCharacters(const plan::Dataset &spec,
               const std::optional<std::filesystem::path> &replacement);

/// Returns the names of the classes of `spec` in the order of their numbers;
/// none where its format gives its classes no names.
std::vector<std::string>
loadClassNames(const plan::Dataset &spec,
               const std::optional<std::filesystem::path> &replacement);

/// Throws Failure 3 with both numbers where `dataset` has fewer items than a
/// training batch (row D20). Evaluation needs no such check.
void checkTrainable(const Dataset &dataset, int64_t batch);

} // namespace gmc::runtime

#endif // GMC_RUNTIME_DATA_DATASET_H
