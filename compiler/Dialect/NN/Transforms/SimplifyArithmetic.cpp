//===- SimplifyArithmetic.cpp - identities of ops on elements -------------===//
//
// The comment above a function lists its identities; c, d are constants. Those
// of two constants are evaluated elsewhere (SimplifyConstants.cpp).
//
//===----------------------------------------------------------------------===//
#include "compiler/Dialect/NN/Transforms/Rewriting.h"

#include <cmath>

using namespace mlir;
using namespace gmc;
using namespace gmc::nn;

namespace {

/// An op with one constant operand, taken apart.
struct WithConstant {
  double number;
  Value other;
};

/// Takes c and x from a commutative op c . x or x . c.
template <typename Op> std::optional<WithConstant> constantAndOther(Op op) {
  std::optional<double> left = numberOf(op.getLhs());
  std::optional<double> right = numberOf(op.getRhs());
  if (left && right) {
    return std::nullopt;
  }
  if (left) {
    return WithConstant{*left, op.getRhs()};
  }
  if (right) {
    return WithConstant{*right, op.getLhs()};
  }
  return std::nullopt;
}

/// The same for a value that such an op defines.
template <typename Op>
std::optional<WithConstant> constantAndOther(Value value) {
  auto op = value.getDefiningOp<Op>();
  return op ? constantAndOther(op) : std::nullopt;
}

/// Returns u of a value -u.
Value negated(Value value) {
  auto neg = value.getDefiningOp<NegOp>();
  return neg ? neg.getOperand() : Value();
}

/// Builds c x.
Value scaled(PatternRewriter &rewriter, Location loc, double number, Value x) {
  return MulOp::create(rewriter, loc,
                       makeConstant(rewriter, loc, x.getType(), number), x);
}

/// Builds c + x.
Value shifted(PatternRewriter &rewriter, Location loc, double number, Value x) {
  return AddOp::create(rewriter, loc,
                       makeConstant(rewriter, loc, x.getType(), number), x);
}

/// c x + c y = c (x + y), and for -, where neither product is needed otherwise.
template <typename Op> Value factoredOut(Op op, PatternRewriter &rewriter) {
  Value a = op.getLhs(), b = op.getRhs();
  auto left = constantAndOther<MulOp>(a), right = constantAndOther<MulOp>(b);
  if (!left || !right || left->number != right->number || !a.hasOneUse() ||
      !b.hasOneUse()) {
    return {};
  }
  Value rest = Op::create(rewriter, op.getLoc(), left->other, right->other);
  return scaled(rewriter, op.getLoc(), left->number, rest);
}

/// -(-u) = u; -(a - b) = b - a; -(c x) = (-c) x
Value simplerNeg(NegOp op, PatternRewriter &rewriter) {
  Value u = op.getOperand();
  if (Value inner = negated(u)) {
    return inner;
  }
  if (auto sub = u.getDefiningOp<SubOp>(); sub && u.hasOneUse()) {
    return SubOp::create(rewriter, op.getLoc(), sub.getRhs(), sub.getLhs());
  }
  if (auto product = constantAndOther<MulOp>(u); product && u.hasOneUse()) {
    return scaled(rewriter, op.getLoc(), -product->number, product->other);
  }
  return {};
}

/// x + 0 = x; a + -b = a - b; -a + b = b - a; c + (d + x) = (c + d) + x;
/// c x + c y = c (x + y)
Value simplerAdd(AddOp op, PatternRewriter &rewriter) {
  Location loc = op.getLoc();
  if (auto sum = constantAndOther(op)) {
    if (sum->number == 0) {
      return sum->other;
    }
    if (auto inner = constantAndOther<AddOp>(sum->other)) {
      return shifted(rewriter, loc, sum->number + inner->number, inner->other);
    }
  }
  if (Value b = negated(op.getRhs())) {
    return SubOp::create(rewriter, loc, op.getLhs(), b);
  }
  if (Value a = negated(op.getLhs())) {
    return SubOp::create(rewriter, loc, op.getRhs(), a);
  }
  return factoredOut(op, rewriter);
}

/// x - 0 = x; 0 - x = -x; a - -b = a + b; c - (d - x) = (c - d) + x;
/// c - (d + x) = (c - d) - x; c x - c y = c (x - y)
Value simplerSub(SubOp op, PatternRewriter &rewriter) {
  Location loc = op.getLoc();
  Value a = op.getLhs(), b = op.getRhs();
  if (isNumber(b, 0)) {
    return a;
  }
  if (isNumber(a, 0)) {
    return NegOp::create(rewriter, loc, b);
  }
  if (Value inner = negated(b)) {
    return AddOp::create(rewriter, loc, a, inner);
  }
  std::optional<double> c = numberOf(a);
  if (!c) {
    return factoredOut(op, rewriter);
  }
  if (auto inner = b.getDefiningOp<SubOp>()) {
    if (std::optional<double> d = numberOf(inner.getLhs())) {
      return shifted(rewriter, loc, *c - *d, inner.getRhs());
    }
  }
  if (auto inner = constantAndOther<AddOp>(b)) {
    Value less = makeConstant(rewriter, loc, a.getType(), *c - inner->number);
    return SubOp::create(rewriter, loc, less, inner->other);
  }
  return {};
}

/// 1 x = x; -1 x = -x; c (d x) = (c d) x; c (-x) = (-c) x; c (d / x) = (c d) /
/// x
Value simplerScale(MulOp op, const WithConstant &product,
                   PatternRewriter &rewriter) {
  Location loc = op.getLoc();
  Value x = product.other;
  if (product.number == 1) {
    return x;
  }
  if (product.number == -1) {
    return NegOp::create(rewriter, loc, x);
  }
  if (auto inner = constantAndOther<MulOp>(x)) {
    return scaled(rewriter, loc, product.number * inner->number, inner->other);
  }
  if (Value inner = negated(x)) {
    return scaled(rewriter, loc, -product.number, inner);
  }
  if (auto quotient = x.getDefiningOp<DivOp>()) {
    if (std::optional<double> d = numberOf(quotient.getLhs())) {
      Value above =
          makeConstant(rewriter, loc, x.getType(), product.number * *d);
      return DivOp::create(rewriter, loc, above, quotient.getRhs());
    }
  }
  return {};
}

/// What simplerScale has; -a b = -(a b); (c x) y = c (x y) for one use of c x
Value simplerMul(MulOp op, PatternRewriter &rewriter) {
  if (auto product = constantAndOther(op)) {
    return simplerScale(op, *product, rewriter);
  }
  Location loc = op.getLoc();
  Value sides[] = {op.getLhs(), op.getRhs()};
  for (unsigned i : {0u, 1u}) {
    Value side = sides[i], other = sides[1 - i];
    if (!side.hasOneUse()) {
      continue;
    }
    if (Value a = negated(side)) {
      return NegOp::create(rewriter, loc,
                           MulOp::create(rewriter, loc, a, other));
    }
    if (auto inner = constantAndOther<MulOp>(side)) {
      Value rest = MulOp::create(rewriter, loc, inner->other, other);
      return scaled(rewriter, loc, inner->number, rest);
    }
  }
  return {};
}

/// x / 1 = x; x / -1 = -x; x / 2^k = 2^-k x; (c x) / d = (c / d) x
Value simplerDiv(DivOp op, PatternRewriter &rewriter) {
  Location loc = op.getLoc();
  Value x = op.getLhs();
  std::optional<double> d = numberOf(op.getRhs());
  if (!d || *d == 0) {
    return {};
  }
  if (*d == 1) {
    return x;
  }
  int exponent = 0;
  if (std::abs(std::frexp(*d, &exponent)) == 0.5 && std::abs(exponent) < 100) {
    return scaled(rewriter, loc, 1 / *d, x);
  }
  if (auto product = constantAndOther<MulOp>(x)) {
    return scaled(rewriter, loc, product->number / *d, product->other);
  }
  return {};
}

/// a^0 = 1; a^1 = a; a^2 = a a; a^3 = a a a; a^(1/2) = sqrt a; a^-1 = 1 / a;
/// a^-2 = 1 / (a a)
Value simplerPow(PowOp op, PatternRewriter &rewriter) {
  Location loc = op.getLoc();
  Value a = op.getLhs();
  std::optional<double> exponent = numberOf(op.getRhs());
  auto one = [&] { return makeConstant(rewriter, loc, a.getType(), 1); };
  auto square = [&] { return MulOp::create(rewriter, loc, a, a).getResult(); };
  if (!exponent) {
    return {};
  }
  if (*exponent == 0) {
    return one();
  }
  if (*exponent == 1) {
    return a;
  }
  if (*exponent == 2) {
    return square();
  }
  if (*exponent == 3) {
    return MulOp::create(rewriter, loc, square(), a);
  }
  if (*exponent == 0.5) {
    return SqrtOp::create(rewriter, loc, a);
  }
  if (*exponent == -1) {
    return DivOp::create(rewriter, loc, one(), a);
  }
  if (*exponent == -2) {
    return DivOp::create(rewriter, loc, one(), square());
  }
  return {};
}

/// select(c, a, b) = a or b; select(u, a, a) = a
Value simplerSelect(SelectOp op, PatternRewriter &rewriter) {
  Value a = op.getOnTrue(), b = op.getOnFalse();
  if (std::optional<double> condition = numberOf(op.getCondition())) {
    return *condition != 0 ? a : b;
  }
  std::optional<double> number = numberOf(a);
  if (a == b || (number && number == numberOf(b))) {
    return a;
  }
  return {};
}

/// Two conversions to where one came from, through a wider type.
Value simplerConvert(ConvertOp op, PatternRewriter &) {
  auto inner = op.getOperand().getDefiningOp<ConvertOp>();
  if (inner && inner.getOperand().getType() == op.getType() &&
      tensorType(inner.getResult()).getElementType().isF64()) {
    return inner.getOperand();
  }
  return {};
}

} // namespace

void nn::populateSimplifyArithmetic(RewritePatternSet &patterns) {
  addIdentity<NegOp, simplerNeg>(patterns, "neg");
  addIdentity<AddOp, simplerAdd>(patterns, "add");
  addIdentity<SubOp, simplerSub>(patterns, "sub");
  addIdentity<MulOp, simplerMul>(patterns, "mul");
  addIdentity<DivOp, simplerDiv>(patterns, "div");
  addIdentity<PowOp, simplerPow>(patterns, "pow");
  addIdentity<SelectOp, simplerSelect>(patterns, "select");
  addIdentity<ConvertOp, simplerConvert>(patterns, "convert");
}
