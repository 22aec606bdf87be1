//===- Limits.cpp - what single numbers may be ----------------------------===//
#include "dsl/sema/Limits.h"

#include "dsl/program/ScalarMath.h"
#include "dsl/sema/Intervals.h"

#include <algorithm>
#include <cmath>

namespace gmc::dsl {

//===----------------------------------------------------------------------===//
// Asking
//===----------------------------------------------------------------------===//

namespace {

/// Returns the single number that fills `id`, or `id` itself.
ValueId fillOf(const BodyBuilder &b, ValueId id) {
  ValueId fill = id;
  while (b.node(fill).op == Op::Broadcast || b.node(fill).op == Op::Reshape) {
    fill = b.node(fill).operands[0];
  }
  return b.type(fill) == Type{} ? fill : id;
}

/// Returns the scalar of the run that `id` is, if it has a default.
Scalar *knobOf(Elaborator &e, ValueId id) {
  const Node &node = e.b.node(id);
  if (node.op != Op::Scalar) {
    return nullptr;
  }
  Scalar &scalar = e.module.program.scalars[node.attrs.index];
  return scalar.kind == Scalar::Kind::Hyper ||
                 scalar.kind == Scalar::Kind::Argument
             ? &scalar
             : nullptr;
}

/// A knob must keep to every range that is asked of it.
void narrow(Scalar &knob, const Requirement &required) {
  Limits &mine = knob.limits;
  const Limits &other = required.limits;
  const Limits before = mine;
  if (other.low && (!mine.low || *other.low >= *mine.low)) {
    mine.open = other.open || (mine.low == other.low && mine.open);
    mine.low = other.low;
  }
  if (other.high && (!mine.high || *other.high <= *mine.high)) {
    mine.closed = other.closed && (mine.high != other.high || mine.closed);
    mine.high = other.high;
  }
  if (mine != before) {
    knob.takenBy = required.what;
  }
}

/// Tells whether `id` is made of constants, hypers, clocks, states and what
/// turns gave.
bool isOfRun(const Elaborator &e, ValueId id) {
  std::set<ValueId> seen;
  std::vector<ValueId> left = {id};
  while (!left.empty()) {
    const ValueId next = left.back();
    left.pop_back();
    if (!seen.insert(next).second) {
      continue;
    }
    const Node &node = e.b.node(next);
    const bool moves = node.op == Op::RandomNormal ||
                       node.op == Op::RandomUniform ||
                       (node.op == Op::Argument && !node.type.axes.empty()) ||
                       (node.op == Op::Parameter &&
                        e.module.program.parameters[node.attrs.index].role !=
                            Parameter::Role::State);
    if (moves) {
      return false;
    }
    left.insert(left.end(), node.operands.begin(), node.operands.end());
  }
  return true;
}

/// Notes that a run looks at `id`, if it is a single number that it computes.
void lookAt(Elaborator &e, const Requirement &required, ValueId id,
            SourceRange range) {
  const bool runs =
      e.mode == Elaborator::Mode::Step || e.mode == Elaborator::Mode::Procedure;
  if (!runs || e.b.type(id) != Type{} || !(required.ofAll || isOfRun(e, id))) {
    return;
  }
  Limits limits = required.limits;
  limits.open = limits.open && !required.mayEnd;
  const Interval known = intervalOf(e.body, id);
  if (limits.hold(known.low) && limits.hold(known.high)) {
    return;
  }
  for (const Limited &other : e.body.limited) {
    if (other.value == id && other.limits == limits) {
      return;
    }
  }
  e.body.limited.push_back({required.what, id, limits, range});
}

} // namespace

std::optional<double> numberNow(Elaborator &e, ValueId id) {
  const Scalar *knob = knobOf(e, id);
  return knob ? std::optional(knob->value) : e.b.constantValue(id);
}

std::string inLine(const Module &module, const std::string &what,
                   SourceRange range) {
  return fmt::format("{} in line {}", what,
                     module.source.lineColumn(range.begin).line);
}

bool isWithin(Elaborator &e, const Requirement &required, ValueId id,
              SourceRange range, const std::function<void(double)> &complain) {
  id = fillOf(e.b, id);
  auto number = numberNow(e, id);
  if (!number) {
    lookAt(e, required, id, range);
    return true;
  }
  if (Scalar *knob = knobOf(e, id)) {
    narrow(*knob, required);
  }
  if (!required.limits.hold(*number)) {
    complain(*number);
    return false;
  }
  return true;
}

bool isInterval(Elaborator &e, const std::string &what, ValueId low,
                ValueId high, SourceRange range,
                const std::function<void(double, double)> &complain) {
  low = fillOf(e.b, low);
  high = fillOf(e.b, high);
  auto a = numberNow(e, low), c = numberNow(e, high);
  if (a && c && !(*a < *c)) {
    complain(*a, *c);
    return false;
  }
  Scalar *lower = knobOf(e, low), *upper = knobOf(e, high);
  if (upper && a && !lower) {
    narrow(*upper, {what, above(*a)});
  } else if (lower && c && !upper) {
    narrow(*lower, {what, {{}, *c, false, false}});
  } else if ((!a || !c || lower) && e.b.type(low) == Type{} &&
             e.b.type(high) == Type{}) {
    lookAt(e, {"the width of " + what, above(0)},
           e.b.binary(Op::Sub, high, low), range);
  }
  return true;
}

//===----------------------------------------------------------------------===//
// Moments of the training
//===----------------------------------------------------------------------===//

namespace {

/// How many moments are tried, beside those at which a schedule turns.
constexpr int moments = 256;

/// Returns how long the longest `train` lasts that is counted as `scalar` is;
/// nothing where none is.
std::optional<double> lengthOf(const Program &program, const Scalar &scalar) {
  using Unit = Duration::Unit;
  const Unit unit = scalar.kind == Scalar::Kind::Rounds   ? Unit::Rounds
                    : scalar.kind == Scalar::Kind::Epochs ? Unit::Epochs
                                                          : Unit::Examples;
  std::optional<double> length;
  for (const Train &train : program.trains) {
    const Duration &duration = train.duration;
    if (duration.unit == unit && duration.stream == scalar.stream) {
      length = std::max(length.value_or(0), duration.count);
    }
  }
  return length;
}

/// A moment: a share of the training, or a time on one clock.
struct When {
  std::optional<double> share;
  std::optional<uint32_t> clock; ///< scalar
  double time = 0;               ///< on it
};

/// Computes nodes of a body that are made of constants, knobs and clocks.
class Moment {
public:
  Moment(const Program &program, const Body &body, const When &when)
      : program(program), body(body), when(when) {}

  /// Nothing where a node is made of something else, or of a clock whose time
  /// is not known.
  std::optional<double> numberOf(ValueId id) {
    auto known = numbers.find(id);
    if (known == numbers.end()) {
      known = numbers.emplace(id, compute(body.nodes[id])).first;
    }
    return known->second;
  }

private:
  std::optional<double> compute(const Node &node) {
    if (node.op == Op::Constant) {
      return node.attrs.value;
    }
    if (node.op == Op::Scalar) {
      return scalarOf(static_cast<uint32_t>(node.attrs.index));
    }
    std::vector<double> operands;
    for (ValueId operand : node.operands) {
      auto number = numberOf(operand);
      if (!number) {
        return std::nullopt;
      }
      operands.push_back(*number);
    }
    if (node.type != Type{} || operands.empty() || node.op >= Op::Broadcast) {
      return std::nullopt;
    }
    if (operands.size() == 3) {
      return operands[0] != 0 ? operands[1] : operands[2];
    }
    return operands.size() == 2
               ? computeBinary(node.op, operands[0], operands[1])
               : computeUnary(node.op, operands[0], node.attrs.value);
  }

  std::optional<double> scalarOf(uint32_t index) {
    const Scalar &scalar = program.scalars[index];
    if (scalar.kind == Scalar::Kind::Hyper ||
        scalar.kind == Scalar::Kind::Argument) {
      return scalar.value;
    }
    if (scalar.kind == Scalar::Kind::Records ||
        scalar.kind == Scalar::Kind::Levels) {
      return std::nullopt; // a run counts them
    }
    if (when.clock == index) {
      return when.time;
    }
    if (when.share == 0.0) {
      return 0;
    }
    auto length = lengthOf(program, scalar);
    if (!length || !when.share) {
      return std::nullopt;
    }
    const double time = *when.share * *length;
    return scalar.kind == Scalar::Kind::Rounds ? std::floor(time) : time;
  }

  const Program &program;
  const Body &body;
  When when;
  std::map<ValueId, std::optional<double>> numbers;
};

/// Returns the moments that are tried: shares of the training, and the times
/// within it at which schedules turn, or all of these where it is counted on
/// other clocks.
std::vector<When> momentsOf(const Module &module) {
  std::vector<When> all;
  for (int i = 0; i < moments; ++i) {
    all.push_back({double(i) / moments, std::nullopt, 0});
  }
  for (const auto &[clock, times] : module.turningTimes) {
    auto length = lengthOf(module.program, module.program.scalars[clock]);
    for (double time : times) {
      if (!length) {
        all.push_back({std::nullopt, clock, time});
      } else if (time < *length) {
        all.push_back({time / *length, clock, time});
      }
    }
  }
  return all;
}

std::string spelling(const Program &program, const When &when) {
  if (when.clock) {
    return fmt::format("after {} {}", when.time,
                       wordOf(program.scalars[*when.clock].kind));
  }
  return when.share == 0.0
             ? "from the start on"
             : fmt::format("after {:.0f} % of the training", *when.share * 100);
}

/// Reports what a number becomes at the first moment at which it may not.
void checkOne(Module &module, const Body &body, const Limited &limited,
              const std::vector<When> &tried) {
  for (const When &when : tried) {
    auto number = Moment(module.program, body, when).numberOf(limited.value);
    // A schedule may end at an excluded end as the training does.
    const bool isEnd = !when.share && number == limited.limits.low;
    if (!number || isEnd || limited.limits.hold(*number)) {
      continue;
    }
    const SourceRange made = body.nodes[limited.value].where;
    auto builder = module.report(Diag::RateRange, made, limited.what, *number);
    builder.label(spelling(module.program, when));
    if (made != limited.where) {
      builder.label(limited.where, "taken here");
    }
    builder.help(
        fmt::format("it must be {} all the way", spellingOf(limited.limits)));
    return;
  }
}

} // namespace

void checkLimits(Module &module) {
  const std::vector<When> tried = momentsOf(module);
  for (const auto *bodies :
       {&module.program.steps, &module.program.procedureBodies}) {
    for (const Body &body : *bodies) {
      for (const Limited &limited : body.limited) {
        checkOne(module, body, limited, tried);
      }
    }
  }
}

} // namespace gmc::dsl
