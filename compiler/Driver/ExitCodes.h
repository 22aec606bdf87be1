//===- ExitCodes.h - how gmc ends -------------------------------*- C++ -*-===//
#ifndef GMC_COMPILER_DRIVER_EXITCODES_H
#define GMC_COMPILER_DRIVER_EXITCODES_H

namespace gmc::driver {

/// Exit codes of gmc. Those of trainers are in runtime/README.md; a number that
/// both have means the same.
enum ExitCode {
  exitOk = 0,
  exitModel = 1,
  exitUsage = 2,
  exitIo = 5,
  exitMemory = 6,
  exitInternal = 70
};

} // namespace gmc::driver

#endif // GMC_COMPILER_DRIVER_EXITCODES_H
