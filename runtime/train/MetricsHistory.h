//===- MetricsHistory.h - the rows that a run left behind -------*- C++ -*-===//
//
// A run that stopped wrote rows that an unbroken one would not have: the last
// means and the reports `at end`, its final rows. Before it goes on, these are
// taken out, and those that a killed run did not come to write are found.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_TRAIN_METRICSHISTORY_H
#define GMC_RUNTIME_TRAIN_METRICSHISTORY_H

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace gmc::runtime {

/// Columns in which the rows of one step have values.
struct PresentColumns {
  std::set<std::string> due;   ///< of rows that every run has
  std::set<std::string> final; ///< of final rows
};

/// Reads the rows of `step`; none if the file is gone, or is of other columns
/// than `columns`, beside `step`.
std::optional<PresentColumns>
presentColumns(const std::filesystem::path &metrics,
               const std::vector<std::string> &columns, uint64_t step);

/// Removes the final rows, whose column `final` is not empty.
void dropFinalRows(const std::filesystem::path &metrics);

} // namespace gmc::runtime

#endif // GMC_RUNTIME_TRAIN_METRICSHISTORY_H
