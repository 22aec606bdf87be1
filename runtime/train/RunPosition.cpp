//===- RunPosition.cpp - where a run stands -------------------------------===//
//
// Clocks are integers: batches, rounds, examples. Fractional epochs are made
// from them when somebody asks.
//
//===----------------------------------------------------------------------===//
#include "runtime/train/RunPosition.h"

#include "runtime/core/Status.h"

#include <algorithm>
#include <cmath>

namespace gmc::runtime {

/// Calls `body` with every `next` of the turns, in text order.
template <typename Body>
static void forEachNext(const std::vector<plan::Turn> &turns,
                        const Body &body) {
  for (const plan::Turn &turn : turns) {
    for (const plan::TurnArgument &argument : turn.arguments) {
      if (argument.kind == plan::TurnArgument::Kind::Next) {
        body(argument);
      }
    }
    forEachNext(turn.turns, body);
  }
}

RunPosition::RunPosition(const plan::Plan &plan)
    : counters(plan.counters.size()), executions(plan.entries.size()),
      pooled(plan.pools.size()) {
  for (const plan::Train &train : plan.trains) {
    owners.push_back(train.duration.stream);
    forEachNext(train.turns, [&](const plan::TurnArgument &next) {
      const std::string name = next.dataset + "." + next.split;
      if (findStream(name) == nullptr) {
        streams.push_back({name, {}, 1, 0, 0});
      }
      if (owners.back().empty()) {
        owners.back() = name;
      }
    });
  }
}

const StreamClock *RunPosition::findStream(std::string_view name) const {
  for (const StreamClock &stream : streams) {
    if (stream.name == name) {
      return &stream;
    }
  }
  return nullptr;
}

StreamClock *RunPosition::findStream(std::string_view name) {
  return const_cast<StreamClock *>(std::as_const(*this).findStream(name));
}

const StreamClock *RunPosition::owner() const {
  return train < owners.size() ? findStream(owners[train]) : nullptr;
}

double RunPosition::epochs(std::string_view name) const {
  const StreamClock *stream = findStream(name);
  return stream == nullptr
             ? 0
             : double(stream->drawn) / double(stream->batchesPerEpoch);
}

double RunPosition::totalEpochs() const {
  const StreamClock *stream = owner();
  return double(earlierEpochs) + (stream == nullptr ? 0 : epochs(stream->name));
}

/// How many times `unit` fits into `amount`.
static double timesOf(double amount, double unit) {
  return std::floor(amount / unit);
}

bool RunPosition::isDue(const plan::Duration &every) const {
  if (!(every.count > 0)) {
    return false;
  }
  if (every.unit == plan::Duration::Unit::Rounds) {
    return rounds > 0 && timesOf(double(rounds), every.count) >
                             timesOf(double(rounds - 1), every.count);
  }
  if (every.unit == plan::Duration::Unit::Examples) {
    return timesOf(double(examples), every.count) >
           timesOf(double(examplesBefore), every.count);
  }
  const StreamClock *stream = findStream(every.stream);
  if (stream == nullptr) {
    return false;
  }
  const double batches = every.count * double(stream->batchesPerEpoch);
  return timesOf(double(stream->drawn), batches) >
         timesOf(double(stream->drawnBefore), batches);
}

bool RunPosition::hasLasted(const plan::Duration &duration) const {
  if (duration.unit == plan::Duration::Unit::Rounds) {
    return double(rounds) >= duration.count;
  }
  if (duration.unit == plan::Duration::Unit::Examples) {
    return double(examples) >= duration.count;
  }
  const StreamClock *stream = findStream(duration.stream);
  if (stream == nullptr) {
    fail(ExitInternal, "a `train` lasts for epochs of `{}`, which none reads",
         printable(duration.stream));
  }
  return double(stream->drawn) >=
         duration.count * double(stream->batchesPerEpoch);
}

void RunPosition::startNextTrain() {
  earlierEpochs = uint64_t(totalEpochs());
  ++train;
  rounds = examples = examplesBefore = 0;
  for (StreamClock &stream : streams) {
    stream.drawn = stream.drawnBefore = 0;
  }
}

void RunPosition::store(const plan::Plan &plan, RunState &run) const {
  run.step = step;
  run.counters["clock.train"] = train;
  run.counters["clock.rounds"] = rounds;
  run.counters["clock.examples"] = examples;
  run.counters["clock.examples.before"] = examplesBefore;
  run.counters["clock.epochs.earlier"] = earlierEpochs;
  for (size_t i = 0; i < counters.size(); ++i) {
    run.counters["updates." + plan.counters[i].name] = counters[i];
  }
  for (size_t i = 0; i < executions.size(); ++i) {
    if (plan.entries[i].kind == plan::Entry::Kind::Step) {
      run.counters["executions." + plan.entries[i].name] = executions[i];
    }
  }
  for (size_t i = 0; i < pooled.size(); ++i) {
    run.counters["pool." + plan.pools[i].name] = pooled[i];
  }
  for (const StreamClock &stream : streams) {
    run.streams[stream.name] = stream.position;
    run.counters["clock.drawn." + stream.name] = stream.drawn;
    run.counters["clock.drawn.before." + stream.name] = stream.drawnBefore;
  }
}

uint64_t counterOf(const RunState &run, const std::string &name) {
  const auto found = run.counters.find(name);
  if (found == run.counters.end()) {
    fail(ExitCheckpoint,
         "the checkpoint has no counter `{}`: it holds weights only and "
         "cannot be resumed from",
         printable(name));
  }
  return found->second;
}

void RunPosition::restore(const plan::Plan &plan, const RunState &run) {
  step = run.step;
  train = counterOf(run, "clock.train");
  rounds = counterOf(run, "clock.rounds");
  examples = counterOf(run, "clock.examples");
  examplesBefore = counterOf(run, "clock.examples.before");
  earlierEpochs = counterOf(run, "clock.epochs.earlier");
  if (train >= plan.trains.size()) {
    fail(ExitCheckpoint, "the checkpoint stands in `train` number {} of {}",
         train + 1, plan.trains.size());
  }
  for (size_t i = 0; i < counters.size(); ++i) {
    counters[i] = counterOf(run, "updates." + plan.counters[i].name);
  }
  for (size_t i = 0; i < executions.size(); ++i) {
    if (plan.entries[i].kind == plan::Entry::Kind::Step) {
      executions[i] = counterOf(run, "executions." + plan.entries[i].name);
    }
  }
  for (size_t i = 0; i < pooled.size(); ++i) {
    pooled[i] = counterOf(run, "pool." + plan.pools[i].name);
  }
  for (StreamClock &stream : streams) {
    const auto found = run.streams.find(stream.name);
    if (found == run.streams.end()) {
      fail(ExitCheckpoint, "the checkpoint has no position in `{}`",
           printable(stream.name));
    }
    stream.position = found->second;
    if (const auto data = run.datasets.find(stream.name);
        data != run.datasets.end()) {
      stream.batchesPerEpoch =
          std::max<int64_t>(data->second.items / plan.trains[train].batch, 1);
    }
    stream.drawn = counterOf(run, "clock.drawn." + stream.name);
    stream.drawnBefore = counterOf(run, "clock.drawn.before." + stream.name);
  }
}

} // namespace gmc::runtime
