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

} // namespace gmc::dsl

#endif // GMC_DSL_SEMA_VALUE_H
