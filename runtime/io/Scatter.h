//===- Scatter.h - points of the plane as a picture -------------*- C++ -*-===//
#ifndef GMC_RUNTIME_IO_SCATTER_H
#define GMC_RUNTIME_IO_SCATTER_H

#include "runtime/io/ImageGrid.h"

#include <span>

namespace gmc::runtime {

/// Draws sets of points, x and y in turn, on white, each set in a colour of its
/// own, later ones above earlier ones. Both axes have one scale, y points up,
/// and the square holds all points with a margin of a twentieth. Points that
/// are not finite are left out. The same points give the same picture.
Picture drawScatter(const std::vector<std::span<const double>> &sets);

} // namespace gmc::runtime

#endif // GMC_RUNTIME_IO_SCATTER_H
