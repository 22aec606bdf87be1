//===- Mixtures.cpp - one of several of a family, by weights --------------===//
//
//   Mixture(D, logits: l, over: m): p(x) = sum over m of w_m D_m(x),
//   w = softmax(l) along m.
//
// A value as a whole is of one component; `[n]` repeats the mixture, so that
// each of the n has a component of its own. `own` counts the event axes of one.
//
//===----------------------------------------------------------------------===//
#include "dsl/library/Mixtures.h"

#include "dsl/library/Entries.h"
#include "dsl/library/Scores.h"
#include "dsl/program/Formulas.h"

#include <numeric>

namespace gmc::dsl {

using Family = Distribution::Family;

//===----------------------------------------------------------------------===//
// The call
//===----------------------------------------------------------------------===//

namespace {

/// log w of the weights that a call gives by `logits`, or w of `probs`, on
/// `axis`; nothing after an error.
std::optional<ValueId> weightsOf(Elaborator &e, const CallSite &site,
                                 const Arguments &arguments, const Axis &axis) {
  const Bound *logits = arguments.find("logits");
  const Bound *probs = arguments.find("probs");
  if ((logits != nullptr) == (probs != nullptr)) {
    e.module.report(Diag::DistributionParameters, site.range, site.name,
                    "either `logits:` or `probs:`");
    return std::nullopt;
  }
  const Bound &given = logits ? *logits : *probs;
  auto weights = e.tensor(given);
  if (!weights) {
    return std::nullopt;
  }
  Type type = e.b.type(*weights);
  auto axes = unitedAxes(type.axes, {axis});
  if (!axes || !type.event.empty()) {
    e.module.report(Diag::MixtureWeights, given.range, axis.name)
        .label("is " + typeText(type))
        .help(fmt::format("`lift(pi, 0 as {})` puts the entries of a vector on "
                          "the axis",
                          axis.name));
    return std::nullopt;
  }
  if (logits) {
    warnOfLogits(e, site, *weights, given.range, Scores::Classes);
  } else {
    warnOfProbs(e, site, *weights, given.range, Scores::Classes);
  }
  e.b.setRange(site.range);
  type.axes = *axes;
  ValueId wide = e.b.broadcast(*weights, type);
  auto place = static_cast<int64_t>(*findAxis(type, axis.name));
  if (probs) {
    ValueId total = e.b.reduce(Op::Sum, wide, {place});
    return e.b.binary(Op::Div, wide, e.b.broadcast(total, type));
  }
  ValueId norm = logSumExp(e.b, wide, {place});
  return e.b.binary(Op::Sub, wide, e.b.broadcast(norm, type));
}

Value mixture(Elaborator &e, const CallSite &site, const Arguments &arguments,
              const LibraryEntry &) {
  const Bound &of = *arguments.find("components");
  const Bound &over = *arguments.find("over");
  Value value = e.evaluate(of);
  if (value.kind != Value::Kind::Distribution) {
    if (!value.isError()) {
      e.module.report(Diag::NotADistribution, of.range, e.typeText(value))
          .help("`Mixture(Normal(lift(mu, 0 as m), 1), logits: lift(pi, 0 as "
                "m), over: m)`");
    }
    return {};
  }
  const Distribution &component = *value.distribution;
  const auto *name = over.expr ? ast::as<ast::NameExpr>(*over.expr) : nullptr;
  auto place = name && name->text != "batch"
                   ? findAxis(component.type, name->text)
                   : std::nullopt;
  if (!place) {
    e.module.report(Diag::MixtureAxis, over.range)
        .label(of.range, "is of " + typeText(component.type))
        .help("`lift(mu, 0 as m)` puts what differs from component to "
              "component on an axis");
    return {};
  }
  const Axis axis = component.type.axes[*place];
  auto weights = weightsOf(e, site, arguments, axis);
  if (!weights) {
    return {};
  }
  auto axes = unitedAxes(component.type.axes, e.b.type(*weights).axes);
  if (!axes) {
    e.module.report(Diag::MixtureWeights, site.range, axis.name)
        .label(of.range, "is of " + typeText(component.type));
    return {};
  }
  std::erase(*axes, axis);
  auto d = std::make_shared<Distribution>();
  d->family = Family::Mixture;
  d->first = d->second = *weights;
  d->probs = arguments.find("probs") != nullptr;
  d->component = value.distribution;
  d->axis = axis.name;
  d->own = component.type.event.size();
  d->type = {std::move(*axes), component.type.event};
  d->where = site.range;
  return Value::ofDistribution(std::move(d));
}

constexpr LibraryEntry entries[] = {
    {"Mixture(components, logits:?, probs:?, over:)", mixture},
};

/// The sum over the axis of `d` of what has one number a component.
ValueId overComponents(BodyBuilder &b, const Distribution &d, Op op,
                       ValueId value) {
  auto place = findAxis(b.type(value), d.axis);
  return b.reduce(op, value, {static_cast<int64_t>(*place)});
}

} // namespace

std::span<const LibraryEntry> mixtureEntries() { return entries; }

//===----------------------------------------------------------------------===//
// Formulas
//===----------------------------------------------------------------------===//

ValueId mixtureLogits(BodyBuilder &b, const Distribution &d) {
  return d.probs ? b.unary(Op::Log, d.first) : d.first;
}

ValueId mixtureProbs(BodyBuilder &b, const Distribution &d) {
  return d.probs ? d.first : b.unary(Op::Exp, d.first);
}

namespace {

/// m + log of the sum of w exp(l - m), l being the log densities of components
/// and m the largest of l + log w. A weight of 0 has a derivative, exp(l - m),
/// which is held below the largest f32.
ValueId logOfWeighedSum(BodyBuilder &b, const Distribution &d, ValueId l) {
  ValueId terms = b.binary(Op::Add, l, b.unary(Op::Log, d.first));
  const Type type = b.type(terms);
  auto place = static_cast<int64_t>(*findAxis(type, d.axis));
  ValueId top = topOf(b, terms, {place});
  ValueId apart = b.binary(Op::Sub, l, b.broadcast(top, type));
  apart = b.select(b.binary(Op::Greater, b.unary(Op::Stop, d.first), 0.0),
                   apart, b.binary(Op::Min, apart, 88.0));
  ValueId weighed = b.binary(Op::Mul, d.first, b.unary(Op::Exp, apart));
  ValueId sum = b.reduce(Op::Sum, weighed, {place});
  return b.binary(Op::Add, top, b.unary(Op::Log, sum));
}

} // namespace

ValueId mixtureLogProb(BodyBuilder &b, const Distribution &d,
                       ValueId ofComponents) {
  if (d.probs) {
    return logOfWeighedSum(b, d, ofComponents);
  }
  ValueId terms = b.binary(Op::Add, ofComponents, d.first);
  auto place = static_cast<int64_t>(*findAxis(b.type(terms), d.axis));
  return logSumExp(b, terms, {place});
}

ValueId mixtureMean(BodyBuilder &b, const Distribution &d, ValueId means) {
  ValueId weighed = b.binary(Op::Mul, mixtureProbs(b, d), means);
  return overComponents(b, d, Op::Sum, weighed);
}

namespace {

/// Puts `a` along new axes behind its event so that it is `event`.
ValueId leading(BodyBuilder &b, ValueId a, const std::vector<int64_t> &event) {
  const Type from = b.type(a);
  std::vector<int64_t> dims(from.shape().size());
  std::iota(dims.begin(), dims.end(), 0);
  return from.event == event
             ? a
             : b.broadcast(a, {from.axes, event}, std::move(dims));
}

/// The parameter `id` of the component that `label` says: the sum over the axis
/// of [m = label] id_m. `event` is that of the values, or of their classes.
ValueId chosenOf(BodyBuilder &b, const Distribution &mixture, ValueId label,
                 ValueId id, const std::vector<int64_t> &event,
                 std::vector<ValueId> &marks) {
  auto place = findAxis(b.type(id), mixture.axis);
  if (!place) {
    return id;
  }
  const Axis axis = b.type(id).axes[*place];
  Type wide = b.type(label);
  wide.axes = *unitedAxes(wide.axes, {axis});
  auto dim = static_cast<int64_t>(*findAxis(wide, axis.name));
  ValueId mark =
      b.binary(Op::Equal, b.broadcast(label, wide), b.iota(wide, dim));
  marks.push_back(mark);
  const bool single = b.type(id).event.empty();
  if (!single) {
    id = trailing(b, id, event);
  }
  if (!wide.event.empty()) {
    mark = leading(b, mark, event);
  }
  // Of classes log p may be -inf, so that 0 log p is no number.
  const Family family = familyOf(mixture).family;
  const bool classes =
      family == Family::Categorical || family == Family::OneHot;
  return overComponents(b, mixture, Op::Sum,
                        classes ? b.select(mark, id, b.constant(0))
                                : b.binary(Op::Mul, mark, id));
}

/// `d`, a component of `mixture`, with the parameters that `label` says.
Distribution chosenComponent(BodyBuilder &b, const Distribution &mixture,
                             const Distribution &d, ValueId label,
                             std::vector<ValueId> &marks) {
  Distribution result = d;
  std::vector<int64_t> event = d.type.event;
  if (d.family == Family::Categorical) {
    event.push_back(classesOf(b, d));
  }
  result.first = chosenOf(b, mixture, label, d.first, event, marks);
  result.second = d.second == d.first
                      ? result.first
                      : chosenOf(b, mixture, label, d.second, event, marks);
  if (d.component) {
    result.component = std::make_shared<Distribution>(
        chosenComponent(b, mixture, *d.component, label, marks));
  }
  return result;
}

} // namespace

Distribution drawnComponent(Elaborator &e, const Distribution &d,
                            const Type &type, const std::string &name) {
  BodyBuilder &b = e.b;
  const Type weights = b.type(d.first);
  const auto place = static_cast<size_t>(*findAxis(weights, d.axis));
  // A class for each value of one component: the largest of log w + g.
  std::vector<int64_t> outer(type.event.begin(), type.event.end() - d.own);
  Type wide{type.axes, outer};
  wide.event.push_back(weights.axes[place].extent);
  // No name of the language has a blank: the site is nobody else's.
  ValueId u = b.random(Op::RandomUniform, wide, e.siteOf(name + " component"));
  ValueId g =
      b.unary(Op::Neg, b.unary(Op::Log, b.unary(Op::Neg, b.unary(Op::Log, u))));
  ValueId logs =
      trailing(b, b.stackAxis(mixtureLogits(b, d), place), wide.event);
  std::vector<ValueId> marks;
  ValueId label = argmaxLast(b, b.binary(Op::Add, logs, g), &marks);
  Distribution like = *d.component;
  repeatParameters(b, like, type.event);
  Distribution result = chosenComponent(b, d, like, label, marks);
  result.type = type;
  for (ValueId mark : marks) {
    e.discreteDraws[mark] = name;
  }
  return result;
}

} // namespace gmc::dsl
