//===- Draws.cpp - how each family is drawn -------------------------------===//
//
// Every draw is a function of noise of its own and of the parameters. Where it
// has no derivative in them, `by` says what is taken instead.
//
//===----------------------------------------------------------------------===//
#include "dsl/library/GammaFamily.h"
#include "dsl/library/Mixtures.h"
#include "dsl/program/Formulas.h"
#include "dsl/sema/Library.h"
#include "dsl/sema/Limits.h"

namespace gmc::dsl {

using Family = Distribution::Family;

namespace {

/// mu - s sign(v) log(1 - 2 |v|), v = u - 1/2
ValueId laplaceOf(BodyBuilder &b, const Distribution &d, ValueId u) {
  ValueId v = b.binary(Op::Sub, u, 0.5);
  ValueId tail =
      b.binary(Op::Sub, 1.0, b.binary(Op::Mul, b.unary(Op::Abs, v), 2.0));
  ValueId step =
      b.binary(Op::Mul, b.unary(Op::Sign, v), b.unary(Op::Log, tail));
  return b.binary(Op::Sub, d.first, b.binary(Op::Mul, d.second, step));
}

/// The value of `hard`, the derivative of `soft`.
ValueId straightThrough(BodyBuilder &b, ValueId hard, ValueId soft) {
  ValueId gap = b.unary(Op::Stop, b.binary(Op::Sub, hard, soft));
  return b.binary(Op::Add, soft, gap);
}

/// `d` with probabilities that have a logarithm, for relaxed draws: 0 becomes
/// the smallest f32, with derivative 0.
Distribution aboveZero(BodyBuilder &b, Distribution d) {
  if (d.probs) {
    d.first = b.binary(Op::Max, d.first, 0x1p-126);
  }
  return d;
}

/// p held within f32's numbers between 0 and 1, of the same.
Distribution belowOne(BodyBuilder &b, Distribution d) {
  if (d.probs) {
    d.first = b.binary(Op::Min, d.first, 1 - 0x1p-24);
  }
  return d;
}

/// A Bernoulli from u: 1 where u < p, which is l - logit u > 0. The relaxed
/// one is sigmoid((l - logit u) / tau) (Maddison, Mnih and Teh 2017).
ValueId bernoulliOf(Elaborator &e, const Distribution &d, ValueId u,
                    const Estimator &how, const std::string &name) {
  BodyBuilder &b = e.b;
  ValueId p = chanceOf(b, d);
  ValueId hard = b.binary(Op::Less, u, p);
  if (how.kind == Estimator::Kind::None) {
    e.discreteDraws[hard] = name;
    return hard;
  }
  if (how.kind == Estimator::Kind::StraightThrough) {
    return straightThrough(b, hard, p);
  }
  ValueId logit = b.binary(Op::Sub, b.unary(Op::Log, u),
                           b.unary(Op::Log, b.binary(Op::Sub, 1.0, u)));
  ValueId soft = b.unary(
      Op::Sigmoid,
      b.binary(
          Op::Div,
          b.binary(Op::Sub, logitOf(b, belowOne(b, aboveZero(b, d))), logit),
          how.temperature));
  return how.hard ? straightThrough(b, hard, soft) : soft;
}

/// Classes by the largest of log p + g, g = -log(-log u) (Gumbel 1954); the
/// relaxed one is softmax((log p + g) / tau) (Jang, Gu and Poole 2017).
ValueId classOf(Elaborator &e, const Distribution &d, const Type &type,
                uint64_t site, const Estimator &how, const std::string &name) {
  BodyBuilder &b = e.b;
  Type wide = type;
  const int64_t classes = classesOf(b, d);
  if (d.family == Family::Categorical) {
    wide.event.push_back(classes);
  }
  ValueId u = b.random(Op::RandomUniform, wide, site);
  ValueId g =
      b.unary(Op::Neg, b.unary(Op::Log, b.unary(Op::Neg, b.unary(Op::Log, u))));
  const bool isRelaxed = how.kind == Estimator::Kind::Gumbel;
  ValueId scores =
      b.binary(Op::Add, classLogs(b, isRelaxed ? aboveZero(b, d) : d), g);
  if (how.kind == Estimator::Kind::Gumbel && !how.hard) {
    return softmaxOf(b, b.binary(Op::Div, scores, how.temperature));
  }
  std::vector<ValueId> marks;
  ValueId label = argmaxLast(b, scores, &marks);
  ValueId drawn = label;
  if (d.family == Family::OneHot) {
    drawn = oneHot(b, label, classes);
    marks.push_back(drawn);
  }
  if (how.kind == Estimator::Kind::None) {
    for (ValueId mark : marks) {
      e.discreteDraws[mark] = name;
    }
    return drawn;
  }
  ValueId soft = how.kind == Estimator::Kind::Gumbel
                     ? softmaxOf(b, b.binary(Op::Div, scores, how.temperature))
                     : classProbs(b, d);
  return straightThrough(b, drawn, soft);
}

} // namespace

ValueId Elaborator::sample(const Distribution &d, const std::string &name,
                           bool once, const Estimator &how) {
  Type type = d.type;
  for (const Axis &axis : openAxes) {
    // A batch that was joined is longer than the open one, and stays so.
    if (!once && !findAxis(type, axis.name)) {
      type.axes = *unitedAxes(type.axes, {axis});
    }
  }
  uint64_t site = siteOf(name);
  switch (d.family) {
  case Family::Normal: {
    ValueId noise = b.random(Op::RandomNormal, type, site);
    return b.binary(Op::Add, d.first, b.binary(Op::Mul, stdOf(b, d), noise));
  }
  case Family::Uniform: {
    ValueId u = b.random(Op::RandomUniform, type, site);
    ValueId width = b.binary(Op::Sub, d.second, d.first);
    return b.binary(Op::Add, d.first, b.binary(Op::Mul, width, u));
  }
  case Family::Laplace:
    return laplaceOf(b, d, b.random(Op::RandomUniform, type, site));
  case Family::Gamma:
    return gammaDraw(b, d, type, site);
  case Family::Beta:
    return betaDraw(b, d, type, site);
  case Family::Bernoulli:
    return bernoulliOf(*this, d, b.random(Op::RandomUniform, type, site), how,
                       name);
  case Family::Categorical:
  case Family::OneHot:
    return classOf(*this, d, type, site, how, name);
  case Family::Mixture:
    return sample(drawnComponent(*this, d, type, name), name, once, how);
  }
  return d.first;
}

//===----------------------------------------------------------------------===//
// Estimators
//===----------------------------------------------------------------------===//

namespace {

/// Reads `gumbel(tau)` or `gumbel(tau, hard)`.
std::optional<Estimator> gumbelOf(Elaborator &e, const ast::CallExpr &call) {
  Estimator how;
  how.kind = Estimator::Kind::Gumbel;
  const auto &arguments = call.arguments;
  const auto *word = arguments.size() == 2
                         ? ast::as<ast::NameExpr>(arguments[1].value)
                         : nullptr;
  bool fits = !arguments.empty() && !arguments[0].label &&
              (arguments.size() == 1 || (word && word->text == "hard"));
  if (!fits) {
    e.module.report(Diag::EstimatorUsage, call.range)
        .help("`by gumbel(tau)`, or `by gumbel(tau, hard)`");
    return std::nullopt;
  }
  how.hard = word != nullptr;
  auto tau = e.scalarNode(*arguments[0].value, "the temperature");
  if (!tau) {
    return std::nullopt;
  }
  const SourceRange range = arguments[0].range;
  if (!isWithin(e, {inLine(e.module, "the temperature", range), above(0)}, *tau,
                range, [&](double number) {
                  e.module.report(Diag::Temperature, range, number)
                      .help("it must be greater than 0");
                })) {
    return std::nullopt;
  }
  how.temperature = *tau;
  return how;
}

} // namespace

std::optional<Estimator> Elaborator::estimatorOf(const ast::DrawStmt &stmt,
                                                 const Distribution &d) {
  if (!stmt.estimator) {
    return Estimator{};
  }
  const ast::Expr &written = *stmt.estimator;
  const auto *call = ast::as<ast::CallExpr>(written);
  const auto *name = ast::as<ast::NameExpr>(call ? *call->callee : written);
  bool isGumbel = call && name && name->text == "gumbel";
  bool isStraight = !call && name && name->text == "straight_through";
  if (!isGumbel && !isStraight) {
    module.report(Diag::UnknownEstimator, written.range)
        .help("there are `by gumbel(tau)`, `by gumbel(tau, hard)` and `by "
              "straight_through`");
    return std::nullopt;
  }
  if (d.family != Family::OneHot && d.family != Family::Bernoulli) {
    bool isLabel = d.family == Family::Categorical;
    auto report =
        module.report(Diag::EstimatorFamily, written.range, name->text);
    if (d.component) {
      report.label(d.where, "is a mixture")
          .help("draw the component by a `OneHot(logits: pi)`");
    } else {
      report
          .label(d.where,
                 isLabel ? "gives labels" : "has a gradient of its own")
          .help(isLabel ? "a label is a whole number; draw from "
                          "`OneHot(logits: ..)`"
                        : "leave `by` away");
    }
    return std::nullopt;
  }
  if (isStraight) {
    Estimator how;
    how.kind = Estimator::Kind::StraightThrough;
    return how;
  }
  return gumbelOf(*this, *call);
}

} // namespace gmc::dsl
