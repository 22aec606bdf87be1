//===- GammaFamily.cpp - formulas of Gamma and Beta -----------------------===//
//
// a is the concentration of a Gamma and r its rate; of a Beta a belongs to x, c
// to 1 - x. L is log Gamma, psi its derivative.
//
//===----------------------------------------------------------------------===//
#include "dsl/library/GammaFamily.h"

#include "dsl/program/Formulas.h"

namespace gmc::dsl {
namespace {

/// Sums, products and the two functions, in short words.
struct Terms {
  BodyBuilder &b;

  ValueId add(ValueId u, ValueId v) { return b.binary(Op::Add, u, v); }
  ValueId sub(ValueId u, ValueId v) { return b.binary(Op::Sub, u, v); }
  ValueId mul(ValueId u, ValueId v) { return b.binary(Op::Mul, u, v); }
  ValueId lessOne(ValueId u) { return b.binary(Op::Sub, u, 1.0); }
  ValueId log(ValueId u) { return b.unary(Op::Log, u); }
  /// u log v, 0 where u is 0
  ValueId xlogy(ValueId u, ValueId v) { return b.binary(Op::Xlogy, u, v); }
  ValueId logGamma(ValueId u) { return b.unary(Op::Lgamma, u); }
  ValueId psi(ValueId u) { return b.unary(Op::Polygamma, u, 0); }
  /// log B(a, c) = L(a) + L(c) - L(a + c)
  ValueId logBeta(ValueId a, ValueId c) {
    return sub(add(logGamma(a), logGamma(c)), logGamma(add(a, c)));
  }
};

// The smallest normal f32, and the f32 next to 1: a draw and its logarithm are
// finite in either precision.
constexpr double smallest = 0x1p-126, nextToOne = 1 - 0x1p-24;

} // namespace

// a log r + (a - 1) log x - r x - L(a)
ValueId gammaLogProb(BodyBuilder &b, const Distribution &d, ValueId x) {
  Terms t{b};
  ValueId powers =
      t.add(t.mul(d.first, t.log(d.second)), t.xlogy(t.lessOne(d.first), x));
  ValueId value = t.sub(t.sub(powers, t.mul(d.second, x)), t.logGamma(d.first));
  return logInside(b, b.binary(Op::GreaterEqual, x, 0.0), value);
}

// (a - 1) log x + (c - 1) log(1 - x) - log B(a, c)
ValueId betaLogProb(BodyBuilder &b, const Distribution &d, ValueId x) {
  Terms t{b};
  ValueId rest = b.binary(Op::Sub, 1.0, x);
  ValueId powers =
      t.add(t.xlogy(t.lessOne(d.first), x), t.xlogy(t.lessOne(d.second), rest));
  ValueId inside = b.binary(Op::GreaterEqual, b.binary(Op::Mul, x, rest), 0.0);
  return logInside(b, inside, t.sub(powers, t.logBeta(d.first, d.second)));
}

// (aq - ap) psi(aq) - L(aq) + L(ap) + ap log(rq / rp) + aq (rp - rq) / rq
ValueId gammaDivergence(BodyBuilder &b, const Distribution &q,
                        const Distribution &p) {
  Terms t{b};
  ValueId shape = t.mul(t.sub(q.first, p.first), t.psi(q.first));
  shape = t.add(shape, t.sub(t.logGamma(p.first), t.logGamma(q.first)));
  ValueId logs = t.mul(p.first, t.sub(t.log(q.second), t.log(p.second)));
  ValueId apart = b.binary(Op::Div, t.sub(p.second, q.second), q.second);
  return t.add(t.add(shape, logs), t.mul(q.first, apart));
}

// log Bp - log Bq + (aq - ap) psi(aq) + (cq - cp) psi(cq)
//   + (ap - aq + cp - cq) psi(aq + cq)
ValueId betaDivergence(BodyBuilder &b, const Distribution &q,
                       const Distribution &p) {
  Terms t{b};
  ValueId more1 = t.sub(q.first, p.first), more0 = t.sub(q.second, p.second);
  ValueId sum =
      t.sub(t.logBeta(p.first, p.second), t.logBeta(q.first, q.second));
  sum = t.add(sum, t.mul(more1, t.psi(q.first)));
  sum = t.add(sum, t.mul(more0, t.psi(q.second)));
  ValueId both = t.psi(t.add(q.first, q.second));
  return t.sub(sum, t.mul(t.add(more1, more0), both));
}

// a - log r + L(a) + (1 - a) psi(a)
ValueId gammaEntropy(BodyBuilder &b, const Distribution &d) {
  Terms t{b};
  ValueId sum = t.add(t.sub(d.first, t.log(d.second)), t.logGamma(d.first));
  return t.sub(sum, t.mul(t.lessOne(d.first), t.psi(d.first)));
}

// log B - (a - 1) psi(a) - (c - 1) psi(c) + (a + c - 2) psi(a + c)
ValueId betaEntropy(BodyBuilder &b, const Distribution &d) {
  Terms t{b};
  ValueId less1 = t.lessOne(d.first), less0 = t.lessOne(d.second);
  ValueId sum =
      t.sub(t.logBeta(d.first, d.second), t.mul(less1, t.psi(d.first)));
  sum = t.sub(sum, t.mul(less0, t.psi(d.second)));
  ValueId both = t.psi(t.add(d.first, d.second));
  return t.add(sum, t.mul(t.add(less1, less0), both));
}

// exp(log z) / r
ValueId gammaDraw(BodyBuilder &b, const Distribution &d, const Type &type,
                  uint64_t site) {
  ValueId u = b.random(Op::RandomUniform, type, site);
  ValueId l = b.binary(Op::GammaQuantile, u, d.first);
  ValueId z = b.binary(Op::Div, b.unary(Op::Exp, l), d.second);
  return b.binary(Op::Max, z, smallest);
}

// z1 / (z1 + z0) of two Gammas, which is sigmoid(log z1 - log z0)
ValueId betaDraw(BodyBuilder &b, const Distribution &d, const Type &type,
                 uint64_t site) {
  Type pair = type;
  pair.event.push_back(2);
  ValueId u = b.random(Op::RandomUniform, pair, site);
  const auto last = static_cast<int64_t>(type.event.size());
  ValueId logs[2];
  for (int64_t i : {0, 1}) {
    ValueId one = b.reshapeEvent(b.sliceEvent(u, last, i, i + 1), type.event);
    logs[i] = b.binary(Op::GammaQuantile, one, i == 0 ? d.first : d.second);
  }
  ValueId x = b.unary(Op::Sigmoid, b.binary(Op::Sub, logs[0], logs[1]));
  return b.binary(Op::Min, b.binary(Op::Max, x, smallest), nextToOne);
}

} // namespace gmc::dsl
