//===- TrainVerbs.cpp - train, resume and eval ----------------------------===//
//
// What stands between the command line and the training loop: folders, locks,
// configurations, and loading.
//
//===----------------------------------------------------------------------===//
#include "runtime/core/Status.h"
#include "runtime/io/AtomicFile.h"
#include "runtime/io/Checkpoint.h"
#include "runtime/train/Console.h"
#include "runtime/train/Evaluation.h"
#include "runtime/train/RoundRunner.h"
#include "runtime/train/Signals.h"
#include "runtime/train/Training.h"
#include "runtime/train/Verbs.h"

#include <nlohmann/json.hpp>

#include <cmath>

namespace gmc::runtime {

void setHypers(Machine &machine, const RunConfig &config) {
  for (size_t i = 0; i < machine.scalars.size(); ++i) {
    const plan::Scalar &scalar = machine.plan.scalars[i];
    if (scalar.kind != plan::Scalar::Kind::Hyper) {
      continue;
    }
    if (const auto found = config.hypers.find(scalar.name);
        found != config.hypers.end()) {
      machine.scalars[i] = found->second;
    }
  }
}

static void requireTrain(const plan::Plan &plan) {
  if (plan.trains.empty()) {
    fail(ExitUsage, "{} has no `train {{}}`: there is nothing to train",
         printable(plan.source));
  }
}

int runTrain(const Request &request) {
  const auto &[model, options] = request;
  const plan::Plan &plan = model.plan;
  requireTrain(plan);
  Machine machine(model, options.threads);
  const RunFolder &folder = options.folder;
  const RunLock lock(folder);
  if (folder.hasCheckpoint() && !options.overwrite) {
    fail(ExitUsage,
         "{} holds a run already: `resume` goes on with it, another --out "
         "keeps it, --overwrite replaces it",
         printable(folder.path.string(), 400));
  }
  const RunConfig config = newConfig(plan, options);
  setHypers(machine, config);
  DataShelf shelf(plan, config.data);
  Training training(machine, shelf, config, folder, std::nullopt);
  printClasses(plan, shelf);
  if (!options.dumpDraws.empty()) {
    training.dumpDraws(options.dumpDraws);
  }
  folder.prepare();
  if (options.overwrite) {
    // Before anything of the new run has its name: no mix of two runs is left.
    removeDurably(folder.checkpoint());
  }
  writeConfig(folder, machine, config);
  return training.run(options.maxSeconds);
}

/// Adds to a Failure 4 what config.json tells about the run's model.
[[noreturn]] static void rethrowWith(const Failure &failure,
                                     const std::optional<RunConfig> &config,
                                     const plan::Plan &plan) {
  std::string differences;
  if (failure.exitCode == ExitCheckpoint && config) {
    differences = configDifferences(*config, plan);
  }
  if (differences.empty()) {
    throw failure;
  }
  throw Failure(failure.exitCode,
                std::string(failure.what()) +
                    "\nby config.json the run differs in:" + differences);
}

/// Checks hyper-parameters of a file, which anyone may have changed, as --set
/// is.
static void checkHypers(const std::filesystem::path &file,
                        const plan::Plan &plan,
                        const std::map<std::string, double> &hypers) {
  for (const plan::Scalar &scalar : plan.scalars) {
    const auto found = hypers.find(scalar.name);
    if (scalar.kind == plan::Scalar::Kind::Hyper && found != hypers.end()) {
      checkRange(fmt::format("{}: {}={}", printable(file.string(), 400),
                             printable(scalar.name), found->second),
                 found->second, scalar);
    }
  }
}

LoadedRun loadRun(const Request &request, Machine &machine, Purpose purpose) {
  const auto &[model, options] = request;
  const plan::Plan &plan = model.plan;
  const RunFolder &folder = options.folder;
  if (!folder.hasCheckpoint()) {
    fail(ExitInputOutput,
         "{} cannot be opened: there is no checkpoint; `train --out {}` makes "
         "one",
         printable(folder.checkpoint().string(), 400),
         printable(folder.path.string(), 400));
  }
  const std::optional<RunConfig> written = readConfig(folder);
  LoadedRun loaded;
  try {
    loaded.run = loadCheckpoint(folder.checkpoint(), machine.state(), purpose);
  } catch (const Failure &failure) {
    rethrowWith(failure, written, plan);
  }
  RunOptions none;
  loaded.config = newConfig(plan, none);
  if (written) {
    loaded.config = *written;
    loaded.config.hash = plan.hash;
    loaded.config.constants = plan.constants;
    loaded.config.batch = plan.batch;
  }
  if (written && written->hash == plan.hash && purpose == Purpose::Resume) {
    // A resume with other settings writes them into config.json before anything
    // else; they hold if it ended before its first checkpoint too.
    checkHypers(folder.config(), plan, written->hypers);
    loaded.config.hypers.insert(loaded.run.hypers.begin(),
                                loaded.run.hypers.end());
  } else {
    for (const auto &[name, value] : loaded.run.hypers) {
      loaded.config.hypers[name] = value;
    }
  }
  loaded.config.seed = loaded.run.seed;
  updateConfig(loaded.config, options);
  setHypers(machine, loaded.config);
  machine.seed = loaded.config.seed;
  return loaded;
}

void restoreClocks(Machine &machine, const RunState &run) {
  if (run.counters.empty() || machine.plan.trains.empty()) {
    return;
  }
  RunPosition position(machine.plan);
  position.restore(machine.plan, run);
  setClockScalars(machine, position);
}

int runResume(const Request &request) {
  const auto &[model, options] = request;
  const plan::Plan &plan = model.plan;
  requireTrain(plan);
  Machine machine(model, options.threads);
  const RunFolder &folder = options.folder;
  // Looks first without the lock: a finished run is not touched at all.
  if (!folder.hasCheckpoint()) {
    loadRun(request, machine, Purpose::Resume); // says so
  }
  std::optional<RunLock> lock;
  for (;;) {
    LoadedRun loaded = loadRun(request, machine, Purpose::Resume);
    if (options.seed && *options.seed != loaded.run.seed) {
      fail(ExitCheckpoint,
           "--seed {}: the run in {} has the seed {} and keeps it",
           *options.seed, printable(folder.path.string(), 400),
           loaded.run.seed);
    }
    DataShelf shelf(plan, loaded.config.data);
    Training training(machine, shelf, loaded.config, folder, loaded.run);
    if (training.isFinished() && training.hasEnded()) {
      out().print("the run in {} is finished: {}; --epochs or --steps go on",
                  printable(folder.path.string(), 400),
                  training.describePosition());
      return ExitOk;
    }
    if (!lock) { // and now again, as nobody else can write
      lock.emplace(folder);
      continue;
    }
    out().print("resuming {} at {}", printable(folder.path.string(), 400),
                training.describePosition());
    printClasses(plan, shelf);
    if (!options.dumpDraws.empty()) {
      training.dumpDraws(options.dumpDraws);
    }
    folder.prepare();
    writeConfig(folder, machine, loaded.config);
    return training.run(options.maxSeconds);
  }
}

int runEval(const Request &request) {
  const auto &[model, options] = request;
  const plan::Plan &plan = model.plan;
  Machine machine(model, options.threads);
  const LoadedRun loaded = loadRun(request, machine, Purpose::Sample);
  machine.seed = options.seed.value_or(loaded.run.seed);
  DataShelf shelf(plan, loaded.config.data);
  restoreClocks(machine, loaded.run);
  countRecords(machine, shelf);
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  std::vector<std::string> notFinite;
  for (size_t i = 0; i < plan.reports.size(); ++i) {
    if (!plan.reports[i].values.empty()) {
      continue; // what a turn gave is not in a checkpoint
    }
    const auto values = evaluateReport(machine, shelf, i);
    if (!values) {
      return ExitSignal + stopSignal();
    }
    const std::vector<std::string> names = reportNames(plan, i);
    for (size_t j = 0; j < names.size(); ++j) {
      json[names[j]] = (*values)[j];
      if (!std::isfinite((*values)[j])) {
        notFinite.push_back(
            fmt::format("`{}` ({})", printable(names[j]), (*values)[j]));
      }
      if (!options.json) {
        out().print("{} {}", names[j], (*values)[j]);
      }
    }
  }
  if (options.json) {
    out().print("{}", json.dump());
  } else if (plan.reports.empty()) {
    out().print("{} has no `report`", printable(plan.source));
  }
  if (!notFinite.empty()) {
    err().print("error: step {}: not finite: the report {}", loaded.run.step,
                fmt::join(notFinite, ", "));
    return ExitNotFinite;
  }
  return ExitOk;
}

} // namespace gmc::runtime
