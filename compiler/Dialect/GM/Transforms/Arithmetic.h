//===- Arithmetic.h - nn arithmetic as expressions --------------*- C++ -*-===//
//
// Lets a formula of several nn ops be written as it stands on paper. Single
// numbers in f64 meet tensors of the model's precision: `over` converts and
// repeats a number to a tensor's type.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_DIALECT_GM_TRANSFORMS_ARITHMETIC_H
#define GMC_DIALECT_GM_TRANSFORMS_ARITHMETIC_H

#include "compiler/Dialect/NN/IR/NNDialect.h"

#include "mlir/IR/Builders.h"

namespace gmc::gm {

/// Builds nn ops whose operands have one type.
struct Arithmetic {
  mlir::OpBuilder &builder;
  mlir::Location loc;

  mlir::Value add(mlir::Value a, mlir::Value b) const {
    return nn::AddOp::create(builder, loc, a.getType(), a, b);
  }
  mlir::Value sub(mlir::Value a, mlir::Value b) const {
    return nn::SubOp::create(builder, loc, a.getType(), a, b);
  }
  mlir::Value mul(mlir::Value a, mlir::Value b) const {
    return nn::MulOp::create(builder, loc, a.getType(), a, b);
  }
  mlir::Value div(mlir::Value a, mlir::Value b) const {
    return nn::DivOp::create(builder, loc, a.getType(), a, b);
  }
  mlir::Value pow(mlir::Value a, mlir::Value b) const {
    return nn::PowOp::create(builder, loc, a.getType(), a, b);
  }
  mlir::Value min(mlir::Value a, mlir::Value b) const {
    return nn::MinOp::create(builder, loc, a.getType(), a, b);
  }
  mlir::Value max(mlir::Value a, mlir::Value b) const {
    return nn::MaxOp::create(builder, loc, a.getType(), a, b);
  }
  /// Returns a where `condition`, a number of any type, is not 0, else b.
  mlir::Value choose(mlir::Value condition, mlir::Value a,
                     mlir::Value b) const {
    return nn::SelectOp::create(builder, loc, a.getType(), over(condition, a),
                                a, b);
  }
  /// Returns 1 where a < b, else 0, NaN included.
  mlir::Value less(mlir::Value a, mlir::Value b) const {
    return nn::CompareOp::create(builder, loc, a.getType(),
                                 nn::ComparePredicate::less, a, b);
  }
  mlir::Value sqrt(mlir::Value a) const {
    return nn::SqrtOp::create(builder, loc, a.getType(), a);
  }
  /// Returns the single number `value` in f64.
  mlir::Value number(double value) const {
    return nn::ConstantOp::create(
        builder, loc, mlir::RankedTensorType::get({}, builder.getF64Type()),
        builder.getF64FloatAttr(value));
  }
  /// Returns the f64 number `a` in every element of `like`'s type.
  mlir::Value over(mlir::Value a, mlir::Value like) const {
    auto type = llvm::cast<mlir::RankedTensorType>(like.getType());
    auto single = mlir::RankedTensorType::get({}, type.getElementType());
    if (a.getType() != single) {
      a = nn::ConvertOp::create(builder, loc, single, a);
    }
    if (type == single) {
      return a;
    }
    return nn::BroadcastOp::create(builder, loc, type, a,
                                   llvm::ArrayRef<int64_t>());
  }
  /// Returns the sum of all elements of `a`, a single number.
  mlir::Value total(mlir::Value a) const {
    auto type = llvm::cast<mlir::RankedTensorType>(a.getType());
    auto all = llvm::to_vector(llvm::seq<int64_t>(0, type.getRank()));
    if (all.empty()) {
      return a;
    }
    return nn::SumOp::create(
        builder, loc, mlir::RankedTensorType::get({}, type.getElementType()), a,
        all);
  }
};

} // namespace gmc::gm

#endif // GMC_DIALECT_GM_TRANSFORMS_ARITHMETIC_H
