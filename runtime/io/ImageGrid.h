//===- ImageGrid.h - pictures of a batch ------------------------*- C++ -*-===//
//
// Lays images out in a grid with gaps of two pixels and writes a PNG of 8 bits
// (grey for one channel, RGB for three) by libpng's row interface, without
// ancillary chunks: the same images give the same file.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_IO_IMAGEGRID_H
#define GMC_RUNTIME_IO_IMAGEGRID_H

#include <cstdint>
#include <filesystem>
#include <vector>

namespace gmc::runtime {

/// `count` images [channels, height, width], row-major; `low` is black and
/// `high` is white.
struct ImageBatch {
  int64_t count = 0, channels = 1, height = 0, width = 0;
  double low = 0, high = 1;
  std::vector<float> pixels;
};

/// An 8-bit picture, rows of `channels` interleaved bytes.
struct Picture {
  int64_t channels = 1, height = 0, width = 0;
  std::vector<uint8_t> bytes;
};

/// Returns `value` of [low, high] as 0 .. 255, rounded; beyond the ends these,
/// NaN as 0.
uint8_t toByte(double value, double low, double high);

/// Lays out the images of `batches`, of equal count and size. Image i of all
/// batches stand side by side (originals beside reconstructions), and such
/// groups fill the grid row by row, `groupsPerRow` in a row; 0 chooses a grid
/// near a square. Values outside [low, high] are clamped, NaN is black.
Picture layOutGrid(const std::vector<ImageBatch> &batches,
                   int64_t groupsPerRow = 0);

/// Writes `picture` to `path`, atomically. Throws Failure 5.
void writePng(const std::filesystem::path &path, const Picture &picture);

} // namespace gmc::runtime

#endif // GMC_RUNTIME_IO_IMAGEGRID_H
