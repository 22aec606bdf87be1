//===- Passes.h - passes of reverse-mode differentiation --------*- C++ -*-===//
#ifndef GMC_AUTODIFF_PASSES_H
#define GMC_AUTODIFF_PASSES_H

#include "mlir/Pass/Pass.h"

#include <memory>

namespace gmc::autodiff {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "compiler/Autodiff/Passes.h.inc"

} // namespace gmc::autodiff

#endif // GMC_AUTODIFF_PASSES_H
