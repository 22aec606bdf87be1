//===- Distributions.cpp - families, densities, divergences, draws --------===//
//
// A distribution is a value: a family and its parameters. Densities sum over
// the event: nats an example.
//
//===----------------------------------------------------------------------===//
#include "dsl/sema/Library.h"

#include <cmath>

namespace gmc::dsl {

using Family = Distribution::Family;
using Spread = Distribution::Spread;

//===----------------------------------------------------------------------===//
// Parameters
//===----------------------------------------------------------------------===//

namespace {

/// Parameters by name, given one by one or by a record.
using Given = std::map<std::string, std::pair<ValueId, SourceRange>>;

/// Fills `given` from the arguments `names`; one argument that is a record
/// fills by the names of its fields.
bool gather(Elaborator &e, const CallSite &site, const Arguments &arguments,
            const std::vector<std::string> &names, Given &given) {
  for (const std::string &name : names) {
    const Bound *bound = arguments.find(name);
    if (!bound) {
      continue;
    }
    Value value = e.evaluate(*bound);
    if (value.isError()) {
      return false;
    }
    if (value.kind != Value::Kind::Record) {
      auto id = e.toTensor(value, bound->range);
      if (!id) {
        return false;
      }
      given[name == "mean" ? "mu" : name] = {*id, bound->range};
      continue;
    }
    for (size_t i = 0; i < value.names.size(); ++i) {
      std::string field = value.names[i] == "mean" ? "mu" : value.names[i];
      bool fits = field == "mu" && names[0] == "mean";
      for (const std::string &other : names) {
        fits = fits || other == field;
      }
      if (!fits) {
        e.module.report(Diag::RecordField, bound->range, field, site.name)
            .help(
                fmt::format("`{}` has {}", site.name, fmt::join(names, ", ")));
        return false;
      }
      auto id = e.toTensor(value.elements[i], bound->range);
      if (!id) {
        return false;
      }
      given[field] = {*id, bound->range};
    }
  }
  return true;
}

bool missing(Elaborator &e, const CallSite &site, const char *what) {
  e.module.report(Diag::DistributionParameters, site.range, site.name, what);
  return true;
}

/// Reports a constant outside of its range.
bool positive(Elaborator &e, const CallSite &site, ValueId id,
              SourceRange range, const char *name) {
  auto number = e.b.constantValue(id);
  if (number && !(*number > 0)) {
    e.module.report(Diag::ParameterSupport, range, name, site.name, *number)
        .help("it must be greater than 0");
    return false;
  }
  return true;
}

/// Builds a distribution of two parameters, their shapes joined.
Value pairOf(Elaborator &e, const CallSite &site, Family family, ValueId first,
             SourceRange firstRange, ValueId second, SourceRange secondRange,
             Spread spread = Spread::Std) {
  if (!e.aligned(site.name, site.nameRange, first, firstRange, second,
                 secondRange)) {
    return {};
  }
  auto d = std::make_shared<Distribution>();
  d->family = family;
  d->first = first;
  d->second = second;
  d->spread = spread;
  d->type = *alignedType(e.b.type(first), e.b.type(second));
  d->where = site.range;
  return Value::ofDistribution(std::move(d));
}

Value normal(Elaborator &e, const CallSite &site, const Arguments &arguments,
             const LibraryEntry &) {
  Given given;
  if (!gather(e, site, arguments, {"mean", "std", "var", "logvar"}, given)) {
    return {};
  }
  if (arguments.find("mu") && !gather(e, site, arguments, {"mu"}, given)) {
    return {};
  }
  if (!given.count("mu") ||
      given.count("std") + given.count("var") + given.count("logvar") != 1) {
    missing(e, site, "a mean and one of `std`, `var`, `logvar`");
    return {};
  }
  auto [mu, muRange] = given["mu"];
  for (auto [name, spread] :
       {std::pair("std", Spread::Std), std::pair("var", Spread::Var),
        std::pair("logvar", Spread::LogVar)}) {
    if (given.count(name)) {
      auto [id, range] = given[name];
      if (spread != Spread::LogVar && !positive(e, site, id, range, name)) {
        return {};
      }
      return pairOf(e, site, Family::Normal, mu, muRange, id, range, spread);
    }
  }
  return {};
}

Value laplace(Elaborator &e, const CallSite &site, const Arguments &arguments,
              const LibraryEntry &) {
  Given given;
  if (!gather(e, site, arguments, {"mean", "scale"}, given)) {
    return {};
  }
  if (!given.count("mu") || !given.count("scale")) {
    missing(e, site, "a mean and a scale");
    return {};
  }
  auto [mu, muRange] = given["mu"];
  auto [scale, scaleRange] = given["scale"];
  if (!positive(e, site, scale, scaleRange, "scale")) {
    return {};
  }
  return pairOf(e, site, Family::Laplace, mu, muRange, scale, scaleRange);
}

Value uniform(Elaborator &e, const CallSite &site, const Arguments &arguments,
              const LibraryEntry &) {
  const Bound &lowBound = *arguments.find("low");
  const Bound &highBound = *arguments.find("high");
  auto low = e.tensor(lowBound), high = e.tensor(highBound);
  if (!low || !high) {
    return {};
  }
  auto a = e.b.constantValue(*low), c = e.b.constantValue(*high);
  if (a && c && !(*a < *c)) {
    e.module.report(Diag::UniformEnds, site.range, *a, *c)
        .help("the lower end comes first");
    return {};
  }
  return pairOf(e, site, Family::Uniform, *low, lowBound.range, *high,
                highBound.range);
}

/// Bernoulli(p), or of logits; `grey: true` observes numbers in [0, 1].
Value bernoulli(Elaborator &e, const CallSite &site, const Arguments &arguments,
                const LibraryEntry &) {
  Given given;
  if (!gather(e, site, arguments, {"probs", "logits"}, given)) {
    return {};
  }
  if (given.size() != 1) {
    missing(e, site, "either `logits:` or `probs:`");
    return {};
  }
  auto d = std::make_shared<Distribution>();
  d->family = Family::Bernoulli;
  d->where = site.range;
  if (const Bound *grey = arguments.find("grey")) {
    const auto *word =
        grey->expr ? ast::as<ast::NameExpr>(*grey->expr) : nullptr;
    if (!word || (word->text != "true" && word->text != "false")) {
      e.module.report(Diag::FlagWanted, grey->range, "grey")
          .label("is neither `true` nor `false`");
      return {};
    }
    d->grey = word->text == "true";
  }
  BodyBuilder &b = e.b;
  b.setRange(site.range);
  if (given.count("logits")) {
    d->first = given["logits"].first;
  } else {
    auto [p, range] = given["probs"];
    auto number = b.constantValue(p);
    if (number && !(*number >= 0 && *number <= 1)) {
      e.module.report(Diag::ProbabilityRange, range, *number);
      return {};
    }
    // logits = log p - log(1 - p); of a sigmoid, its argument
    auto inner = b.sigmoidArgument(p);
    d->first = inner ? *inner
                     : b.binary(Op::Sub, b.unary(Op::Log, p),
                                b.unary(Op::Log, b.binary(Op::Sub, 1.0, p)));
  }
  d->second = d->first;
  d->type = b.type(d->first);
  return Value::ofDistribution(std::move(d));
}

constexpr LibraryEntry entries[] = {
    {"Normal(mean?, std?, var:?, logvar:?, mu:?)", normal},
    {"Laplace(mean?, scale?)", laplace},
    {"Uniform(low, high)", uniform},
    {"Bernoulli(probs?, logits:?, grey:?)", bernoulli},
};

} // namespace

std::span<const LibraryEntry> distributionEntries() { return entries; }

Value Elaborator::reshaped(const Value &value, const ast::IndexExpr &index) {
  auto d = std::make_shared<Distribution>(*value.distribution);
  std::vector<int64_t> event;
  for (const ast::IndexItem &item : index.items) {
    if (item.kind != ast::IndexItem::Kind::At) {
      module.report(Diag::DistributionShape, item.range)
          .help("the brackets of a distribution repeat it: "
                "`Normal(0, 1)[latent]`");
      return {};
    }
    auto extent = dimension(*item.begin);
    if (!extent) {
      return {};
    }
    event.push_back(*extent);
  }
  event.insert(event.end(), d->type.event.begin(), d->type.event.end());
  if (!d->type.event.empty()) {
    // Parameters of an event of their own are repeated along new axes.
    auto stretch = [&](ValueId id) {
      Type from = b.type(id);
      if (from.event.empty()) {
        return id;
      }
      Type to{from.axes, event};
      std::vector<int64_t> dims;
      for (size_t i = 0; i < from.axes.size(); ++i) {
        dims.push_back(static_cast<int64_t>(i));
      }
      for (size_t i = 0; i < from.event.size(); ++i) {
        dims.push_back(
            static_cast<int64_t>(to.shape().size() - from.event.size() + i));
      }
      return b.broadcast(id, to, std::move(dims));
    };
    d->first = stretch(d->first);
    d->second = stretch(d->second);
  }
  d->type.event = std::move(event);
  if (!sizeIsSane(d->type, index.brackets)) {
    return {};
  }
  return Value::ofDistribution(std::move(d));
}

//===----------------------------------------------------------------------===//
// Draws, densities, divergences
//===----------------------------------------------------------------------===//

namespace {

ValueId stdOf(BodyBuilder &b, const Distribution &d) {
  switch (d.spread) {
  case Spread::Std:
    return d.second;
  case Spread::Var:
    return b.unary(Op::Sqrt, d.second);
  case Spread::LogVar:
    return b.unary(Op::Exp, b.binary(Op::Mul, d.second, 0.5));
  }
  return d.second;
}

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

/// log p(x) of one element.
ValueId elementLogProb(BodyBuilder &b, const Distribution &d, ValueId x) {
  switch (d.family) {
  case Family::Normal: {
    // -1/2 (log 2 pi + log var + (x - mu)^2 / var)
    ValueId squared = b.binary(Op::Pow, b.binary(Op::Sub, x, d.first), 2.0);
    ValueId scaled = b.binary(Op::Div, squared, varOf(b, d));
    ValueId sum = b.binary(Op::Add, scaled, logVarOf(b, d));
    sum = b.binary(Op::Add, sum, std::log(2 * M_PI));
    return b.binary(Op::Mul, sum, -0.5);
  }
  case Family::Bernoulli:
    // x l - softplus(l)
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
    // -log(high - low), the value being taken to lie inside
    return b.unary(Op::Neg,
                   b.unary(Op::Log, b.binary(Op::Sub, d.second, d.first)));
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
    ValueId apart = b.binary(Op::Pow, b.binary(Op::Sub, q.first, p.first), 2.0);
    ValueId spread =
        b.binary(Op::Div, b.binary(Op::Add, varOf(b, q), apart), varOf(b, p));
    ValueId sum = b.binary(Op::Sub, b.binary(Op::Add, logs, spread), 1.0);
    return b.binary(Op::Mul, sum, 0.5);
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
  if (q.family == Family::Laplace) {
    // log sp/sq + |d| / sp + sq/sp exp(-|d| / sq) - 1
    ValueId far = b.unary(Op::Abs, b.binary(Op::Sub, q.first, p.first));
    ValueId ratio = b.binary(Op::Div, q.second, p.second);
    ValueId tail =
        b.unary(Op::Exp, b.unary(Op::Neg, b.binary(Op::Div, far, q.second)));
    ValueId sum = b.binary(Op::Add, b.binary(Op::Div, far, p.second),
                           b.binary(Op::Mul, ratio, tail));
    sum = b.binary(Op::Sub, sum, b.unary(Op::Log, ratio));
    return b.binary(Op::Sub, sum, 1.0);
  }
  return std::nullopt;
}

ValueId stretched(BodyBuilder &b, ValueId value,
                  const std::vector<int64_t> &event) {
  Type type{b.type(value).axes, event};
  return b.type(value).event == event ? value : b.broadcast(value, type);
}

} // namespace

ValueId Elaborator::sample(const Distribution &d, const std::string &name,
                           bool once) {
  Type type = d.type;
  if (!once) {
    type.axes = *unitedAxes(type.axes, openAxes);
  }
  uint64_t site = siteOf(name);
  if (d.family == Family::Normal) {
    ValueId noise = b.random(Op::RandomNormal, type, site);
    return b.binary(Op::Add, d.first, b.binary(Op::Mul, stdOf(b, d), noise));
  }
  ValueId u = b.random(Op::RandomUniform, type, site);
  if (d.family == Family::Uniform) {
    ValueId width = b.binary(Op::Sub, d.second, d.first);
    return b.binary(Op::Add, d.first, b.binary(Op::Mul, width, u));
  }
  if (d.family == Family::Laplace) {
    // mu - s sign(v) log(1 - 2 |v|), v = u - 1/2
    ValueId v = b.binary(Op::Sub, u, 0.5);
    ValueId tail =
        b.binary(Op::Sub, 1.0, b.binary(Op::Mul, b.unary(Op::Abs, v), 2.0));
    ValueId step =
        b.binary(Op::Mul, b.unary(Op::Sign, v), b.unary(Op::Log, tail));
    return b.binary(Op::Sub, d.first, b.binary(Op::Mul, d.second, step));
  }
  ValueId drawn = b.binary(Op::Less, u, b.unary(Op::Sigmoid, d.first));
  discreteDraws[drawn] = name;
  return drawn;
}

ValueId Elaborator::logProb(const Distribution &d, ValueId value) {
  ValueId element = elementLogProb(b, d, value);
  element = stretched(b, element, b.type(value).event);
  return b.reduceEvent(Op::Sum, element);
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

} // namespace gmc::dsl
