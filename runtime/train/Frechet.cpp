//===- Frechet.cpp - the distance of two sets of features -----------------===//
//
// All in f64. Roots of matrices are those of symmetric ones, by their
// eigenvalues; what rounding makes of an eigenvalue 0 may be below it.
//
//===----------------------------------------------------------------------===//
#include "runtime/train/Frechet.h"

#include <Eigen/Dense>

namespace gmc::runtime {

using Matrix =
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Solver = Eigen::SelfAdjointEigenSolver<Matrix>;

namespace {

/// Mean and covariance of one set.
struct Moments {
  Eigen::RowVectorXd mean;
  Matrix covariance;
};

} // namespace

static Moments momentsOf(std::span<const double> numbers, int64_t width) {
  const auto items = static_cast<int64_t>(numbers.size()) / width;
  const Eigen::Map<const Matrix> rows(numbers.data(), items, width);
  Moments moments;
  moments.mean = rows.colwise().mean();
  const Matrix centered = rows.rowwise() - moments.mean;
  moments.covariance =
      centered.transpose() * centered / static_cast<double>(items - 1);
  return moments;
}

/// Returns the root V diag(max(e, 0))^1/2 V' of V diag(e) V'.
static Matrix rootOf(const Matrix &matrix) {
  const Solver solver(matrix);
  const Eigen::VectorXd roots = solver.eigenvalues().cwiseMax(0).cwiseSqrt();
  return solver.eigenvectors() * roots.asDiagonal() *
         solver.eigenvectors().transpose();
}

double frechetDistance(std::span<const double> first,
                       std::span<const double> second, int64_t width) {
  const Moments a = momentsOf(first, width), b = momentsOf(second, width);
  const Matrix root = rootOf(a.covariance);
  const Matrix middle = root * b.covariance * root;
  const Solver roots((middle + middle.transpose()) / 2, Eigen::EigenvaluesOnly);
  const double cross = roots.eigenvalues().cwiseMax(0).cwiseSqrt().sum();
  return (a.mean - b.mean).squaredNorm() + a.covariance.trace() +
         b.covariance.trace() - 2 * cross;
}

} // namespace gmc::runtime
