//===- Schedules.h - one writer for each form of kernel ---------*- C++ -*-===//
#ifndef GMC_CODEGEN_CPU_SCHEDULES_H
#define GMC_CODEGEN_CPU_SCHEDULES_H

#include "compiler/Codegen/CPU/VectorBody.h"

namespace gmc::cpu {

/// Elements that a unit of elementwise work covers, about; fewer where each one
/// is much work. It does not depend on the number of threads.
inline int64_t elementsOfUnit(mlir::linalg::LinalgOp op) {
  return op.getBlock()->getOperations().size() > 16 ? 1024 : 4096;
}

/// Writes an all-parallel nest; a unit is some rows of it or a part of a row.
mlir::LogicalResult writeElementwise(KernelWriter &writer, Nest nest);

/// The same for a nest whose last loop runs along the lanes, row by row.
mlir::LogicalResult writeRowsOf(KernelWriter &writer, Nest nest);

/// Writes a nest whose last loop runs along the lanes in square blocks, if
/// operands lie side by side along two loops; false if they do not.
mlir::FailureOr<bool> writeTransposed(KernelWriter &writer, Nest nest);

/// A long sum into one element is two kernels: units that leave a vector each,
/// and one that adds those up in order. This is which one to write.
enum class Phase { Whole, Partial, Finish };

/// How a reduction starts and ends.
struct ReductionPlan {
  /// What linalg.fill put into each output; null: what the output holds.
  llvm::SmallVector<mlir::Value> fills;
  Phase phase = Phase::Whole;
  mlir::Value partials; ///< flat memory between the phases
};

/// Elements of partials that a nest needs to be written in two phases; 0 if it
/// is to be written whole.
int64_t partialElements(const Nest &nest, int64_t lanesF32);

/// Writes a nest with reduction loops into each of its outputs; each output is
/// reduced by one unit, in a fixed order.
mlir::LogicalResult writeReduction(KernelWriter &writer, Nest nest,
                                   const ReductionPlan &plan);

/// A product and what is done to its tiles before they are stored.
struct Product {
  mlir::linalg::LinalgOp multiply;
  mlir::Value fill;                ///< null: adds to the output
  mlir::linalg::LinalgOp epilogue; ///< null: stores the product
};

mlir::LogicalResult writeProduct(KernelWriter &writer, const Product &product);

/// Whether an operation has two inputs and adds their product to its output.
bool sumsProducts(mlir::linalg::LinalgOp op);

/// Whether an operation of a kernel is the sum of a convolution.
bool isConvolution(mlir::linalg::LinalgOp op);

/// Writes the kernel of a convolution: all of its statements.
mlir::LogicalResult
writeConvolution(KernelWriter &writer,
                 llvm::ArrayRef<mlir::linalg::LinalgOp> statements);

} // namespace gmc::cpu

#endif // GMC_CODEGEN_CPU_SCHEDULES_H
