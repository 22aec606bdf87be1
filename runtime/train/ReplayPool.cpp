//===- ReplayPool.cpp - examples of earlier rounds ------------------------===//
#include "runtime/train/ReplayPool.h"

#include "runtime/core/Random.h"

#include <algorithm>
#include <cstring>

namespace gmc::runtime {

void swapPool(const plan::Pool &pool, int64_t capacity, uint64_t seed,
              uint64_t &seen, std::span<std::byte> items,
              std::span<const std::byte> given, std::byte *taken) {
  const size_t bytes = items.size() / size_t(capacity);
  const uint64_t site = fnv1a("pool " + pool.name);
  for (size_t at = 0; at < given.size(); at += bytes, ++seen) {
    std::memcpy(taken + at, given.data() + at, bytes);
    if (seen < uint64_t(capacity)) {
      std::memcpy(items.data() + seen * bytes, given.data() + at, bytes);
      continue;
    }
    const Draw draw{seed, seen, site};
    if (draw.uniform<double>(0) >= pool.replace) {
      continue;
    }
    const auto place = uint64_t(draw.uniform<double>(1) * double(capacity));
    std::byte *stored = items.data() + place * bytes;
    std::swap_ranges(stored, stored + bytes, taken + at);
  }
}

} // namespace gmc::runtime
