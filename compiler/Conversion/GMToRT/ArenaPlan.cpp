//===- ArenaPlan.cpp - values that share memory over time -----------------===//
#include "compiler/Conversion/GMToRT/ArenaPlan.h"

#include <algorithm>
#include <numeric>

namespace gmc::conversion {

ArenaPlan planArena(const std::vector<Lifetime> &lifetimes) {
  ArenaPlan plan;
  plan.offsets.assign(lifetimes.size(), 0);
  std::vector<size_t> order(lifetimes.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return lifetimes[a].bytes > lifetimes[b].bytes;
  });
  std::vector<size_t> placed; // by ascending offset
  for (size_t i : order) {
    const Lifetime &life = lifetimes[i];
    int64_t offset = 0;
    for (size_t other : placed) {
      const Lifetime &taken = lifetimes[other];
      bool meet = taken.first <= life.last && life.first <= taken.last;
      if (!meet) {
        continue;
      }
      if (plan.offsets[other] >= offset + alignUp(life.bytes)) {
        break; // the gap before `other` is wide enough
      }
      offset = std::max(offset, plan.offsets[other] + alignUp(taken.bytes));
    }
    plan.offsets[i] = offset;
    plan.bytes = std::max(plan.bytes, offset + alignUp(life.bytes));
    auto after = std::upper_bound(
        placed.begin(), placed.end(), i, [&](size_t a, size_t b) {
          return plan.offsets[a] < plan.offsets[b];
        });
    placed.insert(after, i);
  }
  return plan;
}

} // namespace gmc::conversion
