//===- BodyBuilder.h - writes the nodes of a body ---------------*- C++ -*-===//
//
// Appends nodes to a Body. Operands are stretched to a common type before an
// elementwise node is written; equal pure nodes become one; numbers known now
// are computed now; the logarithm of a sigmoid becomes its stable form. The
// caller has checked shapes: `alignedType` says whether two types fit.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_DSL_PROGRAM_BODYBUILDER_H
#define GMC_DSL_PROGRAM_BODYBUILDER_H

#include "dsl/program/Program.h"

#include <optional>
#include <string_view>
#include <unordered_map>

namespace gmc::dsl {

/// Returns the type of an elementwise result: the union of the named axes, and
/// the event of both, or of the one that is not a single number. Nothing when
/// the events differ or an axis has two extents.
std::optional<Type> alignedType(const Type &a, const Type &b);

/// Returns the union of two sets of named axes in the order of all programs:
/// `batch`, then the others by name. Nothing when one axis has two extents.
std::optional<std::vector<Axis>> unitedAxes(const std::vector<Axis> &a,
                                            const std::vector<Axis> &b);

/// Returns the position of the named axis `name` in `type`, if it is open.
std::optional<size_t> findAxis(const Type &type, std::string_view name);

/// Removes the nodes that no minimiser, output or monitor needs.
void prune(Body &body);

/// Removes the arguments that no node reads.
void dropUnusedArguments(Body &body);

class BodyBuilder {
public:
  explicit BodyBuilder(Body &body) : body(body) {}

  const Type &type(ValueId value) const { return body.nodes[value].type; }
  const Node &node(ValueId value) const { return body.nodes[value]; }

  /// Nodes written from here on bear `range`.
  void setRange(SourceRange range) { where = range; }
  SourceRange range() const { return where; }
  /// Names a node after its `.gm` variable, unless it has a name already.
  void setName(ValueId value, const std::string &name);

  ValueId constant(double value, Type type = {});
  /// A leaf of kind Parameter, Argument or Scalar.
  ValueId leaf(Op op, int64_t index, Type type);
  /// 0, 1, .. along dimension `dim` of `type`.
  ValueId iota(Type type, int64_t dim);
  /// Returns the site of the draw at `path`, "fit/z": its hash.
  uint64_t site(const std::string &path);
  /// A draw; never merged with another.
  ValueId random(Op op, Type type, uint64_t site);

  ValueId unary(Op op, ValueId a, double value = 0);
  ValueId binary(Op op, ValueId a, ValueId b);
  ValueId binary(Op op, ValueId a, double b) {
    return binary(op, a, constant(b));
  }
  ValueId binary(Op op, double a, ValueId b) {
    return binary(op, constant(a), b);
  }
  ValueId select(ValueId condition, ValueId a, ValueId b);

  /// Stretches over the named axes that `result` has more, and over its event
  /// where `a` is a single number.
  ValueId broadcast(ValueId a, const Type &result);
  /// Stretches; operand dimension i becomes dimension `dims[i]`.
  ValueId broadcast(ValueId a, Type result, std::vector<int64_t> dims);
  ValueId reshape(ValueId a, Type result);
  /// Gives `a` another event of as many elements.
  ValueId reshapeEvent(ValueId a, std::vector<int64_t> event);
  /// Reorders event axes: result axis i is axis `order[i]` of `a`.
  ValueId transposeEvent(ValueId a, const std::vector<int64_t> &order);
  /// Makes event axis `axis` the named axis `name`, which is none of `a`.
  ValueId liftEvent(ValueId a, int64_t axis, const std::string &name);
  /// Makes named axis number `axis` event axis 0.
  ValueId stackAxis(ValueId a, size_t axis);
  /// Entries [begin, end) of event axis `axis`.
  ValueId sliceEvent(ValueId a, int64_t axis, int64_t begin, int64_t end);
  /// Entries [begin, end) of the batch, the first named axis.
  ValueId sliceBatch(ValueId a, int64_t begin, int64_t end);
  /// Joins along the batch, of values of one event.
  ValueId concatBatch(ValueId a, ValueId b);
  /// Joins along event axis `axis`.
  ValueId concatEvent(ValueId a, ValueId b, int64_t axis);

  /// Sum, ReduceMax or ReduceMin over dimensions (named axes counted first).
  ValueId reduce(Op op, ValueId a, std::vector<int64_t> dims);
  /// The same over all event axes.
  ValueId reduceEvent(Op op, ValueId a);

  /// Contracts the last event axis of `a` with `b`, a matrix [K,N], or [N,K] if
  /// `transposed`. Dimensions in front are made one around the product.
  ValueId matmul(ValueId a, ValueId b, bool transposed);
  /// Convolves the event [C,H,W] of `x` with `w`, [O,C/groups,KH,KW].
  ValueId conv(ValueId x, ValueId w, const Geometry &geometry);
  /// The transpose of `conv` in x: from the event [O,OH,OW] of `y` to
  /// [C,height,width], where conv has as many windows.
  ValueId convInput(ValueId y, ValueId w, const Geometry &geometry,
                    int64_t height, int64_t width);
  ValueId gradient(ValueId y, ValueId x);

  /// Returns the number that every element of `a` is, where that is known.
  std::optional<double> constantValue(ValueId a) const;
  size_t size() const { return body.nodes.size(); }
  /// Returns `a`, or a copy where `a` is older than node `since`, and merges no
  /// equal expression with it from here on: a variable is a value of its own,
  /// so that `grad(y, a)` is the derivative in `a` alone. Leaves and draws
  /// stay.
  ValueId makeDistinct(ValueId a, size_t since);
  /// Returns u where `a` is sigmoid(u), also below changes of shape.
  std::optional<ValueId> sigmoidArgument(ValueId a);

private:
  ValueId transpose(ValueId a, Type result, std::vector<int64_t> dims);
  ValueId append(Op op, std::vector<ValueId> operands, Attributes attrs,
                 Type type);
  ValueId convolution(Op op, ValueId a, ValueId w, const Geometry &geometry,
                      std::vector<int64_t> event);
  std::optional<ValueId> simplifyUnary(Op op, ValueId a);
  std::optional<ValueId> simplifyBinary(Op op, ValueId a, ValueId b);

  Body &body;
  SourceRange where;
  std::unordered_map<std::string, ValueId> known;
};

} // namespace gmc::dsl

#endif // GMC_DSL_PROGRAM_BODYBUILDER_H
