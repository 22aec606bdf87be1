//===- Distributions.cpp - families and their parameters ------------------===//
//
// A distribution is a value: a family and its parameters. Densities.cpp has its
// formulas, Draws.cpp draws from it.
//
//===----------------------------------------------------------------------===//
#include "dsl/library/Entries.h"
#include "dsl/library/Scores.h"
#include "dsl/program/Formulas.h"
#include "dsl/sema/Limits.h"

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

/// Reports a number outside of its range. What `mayEnd` at 0 is a spread, of
/// which nothing is left there.
bool positive(Elaborator &e, const CallSite &site, ValueId id,
              SourceRange range, const char *name, bool mayEnd) {
  std::string what = fmt::format("`{}` of `{}`", name, site.name);
  return isWithin(
      e, {inLine(e.module, what, range), above(0), mayEnd}, id, range,
      [&](double number) {
        e.module.report(Diag::ParameterSupport, range, name, site.name, number)
            .help("it must be greater than 0");
      });
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
      if (spread != Spread::LogVar &&
          !positive(e, site, id, range, name, true)) {
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
  if (!positive(e, site, scale, scaleRange, "scale", true)) {
    return {};
  }
  return pairOf(e, site, Family::Laplace, mu, muRange, scale, scaleRange);
}

/// Gamma(concentration, rate) and Beta(concentration1, concentration0).
template <Family family>
Value positivePair(Elaborator &e, const CallSite &site,
                   const Arguments &arguments, const LibraryEntry &) {
  constexpr bool isGamma = family == Family::Gamma;
  const std::vector<std::string> names =
      isGamma ? std::vector<std::string>{"concentration", "rate"}
              : std::vector<std::string>{"concentration1", "concentration0"};
  Given given;
  if (!gather(e, site, arguments, names, given)) {
    return {};
  }
  for (const std::string &name : names) {
    if (!given.count(name)) {
      missing(e, site,
              isGamma ? "a concentration and a rate"
                      : "`concentration1` and `concentration0`");
      return {};
    }
    auto [id, range] = given[name];
    if (!positive(e, site, id, range, name.c_str(), false)) {
      return {};
    }
  }
  auto [first, firstRange] = given[names[0]];
  auto [second, secondRange] = given[names[1]];
  return pairOf(e, site, family, first, firstRange, second, secondRange);
}

Value uniform(Elaborator &e, const CallSite &site, const Arguments &arguments,
              const LibraryEntry &) {
  const Bound &lowBound = *arguments.find("low");
  const Bound &highBound = *arguments.find("high");
  auto low = e.tensor(lowBound), high = e.tensor(highBound);
  if (!low || !high) {
    return {};
  }
  e.b.setRange(site.range);
  if (!isInterval(e, inLine(e.module, "`Uniform`", site.range), *low, *high,
                  site.range, [&](double a, double c) {
                    e.module.report(Diag::UniformEnds, site.range, a, c)
                        .help("the lower end comes first");
                  })) {
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
    auto [logits, range] = given["logits"];
    warnOfLogits(e, site, logits, range, Scores::Bits);
    d->first = logits;
  } else {
    auto [p, range] = given["probs"];
    warnOfProbs(e, site, p, range, Scores::Bits);
    SourceRange at = range; // what a structured binding cannot lend
    if (!isWithin(e,
                  {inLine(e.module, "a probability", at), {0, 1, false, true}},
                  p, at, [&](double number) {
                    e.module.report(Diag::ProbabilityRange, at, number);
                  })) {
      return {};
    }
    // Of a sigmoid, its argument; another p may be 0 or 1.
    auto inner = b.sigmoidArgument(p);
    d->first = inner.value_or(p);
    d->probs = !inner;
  }
  d->second = d->first;
  d->type = b.type(d->first);
  return Value::ofDistribution(std::move(d));
}

/// Makes a Categorical or OneHot of log p along the last axis, or of weights
/// and their sum.
Value classes(Elaborator &e, const CallSite &site, ValueId first,
              std::optional<ValueId> total = std::nullopt) {
  auto d = std::make_shared<Distribution>();
  d->family = site.name == "OneHot" ? Family::OneHot : Family::Categorical;
  d->where = site.range;
  d->first = first;
  d->second = total.value_or(first);
  d->probs = total.has_value();
  d->type = e.b.type(first);
  if (d->family == Family::Categorical) {
    d->type.event.pop_back();
  }
  return Value::ofDistribution(std::move(d));
}

/// Categorical(p) and OneHot(p), or of logits; p need not sum to 1.
Value categorical(Elaborator &e, const CallSite &site,
                  const Arguments &arguments, const LibraryEntry &) {
  Given given;
  if (!gather(e, site, arguments, {"probs", "logits"}, given)) {
    return {};
  }
  if (given.size() != 1) {
    missing(e, site, "either `logits:` or `probs:`");
    return {};
  }
  auto [scores, range] = given.begin()->second;
  if (e.b.type(scores).event.empty()) {
    e.module.report(Diag::ClassesWanted, range, site.name)
        .label("is " + typeText(e.b.type(scores)))
        .help("the last event axis holds a number for each class");
    return {};
  }
  e.b.setRange(site.range);
  if (given.count("logits")) {
    warnOfLogits(e, site, scores, range, Scores::Classes);
    return classes(e, site, logSoftmaxOf(e.b, scores));
  }
  warnOfProbs(e, site, scores, range, Scores::Classes);
  ValueId total =
      alongLast(e.b, sumLast(e.b, scores), e.b.type(scores).event.back());
  return classes(e, site, scores, total);
}

/// UniformInt(n): 0 to n - 1, each with 1/n.
Value uniformInt(Elaborator &e, const CallSite &site,
                 const Arguments &arguments, const LibraryEntry &) {
  const Bound &count = *arguments.find("n");
  auto n = count.expr ? e.dimension(*count.expr) : std::nullopt;
  if (!n) {
    return {};
  }
  e.b.setRange(site.range);
  return classes(e, site, e.b.constant(-std::log(double(*n)), {{}, {*n}}));
}

constexpr LibraryEntry entries[] = {
    {"Categorical(probs?, logits:?)", categorical},
    {"OneHot(probs?, logits:?)", categorical},
    {"UniformInt(n)", uniformInt},
    {"Normal(mean?, std?, var:?, logvar:?, mu:?)", normal},
    {"Laplace(mean?, scale?)", laplace},
    {"Uniform(low, high)", uniform},
    {"Gamma(concentration?, rate?)", positivePair<Family::Gamma>},
    {"Beta(concentration1?, concentration0?)", positivePair<Family::Beta>},
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
  repeatParameters(b, *d, event);
  if (!sizeIsSane(d->type, index.brackets)) {
    return {};
  }
  return Value::ofDistribution(std::move(d));
}

} // namespace gmc::dsl
