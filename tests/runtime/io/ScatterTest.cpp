//===- ScatterTest.cpp - points of the plane as a picture -----------------===//
#include "runtime/io/Scatter.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <map>

namespace gmc::runtime {

using Colour = std::array<int, 3>;

static Colour at(const Picture &picture, int64_t row, int64_t column) {
  const uint8_t *pixel =
      picture.bytes.data() + (row * picture.width + column) * 3;
  return {pixel[0], pixel[1], pixel[2]};
}

/// Returns how many pixels have each colour.
static std::map<Colour, int> counts(const Picture &picture) {
  std::map<Colour, int> result;
  for (int64_t i = 0; i < picture.height * picture.width; ++i) {
    ++result[at(picture, i / picture.width, i % picture.width)];
  }
  return result;
}

static const Colour white = {255, 255, 255};

TEST(Scatter, PutsPointsWhereTheyAreWithOneScale) {
  // Four units wide, two high: the middle is (2, 1), y points up.
  const std::vector<double> points = {0, 0, 4, 2};
  const Picture picture = drawScatter({points});
  ASSERT_EQ(picture.channels, 3);
  ASSERT_EQ(picture.height, picture.width);
  const double scale = double(picture.width - 1) / 4.4;
  const double middle = double(picture.width - 1) / 2;
  EXPECT_NE(
      at(picture, std::lround(middle + scale), std::lround(middle - 2 * scale)),
      white);
  EXPECT_NE(
      at(picture, std::lround(middle - scale), std::lround(middle + 2 * scale)),
      white);
  EXPECT_EQ(counts(picture).size(), 2u);
  EXPECT_EQ(counts(picture)[white], picture.width * picture.height - 2 * 9);
}

TEST(Scatter, GivesEachSetAColourAndDrawsTheLastOnTop) {
  const std::vector<double> first = {0, 0, 1, 1}, second = {1, 1};
  const Picture picture = drawScatter({first, second});
  auto seen = counts(picture);
  seen.erase(white);
  ASSERT_EQ(seen.size(), 2u);
  for (const auto &[colour, pixels] : seen) {
    EXPECT_EQ(pixels, 9);
  }
}

TEST(Scatter, LeavesOutWhatIsNotFinite) {
  const std::vector<double> points = {NAN, 0, 0, INFINITY, 3, 3};
  const std::vector<double> one = {3, 3}, none = {NAN, 1};
  EXPECT_EQ(counts(drawScatter({points}))[white],
            counts(drawScatter({one}))[white]);
  EXPECT_EQ(counts(drawScatter({none})).size(), 1u);
}

} // namespace gmc::runtime
