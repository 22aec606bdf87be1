//===- Nest.h - loops over flat memory, what schedules work on --*- C++ -*-===//
//
// A linalg operation on buffers becomes one or more nests: extents, and for
// each operand an offset and a stride a loop into the flat memory of a kernel
// argument. Layouts are gone after that: a matrix in panels splits its loop in
// two (panel, lane), and lanes that do not fill the last panel are a nest of
// their own.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_CODEGEN_CPU_NEST_H
#define GMC_CODEGEN_CPU_NEST_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

#include <optional>
#include <vector>

namespace gmc::cpu {

/// A matrix in panels: lanes along `axis`, `width` of them side by side.
struct Panels {
  int64_t axis, width;
};

/// A buffer of a kernel as a place in the flat memory of one argument.
struct View {
  unsigned argument;
  int64_t offset;                     ///< elements
  llvm::SmallVector<int64_t> strides; ///< elements, one a dimension
  llvm::SmallVector<int64_t> shape;
  std::optional<Panels> panels; ///< then `strides` mean nothing
};

/// Follows subviews to the argument. Emits an error where it cannot.
mlir::FailureOr<View> viewOf(mlir::Value buffer);

/// Elements from an argument's start to behind its last one.
int64_t storageElements(mlir::MemRefType type, std::optional<Panels> panels);
/// The panels of a kernel's argument, if it has any.
std::optional<Panels> panelsOf(mlir::func::FuncOp kernel, unsigned argument);

/// sum over loops of coefficients * loop index, plus an offset.
struct Linear {
  int64_t offset = 0;
  llvm::SmallVector<int64_t> coefficients;
};

/// One operand of a nest. A scalar that linalg passes by value has `value`.
struct Operand {
  unsigned argument = 0;
  Linear place;
  mlir::Type type; ///< of an element
  mlir::Value value;
};

struct Loop {
  int64_t extent;
  bool reduction;
};

struct Nest {
  mlir::linalg::LinalgOp op;
  llvm::SmallVector<Loop> loops;
  std::vector<Operand> operands;     ///< inputs, then outputs
  llvm::SmallVector<Linear> indices; ///< of the iteration space of `op`
  unsigned inputs = 0;

  llvm::MutableArrayRef<Operand> outputs() {
    return llvm::MutableArrayRef<Operand>(operands).drop_front(inputs);
  }
  int64_t extentOf(bool reduction) const;
  /// Makes loop `from` the last one.
  void moveLast(unsigned from);
};

/// The nests of an operation, in an order in which they may run; loops merged
/// where every operand allows it.
mlir::FailureOr<std::vector<Nest>> nestsOf(mlir::linalg::LinalgOp op);

/// The loop to run along vector lanes: the one where loads and stores of
/// consecutive elements are most and gathers fewest.
unsigned chooseLanes(const Nest &nest, int64_t lanes);

} // namespace gmc::cpu

#endif // GMC_CODEGEN_CPU_NEST_H
