//===- Metrics.h - metrics.csv ----------------------------------*- C++ -*-===//
//
// One header row, then rows of numbers; the first column is `step`. No
// comments, no quoting: column names are identifiers and dots. A cell without
// a value is empty. Rows reach the kernel one write each, so a killed run
// leaves whole rows but perhaps the last, which a resume cuts. A loss of power
// may take any part of the rows that were not synced and leave zeros there.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_IO_METRICS_H
#define GMC_RUNTIME_IO_METRICS_H

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gmc::runtime {

/// Columns beside losses and reports.
namespace column {
#define GMC_COLUMN(name, meaning) constexpr const char *name = #name;
#include "runtime/abi/names.def"
} // namespace column

/// Returns how much of `text` is whole rows, before the first byte 0.
size_t wholeRows(std::string_view text);

class MetricsFile {
public:
  /// Starts `path` anew, replacing what is there. `columns` without `step`.
  static MetricsFile create(const std::filesystem::path &path,
                            std::vector<std::string> columns);
  /// Goes on with `path` after `step`: later rows are removed. The header must
  /// be that of `columns`. A file that is gone is started anew.
  static MetricsFile resume(const std::filesystem::path &path,
                            std::vector<std::string> columns, uint64_t step);
  ~MetricsFile();
  MetricsFile(MetricsFile &&) noexcept;
  MetricsFile &operator=(MetricsFile &&) noexcept;

  /// Appends one row; columns that `values` lacks stay empty. Numbers are
  /// written so that reading them back gives the same bits. Returns false, and
  /// says why in lastError(), where the disk refuses: the caller warns once.
  bool append(uint64_t step, const std::map<std::string, double> &values);
  /// Makes the rows durable; false as append().
  bool sync();
  const std::string &lastError() const { return error; }

private:
  MetricsFile(int descriptor, std::vector<std::string> columns);

  int descriptor = -1;
  std::vector<std::string> columns;
  std::string error;
};

} // namespace gmc::runtime

#endif // GMC_RUNTIME_IO_METRICS_H
