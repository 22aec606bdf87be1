//===- ScalarMath.cpp - core operations on plain numbers ------------------===//
#include "dsl/program/ScalarMath.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace gmc::dsl {

double computeUnary(Op op, double a, double value) {
  switch (op) {
  case Op::Neg:
    return -a;
  case Op::Exp:
    return std::exp(a);
  case Op::Log:
    return std::log(a);
  case Op::Log1p:
    return std::log1p(a);
  case Op::Sqrt:
    return std::sqrt(a);
  case Op::Abs:
    return std::fabs(a);
  case Op::Sign:
    return (a > 0) - (a < 0);
  case Op::Sin:
    return std::sin(a);
  case Op::Cos:
    return std::cos(a);
  case Op::Tanh:
    return std::tanh(a);
  case Op::Erf:
    return std::erf(a);
  case Op::Sigmoid:
    return 1 / (1 + std::exp(-a));
  case Op::Softplus:
    // log(1 + exp(a)) = max(a, 0) + log(1 + exp(-|a|))
    return std::max(a, 0.0) + std::log1p(std::exp(-std::fabs(a)));
  case Op::Relu:
    return std::max(a, 0.0);
  case Op::LeakyRelu:
    return a > 0 ? a : value * a;
  case Op::Round:
    return std::nearbyint(a);
  case Op::Stop:
    return a;
  default:
    assert(false && "not an op of one element");
    return a;
  }
}

double computeBinary(Op op, double a, double b) {
  switch (op) {
  case Op::Add:
    return a + b;
  case Op::Sub:
    return a - b;
  case Op::Mul:
    return a * b;
  case Op::Div:
    return a / b;
  case Op::Pow:
    return std::pow(a, b);
  case Op::Min:
    return std::min(a, b);
  case Op::Max:
    return std::max(a, b);
  case Op::Less:
    return a < b;
  case Op::LessEqual:
    return a <= b;
  case Op::Greater:
    return a > b;
  case Op::GreaterEqual:
    return a >= b;
  case Op::Equal:
    return a == b;
  case Op::NotEqual:
    return a != b;
  default:
    assert(false && "not an op of two elements");
    return a;
  }
}

} // namespace gmc::dsl
