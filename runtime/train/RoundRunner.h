//===- RoundRunner.h - one turn of train {} ---------------------*- C++ -*-===//
//
// Executes the turns of the plan: calls of steps, with batches copied into
// their inputs and values carried between them, inside `repeat`, `every` and
// `when`.
// Everything is resolved to indices and slots when it is made; a round then
// allocates nothing.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_TRAIN_ROUNDRUNNER_H
#define GMC_RUNTIME_TRAIN_ROUNDRUNNER_H

#include "runtime/data/Loader.h"
#include "runtime/train/DataShelf.h"
#include "runtime/train/DrawDump.h"
#include "runtime/train/Machine.h"
#include "runtime/train/Monitors.h"
#include "runtime/train/RunPosition.h"

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace gmc::runtime {

class RoundRunner {
public:
  /// Starts the loaders of the current `train`. Throws Failure 3 where the data
  /// of any `train` are fewer than its batch.
  RoundRunner(Machine &machine, DataShelf &shelf, RunPosition &position,
              Monitors &monitors);

  /// Starts a loader for each stream that the current `train` reads, where
  /// `position` says, and tells `position` the lengths of their epochs. To be
  /// called when `position` has come to the next `train`.
  void startLoaders();

  /// Runs one round of the current `train` and advances the position. Throws
  /// Failure 7 where a step gives something that is not finite.
  void runRound();

  /// From here on every execution is written by `target`, which outlives this.
  void dumpTo(DrawDump &target) { dump = &target; }

  /// Copies what the turns of the last round gave to the inputs of `report`.
  /// Returns false where this process has run no round of its `train`.
  bool fillReport(const plan::Report &report);

private:
  struct Source {
    std::unique_ptr<Loader> loader;
    const Batch *latest = nullptr;
  };
  struct Argument {
    enum class Kind : uint8_t { Advance, Latest, Value, Pool } kind;
    size_t index = 0; ///< of the stream, or of the value
    int64_t field = 0;
    int64_t pool = 0;
    const plan::Slot *slot = nullptr; ///< the input; null in a draw
    int64_t bytes = 0;
  };
  struct Period {
    plan::Duration every;
    bool isDue = false; ///< in the round that runs
  };
  struct Result {
    size_t value = 0;
    const plan::Slot *slot = nullptr; ///< the output; null in a draw
  };
  struct Planned {
    plan::Turn::Kind kind = plan::Turn::Kind::Call;
    int64_t entry = 0, count = 1;
    size_t period = 0; ///< of an `every`
    std::vector<Argument> arguments;
    std::vector<Result> results;
    std::vector<Planned> turns;
  };
  /// The turns of one `train`, resolved.
  struct TrainTurns {
    int64_t batch = 1;
    std::vector<Planned> turns;
    std::map<std::string, size_t> names; ///< of values
    std::set<size_t> streams;            ///< that it reads
  };

  std::vector<Planned> plan(const std::vector<plan::Turn> &turns,
                            TrainTurns &train);
  Planned planCall(const plan::Turn &turn, TrainTurns &train);
  Planned planDraw(const plan::Turn &turn, TrainTurns &train);
  Argument planArgument(const plan::Turn &turn, size_t index,
                        TrainTurns &train);
  size_t streamOf(const plan::TurnArgument &argument, TrainTurns &train);
  size_t valueOf(const std::string &name, int64_t bytes, TrainTurns &train);
  const Dataset &datasetOf(const StreamClock &clock);
  bool hasRun(int64_t entry) const;

  void findDue();
  void setUpdates(const plan::Entry &entry);
  void run(const std::vector<Planned> &turns);
  void call(const Planned &turn);
  void draw(const Planned &turn);
  bool holds(const Planned &turn);
  const std::byte *field(const Argument &argument);
  void swap(const Argument &argument, std::byte *taken);

  Machine &machine;
  DataShelf &shelf;
  RunPosition &position;
  Monitors &monitors;
  DrawDump *dump = nullptr;
  std::vector<TrainTurns> trains;
  std::vector<Period> periods;
  std::optional<uint64_t> lastTrain; ///< of the last round
  std::vector<Source> sources;       ///< one for each stream of the position
  std::vector<std::vector<std::byte>> values;
  std::vector<std::byte> pooledBatch; ///< what a pool gives to an input
};

/// Writes the clocks of `position` into the scalars: what the next round sees.
void setClockScalars(Machine &machine, const RunPosition &position);

} // namespace gmc::runtime

#endif // GMC_RUNTIME_TRAIN_ROUNDRUNNER_H
