//===- Resize.h - images of another size ------------------------*- C++ -*-===//
#ifndef GMC_RUNTIME_DATA_RESIZE_H
#define GMC_RUNTIME_DATA_RESIZE_H

#include "runtime/data/Column.h"

namespace gmc::runtime {

/// Returns the images of `images` ([channels, height, width] a record) with
/// other extents, rows and columns one after the other. A pixel is the mean of
/// what lies around its place, weighed by a triangle whose half-width is one
/// pixel, or as many as a new pixel covers where the image shrinks; near the
/// edge only what exists counts. Grey values are rounded to the nearest.
Column resized(const Column &images, int64_t height, int64_t width);

} // namespace gmc::runtime

#endif // GMC_RUNTIME_DATA_RESIZE_H
