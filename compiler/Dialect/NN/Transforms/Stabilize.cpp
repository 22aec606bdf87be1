//===- Stabilize.cpp - logarithms of probabilities ------------------------===//
//
// Starts on nn before differentiation; leaves nn in which logarithms of
// sigmoids and exponentials are written as softplus and sums. The forms are
// listed in Passes.td; s = sigmoid, p = softplus.
//
//===----------------------------------------------------------------------===//
#include "compiler/Dialect/NN/Transforms/Passes.h"
#include "compiler/Dialect/NN/Transforms/Rewriting.h"

namespace gmc::nn {
#define GEN_PASS_DEF_STABILIZEPASS
#include "compiler/Dialect/NN/Transforms/Passes.h.inc"
} // namespace gmc::nn

using namespace mlir;
using namespace gmc;
using namespace gmc::nn;

namespace {

/// How deep a chain of ops is followed.
constexpr unsigned depthLimit = 16;

/// Returns whether some gradient is taken with respect to `value`: it must stay
/// on the way to what depends on it.
bool isVariable(Value value) {
  return llvm::any_of(value.getUses(), [](OpOperand &use) {
    return isa<GradientOp>(use.getOwner()) && use.getOperandNumber() > 0;
  });
}

/// Returns the op of kind Op that defines `value`, if it may be looked through.
template <typename Op> Op definedBy(Value value) {
  return isVariable(value) ? Op() : value.getDefiningOp<Op>();
}

/// Returns the number in every element of a constant, however repeated.
std::optional<double> filled(Value value) {
  while (auto broadcast = definedBy<BroadcastOp>(value)) {
    value = broadcast.getOperand();
  }
  return numberOf(value);
}

bool isFilledWith(Value value, double number) {
  return filled(value) == number;
}

/// Returns the operand if `value` only moves elements of one tensor.
Value movedFrom(Value value) {
  Operation *op = value.getDefiningOp();
  if (op && !isVariable(value) &&
      isa<ReshapeOp, BroadcastOp, SliceOp, TransposeOp>(op)) {
    return op->getOperand(0);
  }
  return {};
}

/// Returns w where `value` is 1 - w, in whichever way that is written.
Value complementIn(Value value) {
  if (auto sub = definedBy<SubOp>(value)) {
    return isFilledWith(sub.getLhs(), 1) ? sub.getRhs() : Value();
  }
  if (auto add = definedBy<AddOp>(value)) {
    for (unsigned i : {0u, 1u}) {
      auto neg = definedBy<NegOp>(add->getOperand(i));
      if (neg && isFilledWith(add->getOperand(1 - i), 1)) {
        return neg.getOperand();
      }
    }
  }
  return {};
}

/// Returns w where `value` is 1 + w.
Value excessIn(Value value) {
  if (auto add = definedBy<AddOp>(value)) {
    for (unsigned i : {0u, 1u}) {
      if (isFilledWith(add->getOperand(i), 1)) {
        return add->getOperand(1 - i);
      }
    }
  }
  return {};
}

/// Returns -u.
Value negated(OpBuilder &builder, Location loc, Value u) {
  if (auto neg = definedBy<NegOp>(u)) {
    return neg.getOperand();
  }
  return NegOp::create(builder, loc, u);
}

/// Builds stable logarithms of values; null where there is none.
class StableLogarithm {
public:
  StableLogarithm(PatternRewriter &rewriter, Location loc)
      : rewriter(rewriter), loc(loc) {}

  /// Returns log v.
  Value of(Value v, unsigned depth = 0);
  /// Returns log(1 - w).
  Value ofComplement(Value w, unsigned depth = 0);
  /// Returns log(1 + w).
  Value ofExcess(Value w, unsigned depth = 0);

private:
  using Form = Value (StableLogarithm::*)(Value, unsigned);

  Value negatedSoftplus(Value u) {
    return NegOp::create(rewriter, loc, SoftplusOp::create(rewriter, loc, u));
  }
  /// Applies `form` before the op that moves the elements of `value`.
  Value beforeMove(Value value, Form form, unsigned depth);
  Value ofQuotient(DivOp quotient, unsigned depth);
  Value ofProduct(MulOp product, unsigned depth);

  PatternRewriter &rewriter;
  Location loc;
};

Value StableLogarithm::beforeMove(Value value, Form form, unsigned depth) {
  Value from = movedFrom(value);
  Value logarithm = from ? (this->*form)(from, depth + 1) : Value();
  if (!logarithm) {
    return {};
  }
  return rebuild(rewriter, value.getDefiningOp(), logarithm, value.getType());
}

/// log(a / b) = log a - log b
Value StableLogarithm::ofQuotient(DivOp quotient, unsigned depth) {
  Value above = of(quotient.getLhs(), depth + 1);
  if (!above) {
    return {};
  }
  Value below = of(quotient.getRhs(), depth + 1);
  if (!below) {
    below = LogOp::create(rewriter, loc, quotient.getRhs());
  }
  return SubOp::create(rewriter, loc, above, below);
}

/// log(a b) = log a + log b
Value StableLogarithm::ofProduct(MulOp product, unsigned depth) {
  Value first = of(product.getLhs(), depth + 1);
  Value second = first ? of(product.getRhs(), depth + 1) : Value();
  if (!second) {
    return {};
  }
  return AddOp::create(rewriter, loc, first, second);
}

/// log s(u) = -p(-u); log e^u = u; log(1 - w) and log(1 + w) as below
Value StableLogarithm::of(Value v, unsigned depth) {
  if (depth > depthLimit) {
    return {};
  }
  if (auto sigmoid = definedBy<SigmoidOp>(v)) {
    return negatedSoftplus(negated(rewriter, loc, sigmoid.getOperand()));
  }
  if (auto exp = definedBy<ExpOp>(v)) {
    return exp.getOperand();
  }
  if (Value w = complementIn(v)) {
    return ofComplement(w, depth + 1);
  }
  if (Value w = excessIn(v)) {
    return ofExcess(w, depth + 1);
  }
  if (auto quotient = definedBy<DivOp>(v)) {
    return ofQuotient(quotient, depth);
  }
  if (auto product = definedBy<MulOp>(v)) {
    return ofProduct(product, depth);
  }
  return beforeMove(v, &StableLogarithm::of, depth);
}

/// log(1 - s(u)) = -p(u); log(1 - (1 - v)) = log v
Value StableLogarithm::ofComplement(Value w, unsigned depth) {
  if (depth > depthLimit) {
    return {};
  }
  if (auto sigmoid = definedBy<SigmoidOp>(w)) {
    return negatedSoftplus(sigmoid.getOperand());
  }
  if (Value v = complementIn(w)) {
    return of(v, depth + 1);
  }
  return beforeMove(w, &StableLogarithm::ofComplement, depth);
}

/// log(1 + e^u) = p(u); log(1 + -w) = log(1 - w)
Value StableLogarithm::ofExcess(Value w, unsigned depth) {
  if (depth > depthLimit) {
    return {};
  }
  if (auto exp = definedBy<ExpOp>(w)) {
    return SoftplusOp::create(rewriter, loc, exp.getOperand());
  }
  if (auto neg = definedBy<NegOp>(w)) {
    return ofComplement(neg.getOperand(), depth + 1);
  }
  return beforeMove(w, &StableLogarithm::ofExcess, depth);
}

Value stableLog(LogOp op, PatternRewriter &rewriter) {
  return StableLogarithm(rewriter, op.getLoc()).of(op.getOperand());
}

Value stableLog1p(Log1pOp op, PatternRewriter &rewriter) {
  return StableLogarithm(rewriter, op.getLoc()).ofExcess(op.getOperand());
}

/// w log v, v having a stable logarithm
Value stableXlogy(XlogyOp op, PatternRewriter &rewriter) {
  Value log = StableLogarithm(rewriter, op.getLoc()).of(op.getRhs());
  return log ? MulOp::create(rewriter, op.getLoc(), op.getLhs(), log) : Value();
}

/// 1 / (1 + e^u) = s(-u)
Value writtenSigmoid(DivOp op, PatternRewriter &rewriter) {
  Value w = isFilledWith(op.getLhs(), 1) ? excessIn(op.getRhs()) : Value();
  ExpOp exp = w ? definedBy<ExpOp>(w) : ExpOp();
  if (!exp) {
    return {};
  }
  Value u = negated(rewriter, op.getLoc(), exp.getOperand());
  return SigmoidOp::create(rewriter, op.getLoc(), u);
}

/// Returns u of a value -p(u).
Value negatedSoftplusOf(Value value) {
  auto neg = definedBy<NegOp>(value);
  auto softplus = neg ? definedBy<SoftplusOp>(neg.getOperand()) : SoftplusOp();
  return softplus ? softplus.getOperand() : Value();
}

bool areOpposite(Value u, Value v) {
  auto negU = definedBy<NegOp>(u), negV = definedBy<NegOp>(v);
  return (negU && negU.getOperand() == v) || (negV && negV.getOperand() == u);
}

/// A product t L with L = -p(u), taken apart.
struct WeightedLog {
  Value weight, argument;
};

std::optional<WeightedLog> weightedLog(Value value) {
  auto product = definedBy<MulOp>(value);
  for (unsigned i = 0; product && i < 2; ++i) {
    if (Value u = negatedSoftplusOf(product->getOperand(i))) {
      return WeightedLog{product->getOperand(1 - i), u};
    }
  }
  return std::nullopt;
}

/// The cross entropy of a sigmoid, t log s(u) + (1 - t) log(1 - s(u)), as the
/// logarithms above have left it: -t p(-u) - (1 - t) p(u) = t u - p(u).
Value crossEntropy(AddOp op, PatternRewriter &rewriter) {
  auto first = weightedLog(op.getLhs()), second = weightedLog(op.getRhs());
  if (!first || !second || !areOpposite(first->argument, second->argument) ||
      (complementIn(first->weight) != second->weight &&
       complementIn(second->weight) != first->weight)) {
    return {};
  }
  // Of u and -u, u is the one that is not written as a negation.
  if (definedBy<NegOp>(second->argument) &&
      definedBy<NegOp>(second->argument).getOperand() == first->argument) {
    std::swap(first, second);
  }
  Location loc = op.getLoc();
  Value u = second->argument;
  Value linear = MulOp::create(rewriter, loc, first->weight, u);
  return SubOp::create(rewriter, loc, linear,
                       SoftplusOp::create(rewriter, loc, u));
}

/// Replaces each op of kind Op that has a stable form.
template <typename Op, Identity<Op> identity>
unsigned rewriteAll(Operation *root) {
  unsigned count = 0;
  PatternRewriter rewriter(root->getContext());
  root->walk([&](Op op) {
    rewriter.setInsertionPoint(op);
    Value value = isVariable(op.getResult()) ? Value() : identity(op, rewriter);
    if (value) {
      rewriter.replaceOp(op, value);
      ++count;
    }
  });
  return count;
}

struct StabilizePass : nn::impl::StabilizePassBase<StabilizePass> {
  using Base::Base;

  // Sigmoids first: logarithms then find them however they were written.
  void runOnOperation() override {
    rewritten += rewriteAll<DivOp, writtenSigmoid>(getOperation());
    rewritten += rewriteAll<LogOp, stableLog>(getOperation());
    rewritten += rewriteAll<Log1pOp, stableLog1p>(getOperation());
    rewritten += rewriteAll<XlogyOp, stableXlogy>(getOperation());
    rewritten += rewriteAll<AddOp, crossEntropy>(getOperation());
  }
};

} // namespace
