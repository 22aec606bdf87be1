//===- Machine.h - a compiled model, ready to run ---------------*- C++ -*-===//
//
// The regions, the threads and the scalars of one model, and the one place
// that calls compiled code.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_TRAIN_MACHINE_H
#define GMC_RUNTIME_TRAIN_MACHINE_H

#include "runtime/core/Manifest.h"
#include "runtime/cpu/Region.h"
#include "runtime/cpu/ThreadPool.h"
#include "runtime/train/CompiledModel.h"

#include <cstdint>
#include <vector>

namespace gmc::runtime {

class Machine {
public:
  /// Checks that this processor can run the model (else Failure 8), and makes
  /// zeroed regions and a pool of `threads` (0: the default).
  Machine(const Manifest &manifest, const CompiledModel &model,
          unsigned threads);

  /// Runs entry `index`; `execution` and the seed key its draws.
  void runEntry(int64_t index, uint64_t execution);
  /// Throws Failure 2 where a number that entry `index` computed does not keep
  /// to its limits (R-opt-1); `step` is that of a run that trains, else 0.
  void checkLimits(int64_t index, uint64_t step) const;
  /// Runs kernel `index` on what the arena holds.
  void runKernel(int64_t index);

  /// The number at byte `offset` of the arena; NaN has no sign.
  double number(int64_t offset) const;
  /// The f64 at byte `offset` of the arena, whatever the model's type.
  double wideNumber(int64_t offset) const;
  /// Puts `value`, rounded to the model's type, at byte `offset` of the arena.
  void setNumber(int64_t offset, double value);

  const Manifest &manifest;
  Region state, arena;
  ThreadPool pool;
  std::vector<double> scalars; ///< in the manifest's order; defaults at first
  uint64_t seed = 0;

private:
  void run(GmEntry entry, uint64_t execution);

  const CompiledModel &model;
};

/// The execution of batch `batch` of a report or a procedure: the top bit keeps
/// its draws apart from those of every step.
constexpr uint64_t evaluationOf(uint64_t batch) {
  return batch | uint64_t(1) << 63;
}

} // namespace gmc::runtime

#endif // GMC_RUNTIME_TRAIN_MACHINE_H
