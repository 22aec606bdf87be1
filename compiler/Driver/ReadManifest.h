//===- ReadManifest.h - the manifest as a trainer will read it --*- C++ -*-===//
#ifndef GMC_COMPILER_DRIVER_READMANIFEST_H
#define GMC_COMPILER_DRIVER_READMANIFEST_H

#include <string>

namespace gmc::driver {

/// Reads a manifest with the runtime's reader, which every trainer does first.
/// Returns its complaint; empty: the trainer will start.
std::string troubleOfManifest(const std::string &manifest);

} // namespace gmc::driver

#endif // GMC_COMPILER_DRIVER_READMANIFEST_H
