//===- RunProgram.h - another program, waited for ---------------*- C++ -*-===//
#ifndef GMC_COMPILER_DRIVER_RUNPROGRAM_H
#define GMC_COMPILER_DRIVER_RUNPROGRAM_H

#include <signal.h>
#include <string>
#include <vector>

namespace gmc::driver {

/// Blocks what the process was told to ignore (nohup): LLVM and MLIR set
/// handlers without looking.
void blockIgnoredSignals();

/// Holds SIGINT, SIGTERM and SIGHUP back while it lives, so that temporary
/// files are removed first: one that came meanwhile takes effect when it ends.
/// What is blocked already stays so.
class HeldSignals {
public:
  HeldSignals();
  ~HeldSignals();
  HeldSignals(const HeldSignals &) = delete;
  HeldSignals &operator=(const HeldSignals &) = delete;

  /// Waits up to `seconds` for one of them or for the end of a child. Returns
  /// the signal, 0 when the time is over. One that ends gmc is kept for later.
  int wait(int seconds);

  /// The mask before this one, for children.
  const sigset_t &before() const { return old; }

private:
  sigset_t old, held;
  int received = 0;
};

/// Runs `arguments` (the first is the program's absolute path) in `folder`, its
/// output in file `log` there, for at most `seconds`. Returns what went wrong,
/// in words; empty when the program ended with 0. A signal that ends gmc ends
/// the program and all it started.
std::string runProgram(const std::vector<std::string> &arguments,
                       const std::string &folder, int seconds,
                       HeldSignals &signals);

} // namespace gmc::driver

#endif // GMC_COMPILER_DRIVER_RUNPROGRAM_H
