//===- Resize.cpp - images of another size --------------------------------===//
#include "runtime/data/Resize.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace gmc::runtime {

namespace {

/// What one new pixel is made of.
struct Taps {
  int64_t first = 0;
  std::vector<double> weights; ///< sum 1
};

} // namespace

/// With s = from / to, new pixel i lies at c = (i + 1/2) s - 1/2 and takes old
/// pixel j with weight max(0, 1 - abs(j - c) / max(s, 1)).
static std::vector<Taps> tapsOf(int64_t from, int64_t to) {
  const double scale = double(from) / double(to);
  const double reach = std::max(scale, 1.0);
  std::vector<Taps> all;
  for (int64_t i = 0; i < to; ++i) {
    const double centre = (double(i) + 0.5) * scale - 0.5;
    Taps taps;
    taps.first = std::max<int64_t>(0, int64_t(std::ceil(centre - reach)));
    const int64_t last =
        std::min<int64_t>(from - 1, int64_t(std::floor(centre + reach)));
    double sum = 0;
    for (int64_t j = taps.first; j <= last; ++j) {
      taps.weights.push_back(
          std::max(0.0, 1 - std::abs(double(j) - centre) / reach));
      sum += taps.weights.back();
    }
    for (double &weight : taps.weights) {
      weight /= sum;
    }
    all.push_back(std::move(taps));
  }
  return all;
}

/// Returns the mean of the numbers that `taps` takes of every `stride`-th of
/// `numbers`. It is held between them: the weights' sum is 1 but for a
/// rounding, and data that keep to a range do so resampled.
static double meanOf(const Taps &taps, const double *numbers, int64_t stride) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  double sum = 0, low = infinity, high = -infinity;
  for (size_t i = 0; i < taps.weights.size(); ++i) {
    const double number = numbers[(taps.first + int64_t(i)) * stride];
    sum += taps.weights[i] * number;
    low = std::min(low, number);
    high = std::max(high, number);
  }
  return std::max(std::min(sum, high), low); // NaN stays
}

/// Resamples one plane of numbers into `out`.
static void resample(const std::vector<double> &plane, int64_t width,
                     const std::vector<Taps> &rows,
                     const std::vector<Taps> &columns,
                     std::vector<double> &out) {
  out.clear();
  std::vector<double> line(width);
  for (const Taps &row : rows) {
    for (int64_t x = 0; x < width; ++x) {
      line[x] = meanOf(row, plane.data() + x, width);
    }
    for (const Taps &column : columns) {
      out.push_back(meanOf(column, line.data(), 1));
    }
  }
}

static void appendAs(Stored stored, std::vector<uint8_t> &bytes,
                     double number) {
  switch (stored) {
  case Stored::Byte:
    return bytes.push_back(uint8_t(std::lround(number)));
  case Stored::Word:
    return appendNumber(bytes, uint16_t(std::lround(number)));
  case Stored::Single:
    return appendNumber(bytes, float(number));
  case Stored::Double:
    return appendNumber(bytes, number);
  }
}

Column resized(const Column &images, int64_t height, int64_t width) {
  const int64_t oldHeight = images.shape[1], oldWidth = images.shape[2];
  Column result{images.stored, {images.shape[0], height, width}, {}};
  const auto rows = tapsOf(oldHeight, height),
             columns = tapsOf(oldWidth, width);
  const int64_t pixels = oldHeight * oldWidth;
  std::vector<double> plane(pixels), out;
  for (int64_t i = 0; i < images.records() * images.shape[0]; ++i) {
    for (int64_t j = 0; j < pixels; ++j) {
      plane[j] = numberAt(images.bytes, images.stored, i * pixels + j);
    }
    resample(plane, oldWidth, rows, columns, out);
    for (double number : out) {
      appendAs(images.stored, result.bytes, number);
    }
  }
  return result;
}

} // namespace gmc::runtime
