//===- Emission.h - what a procedure leaves behind --------------*- C++ -*-===//
//
// Collects the outputs of a procedure over its batches and writes them as a
// picture, as NPY or as CSV.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_TRAIN_EMISSION_H
#define GMC_RUNTIME_TRAIN_EMISSION_H

#include "runtime/train/Machine.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace gmc::runtime {

/// One output, all batches put together.
struct Collected {
  Shape itemShape;   ///< of one example
  int64_t items = 0; ///< examples; 1 for a value of the whole batch
  bool perExample = true;
  std::vector<double> numbers; ///< [items, itemShape]
};

/// An empty collection for `slot` of an entry with `batch`.
Collected collectionFor(const Slot &slot, int64_t batch);

/// Appends the first `valid` examples of what the entry left in `slot`.
void collect(Collected &collected, const Machine &machine, const Slot &slot,
             int64_t valid);

/// The file ending of an emission: ".png", ".npy" or ".csv"; Failure 2 for
/// kinds that are not supported yet.
std::string endingOf(const Emission &emission);

/// Writes `emission` of the collected outputs to `path`.
///
/// grid: examples fill a near-square grid, all outputs of an example side by
/// side. row: one row an example. npy: the first output, [items, shape], f32 or
/// f64. csv: one line an example, all numbers of all outputs.
void writeEmission(const Emission &emission, const Manifest &manifest,
                   const std::vector<Collected> &outputs,
                   const std::filesystem::path &path);

} // namespace gmc::runtime

#endif // GMC_RUNTIME_TRAIN_EMISSION_H
