//===- Functions.cpp - functions that act element by element --------------===//
#include "dsl/library/Entries.h"
#include "dsl/program/Formulas.h"
#include "dsl/sema/Intervals.h"

#include <cmath>
#include <numbers>
#include <numeric>

namespace gmc::dsl {
namespace {

/// Reports a constant of which a function makes no finite number (R-val-5).
bool finite(Elaborator &e, const CallSite &site, double x, double result) {
  if (!std::isfinite(result)) {
    e.module.report(Diag::DomainError, site.range, site.name, x)
        .help(site.name == "exp"     ? "the result is too large"
              : site.name == "log1p" ? "`log1p` takes numbers above -1"
              : site.name.ends_with("gamma")
                  ? "`lgamma` and `digamma` take numbers above 0"
                  : "`log` and `sqrt` take numbers above 0");
  }
  return std::isfinite(result);
}

/// Reports a value none of whose numbers, whatever the weights, has a
/// logarithm or root (R-val-5).
bool mayBeFinite(Elaborator &e, const CallSite &site, Op op, ValueId x) {
  const Interval in = intervalOf(e.body, x);
  const bool never = op == Op::Log     ? in.high <= 0
                     : op == Op::Log1p ? in.high <= -1
                                       : op == Op::Sqrt && in.high < 0;
  if (never) {
    e.module
        .report(Diag::DomainError, site.range, site.name,
                // What is added makes -0 the 0 that readers expect.
                in.low == in.high
                    ? fmt::format("{}", in.high + 0.0)
                    : fmt::format("numbers of at most {}", in.high + 0.0))
        .help(op == Op::Log1p ? "`log1p` takes numbers above -1"
                              : "`log` and `sqrt` take numbers above 0");
  }
  return !never;
}

/// Functions that are one core op.
Value unary(Elaborator &e, const CallSite &site, const Arguments &arguments,
            const LibraryEntry &entry) {
  Value value = e.evaluate(*arguments.find("x"));
  if (value.kind == Value::Kind::Number) {
    Body scratch;
    BodyBuilder b(scratch);
    ValueId result = b.unary(entry.op, b.constant(value.number));
    double number = *b.constantValue(result);
    return finite(e, site, value.number, number) ? Value::ofNumber(number)
                                                 : Value{};
  }
  auto x = e.toTensor(value, arguments.find("x")->range);
  if (!x) {
    return {};
  }
  if (!e.b.constantValue(*x) && !mayBeFinite(e, site, entry.op, *x)) {
    return {};
  }
  e.b.setRange(site.range);
  ValueId result = e.b.unary(entry.op, *x);
  auto number = e.b.constantValue(result), operand = e.b.constantValue(*x);
  if (number && operand && !finite(e, site, *operand, *number)) {
    return {};
  }
  return Value::ofTensor(result);
}

/// Functions of one value made of several core ops.
using Formula = ValueId (*)(BodyBuilder &, ValueId);
template <Formula formula>
Value composed(Elaborator &e, const CallSite &site, const Arguments &arguments,
               const LibraryEntry &) {
  auto x = e.tensor(*arguments.find("x"));
  if (!x) {
    return {};
  }
  e.b.setRange(site.range);
  return Value::ofTensor(formula(e.b, *x));
}

// log(sigmoid(x)) = -softplus(-x)
ValueId logSigmoid(BodyBuilder &b, ValueId x) {
  return b.unary(Op::Neg, b.unary(Op::Softplus, b.unary(Op::Neg, x)));
}

// x sigmoid(x)
ValueId silu(BodyBuilder &b, ValueId x) {
  return b.binary(Op::Mul, x, b.unary(Op::Sigmoid, x));
}

// exp(min(x, 0)) - 1: finite, also where it is not selected
ValueId expBelowZero(BodyBuilder &b, ValueId x) {
  ValueId below = b.binary(Op::Min, x, 0.0);
  return b.binary(Op::Sub, b.unary(Op::Exp, below), 1.0);
}

// x > 0: x, else exp(x) - 1
ValueId elu(BodyBuilder &b, ValueId x) {
  return b.select(b.binary(Op::Greater, x, 0.0), x, expBelowZero(b, x));
}

// Klambauer et al. 2017: s (x > 0: x, else a (exp(x) - 1))
ValueId selu(BodyBuilder &b, ValueId x) {
  constexpr double a = 1.6732632423543772, s = 1.0507009873554805;
  ValueId below = b.binary(Op::Mul, expBelowZero(b, x), a);
  ValueId y = b.select(b.binary(Op::Greater, x, 0.0), x, below);
  return b.binary(Op::Mul, y, s);
}

// Hendrycks and Gimpel 2016: x Phi(x) = x/2 (1 + erf(x / sqrt 2))
ValueId gelu(BodyBuilder &b, ValueId x) {
  ValueId e = b.unary(Op::Erf, b.binary(Op::Mul, x, 1 / std::numbers::sqrt2));
  return b.binary(Op::Mul, b.binary(Op::Mul, x, 0.5),
                  b.binary(Op::Add, e, 1.0));
}

} // namespace

namespace {

Value softmax(Elaborator &e, const CallSite &site, const Arguments &arguments,
              const LibraryEntry &) {
  auto x = e.tensor(*arguments.find("x"));
  if (!x) {
    return {};
  }
  if (e.b.type(*x).event.empty()) {
    e.module.report(Diag::SoftmaxOfNumber, arguments.find("x")->range)
        .label("is " + typeText(e.b.type(*x)))
        .help("`softmax` works along the last event axis");
    return {};
  }
  e.b.setRange(site.range);
  return Value::ofTensor(softmaxOf(e.b, *x));
}

Value leakyRelu(Elaborator &e, const CallSite &site, const Arguments &arguments,
                const LibraryEntry &) {
  auto x = e.tensor(*arguments.find("x"));
  double slope = 0.01;
  if (const Bound *bound = arguments.find("slope")) {
    auto given = e.number(*bound, "the slope of `leaky_relu`");
    if (!given) {
      return {};
    }
    slope = *given;
  }
  if (!x) {
    return {};
  }
  e.b.setRange(site.range);
  return Value::ofTensor(e.b.unary(Op::LeakyRelu, *x, slope));
}

/// Applies a core op of two operands, their shapes checked.
Value apply(Elaborator &e, const CallSite &site, Op op, ValueId x,
            SourceRange xRange, ValueId y, SourceRange yRange) {
  if (!e.aligned(site.name, site.nameRange, x, xRange, y, yRange)) {
    return {};
  }
  e.b.setRange(site.range);
  return Value::ofTensor(e.b.binary(op, x, y));
}

/// Functions of two values that are one core op.
Value binary(Elaborator &e, const CallSite &site, const Arguments &arguments,
             const LibraryEntry &entry) {
  const Bound &left = *arguments.find("x"), &right = *arguments.find("y");
  auto x = e.tensor(left), y = e.tensor(right);
  if (!x || !y) {
    return {};
  }
  Value value = apply(e, site, entry.op, *x, left.range, *y, right.range);
  auto number = value.isError() ? std::nullopt : e.b.constantValue(value.id);
  auto a = e.b.constantValue(*x), c = e.b.constantValue(*y);
  if (number && a && c && !std::isfinite(*number)) {
    e.module.report(Diag::DomainError, site.range, site.name,
                    fmt::format("{} and {}", *a, *c));
    return {};
  }
  return value;
}

Value clamp(Elaborator &e, const CallSite &site, const Arguments &arguments,
            const LibraryEntry &) {
  const Bound &value = *arguments.find("x");
  const Bound &lowBound = *arguments.find("a"),
              &highBound = *arguments.find("b");
  auto x = e.tensor(value), low = e.tensor(lowBound),
       high = e.tensor(highBound);
  if (!x || !low || !high) {
    return {};
  }
  Value above = apply(e, site, Op::Max, *x, value.range, *low, lowBound.range);
  if (above.isError()) {
    return {};
  }
  return apply(e, site, Op::Min, above.id, value.range, *high, highBound.range);
}

// a + t (b - a)
Value lerp(Elaborator &e, const CallSite &site, const Arguments &arguments,
           const LibraryEntry &) {
  const Bound &from = *arguments.find("a"), &to = *arguments.find("b");
  const Bound &place = *arguments.find("t");
  auto a = e.tensor(from), c = e.tensor(to), t = e.tensor(place);
  if (!a || !c || !t) {
    return {};
  }
  Value way = apply(e, site, Op::Sub, *c, to.range, *a, from.range);
  if (way.isError()) {
    return {};
  }
  Value part = apply(e, site, Op::Mul, *t, place.range, way.id, to.range);
  if (part.isError()) {
    return {};
  }
  return apply(e, site, Op::Add, *a, from.range, part.id, to.range);
}

constexpr LibraryEntry entries[] = {
    {"relu(x)", unary, Op::Relu},
    {"softplus(x)", unary, Op::Softplus},
    {"sigmoid(x)", unary, Op::Sigmoid},
    {"tanh(x)", unary, Op::Tanh},
    {"erf(x)", unary, Op::Erf},
    {"lgamma(x)", unary, Op::Lgamma},
    {"digamma(x)", unary, Op::Polygamma},
    {"exp(x)", unary, Op::Exp},
    {"log(x)", unary, Op::Log},
    {"log1p(x)", unary, Op::Log1p},
    {"sqrt(x)", unary, Op::Sqrt},
    {"abs(x)", unary, Op::Abs},
    {"sign(x)", unary, Op::Sign},
    {"sin(x)", unary, Op::Sin},
    {"cos(x)", unary, Op::Cos},
    {"round(x)", unary, Op::Round},
    {"leaky_relu(x, slope?)", leakyRelu},
    {"log_sigmoid(x)", composed<logSigmoid>},
    {"silu(x)", composed<silu>},
    {"elu(x)", composed<elu>},
    {"selu(x)", composed<selu>},
    {"gelu(x)", composed<gelu>},
    {"softmax(x)", softmax},
    {"pow(x, y)", binary, Op::Pow},
    {"xlogy(x, y)", binary, Op::Xlogy},
    {"clamp(x, a, b)", clamp},
    {"lerp(a, b, t)", lerp},
};

} // namespace

std::span<const LibraryEntry> elementwiseEntries() { return entries; }

} // namespace gmc::dsl
