//===- Evaluation.cpp - reports -------------------------------------------===//
//
// The draws of a report are keyed by the index of the batch, so two
// evaluations of one checkpoint give the same numbers.
//
//===----------------------------------------------------------------------===//
#include "runtime/train/Evaluation.h"

#include "runtime/core/Status.h"
#include "runtime/data/Loader.h"
#include "runtime/train/Signals.h"

#include <cstring>

namespace gmc::runtime {

/// How many numbers of all reports the text names `name`, told apart by `full`.
static int countNames(const Manifest &manifest, const std::string &name,
                      const std::string *split) {
  int count = 0;
  for (const ReportSpec &report : manifest.reports) {
    for (const Slot &output : manifest.entries[report.entry].outputs) {
      count +=
          output.name == name && (split == nullptr || report.split == *split);
    }
  }
  return count;
}

std::vector<std::string> reportNames(const Manifest &manifest, size_t index) {
  const ReportSpec &report = manifest.reports[index];
  std::vector<std::string> names;
  for (const Slot &output : manifest.entries[report.entry].outputs) {
    if (countNames(manifest, output.name, nullptr) <= 1) {
      names.push_back(output.name);
    } else if (countNames(manifest, output.name, &report.split) <= 1) {
      names.push_back(output.name + "." + report.split);
    } else {
      names.push_back(report.dataset + "." + output.name + "." + report.split);
    }
  }
  return names;
}

namespace {

/// The mean of one output in the making.
struct Mean {
  const Slot *slot = nullptr;
  int64_t perExample = 0; ///< numbers of an example; 0: one of the batch
  double sum = 0;
  int64_t count = 0;

  double value() const { return count == 0 ? 0 : sum / double(count); }
};

} // namespace

static Mean meanOf(const Slot &slot, int64_t batch) {
  Mean mean;
  mean.slot = &slot;
  const bool each = !slot.shape.empty() && slot.shape[0] == batch;
  mean.perExample = each ? elementsOf(slot.shape) / batch : 0;
  return mean;
}

/// Adds what the entry left of a batch with `valid` of `batch` examples.
static void addBatch(Mean &mean, const Machine &machine, int64_t valid,
                     int64_t batch, bool onlyBatch) {
  const int64_t width = sizeOf(machine.manifest.type);
  if (mean.perExample == 0) {
    if (valid == batch || onlyBatch) {
      mean.sum += machine.number(mean.slot->offset);
      ++mean.count;
    }
    return;
  }
  for (int64_t i = 0; i < valid * mean.perExample; ++i) {
    mean.sum += machine.number(mean.slot->offset + i * width);
  }
  mean.count += valid * mean.perExample;
}

/// Copies the fields of `batch` to the inputs of `entry`.
static void fillInputs(Machine &machine, const EntrySpec &entry,
                       const ReportSpec &report, const Batch &batch) {
  for (size_t i = 0; i < report.fields.size(); ++i) {
    const auto &bytes = batch.fields[report.fields[i]];
    const Slot &slot = entry.inputs[i];
    if (int64_t(bytes.size()) !=
        elementsOf(slot.shape) * sizeOf(machine.manifest.type)) {
      fail(ExitInternal, "input `{}` of report `{}` is not a batch of `{}.{}`",
           printable(slot.name), printable(entry.name),
           printable(report.dataset), printable(report.split));
    }
    std::memcpy(machine.arena.data() + slot.offset, bytes.data(), bytes.size());
  }
}

static std::vector<double> valuesOf(const std::vector<Mean> &means) {
  std::vector<double> values;
  for (const Mean &mean : means) {
    values.push_back(mean.value());
  }
  return values;
}

std::optional<std::vector<double>>
evaluateReport(Machine &machine, DataShelf &shelf, size_t index) {
  const ReportSpec &report = machine.manifest.reports[index];
  const EntrySpec &entry = machine.manifest.entries[report.entry];
  std::vector<Mean> means;
  for (const Slot &output : entry.outputs) {
    means.push_back(meanOf(output, entry.batch));
  }
  if (report.dataset.empty()) { // draws only: one batch of them
    machine.runEntry(report.entry, evaluationOf(0));
    for (Mean &mean : means) {
      addBatch(mean, machine, entry.batch, entry.batch, true);
    }
    return valuesOf(means);
  }
  const Dataset &dataset = shelf.get(report.dataset, report.split);
  LoaderOptions options;
  options.mode = LoaderOptions::Mode::Evaluate;
  options.batch = entry.batch;
  options.type = machine.manifest.type;
  options.seed = machine.seed;
  Loader loader(dataset, options);
  const bool onlyBatch = dataset.items() <= entry.batch;
  uint64_t number = 0;
  while (const Batch *batch = loader.next()) {
    if (stopSignal() != 0) {
      return std::nullopt;
    }
    fillInputs(machine, entry, report, *batch);
    machine.runEntry(report.entry, evaluationOf(number++));
    for (Mean &mean : means) {
      addBatch(mean, machine, batch->valid, entry.batch, onlyBatch);
    }
  }
  return valuesOf(means);
}

} // namespace gmc::runtime
