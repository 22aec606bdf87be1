//===- Kernel.h - nn ops as kernels of linalg on memrefs --------*- C++ -*-===//
#ifndef GMC_CONVERSION_NNTOLINALG_KERNEL_H
#define GMC_CONVERSION_NNTOLINALG_KERNEL_H

#include "compiler/Dialect/NN/IR/NNDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/SetVector.h"

namespace gmc::conversion {

/// A kernel function and the values that it is to be launched on.
struct Kernel {
  mlir::func::FuncOp function;
  llvm::SmallVector<mlir::Value> inputs;  ///< nn values
  bool draws = false;                     ///< four key words follow the inputs
  llvm::SmallVector<mlir::Value> outputs; ///< nn values
  /// Inputs read at the very element that is being written, and nowhere else:
  /// an output of their shape may share their place.
  llvm::DenseSet<mlir::Value> inPlace;
  /// Inputs that a reduction to one number reads element by element, in
  /// whatever order.
  llvm::DenseSet<mlir::Value> anyOrder;
  /// Extents of a product (rows, columns, terms of each sum); else empty.
  llvm::SmallVector<int64_t, 3> product;
  int64_t flops = 0; ///< of a product: what it multiplies and adds
  bool isConvolution = false;
  bool bare = false; ///< a product with nothing behind it
  nn::UseAttr use;   ///< of a product of a layer
  /// The right operand's dimension that runs along a product's columns.
  int64_t columnAxis = 1;
};

/// Appends the kernels that compute `op` (an nn op with memory behind its
/// results: not a constant, not a reshape) to `kernels`; the functions go to
/// the builder's place, under names that begin with `name`.
void buildKernels(mlir::OpBuilder &builder, mlir::Operation *op,
                  llvm::StringRef name, llvm::SmallVectorImpl<Kernel> &kernels);

/// Returns a kernel that copies `value`; its output is `value` itself.
Kernel buildCopyKernel(mlir::OpBuilder &builder, mlir::Value value,
                       llvm::StringRef name);

} // namespace gmc::conversion

#endif // GMC_CONVERSION_NNTOLINALG_KERNEL_H
