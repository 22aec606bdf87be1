//===- Pipeline.h - the order of the passes ---------------------*- C++ -*-===//
#ifndef GMC_COMPILER_PIPELINE_PIPELINE_H
#define GMC_COMPILER_PIPELINE_PIPELINE_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Support/LogicalResult.h"
#include "llvm/ADT/StringRef.h"

#include <optional>
#include <string>

namespace mlir {
class OpPassManager;
} // namespace mlir

namespace gmc::pipeline {

enum class Phase {
#define GMC_PHASE(name, text) name,
#include "compiler/Pipeline/phases.def"
};

/// Returns the phase of that name, or nothing.
std::optional<Phase> phaseNamed(llvm::StringRef name);
const char *nameOf(Phase phase);

struct Options {
  /// Plain loops, one op at a time, nothing fused: what the scheduled pipeline
  /// is checked against.
  bool reference = false;
  /// Lanes of f32 in a vector register of the target: 16 or 8.
  int lanesF32 = 8;
  /// Where a failing or crashing pass leaves its input; empty: nowhere.
  std::string reproducer;
};

/// Runs the passes of `phase`, which is one of `objectives` to `codegen`, on a
/// module that the phase before it left. The verifier runs after each pass.
mlir::LogicalResult runPhase(mlir::ModuleOp module, Phase phase,
                             const Options &options);

} // namespace gmc::pipeline

#endif // GMC_COMPILER_PIPELINE_PIPELINE_H
