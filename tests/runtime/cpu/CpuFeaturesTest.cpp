// Features are looked up by cpuid bits and by what the system saves.
#include "runtime/cpu/CpuFeatures.h"

#include <gtest/gtest.h>

using namespace gmc::runtime;

namespace {

using Names = std::vector<std::string>;

CpuidResult nothing(uint32_t, uint32_t) { return {}; }
CpuidResult everything(uint32_t, uint32_t) { return {~0u, ~0u, ~0u, ~0u}; }

TEST(CpuFeatures, namesWhatIsMissingInItsOrder) {
  EXPECT_EQ(missingCpuFeatures({"avx512f", "+avx2", "sse4.1"}, nothing, 0),
            (Names{"avx512f", "avx2", "sse4.1"}));
}

TEST(CpuFeatures, passesOverWhatWasSwitchedOffOrIsTuning) {
  EXPECT_EQ(
      missingCpuFeatures({"-avx512f", "fast-variable-shuffle"}, nothing, 0),
      Names{});
}

TEST(CpuFeatures, vectorsNeedTheSystemToo) {
  const Names wanted{"avx512f", "avx2", "popcnt"};
  EXPECT_EQ(missingCpuFeatures(wanted, everything, 0),
            (Names{"avx512f", "avx2"}));
  EXPECT_EQ(missingCpuFeatures(wanted, everything, 0x6), Names{"avx512f"});
  EXPECT_EQ(missingCpuFeatures(wanted, everything, 0xe6), Names{});
}

TEST(CpuFeatures, looksAtTheRightBit) {
  const auto onlyAvx512 = [](uint32_t leaf, uint32_t subleaf) {
    CpuidResult result;
    if (leaf == 7 && subleaf == 0) {
      result.ebx = 1u << 16;
    }
    return result;
  };
  EXPECT_EQ(missingCpuFeatures({"avx512f", "avx512bw"}, onlyAvx512, 0xe6),
            Names{"avx512bw"});
}

TEST(CpuFeatures, agreesWithTheCompilersOwnCheck) {
  __builtin_cpu_init();
  EXPECT_EQ(hasCpuFeature("avx2"), bool(__builtin_cpu_supports("avx2")));
  EXPECT_EQ(hasCpuFeature("fma"), bool(__builtin_cpu_supports("fma")));
  EXPECT_EQ(hasCpuFeature("bmi2"), bool(__builtin_cpu_supports("bmi2")));
  EXPECT_EQ(hasCpuFeature("avx512f"), bool(__builtin_cpu_supports("avx512f")));
  EXPECT_EQ(hasCpuFeature("avx512vnni"),
            bool(__builtin_cpu_supports("avx512vnni")));
  EXPECT_TRUE(hasCpuFeature("sse2"));
  EXPECT_FALSE(cpuName().empty());
}

} // namespace
