//===- NNDialect.h - tensor arithmetic with derivatives ---------*- C++ -*-===//
#ifndef GMC_DIALECT_NN_IR_NNDIALECT_H
#define GMC_DIALECT_NN_IR_NNDIALECT_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

// clang-format off: each needs what stands above it.
#include "compiler/Dialect/NN/IR/NNDialect.h.inc"
#include "compiler/Dialect/NN/IR/NNEnums.h.inc"
// clang-format on

#define GET_ATTRDEF_CLASSES
#include "compiler/Dialect/NN/IR/NNAttributes.h.inc"

#define GET_OP_CLASSES
#include "compiler/Dialect/NN/IR/NNOps.h.inc"

namespace gmc::nn {

/// The numbers of an nn.conv, nn.conv_input or nn.conv_weight; pairs are of
/// heights and widths.
struct Convolution {
  llvm::ArrayRef<int64_t> strides, pads, dilations;
  int64_t groups = 1;
  bool channelsLast = false;
  int64_t images = 0;
  int64_t xChannels = 0, yChannels = 0;
  int64_t extents[2] = {0, 0}; ///< of x
  int64_t windows[2] = {0, 0}; ///< extents of y
  int64_t taps[2] = {0, 0};    ///< extents of w
};

/// Returns what a product computes, or null.
inline UseAttr useOf(mlir::Operation *op) {
  return op->getAttrOfType<UseAttr>("use");
}

/// Returns the numbers of a convolution.
Convolution describeConvolution(mlir::Operation *op);

inline bool isConvolution(mlir::Operation *op) {
  return mlir::isa<ConvOp, ConvInputOp, ConvWeightOp>(op);
}

/// Returns whether `op` is a product that what follows element by element may
/// be computed with.
inline bool isProduct(mlir::Operation *op) {
  return mlir::isa<MatmulOp, ConvOp, ConvInputOp>(op);
}

} // namespace gmc::nn

#endif // GMC_DIALECT_NN_IR_NNDIALECT_H
