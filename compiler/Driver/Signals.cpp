//===- Signals.cpp - signals that end gmc ---------------------------------===//
#include "compiler/Driver/Signals.h"

namespace gmc::driver {

namespace {

constexpr int endingSignals[] = {SIGINT, SIGTERM, SIGHUP};

} // namespace

void blockIgnoredSignals() {
  sigset_t ignored;
  sigemptyset(&ignored);
  for (int signal : endingSignals) {
    struct sigaction action;
    if (sigaction(signal, nullptr, &action) == 0 &&
        action.sa_handler == SIG_IGN) {
      sigaddset(&ignored, signal);
    }
  }
  sigprocmask(SIG_BLOCK, &ignored, nullptr);
}

HeldSignals::HeldSignals() {
  sigset_t held;
  sigemptyset(&held);
  for (int signal : endingSignals) {
    sigaddset(&held, signal);
  }
  sigprocmask(SIG_BLOCK, &held, &before);
}

HeldSignals::~HeldSignals() { sigprocmask(SIG_SETMASK, &before, nullptr); }

} // namespace gmc::driver
