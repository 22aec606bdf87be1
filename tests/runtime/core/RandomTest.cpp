//===- RandomTest.cpp - Philox, draws and shuffles
//-------------------------===//

#include "runtime/core/Random.h"
#include "runtime/core/Shuffle.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

using namespace gmc::runtime;

// The three known answers of philox4x32 with 10 rounds in Random123 1.14's
// tests/kat_vectors (package librandom123-dev).
TEST(Philox, GivesTheKnownAnswersOfRandom123) {
  EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}),
            (PhiloxBlock{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  uint32_t ones = 0xffffffff;
  EXPECT_EQ(philox({ones, ones, ones, ones}, {ones, ones}),
            (PhiloxBlock{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                   {0xa4093822, 0x299f31d0}),
            (PhiloxBlock{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

static constexpr Draw draw{0x1122334455667788, 0x99aabbccddeeff00,
                           0x0123456789abcdef};

TEST(Draw, BuildsTheCounterAsDocumented) {
  PhiloxBlock expected =
      philox({7, 0xddeeff00, 0x89abcdef,
              static_cast<uint32_t>(0x01234567 + 0x99aabbccull * 0x9E3779B9)},
             {0x55667788, 0x11223344});
  EXPECT_EQ(draw.block(7), expected);
}

TEST(Draw, SixteenLanesMakeSixtyFourElements) {
  for (uint64_t e : {0, 1, 15, 16, 17, 47, 48, 63, 64, 79, 80, 1000}) {
    uint32_t block = static_cast<uint32_t>(e / 64 * 16 + e % 16);
    EXPECT_EQ(draw.word(e), draw.block(block)[e % 64 / 16]) << e;
  }
}

TEST(Draw, AllElementsHaveNumbersOfTheirOwn) {
  std::vector<uint32_t> words(1 << 12);
  draw.words(0, words);
  std::sort(words.begin(), words.end());
  // Birthday: 2^12 words of 2^32 collide with probability 0.002.
  EXPECT_EQ(std::adjacent_find(words.begin(), words.end()), words.end());
}

TEST(Draw, AnyRangeOfWordsIsTheWordsOneByOne) {
  for (uint64_t first : {0, 3, 64, 100}) {
    std::vector<uint32_t> words(150);
    draw.words(first, words);
    for (size_t i = 0; i < words.size(); ++i) {
      ASSERT_EQ(words[i], draw.word(first + i)) << first << " " << i;
    }
  }
}

TEST(Draw, UniformsFollowTheirFormulas) {
  for (uint64_t e = 0; e < 200; ++e) {
    uint32_t w = draw.word(e);
    EXPECT_EQ(draw.uniform<float>(e), ((w >> 9) + 0.5f) / 8388608.0f);
    EXPECT_EQ(draw.uniform<double>(e), (w + 0.5) / 4294967296.0);
  }
}

TEST(Draw, NormalsComeInPairsOfOneBlock) {
  // Words 0 and 1 of block 5 are the elements 5 and 21, words 2 and 3 the
  // elements 37 and 53; a pair lies on the circle of radius sqrt(-2 log u).
  for (auto [even, odd] : {std::pair{5, 21}, std::pair{37, 53}}) {
    double x = draw.normal<double>(even), y = draw.normal<double>(odd);
    double u = draw.uniform<double>(even), v = draw.uniform<double>(odd);
    EXPECT_NEAR(x * x + y * y, -2 * std::log(u), 1e-12);
    EXPECT_NEAR(x, std::sqrt(-2 * std::log(u)) * std::cos(2 * M_PI * v), 1e-12);
    EXPECT_NEAR(y, std::sqrt(-2 * std::log(u)) * std::sin(2 * M_PI * v), 1e-12);
  }
}

TEST(Draw, NormalsHaveTheMomentsOfTheNormal) {
  // Standard errors for n = 2^16: mean 0.0039, variance 0.0055, kurtosis
  // 0.038; the bounds are five of them.
  double n = 1 << 16, sum = 0, squares = 0, fourth = 0;
  for (uint64_t e = 0; e < (1 << 16); ++e) {
    double x = draw.normal<float>(e);
    sum += x;
    squares += x * x;
    fourth += x * x * x * x;
  }
  EXPECT_NEAR(sum / n, 0, 0.02);
  EXPECT_NEAR(squares / n, 1, 0.028);
  EXPECT_NEAR(fourth / n, 3, 0.2);
}

// The two values are those of the FNV reference (Landon Curt Noll's page).
TEST(Fnv1a, GivesTheKnownAnswers) {
  EXPECT_EQ(fnv1a(""), 0xcbf29ce484222325u);
  EXPECT_EQ(fnv1a("foobar"), 0x85944171f73967e8u);
}

static std::vector<int64_t> orderOf(int64_t n, uint64_t seed, uint64_t epoch,
                                    const char *stream) {
  std::vector<int64_t> order(n);
  shuffle(order, seed, epoch, stream);
  return order;
}

TEST(Shuffle, IsAPermutationOfEverySize) {
  for (int64_t n : {0, 1, 2, 3, 10, 1001}) {
    std::vector<int64_t> order = orderOf(n, 1, 2, "a.train"), sorted(n);
    std::iota(sorted.begin(), sorted.end(), 0);
    std::sort(order.begin(), order.end());
    EXPECT_EQ(order, sorted);
  }
}

TEST(Shuffle, DependsOnSeedEpochAndStreamAlone) {
  auto order = orderOf(100, 1, 2, "a.train");
  EXPECT_EQ(order, orderOf(100, 1, 2, "a.train"));
  EXPECT_NE(order, orderOf(100, 2, 2, "a.train"));
  EXPECT_NE(order, orderOf(100, 1, 3, "a.train"));
  EXPECT_NE(order, orderOf(100, 1, 2, "b.train"));
}

TEST(Shuffle, PutsEveryItemInEveryPlaceEquallyOften) {
  // 6000 permutations of 4: each of the 24 expects 250, s.d. 15.5; 5 of them.
  std::vector<int> counts(256);
  for (int epoch = 0; epoch < 6000; ++epoch) {
    auto order = orderOf(4, 9, epoch, "a.train");
    ++counts[order[0] + 4 * order[1] + 16 * order[2] + 64 * order[3]];
  }
  int seen = 0;
  for (int count : counts) {
    if (count) {
      ++seen;
      EXPECT_NEAR(count, 250, 78);
    }
  }
  EXPECT_EQ(seen, 24);
}
