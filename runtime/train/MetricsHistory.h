//===- MetricsHistory.h - the rows that a run left behind -------*- C++ -*-===//
//
// A run that stopped wrote rows that an unbroken one would not have: the last
// means and the reports `at end`. Before it goes on, these rows are taken out,
// and those that a killed run did not come to write are found.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_TRAIN_METRICSHISTORY_H
#define GMC_RUNTIME_TRAIN_METRICSHISTORY_H

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>

namespace gmc::runtime {

/// Removes the rows whose column `final` is not empty, and returns the columns
/// that rows of `step` have values in. A file that is gone has no rows.
std::set<std::string> dropFinalRows(const std::filesystem::path &metrics,
                                    uint64_t step);

} // namespace gmc::runtime

#endif // GMC_RUNTIME_TRAIN_METRICSHISTORY_H
