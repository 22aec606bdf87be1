//===- Elementwise.cpp - derivatives of ops on single elements ------------===//
//
// u, a, b are operands, y the result, g its gradient; the comment above a rule
// is what it returns. Rules use y where that saves evaluating f once more.
// A rule must be finite wherever its op has a derivative, and so must the rules
// of what it builds: gradients of gradients pass through both.
//
//===----------------------------------------------------------------------===//
#include "compiler/Autodiff/Rules/Rule.h"

#include <numbers>

using namespace mlir;
using namespace gmc;
using namespace gmc::autodiff;
using nn::ComparePredicate;

namespace {

/// -g
Value negRule(nn::NegOp, unsigned, Value g, GradientBuilder &b) {
  return b.neg(g);
}

/// g y
Value expRule(nn::ExpOp op, unsigned, Value g, GradientBuilder &b) {
  return b.mul(g, op.getResult());
}

/// g / u
Value logRule(nn::LogOp op, unsigned, Value g, GradientBuilder &b) {
  return b.div(g, op.getOperand());
}

/// g / (1 + u)
Value log1pRule(nn::Log1pOp op, unsigned, Value g, GradientBuilder &b) {
  Value u = op.getOperand();
  return b.div(g, b.add(b.constant(1, u), u));
}

/// g / (2 y)
Value sqrtRule(nn::SqrtOp op, unsigned, Value g, GradientBuilder &b) {
  return b.div(g, b.scale(2, op.getResult()));
}

/// g sign(u)
Value absRule(nn::AbsOp op, unsigned, Value g, GradientBuilder &b) {
  return b.mul(g, b.sign(op.getOperand()));
}

/// g cos u
Value sinRule(nn::SinOp op, unsigned, Value g, GradientBuilder &b) {
  return b.mul(g, b.cos(op.getOperand()));
}

/// -g sin u
Value cosRule(nn::CosOp op, unsigned, Value g, GradientBuilder &b) {
  return b.neg(b.mul(g, b.sin(op.getOperand())));
}

/// g (1 - y^2)
Value tanhRule(nn::TanhOp op, unsigned, Value g, GradientBuilder &b) {
  Value y = op.getResult();
  return b.mul(g, b.oneMinus(b.mul(y, y)));
}

/// g (2 / sqrt pi) e^(-u^2)
Value erfRule(nn::ErfOp op, unsigned, Value g, GradientBuilder &b) {
  Value u = op.getOperand();
  Value bell = b.scale(2 * std::numbers::inv_sqrtpi, b.unary<nn::ExpOp>(b.neg(b.mul(u, u))));
  return b.mul(g, bell);
}

Value polygammaOf(Value u, int64_t order, GradientBuilder &b) {
  return nn::PolygammaOp::create(b.below(), u.getType(), u, order);
}

/// g psi(u)
Value lgammaRule(nn::LgammaOp op, unsigned, Value g, GradientBuilder &b) {
  return b.mul(g, polygammaOf(op.getOperand(), 0, b));
}

/// g psi_(n + 1)(u)
Value polygammaRule(nn::PolygammaOp op, unsigned, Value g, GradientBuilder &b) {
  auto order = static_cast<int64_t>(op.getOrder());
  return b.mul(g, polygammaOf(op.getOperand(), order + 1, b));
}

/// With y = log z: g / (z p(z)), log p(z) = (b - 1) y - e^y - lgamma(b); and g
/// times the slope.
Value gammaQuantileRule(nn::GammaQuantileOp op, unsigned operand, Value g,
                        GradientBuilder &b) {
  Value concentration = op.getRhs(), y = op.getResult();
  if (operand == 1) {
    return b.mul(g, b.binary<nn::GammaQuantileSlopeOp>(y, concentration));
  }
  Value norm = b.add(b.unary<nn::LgammaOp>(concentration), b.unary<nn::ExpOp>(y));
  return b.mul(g, b.unary<nn::ExpOp>(b.sub(norm, b.mul(concentration, y))));
}

/// g y (1 - y)
Value sigmoidRule(nn::SigmoidOp op, unsigned, Value g, GradientBuilder &b) {
  Value y = op.getResult();
  return b.mul(g, b.mul(y, b.oneMinus(y)));
}

/// g sigmoid(u)
Value softplusRule(nn::SoftplusOp op, unsigned, Value g, GradientBuilder &b) {
  return b.mul(g, b.sigmoid(op.getOperand()));
}

/// g where y > 0, else 0
Value reluRule(nn::ReluOp op, unsigned, Value g, GradientBuilder &b) {
  Value y = op.getResult(), zero = b.constant(0, y);
  return b.select(b.compare(ComparePredicate::greater, y, zero), g, zero);
}

/// g where u > 0, else slope g
Value leakyReluRule(nn::LeakyReluOp op, unsigned, Value g, GradientBuilder &b) {
  Value u = op.getOperand(), zero = b.constant(0, u);
  Value below = b.scale(op.getSlope().convertToDouble(), g);
  return b.select(b.compare(ComparePredicate::greater, u, zero), g, below);
}

/// g, g
Value addRule(nn::AddOp, unsigned, Value g, GradientBuilder &) { return g; }

/// g, -g
Value subRule(nn::SubOp, unsigned operand, Value g, GradientBuilder &b) {
  return operand == 0 ? g : b.neg(g);
}

/// g b, g a
Value mulRule(nn::MulOp op, unsigned operand, Value g, GradientBuilder &b) {
  return b.mul(g, operand == 0 ? op.getRhs() : op.getLhs());
}

/// g / b, -(g / b) y
Value divRule(nn::DivOp op, unsigned operand, Value g, GradientBuilder &b) {
  Value quotient = b.div(g, op.getRhs());
  return operand == 0 ? quotient : b.neg(b.mul(quotient, op.getResult()));
}

/// g b a^(b - 1) for a constant exponent b.
Value powerRule(Value a, double exponent, Value g, GradientBuilder &b) {
  if (exponent == 0) {
    return {};
  }
  if (exponent == 1) {
    return g;
  }
  Value slope = exponent == 2 ? a : b.pow(a, b.constant(exponent - 1, a));
  return b.mul(g, b.scale(exponent, slope));
}

/// g b a^(b - 1), and g y log a where a > 0, else 0. What the conditions cut
/// off is kept finite: b = 0 gives 0 a^0, a <= 0 gives log 1.
Value powRule(nn::PowOp op, unsigned operand, Value g, GradientBuilder &b) {
  Value base = op.getLhs(), exponent = op.getRhs();
  Value zero = b.constant(0, base), one = b.constant(1, base);
  if (operand == 0) {
    if (std::optional<double> number = constantNumber(exponent)) {
      return powerRule(base, *number, g, b);
    }
    Value isZero = b.compare(ComparePredicate::equal, exponent, zero);
    Value less = b.sub(b.select(isZero, one, exponent), one);
    return b.mul(g, b.mul(exponent, b.pow(base, less)));
  }
  Value positive = b.compare(ComparePredicate::greater, base, zero);
  Value logarithm = b.log(b.select(positive, base, one));
  return b.select(positive, b.mul(g, b.mul(op.getResult(), logarithm)), zero);
}

/// g log b, and g a / b, which is 0 where both are 0.
Value xlogyRule(nn::XlogyOp op, unsigned operand, Value g, GradientBuilder &b) {
  Value weight = op.getLhs(), of = op.getRhs(), zero = b.constant(0, of);
  if (operand == 0) {
    return b.mul(g, b.log(of));
  }
  Value bothZero = b.mul(b.compare(ComparePredicate::equal, weight, zero),
                         b.compare(ComparePredicate::equal, of, zero));
  Value safe = b.select(bothZero, b.constant(1, of), of);
  return b.mul(g, b.div(weight, safe));
}

/// The operand that was taken has g, the other 0; at a tie the first was taken.
template <ComparePredicate firstTaken, typename Op>
Value extremumRule(Op op, unsigned operand, Value g, GradientBuilder &b) {
  Value zero = b.constant(0, g);
  Value first = b.compare(firstTaken, op.getLhs(), op.getRhs());
  return operand == 0 ? b.select(first, g, zero) : b.select(first, zero, g);
}

/// 0, g where the condition is not 0, g where it is 0
Value selectRule(nn::SelectOp op, unsigned operand, Value g,
                 GradientBuilder &b) {
  if (operand == 0) {
    return {};
  }
  Value zero = b.constant(0, g), condition = op.getCondition();
  return operand == 1 ? b.select(condition, g, zero)
                      : b.select(condition, zero, g);
}

/// g in u's precision
Value convertRule(nn::ConvertOp op, unsigned, Value g, GradientBuilder &b) {
  return nn::ConvertOp::create(b.below(), op.getOperand().getType(), g);
}

void attachUnaryRules(MLIRContext *context) {
  attach<nn::NegOp, negRule>(context);
  attach<nn::ExpOp, expRule>(context);
  attach<nn::LogOp, logRule>(context);
  attach<nn::Log1pOp, log1pRule>(context);
  attach<nn::SqrtOp, sqrtRule>(context);
  attach<nn::AbsOp, absRule>(context);
  attach<nn::SinOp, sinRule>(context);
  attach<nn::CosOp, cosRule>(context);
  attach<nn::TanhOp, tanhRule>(context);
  attach<nn::ErfOp, erfRule>(context);
  attach<nn::LgammaOp, lgammaRule>(context);
  attach<nn::PolygammaOp, polygammaRule>(context);
  attach<nn::SigmoidOp, sigmoidRule>(context);
  attach<nn::SoftplusOp, softplusRule>(context);
  attach<nn::ReluOp, reluRule>(context);
  attach<nn::LeakyReluOp, leakyReluRule>(context);
  attach<nn::ConvertOp, convertRule>(context);
}

} // namespace

// nn.round has no rule on purpose: its derivative is 0 almost everywhere, which
// is never what a model means; the way round is `straight_through`. Nor has
// nn.gamma_quantile_slope; the front end refuses what would ask for it.
void autodiff::attachElementwiseRules(MLIRContext *context) {
  attachUnaryRules(context);
  attach<nn::AddOp, addRule>(context);
  attach<nn::SubOp, subRule>(context);
  attach<nn::MulOp, mulRule>(context);
  attach<nn::DivOp, divRule>(context);
  attach<nn::PowOp, powRule>(context);
  attach<nn::XlogyOp, xlogyRule>(context);
  attach<nn::GammaQuantileOp, gammaQuantileRule>(context);
  attach<nn::MaxOp, extremumRule<ComparePredicate::greater_equal, nn::MaxOp>>(
      context);
  attach<nn::MinOp, extremumRule<ComparePredicate::less_equal, nn::MinOp>>(
      context);
  attach<nn::SelectOp, selectRule>(context);
  attachZero<nn::CompareOp, nn::SignOp, nn::StopOp>(context);
}
