//===- Training.cpp - the training loop -----------------------------------===//
//
// The order of what happens after a round matters to a killed run: rows first,
// made durable, then the checkpoint. Rows past the checkpoint are removed by
// the resume, and rows before it are there.
//
// At the end of a run come the rows that only the run itself can write, then
// the checkpoint, then the reports that evaluate it, which may take long: a
// resume makes those that are missing.
//
//===----------------------------------------------------------------------===//
#include "runtime/train/Training.h"

#include "runtime/core/Status.h"
#include "runtime/core/Tensor.h"
#include "runtime/io/WeightsFile.h"
#include "runtime/train/Evaluation.h"
#include "runtime/train/Signals.h"

#include <algorithm>
#include <cmath>

namespace gmc::runtime {

Training::Training(Machine &machine, DataShelf &shelf, const RunConfig &config,
                   const RunFolder &folder, const std::optional<RunState> &run)
    : machine(machine), shelf(shelf), config(config), folder(folder),
      isResumed(run.has_value()), position(machine.plan), monitors(machine),
      start(Clock::now()) {
  const plan::Plan &plan = machine.plan;
  machine.seed = config.seed;
  if (run) {
    position.restore(plan, *run);
    monitors.restore(*run);
    savedStep = position.step;
  } else {
    machine.state().initialise(config.seed);
    importWeights(machine.state(), config.weights);
  }
  for (const plan::Report &report : plan.reports) {
    if (!report.walk.dataset.empty()) {
      shelf.get(report.walk.dataset, report.walk.split);
    }
  }
  runner = std::make_unique<RoundRunner>(machine, shelf, position, monitors);
  if (run) {
    checkDatasets(*run, shelf.identities());
  }
  if (config.epochs && position.owner() == nullptr) {
    fail(ExitUsage, "--epochs: the training reads no data, so it has no "
                    "epochs; --steps bounds it");
  }
}

void Training::dumpDraws(const std::filesystem::path &folder) {
  dump.emplace(folder, machine, isResumed);
  runner->dumpTo(*dump);
}

bool Training::isFinished() const {
  const auto &trains = machine.plan.trains;
  const bool isLast = position.train + 1 == trains.size();
  if (config.epochs || config.steps) {
    return (config.steps && position.step >= *config.steps) ||
           (config.epochs && position.totalEpochs() >= *config.epochs);
  }
  return isLast && position.hasLasted(trains[position.train].duration);
}

double Training::fraction() const {
  double most = 0;
  if (config.steps) {
    most = double(position.step) / double(std::max<uint64_t>(*config.steps, 1));
  }
  if (config.epochs) {
    most = std::max(most, position.totalEpochs() / *config.epochs);
  }
  if (!config.steps && !config.epochs) {
    const plan::Duration &duration =
        machine.plan.trains[position.train].duration;
    const double done = duration.unit == plan::Duration::Unit::Rounds
                            ? double(position.rounds)
                        : duration.unit == plan::Duration::Unit::Examples
                            ? double(position.examples)
                            : position.epochs(duration.stream);
    // Several `train`s count as equal parts.
    most = (double(position.train) + std::min(1.0, done / duration.count)) /
           double(machine.plan.trains.size());
  }
  return std::isfinite(most) ? std::clamp(most, 0.0, 1.0) : 1;
}

std::string Training::describePosition() const {
  std::string text = fmt::format("step {}", position.step);
  if (position.owner() != nullptr) {
    text += fmt::format(", epoch {:.6g}", position.totalEpochs());
    if (config.epochs) {
      text += fmt::format(" of {}", *config.epochs);
    }
  }
  if (config.steps) {
    text += fmt::format(", of {} steps", *config.steps);
  }
  return text;
}

double Training::seconds() const {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

ProgressState Training::progress() const {
  return {position.step, position.totalEpochs(), fraction(), examplesDone,
          allowedSeconds - seconds()};
}

bool Training::epochEnded() const {
  const StreamClock *owner = position.owner();
  if (owner == nullptr) {
    return false;
  }
  const auto length = uint64_t(owner->batchesPerEpoch);
  return owner->drawn / length > owner->drawnBefore / length;
}

std::vector<std::string> Training::metricColumns() const {
  std::vector<std::string> columns{column::epoch};
  const auto add = [&](const std::vector<std::string> &names) {
    for (const std::string &name : names) {
      if (std::find(columns.begin(), columns.end(), name) == columns.end()) {
        columns.push_back(name);
      }
    }
  };
  add(monitors.columns());
  for (size_t i = 0; i < machine.plan.reports.size(); ++i) {
    add(reportNames(machine.plan, i));
  }
  add({column::final, column::seconds});
  return columns;
}

static bool hasColumnOf(const std::set<std::string> &columns,
                        const std::vector<std::string> &names) {
  return std::any_of(names.begin(), names.end(), [&](const std::string &name) {
    return columns.count(name) != 0;
  });
}

void Training::openMetrics() {
  const std::vector<std::string> columns = metricColumns();
  if (!isResumed) {
    metrics = MetricsFile::create(folder.metrics(), columns);
    return;
  }
  if (auto found = presentColumns(folder.metrics(), columns, position.step)) {
    present = std::move(*found);
    if (!isFinished()) {
      dropFinalRows(folder.metrics());
      present.final.clear();
    }
  }
  metrics = MetricsFile::resume(folder.metrics(), columns, position.step);
}

bool Training::hasEnded() const {
  const auto found =
      presentColumns(folder.metrics(), metricColumns(), position.step);
  if (!found) {
    return true;
  }
  const auto hasAny = [&](const std::vector<std::string> &names) {
    return hasColumnOf(found->final, names);
  };
  if (monitors.isOpen() && !hasAny(monitors.columns())) {
    return false;
  }
  const auto &reports = machine.plan.reports;
  for (size_t i = 0; i < reports.size(); ++i) {
    // What a turn gave is gone: such a report cannot be made later.
    if (!reports[i].every && reports[i].values.empty() &&
        !hasAny(reportNames(machine.plan, i))) {
      return false;
    }
  }
  return true;
}

int Training::run(std::optional<double> maxSeconds) {
  start = Clock::now();
  allowedSeconds = maxSeconds.value_or(allowedSeconds);
  openMetrics();
  bar.emplace(out(), monitors, fraction());
  // A run that was stopped during its reports has them still to do.
  if (isResumed && !runReports(present.due)) {
    return stopForSignal();
  }
  while (!isFinished()) {
    if (stopSignal() != 0) {
      return stopForSignal();
    }
    if (seconds() >= allowedSeconds) {
      return finish();
    }
    runRound();
    if (!handleEvents()) {
      return stopForSignal();
    }
    present = {};
  }
  return finish();
}

/// Adds to `failure` which step the run can go on from.
void Training::rethrowUnsaved(const Failure &failure) const {
  throw Failure(
      failure.exitCode,
      fmt::format("{}; nothing of this step was saved, {}", failure.what(),
                  savedStep ? fmt::format("the checkpoint is that of step {}",
                                          *savedStep)
                            : "and there is no checkpoint yet"));
}

void Training::runRound() {
  const auto &trains = machine.plan.trains;
  if (position.train + 1 < trains.size() &&
      position.hasLasted(trains[position.train].duration)) {
    position.startNextTrain();
    runner->startLoaders();
  }
  try {
    runner->runRound();
    if (monitors.takeOverflow()) {
      checkFinite();
    }
  } catch (const Failure &failure) {
    bar->clear();
    if (failure.exitCode != ExitNotFinite && failure.exitCode != ExitUsage) {
      throw;
    }
    rethrowUnsaved(failure);
  }
  examplesDone += position.examples - position.examplesBefore;
  bar->update(progress());
}

/// What is due after a round; false where a signal interrupted the reports.
bool Training::handleEvents() {
  const bool epoch = epochEnded();
  if (epoch || position.step % rowRounds == 0) {
    writeTrainRow(false);
  }
  if (epoch) {
    bar->milestone(progress());
  }
  if (!runReports({})) {
    return false;
  }
  if (isFinished()) {
    return true; // finish() saves, after the last rows.
  }
  const bool dataless = position.owner() == nullptr;
  if (epoch || (dataless && position.step % saveRounds == 0) ||
      (config.saveEvery && *config.saveEvery > 0 &&
       position.step % *config.saveEvery == 0)) {
    save();
  }
  return true;
}

/// Makes the reports that are due, but those whose column is `present`.
bool Training::runReports(const std::set<std::string> &present) {
  const plan::Plan &plan = machine.plan;
  // What turns gave comes first: a signal cannot come between, and after a
  // resume it is gone.
  for (const bool ofTurns : {true, false}) {
    for (size_t i = 0; i < plan.reports.size(); ++i) {
      const plan::Report &report = plan.reports[i];
      if (report.values.empty() == ofTurns || !report.every ||
          !position.isDue(*report.every)) {
        continue;
      }
      if (!hasColumnOf(present, reportNames(plan, i)) && !runReport(i, false)) {
        return false;
      }
    }
  }
  return true;
}

bool Training::runReport(size_t index, bool atEnd) {
  const plan::Report &report = machine.plan.reports[index];
  if (!report.values.empty() && !runner->fillReport(report)) {
    return true;
  }
  setClockScalars(machine, position);
  const auto values = evaluateReport(machine, shelf, index);
  if (!values) {
    return false;
  }
  const std::vector<std::string> names = reportNames(machine.plan, index);
  std::map<std::string, double> row;
  std::string line = fmt::format("  step {}", position.step);
  for (size_t i = 0; i < names.size(); ++i) {
    row[names[i]] = (*values)[i];
    line += fmt::format("  {} {:.6g}", names[i], (*values)[i]);
  }
  bar->clear();
  out().print("{}", line);
  for (const auto &[name, value] : row) {
    noteNotFinite(name, value);
  }
  writeRow(std::move(row), atEnd);
  return true;
}

/// Says once of a report that it is not finite. The training itself is sound,
/// or its step had failed: it goes on, and ends with exit code 7.
void Training::noteNotFinite(const std::string &report, double value) {
  if (!std::isfinite(value) &&
      notFinite.try_emplace(report, position.step).second) {
    err().print("warning: step {}: the report `{}` is {}", position.step,
                printable(report), value);
  }
}

void Training::writeTrainRow(bool final) {
  if (monitors.isOpen()) {
    writeRow(monitors.means(), final);
  }
  if (!final) {
    monitors.restart();
  }
}

void Training::writeRow(std::map<std::string, double> values, bool final) {
  values[column::epoch] = position.totalEpochs();
  values[column::seconds] = seconds();
  if (final) {
    values[column::final] = 1;
  }
  if (!metrics->append(position.step, values)) {
    warnOfMetrics();
  }
}

void Training::warnOfMetrics() {
  if (!metricsWarned) {
    metricsWarned = true;
    bar->clear();
    err().print("warning: {} cannot be written ({}); training goes on",
                printable(folder.metrics().string(), 400),
                metrics->lastError());
  }
}

void Training::syncMetrics() {
  if (metrics && !metrics->sync()) {
    warnOfMetrics();
  }
}

/// Makes the reports `at end`; false where a signal interrupted one.
bool Training::runEndReports(bool ofTurns) {
  const plan::Plan &plan = machine.plan;
  for (size_t i = 0; i < plan.reports.size(); ++i) {
    const plan::Report &report = plan.reports[i];
    if (!report.every && report.values.empty() != ofTurns &&
        !hasColumnOf(present.final, reportNames(plan, i)) &&
        !runReport(i, true)) {
      return false;
    }
  }
  return true;
}

int Training::finish() {
  if (!hasColumnOf(present.final, monitors.columns())) {
    writeTrainRow(true);
  }
  const bool turns = runEndReports(true);
  save();
  if (!turns || !runEndReports(false)) {
    return stopForSignal();
  }
  syncMetrics();
  bar->clear();
  if (!saveError.empty()) {
    fail(ExitInputOutput, "{}", saveError);
  }
  out().print("{} after {:.1f} s: {}", isFinished() ? "finished" : "stopped",
              seconds(), describePosition());
  out().print("checkpoint: {}", printable(folder.checkpoint().string(), 400));
  if (notFinite.empty()) {
    return ExitOk;
  }
  std::vector<std::string> names;
  for (const auto &[name, step] : notFinite) {
    names.push_back(
        fmt::format("`{}` (first in step {})", printable(name), step));
  }
  err().print("error: not finite: the report {}; the run itself is saved",
              fmt::join(names, ", "));
  return ExitNotFinite;
}

int Training::stopForSignal() {
  bar->clear();
  save();
  if (!saveError.empty()) {
    err().print("error: {}", saveError);
  }
  out().print("stopped by signal {} at {}; `resume` goes on from there",
              stopSignal(), describePosition());
  return ExitSignal + stopSignal();
}

RunState Training::runState() const {
  RunState run;
  run.seed = config.seed;
  run.hypers = config.hypers;
  run.datasets = shelf.identities();
  position.store(machine.plan, run);
  monitors.store(run);
  return run;
}

/// Throws Failure 7 where a tensor holds a number that is not finite: losses
/// and gradients were, but the update itself may overflow.
void Training::checkFinite() const {
  const ScalarType type = machine.plan.type;
  std::vector<std::byte> dense;
  for (size_t i = 0; i < machine.plan.tensors.size(); ++i) {
    dense.resize(size_t(machine.state().bytes(i)));
    machine.state().fetch(i, dense);
    const bool finite = dispatch(type, [&](auto zero) {
      const auto *numbers = reinterpret_cast<decltype(zero) *>(dense.data());
      const size_t count = dense.size() / sizeof zero;
      return std::all_of(numbers, numbers + count,
                         [](auto number) { return std::isfinite(number); });
    });
    if (!finite) {
      const plan::Tensor &tensor = machine.plan.tensors[i];
      fail(ExitNotFinite, "step {}: `{}`{} holds a number that is not finite",
           position.step, printable(tensor.name),
           tensor.network.empty()
               ? ""
               : fmt::format(" of {}", printable(tensor.network)));
    }
  }
}

/// Saves unless this step is on the disk. A disk that refuses does not end the
/// run: the older checkpoint is whole and the next save tries again.
void Training::save() {
  syncMetrics();
  if (savedStep == position.step) {
    return;
  }
  try {
    checkFinite();
  } catch (const Failure &failure) {
    rethrowUnsaved(failure);
  }
  try {
    saveCheckpoint(folder.checkpoint(), machine.state(), runState());
    savedStep = position.step;
    saveError.clear();
  } catch (const Failure &failure) {
    if (saveError.empty()) {
      bar->clear();
      err().print("warning: step {} was not saved: {}; training goes on",
                  position.step, failure.what());
    }
    saveError = failure.what();
  }
}

} // namespace gmc::runtime
