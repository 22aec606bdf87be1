//===- Finiteness.cpp - which values are finite numbers -------------------===//
#include "compiler/Autodiff/Finiteness.h"

#include "compiler/Autodiff/GradientBuilder.h"
#include "compiler/Dialect/NN/IR/NNDialect.h"

#include "llvm/ADT/TypeSwitch.h"

#include <cmath>

using namespace mlir;
using namespace gmc;
using namespace gmc::autodiff;

namespace {

/// Returns x of a value max x, also where that is repeated or bounded.
Value maximumOf(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (auto maximum = dyn_cast<nn::ReduceMaxOp>(op)) {
      return maximum.getOperand();
    }
    const bool isBound =
        isa<nn::MinOp, nn::MaxOp>(op) && constantNumber(op->getOperand(1));
    if (!isBound && !isa<nn::BroadcastOp, nn::StopOp>(op)) {
      return {};
    }
    value = op->getOperand(0);
  }
  return {};
}

/// Whether `value` is e^(x - max x), from 0 to 1 and somewhere 1.
bool isShiftedExponential(Value value) {
  auto exp = value.getDefiningOp<nn::ExpOp>();
  auto apart = exp ? exp.getOperand().getDefiningOp<nn::SubOp>() : nn::SubOp();
  return apart && maximumOf(apart.getRhs()) == apart.getLhs();
}

} // namespace

Finiteness::Facts Finiteness::of(Value value) {
  auto [place, isNew] = known.try_emplace(value);
  if (!isNew) {
    return place->second;
  }
  Operation *op = value.getDefiningOp();
  const bool isArithmetic =
      op && isa<nn::NNDialect>(op->getDialect()) && op->getNumResults() == 1;
  // Weights, data and states are finite.
  Facts facts = isArithmetic ? derive(op) : Facts{.finite = true};
  facts.atLeastZero |= facts.aboveZero;
  known[value] = facts;
  return facts;
}

Finiteness::Facts Finiteness::derive(Operation *op) {
  Facts a = op->getNumOperands() > 0 ? of(op->getOperand(0)) : Facts{};
  Facts b = op->getNumOperands() > 1 ? of(op->getOperand(1)) : Facts{};
  auto both = [&](bool Facts::*what) { return a.*what && b.*what; };
  const bool finite = both(&Facts::finite);
  return llvm::TypeSwitch<Operation *, Facts>(op)
      .Case([](nn::ConstantOp constant) {
        const double number = constant.getValue().convertToDouble();
        return Facts{std::isfinite(number), number >= 0, number > 0};
      })
      .Case([](nn::RandomUniformOp) {
        return Facts{true, true, true};
      })
      .Case<nn::IotaOp>([](auto) {
        return Facts{true, true, false};
      })
      .Case<nn::RandomNormalOp>([](auto) { return Facts{true}; })
      .Case<nn::NegOp, nn::SignOp, nn::SinOp, nn::CosOp, nn::TanhOp, nn::ErfOp,
            nn::LeakyReluOp, nn::RoundOp>([&](auto) { return Facts{a.finite}; })
      .Case<nn::AbsOp, nn::ReluOp, nn::SigmoidOp, nn::SoftplusOp>([&](auto) {
        return Facts{a.finite, true, false};
      })
      .Case<nn::StopOp, nn::ConvertOp, nn::BroadcastOp, nn::ReshapeOp,
            nn::TransposeOp, nn::SliceOp, nn::ReduceMaxOp, nn::ReduceMinOp>(
          [&](auto) { return a; })
      .Case<nn::SumOp>([&](auto) {
        const bool hasOne = isShiftedExponential(op->getOperand(0));
        return Facts{a.finite, a.atLeastZero, a.aboveZero || hasOne};
      })
      .Case<nn::ExpOp>([&](auto) {
        const bool isBounded = isShiftedExponential(op->getResult(0));
        return Facts{a.finite && isBounded, true, false};
      })
      .Case<nn::LogOp>([&](auto) { return Facts{a.finite && a.aboveZero}; })
      .Case<nn::Log1pOp>([&](auto) {
        return Facts{a.finite && a.atLeastZero, a.atLeastZero, a.aboveZero};
      })
      .Case<nn::SqrtOp>([&](auto) {
        return Facts{a.finite && a.atLeastZero, a.atLeastZero, a.aboveZero};
      })
      .Case<nn::LgammaOp, nn::PolygammaOp>(
          [&](auto) { return Facts{a.finite && a.aboveZero}; })
      .Case<nn::AddOp>([&](auto) {
        const bool atLeastZero = both(&Facts::atLeastZero);
        return Facts{finite, atLeastZero,
                     atLeastZero && (a.aboveZero || b.aboveZero)};
      })
      .Case<nn::SubOp>([&](auto) { return Facts{finite}; })
      .Case<nn::MulOp>([&](auto) {
        const bool isSquare = op->getOperand(0) == op->getOperand(1);
        return Facts{finite, isSquare || both(&Facts::atLeastZero),
                     both(&Facts::aboveZero)};
      })
      .Case<nn::DivOp>([&](auto) {
        auto number = constantNumber(op->getOperand(1));
        const bool isDefined = b.aboveZero || (number && *number != 0);
        return Facts{finite && isDefined, a.atLeastZero && b.aboveZero,
                     both(&Facts::aboveZero)};
      })
      .Case<nn::PowOp>([&](auto) {
        auto exponent = constantNumber(op->getOperand(1));
        const bool isPower =
            exponent && *exponent >= 0 && *exponent == std::floor(*exponent);
        return Facts{a.finite && (isPower || (exponent && a.aboveZero)),
                     a.atLeastZero, a.aboveZero};
      })
      .Case<nn::XlogyOp>([&](auto) { return Facts{finite && b.aboveZero}; })
      .Case<nn::MaxOp>([&](auto) {
        return Facts{finite, a.atLeastZero || b.atLeastZero,
                     a.aboveZero || b.aboveZero};
      })
      .Case<nn::MinOp>([&](auto) {
        return Facts{finite, both(&Facts::atLeastZero),
                     both(&Facts::aboveZero)};
      })
      .Case<nn::CompareOp>([](auto) {
        return Facts{true, true, false};
      })
      .Case<nn::SelectOp>([&](auto) {
        Facts c = of(op->getOperand(2));
        return Facts{b.finite && c.finite, b.atLeastZero && c.atLeastZero,
                     b.aboveZero && c.aboveZero};
      })
      .Case<nn::ConcatOp>([&](auto) {
        return Facts{finite, both(&Facts::atLeastZero),
                     both(&Facts::aboveZero)};
      })
      .Case<nn::PadOp>([&](auto) {
        return Facts{a.finite, a.atLeastZero};
      })
      .Case<nn::MatmulOp, nn::ConvOp, nn::ConvInputOp, nn::ConvWeightOp>(
          [&](auto) { return Facts{finite}; })
      .Default([](Operation *) { return Facts{}; });
}

bool Finiteness::hasFiniteSlopes(Operation *op) {
  // The rule counts the elements that are extreme: none are where one is NaN.
  if (isa<nn::ReduceMaxOp, nn::ReduceMinOp>(op)) {
    return isFinite(op->getOperand(0));
  }
  if (!op->hasTrait<OpTrait::Elementwise>()) {
    return true; // linear in what it moves or sums
  }
  // Gradients only pass: no factor.
  if (isa<nn::NegOp, nn::AddOp, nn::SubOp, nn::SelectOp, nn::MaxOp, nn::MinOp,
          nn::ReluOp, nn::LeakyReluOp, nn::ConvertOp>(op)) {
    return true;
  }
  Facts a = of(op->getOperand(0));
  if (!of(op->getResult(0)).finite ||
      !llvm::all_of(op->getOperands(), [&](Value u) { return isFinite(u); })) {
    return false;
  }
  // The root is finite at 0 where its slope is not; so may powers be.
  if (isa<nn::SqrtOp>(op)) {
    return a.aboveZero;
  }
  if (isa<nn::PowOp>(op)) {
    auto exponent = constantNumber(op->getOperand(1));
    return a.aboveZero || (exponent && (*exponent >= 1 || *exponent == 0));
  }
  return true;
}
