//===- Elementwise.cpp - one element of an nn op --------------------------===//
//
// The scalar meaning of every element-by-element op, shared by the reference
// and the scheduled pipeline. NaN is never swallowed: a comparison that is
// false for NaN leaves the operand.
//
//===----------------------------------------------------------------------===//
#include "compiler/Conversion/NNToLinalg/ScalarBody.h"
#include "compiler/Conversion/NNToLinalg/Scalars.h"
#include "compiler/Dialect/NN/IR/NNDialect.h"
#include "compiler/Dialect/RT/IR/RTDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace gmc::conversion {

namespace {

Value sign(const Scalars &s, Value u) {
  Value zero = s.number(0);
  Value negative = s.choose(s.holds(arith::CmpFPredicate::OLT, u, zero),
                            s.number(-1), u);
  return s.choose(s.holds(arith::CmpFPredicate::OGT, u, zero), s.number(1),
                  negative);
}

/// 1 / (1 + e^-u)
Value sigmoid(const Scalars &s, Value u) {
  Value one = s.number(1);
  return s.div(one, s.add(one, s.exp(s.neg(u))));
}

/// max(u, 0) + log1p(e^-|u|)
Value softplus(const Scalars &s, Value u) {
  Value tail = math::Log1pOp::create(s.builder, s.loc, s.exp(s.neg(s.abs(u))));
  return s.add(s.positive(u), tail);
}

Value leakyRelu(const Scalars &s, nn::LeakyReluOp op, Value u) {
  Value below = s.mul(u, s.number(op.getSlope().convertToDouble()));
  return s.choose(s.holds(arith::CmpFPredicate::OGT, u, s.number(0)), u,
                  below);
}

Value compare(const Scalars &s, nn::CompareOp op, Value a, Value b) {
  const arith::CmpFPredicate predicates[] = {
      arith::CmpFPredicate::OLT, arith::CmpFPredicate::OLE,
      arith::CmpFPredicate::OGT, arith::CmpFPredicate::OGE,
      arith::CmpFPredicate::OEQ, arith::CmpFPredicate::UNE};
  Value truth =
      s.holds(predicates[static_cast<int>(op.getPredicate())], a, b);
  return s.choose(truth, s.number(1), s.number(0));
}

Value convert(const Scalars &s, Value u) {
  unsigned from = u.getType().getIntOrFloatBitWidth();
  unsigned to = Type(s.type).getIntOrFloatBitWidth();
  if (from == to) {
    return u;
  }
  if (from < to) {
    return arith::ExtFOp::create(s.builder, s.loc, s.type, u);
  }
  return arith::TruncFOp::create(s.builder, s.loc, s.type, u);
}

/// a log b; 0 where a is 0, but for b that is no number
Value xlogy(const Scalars &s, Value a, Value b) {
  Value product = s.mul(a, math::LogOp::create(s.builder, s.loc, b));
  Value isNumber = s.holds(arith::CmpFPredicate::ORD, b, b);
  Value isZero = s.holds(arith::CmpFPredicate::OEQ, a, s.number(0));
  return s.choose(isZero, s.choose(isNumber, s.number(0), b), product);
}

/// A function of the runtime, in f64.
Value buildCall(const Scalars &s, StringRef callee, Value a, Value b) {
  Scalars wide{s.builder, s.loc, s.builder.getF64Type()};
  Value result = rt::CallOp::create(s.builder, s.loc, wide.type, callee,
                                    convert(wide, a), convert(wide, b));
  return convert(s, result);
}

} // namespace

bool isElementwise(Operation *op) {
  return op->hasTrait<OpTrait::Elementwise>() && isa<nn::NNDialect>(op->getDialect());
}

Value buildScalar(OpBuilder &builder, Operation *op,
                  ArrayRef<Value> operands) {
  auto result = cast<RankedTensorType>(op->getResult(0).getType());
  Scalars s{builder, op->getLoc(), cast<FloatType>(result.getElementType())};
  Location loc = op->getLoc();
  Value a = operands[0];
  Value b = operands.size() > 1 ? operands[1] : Value();
  return llvm::TypeSwitch<Operation *, Value>(op)
      .Case([&](nn::NegOp) { return s.neg(a); })
      .Case([&](nn::ExpOp) { return s.exp(a); })
      .Case([&](nn::LogOp) { return math::LogOp::create(builder, loc, a); })
      .Case([&](nn::Log1pOp) { return math::Log1pOp::create(builder, loc, a); })
      .Case([&](nn::SqrtOp) { return math::SqrtOp::create(builder, loc, a); })
      .Case([&](nn::AbsOp) { return s.abs(a); })
      .Case([&](nn::SignOp) { return sign(s, a); })
      .Case([&](nn::SinOp) { return math::SinOp::create(builder, loc, a); })
      .Case([&](nn::CosOp) { return math::CosOp::create(builder, loc, a); })
      .Case([&](nn::TanhOp) { return math::TanhOp::create(builder, loc, a); })
      .Case([&](nn::ErfOp) { return math::ErfOp::create(builder, loc, a); })
      .Case([&](nn::LgammaOp) { return buildLogGamma(s, a); })
      .Case([&](nn::PolygammaOp poly) {
        return buildPolygamma(s, a, static_cast<int>(poly.getOrder()));
      })
      .Case([&](nn::SigmoidOp) { return sigmoid(s, a); })
      .Case([&](nn::SoftplusOp) { return softplus(s, a); })
      .Case([&](nn::ReluOp) { return s.positive(a); })
      .Case([&](nn::LeakyReluOp leaky) { return leakyRelu(s, leaky, a); })
      .Case([&](nn::RoundOp) {
        return math::RoundEvenOp::create(builder, loc, a);
      })
      .Case([&](nn::StopOp) { return a; })
      .Case([&](nn::ConvertOp) { return convert(s, a); })
      .Case([&](nn::AddOp) { return s.add(a, b); })
      .Case([&](nn::SubOp) { return arith::SubFOp::create(builder, loc, a, b); })
      .Case([&](nn::MulOp) { return s.mul(a, b); })
      .Case([&](nn::DivOp) { return s.div(a, b); })
      .Case([&](nn::PowOp) { return math::PowFOp::create(builder, loc, a, b); })
      .Case([&](nn::XlogyOp) { return xlogy(s, a, b); })
      .Case([&](nn::GammaQuantileOp) {
        return buildCall(s, "gmLogGammaQuantile", a, b);
      })
      .Case([&](nn::GammaQuantileSlopeOp) {
        return buildCall(s, "gmLogGammaQuantileSlope", a, b);
      })
      .Case([&](nn::MinOp) {
        return arith::MinimumFOp::create(builder, loc, a, b);
      })
      .Case([&](nn::MaxOp) {
        return arith::MaximumFOp::create(builder, loc, a, b);
      })
      .Case([&](nn::CompareOp comparison) {
        return compare(s, comparison, a, b);
      })
      .Case([&](nn::SelectOp) {
        Value truth = s.holds(arith::CmpFPredicate::UNE, a, s.number(0));
        return s.choose(truth, b, operands[2]);
      })
      .DefaultUnreachable("element-by-element op without a scalar meaning");
}

} // namespace gmc::conversion
