//===- VectorBody.h - memory and bodies at vector type ----------*- C++ -*-===//
//
// What every schedule emits: loads and stores of some lanes of an operand, and
// the scalar body of a linalg operation once more, on vectors.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_CODEGEN_CPU_VECTORBODY_H
#define GMC_CODEGEN_CPU_VECTORBODY_H

#include "compiler/Codegen/CPU/Nest.h"

#include "mlir/IR/Builders.h"

namespace gmc::cpu {

/// A kernel that is being rewritten: behind its old arguments stand the range
/// of units and the buffers once more, flat. New code goes to the end.
struct KernelWriter {
  mlir::OpBuilder builder;
  mlir::Location loc;
  mlir::func::FuncOp kernel;
  unsigned oldArguments;
  int64_t lanesF32;
  int64_t units = 0;   ///< given out so far
  int64_t tables = 0;  ///< written so far
  bool serial = false; ///< one unit does everything, in order
  /// A body was, with an error; none is written again.
  bool refused = false;

  KernelWriter(mlir::func::FuncOp kernel, int64_t lanesF32);

  mlir::Value entryArgument(unsigned i);
  mlir::Value buffer(unsigned argument);
  mlir::Value constant(int64_t value);
  mlir::Value add(mlir::Value a, mlir::Value b);
  mlir::Value add(mlir::Value a, int64_t b) { return add(a, constant(b)); }
  mlir::Value mul(mlir::Value a, int64_t b);
  mlir::Value min(mlir::Value a, int64_t b);
  /// a / b and a % b of an index that is not negative.
  std::pair<mlir::Value, mlir::Value> divide(mlir::Value a, int64_t b);
  /// offset + sum of coefficients * indices (as many as there are indices).
  mlir::Value evaluate(const Linear &form, mlir::ValueRange indices);

  /// Constant numbers in memory, and one of them as an index.
  mlir::Value table(llvm::ArrayRef<int64_t> numbers);
  mlir::Value entryOf(mlir::Value table, mlir::Value index);

  /// Lanes of a vector of the type; the vector of them.
  int64_t lanesOf(mlir::Type type) const;
  /// The part [lo, hi) of `count` further units that this call has to run.
  std::pair<mlir::Value, mlir::Value> takeUnits(int64_t count);

  /// for index in [lo, hi) by step; iterArgs pass through `body`.
  mlir::SmallVector<mlir::Value>
  loop(mlir::Value lo, mlir::Value hi, int64_t step, mlir::ValueRange iterArgs,
       llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::Value,
                                                         mlir::ValueRange)>
           body);
  void loop(mlir::Value lo, mlir::Value hi, int64_t step,
            llvm::function_ref<void(mlir::Value)> body);
  void when(mlir::Value condition, llvm::function_ref<void()> body);
};

/// Some lanes: `count` of them, of which the first `valid` exist.
struct Lanes {
  int64_t count, valid;
  bool full() const { return count == valid; }
};

/// The first lanes of constant masks.
mlir::Value makeMask(KernelWriter &writer, Lanes lanes);

/// `lanes` elements from `index` on, `stride` apart. A stride of 0 gives the
/// scalar itself.
mlir::Value load(KernelWriter &writer, const Operand &operand,
                 mlir::Value index, int64_t stride, Lanes lanes);
void store(KernelWriter &writer, const Operand &operand, mlir::Value index,
           int64_t stride, Lanes lanes, mlir::Value value);

/// A vector of `lanes`: the value itself, or a scalar in every lane.
mlir::Value broadcast(KernelWriter &writer, mlir::Value value, int64_t lanes);

/// An index of the iteration space: `base`, and `perLane` more in each lane.
struct LaneIndex {
  mlir::Value base;
  int64_t perLane;
};

/// Writes the body of a linalg operation again. Each argument is a scalar or a
/// vector of `lanes`; what depends on scalars alone stays scalar. Returns what
/// the body yields, in vectors.
mlir::FailureOr<llvm::SmallVector<mlir::Value>>
cloneBody(KernelWriter &writer, mlir::linalg::LinalgOp op,
          mlir::ValueRange arguments,
          llvm::function_ref<LaneIndex(unsigned)> index, int64_t lanes);

} // namespace gmc::cpu

#endif // GMC_CODEGEN_CPU_VECTORBODY_H
