//===- Passes.h - passes on the gm dialect ----------------------*- C++ -*-===//
#ifndef GMC_DIALECT_GM_TRANSFORMS_PASSES_H
#define GMC_DIALECT_GM_TRANSFORMS_PASSES_H

#include "compiler/Dialect/GM/IR/GMDialect.h"
#include "compiler/Dialect/NN/IR/NNDialect.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace gmc::gm {

#define GEN_PASS_DECL
#include "compiler/Dialect/GM/Transforms/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "compiler/Dialect/GM/Transforms/Passes.h.inc"

} // namespace gmc::gm

#endif // GMC_DIALECT_GM_TRANSFORMS_PASSES_H
