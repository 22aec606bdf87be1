//===- LinkExecutable.h - model and runtime become a program ----*- C++ -*-===//
#ifndef GMC_COMPILER_DRIVER_LINKEXECUTABLE_H
#define GMC_COMPILER_DRIVER_LINKEXECUTABLE_H

#include "compiler/Driver/EmitObject.h"

#include <string>
#include <vector>

namespace gmc::driver {

/// Returns what keeps `output` from being written: a directory, a device, a
/// folder that is missing or read-only, the source itself; empty: nothing.
std::string checkOutput(const std::string &output, const std::string &source);

/// Links `objects` with the trainer's object that lies beside gmc (`program` is
/// its own path) and puts the executable at `output`. Returns an exit code,
/// having said on stderr what went wrong; exitInternal, of which nothing is
/// said, is a crash of the linker.
int linkExecutable(const std::vector<Object> &objects,
                   const std::string &program, const std::string &output);

} // namespace gmc::driver

#endif // GMC_COMPILER_DRIVER_LINKEXECUTABLE_H
