//===- Region.h - The memory that compiled code works in --------*- C++ -*-===//
//
// State and arena of a model: one mapping each, zeroed, on huge pages where
// the kernel grants them. Nothing is allocated while a step runs.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_CPU_REGION_H
#define GMC_RUNTIME_CPU_REGION_H

#include <cstddef>
#include <cstdint>

namespace gmc::runtime {

/// A zeroed block of memory, aligned to 64 bytes, and to 2 MiB from that size
/// on, so that huge pages can back it.
class Region {
public:
  Region() = default;
  /// Maps `bytes` bytes, at least 64. Throws Failure 6 where the system has no
  /// room for them.
  explicit Region(uint64_t bytes);
  ~Region();
  Region(Region &&other) noexcept;
  Region &operator=(Region &&other) noexcept;
  Region(const Region &) = delete;
  Region &operator=(const Region &) = delete;

  char *data() const { return begin; }
  uint64_t size() const { return bytes; }
  /// Sets every byte to 0 again.
  void clear();

private:
  void unmap();

  char *begin = nullptr;
  uint64_t bytes = 0;
  void *mapping = nullptr;
  size_t mappedBytes = 0;
};

} // namespace gmc::runtime

#endif // GMC_RUNTIME_CPU_REGION_H
