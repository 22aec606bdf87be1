//===- Formulas.cpp - what several functions are made of ------------------===//
#include "dsl/program/Formulas.h"

#include <algorithm>
#include <numeric>

namespace gmc::dsl {

/// Just inside of f32: what stands for an infinite logarithm where a product
/// with 0 must be 0.
static constexpr double mostNumber = 3.4e38;

std::vector<int64_t> keptDims(const Type &type,
                              const std::vector<int64_t> &dims) {
  std::vector<int64_t> kept;
  auto rank = static_cast<int64_t>(type.shape().size());
  for (int64_t d = 0; d < rank; ++d) {
    if (std::find(dims.begin(), dims.end(), d) == dims.end()) {
      kept.push_back(d);
    }
  }
  return kept;
}

ValueId topOf(BodyBuilder &b, ValueId x, const std::vector<int64_t> &dims) {
  ValueId top = b.unary(Op::Stop, b.reduce(Op::ReduceMax, x, dims));
  return b.binary(Op::Min, b.binary(Op::Max, top, -mostNumber), mostNumber);
}

ValueId logSumExp(BodyBuilder &b, ValueId x, const std::vector<int64_t> &dims) {
  Type type = b.type(x);
  ValueId top = topOf(b, x, dims);
  ValueId shifted =
      b.binary(Op::Sub, x, b.broadcast(top, type, keptDims(type, dims)));
  ValueId total = b.reduce(Op::Sum, b.unary(Op::Exp, shifted), dims);
  return b.binary(Op::Add, top, b.unary(Op::Log, total));
}

ValueId floorOf(BodyBuilder &b, ValueId x) {
  ValueId fixed = b.unary(Op::Stop, x), near = b.unary(Op::Round, fixed);
  return b.binary(Op::Sub, near, b.binary(Op::Greater, near, fixed));
}

ValueId remainderOf(BodyBuilder &b, ValueId a, ValueId c) {
  ValueId times = floorOf(b, b.binary(Op::Div, a, c));
  // a / c is rounded, so that near a whole number it may be one too many.
  ValueId left = b.binary(Op::Sub, a, b.binary(Op::Mul, c, times));
  ValueId beyond = b.binary(Op::Less, b.binary(Op::Mul, left, c), 0.0);
  times = b.binary(Op::Sub, times, b.unary(Op::Stop, beyond));
  return b.binary(Op::Sub, a, b.binary(Op::Mul, c, times));
}

ValueId rootAtZero(BodyBuilder &b, ValueId x) {
  ValueId positive = b.binary(Op::Greater, x, 0.0);
  ValueId safe = b.select(positive, x, b.constant(1));
  return b.select(positive, b.unary(Op::Sqrt, safe), b.constant(0));
}

ValueId timesLog(BodyBuilder &b, ValueId w, ValueId l) {
  ValueId isInfinite = b.binary(Op::Less, b.unary(Op::Stop, l), -mostNumber);
  ValueId isZero = b.binary(Op::Equal, b.unary(Op::Stop, w), 0.0);
  ValueId none = b.binary(Op::Mul, isZero, isInfinite);
  return b.binary(Op::Mul, w, b.select(none, b.constant(0), l));
}

ValueId logOfLabel(BodyBuilder &b, ValueId logs, ValueId label, bool isInside) {
  ValueId hit = oneHot(b, label, b.type(logs).event.back());
  // Of what is not hit, minus infinity too is passed over.
  ValueId finite = b.binary(Op::Max, logs, -mostNumber);
  ValueId value = sumLast(b, b.binary(Op::Mul, hit, finite));
  ValueId isPossible =
      b.binary(Op::Greater, b.unary(Op::Stop, value), -mostNumber);
  if (!isInside) {
    isPossible = b.binary(Op::Mul, isPossible, sumLast(b, hit));
  }
  return b.binary(Op::Add, value, b.unary(Op::Log, isPossible));
}

ValueId logInside(BodyBuilder &b, ValueId inside, ValueId value) {
  inside = b.unary(Op::Stop, inside);
  return b.select(inside, value, b.unary(Op::Log, inside));
}

ValueId alongLast(BodyBuilder &b, ValueId a, int64_t extent) {
  Type type = b.type(a);
  std::vector<int64_t> kept(type.shape().size());
  std::iota(kept.begin(), kept.end(), 0);
  type.event.push_back(extent);
  return b.broadcast(a, std::move(type), std::move(kept));
}

ValueId softmaxOf(BodyBuilder &b, ValueId x) {
  Type type = b.type(x);
  auto last = static_cast<int64_t>(type.shape().size()) - 1;
  const int64_t extent = type.event.back();
  ValueId top = b.unary(Op::Stop, b.reduce(Op::ReduceMax, x, {last}));
  ValueId e = b.unary(Op::Exp, b.binary(Op::Sub, x, alongLast(b, top, extent)));
  ValueId total = b.reduce(Op::Sum, e, {last});
  return b.binary(Op::Div, e, alongLast(b, total, extent));
}

ValueId logSoftmaxOf(BodyBuilder &b, ValueId x) {
  Type type = b.type(x);
  auto last = static_cast<int64_t>(type.shape().size()) - 1;
  ValueId norm = logSumExp(b, x, {last});
  return b.binary(Op::Sub, x, alongLast(b, norm, type.event.back()));
}

ValueId trailing(BodyBuilder &b, ValueId a, const std::vector<int64_t> &event) {
  Type from = b.type(a), to{from.axes, event};
  std::vector<int64_t> dims(from.axes.size());
  std::iota(dims.begin(), dims.end(), 0);
  for (size_t i = 0; i < from.event.size(); ++i) {
    dims.push_back(
        static_cast<int64_t>(to.shape().size() - from.event.size() + i));
  }
  return from == to ? a : b.broadcast(a, std::move(to), std::move(dims));
}

ValueId oneHot(BodyBuilder &b, ValueId label, int64_t classes) {
  ValueId wide = alongLast(b, label, classes);
  const Type type = b.type(wide);
  ValueId place = b.iota(type, static_cast<int64_t>(type.shape().size()) - 1);
  return b.binary(Op::Equal, wide, place);
}

ValueId productsOfRows(BodyBuilder &b, ValueId a, ValueId c) {
  const Type left = b.type(a), right = b.type(c);
  const size_t lead = left.event.size() - 2;
  // [lead, M, N, K] over the named axes of both.
  Type all{*unitedAxes(left.axes, right.axes), left.event};
  all.event.insert(all.event.begin() + long(lead) + 1, right.event[lead]);
  auto stretched = [&](ValueId value, size_t missing) {
    const Type &type = b.type(value);
    std::vector<int64_t> dims;
    for (const Axis &axis : type.axes) {
      dims.push_back(static_cast<int64_t>(*findAxis(all, axis.name)));
    }
    for (size_t i = 0; i < all.event.size(); ++i) {
      if (i != missing) {
        dims.push_back(static_cast<int64_t>(all.axes.size() + i));
      }
    }
    return b.broadcast(value, all, std::move(dims));
  };
  ValueId x = stretched(a, lead + 1), y = stretched(c, lead);
  return sumLast(b, b.binary(Op::Mul, x, y));
}

ValueId turned(BodyBuilder &b, ValueId a) {
  std::vector<int64_t> order(b.type(a).event.size());
  std::iota(order.begin(), order.end(), 0);
  std::swap(order[order.size() - 1], order[order.size() - 2]);
  return b.transposeEvent(a, order);
}

ValueId sumLast(BodyBuilder &b, ValueId a) {
  return b.reduce(Op::Sum, a,
                  {static_cast<int64_t>(b.type(a).shape().size()) - 1});
}

ValueId argmaxLast(BodyBuilder &b, ValueId a, std::vector<ValueId> *marks) {
  const Type type = b.type(a);
  const int64_t classes = type.event.back();
  auto last = static_cast<int64_t>(type.shape().size()) - 1;
  ValueId top = alongLast(b, b.reduce(Op::ReduceMax, a, {last}), classes);
  ValueId isTop = b.binary(Op::Equal, a, top);
  if (marks) {
    marks->push_back(isTop);
  }
  // The place where it is the top, elsewhere n; the least of these.
  const double n = static_cast<double>(classes);
  ValueId place = b.binary(Op::Sub, b.iota(type, last), n);
  ValueId shown = b.binary(Op::Add, b.binary(Op::Mul, isTop, place), n);
  return b.reduce(Op::ReduceMin, shown, {last});
}

std::optional<ValueId> stretchedTo(BodyBuilder &b, ValueId x,
                                   const std::vector<int64_t> &event) {
  const Type type = b.type(x);
  if (type.event.empty() || type.event == event) {
    return type.event == event ? x : b.broadcast(x, {type.axes, event});
  }
  if (type.event.size() != event.size()) {
    return std::nullopt;
  }
  std::vector<int64_t> kept, dims(type.axes.size());
  std::iota(dims.begin(), dims.end(), 0);
  for (size_t i = 0; i < event.size(); ++i) {
    if (type.event[i] == event[i]) {
      kept.push_back(event[i]);
      dims.push_back(static_cast<int64_t>(type.axes.size() + i));
    } else if (type.event[i] != 1) {
      return std::nullopt;
    }
  }
  return b.broadcast(b.reshapeEvent(x, std::move(kept)), {type.axes, event},
                     std::move(dims));
}

} // namespace gmc::dsl
