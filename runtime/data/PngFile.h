//===- PngFile.h - pictures in PNG form -------------------------*- C++ -*-===//
//
// Reads grey, RGB, RGBA and palette pictures of 8 or 16 bits a channel, plain
// or interlaced; 1, 2 and 4 bits of grey are widened to 8, a palette becomes
// RGB, and a transparent colour a channel of its own. By libpng's low-level
// interface: ancillary chunks are skipped, every checksum counts, and nothing
// is allocated for pixels before the picture's extents are known to fit the
// file (rows D12-D14).
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_DATA_PNGFILE_H
#define GMC_RUNTIME_DATA_PNGFILE_H

#include "runtime/data/Column.h"

#include <filesystem>
#include <functional>

namespace gmc::runtime {

/// Reads one picture as one record [channels, height, width]: 1 grey, 2 grey
/// and opacity, 3 RGB, 4 RGB and opacity. Throws Failure 3 where it is broken
/// or larger than its file can hold, Failure 5 where it cannot be read.
/// `accept` sees the shape before memory for the pixels is asked for, and may
/// throw.
Column readPng(const std::filesystem::path &path,
               const std::function<void(const Shape &)> &accept);

} // namespace gmc::runtime

#endif // GMC_RUNTIME_DATA_PNGFILE_H
