//===- Coverage.cpp - metrics of points and of latents --------------------===//
//
// Of points that are drawn and the modes of a built-in ring or grid, by the
// protocol of PacGAN (Lin et al. 2018): a point counts for the mode nearest to
// it if it is less than 3 standard deviations away. Of latents the units in
// use (Burda et al. 2016): those whose mean varies by more than 0.01.
//
//===----------------------------------------------------------------------===//
#include "dsl/library/Entries.h"
#include "dsl/library/SetStatistics.h"
#include "dsl/program/Formulas.h"

#include <cmath>
#include <numbers>

namespace gmc::dsl {
namespace {

/// The centres of modes, [K] each, and their standard deviation.
struct Modes {
  ValueId x = 0, y = 0;
  int64_t count = 0;
  double deviation = 0;
  const Field *field = nullptr; ///< what `normalize` makes of a point
};

Modes ringModes(BodyBuilder &b, const Dataset &ring) {
  Modes modes;
  modes.count = static_cast<int64_t>(ring.settings.at("modes"));
  const double step = 2 * std::numbers::pi / double(modes.count);
  const double radius = ring.settings.at("radius");
  ValueId angle = b.binary(Op::Mul, b.iota({{}, {modes.count}}, 0), step);
  modes.x = b.binary(Op::Mul, b.unary(Op::Cos, angle), radius);
  modes.y = b.binary(Op::Mul, b.unary(Op::Sin, angle), radius);
  return modes;
}

Modes gridModes(BodyBuilder &b, const Dataset &grid) {
  const double side = grid.settings.at("side");
  const double spacing = grid.settings.at("spacing"), middle = (side - 1) / 2;
  Modes modes;
  modes.count = static_cast<int64_t>(side * side);
  ValueId mode = b.iota({{}, {modes.count}}, 0);
  ValueId row = floorOf(b, b.binary(Op::Div, mode, side));
  ValueId column = remainderOf(b, mode, b.constant(side));
  modes.x = b.binary(Op::Mul, b.binary(Op::Sub, row, middle), spacing);
  modes.y = b.binary(Op::Mul, b.binary(Op::Sub, column, middle), spacing);
  return modes;
}

/// Reads `of: r`, a ring or grid; reports others.
std::optional<Modes> modesOf(Elaborator &e, const CallSite &site,
                             const Bound &of) {
  const auto *name = of.expr ? ast::as<ast::NameExpr>(*of.expr) : nullptr;
  auto it = name ? e.module.values.find(name->text) : e.module.values.end();
  const Dataset *dataset =
      it != e.module.values.end() ? e.module.datasetOf(it->second) : nullptr;
  if (dataset) {
    e.module.use(it->second.range);
    if (dataset->format == "ring" || dataset->format == "grid") {
      Modes modes = dataset->format == "ring" ? ringModes(e.b, *dataset)
                                              : gridModes(e.b, *dataset);
      modes.deviation = dataset->settings.at("std");
      modes.field = &dataset->fields.front();
      return modes;
    }
  }
  e.module
      .report(Diag::ModesOf, of.range, site.name,
              e.module.source.text(of.range))
      .help("`of:` takes data that are a built-in `ring` or `grid`");
  return std::nullopt;
}

/// A coordinate as it was before `normalize`.
ValueId unscaled(BodyBuilder &b, const Field &field, size_t place,
                 ValueId entry) {
  if (field.mean.empty()) {
    return entry;
  }
  const size_t i = field.mean.size() > 1 ? place : 0;
  return b.binary(Op::Add, b.binary(Op::Mul, entry, field.deviation[i]),
                  field.mean[i]);
}

/// Returns 1 at the mode that each point counts for, else 0, [K].
std::optional<ValueId> countedModes(Elaborator &e, const CallSite &site,
                                    const Arguments &arguments) {
  const Bound &bound = *arguments.find("x");
  auto x = e.tensor(bound);
  if (!x || !hasSet(e, site.range)) {
    return std::nullopt;
  }
  BodyBuilder &b = e.b;
  const Type type = b.type(*x);
  if (type.event != std::vector<int64_t>{2} || type.axes.size() != 1) {
    e.module.report(Diag::PointWanted, bound.range, site.name)
        .label("is " + typeText(type))
        .help("one point an example, f32[2]");
    return std::nullopt;
  }
  b.setRange(site.range);
  auto modes = modesOf(e, site, *arguments.find("of"));
  if (!modes) {
    return std::nullopt;
  }
  auto squared = [&](int64_t place, ValueId centre) {
    ValueId entry = b.reshapeEvent(b.sliceEvent(*x, 0, place, place + 1), {});
    entry = unscaled(b, *modes->field, static_cast<size_t>(place), entry);
    ValueId apart =
        b.binary(Op::Sub, alongLast(b, entry, modes->count), centre);
    return b.binary(Op::Mul, apart, apart);
  };
  ValueId apart = b.binary(Op::Add, squared(0, modes->x), squared(1, modes->y));
  ValueId nearest = argmaxLast(b, b.unary(Op::Neg, apart));
  const double reach = 3 * modes->deviation;
  ValueId counts =
      b.binary(Op::Less, b.reduceEvent(Op::ReduceMin, apart), reach * reach);
  return b.binary(Op::Mul, oneHot(b, nearest, modes->count), counts);
}

/// `modes(x, of: r)`: how many modes at least one point counts for.
Value modes(Elaborator &e, const CallSite &site, const Arguments &arguments,
            const LibraryEntry &) {
  auto counted = countedModes(e, site, arguments);
  if (!counted) {
    return {};
  }
  const Type all{{}, e.b.type(*counted).event};
  ValueId found = statisticOf(e, Statistic::Max, *counted, all);
  return Value::ofTensor(e.b.reduceEvent(Op::Sum, found));
}

/// `high_quality(x, of: r)`: whether a point counts for a mode.
Value highQuality(Elaborator &e, const CallSite &site,
                  const Arguments &arguments, const LibraryEntry &) {
  auto counted = countedModes(e, site, arguments);
  return counted ? Value::ofTensor(e.b.reduceEvent(Op::Sum, *counted))
                 : Value{};
}

/// `reverse_kl(x, of: r)`: sum over the modes of p log(p K), p being their
/// shares of the points that count. Where none counts it is log K, as if all
/// had found one mode.
Value reverseKl(Elaborator &e, const CallSite &site, const Arguments &arguments,
                const LibraryEntry &) {
  auto counted = countedModes(e, site, arguments);
  if (!counted) {
    return {};
  }
  BodyBuilder &b = e.b;
  const Type all{{}, b.type(*counted).event};
  ValueId share = statisticOf(e, Statistic::Mean, *counted, all);
  const auto count = static_cast<double>(all.elements());
  ValueId sum = b.reduceEvent(Op::Sum, share);
  ValueId p = b.binary(Op::Div, share, b.binary(Op::Max, sum, 1e-30));
  ValueId ratio = b.binary(Op::Mul, b.binary(Op::Max, p, 1e-30), count);
  ValueId terms = b.binary(Op::Mul, p, b.unary(Op::Log, ratio));
  return Value::ofTensor(b.select(b.binary(Op::Greater, sum, 0.0),
                                  b.reduceEvent(Op::Sum, terms),
                                  b.constant(std::log(count))));
}

/// `active_units`: entries of latents whose mean varies over the set.
Value activeUnits(Elaborator &e, const CallSite &site, const Arguments &,
                  const LibraryEntry &) {
  if (!hasSet(e, site.range)) {
    return {};
  }
  BodyBuilder &b = e.b;
  b.setRange(site.range);
  std::optional<ValueId> units;
  for (const Latent &latent : e.latents) {
    using Family = Distribution::Family;
    const Distribution &guide = *latent.guide;
    const Type type = b.type(guide.first);
    if ((guide.family != Family::Normal && guide.family != Family::Laplace) ||
        type.axes.size() != 1) {
      continue;
    }
    ValueId spread =
        statisticOf(e, Statistic::Var, guide.first, {{}, type.event});
    ValueId active = b.binary(Op::Greater, spread, 0.01);
    ValueId sum = type.event.empty() ? active : b.reduceEvent(Op::Sum, active);
    units = units ? b.binary(Op::Add, *units, sum) : sum;
  }
  if (!units) {
    e.module.report(Diag::UnitsOf, site.range)
        .help("`z ~ Normal(0, 1)[20] via Normal(Enc(x))` in the step");
    return {};
  }
  return Value::ofTensor(*units);
}

constexpr LibraryEntry entries[] = {
    {"modes(x, of:)", modes},
    {"high_quality(x, of:)", highQuality},
    {"reverse_kl(x, of:)", reverseKl},
    {"active_units()", activeUnits},
};

} // namespace

std::span<const LibraryEntry> coverageEntries() { return entries; }

} // namespace gmc::dsl
