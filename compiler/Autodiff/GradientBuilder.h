//===- GradientBuilder.h - formulas of derivatives as nn ops ----*- C++ -*-===//
//
// Lets a rule be written as its formula: `b.mul(g, b.cos(u))`. Every function
// builds one nn op at the builder's place and location and returns its result,
// but for those whose comment says otherwise.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_AUTODIFF_GRADIENTBUILDER_H
#define GMC_AUTODIFF_GRADIENTBUILDER_H

#include "compiler/Dialect/NN/IR/NNDialect.h"

#include "mlir/IR/Builders.h"

namespace gmc::autodiff {

/// Returns the type of a tensor value.
mlir::RankedTensorType tensorType(mlir::Value value);

/// Returns the number of the constant that gives `value` (directly or through a
/// broadcast), or nothing.
std::optional<double> constantNumber(mlir::Value value);

/// Builds nn ops by name.
class GradientBuilder {
public:
  using Value = mlir::Value;

  explicit GradientBuilder(mlir::ImplicitLocOpBuilder &builder)
      : builder(builder) {}

  /// Builds `number` in every element of a tensor of `like`'s type.
  Value constant(double number, Value like);

  template <typename Op> Value unary(Value u) { return Op::create(builder, u); }
  template <typename Op> Value binary(Value a, Value b) {
    return Op::create(builder, a, b);
  }
  Value neg(Value u) { return unary<nn::NegOp>(u); }
  Value sin(Value u) { return unary<nn::SinOp>(u); }
  Value cos(Value u) { return unary<nn::CosOp>(u); }
  Value log(Value u) { return unary<nn::LogOp>(u); }
  Value sign(Value u) { return unary<nn::SignOp>(u); }
  Value sigmoid(Value u) { return unary<nn::SigmoidOp>(u); }
  Value add(Value a, Value b) { return binary<nn::AddOp>(a, b); }
  Value sub(Value a, Value b) { return binary<nn::SubOp>(a, b); }
  Value mul(Value a, Value b) { return binary<nn::MulOp>(a, b); }
  Value div(Value a, Value b) { return binary<nn::DivOp>(a, b); }
  Value pow(Value a, Value b) { return binary<nn::PowOp>(a, b); }
  /// Builds 1 - u (two ops).
  Value oneMinus(Value u) { return sub(constant(1, u), u); }
  /// Builds number * u (two ops).
  Value scale(double number, Value u) { return mul(constant(number, u), u); }
  Value compare(nn::ComparePredicate predicate, Value a, Value b);
  Value select(Value condition, Value onTrue, Value onFalse);

  Value sum(Value u, mlir::ArrayRef<int64_t> dimensions);
  /// Repeats `u` along `dimensions` of `type`: what `sum` over them undoes.
  Value repeat(Value u, mlir::ArrayRef<int64_t> dimensions,
               mlir::RankedTensorType type);
  Value reshape(Value u, mlir::Type type);
  Value slice(Value u, int64_t dimension, int64_t begin, int64_t end);
  Value matmul(Value a, bool transposeA, Value b, bool transposeB);

  /// For the ops that have a single rule: what lies below.
  mlir::ImplicitLocOpBuilder &below() { return builder; }

private:
  mlir::ImplicitLocOpBuilder &builder;
};

} // namespace gmc::autodiff

#endif // GMC_AUTODIFF_GRADIENTBUILDER_H
