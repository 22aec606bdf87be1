//===- ScalarBody.h - one element of an nn op -------------------*- C++ -*-===//
#ifndef GMC_CONVERSION_NNTOLINALG_SCALARBODY_H
#define GMC_CONVERSION_NNTOLINALG_SCALARBODY_H

#include "mlir/IR/Builders.h"

namespace gmc::conversion {

/// Returns what the element-by-element op `op` (convert included) makes of one
/// element of each operand, in arith and math ops.
mlir::Value buildScalar(mlir::OpBuilder &builder, mlir::Operation *op,
                        llvm::ArrayRef<mlir::Value> operands);

/// Returns whether buildScalar knows `op`.
bool isElementwise(mlir::Operation *op);

/// The words of an execution's key, as i32 scalars: seed low, seed high,
/// execution low, execution high (runtime/abi/gmAbi.h).
struct KeyWords {
  mlir::Value seedLow, seedHigh, executionLow, executionHigh;
};

/// Returns element `element` (an index) of the draw `op`, an nn.random_normal
/// or nn.random_uniform; runtime/core/Random.h has the formulas.
mlir::Value buildDraw(mlir::OpBuilder &builder, mlir::Operation *op,
                      const KeyWords &key, mlir::Value element);

} // namespace gmc::conversion

#endif // GMC_CONVERSION_NNTOLINALG_SCALARBODY_H
