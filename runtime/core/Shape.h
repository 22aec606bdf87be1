//===- Shape.h - extents of tensors -----------------------------*- C++ -*-===//
#ifndef GMC_RUNTIME_CORE_SHAPE_H
#define GMC_RUNTIME_CORE_SHAPE_H

#include "runtime/core/ScalarType.h"

#include <string>

namespace gmc::runtime {

using plan::Shape;

/// Returns the product of the extents; throws a Failure beyond 2^62.
int64_t elementsOf(const Shape &shape);

/// Returns "[1, 28, 28]".
std::string spellingOf(const Shape &shape);

/// Returns the bytes of a row-major tensor of `shape`.
inline int64_t bytesOf(ScalarType type, const Shape &shape) {
  return elementsOf(shape) * sizeOf(type);
}

} // namespace gmc::runtime

#endif // GMC_RUNTIME_CORE_SHAPE_H
