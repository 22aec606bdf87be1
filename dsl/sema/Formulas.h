//===- Formulas.h - what several functions are made of ----------*- C++ -*-===//
#ifndef GMC_DSL_SEMA_FORMULAS_H
#define GMC_DSL_SEMA_FORMULAS_H

#include "dsl/program/BodyBuilder.h"

namespace gmc::dsl {

/// m + log(sum(exp(x - m))) with m = max(x), a constant to gradients, over
/// dimensions (named axes counted first), which vanish.
ValueId logSumExp(BodyBuilder &b, ValueId x, const std::vector<int64_t> &dims);

/// exp(x - max x) / sum exp(x - max x) along the last event axis.
ValueId softmaxOf(BodyBuilder &b, ValueId x);

/// x - logSumExp(x) along the last event axis.
ValueId logSoftmaxOf(BodyBuilder &b, ValueId x);

/// Puts `a`, which lacks the last event axis, along a new one of `extent`.
ValueId alongLast(BodyBuilder &b, ValueId a, int64_t extent);

} // namespace gmc::dsl

#endif // GMC_DSL_SEMA_FORMULAS_H
