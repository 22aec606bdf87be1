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

static int64_t bytesOf(const Machine &machine, const Slot &slot) {
  return elementsOf(slot.shape) * sizeOf(machine.manifest.type);
}

RoundRunner::RoundRunner(Machine &machine, DataShelf &shelf,
                         RunPosition &position, Monitors &monitors)
    : machine(machine), shelf(shelf), position(position), monitors(monitors),
      sources(position.streams.size()) {
  for (const TrainSpec &spec : machine.manifest.trains) {
    Plan &train = trains.emplace_back();
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
RoundRunner::plan(const std::vector<Turn> &turns, Plan &train) {
  std::vector<Planned> result;
  for (const Turn &turn : turns) {
    if (turn.kind == Turn::Kind::Draw) {
      result.push_back(planDraw(turn, train));
      continue;
    }
    Planned planned;
    if (turn.kind == Turn::Kind::Call || turn.kind == Turn::Kind::When ||
        turn.kind == Turn::Kind::Once) {
      planned = planCall(turn, train);
    }
    planned.kind = turn.kind;
    planned.count = turn.count;
    if (turn.kind == Turn::Kind::Every) {
      planned.period = periods.size();
      periods.push_back({turn.every, false});
    }
    planned.turns = plan(turn.turns, train);
    result.push_back(std::move(planned));
  }
  return result;
}

RoundRunner::Planned RoundRunner::planCall(const Turn &turn, Plan &train) {
  const EntrySpec &entry = machine.manifest.entries[turn.entry];
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
    const Slot &slot = entry.outputs[i];
    const int64_t bytes = bytesOf(machine, slot);
    call.results.push_back(
        {valueOf(turn.results[i], bytes, train), slot.offset, bytes});
  }
  return call;
}

/// True where argument `index` takes another field of the item that the
/// argument before it drew: `next s.train` of a record fills several inputs.
static bool continuesRecord(const Turn &turn, size_t index) {
  if (index == 0) {
    return false;
  }
  const CallArgument &before = turn.arguments[index - 1];
  const CallArgument &here = turn.arguments[index];
  return before.kind == CallArgument::Kind::Next &&
         before.dataset == here.dataset && before.split == here.split &&
         here.field == before.field + 1;
}

/// Plans `x = next s`: the fields of a batch, and what pools give, become
/// values.
RoundRunner::Planned RoundRunner::planDraw(const Turn &turn, Plan &train) {
  Planned draw;
  draw.kind = Turn::Kind::Draw;
  for (size_t i = 0; i < turn.arguments.size(); ++i) {
    const CallArgument &given = turn.arguments[i];
    Argument argument;
    argument.field = given.field;
    argument.pool = given.pool;
    if (given.kind == CallArgument::Kind::Pool) {
      argument.kind = Argument::Kind::Pool;
      argument.index = train.names.at(given.name);
      argument.bytes = int64_t(values[argument.index].size());
    } else {
      const FieldSpec &field =
          machine.manifest.findDataset(given.dataset)->fields[given.field];
      const bool advances =
          given.kind == CallArgument::Kind::Next && !continuesRecord(turn, i);
      argument.kind =
          advances ? Argument::Kind::Advance : Argument::Kind::Latest;
      argument.index = streamOf(given, train);
      argument.bytes =
          train.batch * elementsOf(field.shape) * sizeOf(machine.manifest.type);
    }
    draw.arguments.push_back(argument);
    draw.results.push_back(
        {valueOf(turn.results[i], argument.bytes, train), 0, argument.bytes});
  }
  return draw;
}

/// Throws unless `slot` is made of whole examples of the pool.
static void checkPool(const Manifest &manifest, int64_t pool,
                      const Slot &slot) {
  const PoolSpec &spec = manifest.pools[pool];
  const int64_t one =
      elementsOf(manifest.tensors[spec.tensor].shape) / spec.capacity;
  if (one == 0 || elementsOf(slot.shape) % one != 0) {
    fail(ExitInternal, "pool `{}` holds examples of {} numbers, `{}` is {}",
         printable(spec.name), one, printable(slot.name),
         spellingOf(slot.shape));
  }
}

RoundRunner::Argument RoundRunner::planArgument(const Turn &turn, size_t index,
                                                Plan &train) {
  const EntrySpec &entry = machine.manifest.entries[turn.entry];
  const CallArgument &given = turn.arguments[index];
  const Slot &slot = entry.inputs[index];
  Argument result{Argument::Kind::Value, 0,
                  given.field,           given.pool,
                  slot.offset,           bytesOf(machine, slot)};
  if (given.kind == CallArgument::Kind::Value ||
      given.kind == CallArgument::Kind::Pool) {
    const bool pooled = given.kind == CallArgument::Kind::Pool;
    result.kind = pooled ? Argument::Kind::Pool : Argument::Kind::Value;
    result.index = valueOf(given.name, result.bytes, train);
    if (pooled) {
      checkPool(machine.manifest, given.pool, slot);
    }
    return result;
  }
  const FieldSpec &field =
      machine.manifest.findDataset(given.dataset)->fields[given.field];
  if (elementsOf(slot.shape) != train.batch * elementsOf(field.shape)) {
    fail(ExitInternal, "input `{}` of `{}` is {}, the data are {} times {}",
         printable(slot.name), printable(entry.name), spellingOf(slot.shape),
         train.batch, spellingOf(field.shape));
  }
  const bool advances =
      given.kind == CallArgument::Kind::Next && !continuesRecord(turn, index);
  result.kind = advances ? Argument::Kind::Advance : Argument::Kind::Latest;
  result.index = streamOf(given, train);
  return result;
}

size_t RoundRunner::streamOf(const CallArgument &argument, Plan &train) {
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
                            Plan &train) {
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
  const Plan &train = trains[position.train];
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
    options.type = machine.manifest.type;
    options.seed = machine.seed;
    options.start = clock.position;
    sources[i].loader = std::make_unique<Loader>(dataset, options);
  }
}

void setClockScalars(Machine &machine, const RunPosition &position) {
  for (size_t i = 0; i < machine.scalars.size(); ++i) {
    const ScalarSpec &scalar = machine.manifest.scalars[i];
    switch (scalar.kind) {
    case ScalarSpec::Kind::Rounds:
      machine.scalars[i] = double(position.rounds);
      break;
    case ScalarSpec::Kind::Examples:
      machine.scalars[i] = double(position.examples);
      break;
    case ScalarSpec::Kind::Epochs:
      machine.scalars[i] = position.epochs(scalar.stream);
      break;
    case ScalarSpec::Kind::Updates:
      machine.scalars[i] = double(position.counters[scalar.counter]);
      break;
    case ScalarSpec::Kind::Hyper:
    case ScalarSpec::Kind::Argument:
    case ScalarSpec::Kind::Records:
    case ScalarSpec::Kind::Levels:
      break;
    }
  }
}

/// Optimisers count the update that is about to be made.
void RoundRunner::setUpdates(const EntrySpec &entry) {
  for (size_t i = 0; i < machine.scalars.size(); ++i) {
    const ScalarSpec &scalar = machine.manifest.scalars[i];
    if (scalar.kind == ScalarSpec::Kind::Updates) {
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
    const Duration &every = period.every;
    period.isDue = every.unit == "rounds"
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
  const Plan &train = trains[position.train];
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

bool RoundRunner::fillReport(const ReportSpec &report) {
  if (lastTrain != uint64_t(report.train)) {
    return false;
  }
  const EntrySpec &entry = machine.manifest.entries[report.walk.entry];
  for (size_t i = 0; i < report.values.size(); ++i) {
    const Slot &slot = entry.inputs[i];
    const auto &names = trains[report.train].names;
    const auto given = names.find(report.values[i]);
    if (given == names.end() ||
        int64_t(values[given->second].size()) != bytesOf(machine, slot)) {
      fail(ExitInternal, "no turn gives `{}` to the report",
           printable(report.values[i]));
    }
    std::memcpy(machine.arena.data() + slot.offset,
                values[given->second].data(), values[given->second].size());
  }
  return true;
}

void RoundRunner::run(const std::vector<Planned> &turns) {
  for (const Planned &turn : turns) {
    switch (turn.kind) {
    case Turn::Kind::Call:
      call(turn);
      break;
    case Turn::Kind::Repeat:
      for (int64_t i = 0; i < turn.count; ++i) {
        run(turn.turns);
      }
      break;
    case Turn::Kind::Every:
      if (periods[turn.period].isDue) {
        run(turn.turns);
      }
      break;
    case Turn::Kind::When:
      if (holds(turn)) {
        run(turn.turns);
      }
      break;
    case Turn::Kind::Once:
      if (!hasRun(turn.entry)) {
        call(turn);
      }
      break;
    case Turn::Kind::Draw:
      draw(turn);
      break;
    }
  }
}

/// True where a step has run, in batches of whatever size.
bool RoundRunner::hasRun(int64_t entry) const {
  const auto &entries = machine.manifest.entries;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].step == entries[entry].step &&
        entries[i].kind == EntrySpec::Kind::Step &&
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
  return machine.number(
             machine.manifest.entries[turn.entry].outputs[0].offset) != 0;
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

void RoundRunner::swap(const Argument &argument, std::byte *input) {
  const PoolSpec &pool = machine.manifest.pools[argument.pool];
  const TensorSpec &tensor = machine.manifest.tensors[pool.tensor];
  auto *items = reinterpret_cast<std::byte *>(machine.state.data()) +
                tensor.storage[0].offset;
  const auto bytes = size_t(denseBytes(machine.manifest.type, tensor));
  swapPool(pool, machine.seed, position.pooled[argument.pool], {items, bytes},
           values[argument.index], input);
}

void RoundRunner::call(const Planned &turn) {
  for (const Argument &argument : turn.arguments) {
    char *input = machine.arena.data() + argument.offset;
    switch (argument.kind) {
    case Argument::Kind::Value:
      std::memcpy(input, values[argument.index].data(), size_t(argument.bytes));
      break;
    case Argument::Kind::Pool:
      swap(argument, reinterpret_cast<std::byte *>(input));
      break;
    case Argument::Kind::Advance:
    case Argument::Kind::Latest:
      std::memcpy(input, field(argument), size_t(argument.bytes));
      break;
    }
  }
  const EntrySpec &entry = machine.manifest.entries[turn.entry];
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
    std::memcpy(values[result.value].data(),
                machine.arena.data() + result.offset, size_t(result.bytes));
  }
  monitors.observe(turn.entry, position.step + 1);
}

} // namespace gmc::runtime
