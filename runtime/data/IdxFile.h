//===- IdxFile.h - the IDX format -------------------------------*- C++ -*-===//
//
// Reads arrays of bytes in IDX form (two zero bytes, a type code, the number
// of axes, the extents as 32-bit big-endian numbers, the bytes), plain or
// gzipped. Memory is bounded by the size that the header gives, and for a
// plain file that size is checked against the file's before any is asked for.
// Breaches of the format are Failure 3 (rows D1-D4), a file that cannot be
// opened or read is Failure 5.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_DATA_IDXFILE_H
#define GMC_RUNTIME_DATA_IDXFILE_H

#include "runtime/core/Shape.h"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace gmc::runtime {

/// An array of bytes, at least one; the first axis counts the items.
struct IdxArray {
  Shape shape;
  std::vector<uint8_t> bytes;
};

/// Reads `path`, whose name ends in .gz if it is gzipped.
IdxArray readIdx(const std::filesystem::path &path);

} // namespace gmc::runtime

#endif // GMC_RUNTIME_DATA_IDXFILE_H
