//===- Signals.cpp - being asked to stop ----------------------------------===//
//
// The handler only counts and, the second time, leaves.
//
//===----------------------------------------------------------------------===//
#include "runtime/train/Signals.h"

#include "runtime/core/Status.h"

#include <atomic>
#include <csignal>
#include <fcntl.h>
#include <unistd.h>

namespace gmc::runtime {

static std::atomic<int> received{0};
static_assert(std::atomic<int>::is_always_lock_free);

extern "C" {
static void onStopSignal(int number) {
  int none = 0;
  if (!received.compare_exchange_strong(none, number)) {
    _exit(ExitSignal + number);
  }
}
}

void catchStopSignals() {
  struct sigaction action {};
  action.sa_handler = onStopSignal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  struct sigaction before {};
  sigaction(SIGHUP, nullptr, &before);
  if (before.sa_handler != SIG_IGN) {
    sigaction(SIGHUP, &action, nullptr);
  }
}

int stopSignal() { return received.load(std::memory_order_relaxed); }

void guardStandardStreams() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  for (int descriptor = 0; descriptor <= 2; ++descriptor) {
    if (fcntl(descriptor, F_GETFD) == -1) {
      // The lowest free number is this one. Standard input opens for writing
      // and the outputs for reading, so that using them is an error.
      (void)!open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY);
    }
  }
}

} // namespace gmc::runtime
