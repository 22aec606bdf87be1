//===- Shuffle.cpp - the order of the examples of an epoch
//-----------------===//

#include "runtime/core/Shuffle.h"

#include "runtime/core/Random.h"

#include <string>
#include <utility>

namespace gmc::runtime {

/// Returns `bits` mapped to 0 .. bound - 1: the high half of bits * bound,
/// whose bias is below bound / 2^64.
static uint64_t scaledTo(uint64_t bits, uint64_t bound) {
  return static_cast<uint64_t>(static_cast<unsigned __int128>(bits) * bound >>
                               64);
}

void shuffle(std::span<int64_t> order, uint64_t seed, uint64_t epoch,
             std::string_view stream) {
  Draw draw{seed, epoch, fnv1a("shuffle " + std::string(stream))};
  for (size_t i = 0; i < order.size(); ++i) {
    order[i] = static_cast<int64_t>(i);
  }
  // Each block gives the 64-bit numbers of two exchanges.
  PhiloxBlock four{};
  for (size_t i = order.size(); i > 1; --i) {
    size_t exchange = order.size() - i;
    if (exchange % 2 == 0) {
      four = draw.block(static_cast<uint32_t>(exchange / 2));
    }
    size_t half = exchange % 2 * 2;
    uint64_t bits = static_cast<uint64_t>(four[half + 1]) << 32 | four[half];
    std::swap(order[i - 1], order[scaledTo(bits, i)]);
  }
}

} // namespace gmc::runtime
