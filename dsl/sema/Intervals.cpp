//===- Intervals.cpp - between which numbers a value lies -----------------===//
//
// Interval arithmetic for messages about values that have no logarithm, root or
// quotient whatever the weights are. An interval may be too wide, never too
// narrow.
//
//===----------------------------------------------------------------------===//
#include "dsl/sema/Intervals.h"

#include "dsl/program/ScalarMath.h"

#include <algorithm>
#include <cmath>

namespace gmc::dsl {
namespace {

constexpr double infinity = INFINITY;
/// How many ops deep is looked.
constexpr int depth = 8;

Interval at(const Body &body, ValueId id, int left);

/// a b with 0 infinity = 0: an infinite end stands for any finite number.
double product(double a, double b) { return a == 0 || b == 0 ? 0 : a * b; }

Interval times(Interval a, Interval b) {
  auto [low, high] =
      std::minmax({product(a.low, b.low), product(a.low, b.high),
                   product(a.high, b.low), product(a.high, b.high)});
  return {low, high};
}

/// Functions that grow with their operand.
bool isMonotone(Op op) {
  return op == Op::Exp || op == Op::Tanh || op == Op::Erf ||
         op == Op::Sigmoid || op == Op::Softplus || op == Op::Relu ||
         op == Op::Round || op == Op::Sign;
}

Interval ofUnary(const Node &node, Interval a) {
  if (isMonotone(node.op)) {
    return {computeUnary(node.op, a.low), computeUnary(node.op, a.high)};
  }
  switch (node.op) {
  case Op::Neg:
    return {-a.high, -a.low};
  case Op::Stop:
  case Op::Broadcast:
  case Op::Reshape:
  case Op::Transpose:
  case Op::Slice:
  case Op::ReduceMax:
  case Op::ReduceMin:
    return a;
  case Op::Abs:
    return {std::max({a.low, -a.high, 0.0}), std::max(-a.low, a.high)};
  case Op::Sqrt:
    return {std::sqrt(std::max(a.low, 0.0)), std::sqrt(std::max(a.high, 0.0))};
  case Op::Sin:
  case Op::Cos:
    return {-1, 1};
  case Op::Sum:
    return {a.low < 0 ? -infinity : 0, a.high > 0 ? infinity : 0};
  default:
    return {-infinity, infinity};
  }
}

Interval ofBinary(const Node &node, Interval a, Interval b) {
  const bool isSame = node.operands[0] == node.operands[1];
  switch (node.op) {
  case Op::Add:
    return {a.low + b.low, a.high + b.high};
  case Op::Sub:
    return isSame ? Interval{0, 0} : Interval{a.low - b.high, a.high - b.low};
  case Op::Mul:
    return isSame ? Interval{0, infinity} : times(a, b);
  case Op::Div:
    // By numbers of one sign.
    return b.low > 0 || b.high < 0 ? times(a, {1 / b.high, 1 / b.low})
                                   : Interval{-infinity, infinity};
  case Op::Min:
    return {std::min(a.low, b.low), std::min(a.high, b.high)};
  case Op::Max:
    return {std::max(a.low, b.low), std::max(a.high, b.high)};
  case Op::Concat:
    return {std::min(a.low, b.low), std::max(a.high, b.high)};
  case Op::Less:
  case Op::LessEqual:
  case Op::Greater:
  case Op::GreaterEqual:
  case Op::Equal:
  case Op::NotEqual:
    return {0, 1};
  default:
    return {-infinity, infinity};
  }
}

Interval looked(const Body &body, ValueId id, int left) {
  const Node &node = body.nodes[id];
  if (node.op == Op::Constant) {
    return {node.attrs.value, node.attrs.value};
  }
  if (node.op == Op::RandomUniform) {
    return {0, 1};
  }
  if (left == 0 || node.operands.empty() || node.operands.size() > 3) {
    return {-infinity, infinity};
  }
  if (node.op == Op::Select) {
    Interval a = at(body, node.operands[1], left - 1);
    Interval b = at(body, node.operands[2], left - 1);
    return {std::min(a.low, b.low), std::max(a.high, b.high)};
  }
  Interval a = at(body, node.operands[0], left - 1);
  return node.operands.size() == 1
             ? ofUnary(node, a)
             : ofBinary(node, a, at(body, node.operands[1], left - 1));
}

/// An end that is infinity minus infinity says nothing.
Interval at(const Body &body, ValueId id, int left) {
  Interval found = looked(body, id, left);
  return {std::isnan(found.low) ? -infinity : found.low,
          std::isnan(found.high) ? infinity : found.high};
}

} // namespace

Interval intervalOf(const Body &body, ValueId id) {
  return at(body, id, depth);
}

} // namespace gmc::dsl
