//===- SetStatistics.h - mean(x, over: set) ---------------------*- C++ -*-===//
//
// A report of a step goes over a whole set. What it takes of all of its
// examples is known when it has ended: items made of that become a body of
// their own, whose arguments the runtime fills.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_DSL_LIBRARY_SETSTATISTICS_H
#define GMC_DSL_LIBRARY_SETSTATISTICS_H

#include "dsl/sema/Elaborator.h"

namespace gmc::dsl {

/// Whether `over:` says `set`.
bool isOverSet(Elaborator &e, const Arguments &arguments);

/// `mean`, `var`, `std`, `min` or `max` of `x` over the set of a report; the
/// event stays. Reports other places, functions and axes.
Value overSet(Elaborator &e, const CallSite &site, ValueId x,
              const Bound &over);

/// Whether a set is gone over here; reports otherwise.
bool hasSet(Elaborator &e, SourceRange range);

/// Returns what stands for a statistic of `x`, of type `result`, until all
/// examples have been seen: an argument that nothing fills before.
ValueId statisticOf(Elaborator &e, Statistic kind, ValueId x, Type result);

} // namespace gmc::dsl

#endif // GMC_DSL_LIBRARY_SETSTATISTICS_H
