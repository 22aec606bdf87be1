//===- Scatter.cpp - points of the plane as a picture ---------------------===//
#include "runtime/io/Scatter.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace gmc::runtime {

namespace {

constexpr int64_t extent = 480; ///< pixels of the square
constexpr int64_t radius = 1;   ///< a point is 3 x 3 pixels
using Colour = std::array<uint8_t, 3>;
/// The first set is mostly data, the second what the model draws.
constexpr Colour colours[] = {
    {150, 150, 150}, {220, 80, 20}, {30, 110, 190}, {40, 140, 60}};

/// Middle and half the length of the square's side.
struct Window {
  double x = 0, y = 0, half = 1;
};

} // namespace

/// Calls `body` with the points that are finite.
template <typename Body>
static void forEachPoint(std::span<const double> set, const Body &body) {
  for (size_t i = 0; i + 1 < set.size(); i += 2) {
    if (std::isfinite(set[i]) && std::isfinite(set[i + 1])) {
      body(set[i], set[i + 1]);
    }
  }
}

static Window windowOf(const std::vector<std::span<const double>> &sets) {
  double left = INFINITY, right = -INFINITY, low = INFINITY, high = -INFINITY;
  for (std::span<const double> set : sets) {
    forEachPoint(set, [&](double x, double y) {
      left = std::min(left, x);
      right = std::max(right, x);
      low = std::min(low, y);
      high = std::max(high, y);
    });
  }
  if (left > right) {
    return {};
  }
  const double half = std::max(right / 2 - left / 2, high / 2 - low / 2);
  return {left / 2 + right / 2, low / 2 + high / 2, half > 0 ? half * 1.1 : 1};
}

static void drawPoint(Picture &picture, int64_t row, int64_t column,
                      const Colour &colour) {
  for (int64_t y = row - radius; y <= row + radius; ++y) {
    for (int64_t x = column - radius; x <= column + radius; ++x) {
      if (y >= 0 && y < extent && x >= 0 && x < extent) {
        std::copy(colour.begin(), colour.end(),
                  picture.bytes.begin() + (y * extent + x) * 3);
      }
    }
  }
}

Picture drawScatter(const std::vector<std::span<const double>> &sets) {
  Picture picture;
  picture.channels = 3;
  picture.height = picture.width = extent;
  picture.bytes.assign(size_t(extent * extent * 3), 255);
  const Window window = windowOf(sets);
  // -1 .. 1 over the window becomes 0 .. extent - 1.
  const auto pixel = [](double place) {
    return std::llround((place + 1) / 2 * double(extent - 1));
  };
  for (size_t i = 0; i < sets.size(); ++i) {
    forEachPoint(sets[i], [&](double x, double y) {
      drawPoint(picture, pixel((window.y - y) / window.half),
                pixel((x - window.x) / window.half),
                colours[i % std::size(colours)]);
    });
  }
  return picture;
}

} // namespace gmc::runtime
