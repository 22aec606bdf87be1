//===- Passes.h - rewrites within the nn dialect ----------------*- C++ -*-===//
#ifndef GMC_DIALECT_NN_TRANSFORMS_PASSES_H
#define GMC_DIALECT_NN_TRANSFORMS_PASSES_H

#include "mlir/Pass/Pass.h"

#include <memory>

namespace gmc::nn {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "compiler/Dialect/NN/Transforms/Passes.h.inc"

} // namespace gmc::nn

#endif // GMC_DIALECT_NN_TRANSFORMS_PASSES_H
