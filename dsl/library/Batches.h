//===- Batches.h - what crosses the batch by name ---------------*- C++ -*-===//
#ifndef GMC_DSL_LIBRARY_BATCHES_H
#define GMC_DSL_LIBRARY_BATCHES_H

#include "dsl/sema/Library.h"

namespace gmc::dsl {

/// `concat(x, y, over: batch)`.
Value concatBatches(Elaborator &e, const CallSite &site,
                    const Arguments &arguments);

/// `split(x, 2, over: batch)`: consecutive parts.
Value splitBatch(Elaborator &e, const CallSite &site,
                 const Arguments &arguments, ValueId x, int64_t parts);

/// Puts `instead` where an example meets itself, for `others: true` of a
/// reduction over `peer`; nothing after an error.
std::optional<ValueId> withoutSelf(Elaborator &e, const CallSite &site,
                                   const Bound &others, ValueId x,
                                   const std::vector<int64_t> &dims,
                                   double instead);

} // namespace gmc::dsl

#endif // GMC_DSL_LIBRARY_BATCHES_H
