//===- GammaFamily.h - formulas of Gamma and Beta ---------------*- C++ -*-===//
#ifndef GMC_DSL_LIBRARY_GAMMAFAMILY_H
#define GMC_DSL_LIBRARY_GAMMAFAMILY_H

#include "dsl/sema/Distribution.h"

namespace gmc::dsl {

/// log p(x), divergence of q from p and entropy of one element.
ValueId gammaLogProb(BodyBuilder &b, const Distribution &d, ValueId x);
ValueId betaLogProb(BodyBuilder &b, const Distribution &d, ValueId x);
ValueId gammaDivergence(BodyBuilder &b, const Distribution &q,
                        const Distribution &p);
ValueId betaDivergence(BodyBuilder &b, const Distribution &q,
                       const Distribution &p);
ValueId gammaEntropy(BodyBuilder &b, const Distribution &d);
ValueId betaEntropy(BodyBuilder &b, const Distribution &d);

/// A draw of `type`, of noise of its own.
ValueId gammaDraw(BodyBuilder &b, const Distribution &d, const Type &type,
                  uint64_t site);
ValueId betaDraw(BodyBuilder &b, const Distribution &d, const Type &type,
                 uint64_t site);

} // namespace gmc::dsl

#endif // GMC_DSL_LIBRARY_GAMMAFAMILY_H
