//===- CpuFeatures.cpp - What this processor can do -----------------------===//
//
// A table of LLVM's feature names and the cpuid bits that stand for them (Intel
// SDM volume 2, CPUID; AMD APM volume 3, appendix E). Vector features need the
// operating system too: XCR0 tells which registers it saves.
//
//===----------------------------------------------------------------------===//
#include "runtime/cpu/CpuFeatures.h"

#include <algorithm>
#include <cpuid.h>
#include <cstring>

namespace gmc::runtime {

namespace {

enum class Register { Eax, Ebx, Ecx, Edx };

/// States of XCR0: none, SSE and AVX, those and the three of AVX-512, AMX.
constexpr uint64_t anyOs = 0, avxOs = 0x6, avx512Os = 0xe6, amxOs = 0x60000;

struct Feature {
  std::string_view name;
  uint32_t leaf, subleaf;
  Register where;
  unsigned bit;
  uint64_t os;
};

using enum Register;
constexpr Feature table[] = {
    {"cx8", 1, 0, Edx, 8, anyOs},
    {"cmov", 1, 0, Edx, 15, anyOs},
    {"mmx", 1, 0, Edx, 23, anyOs},
    {"fxsr", 1, 0, Edx, 24, anyOs},
    {"sse", 1, 0, Edx, 25, anyOs},
    {"sse2", 1, 0, Edx, 26, anyOs},
    {"sse3", 1, 0, Ecx, 0, anyOs},
    {"pclmul", 1, 0, Ecx, 1, anyOs},
    {"ssse3", 1, 0, Ecx, 9, anyOs},
    {"fma", 1, 0, Ecx, 12, avxOs},
    {"cx16", 1, 0, Ecx, 13, anyOs},
    {"sse4.1", 1, 0, Ecx, 19, anyOs},
    {"sse4.2", 1, 0, Ecx, 20, anyOs},
    {"crc32", 1, 0, Ecx, 20, anyOs},
    {"movbe", 1, 0, Ecx, 22, anyOs},
    {"popcnt", 1, 0, Ecx, 23, anyOs},
    {"aes", 1, 0, Ecx, 25, anyOs},
    {"avx", 1, 0, Ecx, 28, avxOs},
    {"f16c", 1, 0, Ecx, 29, avxOs},
    {"rdrnd", 1, 0, Ecx, 30, anyOs},
    {"bmi", 7, 0, Ebx, 3, anyOs},
    {"avx2", 7, 0, Ebx, 5, avxOs},
    {"bmi2", 7, 0, Ebx, 8, anyOs},
    {"avx512f", 7, 0, Ebx, 16, avx512Os},
    {"avx512dq", 7, 0, Ebx, 17, avx512Os},
    {"rdseed", 7, 0, Ebx, 18, anyOs},
    {"adx", 7, 0, Ebx, 19, anyOs},
    {"avx512ifma", 7, 0, Ebx, 21, avx512Os},
    {"avx512er", 7, 0, Ebx, 27, avx512Os},
    {"avx512cd", 7, 0, Ebx, 28, avx512Os},
    {"sha", 7, 0, Ebx, 29, anyOs},
    {"avx512bw", 7, 0, Ebx, 30, avx512Os},
    {"avx512vl", 7, 0, Ebx, 31, avx512Os},
    {"avx512vbmi", 7, 0, Ecx, 1, avx512Os},
    {"avx512vbmi2", 7, 0, Ecx, 6, avx512Os},
    {"gfni", 7, 0, Ecx, 8, anyOs},
    {"vaes", 7, 0, Ecx, 9, avxOs},
    {"vpclmulqdq", 7, 0, Ecx, 10, avxOs},
    {"avx512vnni", 7, 0, Ecx, 11, avx512Os},
    {"avx512bitalg", 7, 0, Ecx, 12, avx512Os},
    {"avx512vpopcntdq", 7, 0, Ecx, 14, avx512Os},
    {"avx512vp2intersect", 7, 0, Edx, 8, avx512Os},
    {"amx-bf16", 7, 0, Edx, 22, amxOs},
    {"avx512fp16", 7, 0, Edx, 23, avx512Os},
    {"amx-tile", 7, 0, Edx, 24, amxOs},
    {"amx-int8", 7, 0, Edx, 25, amxOs},
    {"sha512", 7, 1, Eax, 0, avxOs},
    {"avxvnni", 7, 1, Eax, 4, avxOs},
    {"avx512bf16", 7, 1, Eax, 5, avx512Os},
    {"avxifma", 7, 1, Eax, 23, avxOs},
    {"avxvnniint8", 7, 1, Edx, 4, avxOs},
    {"avxneconvert", 7, 1, Edx, 5, avxOs},
    {"avxvnniint16", 7, 1, Edx, 10, avxOs},
    {"avx10.1", 7, 1, Edx, 19, avx512Os},
    {"avx10.1-512", 7, 1, Edx, 19, avx512Os},
    {"avx10.2", 0x24, 0, Ebx, 1, avx512Os},
    {"sahf", 0x80000001, 0, Ecx, 0, anyOs},
    {"lzcnt", 0x80000001, 0, Ecx, 5, anyOs},
    {"sse4a", 0x80000001, 0, Ecx, 6, anyOs},
    {"xop", 0x80000001, 0, Ecx, 11, avxOs},
    {"fma4", 0x80000001, 0, Ecx, 16, avxOs},
    {"tbm", 0x80000001, 0, Ecx, 21, anyOs},
    {"64bit", 0x80000001, 0, Edx, 29, anyOs},
};

} // namespace

static const Feature *findFeature(std::string_view name) {
  const auto *found = std::find_if(
      std::begin(table), std::end(table),
      [&](const Feature &feature) { return feature.name == name; });
  return found == std::end(table) ? nullptr : found;
}

static bool isPresent(const Feature &feature, const Cpuid &cpuid,
                      uint64_t xcr0) {
  const CpuidResult got = cpuid(feature.leaf, feature.subleaf);
  const uint32_t word = feature.where == Eax   ? got.eax
                        : feature.where == Ebx ? got.ebx
                        : feature.where == Ecx ? got.ecx
                                               : got.edx;
  return (word >> feature.bit & 1) != 0 && (xcr0 & feature.os) == feature.os;
}

static CpuidResult machineCpuid(uint32_t leaf, uint32_t subleaf) {
  CpuidResult result;
  // A signed number in clang's header.
  const uint32_t last = __get_cpuid_max(leaf & 0x80000000, nullptr);
  if (last >= leaf) {
    __cpuid_count(leaf, subleaf, result.eax, result.ebx, result.ecx,
                  result.edx);
  }
  return result;
}

/// The XCR0 of this machine, 0 where the system does not use XSAVE.
static uint64_t machineXcr0() {
  if ((machineCpuid(1, 0).ecx >> 27 & 1) == 0) { // OSXSAVE
    return 0;
  }
  uint32_t low = 0, high = 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return uint64_t(high) << 32 | low;
}

std::vector<std::string>
missingCpuFeatures(const std::vector<std::string> &features, const Cpuid &cpuid,
                   uint64_t xcr0) {
  std::vector<std::string> missing;
  for (std::string_view name : features) {
    if (name.starts_with('-')) {
      continue;
    }
    if (name.starts_with('+')) {
      name.remove_prefix(1);
    }
    const Feature *feature = findFeature(name);
    if (feature != nullptr && !isPresent(*feature, cpuid, xcr0)) {
      missing.emplace_back(name);
    }
  }
  return missing;
}

std::vector<std::string>
missingCpuFeatures(const std::vector<std::string> &features) {
  return missingCpuFeatures(features, machineCpuid, machineXcr0());
}

bool hasCpuFeature(std::string_view name) {
  const Feature *feature = findFeature(name);
  return feature != nullptr && isPresent(*feature, machineCpuid, machineXcr0());
}

std::string cpuName() {
  char text[49] = {};
  for (uint32_t part = 0; part < 3; ++part) {
    const CpuidResult got = machineCpuid(0x80000002 + part, 0);
    std::memcpy(text + 16 * part, &got, 16);
  }
  const std::string name(text);
  const size_t first = name.find_first_not_of(' ');
  const size_t last = name.find_last_not_of(' ');
  return first == std::string::npos ? "unknown"
                                    : name.substr(first, last - first + 1);
}

} // namespace gmc::runtime
