//===- Evaluation.h - reports -----------------------------------*- C++ -*-===//
//
// Runs the entry of a report over every example of its split and averages:
// numbers of one example over the examples, numbers of a batch over the full
// batches. Averages are sums in f64 in the order of the examples. What is taken
// over the whole set, of each number of an example, goes through one more
// entry.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_TRAIN_EVALUATION_H
#define GMC_RUNTIME_TRAIN_EVALUATION_H

#include "runtime/train/DataShelf.h"
#include "runtime/train/Machine.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace gmc::runtime {

/// The names that the numbers of report `index` have in metrics.csv and in
/// `eval --json`: that in the text where it is the only one ("elbo"), else with
/// the split ("elbo.test"), else with the stream ("fashion.elbo.test").
std::vector<std::string> reportNames(const plan::Plan &plan, size_t index);

/// Runs the entry of `walk` over the first `most` examples of its set, the last
/// batch filled up; `seen` is told after each batch how many of its examples
/// count. The draws are keyed by the index of the batch. Returns false if a
/// signal asked to stop.
bool walkSet(Machine &machine, DataShelf &shelf, const plan::SetWalk &walk,
             int64_t most, const std::function<void(int64_t)> &seen);

/// Evaluates report `index` with the state and scalars of `machine`; one number
/// for each name. Returns nothing if a signal asked to stop meanwhile. A
/// split with less than one batch gives a number of a batch from what it has.
std::optional<std::vector<double>>
evaluateReport(Machine &machine, DataShelf &shelf, size_t index);

} // namespace gmc::runtime

#endif // GMC_RUNTIME_TRAIN_EVALUATION_H
