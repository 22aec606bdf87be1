//===- ArenaPlanTest.cpp - values that share memory over time -------------===//
#include "compiler/Conversion/GMToRT/ArenaPlan.h"

#include <gtest/gtest.h>

#include <random>

using namespace gmc::conversion;

namespace {

/// Returns whether no two lifetimes that meet in time overlap in memory.
bool isApart(const std::vector<Lifetime> &lives, const ArenaPlan &plan) {
  for (size_t i = 0; i < lives.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      bool meet =
          lives[i].first <= lives[j].last && lives[j].first <= lives[i].last;
      bool apart = plan.offsets[i] + lives[i].bytes <= plan.offsets[j] ||
                   plan.offsets[j] + lives[j].bytes <= plan.offsets[i];
      if (meet && !apart) {
        return false;
      }
    }
  }
  return true;
}

TEST(ArenaPlan, SharesMemoryOfValuesThatNeverMeet) {
  ArenaPlan plan = planArena({{640, 0, 1}, {640, 2, 3}});
  EXPECT_EQ(plan.offsets[0], plan.offsets[1]);
  EXPECT_EQ(plan.bytes, 640);
}

TEST(ArenaPlan, KeepsApartWhatOneLaunchReadsAndWrites) {
  ArenaPlan plan = planArena({{640, 0, 1}, {640, 1, 2}});
  EXPECT_NE(plan.offsets[0], plan.offsets[1]);
}

TEST(ArenaPlan, FillsAGapThatIsWideEnough) {
  // The large ones meet all the time; the small one fits where the third was.
  ArenaPlan plan =
      planArena({{1024, 0, 9}, {512, 0, 3}, {768, 0, 9}, {256, 5, 6}});
  EXPECT_EQ(plan.bytes, 1024 + 512 + 768);
}

TEST(ArenaPlan, PlacesRandomLivesApartOnWholeLines) {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    std::vector<Lifetime> lives;
    for (int i = 0; i < 40; ++i) {
      int64_t first = random() % 50;
      lives.push_back({static_cast<int64_t>(1 + random() % 5000), first,
                       first + static_cast<int64_t>(random() % 10)});
    }
    ArenaPlan plan = planArena(lives);
    ASSERT_TRUE(isApart(lives, plan)) << "round " << round;
    for (size_t i = 0; i < lives.size(); ++i) {
      EXPECT_EQ(plan.offsets[i] % placeAlignment, 0);
      EXPECT_LE(plan.offsets[i] + lives[i].bytes, plan.bytes);
    }
  }
}

} // namespace
