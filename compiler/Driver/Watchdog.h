//===- Watchdog.h - says where a long compilation is ------------*- C++ -*-===//
//
// A thread beside the compilation. After a while it says on stderr what is
// being worked on, and where memory runs past a bound it ends gmc with a
// message, before the system kills it without one.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_COMPILER_DRIVER_WATCHDOG_H
#define GMC_COMPILER_DRIVER_WATCHDOG_H

#include <atomic>
#include <cstdint>
#include <optional>
#include <pthread.h>

namespace mlir {
class MLIRContext;
class Operation;
} // namespace mlir

namespace gmc::driver {

/// What the compilation is at; written by it, read by the watchdog.
struct Whereabouts {
  std::atomic<const char *> phase = "parse"; ///< text that stays
  std::atomic<uint32_t> line = 0;            ///< of the text; 0: not known
  /// What has a line as an op has it, a Location; null: see `line`.
  std::atomic<const void *> location = nullptr;

  void enter(const char *name) {
    phase = name;
    line = 0;
    location = nullptr;
  }
  /// Notes where `op` comes from; a module has no line.
  void at(mlir::Operation *op);
  /// Returns the line, or 0.
  uint32_t currentLine() const;
  /// From here on notes what passes and patterns work on.
  void follow(mlir::MLIRContext &context);
};

class Watchdog {
public:
  struct Limits {
    int64_t firstWord =
        20'000;          ///< milliseconds; the next ones after twice that
    double memory = 8e9; ///< bytes in memory
  };

  /// Watches until it is destroyed. Without memory for a thread nothing does.
  Watchdog(const Whereabouts &where, Limits limits);
  ~Watchdog();
  Watchdog(const Watchdog &) = delete;
  Watchdog &operator=(const Watchdog &) = delete;

  /// From here on files are being written: gmc is not ended any more.
  void keepRunning() { mayEnd = false; }

private:
  static void *run(void *self);
  void watch();
  void say(const char *before) const;

  const Whereabouts &where;
  const Limits limits;
  std::atomic<bool> mayEnd = true, isOver = false;
  std::optional<pthread_t> thread;
};

} // namespace gmc::driver

#endif // GMC_COMPILER_DRIVER_WATCHDOG_H
