//===- CPUPipeline.h - from planned entries to the LLVM dialect -*- C++ -*-===//
//
// The one interface of CPU code generation: a module with rt.entry operations
// and kernels in linalg goes in, a module in the LLVM dialect comes out, with
// one exported function `gm_entry_<name>` for each entry.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_CODEGEN_CPU_CPUPIPELINE_H
#define GMC_CODEGEN_CPU_CPUPIPELINE_H

#include "mlir/Pass/PassManager.h"

namespace gmc::cpu {

/// What code is generated for.
struct CPUOptions {
  /// Plain loops on one thread, functions of libm; slow and easy to trust.
  bool reference = false;
  /// Lanes of f32 in a vector register: 16 with avx512f, else 8. Lanes of f64
  /// are half of them.
  int lanesF32 = 8;
};

/// The prefix of the functions that entries become.
inline constexpr llvm::StringLiteral entryPrefix = "gm_entry_";

/// Adds the passes that take a module of rt.entry and kernels to the LLVM
/// dialect.
void buildCPUPipeline(mlir::OpPassManager &manager, const CPUOptions &options);

/// Registers the passes for gmc-opt, and the pipelines `cpu-reference` and
/// `cpu-scheduled`.
void registerCPUCodegen();

} // namespace gmc::cpu

#endif // GMC_CODEGEN_CPU_CPUPIPELINE_H
