//===- Distribution.h - what a draw follows ---------------------*- C++ -*-===//
#ifndef GMC_DSL_SEMA_DISTRIBUTION_H
#define GMC_DSL_SEMA_DISTRIBUTION_H

#include "dsl/program/BodyBuilder.h"

#include <memory>
#include <string>
#include <vector>

namespace gmc::dsl {

/// What a latent, an observation or any draw follows. Parameters are nodes;
/// `spread` says how the scale of a Normal was given.
struct Distribution {
  enum class Family : uint8_t {
    Normal,
    Bernoulli,
    Laplace,
    Uniform,
    Categorical, ///< whole numbers from 0
    OneHot,      ///< the same as 1 at one place of the last event axis
    Gamma,       ///< of a rate
    Beta,
    Mixture, ///< one of several of a family, drawn by weights
  };
  enum class Spread : uint8_t { Std, Var, LogVar };
  Family family = Family::Normal;
  /// Normal: mean, spread. Bernoulli: logits. Laplace: mean, scale.
  /// Uniform: low, high. Gamma: concentration, rate. Beta: concentration1, that
  /// of x, and concentration0, that of 1 - x. Categorical, OneHot: log p,
  /// classes along its last axis, which may lack axes of the event in front.
  /// Mixture: log weights, on the named axis `axis`, of `component`, whose
  /// values have `own` event axes.
  ValueId first = 0, second = 0;
  /// Bernoulli, Mixture: `first` holds probabilities, which may be 0.
  /// Categorical, OneHot: it holds weights of the classes, `second` their sum at
  /// each class.
  bool probs = false;
  Spread spread = Spread::Std;
  bool grey = false; ///< Bernoulli observed on numbers between 0 and 1
  std::shared_ptr<const Distribution> component;
  std::string axis;
  size_t own = 0;
  /// Named axes and event of the values that it gives.
  Type type;
  SourceRange where;
};

/// What stands behind `by`: whose derivative a discrete draw has.
struct Estimator {
  enum class Kind : uint8_t { None, Gumbel, StraightThrough } kind = Kind::None;
  ValueId temperature = 0; ///< Gumbel
  bool hard = false;       ///< Gumbel: the value is drawn, not relaxed
  /// Whether the draw is no longer of the family.
  bool relaxed() const { return kind == Kind::Gumbel && !hard; }
};

/// The standard deviation of a Normal.
ValueId stdOf(BodyBuilder &b, const Distribution &d);

/// The number of classes of a Categorical or OneHot.
int64_t classesOf(const BodyBuilder &b, const Distribution &d);

/// The family of what a draw of `d` is: of a mixture, that of its components.
const Distribution &familyOf(const Distribution &d);

/// Repeats what `d` is made of so that its values have `event`.
void repeatParameters(BodyBuilder &b, Distribution &d,
                      const std::vector<int64_t> &event);

/// `d`, its parameters being constants to gradients.
std::shared_ptr<const Distribution> stopped(BodyBuilder &b,
                                            const Distribution &d);

/// log p of the classes, along the last axis behind or in the event.
ValueId classLogs(BodyBuilder &b, const Distribution &d);

/// p of the classes, along the same axis.
ValueId classProbs(BodyBuilder &b, const Distribution &d);

/// w log p of the classes, 0 where w is 0.
ValueId timesLogClass(BodyBuilder &b, ValueId w, const Distribution &d);

/// q log p of the classes of two distributions, 0 where q is 0.
ValueId weighedByClass(BodyBuilder &b, const Distribution &q,
                       const Distribution &p);

/// p of a Bernoulli's 1, and log p - log(1 - p).
ValueId chanceOf(BodyBuilder &b, const Distribution &d);
ValueId logitOf(BodyBuilder &b, const Distribution &d);

} // namespace gmc::dsl

#endif // GMC_DSL_SEMA_DISTRIBUTION_H
