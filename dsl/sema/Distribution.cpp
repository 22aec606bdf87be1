//===- Distribution.cpp - what a draw follows -----------------------------===//
#include "dsl/sema/Distribution.h"

#include "dsl/program/Formulas.h"

namespace gmc::dsl {

using Family = Distribution::Family;
using Spread = Distribution::Spread;

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

int64_t classesOf(const BodyBuilder &b, const Distribution &d) {
  return b.type(d.first).event.back();
}

const Distribution &familyOf(const Distribution &d) {
  return d.component ? familyOf(*d.component) : d;
}

void repeatParameters(BodyBuilder &b, Distribution &d,
                      const std::vector<int64_t> &event) {
  if (d.component) {
    auto component = std::make_shared<Distribution>(*d.component);
    repeatParameters(b, *component, event);
    d.component = std::move(component);
  } else if (!d.type.event.empty() && d.family != Family::Categorical) {
    // Parameters of an event of their own are repeated along new axes.
    for (ValueId *id : {&d.first, &d.second}) {
      *id = b.type(*id).event.empty() ? *id : trailing(b, *id, event);
    }
  }
  d.type.event = event;
}

std::shared_ptr<const Distribution> stopped(BodyBuilder &b,
                                            const Distribution &d) {
  auto result = std::make_shared<Distribution>(d);
  result->first = b.unary(Op::Stop, d.first);
  result->second = b.unary(Op::Stop, d.second);
  if (d.component) {
    result->component = stopped(b, *d.component);
  }
  return result;
}

namespace {

ValueId alongClasses(BodyBuilder &b, const Distribution &d, ValueId value) {
  std::vector<int64_t> event = d.type.event;
  if (d.family == Distribution::Family::Categorical) {
    event.push_back(classesOf(b, d));
  }
  return trailing(b, value, event);
}

} // namespace

ValueId classLogs(BodyBuilder &b, const Distribution &d) {
  return alongClasses(b, d,
                      d.probs ? b.binary(Op::Sub, b.unary(Op::Log, d.first),
                                         b.unary(Op::Log, d.second))
                              : d.first);
}

ValueId classProbs(BodyBuilder &b, const Distribution &d) {
  return alongClasses(b, d,
                      d.probs ? b.binary(Op::Div, d.first, d.second)
                              : b.unary(Op::Exp, d.first));
}

ValueId timesLogClass(BodyBuilder &b, ValueId w, const Distribution &d) {
  if (!d.probs) {
    return timesLog(b, w, classLogs(b, d));
  }
  ValueId total = b.unary(Op::Log, alongClasses(b, d, d.second));
  return b.binary(Op::Sub, b.binary(Op::Xlogy, w, alongClasses(b, d, d.first)),
                  b.binary(Op::Mul, w, total));
}

ValueId weighedByClass(BodyBuilder &b, const Distribution &q,
                       const Distribution &p) {
  if (!q.probs) {
    return timesLogClass(b, classProbs(b, q), p);
  }
  // The sum divides last: a weight of 0 then has finite derivatives in others.
  return b.binary(Op::Div, timesLogClass(b, alongClasses(b, q, q.first), p),
                  alongClasses(b, q, q.second));
}

ValueId chanceOf(BodyBuilder &b, const Distribution &d) {
  return d.probs ? d.first : b.unary(Op::Sigmoid, d.first);
}

ValueId logitOf(BodyBuilder &b, const Distribution &d) {
  if (!d.probs) {
    return d.first;
  }
  ValueId rest = b.binary(Op::Sub, 1.0, d.first);
  return b.binary(Op::Sub, b.unary(Op::Log, d.first), b.unary(Op::Log, rest));
}

} // namespace gmc::dsl
