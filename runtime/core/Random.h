//===- Random.h - keyed random numbers --------------------------*- C++ -*-===//
//
// Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel Random Numbers: As Easy
// as 1, 2, 3; SC'11) and the rule that gives every element of every draw its
// own number. There is no state: a number is a function of the run's seed, of
// the execution and of the place of the draw. Compiled models follow the same
// rule with vectors; this is the reference.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_CORE_RANDOM_H
#define GMC_RUNTIME_CORE_RANDOM_H

#include "runtime/core/ScalarType.h"

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace gmc::runtime {

using PhiloxBlock = std::array<uint32_t, 4>;
using PhiloxKey = std::array<uint32_t, 2>;

/// Returns the four words that ten rounds of Philox4x32 make of `counter`.
PhiloxBlock philox(PhiloxBlock counter, PhiloxKey key);

/// Names one draw: all its elements have numbers of their own.
///
///   key     = { seed low, seed high }
///   counter = { block, execution low, site low,
///               site high + execution high * 0x9E3779B9 }
///
/// Element e is word (e % 64) / 16 of block (e / 64) * 16 + e % 16: sixteen
/// lanes, each with a block of its own, make 64 elements in order.
struct Draw {
  uint64_t seed = 0;
  uint64_t execution = 0; ///< which execution of the entry point, or epoch
  uint64_t site = 0;      ///< hash of the place of the draw

  PhiloxBlock block(uint32_t index) const;
  /// Returns the random bits of element `element` < 2^34.
  uint32_t word(uint64_t element) const;
  /// Fills `words` with the bits of elements first, first + 1, ...
  void words(uint64_t first, std::span<uint32_t> words) const;

  /// Returns a number uniform on (0, 1):
  ///   float : ((w >> 9) + 0.5) * 2^-23, exact
  ///   double: (w + 0.5) * 2^-32
  template <typename T> T uniform(uint64_t element) const;

  /// Returns a standard normal number by Box-Muller over the words (0, 1) and
  /// (2, 3) of a block: with u, v the uniforms of the even and the odd word,
  ///   r = sqrt(-2 log u), t = 2 pi v; even word: r cos t; odd word: r sin t.
  template <typename T> T normal(uint64_t element) const;
};

/// Returns the 64-bit FNV-1a hash of `text`: the site of draws that a name
/// keys (initial values, shuffles).
uint64_t fnv1a(std::string_view text);

} // namespace gmc::runtime

#endif // GMC_RUNTIME_CORE_RANDOM_H
