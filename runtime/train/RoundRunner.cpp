//===- RoundRunner.cpp - one turn of train {} -----------------------------===//
//
// The arena belongs to whichever entry runs, so a value that leaves a step is
// copied out after it and into the next one's input before that runs.
//
//===----------------------------------------------------------------------===//
#include "runtime/train/RoundRunner.h"

#include "runtime/core/Status.h"
#include "runtime/core/Tensor.h"
#include "runtime/train/ReplayPool.h"

#include <algorithm>
#include <cstring>

namespace gmc::runtime {

RoundRunner::RoundRunner(Machine &machine, DataShelf &shelf,
                         RunPosition &position, Monitors &monitors)
    : machine(machine), shelf(shelf), position(position), monitors(monitors),
      sources(position.streams.size()) {
  for (const plan::Train &spec : machine.plan.trains) {
    TrainTurns &train = trains.emplace_back();
    train.batch = spec.batch;
    train.turns = plan(spec.turns, train);
    for (size_t stream : train.streams) {
      const Dataset &data = datasetOf(position.streams[stream]);
      checkTrainable(data, train.batch);
      setLevels(machine, data);
    }
  }
  startLoaders();
  countRecords(machine, shelf);
}

std::vector<RoundRunner::Planned>
RoundRunner::plan(const std::vector<plan::Turn> &turns, TrainTurns &train) {
  std::vector<Planned> result;
  for (const plan::Turn &turn : turns) {
    if (turn.kind == plan::Turn::Kind::Draw) {
      result.push_back(planDraw(turn, train));
      continue;
    }
    Planned planned;
    if (turn.kind == plan::Turn::Kind::Call ||
        turn.kind == plan::Turn::Kind::When ||
        turn.kind == plan::Turn::Kind::Once) {
      planned = planCall(turn, train);
    }
    planned.kind = turn.kind;
    planned.count = turn.count;
    if (turn.kind == plan::Turn::Kind::Every) {
      planned.period = periods.size();
      periods.push_back({turn.every, false});
    }
    planned.turns = plan(turn.turns, train);
    result.push_back(std::move(planned));
  }
  return result;
}

RoundRunner::Planned RoundRunner::planCall(const plan::Turn &turn,
                                           TrainTurns &train) {
  const plan::Entry &entry = machine.plan.entries[turn.entry];
  Planned call;
  call.entry = turn.entry;
  for (size_t i = 0; i < turn.arguments.size(); ++i) {
    call.arguments.push_back(planArgument(turn, i, train));
  }
  if (turn.results.size() > entry.outputs.size()) {
    fail(ExitInternal, "`{}` gives {} values, {} are taken",
         printable(entry.name), entry.outputs.size(), turn.results.size());
  }
  for (size_t i = 0; i < turn.results.size(); ++i) {
    const plan::Slot &slot = entry.outputs[i];
    call.results.push_back(
        {valueOf(turn.results[i], machine.bytes(slot), train), &slot});
  }
  return call;
}

/// True where argument `index` takes another field of the item that the
/// argument before it drew: `next s.train` of a record fills several inputs.
static bool continuesRecord(const plan::Turn &turn, size_t index) {
  if (index == 0) {
    return false;
  }
  const plan::TurnArgument &before = turn.arguments[index - 1];
  const plan::TurnArgument &here = turn.arguments[index];
  return before.kind == plan::TurnArgument::Kind::Next &&
         before.dataset == here.dataset && before.split == here.split &&
         here.field == before.field + 1;
}

/// Plans `x = next s`: the fields of a batch, and what pools give, become
/// values.
RoundRunner::Planned RoundRunner::planDraw(const plan::Turn &turn,
                                           TrainTurns &train) {
  Planned draw;
  draw.kind = plan::Turn::Kind::Draw;
  for (size_t i = 0; i < turn.arguments.size(); ++i) {
    const plan::TurnArgument &given = turn.arguments[i];
    Argument argument;
    argument.field = given.field;
    argument.pool = given.pool;
    if (given.kind == plan::TurnArgument::Kind::Pool) {
      argument.kind = Argument::Kind::Pool;
      argument.index = train.names.at(given.value);
      argument.bytes = int64_t(values[argument.index].size());
    } else {
      const plan::Field &field =
          machine.plan.findDataset(given.dataset)->fields[given.field];
      const bool advances = given.kind == plan::TurnArgument::Kind::Next &&
                            !continuesRecord(turn, i);
      argument.kind =
          advances ? Argument::Kind::Advance : Argument::Kind::Latest;
      argument.index = streamOf(given, train);
      argument.bytes =
          train.batch * elementsOf(field.shape) * sizeOf(machine.plan.type);
    }
    draw.arguments.push_back(argument);
    draw.results.push_back(
        {valueOf(turn.results[i], argument.bytes, train), nullptr});
  }
  return draw;
}

/// Throws unless `slot` is made of whole examples of the pool.
static void checkPool(const plan::Plan &plan, int64_t pool,
                      const plan::Slot &slot) {
  const plan::Pool &spec = plan.pools[pool];
  const int64_t one =
      elementsOf(plan.tensors[spec.tensor].shape) / plan.capacityOf(spec);
  if (one == 0 || elementsOf(slot.shape) % one != 0) {
    fail(ExitInternal, "pool `{}` holds examples of {} numbers, `{}` is {}",
         printable(spec.name), one, printable(slot.name),
         spellingOf(slot.shape));
  }
}

RoundRunner::Argument RoundRunner::planArgument(const plan::Turn &turn,
                                                size_t index,
                                                TrainTurns &train) {
  const plan::Entry &entry = machine.plan.entries[turn.entry];
  const plan::TurnArgument &given = turn.arguments[index];
  const plan::Slot &slot = entry.inputs[index];
  Argument result{Argument::Kind::Value, 0, given.field, given.pool, &slot,
                  machine.bytes(slot)};
  if (given.kind == plan::TurnArgument::Kind::Value ||
      given.kind == plan::TurnArgument::Kind::Pool) {
    const bool pooled = given.kind == plan::TurnArgument::Kind::Pool;
    result.kind = pooled ? Argument::Kind::Pool : Argument::Kind::Value;
    result.index = valueOf(given.value, result.bytes, train);
    if (pooled) {
      checkPool(machine.plan, given.pool, slot);
      pooledBatch.resize(std::max(pooledBatch.size(), size_t(result.bytes)));
    }
    return result;
  }
  const plan::Field &field =
      machine.plan.findDataset(given.dataset)->fields[given.field];
  if (elementsOf(slot.shape) != train.batch * elementsOf(field.shape)) {
    fail(ExitInternal, "input `{}` of `{}` is {}, the data are {} times {}",
         printable(slot.name), printable(entry.name), spellingOf(slot.shape),
         train.batch, spellingOf(field.shape));
  }
  const bool advances = given.kind == plan::TurnArgument::Kind::Next &&
                        !continuesRecord(turn, index);
  result.kind = advances ? Argument::Kind::Advance : Argument::Kind::Latest;
  result.index = streamOf(given, train);
  return result;
}

size_t RoundRunner::streamOf(const plan::TurnArgument &argument,
                             TrainTurns &train) {
  const StreamClock *clock =
      position.findStream(argument.dataset + "." + argument.split);
  if (clock == nullptr) {
    fail(ExitInternal, "`same {}.{}` without a `next`",
         printable(argument.dataset), printable(argument.split));
  }
  const size_t index = size_t(clock - position.streams.data());
  train.streams.insert(index);
  return index;
}

size_t RoundRunner::valueOf(const std::string &name, int64_t bytes,
                            TrainTurns &train) {
  const auto [place, isNew] = train.names.try_emplace(name, values.size());
  if (isNew) {
    values.emplace_back(size_t(bytes));
  }
  if (values[place->second].size() != size_t(bytes)) {
    fail(ExitInternal, "the value `{}` has {} bytes here and {} there",
         printable(name), bytes, values[place->second].size());
  }
  return place->second;
}

const Dataset &RoundRunner::datasetOf(const StreamClock &clock) {
  const size_t dot = clock.name.rfind('.');
  return shelf.get(clock.name.substr(0, dot), clock.name.substr(dot + 1));
}

/// What the loaders before have made ahead goes with them: the clock's position
/// is that of the last batch that was taken.
void RoundRunner::startLoaders() {
  const TrainTurns &train = trains[position.train];
  for (size_t i = 0; i < sources.size(); ++i) {
    StreamClock &clock = position.streams[i];
    const Dataset &dataset = datasetOf(clock);
    sources[i] = {};
    clock.batchesPerEpoch = std::max<int64_t>(dataset.items() / train.batch, 1);
    if (train.streams.count(i) == 0) {
      continue;
    }
    LoaderOptions options;
    options.mode = LoaderOptions::Mode::Train;
    options.batch = train.batch;
    options.type = machine.plan.type;
    options.seed = machine.seed;
    options.start = clock.position;
    sources[i].loader = std::make_unique<Loader>(dataset, options);
  }
}

void setClockScalars(Machine &machine, const RunPosition &position) {
  for (size_t i = 0; i < machine.scalars.size(); ++i) {
    const plan::Scalar &scalar = machine.plan.scalars[i];
    switch (scalar.kind) {
    case plan::Scalar::Kind::Rounds:
      machine.scalars[i] = double(position.rounds);
      break;
    case plan::Scalar::Kind::Examples:
      machine.scalars[i] = double(position.examples);
      break;
    case plan::Scalar::Kind::Epochs:
      machine.scalars[i] = position.epochs(scalar.stream);
      break;
    case plan::Scalar::Kind::Updates:
      machine.scalars[i] = double(position.counters[scalar.counter]);
      break;
    case plan::Scalar::Kind::Hyper:
    case plan::Scalar::Kind::Argument:
    case plan::Scalar::Kind::Records:
    case plan::Scalar::Kind::Levels:
      break;
    }
  }
}

/// Optimisers count the update that is about to be made.
void RoundRunner::setUpdates(const plan::Entry &entry) {
  for (size_t i = 0; i < machine.scalars.size(); ++i) {
    const plan::Scalar &scalar = machine.plan.scalars[i];
    if (scalar.kind == plan::Scalar::Kind::Updates) {
      const bool raised =
          std::find(entry.counters.begin(), entry.counters.end(),
                    scalar.counter) != entry.counters.end();
      machine.scalars[i] =
          double(position.counters[scalar.counter]) + (raised ? 1 : 0);
    }
  }
}

/// Rounds are counted with the one that begins, as those of a report are;
/// epochs and examples by whether the last round completed a multiple.
void RoundRunner::findDue() {
  for (Period &period : periods) {
    const plan::Duration &every = period.every;
    period.isDue = every.unit == plan::Duration::Unit::Rounds
                       ? (position.rounds + 1) % uint64_t(every.count) == 0
                       : position.isDue(every);
  }
}

void RoundRunner::runRound() {
  setClockScalars(machine, position);
  findDue();
  position.examplesBefore = position.examples;
  for (StreamClock &stream : position.streams) {
    stream.drawnBefore = stream.drawn;
  }
  const TrainTurns &train = trains[position.train];
  run(train.turns);
  lastTrain = position.train;
  ++position.step;
  ++position.rounds;
  if (const StreamClock *owner = position.owner()) {
    position.examples +=
        (owner->drawn - owner->drawnBefore) * uint64_t(train.batch);
  } else {
    position.examples += uint64_t(train.batch);
  }
}

bool RoundRunner::fillReport(const plan::Report &report) {
  if (lastTrain != uint64_t(report.train)) {
    return false;
  }
  const plan::Entry &entry = machine.plan.entries[report.walk.entry];
  for (size_t i = 0; i < report.values.size(); ++i) {
    const plan::Slot &slot = entry.inputs[i];
    const auto &names = trains[report.train].names;
    const auto given = names.find(report.values[i]);
    if (given == names.end() ||
        int64_t(values[given->second].size()) != machine.bytes(slot)) {
      fail(ExitInternal, "no turn gives `{}` to the report",
           printable(report.values[i]));
    }
    machine.write(slot, values[given->second]);
  }
  return true;
}

void RoundRunner::run(const std::vector<Planned> &turns) {
  for (const Planned &turn : turns) {
    switch (turn.kind) {
    case plan::Turn::Kind::Call:
      call(turn);
      break;
    case plan::Turn::Kind::Repeat:
      for (int64_t i = 0; i < turn.count; ++i) {
        run(turn.turns);
      }
      break;
    case plan::Turn::Kind::Every:
      if (periods[turn.period].isDue) {
        run(turn.turns);
      }
      break;
    case plan::Turn::Kind::When:
      if (holds(turn)) {
        run(turn.turns);
      }
      break;
    case plan::Turn::Kind::Once:
      if (!hasRun(turn.entry)) {
        call(turn);
      }
      break;
    case plan::Turn::Kind::Draw:
      draw(turn);
      break;
    }
  }
}

/// True where a step has run, in batches of whatever size.
bool RoundRunner::hasRun(int64_t entry) const {
  const auto &entries = machine.plan.entries;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].step == entries[entry].step &&
        entries[i].kind == plan::Entry::Kind::Step &&
        position.executions[i] > 0) {
      return true;
    }
  }
  return false;
}

void RoundRunner::draw(const Planned &turn) {
  for (size_t i = 0; i < turn.results.size(); ++i) {
    const Argument &argument = turn.arguments[i];
    std::byte *value = values[turn.results[i].value].data();
    if (argument.kind == Argument::Kind::Pool) {
      swap(argument, value);
    } else {
      std::memcpy(value, field(argument), size_t(argument.bytes));
    }
  }
}

/// Runs the condition of a `when`.
bool RoundRunner::holds(const Planned &turn) {
  call(turn);
  return machine.number(machine.plan.entries[turn.entry].outputs[0]) != 0;
}

/// Returns the field of a stream's batch, the next one where `argument` says.
const std::byte *RoundRunner::field(const Argument &argument) {
  Source &source = sources[argument.index];
  if (argument.kind == Argument::Kind::Advance) {
    source.latest = source.loader->next();
    position.streams[argument.index].position = source.latest->after;
    ++position.streams[argument.index].drawn;
  }
  return source.latest->fields[argument.field].data();
}

void RoundRunner::swap(const Argument &argument, std::byte *taken) {
  const plan::Pool &pool = machine.plan.pools[argument.pool];
  swapPool(pool, machine.plan.capacityOf(pool), machine.seed,
           position.pooled[argument.pool],
           machine.state().inPlace(size_t(pool.tensor)), values[argument.index],
           taken);
}

void RoundRunner::call(const Planned &turn) {
  for (const Argument &argument : turn.arguments) {
    const auto bytes = size_t(argument.bytes);
    switch (argument.kind) {
    case Argument::Kind::Value:
      machine.write(*argument.slot, values[argument.index]);
      break;
    case Argument::Kind::Pool:
      swap(argument, pooledBatch.data());
      machine.write(*argument.slot, {pooledBatch.data(), bytes});
      break;
    case Argument::Kind::Advance:
    case Argument::Kind::Latest:
      machine.write(*argument.slot, {field(argument), bytes});
      break;
    }
  }
  const plan::Entry &entry = machine.plan.entries[turn.entry];
  setUpdates(entry);
  if (dump != nullptr) {
    dump->begin(entry);
  }
  machine.runEntry(turn.entry, position.executions[turn.entry]);
  if (dump != nullptr) {
    dump->end(entry, position.step, position.executions[turn.entry]);
  }
  ++position.executions[turn.entry];
  for (int64_t counter : entry.counters) {
    ++position.counters[counter];
  }
  for (const Result &result : turn.results) {
    machine.read(*result.slot, values[result.value]);
  }
  monitors.observe(turn.entry, position.step + 1);
}

} // namespace gmc::runtime
