//===- Scores.h - whether scores are logits or probabilities ----*- C++ -*-===//
//
// Losses and families take scores as `logits:` or as `probs:`, and nothing in
// their types tells one from the other. The ops behind a score often do: a
// sigmoid or a softmax gives probabilities, a layer gives any number.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_DSL_LIBRARY_SCORES_H
#define GMC_DSL_LIBRARY_SCORES_H

#include "dsl/sema/Elaborator.h"

namespace gmc::dsl {

enum class Scores : uint8_t {
  Bits,   ///< each by itself: the logit of p is log p - log(1 - p)
  Classes ///< along an axis: log p are logits, p need not sum to 1
};

/// Warns of `logits:` that are probabilities, or of Bits their logarithms.
/// `takesProbs`: the function at `site` has the argument `probs` as well.
void warnOfLogits(Elaborator &e, const CallSite &site, ValueId logits,
                  SourceRange range, Scores kind, bool takesProbs = true);

/// Warns of `probs` that a layer gives and nothing keeps in the range of
/// probabilities.
void warnOfProbs(Elaborator &e, const CallSite &site, ValueId probs,
                 SourceRange range, Scores kind);

} // namespace gmc::dsl

#endif // GMC_DSL_LIBRARY_SCORES_H
