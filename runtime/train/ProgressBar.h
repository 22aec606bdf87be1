//===- ProgressBar.h - how far a run is -------------------------*- C++ -*-===//
//
// A bar that redraws itself on a terminal, and plain lines in a pipe: one for
// each epoch, and one every ten seconds.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_TRAIN_PROGRESSBAR_H
#define GMC_RUNTIME_TRAIN_PROGRESSBAR_H

#include "runtime/train/Console.h"
#include "runtime/train/Monitors.h"

#include <chrono>
#include <cstdint>
#include <limits>

namespace gmc::runtime {

/// What the bar shows.
struct ProgressState {
  uint64_t step = 0;
  double epoch = 0;      ///< 0 for a run without data
  double fraction = 0;   ///< of the whole run, 0 to 1
  uint64_t examples = 0; ///< worked on since this program started
  /// Until `--max-seconds` ends the training.
  double allowed = std::numeric_limits<double>::infinity();
};

class ProgressBar {
public:
  ProgressBar(Console &console, const Monitors &monitors, double fraction);

  /// Called after every round; draws a few times a second. Allocates nothing.
  void update(const ProgressState &state);
  /// Prints a line of the current figures, for the end of an epoch.
  void milestone(const ProgressState &state);
  /// Takes the bar off the terminal's line before something else is printed.
  void clear();

private:
  using Clock = std::chrono::steady_clock;

  void appendLosses(fmt::memory_buffer &line) const;
  void appendPace(fmt::memory_buffer &line, const ProgressState &state) const;
  void draw(const ProgressState &state, bool asBar);

  Console &console;
  const Monitors &monitors;
  bool terminal;
  bool drawn = false;
  double startFraction;
  Clock::time_point start, last;
};

} // namespace gmc::runtime

#endif // GMC_RUNTIME_TRAIN_PROGRESSBAR_H
