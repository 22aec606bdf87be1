//===- Schedules.cpp - ramp and piecewise ---------------------------------===//
//
// A schedule is arithmetic on the clocks of the current `train`: single numbers
// of no named axis, which move every round.
//
//===----------------------------------------------------------------------===//
#include "dsl/library/Entries.h"
#include "dsl/program/Formulas.h"
#include "dsl/sema/Limits.h"

#include <cmath>

namespace gmc::dsl {

std::optional<ValueId> Elaborator::clockOf(const ast::DurationExpr &duration) {
  Scalar scalar;
  switch (duration.unit) {
  case ast::DurationUnit::Rounds:
    scalar.kind = Scalar::Kind::Rounds;
    scalar.name = "rounds";
    break;
  case ast::DurationUnit::Examples:
    scalar.kind = Scalar::Kind::Examples;
    scalar.name = "examples";
    break;
  case ast::DurationUnit::Epochs: {
    scalar.kind = Scalar::Kind::Epochs;
    scalar.name = "epochs";
    auto stream = module.streamOf(duration);
    if (!stream) {
      return std::nullopt;
    }
    scalar.stream = *stream;
    break;
  }
  }
  return b.leaf(Op::Scalar, module.scalar(scalar), {});
}

namespace {

const ast::DurationExpr *durationOf(Elaborator &e, const Bound &bound) {
  const auto *duration =
      bound.expr ? ast::as<ast::DurationExpr>(*bound.expr) : nullptr;
  if (!duration) {
    e.module.report(Diag::DurationWanted, bound.range)
        .help("a duration has a unit: `10 epochs`, `500 rounds`, `1e6 "
              "examples`");
  }
  return duration;
}

bool sameUnit(Elaborator &e, const ast::DurationExpr &a,
              const ast::DurationExpr &b) {
  if (a.unit == b.unit) {
    return true;
  }
  e.module.report(Diag::MixedUnits, b.unitRange)
      .label(a.unitRange, "counted on another clock")
      .help("one schedule has one unit");
  return false;
}

/// Returns how long the longest `train` lasts that is counted as `time` is.
std::optional<double> trainingLength(Module &module,
                                     const ast::DurationExpr &time) {
  const bool epochs = time.unit == ast::DurationUnit::Epochs;
  std::optional<double> length;
  for (const auto &decl : module.file.declarations) {
    const auto *train = ast::as<ast::TrainDecl>(decl);
    if (!train || train->duration->unit != time.unit ||
        (epochs &&
         module.streamOf(*train->duration) != module.streamOf(time))) {
      continue;
    }
    if (auto count = module.evaluateConstant(*train->duration->count)) {
      length = std::max(length.value_or(0), *count);
    }
  }
  return length;
}

/// Warns of a schedule that is not at its end when the training is: a ramp
/// still moves then, the last value of `piecewise` is never taken.
void endsInTime(Elaborator &e, const ast::DurationExpr &time, double end,
                bool moves) {
  auto length = trainingLength(e.module, time);
  if (!length || end < *length || (moves && end == *length)) {
    return;
  }
  std::string unit(e.module.source.text(time.unitRange));
  e.module
      .report(Diag::ScheduleLate, time.range, fmt::format("{} {}", end, unit),
              fmt::format("{} {}", *length, unit))
      .label(moves ? "its last value is not reached"
                   : "this value is never taken");
}

/// Remembers when a schedule on `clock` turns, as far as it is known now.
void turnsAt(Elaborator &e, ValueId clock, std::optional<double> time) {
  if (time) {
    auto index = static_cast<uint32_t>(e.b.node(clock).attrs.index);
    e.module.turningTimes[index].insert(*time);
  }
}

/// clamp((clock - from) / over, 0, 1)
std::optional<ValueId> progress(Elaborator &e, const Arguments &arguments) {
  const auto *over = durationOf(e, *arguments.find("over"));
  if (!over) {
    return std::nullopt;
  }
  auto clock = e.clockOf(*over);
  auto length = e.scalarNode(*over->count, "a duration");
  if (!clock || !length) {
    return std::nullopt;
  }
  BodyBuilder &b = e.b;
  auto lengthNumber = b.constantValue(*length);
  const SourceRange lengthRange = over->count->range;
  if (!isWithin(e,
                {inLine(e.module, "`over` of a ramp", lengthRange), above(0)},
                *length, lengthRange, [&](double number) {
                  e.module.report(Diag::EmptyRamp, lengthRange, number);
                })) {
    return std::nullopt;
  }
  std::optional<double> startNumber = 0, begins = 0;
  ValueId since = *clock;
  if (const Bound *fromBound = arguments.find("from")) {
    const auto *from = durationOf(e, *fromBound);
    if (!from || !sameUnit(e, *over, *from)) {
      return std::nullopt;
    }
    auto start = e.scalarNode(*from->count, "a duration");
    if (!start) {
      return std::nullopt;
    }
    since = b.binary(Op::Sub, since, *start);
    startNumber = b.constantValue(*start);
    begins = numberNow(e, *start);
  }
  if (auto lasts = numberNow(e, *length); lasts && begins) {
    turnsAt(e, *clock, begins);
    turnsAt(e, *clock, *begins + *lasts);
  }
  if (startNumber && lengthNumber) {
    endsInTime(e, *over, *startNumber + *lengthNumber, true);
  }
  ValueId ratio = b.binary(Op::Div, since, *length);
  return b.binary(Op::Min, b.binary(Op::Max, ratio, 0.0), 1.0);
}

/// Returns the progress within one of n equal cycles, 1 behind the last
/// (Fu et al. 2019): n p - floor(n p).
std::optional<ValueId> inCycles(Elaborator &e, const Bound &cycles, ValueId p) {
  auto n = cycles.expr ? e.integer(*cycles.expr, "a number of cycles")
                       : std::nullopt;
  if (!n) {
    return std::nullopt;
  }
  if (*n < 1) {
    e.module.report(Diag::CycleCount, cycles.range, *n)
        .help("a ramp is gone through once, or more often");
    return std::nullopt;
  }
  BodyBuilder &b = e.b;
  ValueId turns = b.binary(Op::Mul, p, static_cast<double>(*n));
  ValueId part = b.binary(Op::Sub, turns, floorOf(b, turns));
  return b.select(b.binary(Op::Less, p, 1.0), part, b.constant(1));
}

/// Reports the ends of an exponential ramp that are not both above 0 or both
/// below.
bool haveOneSign(Elaborator &e, SourceRange range, ValueId a, ValueId c) {
  BodyBuilder &b = e.b;
  auto complain = [&](double) {
    e.module.report(Diag::RampEnds, range)
        .help("`shape: exp` multiplies by the same factor all the way: both "
              "ends are above 0, or both below");
  };
  auto first = b.constantValue(a), last = b.constantValue(c);
  if (first == 0.0 || last == 0.0 || (first && last && *first * *last < 0)) {
    complain(0);
    return false;
  }
  if (first && last) {
    return true;
  }
  std::string what = inLine(e.module, "an end of a ramp", range);
  if (!first && !last) {
    what = inLine(e.module, "the product of the ends of a ramp", range);
    return isWithin(e, {what, above(0)}, b.binary(Op::Mul, a, c), range,
                    complain);
  }
  const bool positive = (first ? *first : *last) > 0;
  return isWithin(e, {what, positive ? above(0) : Limits{{}, 0}}, first ? c : a,
                  range, complain);
}

/// Returns the value at progress p of 0..1 between a and c.
std::optional<ValueId> shaped(Elaborator &e, const Bound *shape,
                              SourceRange ends, ValueId a, ValueId c,
                              ValueId p) {
  const ast::NameExpr *word =
      shape && shape->expr ? ast::as<ast::NameExpr>(*shape->expr) : nullptr;
  std::string name = shape ? (word ? word->text : "") : "linear";
  BodyBuilder &b = e.b;
  if (name == "exp") {
    if (!haveOneSign(e, ends, a, c)) {
      return std::nullopt;
    }
    // a (c / a)^p
    ValueId ratio = b.binary(Op::Div, c, a);
    return b.binary(Op::Mul, a, b.binary(Op::Pow, ratio, p));
  }
  if (name == "cosine") {
    // p becomes (1 - cos(pi p)) / 2
    ValueId turned = b.unary(Op::Cos, b.binary(Op::Mul, p, M_PI));
    p = b.binary(Op::Mul, b.binary(Op::Sub, 1.0, turned), 0.5);
  } else if (name != "linear") {
    e.module.report(Diag::UnknownRampShape, shape->range)
        .help("`shape:` is linear, cosine or exp");
    return std::nullopt;
  }
  // a + (c - a) p
  return b.binary(Op::Add, a, b.binary(Op::Mul, b.binary(Op::Sub, c, a), p));
}

Value ramp(Elaborator &e, const CallSite &site, const Arguments &arguments,
           const LibraryEntry &) {
  const Bound &span = *arguments.find("span");
  const auto *arrow = span.expr ? ast::as<ast::ArrowExpr>(*span.expr) : nullptr;
  if (!arrow) {
    e.module.report(Diag::ArrowWanted, span.range)
        .help("`ramp(0 -> 1, over 10 epochs)`");
    return {};
  }
  auto a = e.scalarNode(*arrow->from, "the start of a ramp");
  auto c = e.scalarNode(*arrow->to, "the end of a ramp");
  auto p = progress(e, arguments);
  if (p && arguments.find("cycles")) {
    p = inCycles(e, *arguments.find("cycles"), *p);
  }
  if (!a || !c || !p) {
    return {};
  }
  e.b.setRange(site.range);
  auto value = shaped(e, arguments.find("shape"), span.range, *a, *c, *p);
  return value ? Value::ofTensor(*value) : Value{};
}

/// `piecewise(v0, v1 at t1, v2 at t2)`: v0 before t1, then v1 until t2, ..
Value piecewise(Elaborator &e, const CallSite &site, const Arguments &arguments,
                const LibraryEntry &) {
  const Bound &first = *arguments.find("value");
  auto value = first.expr ? e.scalarNode(*first.expr, "a schedule")
                          : std::optional<ValueId>();
  if (!value) {
    return {};
  }
  const ast::DurationExpr *earlier = nullptr;
  for (const Bound &bound : arguments.rest) {
    const auto *at =
        bound.expr ? ast::as<ast::AtTimeExpr>(*bound.expr) : nullptr;
    if (!at) {
      e.module.report(Diag::AtTimeWanted, bound.range)
          .help("`piecewise(1e-3, 5e-4 at 30 epochs)`");
      return {};
    }
    if (earlier && !sameUnit(e, *earlier, *at->time)) {
      return {};
    }
    earlier = at->time.get();
    auto clock = e.clockOf(*at->time);
    auto start = e.scalarNode(*at->time->count, "a duration");
    auto next = e.scalarNode(*at->value, "a schedule");
    if (!clock || !start || !next) {
      return {};
    }
    if (auto number = e.b.constantValue(*start)) {
      endsInTime(e, *at->time, *number, false);
    }
    turnsAt(e, *clock, numberNow(e, *start));
    e.b.setRange(site.range);
    ValueId before = e.b.binary(Op::Less, *clock, *start);
    value = e.b.select(before, *value, *next);
  }
  return Value::ofTensor(*value);
}

constexpr LibraryEntry entries[] = {
    {"ramp(span, over:, from:?, shape:?, cycles:?)", ramp},
    {"piecewise(value, steps..)", piecewise},
};

} // namespace

std::span<const LibraryEntry> scheduleEntries() { return entries; }

} // namespace gmc::dsl
