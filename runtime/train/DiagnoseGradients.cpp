//===- DiagnoseGradients.cpp - norms of the gradients ---------------------===//
//
// Trains some steps in memory, from the run's checkpoint or from the beginning,
// and says of each network whether its gradients vanish, explode or are zero.
// Nothing is written.
//
//===----------------------------------------------------------------------===//
#include "runtime/core/Status.h"
#include "runtime/core/Tensor.h"
#include "runtime/io/WeightsFile.h"
#include "runtime/train/Console.h"
#include "runtime/train/RoundRunner.h"
#include "runtime/train/Verbs.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

namespace gmc::runtime {

/// Below this fraction of the largest network's norm, gradients vanish; above
/// this growth over the steps, or this size, they explode.
static constexpr double vanishingShare = 1e-6, explodingGrowth = 1e3,
                        explodingSize = 1e6;
static constexpr uint64_t defaultSteps = 20;

namespace {

/// Norms of one network in one step of the model, over the rounds.
struct Series {
  const plan::Entry *entry;
  const plan::Slot *norm;
  std::vector<double> norms;
  uint64_t seen = 0; ///< executions that are in `norms` or skipped

  double median() const {
    std::vector<double> sorted = norms;
    std::sort(sorted.begin(), sorted.end());
    return sorted.empty() ? 0 : sorted[sorted.size() / 2];
  }
};

} // namespace

static const char *verdict(const Series &series, double largest) {
  const auto &norms = series.norms;
  if (norms.empty()) {
    return "never trained in these steps";
  }
  if (!std::all_of(norms.begin(), norms.end(),
                   [](double norm) { return std::isfinite(norm); })) {
    return "NOT FINITE";
  }
  const double median = series.median();
  if (*std::max_element(norms.begin(), norms.end()) == 0) {
    return "ZERO: no gradient reaches it";
  }
  if (median > explodingSize || norms.back() > explodingGrowth * norms[0]) {
    return "EXPLODING: lower the learning rate or clip";
  }
  if (median < vanishingShare * largest) {
    return "VANISHING beside the other networks";
  }
  return "well";
}

static void printSeries(const std::vector<Series> &all) {
  double largest = 0;
  for (const Series &series : all) {
    largest = std::max(largest, series.median());
  }
  out().print("{:<28} {:>11} {:>11} {:>11}  verdict", "gradient norm", "first",
              "median", "last");
  for (const Series &series : all) {
    const bool none = series.norms.empty();
    out().print("{:<28} {:>11.4g} {:>11.4g} {:>11.4g}  {}",
                series.entry->step + " " + series.norm->name,
                none ? 0 : series.norms.front(), series.median(),
                none ? 0 : series.norms.back(), verdict(series, largest));
  }
}

/// Starts the model where the run stands, or afresh.
static RunConfig prepare(const Request &request, Machine &machine,
                         RunPosition &position) {
  const auto &[model, options] = request;
  const plan::Plan &plan = model.plan;
  if (options.folder.hasCheckpoint()) {
    const LoadedRun loaded = loadRun(request, machine, Purpose::Resume);
    position.restore(plan, loaded.run);
    out().print("from the checkpoint of step {}", position.step);
    return loaded.config;
  }
  const RunConfig config = newConfig(plan, options);
  setHypers(machine, config);
  machine.seed = config.seed;
  machine.state().initialise(config.seed);
  importWeights(machine.state(), config.weights);
  out().print("from fresh initial values ({} has no checkpoint)",
              printable(options.folder.path.string(), 400));
  return config;
}

int runDiagnoseGradients(const Request &request) {
  const auto &[model, options] = request;
  const plan::Plan &plan = model.plan;
  if (plan.trains.empty()) {
    fail(ExitUsage, "{} has no `train {{}}`", printable(plan.source));
  }
  Machine machine(model, options.threads);
  RunPosition position(plan);
  const RunConfig config = prepare(request, machine, position);
  std::vector<Series> all;
  std::set<std::string> listed; // steps; one may have two entries
  for (const plan::Entry &entry : plan.entries) {
    if (!listed.insert(entry.step).second) {
      continue;
    }
    for (const plan::Slot &norm : entry.norms) {
      all.push_back({&entry, &norm, {}, 0});
    }
  }
  DataShelf shelf(plan, config.data);
  Monitors monitors(machine);
  RoundRunner runner(machine, shelf, position, monitors);
  monitors.restart();
  std::optional<Failure> notFinite;
  const uint64_t steps = options.steps.value_or(defaultSteps);
  for (uint64_t i = 0; i < steps && !notFinite; ++i) {
    try {
      runner.runRound();
    } catch (const Failure &failure) {
      if (failure.exitCode != ExitNotFinite) {
        throw;
      }
      notFinite = failure;
    }
    for (Series &series : all) {
      const auto entry = series.entry - plan.entries.data();
      const uint64_t count = monitors.executions(entry);
      if (count != series.seen) {
        series.seen = count;
        series.norms.push_back(monitors.lastNorm(entry, series.norm->name));
      }
    }
  }
  printSeries(all);
  if (notFinite) {
    throw *notFinite;
  }
  return ExitOk;
}

} // namespace gmc::runtime
