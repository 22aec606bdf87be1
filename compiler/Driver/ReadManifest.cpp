//===- ReadManifest.cpp - the manifest as a trainer will read it ----------===//
#include "compiler/Driver/ReadManifest.h"

#include "runtime/core/Manifest.h"

#include <exception>

namespace gmc::driver {

std::string troubleOfManifest(const std::string &manifest) {
  try {
    (void)runtime::parseManifest(manifest);
    return "";
  } catch (const std::exception &failure) {
    return failure.what();
  }
}

} // namespace gmc::driver
