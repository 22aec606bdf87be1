//===- Polynomials.h - functions of f32 vectors without calls ---*- C++ -*-===//
#ifndef GMC_CODEGEN_CPU_POLYNOMIALS_H
#define GMC_CODEGEN_CPU_POLYNOMIALS_H

#include "mlir/IR/PatternMatch.h"

namespace gmc::cpu {

/// exp, log, log1p, tanh, sin and cos of f32 vectors in a few units in the last
/// place. NaN stays NaN, exp overflows to infinity and underflows to zero;
/// sin and cos lose digits for arguments beyond 1e4.
void populatePolynomials(mlir::RewritePatternSet &patterns);

} // namespace gmc::cpu

#endif // GMC_CODEGEN_CPU_POLYNOMIALS_H
