//===- Densities.cpp - densities, divergences, entropies ------------------===//
//
// Formulas of one element stand beside each other by family; the sum over the
// event makes nats an example.
//
//===----------------------------------------------------------------------===//
#include "dsl/library/Entries.h"
#include "dsl/library/GammaFamily.h"
#include "dsl/library/Mixtures.h"
#include "dsl/program/Formulas.h"
#include "dsl/sema/Support.h"

#include <cmath>
#include <numeric>

namespace gmc::dsl {

using Family = Distribution::Family;
using Spread = Distribution::Spread;

ValueId logVarOf(BodyBuilder &b, const Distribution &d) {
  switch (d.spread) {
  case Spread::Std:
    return b.binary(Op::Mul, b.unary(Op::Log, d.second), 2.0);
  case Spread::Var:
    return b.unary(Op::Log, d.second);
  case Spread::LogVar:
    return d.second;
  }
  return d.second;
}

ValueId varOf(BodyBuilder &b, const Distribution &d) {
  switch (d.spread) {
  case Spread::Std:
    return b.binary(Op::Pow, d.second, 2.0);
  case Spread::Var:
    return d.second;
  case Spread::LogVar:
    return b.unary(Op::Exp, d.second);
  }
  return d.second;
}

namespace {

ValueId squareOf(BodyBuilder &b, ValueId a) {
  return b.binary(Op::Pow, a, 2.0);
}

/// far^2 / var, in parts that are finite and not 0 where the quotient is.
ValueId squaredSteps(BodyBuilder &b, const Distribution &d, ValueId far) {
  switch (d.spread) {
  case Spread::Std:
    return squareOf(b, b.binary(Op::Div, far, d.second));
  case Spread::Var:
    return b.binary(Op::Mul, far, b.binary(Op::Div, far, d.second));
  case Spread::LogVar: {
    // (far / std)^2, 1 / std being the square of exp(-logvar / 4); the bound is
    // met where std is below 1e-76.
    ValueId root = b.unary(Op::Exp, b.binary(Op::Mul, d.second, -0.25));
    root = b.binary(Op::Min, root, 1e38);
    far = b.binary(Op::Mul, b.binary(Op::Mul, far, root), root);
    return squareOf(b, far);
  }
  }
  return far;
}

/// var q / var p
ValueId varianceRatio(BodyBuilder &b, const Distribution &q,
                      const Distribution &p) {
  if (q.spread == Spread::LogVar || p.spread == Spread::LogVar) {
    return b.unary(Op::Exp, b.binary(Op::Sub, logVarOf(b, q), logVarOf(b, p)));
  }
  if (q.spread == Spread::Std) {
    return squaredSteps(b, p, q.second);
  }
  return p.spread == Spread::Var
             ? b.binary(Op::Div, q.second, p.second)
             : b.binary(Op::Div, b.binary(Op::Div, q.second, p.second),
                        p.second);
}

/// w log p of a Bernoulli's 1 and w log(1 - p), of chances.
ValueId timesLogChance(BodyBuilder &b, ValueId w, const Distribution &d) {
  return b.binary(Op::Xlogy, w, chanceOf(b, d));
}
ValueId timesLogRest(BodyBuilder &b, ValueId w, const Distribution &d) {
  return b.binary(Op::Xlogy, w, b.binary(Op::Sub, 1.0, chanceOf(b, d)));
}

/// log p of the class that a label says; minus infinity where there is none.
ValueId labelLogProb(BodyBuilder &b, Distribution d, ValueId label,
                     bool isInside) {
  // One that gives a single label serves for each of several.
  d.type.event = b.type(label).event;
  if (!d.probs) {
    return logOfLabel(b, classLogs(b, d), label, isInside);
  }
  ValueId hit = oneHot(b, label, classesOf(b, d));
  ValueId value = sumLast(b, timesLogClass(b, hit, d));
  return isInside ? value
                  : b.binary(Op::Add, value, b.unary(Op::Log, sumLast(b, hit)));
}

/// Whether x lies between the ends of a Uniform. Its own draws may leave them
/// by a rounding.
ValueId isBetween(BodyBuilder &b, const Distribution &d, ValueId x) {
  ValueId width = b.binary(Op::Sub, d.second, d.first);
  ValueId share = b.binary(Op::Div, b.binary(Op::Sub, x, d.first), width);
  ValueId far = b.unary(Op::Abs, b.binary(Op::Sub, share, 0.5));
  return b.binary(Op::LessEqual, far, 0.5 + 1e-6);
}

/// log p(x) of one element. `isLabel` says that x is one of the classes.
ValueId elementLogProb(BodyBuilder &b, const Distribution &d, ValueId x,
                       bool isLabel) {
  switch (d.family) {
  case Family::Normal: {
    // -1/2 (log 2 pi + log var + (x - mu)^2 / var)
    ValueId scaled = squaredSteps(b, d, b.binary(Op::Sub, x, d.first));
    ValueId sum = b.binary(Op::Add, scaled, logVarOf(b, d));
    sum = b.binary(Op::Add, sum, std::log(2 * M_PI));
    return b.binary(Op::Mul, sum, -0.5);
  }
  case Family::Bernoulli:
    // x l - softplus(l), or x log p + (1 - x) log(1 - p)
    if (d.probs) {
      return b.binary(Op::Add, timesLogChance(b, x, d),
                      timesLogRest(b, b.binary(Op::Sub, 1.0, x), d));
    }
    return b.binary(Op::Sub, b.binary(Op::Mul, x, d.first),
                    b.unary(Op::Softplus, d.first));
  case Family::Laplace: {
    // -|x - mu| / s - log 2 s
    ValueId far = b.unary(Op::Abs, b.binary(Op::Sub, x, d.first));
    ValueId scaled = b.binary(Op::Div, far, d.second);
    ValueId logScale = b.unary(Op::Log, b.binary(Op::Mul, d.second, 2.0));
    return b.unary(Op::Neg, b.binary(Op::Add, scaled, logScale));
  }
  case Family::Uniform:
    // -log(high - low)
    return logInside(
        b, isBetween(b, d, x),
        b.unary(Op::Neg,
                b.unary(Op::Log, b.binary(Op::Sub, d.second, d.first))));
  case Family::Gamma:
    return gammaLogProb(b, d, x);
  case Family::Beta:
    return betaLogProb(b, d, x);
  case Family::OneHot:
    // x log p, summed over the classes with the event
    return timesLogClass(b, x, d);
  case Family::Categorical:
    // sum over classes c of [x = c] log p_c
    return labelLogProb(b, d, x, isLabel);
  case Family::Mixture: // by valueLogProb
    break;
  }
  return x;
}

/// The closed divergence of one element, where there is one.
std::optional<ValueId> elementDivergence(BodyBuilder &b, const Distribution &q,
                                         const Distribution &p) {
  if (q.family != p.family) {
    return std::nullopt;
  }
  if (q.family == Family::Normal) {
    // 1/2 (log vp - log vq + (vq + (mq - mp)^2) / vp - 1)
    ValueId logs = b.binary(Op::Sub, logVarOf(b, p), logVarOf(b, q));
    ValueId apart = squaredSteps(b, p, b.binary(Op::Sub, q.first, p.first));
    ValueId spread = b.binary(Op::Add, varianceRatio(b, q, p), apart);
    ValueId sum = b.binary(Op::Sub, b.binary(Op::Add, logs, spread), 1.0);
    return b.binary(Op::Mul, sum, 0.5);
  }
  if (q.family == Family::OneHot || q.family == Family::Categorical) {
    // sum over classes of pq (log pq - log pp)
    if (classesOf(b, q) != classesOf(b, p)) {
      return std::nullopt;
    }
    Distribution each = p; // of a single label: the same for each
    each.type.event = q.type.event;
    ValueId terms =
        b.binary(Op::Sub, weighedByClass(b, q, q), weighedByClass(b, q, each));
    return q.family == Family::OneHot ? terms : sumLast(b, terms);
  }
  if (q.family == Family::Bernoulli && (q.probs || p.probs)) {
    // pq log pq/pp + (1 - pq) log((1 - pq)/(1 - pp))
    ValueId mine = chanceOf(b, q), rest = b.binary(Op::Sub, 1.0, mine);
    ValueId ones = b.binary(Op::Sub, timesLogChance(b, mine, q),
                            timesLogChance(b, mine, p));
    ValueId zeros =
        b.binary(Op::Sub, timesLogRest(b, rest, q), timesLogRest(b, rest, p));
    return b.binary(Op::Add, ones, zeros);
  }
  if (q.family == Family::Bernoulli) {
    // pq (lq - lp) - softplus(lq) + softplus(lp)
    ValueId probability = b.unary(Op::Sigmoid, q.first);
    ValueId gain =
        b.binary(Op::Mul, probability, b.binary(Op::Sub, q.first, p.first));
    ValueId norms = b.binary(Op::Sub, b.unary(Op::Softplus, p.first),
                             b.unary(Op::Softplus, q.first));
    return b.binary(Op::Add, gain, norms);
  }
  if (q.family == Family::Gamma) {
    return gammaDivergence(b, q, p);
  }
  if (q.family == Family::Beta) {
    return betaDivergence(b, q, p);
  }
  if (q.family == Family::Laplace) {
    // log sp/sq + |d| / sp + sq/sp exp(-|d| / sq) - 1
    ValueId far = b.unary(Op::Abs, b.binary(Op::Sub, q.first, p.first));
    ValueId ratio = b.binary(Op::Div, q.second, p.second);
    ValueId tail =
        b.unary(Op::Exp, b.unary(Op::Neg, b.binary(Op::Div, far, q.second)));
    ValueId sum = b.binary(Op::Add, b.binary(Op::Div, far, p.second),
                           b.binary(Op::Mul, ratio, tail));
    ValueId logs = b.binary(Op::Sub, b.unary(Op::Log, p.second),
                            b.unary(Op::Log, q.second));
    return b.binary(Op::Sub, b.binary(Op::Add, sum, logs), 1.0);
  }
  return std::nullopt;
}

/// The closed entropy of one element, where there is one.
std::optional<ValueId> elementEntropy(BodyBuilder &b, const Distribution &d) {
  switch (d.family) {
  case Family::Normal:
    // 1/2 (log 2 pi + 1 + log var)
    return b.binary(Op::Mul,
                    b.binary(Op::Add, logVarOf(b, d), std::log(2 * M_PI) + 1),
                    0.5);
  case Family::Laplace:
    // 1 + log 2 s
    return b.binary(Op::Add, b.unary(Op::Log, b.binary(Op::Mul, d.second, 2.0)),
                    1.0);
  case Family::Uniform:
    return b.unary(Op::Log, b.binary(Op::Sub, d.second, d.first));
  case Family::Gamma:
    return gammaEntropy(b, d);
  case Family::Beta:
    return betaEntropy(b, d);
  case Family::Bernoulli: {
    // softplus(l) - p l, or -p log p - (1 - p) log(1 - p)
    if (d.probs) {
      ValueId rest = b.binary(Op::Sub, 1.0, d.first);
      return b.unary(Op::Neg, b.binary(Op::Add, timesLogChance(b, d.first, d),
                                       timesLogRest(b, rest, d)));
    }
    ValueId probability = b.unary(Op::Sigmoid, d.first);
    return b.binary(Op::Sub, b.unary(Op::Softplus, d.first),
                    b.binary(Op::Mul, probability, d.first));
  }
  case Family::OneHot:
  case Family::Categorical: {
    // -sum over classes of p log p
    ValueId terms = b.unary(Op::Neg, weighedByClass(b, d, d));
    return d.family == Family::OneHot ? terms : sumLast(b, terms);
  }
  case Family::Mixture:
    return std::nullopt;
  }
  return std::nullopt;
}

ValueId stretched(BodyBuilder &b, ValueId value,
                  const std::vector<int64_t> &event) {
  Type type{b.type(value).axes, event};
  return b.type(value).event == event ? value : b.broadcast(value, type);
}

/// What `q.NAME` is, or nothing.
std::optional<ValueId> fieldOf(BodyBuilder &b, const Distribution &d,
                               std::string_view name) {
  if (name == "mu") {
    name = "mean";
  }
  const bool isMean = name == "mean";
  switch (d.family) {
  case Family::Normal:
    return isMean             ? std::optional(d.first)
           : name == "std"    ? std::optional(stdOf(b, d))
           : name == "var"    ? std::optional(varOf(b, d))
           : name == "logvar" ? std::optional(logVarOf(b, d))
                              : std::nullopt;
  case Family::Laplace:
    return isMean            ? std::optional(d.first)
           : name == "scale" ? std::optional(d.second)
                             : std::nullopt;
  case Family::Uniform:
    return isMean           ? std::optional(b.binary(
                                  Op::Mul, b.binary(Op::Add, d.first, d.second), 0.5))
           : name == "low"  ? std::optional(d.first)
           : name == "high" ? std::optional(d.second)
                            : std::nullopt;
  case Family::Gamma:
    return isMean ? std::optional(b.binary(Op::Div, d.first, d.second))
           : name == "concentration" ? std::optional(d.first)
           : name == "rate"          ? std::optional(d.second)
                                     : std::nullopt;
  case Family::Beta:
    return isMean                     ? std::optional(b.binary(
                                            Op::Div, d.first, b.binary(Op::Add, d.first, d.second)))
           : name == "concentration1" ? std::optional(d.first)
           : name == "concentration0" ? std::optional(d.second)
                                      : std::nullopt;
  case Family::Bernoulli:
    return isMean || name == "probs" ? std::optional(chanceOf(b, d))
           : name == "logits"        ? std::optional(logitOf(b, d))
                                     : std::nullopt;
  case Family::OneHot:
  case Family::Categorical:
    if ((isMean && d.family == Family::OneHot) || name == "probs") {
      return classProbs(b, d);
    }
    return name == "logits" ? std::optional(classLogs(b, d)) : std::nullopt;
  case Family::Mixture:
    if (isMean) {
      auto means = fieldOf(b, *d.component, "mean");
      return means ? std::optional(mixtureMean(
                         b, d, stretched(b, *means, d.component->type.event)))
                   : std::nullopt;
    }
    return name == "logits"  ? std::optional(mixtureLogits(b, d))
           : name == "probs" ? std::optional(mixtureProbs(b, d))
                             : std::nullopt;
  }
  return std::nullopt;
}

/// The sum over the last event axes, `kept` of them left.
ValueId sumBehind(BodyBuilder &b, ValueId a, size_t kept) {
  const Type type = b.type(a);
  std::vector<int64_t> dims;
  for (size_t i = kept; i < type.event.size(); ++i) {
    dims.push_back(static_cast<int64_t>(type.axes.size() + i));
  }
  return dims.empty() ? a : b.reduce(Op::Sum, a, std::move(dims));
}

/// log p(x), summed over the event axes of `x` behind the first `kept`.
ValueId valueLogProb(BodyBuilder &b, const Distribution &d, ValueId x,
                     size_t kept, bool isLabel) {
  const std::vector<int64_t> event = b.type(x).event;
  if (d.component) {
    const size_t outer = event.size() - std::min(d.own, event.size());
    ValueId each = valueLogProb(b, *d.component, x, outer, isLabel);
    return sumBehind(b, mixtureLogProb(b, d, each), kept);
  }
  return sumBehind(b, stretched(b, elementLogProb(b, d, x, isLabel), event),
                   kept);
}

} // namespace

ValueId Elaborator::logProb(const Distribution &d, ValueId value) {
  for (const Distribution *m = &d; m->component; m = m->component.get()) {
    if (findAxis(b.type(value), m->axis)) {
      module.report(Diag::MixtureOfAxis, b.range(), m->axis)
          .label(d.where, "its components are on the axis")
          .help("name another axis");
      return b.constant(0); // Its extent need not be the axis's own.
    }
  }
  const Distribution &family = familyOf(d);
  const bool isLabel = family.family == Family::Categorical &&
                       isLabelOf(*this, value, dsl::classesOf(b, family));
  return valueLogProb(b, d, value, 0, isLabel);
}

std::optional<ValueId> Elaborator::unitDivergence(const Distribution &q,
                                                  const Distribution &p) {
  bool fits = q.type.event == p.type.event || p.type.event.empty();
  auto element = fits ? elementDivergence(b, q, p) : std::nullopt;
  if (!element) {
    return std::nullopt;
  }
  return meanOverDraws(stretched(b, *element, q.type.event));
}

std::optional<ValueId> Elaborator::divergence(const Distribution &q,
                                              const Distribution &p,
                                              std::optional<ValueId> draw,
                                              SourceRange range) {
  bool fits = q.type.event == p.type.event || p.type.event.empty();
  if (!fits || !unitedAxes(q.type.axes, p.type.axes)) {
    module.report(Diag::DivergenceShape, range)
        .label(q.where, dsl::typeText(q.type))
        .label(p.where, dsl::typeText(p.type));
    return std::nullopt;
  }
  if (!fitsPrior(*this, q, p, range)) {
    return std::nullopt;
  }
  b.setRange(range);
  if (auto element = elementDivergence(b, q, p)) {
    return b.reduceEvent(Op::Sum, stretched(b, *element, q.type.event));
  }
  if (!draw) {
    module.report(Diag::NoClosedDivergence, range)
        .help("the divergence of a latent is taken from its draw: `kl(z)`");
    return std::nullopt;
  }
  return b.binary(Op::Sub, logProb(q, *draw), logProb(p, *draw));
}

//===----------------------------------------------------------------------===//
// Entropy, parameters
//===----------------------------------------------------------------------===//

Value Elaborator::distributionField(const Distribution &d,
                                    const ast::MemberExpr &expr) {
  auto field = fieldOf(b, d, expr.member.text);
  if (!field) {
    module
        .report(Diag::NoDistributionField, expr.member.range, expr.member.text)
        .label(d.where, "has none")
        .help(
            "there are `mean`, and the parameters: `std var logvar`, `scale`, "
            "`low high`, `concentration rate`, `concentration1 "
            "concentration0`, `probs logits`");
    return {};
  }
  // Without brackets of its own a parameter is a single number.
  ValueId value = *field;
  bool perClass = d.family == Distribution::Family::Categorical ||
                  (d.component && expr.member.text != "mean");
  return Value::ofTensor(perClass ? value : stretched(b, value, d.type.event));
}

namespace {

Value entropyCall(Elaborator &e, const CallSite &site,
                  const Arguments &arguments, const LibraryEntry &) {
  const Bound &bound = *arguments.find("q");
  Value value = e.evaluate(bound);
  if (value.kind != Value::Kind::Distribution) {
    if (!value.isError()) {
      e.module.report(Diag::NotADistribution, bound.range, e.typeText(value))
          .help("`entropy` takes a distribution: `entropy(Normal(Enc(x)))`");
    }
    return {};
  }
  const Distribution &d = *value.distribution;
  e.b.setRange(site.range);
  auto element = elementEntropy(e.b, d);
  if (!element) {
    e.module.report(Diag::NoClosedEntropy, bound.range)
        .label(d.where, "is a mixture")
        .help("a draw estimates it: `z ~ q`, then `-log_prob(q, z)`");
    return {};
  }
  return Value::ofTensor(
      e.b.reduceEvent(Op::Sum, stretched(e.b, *element, d.type.event)));
}

constexpr LibraryEntry entries[] = {
    {"entropy(q)", entropyCall},
};

} // namespace

std::span<const LibraryEntry> densityEntries() { return entries; }

} // namespace gmc::dsl
