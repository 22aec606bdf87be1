//===- BodyBuilder.cpp - writes the nodes of a body -----------------------===//
#include "dsl/program/BodyBuilder.h"

#include "dsl/program/ScalarMath.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>
#include <numeric>

namespace gmc::dsl {

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

std::optional<std::vector<Axis>> unitedAxes(const std::vector<Axis> &a,
                                            const std::vector<Axis> &b) {
  std::vector<Axis> united = a;
  for (const Axis &axis : b) {
    auto it = std::find_if(united.begin(), united.end(),
                           [&](const Axis &u) { return u.name == axis.name; });
    if (it == united.end()) {
      united.push_back(axis);
    } else if (it->extent != axis.extent) {
      return std::nullopt;
    }
  }
  auto key = [](const Axis &axis) {
    return std::pair(axis.name != "batch", std::string_view(axis.name));
  };
  std::sort(united.begin(), united.end(),
            [&](const Axis &u, const Axis &v) { return key(u) < key(v); });
  return united;
}

std::optional<Type> alignedType(const Type &a, const Type &b) {
  if (a.event != b.event && !a.event.empty() && !b.event.empty()) {
    return std::nullopt;
  }
  auto axes = unitedAxes(a.axes, b.axes);
  if (!axes) {
    return std::nullopt;
  }
  return Type{std::move(*axes), a.event.empty() ? b.event : a.event};
}

std::optional<size_t> findAxis(const Type &type, std::string_view name) {
  for (size_t i = 0; i < type.axes.size(); ++i) {
    if (type.axes[i].name == name) {
      return i;
    }
  }
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Appending
//===----------------------------------------------------------------------===//

namespace {

void putBytes(std::string &key, const void *data, size_t size) {
  key.append(static_cast<const char *>(data), size);
}

/// Returns a string that is equal for equal nodes only.
std::string keyOf(Op op, const std::vector<ValueId> &operands,
                  const Attributes &attrs, const Type &type) {
  std::string key;
  key.push_back(static_cast<char>(op));
  putBytes(key, operands.data(), operands.size() * sizeof(ValueId));
  putBytes(key, &attrs.value, sizeof attrs.value);
  putBytes(key, &attrs.index, sizeof attrs.index);
  putBytes(key, attrs.dims.data(), attrs.dims.size() * sizeof(int64_t));
  for (const Axis &axis : type.axes) {
    key += axis.name;
    key.push_back('\0');
    putBytes(key, &axis.extent, sizeof axis.extent);
  }
  key.push_back('\1');
  putBytes(key, type.event.data(), type.event.size() * sizeof(int64_t));
  return key;
}

bool isShapeChange(Op op) {
  return op == Op::Reshape || op == Op::Broadcast || op == Op::Transpose ||
         op == Op::Slice;
}

} // namespace

ValueId BodyBuilder::append(Op op, std::vector<ValueId> operands,
                            Attributes attrs, Type type) {
  bool pure = op != Op::RandomNormal && op != Op::RandomUniform;
  std::string key = pure ? keyOf(op, operands, attrs, type) : std::string();
  if (pure) {
    if (auto it = known.find(key); it != known.end()) {
      return it->second;
    }
  }
  auto id = static_cast<ValueId>(body.nodes.size());
  body.nodes.push_back(
      {op, std::move(operands), std::move(attrs), std::move(type), where, ""});
  if (pure) {
    known.emplace(std::move(key), id);
  }
  return id;
}

void BodyBuilder::setName(ValueId value, const std::string &name) {
  if (body.nodes[value].name.empty()) {
    body.nodes[value].name = name;
  }
}

ValueId BodyBuilder::constant(double value, Type type) {
  return append(Op::Constant, {}, {.value = value}, std::move(type));
}

ValueId BodyBuilder::leaf(Op op, int64_t index, Type type) {
  return append(op, {}, {.index = index}, std::move(type));
}

ValueId BodyBuilder::iota(Type type, int64_t dim) {
  return append(Op::Iota, {}, {.dims = {dim}}, std::move(type));
}

uint64_t BodyBuilder::site(const std::string &path) {
  // FNV-1a, 64 bits.
  uint64_t hash = 0xcbf29ce484222325;
  for (unsigned char c : path) {
    hash = (hash ^ c) * 0x100000001b3;
  }
  body.drawPaths.emplace(hash, path);
  return hash;
}

ValueId BodyBuilder::random(Op op, Type type, uint64_t site) {
  return append(op, {}, {.site = site}, std::move(type));
}

std::optional<double> BodyBuilder::constantValue(ValueId a) const {
  const Node &n = node(a);
  return n.op == Op::Constant ? std::optional(n.attrs.value) : std::nullopt;
}

ValueId BodyBuilder::makeDistinct(ValueId a, size_t since) {
  const Node original = node(a);
  if (original.operands.empty()) {
    return a;
  }
  known.erase(
      keyOf(original.op, original.operands, original.attrs, original.type));
  if (a >= since) {
    return a;
  }
  auto id = static_cast<ValueId>(body.nodes.size());
  body.nodes.push_back(original);
  body.nodes.back().name.clear();
  return id;
}

//===----------------------------------------------------------------------===//
// Elementwise
//===----------------------------------------------------------------------===//

std::optional<ValueId> BodyBuilder::sigmoidArgument(ValueId a) {
  const Node n = node(a);
  if (n.op == Op::Sigmoid) {
    return n.operands[0];
  }
  if (!isShapeChange(n.op)) {
    return std::nullopt;
  }
  auto inner = sigmoidArgument(n.operands[0]);
  if (!inner) {
    return std::nullopt;
  }
  return append(n.op, {*inner}, n.attrs, n.type);
}

std::optional<ValueId> BodyBuilder::simplifyUnary(Op op, ValueId a) {
  const Node n = node(a);
  if (op == Op::Neg && n.op == Op::Neg) {
    return n.operands[0];
  }
  if (op == Op::Stop && n.op == Op::Stop) {
    return a;
  }
  if (op != Op::Log) {
    return std::nullopt;
  }
  // log(sigmoid(u)) = -softplus(-u)
  if (auto u = sigmoidArgument(a)) {
    return unary(Op::Neg, unary(Op::Softplus, unary(Op::Neg, *u)));
  }
  // log(1 - sigmoid(u)) = -softplus(u)
  if (n.op == Op::Sub && constantValue(n.operands[0]) == 1.0) {
    if (auto u = sigmoidArgument(n.operands[1])) {
      return unary(Op::Neg, unary(Op::Softplus, *u));
    }
  }
  // log(exp(u)) = u
  if (n.op == Op::Exp) {
    return n.operands[0];
  }
  return std::nullopt;
}

ValueId BodyBuilder::unary(Op op, ValueId a, double value) {
  if (auto number = constantValue(a); number && op != Op::Stop) {
    return constant(computeUnary(op, *number, value), type(a));
  }
  if (auto simpler = simplifyUnary(op, a)) {
    return *simpler;
  }
  return append(op, {a}, {.value = value}, type(a));
}

std::optional<ValueId> BodyBuilder::simplifyBinary(Op op, ValueId a,
                                                   ValueId b) {
  auto left = constantValue(a), right = constantValue(b);
  if (op == Op::Pow && right == 2.0) {
    return append(Op::Mul, {a, a}, {}, type(a));
  }
  if (op == Op::Pow && right == 0.5) {
    return unary(Op::Sqrt, a);
  }
  if (op == Op::Xlogy && (left == 0.0 || right == 1.0)) {
    return constant(0, type(a));
  }
  if (op == Op::Xlogy && right != 0.0) {
    auto log = right ? std::optional(constant(std::log(*right), type(b)))
                     : simplifyUnary(Op::Log, b);
    return log ? std::optional(binary(Op::Mul, a, *log)) : std::nullopt;
  }
  bool rightIsNeutral =
      ((op == Op::Add || op == Op::Sub) && right == 0.0) ||
      ((op == Op::Mul || op == Op::Div || op == Op::Pow) && right == 1.0);
  if (rightIsNeutral) {
    return a;
  }
  if ((op == Op::Add && left == 0.0) || (op == Op::Mul && left == 1.0)) {
    return b;
  }
  if ((op == Op::Sub && left == 0.0) || (op == Op::Mul && left == -1.0)) {
    return unary(Op::Neg, b);
  }
  if (op == Op::Mul && right == -1.0) {
    return unary(Op::Neg, a);
  }
  return std::nullopt;
}

ValueId BodyBuilder::binary(Op op, ValueId a, ValueId b) {
  auto result = alignedType(type(a), type(b));
  assert(result && "operands of an elementwise node do not align");
  auto left = constantValue(a), right = constantValue(b);
  if (left && right) {
    return constant(computeBinary(op, *left, *right), *result);
  }
  a = broadcast(a, *result);
  b = broadcast(b, *result);
  if (auto simpler = simplifyBinary(op, a, b)) {
    return *simpler;
  }
  return append(op, {a, b}, {}, *result);
}

ValueId BodyBuilder::select(ValueId condition, ValueId a, ValueId b) {
  if (auto number = constantValue(condition); number && a != b) {
    auto aligned = alignedType(type(a), type(b));
    auto all = alignedType(type(condition), *aligned);
    return broadcast(*number != 0 ? a : b, *all);
  }
  auto branches = alignedType(type(a), type(b));
  assert(branches && "branches of a select do not align");
  auto result = alignedType(type(condition), *branches);
  assert(result && "condition of a select does not align");
  std::vector<ValueId> operands = {broadcast(condition, *result),
                                   broadcast(a, *result),
                                   broadcast(b, *result)};
  return append(Op::Select, std::move(operands), {}, *result);
}

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

ValueId BodyBuilder::broadcast(ValueId a, const Type &result) {
  const Type &from = type(a);
  if (from == result) {
    return a;
  }
  std::vector<int64_t> dims;
  for (const Axis &axis : from.axes) {
    auto position = findAxis(result, axis.name);
    assert(position && "a stretched value keeps its named axes");
    dims.push_back(static_cast<int64_t>(*position));
  }
  assert((from.event.empty() || from.event == result.event) &&
         "only a single number is stretched over an event");
  for (size_t i = 0; i < from.event.size(); ++i) {
    dims.push_back(static_cast<int64_t>(result.axes.size() + i));
  }
  return broadcast(a, result, std::move(dims));
}

ValueId BodyBuilder::broadcast(ValueId a, Type result,
                               std::vector<int64_t> dims) {
  if (auto number = constantValue(a)) {
    return constant(*number, std::move(result));
  }
  const Node n = node(a);
  if (n.op == Op::Broadcast) {
    std::vector<int64_t> composed;
    for (int64_t dim : n.attrs.dims) {
      composed.push_back(dims[dim]);
    }
    return append(Op::Broadcast, n.operands, {.dims = std::move(composed)},
                  std::move(result));
  }
  return append(Op::Broadcast, {a}, {.dims = std::move(dims)},
                std::move(result));
}

ValueId BodyBuilder::reshape(ValueId a, Type result) {
  assert(type(a).elements() == result.elements());
  while (node(a).op == Op::Reshape) {
    a = node(a).operands[0];
  }
  if (type(a) == result) {
    return a;
  }
  if (auto number = constantValue(a)) {
    return constant(*number, std::move(result));
  }
  return append(Op::Reshape, {a}, {}, std::move(result));
}

ValueId BodyBuilder::reshapeEvent(ValueId a, std::vector<int64_t> event) {
  return reshape(a, {type(a).axes, std::move(event)});
}

ValueId BodyBuilder::transposeEvent(ValueId a,
                                    const std::vector<int64_t> &order) {
  Type result = type(a);
  auto named = static_cast<int64_t>(result.axes.size());
  std::vector<int64_t> dims(named);
  std::iota(dims.begin(), dims.end(), 0);
  for (size_t i = 0; i < order.size(); ++i) {
    dims.push_back(named + order[i]);
    result.event[i] = type(a).event[order[i]];
  }
  if (std::is_sorted(dims.begin(), dims.end())) {
    return a;
  }
  return transpose(a, std::move(result), std::move(dims));
}

/// Result dimension i is dimension `dims[i]` of `a`.
ValueId BodyBuilder::transpose(ValueId a, Type result,
                               std::vector<int64_t> dims) {
  if (std::is_sorted(dims.begin(), dims.end()) || constantValue(a)) {
    return reshape(a, std::move(result));
  }
  return append(Op::Transpose, {a}, {.dims = std::move(dims)},
                std::move(result));
}

ValueId BodyBuilder::liftEvent(ValueId a, int64_t axis,
                               const std::string &name) {
  Type result = type(a);
  const auto moved = static_cast<int64_t>(result.axes.size()) + axis;
  result.axes = *unitedAxes(result.axes, {{name, result.event[axis]}});
  result.event.erase(result.event.begin() + axis);
  const auto place = static_cast<int64_t>(*findAxis(result, name));
  std::vector<int64_t> dims;
  for (int64_t d = 0; d < static_cast<int64_t>(result.shape().size()); ++d) {
    int64_t rest = d < place ? d : d - 1;
    dims.push_back(d == place ? moved : rest < moved ? rest : rest + 1);
  }
  return transpose(a, std::move(result), std::move(dims));
}

ValueId BodyBuilder::stackAxis(ValueId a, size_t axis) {
  Type result = type(a);
  const auto named = static_cast<int64_t>(result.axes.size());
  const auto moved = static_cast<int64_t>(axis);
  result.event.insert(result.event.begin(), result.axes[axis].extent);
  result.axes.erase(result.axes.begin() + moved);
  std::vector<int64_t> dims;
  for (int64_t d = 0; d < static_cast<int64_t>(result.shape().size()); ++d) {
    int64_t before = d < moved ? d : d + 1;
    dims.push_back(d >= named ? d : d == named - 1 ? moved : before);
  }
  return transpose(a, std::move(result), std::move(dims));
}

ValueId BodyBuilder::sliceEvent(ValueId a, int64_t axis, int64_t begin,
                                int64_t end) {
  Type result = type(a);
  if (begin == 0 && end == result.event[axis]) {
    return a;
  }
  auto dim = static_cast<int64_t>(result.axes.size()) + axis;
  result.event[axis] = end - begin;
  if (auto number = constantValue(a)) {
    return constant(*number, std::move(result));
  }
  return append(Op::Slice, {a}, {.dims = {dim, begin, end}}, std::move(result));
}

ValueId BodyBuilder::concatEvent(ValueId a, ValueId b, int64_t axis) {
  auto axes = unitedAxes(type(a).axes, type(b).axes);
  assert(axes && "the named axes of joined values agree");
  a = broadcast(a, {*axes, type(a).event});
  b = broadcast(b, {*axes, type(b).event});
  Type result = type(a);
  result.event[axis] += type(b).event[axis];
  auto dim = static_cast<int64_t>(axes->size()) + axis;
  return append(Op::Concat, {a, b}, {.dims = {dim}}, std::move(result));
}

ValueId BodyBuilder::sliceBatch(ValueId a, int64_t begin, int64_t end) {
  Type result = type(a);
  assert(!result.axes.empty() && result.axes[0].name == "batch");
  result.axes[0].extent = end - begin;
  if (auto number = constantValue(a)) {
    return constant(*number, std::move(result));
  }
  return append(Op::Slice, {a}, {.dims = {0, begin, end}}, std::move(result));
}

ValueId BodyBuilder::concatBatch(ValueId a, ValueId b) {
  Type result = type(a);
  assert(!result.axes.empty() && result.axes[0].name == "batch" &&
         type(b).event == result.event);
  result.axes[0].extent += type(b).axes[0].extent;
  return append(Op::Concat, {a, b}, {.dims = {0}}, std::move(result));
}

//===----------------------------------------------------------------------===//
// Reductions, contractions, gradients
//===----------------------------------------------------------------------===//

ValueId BodyBuilder::reduce(Op op, ValueId a, std::vector<int64_t> dims) {
  if (dims.empty()) {
    return a;
  }
  std::sort(dims.begin(), dims.end());
  const Type &from = type(a);
  Type result;
  double count = 1;
  auto named = static_cast<int64_t>(from.axes.size());
  auto extents = from.shape();
  for (int64_t d = 0; d < static_cast<int64_t>(extents.size()); ++d) {
    if (std::binary_search(dims.begin(), dims.end(), d)) {
      count *= static_cast<double>(extents[d]);
    } else if (d < named) {
      result.axes.push_back(from.axes[d]);
    } else {
      result.event.push_back(extents[d]);
    }
  }
  if (auto number = constantValue(a)) {
    return constant(op == Op::Sum ? *number * count : *number,
                    std::move(result));
  }
  return append(op, {a}, {.dims = std::move(dims)}, std::move(result));
}

ValueId BodyBuilder::reduceEvent(Op op, ValueId a) {
  std::vector<int64_t> dims(type(a).event.size());
  std::iota(dims.begin(), dims.end(),
            static_cast<int64_t>(type(a).axes.size()));
  return reduce(op, a, std::move(dims));
}

ValueId BodyBuilder::matmul(ValueId a, ValueId b, bool transposed) {
  Type result = type(a);
  assert(!result.event.empty() && type(b).shape().size() == 2);
  int64_t inner = result.event.back();
  int64_t columns = type(b).shape()[transposed ? 0 : 1];
  assert(type(b).shape()[transposed ? 1 : 0] == inner);
  result.event.back() = columns;
  Attributes attrs{.dims = {0, transposed ? 1 : 0}};
  if (result.shape().size() == 2) {
    return append(Op::Matmul, {a, b}, std::move(attrs), std::move(result));
  }
  int64_t rows = type(a).elements() / inner;
  ValueId flat = reshape(a, {{}, {rows, inner}});
  ValueId product =
      append(Op::Matmul, {flat, b}, std::move(attrs), {{}, {rows, columns}});
  return reshape(product, std::move(result));
}

ValueId BodyBuilder::convolution(Op op, ValueId a, ValueId w,
                                 const Geometry &geometry,
                                 std::vector<int64_t> event) {
  const Geometry &g = geometry;
  Attributes attrs{.dims = {g.stride[0], g.stride[1], g.low[0], g.high[0],
                            g.low[1], g.high[1], g.dilation[0], g.dilation[1],
                            g.groups}};
  Type result{type(a).axes, std::move(event)};
  if (result.axes.size() == 1) {
    return append(op, {a, w}, std::move(attrs), std::move(result));
  }
  // The named axes are one around the convolution.
  int64_t images = Type{result.axes, {}}.elements();
  auto withImages = [&](const std::vector<int64_t> &one) {
    std::vector<int64_t> all = {images};
    all.insert(all.end(), one.begin(), one.end());
    return Type{{}, std::move(all)};
  };
  ValueId flat = reshape(a, withImages(type(a).event));
  return reshape(
      append(op, {flat, w}, std::move(attrs), withImages(result.event)),
      result);
}

ValueId BodyBuilder::conv(ValueId x, ValueId w, const Geometry &geometry) {
  std::vector<int64_t> event = type(x).event, kernel = type(w).event;
  assert(event.size() == 3 && kernel.size() == 4 &&
         event[0] == kernel[1] * geometry.groups);
  return convolution(Op::Conv, x, w, geometry,
                     {kernel[0], geometry.windows(0, event[1], kernel[2]),
                      geometry.windows(1, event[2], kernel[3])});
}

ValueId BodyBuilder::convInput(ValueId y, ValueId w, const Geometry &geometry,
                               int64_t height, int64_t width) {
  std::vector<int64_t> event = type(y).event, kernel = type(w).event;
  assert(event.size() == 3 && kernel.size() == 4 && event[0] == kernel[0] &&
         geometry.windows(0, height, kernel[2]) == event[1] &&
         geometry.windows(1, width, kernel[3]) == event[2]);
  return convolution(Op::ConvInput, y, w, geometry,
                     {kernel[1] * geometry.groups, height, width});
}

ValueId BodyBuilder::gradient(ValueId y, ValueId x) {
  return append(Op::Gradient, {y, x}, {}, type(x));
}

//===----------------------------------------------------------------------===//
// Pruning
//===----------------------------------------------------------------------===//

namespace {

/// Calls `visit` on every reference into the nodes from outside of them.
template <typename Visit> void forEachRoot(Body &body, Visit visit) {
  for (Minimize &minimize : body.minimizers) {
    visit(minimize.objective);
    for (ValueId &argument : minimize.optimizer.arguments) {
      visit(argument);
    }
    for (std::optional<ValueId> *clause : {&minimize.clip, &minimize.when}) {
      if (*clause) {
        visit(**clause);
      }
    }
    if (minimize.keep) {
      visit(minimize.keep->first);
      visit(minimize.keep->second);
    }
  }
  for (Update &update : body.updates) {
    visit(update.value);
  }
  for (AverageMove &average : body.averages) {
    visit(average.decay);
  }
  for (Output &output : body.outputs) {
    visit(output.value);
  }
  for (Output &monitor : body.monitors) {
    visit(monitor.value);
  }
  for (Limited &limited : body.limited) {
    visit(limited.value);
  }
}

} // namespace

void prune(Body &body) {
  std::vector<bool> live(body.nodes.size(), false);
  forEachRoot(body, [&](ValueId &root) { live[root] = true; });
  for (size_t i = body.nodes.size(); i-- > 0;) {
    if (live[i]) {
      for (ValueId operand : body.nodes[i].operands) {
        live[operand] = true;
      }
    }
  }
  std::vector<ValueId> renamed(body.nodes.size(), 0);
  ValueId next = 0;
  for (size_t i = 0; i < body.nodes.size(); ++i) {
    if (!live[i]) {
      continue;
    }
    for (ValueId &operand : body.nodes[i].operands) {
      operand = renamed[operand];
    }
    renamed[i] = next;
    if (next != i) {
      body.nodes[next] = std::move(body.nodes[i]);
    }
    ++next;
  }
  body.nodes.resize(next);
  forEachRoot(body, [&](ValueId &root) { root = renamed[root]; });
}

void dropUnusedArguments(Body &body) {
  std::vector<int64_t> renamed(body.arguments.size(), -1);
  std::vector<Argument> kept;
  for (Node &node : body.nodes) {
    if (node.op == Op::Argument) {
      int64_t &index = renamed[node.attrs.index];
      if (index < 0) {
        index = static_cast<int64_t>(kept.size());
        kept.push_back(body.arguments[node.attrs.index]);
      }
      node.attrs.index = index;
    }
  }
  body.arguments = std::move(kept);
}

} // namespace gmc::dsl
