//===- GammaQuantile.h - draws of Gammas from uniform numbers ---*- C++ -*-===//
//
// A draw of Gamma(a, 1) is the z whose distribution function is a uniform
// number. Its logarithm is what compiled models take (gmAbi.h): z itself of a
// small a is smaller than any number.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_CORE_GAMMAQUANTILE_H
#define GMC_RUNTIME_CORE_GAMMAQUANTILE_H

namespace gmc::runtime {

/// Returns log z, z being where the distribution function of Gamma(a, 1) is u.
/// NaN unless 0 < u < 1 and 0 < a < infinity.
double logGammaQuantile(double u, double a);

/// Returns the derivative of logGammaQuantile in a, u being held, where it is
/// l.
double logGammaQuantileSlope(double l, double a);

} // namespace gmc::runtime

#endif // GMC_RUNTIME_CORE_GAMMAQUANTILE_H
