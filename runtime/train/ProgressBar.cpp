//===- ProgressBar.cpp - how far a run is ---------------------------------===//
//
// One line: epoch, step, losses, examples a second, time left.
//
//===----------------------------------------------------------------------===//
#include "runtime/train/ProgressBar.h"

#include <algorithm>
#include <cmath>
#include <string_view>

namespace gmc::runtime {

static constexpr std::chrono::milliseconds redrawTime{100};
static constexpr std::chrono::seconds lineTime{10};

ProgressBar::ProgressBar(Console &console, const Monitors &monitors,
                         double fraction)
    : console(console), monitors(monitors), terminal(console.isTerminal()),
      startFraction(fraction), start(Clock::now()), last(start) {}

void ProgressBar::update(const ProgressState &state) {
  const auto now = Clock::now();
  if (terminal ? now - last < redrawTime : now - last < lineTime) {
    return;
  }
  last = now;
  draw(state, terminal);
}

void ProgressBar::milestone(const ProgressState &state) {
  clear();
  last = Clock::now();
  draw(state, false);
}

void ProgressBar::clear() {
  if (drawn) {
    console.write("\r\x1b[K");
    drawn = false;
  }
}

/// Writes `seconds` as 12:34 or 1:02:03.
static void appendTime(fmt::memory_buffer &line, double seconds) {
  const long whole = std::lround(std::clamp(seconds, 0.0, 3.6e8));
  auto end = fmt::appender(line);
  if (whole >= 3600) {
    fmt::format_to(end, "{}:{:02}:{:02}", whole / 3600, whole / 60 % 60,
                   whole % 60);
  } else {
    fmt::format_to(end, "{}:{:02}", whole / 60, whole % 60);
  }
}

void ProgressBar::appendLosses(fmt::memory_buffer &line) const {
  constexpr size_t mostLosses = 6;
  size_t shown = 0;
  for (const Monitors::Latest &loss : monitors.latest()) {
    if (!std::isnan(loss.value) && ++shown <= mostLosses) {
      fmt::format_to(fmt::appender(line), "  {}.{} {:.5g}", loss.step,
                     loss.name, loss.value);
    }
  }
}

void ProgressBar::appendPace(fmt::memory_buffer &line,
                             const ProgressState &state) const {
  const double seconds =
      std::chrono::duration<double>(Clock::now() - start).count();
  const double gained = state.fraction - startFraction;
  if (seconds > 0.05 && state.examples > 0) {
    fmt::format_to(fmt::appender(line), "  {:.0f} examples/s",
                   double(state.examples) / seconds);
  }
  // Whichever ends the training first.
  double left = state.allowed;
  if (seconds > 0.05 && gained > 0) {
    left = std::min(left, seconds * (1 - state.fraction) / gained);
  }
  if (state.fraction < 1 && std::isfinite(left)) {
    line.append(std::string_view("  "));
    appendTime(line, left);
    line.append(std::string_view(" left"));
  }
}

void ProgressBar::draw(const ProgressState &state, bool asBar) {
  static constexpr std::string_view full = "==========";
  static constexpr std::string_view empty = "          ";
  fmt::memory_buffer line; // 500 bytes without an allocation
  auto end = fmt::appender(line);
  if (asBar) {
    const auto done =
        size_t(std::clamp(state.fraction, 0.0, 1.0) * double(full.size()));
    fmt::format_to(end, "\r\x1b[K[{}{}] {:3.0f}%  ", full.substr(0, done),
                   empty.substr(done), 100 * state.fraction);
  }
  if (state.epoch > 0) {
    fmt::format_to(end, "epoch {:.4g}", state.epoch);
  }
  if (!asBar || state.epoch == 0) {
    fmt::format_to(end, "{}step {}", state.epoch > 0 ? "  " : "", state.step);
  }
  // A narrow terminal cuts the end of the line: the losses stand there.
  if (asBar) {
    appendPace(line, state);
    appendLosses(line);
    line.resize(std::min(line.size(), console.columns() + 3));
  } else {
    appendLosses(line);
    appendPace(line, state);
    line.push_back('\n');
  }
  drawn = asBar;
  console.write({line.data(), line.size()});
}

} // namespace gmc::runtime
