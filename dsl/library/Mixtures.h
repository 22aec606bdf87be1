//===- Mixtures.h - one of several of a family, by weights ------*- C++ -*-===//
#ifndef GMC_DSL_LIBRARY_MIXTURES_H
#define GMC_DSL_LIBRARY_MIXTURES_H

#include "dsl/sema/Elaborator.h"

namespace gmc::dsl {

/// log p of what each component gives the log density `ofComponents`, with the
/// axis of the mixture `d`.
ValueId mixtureLogProb(BodyBuilder &b, const Distribution &d,
                       ValueId ofComponents);

/// log w and w of the components, on the axis of the mixture.
ValueId mixtureLogits(BodyBuilder &b, const Distribution &d);
ValueId mixtureProbs(BodyBuilder &b, const Distribution &d);

/// The mean, of the means of the components.
ValueId mixtureMean(BodyBuilder &b, const Distribution &d, ValueId means);

/// Draws which component a value of `type` is of; returns that component. The
/// choice has no derivative, which is remembered as the draw of `name`.
Distribution drawnComponent(Elaborator &e, const Distribution &d,
                            const Type &type, const std::string &name);

} // namespace gmc::dsl

#endif // GMC_DSL_LIBRARY_MIXTURES_H
