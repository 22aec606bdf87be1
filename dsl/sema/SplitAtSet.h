//===- SplitAtSet.h - what a report makes of statistics ---------*- C++ -*-===//
#ifndef GMC_DSL_SEMA_SPLITATSET_H
#define GMC_DSL_SEMA_SPLITATSET_H

#include "dsl/sema/Elaborator.h"

namespace gmc::dsl {

/// Takes the items that are made of statistics over the set out of the body
/// into the one that is returned, with an argument for each statistic; what
/// these are taken of become the last outputs of the first body, as `report`
/// is told. Nothing where there are none, or after an error.
std::optional<Body> splitAtSet(Elaborator &e, Report &report);

} // namespace gmc::dsl

#endif // GMC_DSL_SEMA_SPLITATSET_H
