//===- ScalarMath.h - core operations on plain numbers ----------*- C++ -*-===//
#ifndef GMC_DSL_PROGRAM_SCALARMATH_H
#define GMC_DSL_PROGRAM_SCALARMATH_H

#include "dsl/program/Program.h"

namespace gmc::dsl {

/// Computes a Unary op of ops.def in double precision; `value` is the attribute
/// of LeakyRelu, the order of Polygamma.
double computeUnary(Op op, double a, double value = 0);

/// Computes a Binary or Compare op of ops.def in double precision.
double computeBinary(Op op, double a, double b);

} // namespace gmc::dsl

#endif // GMC_DSL_PROGRAM_SCALARMATH_H
