//===- Value.h - what an expression means while it is written out -*- C++ -*-=//
#ifndef GMC_DSL_SEMA_VALUE_H
#define GMC_DSL_SEMA_VALUE_H

#include "dsl/base/SourceRange.h"
#include "dsl/program/Program.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace gmc::dsl {

struct Distribution;
struct Part;

/// A value of the abstract evaluator. `Error` stands for what has been reported
/// already and is passed on in silence.
struct Value {
  enum class Kind : uint8_t {
    Error,
    Number,       ///< known now; takes part in shapes
    Tensor,       ///< a node of the body
    Record,       ///< named outputs of a net
    Distribution, ///< a family and its parameters
    List,         ///< `[a, b]`, `0..<n`: values known one by one
    Text,         ///< "string"
    Choice,       ///< argument `text` of a procedure; `id` is the text's place
    Part,         ///< a layer that `use` named in a net
  };

  Kind kind = Kind::Error;
  double number = 0;
  ValueId id = 0;
  std::string text;
  std::vector<std::string> names; ///< Record
  std::vector<Value> elements;    ///< Record, List
  std::shared_ptr<const Distribution> distribution;
  std::shared_ptr<const Part> part;
  std::vector<size_t> stretches; ///< Tensor: axes that `new` made
  /// The named lines of the net that gave this value: `D(x).feat`.
  std::shared_ptr<const std::vector<std::pair<std::string, Value>>> lines;

  static Value ofNumber(double number) {
    Value value;
    value.kind = Kind::Number;
    value.number = number;
    return value;
  }
  static Value ofTensor(ValueId id) {
    Value value;
    value.kind = Kind::Tensor;
    value.id = id;
    return value;
  }
  static Value ofDistribution(std::shared_ptr<const Distribution> d) {
    Value value;
    value.kind = Kind::Distribution;
    value.distribution = std::move(d);
    return value;
  }
  bool isError() const { return kind == Kind::Error; }
};

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
    Mixture,     ///< one of several of a family, drawn by weights
  };
  enum class Spread : uint8_t { Std, Var, LogVar };
  Family family = Family::Normal;
  /// Normal: mean, spread. Bernoulli: logits. Laplace: mean, scale.
  /// Uniform: low, high. Gamma: concentration, rate. Beta: concentration1, that
  /// of x, and concentration0, that of 1 - x. Categorical, OneHot: log p, classes along its last
  /// axis, which may lack axes of the event in front. Mixture: log weights, on
  /// the named axis `axis`, of `component`, whose values have `own` event axes.
  ValueId first = 0, second = 0;
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

} // namespace gmc::dsl

#endif // GMC_DSL_SEMA_VALUE_H
