//===- Target.h - the processor that code is generated for ------*- C++ -*-===//
#ifndef GMC_COMPILER_DRIVER_TARGET_H
#define GMC_COMPILER_DRIVER_TARGET_H

#include "llvm/Target/TargetMachine.h"

#include <memory>
#include <string>
#include <vector>

namespace gmc::driver {

struct Target {
  std::string asked; ///< what --mcpu says
  std::string triple, cpu;
  /// LLVM's names of what the code may use, for the check at start.
  std::vector<std::string> features;
  int lanesF32 = 8; ///< 16 with avx512f
  std::unique_ptr<llvm::TargetMachine> machine;
};

/// Returns the target of `--mcpu`: "native", or LLVM's name of a processor.
/// Returns nothing, and says why in `error`, when LLVM knows no such one or it
/// has no AVX2 with FMA, which the scheduled code needs.
std::unique_ptr<Target> makeTarget(const std::string &cpu, std::string &error);

} // namespace gmc::driver

#endif // GMC_COMPILER_DRIVER_TARGET_H
