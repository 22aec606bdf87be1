//===- OverSet.h - statistics over the examples of a set --------*- C++ -*-===//
#ifndef GMC_RUNTIME_TRAIN_OVERSET_H
#define GMC_RUNTIME_TRAIN_OVERSET_H

#include "runtime/train/Machine.h"

#include <vector>

namespace gmc::runtime {

/// One statistic in the making, of each number of an example, in f64. The
/// variance divides by n and is Welford's (Technometrics 4, 1962):
/// m += (x - m)/n, s += (x - m before)(x - m).
class OverSet {
public:
  /// Of an output [batch, event..].
  OverSet(plan::Statistic kind, const plan::Slot &slot, int64_t batch);

  /// Adds the first `valid` examples of what the arena holds.
  void add(const Machine &machine, int64_t valid);

  /// Puts the result into the input `to` of the event's numbers.
  void store(Machine &machine, const plan::Slot &to) const;

  /// Mean and Var: of each number.
  const std::vector<double> &means() const { return values; }
  /// Var: of each number.
  std::vector<double> variances() const;

private:
  void addNumber(size_t i, double number);
  void addFeatures(const Machine &machine, int64_t valid);
  double distance() const;

  plan::Statistic kind;
  const plan::Slot *slot;
  std::vector<double> values, squares;
  std::vector<double> first, second; ///< Frechet: all of both sets
  int64_t count = 0;
};

} // namespace gmc::runtime

#endif // GMC_RUNTIME_TRAIN_OVERSET_H
