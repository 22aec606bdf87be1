//===- Random.cpp - keyed random numbers
//-----------------------------------===//
//
// See Random.h for the rule. A block's number is taken modulo 2^32, which
// covers 2^34 elements of one draw.
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Random.h"

#include <cmath>
#include <numbers>

namespace gmc::runtime {

PhiloxBlock philox(PhiloxBlock counter, PhiloxKey key) {
  // The multipliers and the Weyl steps of the key (2^32 times the golden ratio
  // less 1, and times sqrt(3) - 1) are those of the paper's table 2.
  constexpr uint64_t multiplier0 = 0xD2511F53, multiplier1 = 0xCD9E8D57;
  constexpr uint32_t weyl0 = 0x9E3779B9, weyl1 = 0xBB67AE85;
  for (int round = 0; round < 10; ++round) {
    uint64_t product0 = multiplier0 * counter[0];
    uint64_t product1 = multiplier1 * counter[2];
    counter = {static_cast<uint32_t>(product1 >> 32) ^ counter[1] ^ key[0],
               static_cast<uint32_t>(product1),
               static_cast<uint32_t>(product0 >> 32) ^ counter[3] ^ key[1],
               static_cast<uint32_t>(product0)};
    key[0] += weyl0;
    key[1] += weyl1;
  }
  return counter;
}

PhiloxBlock Draw::block(uint32_t index) const {
  auto low = [](uint64_t x) { return static_cast<uint32_t>(x); };
  auto high = [](uint64_t x) { return static_cast<uint32_t>(x >> 32); };
  PhiloxBlock counter = {index, low(execution), low(site),
                         high(site) + high(execution) * 0x9E3779B9u};
  return philox(counter, {low(seed), high(seed)});
}

/// Returns the block that holds element `element`.
static uint32_t blockOf(uint64_t element) {
  return static_cast<uint32_t>(element / 64 * 16 + element % 16);
}

/// Returns the place of element `element` in its block.
static int wordOf(uint64_t element) {
  return static_cast<int>(element % 64 / 16);
}

uint32_t Draw::word(uint64_t element) const {
  return block(blockOf(element))[wordOf(element)];
}

void Draw::words(uint64_t first, std::span<uint32_t> words) const {
  uint64_t end = first + words.size();
  for (uint64_t group = first / 64 * 64; group < end; group += 64) {
    for (uint64_t lane = 0; lane < 16; ++lane) {
      PhiloxBlock four = block(blockOf(group + lane));
      for (uint64_t row = 0; row < 4; ++row) {
        uint64_t element = group + row * 16 + lane;
        if (element >= first && element < end) {
          words[element - first] = four[row];
        }
      }
    }
  }
}

/// Returns ((w >> 9) + 0.5) 2^-23 for float, (w + 0.5) 2^-32 for double.
template <typename T> static T uniformOf(uint32_t word) {
  if constexpr (sizeof(T) == 4) {
    return (static_cast<T>(word >> 9) + T(0.5)) * T(0x1p-23);
  } else {
    return (static_cast<T>(word) + T(0.5)) * T(0x1p-32);
  }
}

template <typename T> T Draw::uniform(uint64_t element) const {
  return uniformOf<T>(word(element));
}

template <typename T> T Draw::normal(uint64_t element) const {
  PhiloxBlock four = block(blockOf(element));
  int word = wordOf(element);
  int even = word & ~1;
  T radius = std::sqrt(T(-2) * std::log(uniformOf<T>(four[even])));
  T angle = T(2) * std::numbers::pi_v<T> * uniformOf<T>(four[even + 1]);
  return radius * (word == even ? std::cos(angle) : std::sin(angle));
}

template float Draw::uniform<float>(uint64_t) const;
template double Draw::uniform<double>(uint64_t) const;
template float Draw::normal<float>(uint64_t) const;
template double Draw::normal<double>(uint64_t) const;

uint64_t fnv1a(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (unsigned char c : text) {
    hash = (hash ^ c) * 0x100000001b3;
  }
  return hash;
}

} // namespace gmc::runtime
