//===- EmitObject.h - from the LLVM dialect to an object file ---*- C++ -*-===//
#ifndef GMC_COMPILER_DRIVER_EMITOBJECT_H
#define GMC_COMPILER_DRIVER_EMITOBJECT_H

#include "compiler/Driver/Plan.h"
#include "compiler/Driver/Target.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/Module.h"

namespace gmc::driver {

/// Which artifact of a model a module becomes.
struct ArtifactPlace {
  size_t index = 0, count = 1;
};

/// Translates `module` to LLVM IR for `target` and adds the symbols of
/// runtime/abi/gmAbi.h that a model defines: `gmArtifact<index>`, and in the
/// first module of a model the tables of all. No other symbol of two artifacts
/// is the same. Returns nothing on failure.
std::unique_ptr<llvm::Module> translateToLLVM(mlir::ModuleOp module,
                                              llvm::LLVMContext &context,
                                              const Target &target,
                                              const PlannedModel &model,
                                              ArtifactPlace place);

using Object = llvm::SmallVector<char, 0>;

/// Generates code for all of `module`. Returns an ELF object, or nothing on
/// failure.
std::optional<Object> emitObject(llvm::Module &module, const Target &target);

/// Generates code in `emittedParts` threads, each for a part of `module`, which
/// is used up; the parts do not depend on the machine that compiles. Returns
/// their objects, in order, or none on failure.
std::vector<Object> emitObjects(llvm::Module &module, const std::string &cpu);

inline constexpr unsigned emittedParts = 2;

} // namespace gmc::driver

#endif // GMC_COMPILER_DRIVER_EMITOBJECT_H
