//===- Machine.h - a compiled model, ready to run ---------------*- C++ -*-===//
//
// The regions, the threads and the scalars of one model, and the one place
// that calls compiled code.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_TRAIN_MACHINE_H
#define GMC_RUNTIME_TRAIN_MACHINE_H

#include "runtime/core/Tensor.h"
#include "runtime/cpu/Region.h"
#include "runtime/cpu/ThreadPool.h"
#include "runtime/train/CompiledModel.h"

#include <cstdint>
#include <span>
#include <vector>

namespace gmc::runtime {

class Machine {
public:
  /// Checks that this processor can run the model (else Failure 8), and makes
  /// zeroed regions and a pool of `threads` (0: the default).
  Machine(const Model &model, unsigned threads);

  /// Runs entry `index`; `execution` and the seed key its draws.
  void runEntry(int64_t index, uint64_t execution);
  /// Throws Failure 2 where a number that entry `index` computed does not keep
  /// to its limits (R-opt-1); `step` is that of a run that trains, else 0.
  void checkLimits(int64_t index, uint64_t step) const;
  /// Runs kernel `index` on what the arena holds.
  void runKernel(int64_t index);

  /// Number `index` of a slot; NaN has no sign.
  double number(const plan::Slot &slot, int64_t index = 0) const;
  /// The f64 that a norm's slot holds, whatever the model's type.
  double norm(const plan::Slot &slot) const;
  /// Puts `value`, rounded to the model's type, there.
  void setNumber(const plan::Slot &slot, int64_t index, double value);
  /// The bytes of a slot.
  int64_t bytes(const plan::Slot &slot) const {
    return bytesOf(plan.type, slot.shape);
  }
  /// Copies `numbers` to a slot, from byte `first` of it on.
  void write(const plan::Slot &slot, std::span<const std::byte> numbers,
             int64_t first = 0);
  /// Copies the beginning of a slot to `numbers`.
  void read(const plan::Slot &slot, std::span<std::byte> numbers) const;

  /// The tensors that outlive a step.
  State state() { return {plan, artifact, stateRegion.data()}; }

  const plan::Plan &plan;
  const plan::Artifact &artifact;
  ThreadPool pool;
  std::vector<double> scalars; ///< in the plan's order; defaults at first
  uint64_t seed = 0;

private:
  void run(GmEntry entry, uint64_t execution);
  char *place(const plan::Slot &slot) const {
    return arenaRegion.data() + artifact.slots[slot.number];
  }

  const Model &model;
  Region stateRegion, arenaRegion;
};

/// The execution of batch `batch` of a report or a procedure: the top bit keeps
/// its draws apart from those of every step.
constexpr uint64_t evaluationOf(uint64_t batch) {
  return batch | uint64_t(1) << 63;
}

} // namespace gmc::runtime

#endif // GMC_RUNTIME_TRAIN_MACHINE_H
