//===- Signals.h - signals that end gmc -------------------------*- C++ -*-===//
#ifndef GMC_COMPILER_DRIVER_SIGNALS_H
#define GMC_COMPILER_DRIVER_SIGNALS_H

#include <signal.h>

namespace gmc::driver {

/// Blocks what the process was told to ignore (nohup): LLVM and MLIR set
/// handlers without looking.
void blockIgnoredSignals();

/// Holds SIGINT, SIGTERM and SIGHUP back while it lives, so that no temporary
/// file is left: one that came meanwhile takes effect when it ends.
class HeldSignals {
public:
  HeldSignals();
  ~HeldSignals();
  HeldSignals(const HeldSignals &) = delete;
  HeldSignals &operator=(const HeldSignals &) = delete;

private:
  sigset_t before;
};

} // namespace gmc::driver

#endif // GMC_COMPILER_DRIVER_SIGNALS_H
