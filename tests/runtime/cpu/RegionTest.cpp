// Regions are zeroed, aligned, movable, and too much is an error with a size.
#include "runtime/cpu/Region.h"

#include "runtime/core/Status.h"

#include <gtest/gtest.h>

using namespace gmc::runtime;

namespace {

class RegionOf : public testing::TestWithParam<uint64_t> {};

TEST_P(RegionOf, isZeroAndAligned) {
  Region region(GetParam());
  const uint64_t address = reinterpret_cast<uint64_t>(region.data());
  EXPECT_EQ(address % 64, 0u);
  if (GetParam() >= (2u << 20)) {
    EXPECT_EQ(address % (2u << 20), 0u);
  }
  for (uint64_t i = 0; i < region.size(); i += 61) {
    ASSERT_EQ(region.data()[i], 0);
    region.data()[i] = 7;
  }
  region.data()[region.size() - 1] = 7;
  region.clear();
  EXPECT_EQ(region.data()[0], 0);
  EXPECT_EQ(region.data()[region.size() - 1], 0);
}

INSTANTIATE_TEST_SUITE_P(Sizes, RegionOf,
                         testing::Values(0, 1, 4096, (2u << 20) - 1, 2u << 20,
                                         5000001));

TEST(Region, moves) {
  Region first(100);
  first.data()[3] = 5;
  Region second(std::move(first));
  EXPECT_EQ(second.data()[3], 5);
  Region third;
  third = std::move(second);
  EXPECT_EQ(third.data()[3], 5);
  EXPECT_EQ(second.data(), nullptr);
}

TEST(Region, saysWhenThereIsNoRoom) {
  for (uint64_t bytes : {uint64_t(1) << 45, uint64_t(1) << 62, ~uint64_t(0)}) {
    try {
      Region region(bytes);
      // A machine may promise 2^45 bytes that it does not have.
      EXPECT_EQ(bytes, uint64_t(1) << 45);
    } catch (const Failure &failure) {
      EXPECT_EQ(failure.exitCode, ExitMemory);
      EXPECT_NE(std::string(failure.what()).find("MiB"), std::string::npos);
    }
  }
}

} // namespace
