//===- Frechet.h - the distance of two sets of features ---------*- C++ -*-===//
#ifndef GMC_RUNTIME_TRAIN_FRECHET_H
#define GMC_RUNTIME_TRAIN_FRECHET_H

#include <cstdint>
#include <span>

namespace gmc::runtime {

/// The Fréchet distance of the normal distributions with the means and
/// covariances (dividing by n - 1) of two sets of vectors of `width` numbers,
/// each [n, width], n at least 2:
///
///   |m1 - m2|^2 + tr(C1 + C2 - 2 (C1^1/2 C2 C1^1/2)^1/2)
///
/// (Dowson and Landau 1982; of features of pictures, Heusel et al. 2017).
double frechetDistance(std::span<const double> first,
                       std::span<const double> second, int64_t width);

} // namespace gmc::runtime

#endif // GMC_RUNTIME_TRAIN_FRECHET_H
