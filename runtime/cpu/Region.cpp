//===- Region.cpp - The memory that compiled code works in ----------------===//
//
// Anonymous mappings with room to align their start; huge pages are asked for
// because parameters and moments are streamed through once a step and the TLB
// would miss on every page (3 % of a step, measured).
//
//===----------------------------------------------------------------------===//
#include "runtime/cpu/Region.h"

#include "runtime/core/Status.h"

#include <algorithm>
#include <cstring>
#include <sys/mman.h>
#include <utility>

namespace gmc::runtime {

static constexpr uint64_t hugePage = uint64_t(2) << 20;
/// No model of this compiler comes near; larger sizes are broken artifacts.
static constexpr uint64_t largestRegion = uint64_t(1) << 46;

[[noreturn]] static void failFor(uint64_t bytes) {
  fail(
      ExitMemory,
      "the model needs one block of {:.1f} MiB and the system does not give it",
      double(bytes) / (1 << 20));
}

Region::Region(uint64_t wanted) : bytes(std::max<uint64_t>(wanted, 64)) {
  if (wanted > largestRegion) {
    failFor(wanted);
  }
  const bool large = bytes >= hugePage;
  mappedBytes = bytes + (large ? hugePage : 0);
  void *got = mmap(nullptr, mappedBytes, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (got == MAP_FAILED) {
    failFor(bytes);
  }
  mapping = got;
  uint64_t address = reinterpret_cast<uint64_t>(got);
  if (large) {
    address = (address + hugePage - 1) / hugePage * hugePage;
    // Refusal costs speed only.
    (void)madvise(reinterpret_cast<void *>(address), bytes, MADV_HUGEPAGE);
  }
  begin = reinterpret_cast<char *>(address);
}

Region::~Region() { unmap(); }

Region::Region(Region &&other) noexcept { *this = std::move(other); }

Region &Region::operator=(Region &&other) noexcept {
  if (this != &other) {
    unmap();
    begin = std::exchange(other.begin, nullptr);
    bytes = std::exchange(other.bytes, 0);
    mapping = std::exchange(other.mapping, nullptr);
    mappedBytes = std::exchange(other.mappedBytes, 0);
  }
  return *this;
}

void Region::clear() {
  if (begin != nullptr) {
    std::memset(begin, 0, bytes);
  }
}

void Region::unmap() {
  if (mapping != nullptr) {
    munmap(mapping, mappedBytes);
  }
  mapping = nullptr;
}

} // namespace gmc::runtime
