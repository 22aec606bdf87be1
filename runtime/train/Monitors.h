//===- Monitors.h - what the steps say of themselves ------------*- C++ -*-===//
//
// After each execution of a step its losses and gradient norms are read: they
// must be finite, and their means over a window of rounds become a row of
// metrics.csv. The sums of an open window belong to the checkpoint. Entries
// that are one step for batches of two sizes share its columns.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_TRAIN_MONITORS_H
#define GMC_RUNTIME_TRAIN_MONITORS_H

#include "runtime/io/Checkpoint.h"
#include "runtime/train/Machine.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace gmc::runtime {

class Monitors {
public:
  explicit Monitors(const Machine &machine);

  /// The columns of all steps: "fit.loss", "fit.gradient.Enc" (the 2-norm of
  /// the gradient of all of Enc).
  std::vector<std::string> columns() const;

  /// Reads what entry `entry` left. Throws Failure 7 that names the step, the
  /// loss or the networks, where something is not finite. Allocates nothing
  /// otherwise.
  void observe(int64_t entry, uint64_t step);

  /// The gradient's 2-norm of `network` in the last execution of the step that
  /// `entry` is.
  double lastNorm(int64_t entry, const std::string &network) const;

  /// True if since the last call a gradient was so large that the model's type
  /// may not hold its square, which optimisers keep.
  bool takeOverflow() { return std::exchange(overflow, false); }

  /// Executions of the step that `entry` is, in this window.
  uint64_t executions(int64_t entry) const {
    return steps[readings[entry].step].count;
  }

  /// True if a step has run since the window began.
  bool isOpen() const;
  /// The means of the window, by column.
  std::map<std::string, double> means() const;
  /// Starts a new window.
  void restart();

  /// The losses of each step for the progress bar: means over the window, and
  /// those of the last window until the next one has something.
  struct Latest {
    const char *step, *name;
    double value;
  };
  const std::vector<Latest> &latest() const { return latestLosses; }

  void store(RunState &run) const;
  void restore(const RunState &run);

private:
  struct Value {
    bool isNorm;
    std::string column;
    std::string name; ///< of the loss, or of the network
    int latest;       ///< index into latestLosses, -1 for norms
    double sum = 0;
    double last = 0;
  };
  struct Step {
    std::string name;
    uint64_t count = 0;
    std::vector<Value> values;
  };
  /// Where an entry leaves the values of its step.
  struct Reading {
    size_t step = 0;
    std::vector<const plan::Slot *> slots;
  };

  void addStep(const plan::Entry &entry);
  double number(int64_t entry, size_t value) const {
    const Reading &reading = readings[entry];
    const bool isNorm = steps[reading.step].values[value].isNorm;
    const plan::Slot &slot = *reading.slots[value];
    return isNorm ? machine.norm(slot) : machine.number(slot);
  }

  [[noreturn]] void complain(int64_t entry, uint64_t step) const;

  const Machine &machine;
  std::vector<Step> steps;
  std::vector<Reading> readings; ///< one for each entry; none for other kinds
  std::vector<Latest> latestLosses;
  double largestRoot = 0; ///< whose square the model's type holds
  bool overflow = false;
};

} // namespace gmc::runtime

#endif // GMC_RUNTIME_TRAIN_MONITORS_H
