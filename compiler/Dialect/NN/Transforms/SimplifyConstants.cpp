//===- SimplifyConstants.cpp - ops whose operands are constants -----------===//
//
// An nn.constant is one number in every element, so an op on elements of
// constants is evaluated once, in double, and rounded to the type's precision
// (what the compiled op would give, but for the last bit of a transcendental).
//
//===----------------------------------------------------------------------===//
#include "compiler/Dialect/NN/Transforms/Rewriting.h"

#include "llvm/ADT/TypeSwitch.h"

#include <cmath>

using namespace mlir;
using namespace gmc;
using namespace gmc::nn;

namespace {

double evaluateCompare(ComparePredicate predicate, double a, double b) {
  switch (predicate) {
  case ComparePredicate::less:
    return a < b;
  case ComparePredicate::less_equal:
    return a <= b;
  case ComparePredicate::greater:
    return a > b;
  case ComparePredicate::greater_equal:
    return a >= b;
  case ComparePredicate::equal:
    return a == b;
  case ComparePredicate::not_equal:
    return a != b;
  }
  llvm_unreachable("a predicate without a meaning");
}

std::optional<double> evaluateUnary(Operation *op, double u) {
  using Result = std::optional<double>;
  return llvm::TypeSwitch<Operation *, Result>(op)
      .Case([&](NegOp) { return -u; })
      .Case([&](ExpOp) { return std::exp(u); })
      .Case([&](LogOp) { return std::log(u); })
      .Case([&](Log1pOp) { return std::log1p(u); })
      .Case([&](SqrtOp) { return std::sqrt(u); })
      .Case([&](AbsOp) { return std::abs(u); })
      .Case([&](SignOp) { return static_cast<double>((u > 0) - (u < 0)); })
      .Case([&](SinOp) { return std::sin(u); })
      .Case([&](CosOp) { return std::cos(u); })
      .Case([&](TanhOp) { return std::tanh(u); })
      .Case([&](ErfOp) { return std::erf(u); })
      .Case([&](LgammaOp) -> Result {
        return u > 0 ? Result(std::lgamma(u)) : std::nullopt;
      })
      .Case([&](SigmoidOp) { return 1 / (1 + std::exp(-u)); })
      .Case([&](SoftplusOp) {
        return std::max(u, 0.0) + std::log1p(std::exp(-std::abs(u)));
      })
      .Case([&](ReluOp) { return std::max(u, 0.0); })
      .Case([&](LeakyReluOp leaky) {
        return u > 0 ? u : leaky.getSlope().convertToDouble() * u;
      })
      .Case([&](RoundOp) { return std::nearbyint(u); })
      .Default([](Operation *) { return std::nullopt; });
}

std::optional<double> evaluateBinary(Operation *op, double a, double b) {
  using Result = std::optional<double>;
  return llvm::TypeSwitch<Operation *, Result>(op)
      .Case([&](AddOp) { return a + b; })
      .Case([&](SubOp) { return a - b; })
      .Case([&](MulOp) { return a * b; })
      .Case([&](DivOp) { return a / b; })
      .Case([&](PowOp) { return std::pow(a, b); })
      .Case([&](XlogyOp) { return a == 0 ? 0 : a * std::log(b); })
      .Case([&](MinOp) { return std::min(a, b); })
      .Case([&](MaxOp) { return std::max(a, b); })
      .Case([&](CompareOp compare) {
        return evaluateCompare(compare.getPredicate(), a, b);
      })
      .Default([](Operation *) { return std::nullopt; });
}

/// f(c..) is a constant, if it is finite.
struct EvaluateConstants : RewritePattern {
  explicit EvaluateConstants(MLIRContext *context)
      : RewritePattern(MatchAnyOpTypeTag(), 2, context) {}

  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const override {
    SmallVector<double> numbers;
    for (Value operand : op->getOperands()) {
      if (std::optional<double> number = numberOf(operand)) {
        numbers.push_back(*number);
      }
    }
    if (!isElementwise(op) || numbers.size() != op->getNumOperands()) {
      return rewriter.notifyMatchFailure(op, "operands are not constants");
    }
    std::optional<double> value =
        numbers.size() == 1   ? evaluateUnary(op, numbers[0])
        : numbers.size() == 2 ? evaluateBinary(op, numbers[0], numbers[1])
                              : std::nullopt;
    if (!value || !std::isfinite(*value)) {
      return rewriter.notifyMatchFailure(op, "has no finite value");
    }
    rewriter.replaceOp(op, makeConstant(rewriter, op->getLoc(),
                                        op->getResult(0).getType(), *value));
    return success();
  }
};

/// Moving or widening equal elements leaves them.
template <typename Op> Value moved(Op op, PatternRewriter &rewriter) {
  std::optional<double> number = numberOf(op->getOperand(0));
  if (!number) {
    return {};
  }
  return makeConstant(rewriter, op.getLoc(), op.getType(), *number);
}

/// Margins of zeros leave zeros.
Value paddedZeros(PadOp op, PatternRewriter &rewriter) {
  if (!isNumber(op.getOperand(), 0)) {
    return {};
  }
  return makeConstant(rewriter, op.getLoc(), op.getType(), 0);
}

/// Two parts of the same number.
Value joined(ConcatOp op, PatternRewriter &rewriter) {
  std::optional<double> number = numberOf(op.getLhs());
  if (!number || number != numberOf(op.getRhs())) {
    return {};
  }
  return makeConstant(rewriter, op.getLoc(), op.getType(), *number);
}

/// n elements c sum up to n c.
Value summed(SumOp op, PatternRewriter &rewriter) {
  std::optional<double> number = numberOf(op.getOperand());
  if (!number) {
    return {};
  }
  double count = static_cast<double>(
      tensorType(op.getOperand()).getNumElements() /
      std::max<int64_t>(tensorType(op.getResult()).getNumElements(), 1));
  return makeConstant(rewriter, op.getLoc(), op.getType(), count * *number);
}

} // namespace

void nn::populateSimplifyConstants(RewritePatternSet &patterns) {
  patterns.addWithLabel<EvaluateConstants>({"evaluate-constants"},
                                           patterns.getContext());
  addIdentity<BroadcastOp, moved<BroadcastOp>>(patterns, "constant-broadcast");
  addIdentity<ReshapeOp, moved<ReshapeOp>>(patterns, "constant-reshape");
  addIdentity<TransposeOp, moved<TransposeOp>>(patterns, "constant-transpose");
  addIdentity<SliceOp, moved<SliceOp>>(patterns, "constant-slice");
  addIdentity<ConvertOp, moved<ConvertOp>>(patterns, "constant-convert");
  addIdentity<ReduceMaxOp, moved<ReduceMaxOp>>(patterns, "constant-max");
  addIdentity<ReduceMinOp, moved<ReduceMinOp>>(patterns, "constant-min");
  addIdentity<PadOp, paddedZeros>(patterns, "constant-pad");
  addIdentity<ConcatOp, joined>(patterns, "constant-concat");
  addIdentity<SumOp, summed>(patterns, "constant-sum");
}
