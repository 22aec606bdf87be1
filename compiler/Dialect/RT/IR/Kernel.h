//===- Kernel.h - what every kernel is --------------------------*- C++ -*-===//
#ifndef GMC_DIALECT_RT_IR_KERNEL_H
#define GMC_DIALECT_RT_IR_KERNEL_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace gmc::rt {

/// Checks what kernels of all forms have in common (README.md of this dialect)
/// and emits an error where it is not so. A pass that reads the bodies of
/// kernels begins with it and may rely on it: a target makes other things of
/// the body, so no verifier of the attribute can ask for this.
mlir::LogicalResult verifyKernel(mlir::func::FuncOp kernel);

} // namespace gmc::rt

#endif // GMC_DIALECT_RT_IR_KERNEL_H
