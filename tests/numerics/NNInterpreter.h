//===- NNInterpreter.h - what nn ops mean, one loop nest an op --*- C++ -*-===//
//
// Evaluates straight-line nn IR in double, whatever its element types, straight
// from the definitions of the ops. It shares no code with the lowering, so that
// each can be held against the other.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_TESTS_NUMERICS_NNINTERPRETER_H
#define GMC_TESTS_NUMERICS_NNINTERPRETER_H

#include "compiler/Dialect/NN/IR/NNDialect.h"

#include <functional>
#include <vector>

namespace gmc::nn {

/// A tensor in row-major order.
struct HostTensor {
  std::vector<int64_t> shape;
  std::vector<double> elements;

  HostTensor() = default;
  explicit HostTensor(llvm::ArrayRef<int64_t> shape);

  /// Returns the place of the element at `index`.
  size_t offset(llvm::ArrayRef<int64_t> index) const;
  double at(llvm::ArrayRef<int64_t> index) const {
    return elements[offset(index)];
  }
};

/// Gives element `element` of the draw at `site`, normal or uniform.
using DrawFunction =
    std::function<double(bool normal, int64_t site, int64_t element)>;

/// Evaluates the ops of a block.
class NNInterpreter {
public:
  explicit NNInterpreter(DrawFunction draw) : draw(std::move(draw)) {}

  /// Returns the operands of the block's terminator, or nothing after an error
  /// at an op that it does not know (nn.gradient among them).
  mlir::FailureOr<std::vector<HostTensor>>
  run(mlir::Block &block, llvm::ArrayRef<HostTensor> arguments);

private:
  using Values = llvm::DenseMap<mlir::Value, HostTensor>;

  mlir::LogicalResult evaluate(mlir::Operation *op, Values &values);

  DrawFunction draw;
};

} // namespace gmc::nn

#endif // GMC_TESTS_NUMERICS_NNINTERPRETER_H
