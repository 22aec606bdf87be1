//===- CpuFeatures.h - What this processor can do ---------------*- C++ -*-===//
//
// A trainer is compiled for one processor. Before its code runs, the features
// that the compiler was allowed to use are looked up in cpuid, so that a wrong
// machine gives a sentence instead of an illegal instruction.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_CPU_CPUFEATURES_H
#define GMC_RUNTIME_CPU_CPUFEATURES_H

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace gmc::runtime {

/// The registers that cpuid fills.
struct CpuidResult {
  uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
};

/// Answers cpuid(leaf, subleaf), zeros where the leaf does not exist.
using Cpuid = std::function<CpuidResult(uint32_t leaf, uint32_t subleaf)>;

/// Those of `features` (LLVM's names, `+` in front allowed, `-name` ignored)
/// that the processor or the operating system lacks, in their order. Names
/// that no instruction of compiled code depends on are passed over.
std::vector<std::string>
missingCpuFeatures(const std::vector<std::string> &features);

/// The same with answers of one's own; `xcr0` is the mask of register states
/// that the operating system saves.
std::vector<std::string>
missingCpuFeatures(const std::vector<std::string> &features, const Cpuid &cpuid,
                   uint64_t xcr0);

/// True where the processor and the system have `feature`.
bool hasCpuFeature(std::string_view feature);

/// The processor's own name, such as "AMD EPYC"; "unknown" without one.
std::string cpuName();

} // namespace gmc::runtime

#endif // GMC_RUNTIME_CPU_CPUFEATURES_H
