//===- Training.h - the training loop ---------------------------*- C++ -*-===//
//
// Rounds, and what happens between them: rows of metrics, reports, saves, and
// the reasons to stop. Everything that decides when something happens is a
// function of the position, so a broken and an unbroken run do the same.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_TRAIN_TRAINING_H
#define GMC_RUNTIME_TRAIN_TRAINING_H

#include "runtime/core/Status.h"
#include "runtime/io/Metrics.h"
#include "runtime/train/DataShelf.h"
#include "runtime/train/Machine.h"
#include "runtime/train/MetricsHistory.h"
#include "runtime/train/Monitors.h"
#include "runtime/train/ProgressBar.h"
#include "runtime/train/RoundRunner.h"
#include "runtime/train/RunConfig.h"
#include "runtime/train/RunPosition.h"

#include <chrono>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace gmc::runtime {

/// Rounds between two rows of metrics within an epoch.
constexpr uint64_t rowRounds = 100;
/// Rounds between two saves of a model that reads no data.
constexpr uint64_t saveRounds = 1000;

class Training {
public:
  /// Loads the data, and takes the run up where `run` stands, or, without it,
  /// at its beginning with fresh initial values.
  Training(Machine &machine, DataShelf &shelf, const RunConfig &config,
           const RunFolder &folder, const std::optional<RunState> &run);

  /// True where the run has its length: there is nothing left to train.
  bool isFinished() const;
  /// True where what is due at the end of a finished run is in metrics.csv, or
  /// that is gone or of other reports: there is nothing left to do.
  bool hasEnded() const;
  const RunPosition &where() const { return position; }
  /// "step 468, epoch 1 of 10".
  std::string describePosition() const;

  /// Writes what every step sees into `folder` (DrawDump.h).
  void dumpDraws(const std::filesystem::path &folder);

  /// Trains to the end, to a signal or for `maxSeconds`; returns the exit code.
  /// The caller holds the folder's lock.
  int run(std::optional<double> maxSeconds);

private:
  using Clock = std::chrono::steady_clock;

  void openMetrics();
  std::vector<std::string> metricColumns() const;
  bool epochEnded() const;
  double fraction() const;
  double seconds() const;
  ProgressState progress() const;

  void runRound();
  bool handleEvents();
  bool runReports(const std::set<std::string> &present);
  bool runReport(size_t index, bool atEnd);
  void writeTrainRow(bool final);
  void writeRow(std::map<std::string, double> values, bool final);
  void noteNotFinite(const std::string &report, double value);
  bool runEndReports(bool ofTurns);
  int finish();
  int stopForSignal();

  void checkFinite() const;
  [[noreturn]] void rethrowUnsaved(const Failure &failure) const;
  RunState runState() const;
  void save();
  void syncMetrics();
  void warnOfMetrics();

  Machine &machine;
  DataShelf &shelf;
  const RunConfig &config;
  const RunFolder &folder;
  bool isResumed;
  RunPosition position;
  Monitors monitors;
  std::optional<DrawDump> dump;
  std::unique_ptr<RoundRunner> runner;
  std::optional<MetricsFile> metrics;
  std::optional<ProgressBar> bar;
  PresentColumns present; ///< of rows of the step resumed from
  bool metricsWarned = false;
  /// Reports that were not finite, with the step of the first time.
  std::map<std::string, uint64_t> notFinite;
  std::string saveError;             ///< of the last save, "" if it went well
  std::optional<uint64_t> savedStep; ///< of the checkpoint on the disk
  uint64_t examplesDone = 0;
  Clock::time_point start;
  /// Seconds from `start` on that the training may take.
  double allowedSeconds = std::numeric_limits<double>::infinity();
};

} // namespace gmc::runtime

#endif // GMC_RUNTIME_TRAIN_TRAINING_H
