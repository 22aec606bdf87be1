//===- Checksum.h - a fingerprint of bytes ----------------------*- C++ -*-===//
//
// XXH3 of 128 bits (libxxhash): against faults of disks and copies, not
// against an attacker.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_CORE_CHECKSUM_H
#define GMC_RUNTIME_CORE_CHECKSUM_H

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace gmc::runtime {

class Checksum {
public:
  Checksum();
  ~Checksum();

  void update(std::span<const std::byte> bytes);
  /// Returns 32 hex digits, the canonical form of xxHash (high half first).
  std::string hex() const;

private:
  struct State;
  std::unique_ptr<State> state;
};

} // namespace gmc::runtime

#endif // GMC_RUNTIME_CORE_CHECKSUM_H
