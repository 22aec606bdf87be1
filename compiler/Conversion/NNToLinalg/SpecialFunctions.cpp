//===- SpecialFunctions.cpp - log Gamma and its derivatives ---------------===//
//
// Without branches, as vectors want it: every form is computed and one chosen,
// and the recurrences have a fixed number of turns.
//
//===----------------------------------------------------------------------===//
#include "compiler/Conversion/NNToLinalg/Scalars.h"

#include "llvm/ADT/ArrayRef.h"

#include <cmath>
#include <limits>
#include <numbers>

using namespace mlir;

namespace gmc::conversion {
namespace {

constexpr double bernoulli[] = {
    1.0 / 6,       -1.0 / 30, 1.0 / 42,      -1.0 / 30,     5.0 / 66,
    -691.0 / 2730, 7.0 / 6,   -3617.0 / 510, 43867.0 / 798, -174611.0 / 330};

// log Gamma(2 + e) = (1 - Euler's constant) e + sum of (-1)^k (zeta(k) - 1) e^k
// / k, k = 2, 3, .. (DLMF 5.7.3): the coefficients of e, e^2, ..
constexpr double aroundTwo[] = {
    0.42278433509846713939,     0.32246703342411321824,
    -0.067352301053198095133,   0.020580808427784547879,
    -0.0073855510286739852663,  0.0028905103307415232858,
    -0.0011927539117032609771,  0.00050966952474304242234,
    -0.00022315475845357937976, 0.000099457512781808533715,
    -0.0000449262367381331417,  0.000020507212775670691553,
    -9.439488275268395904e-6,   4.3748667899074878042e-6,
    -2.0392157538013662368e-6,  9.5514121304074198329e-7,
    -4.4924691987645660433e-7,  2.1207184805554665869e-7,
    -1.0043224823968099609e-7,  4.7698101693639805658e-8,
    -2.271109460894316491e-8,   1.0838659214896954091e-8,
    -5.1834750419700466551e-9,  2.4836745438024783172e-9,
    -1.1921401405860912074e-9,  5.7313672416788620133e-10,
    -2.7595228851242331452e-10};

/// c[0] + c[1] x + ..
Value polynomial(const Scalars &s, Value x, ArrayRef<double> c) {
  Value sum = s.number(c.back());
  for (double next : llvm::reverse(c.drop_back())) {
    sum = s.add(s.mul(sum, x), s.number(next));
  }
  return sum;
}

Value below(const Scalars &s, Value u, double bound) {
  return s.holds(arith::CmpFPredicate::OLT, u, s.number(bound));
}

Value nanBelowZero(const Scalars &s, Value u, Value result) {
  return s.choose(below(s, u, 0),
                  s.number(std::numeric_limits<double>::quiet_NaN()), result);
}

/// Below 2.5, from the series around 2 and Gamma(x + 1) = x Gamma(x): the
/// zeros at 1 and 2 are exact.
Value logGammaNear(const Scalars &s, Value u) {
  Value one = s.number(1), two = s.number(2);
  Value first = below(s, u, 0.5), second = below(s, u, 1.5);
  Value e = s.choose(first, u, s.choose(second, s.sub(u, one), s.sub(u, two)));
  Value factor =
      s.choose(first, s.mul(u, s.add(u, one)), s.choose(second, u, one));
  return s.sub(s.mul(e, polynomial(s, e, aroundTwo)), s.log(factor));
}

/// (y - 1/2) (log y - 1) - 1/2 + log(2 pi) / 2 + sum of B_2k / (2k (2k - 1)
/// y^(2k - 1)) at y = u + 6, or at u itself from 8 on, minus the log of the
/// product u (u + 1) .. (u + 5).
Value logGammaFar(const Scalars &s, Value u) {
  Value shifted = below(s, u, 8);
  Value product = u;
  for (int i = 1; i < 6; ++i) {
    product = s.mul(product, s.add(u, s.number(i)));
  }
  product = s.choose(shifted, product, s.number(1));
  Value y = s.choose(shifted, s.add(u, s.number(6)), u);
  Value inverse = s.div(s.number(1), y);
  double c[10];
  for (int k = 1; k <= 10; ++k) {
    c[k - 1] = bernoulli[k - 1] / (2 * k * (2 * k - 1));
  }
  Value tail = s.mul(inverse, polynomial(s, s.mul(inverse, inverse), c));
  Value main = s.mul(s.sub(y, s.number(0.5)), s.sub(s.log(y), s.number(1)));
  const double rest = 0.5 * std::log(2 * std::numbers::pi) - 0.5;
  return s.sub(s.add(main, s.add(tail, s.number(rest))), s.log(product));
}

Value power(const Scalars &s, Value u, int exponent) {
  Value result = u;
  for (int i = 1; i < exponent; ++i) {
    result = s.mul(result, u);
  }
  return result;
}

} // namespace

Value buildLogGamma(const Scalars &s, Value u) {
  Value result =
      s.choose(below(s, u, 2.5), logGammaNear(s, u), logGammaFar(s, u));
  return nanBelowZero(s, u, result);
}

/// (-1)^(n + 1) psi_n(u) = sum over i < S of n! / (u + i)^(n + 1)
///   + (n - 1)! / y^n + n! / (2 y^(n + 1))
///   + sum of B_2k (2k + n - 1)! / ((2k)! y^(2k + n))   (DLMF 5.15.8)
/// with y = u + S; for n = 0 the first term behind the sum is -log y.
Value buildPolygamma(const Scalars &s, Value u, int order) {
  const int turns = 10 + 2 * order;
  const double factorial = std::tgamma(order + 1.0);
  Value one = s.number(1), sum = s.number(0);
  for (int i = 0; i < turns; ++i) {
    Value inverse = s.div(one, s.add(u, s.number(i)));
    sum = s.add(sum, power(s, inverse, order + 1));
  }
  sum = s.mul(sum, s.number(factorial));
  Value y = s.add(u, s.number(turns)), inverse = s.div(one, y);
  double c[10];
  for (int k = 1; k <= 10; ++k) {
    c[k - 1] = bernoulli[k - 1] *
               std::exp(std::lgamma(2 * k + order) - std::lgamma(2 * k + 1));
  }
  Value square = s.mul(inverse, inverse);
  Value tail = s.add(s.mul(inverse, s.number(factorial / 2)),
                     s.mul(square, polynomial(s, square, c)));
  if (order == 0) {
    return nanBelowZero(s, u, s.sub(s.log(y), s.add(sum, tail)));
  }
  tail =
      s.mul(s.add(tail, s.number(factorial / order)), power(s, inverse, order));
  sum = s.add(sum, tail);
  return nanBelowZero(s, u, order % 2 == 0 ? s.neg(sum) : sum);
}

} // namespace gmc::conversion
