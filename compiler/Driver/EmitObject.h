//===- EmitObject.h - from the LLVM dialect to an object file ---*- C++ -*-===//
#ifndef GMC_COMPILER_DRIVER_EMITOBJECT_H
#define GMC_COMPILER_DRIVER_EMITOBJECT_H

#include "compiler/Driver/Manifest.h"
#include "compiler/Driver/Target.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/Module.h"

namespace gmc::driver {

/// Translates `module` to LLVM IR for `target` and adds the symbols of
/// runtime/abi/gmAbi.h that a model defines. Returns nothing on failure.
std::unique_ptr<llvm::Module>
translateToLLVM(mlir::ModuleOp module, llvm::LLVMContext &context,
                const Target &target, const std::string &manifest,
                const EntryNames &names);

/// Generates code. Returns an ELF object, or nothing on failure.
std::optional<llvm::SmallVector<char, 0>> emitObject(llvm::Module &module,
                                                     const Target &target);

} // namespace gmc::driver

#endif // GMC_COMPILER_DRIVER_EMITOBJECT_H
