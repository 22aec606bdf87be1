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
    const ScalarSpec &scalar = machine.manifest.scalars[i];
    if (scalar.kind != ScalarSpec::Kind::Hyper) {
      continue;
    }
    if (const auto found = config.hypers.find(scalar.name);
        found != config.hypers.end()) {
      machine.scalars[i] = found->second;
    }
  }
}

static void requireTrain(const Manifest &manifest) {
  if (manifest.trains.empty()) {
    fail(ExitUsage, "{} has no `train {{}}`: there is nothing to train",
         printable(manifest.source));
  }
}

int runTrain(const Request &request) {
  const auto &[model, manifest, options] = request;
  requireTrain(manifest);
  Machine machine(manifest, model, options.threads);
  const RunFolder &folder = options.folder;
  const RunLock lock(folder);
  if (folder.hasCheckpoint() && !options.overwrite) {
    fail(ExitUsage,
         "{} holds a run already: `resume` goes on with it, another --out "
         "keeps it, --overwrite replaces it",
         printable(folder.path.string(), 400));
  }
  const RunConfig config = newConfig(manifest, options);
  setHypers(machine, config);
  DataShelf shelf(manifest, config.data);
  Training training(machine, shelf, config, folder, std::nullopt);
  printClasses(manifest, shelf);
  if (!options.dumpDraws.empty()) {
    training.dumpDraws(options.dumpDraws);
  }
  folder.prepare();
  if (options.overwrite) {
    // Before anything of the new run has its name: no mix of two runs is left.
    removeDurably(folder.checkpoint());
  }
  writeConfig(folder, manifest, config, machine.pool.size());
  return training.run(options.maxSeconds);
}

/// Adds to a Failure 4 what config.json tells about the run's model.
[[noreturn]] static void rethrowWith(const Failure &failure,
                                     const std::optional<RunConfig> &config,
                                     const Manifest &manifest) {
  std::string differences;
  if (failure.exitCode == ExitCheckpoint && config) {
    differences = configDifferences(*config, manifest);
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
                        const Manifest &manifest,
                        const std::map<std::string, double> &hypers) {
  for (const ScalarSpec &scalar : manifest.scalars) {
    const auto found = hypers.find(scalar.name);
    if (scalar.kind == ScalarSpec::Kind::Hyper && found != hypers.end()) {
      checkRange(fmt::format("{}: {}={}", printable(file.string(), 400),
                             printable(scalar.name), found->second),
                 found->second, scalar);
    }
  }
}

LoadedRun loadRun(const Request &request, Machine &machine, Purpose purpose) {
  const auto &[model, manifest, options] = request;
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
    loaded.run = loadCheckpoint(folder.checkpoint(), manifest,
                                machine.state.data(), purpose);
  } catch (const Failure &failure) {
    rethrowWith(failure, written, manifest);
  }
  RunOptions none;
  loaded.config = newConfig(manifest, none);
  if (written) {
    loaded.config = *written;
    loaded.config.hash = manifest.hash;
    loaded.config.constants = manifest.constants;
    loaded.config.batch = manifest.batch;
  }
  if (written && written->hash == manifest.hash && purpose == Purpose::Resume) {
    // A resume with other settings writes them into config.json before anything
    // else; they hold if it ended before its first checkpoint too.
    checkHypers(folder.config(), manifest, written->hypers);
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
  if (run.counters.empty() || machine.manifest.trains.empty()) {
    return;
  }
  RunPosition position(machine.manifest);
  position.restore(machine.manifest, run);
  setClockScalars(machine, position);
}

int runResume(const Request &request) {
  const auto &[model, manifest, options] = request;
  requireTrain(manifest);
  Machine machine(manifest, model, options.threads);
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
    DataShelf shelf(manifest, loaded.config.data);
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
    printClasses(manifest, shelf);
    if (!options.dumpDraws.empty()) {
      training.dumpDraws(options.dumpDraws);
    }
    folder.prepare();
    writeConfig(folder, manifest, loaded.config, machine.pool.size());
    return training.run(options.maxSeconds);
  }
}

int runEval(const Request &request) {
  const auto &[model, manifest, options] = request;
  Machine machine(manifest, model, options.threads);
  const LoadedRun loaded = loadRun(request, machine, Purpose::Sample);
  machine.seed = options.seed.value_or(loaded.run.seed);
  DataShelf shelf(manifest, loaded.config.data);
  restoreClocks(machine, loaded.run);
  countRecords(machine, shelf);
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  std::vector<std::string> notFinite;
  for (size_t i = 0; i < manifest.reports.size(); ++i) {
    if (!manifest.reports[i].values.empty()) {
      continue; // what a turn gave is not in a checkpoint
    }
    const auto values = evaluateReport(machine, shelf, i);
    if (!values) {
      return ExitSignal + stopSignal();
    }
    const std::vector<std::string> names = reportNames(manifest, i);
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
  } else if (manifest.reports.empty()) {
    out().print("{} has no `report`", printable(manifest.source));
  }
  if (!notFinite.empty()) {
    err().print("error: step {}: not finite: the report {}", loaded.run.step,
                fmt::join(notFinite, ", "));
    return ExitNotFinite;
  }
  return ExitOk;
}

} // namespace gmc::runtime
