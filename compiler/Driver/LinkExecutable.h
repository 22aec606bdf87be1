//===- LinkExecutable.h - model and runtime become a program ----*- C++ -*-===//
#ifndef GMC_COMPILER_DRIVER_LINKEXECUTABLE_H
#define GMC_COMPILER_DRIVER_LINKEXECUTABLE_H

#include "compiler/Driver/EmitObject.h"

#include <string>
#include <vector>

namespace gmc::driver {

/// Exit codes of gmc (dsl/language.md has the whole list).
enum ExitCode {
  exitOk = 0,
  exitModel = 1,
  exitUsage = 2,
  exitIo = 5,
  exitMemory = 6,
  exitInternal = 70
};

/// Returns what keeps `output` from being written: a directory, a device, a
/// folder that is missing or read-only, the source itself; empty: nothing.
std::string checkOutput(const std::string &output, const std::string &source);

/// Links `objects` with the runtime library that lies beside gmc (`program` is
/// its own path) and puts the executable at `output` in one rename. Returns an
/// exit code, having said on stderr what went wrong.
int linkExecutable(const std::vector<Object> &objects,
                   const std::string &program,
                   const std::string &output);

} // namespace gmc::driver

#endif // GMC_COMPILER_DRIVER_LINKEXECUTABLE_H
