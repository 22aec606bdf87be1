//===- Formulas.h - what several functions are made of ----------*- C++ -*-===//
#ifndef GMC_DSL_PROGRAM_FORMULAS_H
#define GMC_DSL_PROGRAM_FORMULAS_H

#include "dsl/program/BodyBuilder.h"

namespace gmc::dsl {

/// The dimensions of `type`, named axes counted first, that are not in `dims`.
std::vector<int64_t> keptDims(const Type &type,
                              const std::vector<int64_t> &dims);

/// The largest entry over dimensions (named axes counted first), which vanish,
/// as what is subtracted before `exp`: a finite constant to gradients.
ValueId topOf(BodyBuilder &b, ValueId x, const std::vector<int64_t> &dims);

/// m + log(sum(exp(x - m))) with m = topOf(x), over dimensions, which vanish.
ValueId logSumExp(BodyBuilder &b, ValueId x, const std::vector<int64_t> &dims);

/// The largest whole number that is not above x; a constant to derivatives.
ValueId floorOf(BodyBuilder &b, ValueId x);

/// a - c floor(a / c), which lies between 0 and c; derivative 1 in a and
/// -floor(a / c) in c.
ValueId remainderOf(BodyBuilder &b, ValueId a, ValueId c);

/// sqrt(x) with derivative 0 at 0, of any order.
ValueId rootAtZero(BodyBuilder &b, ValueId x);

/// w l, l being a logarithm: 0 where w is 0 and l minus infinity.
ValueId timesLog(BodyBuilder &b, ValueId w, ValueId l);

/// The entry of `logs`, classes along its last axis, at the place that `label`
/// says; minus infinity where there is none. `isInside` says that there is one.
ValueId logOfLabel(BodyBuilder &b, ValueId logs, ValueId label, bool isInside);

/// `value` where `inside` is 1, else minus infinity: the logarithm of a density
/// outside of its support.
ValueId logInside(BodyBuilder &b, ValueId inside, ValueId value);

/// exp(x - max x) / sum exp(x - max x) along the last event axis.
ValueId softmaxOf(BodyBuilder &b, ValueId x);

/// x - logSumExp(x) along the last event axis.
ValueId logSoftmaxOf(BodyBuilder &b, ValueId x);

/// Puts `a`, which lacks the last event axis, along a new one of `extent`.
ValueId alongLast(BodyBuilder &b, ValueId a, int64_t extent);

/// Puts `a` along new axes in front of its event so that it is `event`.
ValueId trailing(BodyBuilder &b, ValueId a, const std::vector<int64_t> &event);

/// 1 at the place that `label` says along a new last axis, else 0.
ValueId oneHot(BodyBuilder &b, ValueId label, int64_t classes);

/// Products of matrices that differ from example to example: of `a`, [.., M,
/// K], and `b`, [.., N, K], the axes in front being equal; [.., M, N].
ValueId productsOfRows(BodyBuilder &b, ValueId a, ValueId c);

/// Swaps the last two event axes.
ValueId turned(BodyBuilder &b, ValueId a);

/// The sum over the last event axis.
ValueId sumLast(BodyBuilder &b, ValueId a);

/// The place of the largest entry of the last event axis, the first of equals;
/// without a derivative. `marks` gets the nodes that have none.
ValueId argmaxLast(BodyBuilder &b, ValueId a,
                   std::vector<ValueId> *marks = nullptr);

/// Stretches axes of extent 1, or a single number, so that the event of `x` is
/// `event`; nothing where other axes differ.
std::optional<ValueId> stretchedTo(BodyBuilder &b, ValueId x,
                                   const std::vector<int64_t> &event);

} // namespace gmc::dsl

#endif // GMC_DSL_PROGRAM_FORMULAS_H
