//===- Intervals.h - between which numbers a value lies ---------*- C++ -*-===//
#ifndef GMC_DSL_SEMA_INTERVALS_H
#define GMC_DSL_SEMA_INTERVALS_H

#include "dsl/program/Program.h"

namespace gmc::dsl {

/// All entries of a value are from `low` to `high`, ends included; infinite
/// where nothing is known.
struct Interval {
  double low, high;
};

/// Returns the interval that the ops behind a node tell: 0 times anything is 0,
/// a square and `relu` are at least 0. Looks at a few ops only.
Interval intervalOf(const Body &body, ValueId id);

} // namespace gmc::dsl

#endif // GMC_DSL_SEMA_INTERVALS_H
