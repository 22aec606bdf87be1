//===- Watchdog.cpp - says where a long compilation is --------------------===//
#include "compiler/Driver/Watchdog.h"

#include "compiler/Driver/ExitCodes.h"

#include "mlir/IR/Action.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Operation.h"

#include <chrono>
#include <cinttypes>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <fcntl.h>
#include <unistd.h>

using namespace mlir;

namespace gmc::driver {

namespace {

/// Returns the line of the text in a location, 0 where it has none.
uint32_t lineOf(Location location) {
  uint32_t line = 0;
  location->walk([&](Location part) {
    if (auto place = dyn_cast<FileLineColLoc>(part)) {
      line = place.getLine();
      return WalkResult::interrupt();
    }
    return WalkResult::advance();
  });
  return line;
}

/// Returns the bytes of this process that are in memory.
double residentBytes() {
  int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return 0;
  }
  char text[128];
  ssize_t size = read(file, text, sizeof(text) - 1);
  close(file);
  text[std::max<ssize_t>(size, 0)] = '\0';
  int64_t all = 0, resident = 0;
  return sscanf(text, "%" SCNd64 " %" SCNd64, &all, &resident) == 2
             ? double(resident) * double(sysconf(_SC_PAGESIZE))
             : 0;
}

} // namespace

void Whereabouts::at(Operation *op) {
  // This runs for every pattern that is tried: the line is looked up when it is
  // said. A module bears the first line and is of none.
  location = op->getParentOp() ? op->getLoc().getAsOpaquePointer() : nullptr;
}

uint32_t Whereabouts::currentLine() const {
  const void *known = location;
  return known ? lineOf(Location::getFromOpaquePointer(known)) : line.load();
}

void Whereabouts::follow(MLIRContext &context) {
  context.registerActionHandler(
      [this](function_ref<void()> action, const tracing::Action &what) {
        for (const IRUnit &unit : what.getContextIRUnits()) {
          if (auto *op = dyn_cast<Operation *>(unit)) {
            at(op);
          }
        }
        action();
      });
}

/// Little is asked of memory: a small stack, and nothing is allocated.
Watchdog::Watchdog(const Whereabouts &where, Limits limits)
    : where(where), limits(limits) {
  // Signals belong to the main thread, which removes files first.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 256 * 1024);
  pthread_t made;
  if (pthread_create(&made, &attributes, run, this) == 0) {
    thread = made;
  }
  pthread_attr_destroy(&attributes);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Watchdog::~Watchdog() {
  isOver = true;
  if (thread) {
    pthread_join(*thread, nullptr);
  }
}

void *Watchdog::run(void *self) {
  static_cast<Watchdog *>(self)->watch();
  return nullptr;
}

void Watchdog::watch() {
  const auto start = std::chrono::steady_clock::now();
  int64_t nextWord = limits.firstWord;
  while (!isOver) {
    timespec turn{0, 10'000'000};
    nanosleep(&turn, nullptr);
    const int64_t passed =
        std::chrono::duration_cast<std::chrono::milliseconds>(
            std::chrono::steady_clock::now() - start)
            .count();
    if (mayEnd && residentBytes() > limits.memory) {
      char before[96];
      snprintf(before, sizeof(before),
               "gmc: more than the %g GB of memory that --max-memory allows",
               limits.memory / 1e9);
      say(before);
      _exit(exitModel);
    }
    if (passed >= nextWord) {
      char before[96];
      snprintf(before, sizeof(before), "gmc: still at work after %" PRId64 " s",
               passed / 1000);
      say(before);
      nextWord *= 2;
    }
  }
}

void Watchdog::say(const char *before) const {
  char text[256];
  uint32_t line = where.currentLine();
  int size = snprintf(text, sizeof(text), "%s, in phase `%s`", before,
                      where.phase.load());
  if (line != 0) {
    size += snprintf(text + size, sizeof(text) - size,
                     ", line %" PRIu32 " of the text", line);
  }
  text[size++] = '\n';
  (void)!write(2, text, size);
}

} // namespace gmc::driver
