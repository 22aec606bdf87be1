//===- Checksum.cpp - a fingerprint of bytes
//-------------------------------===//

#include "runtime/core/Checksum.h"

#include <fmt/format.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace gmc::runtime {

struct Checksum::State {
  XXH3_state_t xxh;
};

Checksum::Checksum() : state(std::make_unique<State>()) {
  XXH3_128bits_reset(&state->xxh);
}

Checksum::~Checksum() = default;

void Checksum::update(std::span<const std::byte> bytes) {
  XXH3_128bits_update(&state->xxh, bytes.data(), bytes.size());
}

std::string Checksum::hex() const {
  XXH128_hash_t hash = XXH3_128bits_digest(&state->xxh);
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

} // namespace gmc::runtime
