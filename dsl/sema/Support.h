//===- Support.h - values that a distribution can give ----------*- C++ -*-===//
//
// One check for `x ~ D`, `log_prob(D, x)`, `bce` and `xent`.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_DSL_SEMA_SUPPORT_H
#define GMC_DSL_SEMA_SUPPORT_H

#include "dsl/sema/Elaborator.h"

namespace gmc::dsl {

/// Reports a value that `d` never gives, as far as the range of the data that
/// it is made of tells.
bool fitsSupport(Elaborator &e, const Distribution &d, ValueId value,
                 SourceRange range);

/// Reports the target of a binary cross-entropy that leaves [0, 1].
bool fitsUnit(Elaborator &e, ValueId value, SourceRange range);

/// Reports a label that need not be one of `classes`, which stand at `where`.
/// A label that is not known to be one of them when compiling is checked at run
/// time: its probability is 0.
bool fitsClasses(Elaborator &e, ValueId label, SourceRange range,
                 int64_t classes, SourceRange where);

/// Whether a value is one of the whole numbers below `classes` by how it is
/// made.
bool isLabelOf(const Elaborator &e, ValueId value, int64_t classes);

/// Reports a divergence that is infinite whatever the parameters are: `q` gives
/// values that `p` does not.
bool fitsPrior(Elaborator &e, const Distribution &q, const Distribution &p,
               SourceRange range);

} // namespace gmc::dsl

#endif // GMC_DSL_SEMA_SUPPORT_H
