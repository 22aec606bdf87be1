//===- Scalars.h - arithmetic on one element --------------------*- C++ -*-===//
#ifndef GMC_CONVERSION_NNTOLINALG_SCALARS_H
#define GMC_CONVERSION_NNTOLINALG_SCALARS_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

namespace gmc::conversion {

/// Builds arith and math ops on scalars of one float type.
struct Scalars {
  mlir::OpBuilder &builder;
  mlir::Location loc;
  mlir::FloatType type;

  mlir::Value number(double value) const {
    return mlir::arith::ConstantOp::create(builder, loc,
                                           builder.getFloatAttr(type, value));
  }
  mlir::Value holds(mlir::arith::CmpFPredicate predicate, mlir::Value a,
                    mlir::Value b) const {
    return mlir::arith::CmpFOp::create(builder, loc, predicate, a, b);
  }
  mlir::Value choose(mlir::Value condition, mlir::Value a,
                     mlir::Value b) const {
    return mlir::arith::SelectOp::create(builder, loc, condition, a, b);
  }
  mlir::Value log(mlir::Value a) const {
    return mlir::math::LogOp::create(builder, loc, a);
  }
  mlir::Value sub(mlir::Value a, mlir::Value b) const {
    return mlir::arith::SubFOp::create(builder, loc, a, b);
  }
  mlir::Value add(mlir::Value a, mlir::Value b) const {
    return mlir::arith::AddFOp::create(builder, loc, a, b);
  }
  mlir::Value mul(mlir::Value a, mlir::Value b) const {
    return mlir::arith::MulFOp::create(builder, loc, a, b);
  }
  mlir::Value div(mlir::Value a, mlir::Value b) const {
    return mlir::arith::DivFOp::create(builder, loc, a, b);
  }
  mlir::Value neg(mlir::Value a) const {
    return mlir::arith::NegFOp::create(builder, loc, a);
  }
  mlir::Value exp(mlir::Value a) const {
    return mlir::math::ExpOp::create(builder, loc, a);
  }
  mlir::Value abs(mlir::Value a) const {
    return mlir::math::AbsFOp::create(builder, loc, a);
  }
  /// max(0, u) as one maximum instruction that keeps NaN: 0 > u ? 0 : u.
  mlir::Value positive(mlir::Value u) const {
    mlir::Value zero = number(0);
    return choose(holds(mlir::arith::CmpFPredicate::OGT, zero, u), zero, u);
  }
};

/// log Gamma(u), NaN below 0. SpecialFunctions.cpp has the formulas.
mlir::Value buildLogGamma(const Scalars &s, mlir::Value u);

/// Derivative `order` + 1 of it.
mlir::Value buildPolygamma(const Scalars &s, mlir::Value u, int order);

} // namespace gmc::conversion

#endif // GMC_CONVERSION_NNTOLINALG_SCALARS_H
