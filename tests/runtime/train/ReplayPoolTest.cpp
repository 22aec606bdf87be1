//===- ReplayPoolTest.cpp - what a pool keeps and gives -------------------===//
#include "runtime/train/ReplayPool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

namespace gmc::runtime {
namespace {

/// A pool of `capacity` numbers, given 0, 1, 2, .. in batches.
struct Fed {
  Fed(int64_t capacity, double replace, uint64_t seed = 7)
      : items(size_t(capacity), -1.0), seed(seed) {
    spec.name = "P";
    spec.replace = replace;
  }

  std::vector<double> give(size_t batch) {
    std::vector<double> given(batch), taken(batch);
    std::iota(given.begin(), given.end(), double(seen));
    swapPool(spec, int64_t(items.size()), seed, seen,
             std::as_writable_bytes(std::span(items)),
             std::as_bytes(std::span(given)),
             reinterpret_cast<std::byte *>(taken.data()));
    return taken;
  }

  plan::Pool spec;
  std::vector<double> items;
  uint64_t seed, seen = 0;
};

TEST(ReplayPool, GivesBackWhatFillsIt) {
  Fed pool(5, 1);
  EXPECT_EQ(pool.give(3), (std::vector<double>{0, 1, 2}));
  std::vector<double> next = pool.give(3);
  EXPECT_EQ(next[0], 3);
  EXPECT_EQ(next[1], 4);
  EXPECT_LT(next[2], 5); // the sixth comes back later
  EXPECT_EQ(std::count(pool.items.begin(), pool.items.end(), 5.0), 1);
  EXPECT_EQ(pool.seen, 6u);
}

TEST(ReplayPool, LosesAndDoublesNothing) {
  Fed pool(8, 0.5);
  std::vector<double> out;
  for (int round = 0; round < 50; ++round) {
    std::vector<double> taken = pool.give(4);
    out.insert(out.end(), taken.begin(), taken.end());
  }
  // While it filled, 8 examples were both given and stored.
  std::vector<double> all(out.begin() + 8, out.end());
  all.insert(all.end(), pool.items.begin(), pool.items.end());
  std::sort(all.begin(), all.end());
  std::vector<double> wanted(200);
  std::iota(wanted.begin(), wanted.end(), 0.0);
  EXPECT_EQ(all, wanted);
}

TEST(ReplayPool, ReplacesAsOftenAsSaid) {
  Fed never(4, 0), half(4, 0.5);
  never.give(4);
  half.give(4);
  int kept = 0;
  constexpr int draws = 10000;
  for (int i = 0; i < draws; ++i) {
    double given = double(never.seen);
    ASSERT_EQ(never.give(1)[0], given);
    kept += half.give(1)[0] == given;
  }
  // Binomial: 50 is one standard deviation.
  EXPECT_NEAR(kept, draws / 2, 5 * 50);
}

TEST(ReplayPool, DependsOnSeedAndCountAlone) {
  Fed one(6, 0.5), other(6, 0.5), batches(6, 0.5), seeded(6, 0.5, 8);
  std::vector<double> a = one.give(60), b = other.give(60), c = seeded.give(60);
  std::vector<double> d;
  for (int i = 0; i < 20; ++i) {
    std::vector<double> some = batches.give(3);
    d.insert(d.end(), some.begin(), some.end());
  }
  EXPECT_EQ(a, b);
  EXPECT_EQ(a, d);
  EXPECT_NE(a, c);
}

} // namespace
} // namespace gmc::runtime
