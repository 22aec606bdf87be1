//===- Dataset.h - the examples of one split --------------------*- C++ -*-===//
//
// A data set is held as the bytes of its files. Numbers are made when a batch
// is put together, by a table of 256 entries, or by draws for a field that is
// binarised anew each epoch.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_DATA_DATASET_H
#define GMC_RUNTIME_DATA_DATASET_H

#include "runtime/core/Manifest.h"

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
  FieldSpec spec;
  std::vector<uint8_t> bytes; ///< [items, spec.shape]
};

class Dataset {
public:
  /// Checks the fields against each other: equal numbers of items, at least
  /// one, labels below their number of classes (row D5).
  Dataset(std::string name, std::string split,
          std::vector<DatasetField> fields);

  /// Returns e.g. "fashion.train", which keys shuffles and binarisation.
  const std::string &stream() const { return streamName; }
  int64_t items() const { return itemCount; }
  int64_t fieldCount() const { return static_cast<int64_t>(fields.size()); }
  const FieldSpec &field(int64_t index) const { return fields[index].spec; }
  /// Returns 32 hex digits that stand for all bytes: part of the identity of a
  /// run.
  const std::string &digest() const { return digestText; }

  /// Writes item `item` of field `field` as `type` numbers: byte b becomes
  /// low + (high - low) * b / 255, a label stays its class number, and a
  /// binarised pixel is high with probability b / 255, else low, drawn by
  /// (seed, epoch, item).
  void convert(int64_t field, int64_t item, uint64_t seed, uint64_t epoch,
               ScalarType type, std::span<std::byte> out) const;

private:
  struct Table {
    std::array<double, 256> values;
    std::array<uint64_t, 256> thresholds; ///< of the random bits
  };

  void checkField(const DatasetField &field, bool first);
  static Table makeTable(const FieldSpec &spec);

  std::string streamName, digestText;
  int64_t itemCount = 0;
  std::vector<DatasetField> fields;
  std::vector<Table> tables;
  std::vector<uint64_t> sites; ///< of the draws that binarise each field
};

/// Reads the split ("train" or "test") of `spec`. The files are those of the
/// source's folder under /usr/share/datasets, or in `replacement`, the value
/// of --data, under the same names, each raw or with .gz. Checks the items'
/// shape against the manifest's (row D21).
Dataset loadDataset(const DatasetSpec &spec, std::string_view split,
                    const std::optional<std::filesystem::path> &replacement);

/// Throws Failure 3 with both numbers where `dataset` has fewer items than a
/// training batch (row D20). Evaluation needs no such check.
void checkTrainable(const Dataset &dataset, int64_t batch);

} // namespace gmc::runtime

#endif // GMC_RUNTIME_DATA_DATASET_H
