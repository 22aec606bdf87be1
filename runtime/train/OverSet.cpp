//===- OverSet.cpp - statistics over the examples of a set ----------------===//
#include "runtime/train/OverSet.h"

#include "runtime/core/Status.h"
#include "runtime/train/Frechet.h"

#include <algorithm>
#include <cmath>

namespace gmc::runtime {

OverSet::OverSet(plan::Statistic kind, const plan::Slot &slot, int64_t batch)
    : kind(kind), slot(&slot), values(elementsOf(slot.shape) / batch),
      squares(kind == plan::Statistic::Var ? values.size() : 0) {}

void OverSet::add(const Machine &machine, int64_t valid) {
  if (kind == plan::Statistic::Frechet) {
    addFeatures(machine, valid);
    return;
  }
  int64_t number = 0;
  for (int64_t row = 0; row < valid; ++row) {
    ++count;
    for (size_t i = 0; i < values.size(); ++i, ++number) {
      addNumber(i, machine.number(*slot, number));
    }
  }
}

void OverSet::addFeatures(const Machine &machine, int64_t valid) {
  const auto each = int64_t(values.size());
  for (int64_t i = 0; i < valid * each; ++i) {
    (i % each < each / 2 ? first : second).push_back(machine.number(*slot, i));
  }
  count += valid;
}

double OverSet::distance() const {
  if (count < 2) {
    fail(ExitData,
         "a Fréchet distance over {} examples: two are the least "
         "that have a covariance",
         count);
  }
  return frechetDistance(first, second, int64_t(values.size()) / 2);
}

void OverSet::addNumber(size_t i, double number) {
  double &value = values[i];
  const double before = value;
  if (count == 1) {
    value = number;
  } else if (kind == plan::Statistic::Min || kind == plan::Statistic::Max) {
    const bool further =
        kind == plan::Statistic::Min ? number < value : number > value;
    // One example that has no number leaves none for all.
    value = further || std::isnan(number) ? number : value;
  } else {
    value += (number - before) / double(count);
  }
  if (kind == plan::Statistic::Var && count > 1) {
    squares[i] += (number - before) * (number - value);
  }
}

std::vector<double> OverSet::variances() const {
  std::vector<double> result(squares.size());
  std::transform(
      squares.begin(), squares.end(), result.begin(),
      [this](double s) { return count == 0 ? 0 : s / double(count); });
  return result;
}

void OverSet::store(Machine &machine, const plan::Slot &to) const {
  const std::vector<double> result = kind == plan::Statistic::Var ? variances()
                                     : kind == plan::Statistic::Frechet
                                         ? std::vector<double>{distance()}
                                         : values;
  for (size_t i = 0; i < result.size(); ++i) {
    machine.setNumber(to, int64_t(i), result[i]);
  }
}

} // namespace gmc::runtime
