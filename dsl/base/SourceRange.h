//===- SourceRange.h - a stretch of a .gm text ------------------*- C++ -*-===//
#ifndef GMC_DSL_BASE_SOURCERANGE_H
#define GMC_DSL_BASE_SOURCERANGE_H

#include <cstdint>

namespace gmc::dsl {

/// Bytes [begin, end) of the source file.
struct SourceRange {
  uint32_t begin = 0;
  uint32_t end = 0;
  bool operator==(const SourceRange &) const = default;
};

} // namespace gmc::dsl

#endif // GMC_DSL_BASE_SOURCERANGE_H
