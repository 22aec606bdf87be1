//===- RunPosition.h - where a run stands -----------------------*- C++ -*-===//
//
// All counts that the next step depends on, the tensors apart. A checkpoint
// holds exactly these, so a resumed run cannot be told from an unbroken one.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_TRAIN_RUNPOSITION_H
#define GMC_RUNTIME_TRAIN_RUNPOSITION_H

#include "runtime/io/Checkpoint.h"
#include "runtime/plan/Plan.h"

#include <cstdint>
#include <string>
#include <vector>

namespace gmc::runtime {

/// A stream as the clocks see it.
struct StreamClock {
  std::string name; ///< "fashion.train"
  StreamPosition position;
  int64_t batchesPerEpoch = 1;
  uint64_t drawn = 0;       ///< batches in this `train`
  uint64_t drawnBefore = 0; ///< the same, before the last round
};

struct RunPosition {
  explicit RunPosition(const plan::Plan &plan);

  uint64_t step = 0;                ///< rounds since the run's first
  uint64_t train = 0;               ///< which `train` of the plan
  uint64_t rounds = 0;              ///< in this `train`
  uint64_t examples = 0;            ///< of the owning stream, in this `train`
  uint64_t examplesBefore = 0;      ///< the same, before the last round
  uint64_t earlierEpochs = 0;       ///< whole epochs of earlier `train`s
  std::vector<uint64_t> counters;   ///< updates, as in the plan
  std::vector<uint64_t> executions; ///< of each entry
  std::vector<uint64_t> pooled;     ///< examples given to each pool
  std::vector<StreamClock> streams; ///< those that training reads

  /// The stream of that name, or null.
  const StreamClock *findStream(std::string_view name) const;
  StreamClock *findStream(std::string_view name);

  /// The stream whose epochs are those of the current `train`: that of its
  /// duration, else the first one it reads; null for a `train` without data.
  const StreamClock *owner() const;

  /// Fractional epochs of a stream since the start of this `train`.
  double epochs(std::string_view stream) const;
  /// Whole and fractional epochs of the owning streams since the first step.
  double totalEpochs() const;

  /// True when the last round completed a multiple of `duration`.
  bool isDue(const plan::Duration &duration) const;
  /// True when this `train` has lasted for `duration`.
  bool hasLasted(const plan::Duration &duration) const;

  /// Starts the next `train`: its clocks begin at 0.
  void startNextTrain();

  /// Into and out of a checkpoint.
  void store(const plan::Plan &plan, RunState &run) const;
  void restore(const plan::Plan &plan, const RunState &run);

private:
  std::vector<std::string> owners; ///< name of each `train`'s stream, or ""
};

/// The member of a checkpoint's counters, or Failure 4 that names it.
uint64_t counterOf(const RunState &run, const std::string &name);

} // namespace gmc::runtime

#endif // GMC_RUNTIME_TRAIN_RUNPOSITION_H
