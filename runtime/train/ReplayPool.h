//===- ReplayPool.h - examples of earlier rounds ----------------*- C++ -*-===//
//
// `pool P(50, replace: 0.5)`: Shrivastava et al. 2017 in the form of CycleGAN.
// The examples lie in a tensor of the state, how many have been given is a
// count of the position, the draws are keyed by that count: a checkpoint holds
// all of it.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_TRAIN_REPLAYPOOL_H
#define GMC_RUNTIME_TRAIN_REPLAYPOOL_H

#include "runtime/plan/Plan.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace gmc::runtime {

/// Puts the examples of `given` into the pool, one after the other, and writes
/// to `taken` as many: an example itself while the pool fills, afterwards, with
/// the chance `replace`, a stored one, in whose place it stays. `items` is the
/// pool's tensor, row-major; `seen` counts the examples given so far.
void swapPool(const plan::Pool &pool, int64_t capacity, uint64_t seed,
              uint64_t &seen, std::span<std::byte> items,
              std::span<const std::byte> given, std::byte *taken);

} // namespace gmc::runtime

#endif // GMC_RUNTIME_TRAIN_REPLAYPOOL_H
