//===- Gather.h - entries at places that values say -------------*- C++ -*-===//
#ifndef GMC_DSL_SEMA_GATHER_H
#define GMC_DSL_SEMA_GATHER_H

#include "dsl/sema/Elaborator.h"

namespace gmc::dsl {

/// Returns the data field that `value` is the argument of, or null.
const ArgumentField *argumentOf(const Elaborator &e, ValueId value);
const Field *fieldOf(const Elaborator &e, ValueId value);

/// Whether every element of `value` is a whole number by how it is made.
bool isWhole(const Elaborator &e, ValueId value);

/// Reports a label of a record that has not `classes` classes, where `name`
/// takes so many.
bool labelFits(Elaborator &e, ValueId label, SourceRange range,
               const std::string &name, int64_t classes, SourceRange where);

} // namespace gmc::dsl

#endif // GMC_DSL_SEMA_GATHER_H
