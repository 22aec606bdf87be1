//===- Shape.cpp - extents of tensors -------------------------------------===//
#include "runtime/core/Shape.h"

#include "runtime/core/Status.h"

namespace gmc::runtime {

int64_t elementsOf(const Shape &shape) {
  constexpr int64_t largest = int64_t(1) << 62;
  int64_t product = 1;
  for (int64_t extent : shape) {
    if (extent < 0 || __builtin_mul_overflow(product, extent, &product) ||
        product > largest) {
      fail(ExitInternal, "the shape {} has too many elements",
           spellingOf(shape));
    }
  }
  return product;
}

std::string spellingOf(const Shape &shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

} // namespace gmc::runtime
