//===- GammaQuantile.cpp - draws of Gammas from uniform numbers -----------===//
//
// With p the density, F the distribution function and x = e^l,
//   F(x) = x p(x) I,       I = integral of exp(-(a s + x (e^-s - 1))), s > 0,
//   1 - F(x) = x p(x) J,   J = integral of exp(-(x (e^s - 1) - a s)), s > 0,
// from t = x e^-s and t = x e^s in the integral of p. The same integrands times
// s - c and s + c, c = l - digamma(a), are -dF/da and d(1 - F)/da over x p, so
// that the derivative of l at a fixed u, -(dF/da) / (x p) (Figurnov, Mohamed
// and Mnih 2018), needs no difference of near numbers. Newton's rule on log F
// or log(1 - F), which are concave in l, finds l.
//
//===----------------------------------------------------------------------===//
#include "runtime/core/GammaQuantile.h"

#include "runtime/abi/gmAbi.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace gmc::runtime {
namespace {

/// log Gamma(x) by the C library, which sets no global here.
double logGamma(double x) {
  int sign = 1;
  return lgamma_r(x, &sign);
}

/// psi(x) = psi(x + n) - sum of 1 / (x + i); at 12 the series has 16 digits.
double digamma(double x) {
  double sum = 0;
  for (; x < 12; x += 1) {
    sum -= 1 / x;
  }
  const double y = 1 / (x * x);
  const double tail =
      1.0 / 12 -
      y * (1.0 / 120 -
           y * (1.0 / 252 -
                y * (1.0 / 240 -
                     y * (1.0 / 132 - y * (691.0 / 32760 - y / 12)))));
  return sum + std::log(x) - 0.5 / x - y * tail;
}

/// A tail of Gamma(a, 1) beside e^l.
struct Tail {
  double mass = 0;  ///< its chance over x p(x)
  double slope = 0; ///< dl/da at a fixed chance
  bool lower = true;
};

/// I = sum of x^n / (a (a + 1) .. (a + n)), of which each term's derivative in
/// a is minus it times the sum of 1 / (a + i).
Tail seriesTail(double a, double x, double c) {
  double term = 1 / a, order = 1 / a, mass = term, moment = term * order;
  for (int n = 1; n < 500; ++n) {
    term *= x / (a + n);
    order += 1 / (a + n);
    mass += term;
    moment += term * order;
    if (term * order < 1e-17 * moment) {
      break;
    }
  }
  return {mass, moment - c * mass, true};
}

/// Gauss and Legendre's rule of 24 points: places in (0, 1) and weights, both
/// also at the mirrored places.
constexpr double places[] = {
    0.06405689286260563, 0.1911188674736163, 0.3150426796961634,
    0.4337935076260451,  0.5454214713888396, 0.6480936519369755,
    0.7401241915785544,  0.820001985973903,  0.886415527004401,
    0.9382745520027328,  0.9747285559713095, 0.9951872199970213};
constexpr double weights[] = {
    0.12793819534675221, 0.1258374563468283,   0.12167047292780342,
    0.11550566805372561, 0.1074442701159656,   0.09761865210411406,
    0.08619016153195329, 0.07334648141108041,  0.05929858491543674,
    0.04427743881741955, 0.028531388628933743, 0.012341229799987091};

/// The exponent of the integrand of I, or of J.
double exponent(double a, double x, double s, bool lower) {
  return lower ? a * s + x * std::expm1(-s) : x * std::expm1(s) - a * s;
}

/// Where the exponent is about 40: what lies behind is below 1e-17. It is
/// convex and grows from 0 on.
double endOf(double a, double x, bool lower) {
  const double gap = std::abs(a - x);
  double s = std::sqrt(80 / x);
  if (gap > 0) {
    s = std::min(s, 40 / gap);
  }
  for (int i = 0; i < 50; ++i) {
    const double rate = lower ? a - x * std::exp(-s) : x * std::exp(s) - a;
    const double step = (exponent(a, x, s, lower) - 40) / rate;
    s -= step;
    if (std::abs(step) < 1e-3 * s) {
      break;
    }
  }
  return s;
}

Tail integratedTail(double a, double x, double c, bool lower) {
  const double half = endOf(a, x, lower) / 2;
  const double shift = lower ? -c : c;
  Tail tail{0, 0, lower};
  for (int i = 0; i < 12; ++i) {
    for (double place : {-places[i], places[i]}) {
      const double s = half * (1 + place);
      const double h = half * weights[i] * std::exp(-exponent(a, x, s, lower));
      tail.mass += h;
      tail.slope += h * (s + shift);
    }
  }
  return tail;
}

Tail tailAt(double a, double l, double psi) {
  const double x = std::exp(l), c = l - psi;
  if (x <= 1 || (a <= 20 && x <= a)) {
    return seriesTail(a, x, c);
  }
  return integratedTail(a, x, c, x <= a);
}

/// The normal quantile to 5e-4 (Abramowitz and Stegun 26.2.23).
double normalQuantile(double u) {
  const double t = std::sqrt(-2 * std::log(std::min(u, 1 - u)));
  const double z = t - (2.515517 + t * (0.802853 + t * 0.010328)) /
                           (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
  return u < 0.5 ? -z : z;
}

/// Where to begin: Wilson and Hilferty's cube, or the first term of the series.
double guess(double u, double a) {
  if (a >= 1) {
    const double v = 1 - 1 / (9 * a) + normalQuantile(u) / (3 * std::sqrt(a));
    if (v > 0.1) {
      return std::log(a) + 3 * std::log(v);
    }
  }
  return std::min((std::log(u) + logGamma(a + 1)) / a, 0.0);
}

} // namespace

double logGammaQuantile(double u, double a) {
  if (!(u > 0 && u < 1 && a > 0 && std::isfinite(a))) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  const double norm = logGamma(a), psi = digamma(a);
  double l = guess(u, a);
  for (int i = 0; i < 100; ++i) {
    const Tail tail = tailAt(a, l, psi);
    const double chance = a * l - std::exp(l) - norm + std::log(tail.mass);
    const double step = tail.mass * (tail.lower ? std::log(u) - chance
                                                : chance - std::log1p(-u));
    l += step;
    // The next step would be about the square of this one.
    if (std::abs(step) <= 1e-8) {
      break;
    }
  }
  return l;
}

double logGammaQuantileSlope(double l, double a) {
  return tailAt(a, l, digamma(a)).slope;
}

} // namespace gmc::runtime

extern "C" double gmLogGammaQuantile(double u, double a) {
  return gmc::runtime::logGammaQuantile(u, a);
}

extern "C" double gmLogGammaQuantileSlope(double l, double a) {
  return gmc::runtime::logGammaQuantileSlope(l, a);
}
