//===- Manifest.h - what a trainer knows of its model -----------*- C++ -*-===//
#ifndef GMC_COMPILER_DRIVER_MANIFEST_H
#define GMC_COMPILER_DRIVER_MANIFEST_H

#include "compiler/Driver/Target.h"
#include "dsl/program/Program.h"

#include "mlir/IR/BuiltinOps.h"

namespace gmc::driver {

/// The entry points of a module after phase `kernels`, by name, in the order
/// of the manifest's `entries` and `kernels`.
struct EntryNames {
  std::vector<std::string> entries, kernels;
};

struct ManifestOptions {
  bool f64 = false;
  bool reference = false;
  std::string text; ///< what of the text trains, for the hash
};

/// Returns the manifest (runtime/abi/manifest.md) of `program` as planned in
/// `module`, as JSON on one line, and the entry points in its order.
std::string writeManifest(const dsl::Program &program, mlir::ModuleOp module,
                          const Target &target, const ManifestOptions &options,
                          EntryNames &names);

} // namespace gmc::driver

#endif // GMC_COMPILER_DRIVER_MANIFEST_H
