//===- Passes.h - passes on the rt dialect ----------------------*- C++ -*-===//
#ifndef GMC_DIALECT_RT_TRANSFORMS_PASSES_H
#define GMC_DIALECT_RT_TRANSFORMS_PASSES_H

#include "compiler/Dialect/RT/IR/RTDialect.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace gmc::rt {

#define GEN_PASS_DECL
#include "compiler/Dialect/RT/Transforms/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "compiler/Dialect/RT/Transforms/Passes.h.inc"

} // namespace gmc::rt

#endif // GMC_DIALECT_RT_TRANSFORMS_PASSES_H
