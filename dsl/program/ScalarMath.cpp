//===- ScalarMath.cpp - core operations on plain numbers ------------------===//
#include "dsl/program/ScalarMath.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace gmc::dsl {
namespace {

/// Derivative n + 1 of log Gamma at x > 0 (DLMF 5.15.8), from the recurrence
///   psi_n(x) = psi_n(x + 1) - (-1)^n n! / x^(n + 1).
double polygamma(int n, double x) {
  constexpr double bernoulli[] = {1.0 / 6,  -1.0 / 30,     1.0 / 42, -1.0 / 30,
                                  5.0 / 66, -691.0 / 2730, 7.0 / 6};
  double factorial = std::tgamma(n + 1.0), sum = 0;
  for (; x < 14 + 2 * n; x += 1) {
    sum += factorial / std::pow(x, n + 1);
  }
  sum += factorial / (2 * std::pow(x, n + 1));
  sum += n == 0 ? -std::log(x) : factorial / n / std::pow(x, n);
  for (int k = 1; k <= 7; ++k) {
    sum += bernoulli[k - 1] *
           std::exp(std::lgamma(2 * k + n) - std::lgamma(2 * k + 1)) /
           std::pow(x, 2 * k + n);
  }
  return n % 2 == 0 ? -sum : sum;
}

} // namespace

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
  case Op::Lgamma:
    return a < 0 ? NAN : std::lgamma(a);
  case Op::Polygamma:
    return a < 0 ? NAN : polygamma(static_cast<int>(value), a);
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
  case Op::Xlogy:
    return a == 0 && !std::isnan(b) ? 0 : a * std::log(b);
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
