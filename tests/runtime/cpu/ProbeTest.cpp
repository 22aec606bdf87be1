// The probes give figures that a processor can have.
#include "runtime/cpu/Probe.h"

#include "runtime/cpu/ThreadPool.h"

#include <gtest/gtest.h>

using namespace gmc::runtime;

namespace {

TEST(Probe, peakIsPlausibleAndHalfForDoubles) {
  const PeakProbe single = probePeak(), half = probePeak(true);
  EXPECT_GT(single.gigaflops, 1);
  EXPECT_LT(single.gigaflops, 2000);
  EXPECT_EQ(single.instructions, half.instructions);
  // The machine may be shared: only the order of the two is certain.
  EXPECT_LT(half.gigaflops, single.gigaflops);
}

TEST(Probe, distanceNeedsTwoCores) {
  const bool two = ThreadPool::allowedCores().size() >= 2;
  const auto distance = probeCoreDistance();
  ASSERT_EQ(distance.has_value(), two);
  if (two) {
    EXPECT_GT(*distance, 5);
    EXPECT_LT(*distance, 100000);
  }
}

} // namespace
