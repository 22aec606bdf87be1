//===- StreamPosition.h - a place in a stream of examples -------*- C++ -*-===//
//
// What a checkpoint stores of a stream: with the seed it gives every batch
// that follows.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_CORE_STREAMPOSITION_H
#define GMC_RUNTIME_CORE_STREAMPOSITION_H

#include <cstdint>

namespace gmc::runtime {

/// `index` items of epoch `epoch` are consumed.
struct StreamPosition {
  uint64_t epoch = 0;
  int64_t index = 0;
  bool operator==(const StreamPosition &) const = default;
};

} // namespace gmc::runtime

#endif // GMC_RUNTIME_CORE_STREAMPOSITION_H
