//===- Passes.h - from values to places -------------------------*- C++ -*-===//
#ifndef GMC_CONVERSION_GMTORT_PASSES_H
#define GMC_CONVERSION_GMTORT_PASSES_H

#include "compiler/Dialect/GM/IR/GMDialect.h"
#include "compiler/Dialect/NN/IR/NNDialect.h"
#include "compiler/Dialect/RT/IR/RTDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace gmc::conversion {

#define GEN_PASS_DECL
#include "compiler/Conversion/GMToRT/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "compiler/Conversion/GMToRT/Passes.h.inc"

/// Attributes of the module after the pass: sizes of the regions in bytes.
inline constexpr const char *stateBytesAttribute = "rt.state_bytes";
inline constexpr const char *arenaBytesAttribute = "rt.arena_bytes";

} // namespace gmc::conversion

#endif // GMC_CONVERSION_GMTORT_PASSES_H
