//===- Evaluation.h - reports -----------------------------------*- C++ -*-===//
//
// Runs the entry of a report over every example of its split and averages:
// numbers of one example over the examples, numbers of a batch over the full
// batches. Averages are sums in f64 in the order of the examples.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_TRAIN_EVALUATION_H
#define GMC_RUNTIME_TRAIN_EVALUATION_H

#include "runtime/train/DataShelf.h"
#include "runtime/train/Machine.h"

#include <optional>
#include <string>
#include <vector>

namespace gmc::runtime {

/// The names that the numbers of report `index` have in metrics.csv and in
/// `eval --json`: that in the text where it is the only one ("elbo"), else with
/// the split ("elbo.test"), else with the stream ("fashion.elbo.test").
std::vector<std::string> reportNames(const Manifest &manifest, size_t index);

/// Evaluates report `index` with the state and scalars of `machine`; one number
/// for each output. Returns nothing if a signal asked to stop meanwhile. A
/// split with less than one batch gives a number of a batch from what it has.
std::optional<std::vector<double>>
evaluateReport(Machine &machine, DataShelf &shelf, size_t index);

} // namespace gmc::runtime

#endif // GMC_RUNTIME_TRAIN_EVALUATION_H
