//===- Shuffle.h - the order of the examples of an epoch --------*- C++ -*-===//
//
// The order is a function of (seed, epoch, name of the stream) alone, so a
// resumed run sees the examples that the unbroken run would have seen.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_CORE_SHUFFLE_H
#define GMC_RUNTIME_CORE_SHUFFLE_H

#include <cstdint>
#include <span>
#include <string_view>

namespace gmc::runtime {

/// Fills `order` with a permutation of 0 .. order.size() - 1: Fisher-Yates,
/// its numbers drawn with execution = epoch at site
/// fnv1a("shuffle " + stream).
void shuffle(std::span<int64_t> order, uint64_t seed, uint64_t epoch,
             std::string_view stream);

} // namespace gmc::runtime

#endif // GMC_RUNTIME_CORE_SHUFFLE_H
