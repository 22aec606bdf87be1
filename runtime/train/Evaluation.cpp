//===- Evaluation.cpp - reports -------------------------------------------===//
//
// The draws of a report are keyed by the index of the batch, so two
// evaluations of one checkpoint give the same numbers.
//
//===----------------------------------------------------------------------===//
#include "runtime/train/Evaluation.h"

#include "runtime/core/Status.h"
#include "runtime/data/Loader.h"
#include "runtime/train/OverSet.h"
#include "runtime/train/Signals.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace gmc::runtime {

/// The items of a report, as the text names them.
static std::vector<std::string> itemsOf(const plan::Plan &plan,
                                        const plan::Report &report) {
  std::vector<std::string> names;
  const std::vector<plan::Slot> &outputs =
      plan.entries[report.walk.entry].outputs;
  const size_t own = outputs.size() - report.statistics.size();
  for (size_t i = 0; i < own; ++i) {
    names.push_back(outputs[i].name);
  }
  if (report.end >= 0) {
    for (const plan::Slot &output : plan.entries[report.end].outputs) {
      names.push_back(output.name);
    }
  }
  return names;
}

/// How many numbers of all reports the text names `name`, told apart by `full`.
static int countNames(const plan::Plan &plan, const std::string &name,
                      const std::string *split) {
  int count = 0;
  for (const plan::Report &report : plan.reports) {
    for (const std::string &item : itemsOf(plan, report)) {
      count +=
          item == name && (split == nullptr || report.walk.split == *split);
    }
  }
  return count;
}

std::vector<std::string> reportNames(const plan::Plan &plan, size_t index) {
  const plan::Report &report = plan.reports[index];
  std::vector<std::string> names;
  for (const std::string &item : itemsOf(plan, report)) {
    if (countNames(plan, item, nullptr) <= 1 || report.walk.split.empty()) {
      names.push_back(item);
    } else if (countNames(plan, item, &report.walk.split) <= 1) {
      names.push_back(item + "." + report.walk.split);
    } else {
      names.push_back(report.walk.dataset + "." + item + "." +
                      report.walk.split);
    }
  }
  return names;
}

namespace {

/// The mean of one output in the making.
struct Mean {
  const plan::Slot *slot = nullptr;
  int64_t perExample = 0; ///< numbers of an example; 0: one of the batch
  double sum = 0;
  int64_t count = 0;

  double value() const { return count == 0 ? 0 : sum / double(count); }
};

/// What a report makes of the outputs of its batches.
class Tally {
public:
  Tally(Machine &machine, const plan::Report &report)
      : machine(machine), report(report),
        entry(machine.plan.entries[report.walk.entry]) {
    const size_t own = entry.outputs.size() - report.statistics.size();
    for (size_t i = 0; i < entry.outputs.size(); ++i) {
      if (i < own) {
        means.push_back(meanOf(entry.outputs[i], entry.batch));
      } else {
        overSet.emplace_back(report.statistics[i - own], entry.outputs[i],
                             entry.batch);
      }
    }
  }

  void add(int64_t valid, bool onlyBatch) {
    for (Mean &mean : means) {
      addBatch(mean, machine, valid, entry.batch, onlyBatch);
    }
    for (OverSet &statistic : overSet) {
      statistic.add(machine, valid);
    }
  }

  std::vector<double> finish() {
    std::vector<double> values;
    for (const Mean &mean : means) {
      values.push_back(mean.value());
    }
    if (report.end < 0) {
      return values;
    }
    const plan::Entry &end = machine.plan.entries[report.end];
    for (size_t i = 0; i < overSet.size(); ++i) {
      overSet[i].store(machine, end.inputs[i]);
    }
    machine.runEntry(report.end, evaluationOf(0));
    for (const plan::Slot &output : end.outputs) {
      values.push_back(machine.number(output));
    }
    return values;
  }

private:
  static Mean meanOf(const plan::Slot &slot, int64_t batch);
  static void addBatch(Mean &mean, const Machine &machine, int64_t valid,
                       int64_t batch, bool onlyBatch);

  Machine &machine;
  const plan::Report &report;
  const plan::Entry &entry;
  std::vector<Mean> means;
  std::vector<OverSet> overSet;
};

} // namespace

Mean Tally::meanOf(const plan::Slot &slot, int64_t batch) {
  Mean mean;
  mean.slot = &slot;
  const bool each = !slot.shape.empty() && slot.shape[0] == batch;
  mean.perExample = each ? elementsOf(slot.shape) / batch : 0;
  return mean;
}

/// Adds what the entry left of a batch with `valid` of `batch` examples.
void Tally::addBatch(Mean &mean, const Machine &machine, int64_t valid,
                     int64_t batch, bool onlyBatch) {
  if (mean.perExample == 0) {
    if (valid == batch || onlyBatch) {
      mean.sum += machine.number(*mean.slot);
      ++mean.count;
    }
    return;
  }
  for (int64_t i = 0; i < valid * mean.perExample; ++i) {
    mean.sum += machine.number(*mean.slot, i);
  }
  mean.count += valid * mean.perExample;
}

/// Copies the fields of `batch` to the inputs of the entry.
static void fillInputs(Machine &machine, const plan::SetWalk &walk,
                       const Batch &batch) {
  const plan::Entry &entry = machine.plan.entries[walk.entry];
  for (size_t i = 0; i < walk.fields.size(); ++i) {
    const auto &bytes = batch.fields[walk.fields[i]];
    const plan::Slot &slot = entry.inputs[i];
    if (int64_t(bytes.size()) != machine.bytes(slot)) {
      fail(ExitInternal, "input `{}` of `{}` is not a batch of `{}.{}`",
           printable(slot.name), printable(entry.name), printable(walk.dataset),
           printable(walk.split));
    }
    machine.write(slot, std::as_bytes(std::span(bytes)));
  }
}

bool walkSet(Machine &machine, DataShelf &shelf, const plan::SetWalk &walk,
             int64_t most, const std::function<void(int64_t)> &seen) {
  LoaderOptions options;
  options.mode = LoaderOptions::Mode::Evaluate;
  options.batch = machine.plan.entries[walk.entry].batch;
  options.type = machine.plan.type;
  options.seed = machine.seed;
  const Dataset &data = shelf.get(walk.dataset, walk.split);
  setLevels(machine, data);
  Loader loader(data, options);
  int64_t left = most;
  for (uint64_t number = 0; left > 0; ++number) {
    const Batch *batch = loader.next();
    if (batch == nullptr) {
      break;
    }
    if (stopSignal() != 0) {
      return false;
    }
    fillInputs(machine, walk, *batch);
    machine.runEntry(walk.entry, evaluationOf(number));
    seen(std::min(left, batch->valid));
    left -= batch->valid;
  }
  return true;
}

std::optional<std::vector<double>>
evaluateReport(Machine &machine, DataShelf &shelf, size_t index) {
  const plan::Report &report = machine.plan.reports[index];
  const plan::SetWalk &walk = report.walk;
  const plan::Entry &entry = machine.plan.entries[walk.entry];
  Tally tally(machine, report);
  if (walk.dataset.empty()) { // draws only: one batch of them
    machine.runEntry(walk.entry, evaluationOf(0));
    tally.add(entry.batch, true);
    return tally.finish();
  }
  const bool onlyBatch =
      shelf.get(walk.dataset, walk.split).items() <= entry.batch;
  const auto add = [&](int64_t valid) { tally.add(valid, onlyBatch); };
  if (!walkSet(machine, shelf, walk, std::numeric_limits<int64_t>::max(),
               add)) {
    return std::nullopt;
  }
  return tally.finish();
}

} // namespace gmc::runtime
