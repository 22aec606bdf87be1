//===- ToysTest.cpp - built-in points of the plane ------------------------===//

#include "tests/runtime/data/RecordFiles.h"

#include <cmath>
#include <map>
#include <numbers>

using namespace gmc;
using namespace gmc::runtime;
using namespace gmc::runtime::test;

static plan::Dataset toy(const std::string &format, int64_t modes,
                         std::map<std::string, double> settings) {
  plan::Dataset spec = dataset(format, "", {numbers("x", {2})});
  if (modes > 0) {
    spec.fields.push_back(label("y", modes));
  }
  spec.settings = std::move(settings);
  for (auto [name, value] :
       {std::pair("train", 4000.0), std::pair("test", 100.0),
        std::pair("seed", 0.0)}) {
    spec.settings.emplace(name, value);
  }
  return spec;
}

/// Holds the points of each mode against its place: their number (multinomial,
/// five standard deviations), their mean and their variance.
template <typename Place>
static void expectModes(const Dataset &data, int64_t modes, double std,
                        Place place) {
  std::vector<double> count(modes), x(modes), y(modes), squares(modes);
  for (int64_t i = 0; i < data.items(); ++i) {
    auto point = numbersOf(data, i);
    auto mode = static_cast<int64_t>(numbersOf(data, i, 1)[0]);
    auto [cx, cy] = place(mode);
    ++count[mode];
    x[mode] += point[0] - cx;
    y[mode] += point[1] - cy;
    squares[mode] += std::pow(point[0] - cx, 2) + std::pow(point[1] - cy, 2);
  }
  auto n = double(data.items());
  for (int64_t k = 0; k < modes; ++k) {
    EXPECT_NEAR(count[k], n / modes, 5 * std::sqrt(n / modes)) << k;
    EXPECT_NEAR(x[k] / count[k], 0, 5 * std / std::sqrt(count[k]));
    EXPECT_NEAR(y[k] / count[k], 0, 5 * std / std::sqrt(count[k]));
    // The variance of a sample has the deviation sqrt(1 / n), relatively.
    EXPECT_NEAR(squares[k] / count[k] / (2 * std * std), 1,
                5 / std::sqrt(count[k]));
  }
}

TEST(Toys, RingAndGridAreTheirModes) {
  Dataset ring =
      load(toy("ring", 8, {{"modes", 8}, {"radius", 1}, {"std", 0.01}}));
  EXPECT_EQ(ring.items(), 4000);
  expectModes(ring, 8, 0.01, [](int64_t k) {
    double t = 2 * std::numbers::pi * double(k) / 8;
    return std::pair(std::cos(t), std::sin(t));
  });
  Dataset grid =
      load(toy("grid", 25, {{"side", 5}, {"spacing", 2}, {"std", 0.05}}));
  expectModes(grid, 25, 0.05, [](int64_t k) {
    return std::pair(2 * (double(k / 5) - 2), 2 * (double(k % 5) - 2));
  });
}

TEST(Toys, GaussiansHaveTheSameMeansInBothParts) {
  plan::Dataset spec =
      toy("gaussians", 4, {{"modes", 4}, {"spread", 1}, {"std", 1e-9}});
  std::map<double, double> places[2];
  for (const char *part : {"train", "test"}) {
    Dataset data = load(spec, part);
    for (int64_t i = 0; i < data.items(); ++i) {
      places[part[1] == 'e'].emplace(numbersOf(data, i, 1)[0],
                                     std::round(numbersOf(data, i)[0] * 1e6));
    }
  }
  EXPECT_EQ(places[0].size(), 4u);
  EXPECT_EQ(places[0], places[1]);
}

TEST(Toys, MoonsAndRollLieOnTheirCurves) {
  Dataset moons = load(toy("moons", 2, {{"std", 0}}));
  Dataset roll = load(toy("swiss_roll", 0, {{"std", 0}}));
  for (int64_t i = 0; i < 100; ++i) {
    auto p = numbersOf(moons, i);
    bool second = numbersOf(moons, i, 1)[0] == 1;
    double x = second ? 1 - p[0] : p[0], y = second ? 0.5 - p[1] : p[1];
    EXPECT_NEAR(x * x + y * y, 1, 1e-12);
    EXPECT_GE(y, 0);
    auto q = numbersOf(roll, i);
    double t = 4.5 * std::numbers::pi * std::hypot(q[0], q[1]);
    EXPECT_GE(t, 1.5 * std::numbers::pi);
    EXPECT_LE(t, 4.5 * std::numbers::pi);
    EXPECT_NEAR(q[0] * 4.5 * std::numbers::pi, t * std::cos(t), 1e-9);
  }
}

TEST(Toys, PointsHangOnTheirOwnSeedAndPart) {
  auto digest = [](double seed, const char *part) {
    return load(toy("ring", 0,
                    {{"modes", 8},
                     {"radius", 1},
                     {"std", 0.01},
                     {"test", 4000},
                     {"seed", seed}}),
                part)
        .digest();
  };
  EXPECT_EQ(digest(0, "train"), digest(0, "train"));
  EXPECT_NE(digest(0, "train"), digest(1, "train"));
  EXPECT_NE(digest(0, "train"), digest(0, "test"));
}

TEST(Toys, FieldsThatAToyDoesNotHave) {
  plan::Dataset spec =
      toy("ring", 5, {{"modes", 8}, {"radius", 1}, {"std", 0}});
  expectFailure(ExitData, "`ring` has 8 modes, the label `y` has 5 classes",
                [&] { load(spec); });
  expectFailure(ExitUsage, "--data /tmp: `d` is built in",
                [&] { loadDataset(spec, "train", "/tmp"); });
  spec.fields = {numbers("x", {3})};
  expectFailure(ExitData, "gives points f32[2]", [&] { load(spec); });
}
