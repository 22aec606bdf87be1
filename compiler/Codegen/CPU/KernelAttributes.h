//===- KernelAttributes.h - names of attributes on kernels ------*- C++ -*-===//
#ifndef GMC_CODEGEN_CPU_KERNELATTRIBUTES_H
#define GMC_CODEGEN_CPU_KERNELATTRIBUTES_H

#include "compiler/Dialect/RT/IR/RTDialect.h"

namespace gmc::cpu {

using rt::kernelAttr;
using rt::panelsAttr;

/// On a scheduled kernel: the number of its units. Its first two arguments are
/// the range [lo, hi) of units to run.
inline constexpr llvm::StringLiteral unitsAttr = "cpu.units";

/// On a kernel whose units leave partial results: the kernel (of one unit) that
/// makes the outputs of them.
inline constexpr llvm::StringLiteral finishAttr = "cpu.finish";

} // namespace gmc::cpu

#endif // GMC_CODEGEN_CPU_KERNELATTRIBUTES_H
