//===- Gather.h - entries at places that values say -------------*- C++ -*-===//
#ifndef GMC_DSL_SEMA_GATHER_H
#define GMC_DSL_SEMA_GATHER_H

#include "dsl/sema/Elaborator.h"

namespace gmc::dsl {

/// Returns the data field that `value` is the argument of, or null.
const DataField *fieldOf(const Elaborator &e, ValueId value);

/// 1 at the place from 0 to `count` - 1 that an entry of `index` says, else 0,
/// along a new last event axis.
ValueId placesOf(BodyBuilder &b, ValueId index, int64_t count);

} // namespace gmc::dsl

#endif // GMC_DSL_SEMA_GATHER_H
