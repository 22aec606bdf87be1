//===- Emission.h - what a procedure leaves behind --------------*- C++ -*-===//
//
// Collects the outputs of a procedure over its batches and writes them as a
// picture, as NPY, as CSV or as a data set.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_TRAIN_EMISSION_H
#define GMC_RUNTIME_TRAIN_EMISSION_H

#include "runtime/train/Machine.h"

#include <cstdint>
#include <filesystem>
#include <optional>
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
Collected collectionFor(const plan::Slot &slot, int64_t batch);

/// Appends the first `valid` examples of what the entry left in `slot`.
void collect(Collected &collected, const Machine &machine,
             const plan::Slot &slot, int64_t valid);

/// Tells whether `emission` is a number that is printed, and no file.
bool isPrinted(const plan::Emission &emission);

/// The file ending of an emission: ".png", ".npy", ".csv", ".txt", or "" of
/// a folder; Failure 2 for kinds that are not supported yet.
std::string endingOf(const plan::Emission &emission);

/// Returns the form that `emission` takes at `path`: the ending of the path, in
/// small letters, or its own where the path has none; nothing where that ending
/// belongs to a form that it cannot take.
std::optional<std::string> formOf(const plan::Emission &emission,
                                  const std::filesystem::path &path);

/// Throws Failure 2 where `path`, of the command line, is no name for what
/// `emission` writes.
void checkEnding(const plan::Emission &emission,
                 const std::filesystem::path &path);

/// Returns what a `text` shows: a line an example, the outputs with tabs
/// between. Codes are spelled with `characters`, the first of which is 3.
std::string textOf(const plan::Emission &emission,
                   const std::vector<Collected> &outputs,
                   const std::vector<std::string> &characters);

/// Writes `emission` of the collected outputs to `path`.
///
/// grid: examples fill a near-square grid, all outputs of an example side by
/// side. row: one row an example. Where `path` ends in .npy, .csv or .idx, the
/// numbers of these pictures instead, in .idx as bytes. npy: [items, shape], or
/// [items, outputs, shape] of several, f32 or f64; where `path` ends in .csv,
/// as `csv` does without names. csv: one line an example, all numbers of all
/// outputs; with names a header, and the item's number first. idx: a folder of
/// pictures and labels that the format `idx` reads.
void writeEmission(const plan::Emission &emission, const plan::Plan &plan,
                   const std::vector<Collected> &outputs,
                   const std::filesystem::path &path);

/// Returns the number of an emission that is printed: of `frechet` the distance
/// of its two outputs.
double numberOf(const plan::Emission &emission,
                const std::vector<Collected> &outputs);

} // namespace gmc::runtime

#endif // GMC_RUNTIME_TRAIN_EMISSION_H
