//===- Aims.h - which way training moves a value ----------------*- C++ -*-===//
#ifndef GMC_DSL_SEMA_AIMS_H
#define GMC_DSL_SEMA_AIMS_H

#include "dsl/base/SourceRange.h"

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace gmc::dsl {

/// A bound, a log density of what a step observes, or a divergence of its
/// latents: which way it goes in training, and who moves it the other way.
struct Aim {
  std::string text; ///< as it is written: `elbo`, `kl(z)`
  bool larger = true;
  bool ofData = false; ///< `log_prob(q, x)`: of data, not of the step's model
  std::set<int64_t> reversedOver;      ///< parameters that do
  std::vector<SourceRange> reversedIn; ///< objectives that do
  std::string verb;                    ///< of the last of these
};

} // namespace gmc::dsl

#endif // GMC_DSL_SEMA_AIMS_H
