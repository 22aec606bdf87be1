//===- GammaQuantileTest.cpp - draws of Gammas against a table ------------===//

#include "runtime/core/GammaQuantile.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace gmc::runtime;

struct Known {
  double u, a, log, slope;
};

static constexpr Known table[] = {
#include "tests/runtime/core/GammaQuantileTable.inc"
};

TEST(GammaQuantile, AgreesWithTheTable) {
  for (const Known &known : table) {
    const double l = logGammaQuantile(known.u, known.a);
    EXPECT_NEAR(l, known.log, 1e-12 * std::fmax(1, std::fabs(known.log)))
        << known.u << " of " << known.a;
    EXPECT_NEAR(logGammaQuantileSlope(l, known.a) / known.slope, 1, 1e-11)
        << known.u << " of " << known.a;
  }
}

TEST(GammaQuantile, GrowsWithTheChance) {
  for (double a : {1e-6, 1e-3, 0.1, 0.99, 1.0, 20.0, 20.1, 1e3, 1e6, 1e9}) {
    double before = -INFINITY;
    for (double u = 0x1p-33; u < 1; u = u < 0.01 ? 4 * u : u + 0.013) {
      const double l = logGammaQuantile(u, a);
      EXPECT_GT(l, before) << u << " of " << a;
      EXPECT_GT(logGammaQuantileSlope(l, a), 0) << u << " of " << a;
      before = l;
    }
  }
}

TEST(GammaQuantile, IsNoNumberOutsideOfItsArguments) {
  for (auto [u, a] : {std::pair<double, double>(0.0, 1.0),
                      std::pair<double, double>(1.0, 1.0),
                      std::pair<double, double>(0.5, 0.0),
                      std::pair<double, double>(0.5, -1.0),
                      std::pair<double, double>(0.5, INFINITY),
                      std::pair<double, double>(0.5, NAN)}) {
    EXPECT_TRUE(std::isnan(logGammaQuantile(u, a))) << u << " of " << a;
  }
}
