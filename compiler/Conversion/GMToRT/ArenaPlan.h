//===- ArenaPlan.h - values that share memory over time ---------*- C++ -*-===//
#ifndef GMC_CONVERSION_GMTORT_ARENAPLAN_H
#define GMC_CONVERSION_GMTORT_ARENAPLAN_H

#include <cstdint>
#include <vector>

namespace gmc::conversion {

/// A stretch of memory in use from launch `first` to launch `last`, both
/// included.
struct Lifetime {
  int64_t bytes = 0;
  int64_t first = 0;
  int64_t last = 0;
};

/// Every place in memory begins on a multiple of this.
inline constexpr int64_t placeAlignment = 64;

inline int64_t alignUp(int64_t bytes) {
  return (bytes + placeAlignment - 1) / placeAlignment * placeAlignment;
}

/// An offset for each lifetime, such that two that meet in time are apart.
struct ArenaPlan {
  std::vector<int64_t> offsets;
  int64_t bytes = 0;
};

/// Places the largest first, each at the lowest offset that is free throughout
/// its life. A function of its argument alone.
ArenaPlan planArena(const std::vector<Lifetime> &lifetimes);

} // namespace gmc::conversion

#endif // GMC_CONVERSION_GMTORT_ARENAPLAN_H
