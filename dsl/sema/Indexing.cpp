//===- Indexing.cpp - slices, reshapes, joins -----------------------------===//
//
// What changes the event of a value. The batch cannot be indexed.
//
//===----------------------------------------------------------------------===//
#include "dsl/sema/Batches.h"
#include "dsl/sema/Formulas.h"
#include "dsl/sema/Gather.h"
#include "dsl/sema/Library.h"
#include "dsl/sema/Passes.h"

#include <algorithm>
#include <numeric>

namespace gmc::dsl {

Value Elaborator::evaluateIndex(const ast::IndexExpr &expr) {
  Value object = evaluate(*expr.object);
  if (object.kind == Value::Kind::Distribution) {
    return reshaped(object, expr);
  }
  auto x = toTensor(object, expr.object->range);
  if (!x) {
    return {};
  }
  size_t indexed = expr.items.size();
  for (const ast::IndexItem &item : expr.items) {
    indexed -= item.kind == ast::IndexItem::Kind::New;
  }
  if (indexed > b.type(*x).event.size()) {
    module
        .report(Diag::TooManyIndices, expr.brackets, indexed,
                dsl::typeText(b.type(*x)))
        .help("the batch cannot be indexed; only event axes are");
    return {};
  }
  ValueId result = *x;
  const size_t rank = b.type(*x).event.size();
  std::vector<bool> dropped(rank, false);
  std::vector<std::optional<std::pair<ValueId, SourceRange>>> gathered(rank);
  Value value;
  std::vector<int64_t> event; // of the result
  size_t axis = 0;
  for (const ast::IndexItem &item : expr.items) {
    if (item.kind == ast::IndexItem::Kind::New) {
      value.stretches.push_back(event.size());
      event.push_back(1);
      continue;
    }
    std::optional<Value> begin;
    if (item.begin) {
      begin = evaluate(*item.begin);
    }
    if (item.kind == ast::IndexItem::Kind::At && saysPlaces(*begin)) {
      gathered[axis++] = std::pair(begin->id, item.range);
      const std::vector<int64_t> &places = b.type(begin->id).event;
      event.insert(event.end(), places.begin(), places.end());
      continue;
    }
    auto part = indexOne(item, begin, b.type(result).event[axis], axis);
    if (!part) {
      return {};
    }
    b.setRange(expr.range);
    result = b.sliceEvent(result, static_cast<int64_t>(axis), part->first,
                          part->second);
    dropped[axis] = item.kind == ast::IndexItem::Kind::At;
    if (!dropped[axis]) {
      event.push_back(part->second - part->first);
    }
    ++axis;
  }
  for (; axis < rank; ++axis) {
    event.push_back(b.type(result).event[axis]);
  }
  // From the last axis on: those before keep their numbers.
  for (axis = rank; axis-- > 0;) {
    if (gathered[axis]) {
      auto next = gather(result, static_cast<int64_t>(axis),
                         gathered[axis]->first, gathered[axis]->second);
      if (!next) {
        return {};
      }
      result = *next;
    } else if (dropped[axis]) {
      std::vector<int64_t> left = b.type(result).event;
      left.erase(left.begin() + static_cast<int64_t>(axis));
      result = b.reshapeEvent(result, std::move(left));
    }
  }
  value.kind = Value::Kind::Tensor;
  value.id = b.reshapeEvent(result, std::move(event));
  return value;
}

/// True where an index is a value of the model and no number of the compiler.
bool Elaborator::saysPlaces(const Value &index) const {
  return index.kind == Value::Kind::Tensor &&
         (b.node(index.id).op != Op::Scalar || labels.count(index.id) != 0);
}

/// Returns [begin, end) that `item` takes of an axis; `first` is its value
/// before the colon.
std::optional<std::pair<int64_t, int64_t>>
Elaborator::indexOne(const ast::IndexItem &item,
                     const std::optional<Value> &first, int64_t extent,
                     size_t axis) {
  int64_t begin = 0, end = extent;
  if (first) {
    auto given = toInteger(*first, item.begin->range, "an index");
    if (!given) {
      return std::nullopt;
    }
    begin = *given;
  }
  if (item.kind == ast::IndexItem::Kind::At) {
    end = begin + 1;
  } else if (item.end) {
    auto given = integer(*item.end, "an index");
    if (!given) {
      return std::nullopt;
    }
    end = *given;
  }
  if (begin < 0 || end > extent || begin >= end) {
    module.report(Diag::IndexRange, item.range, axis, extent)
        .label(fmt::format("takes {} up to {}", begin, end))
        .help("indices count from 0, the end of a slice is not included");
    return std::nullopt;
  }
  return std::pair(begin, end);
}

std::optional<ValueId> stretchedTo(BodyBuilder &b, ValueId x,
                                   const std::vector<int64_t> &event) {
  const Type type = b.type(x);
  if (type.event.empty() || type.event == event) {
    return type.event == event ? x : b.broadcast(x, {type.axes, event});
  }
  if (type.event.size() != event.size()) {
    return std::nullopt;
  }
  std::vector<int64_t> kept, dims(type.axes.size());
  std::iota(dims.begin(), dims.end(), 0);
  for (size_t i = 0; i < event.size(); ++i) {
    if (type.event[i] == event[i]) {
      kept.push_back(event[i]);
      dims.push_back(static_cast<int64_t>(type.axes.size() + i));
    } else if (type.event[i] != 1) {
      return std::nullopt;
    }
  }
  return b.broadcast(b.reshapeEvent(x, std::move(kept)), {type.axes, event},
                     std::move(dims));
}

void Elaborator::stretchNew(const Value &left, ValueId &a, const Value &right,
                            ValueId &c) {
  const std::vector<int64_t> x = b.type(a).event, y = b.type(c).event;
  if (x.size() != y.size()) {
    return;
  }
  std::vector<int64_t> both = x;
  for (size_t i = 0; i < x.size(); ++i) {
    auto isNew = [&](const Value &value) {
      return std::find(value.stretches.begin(), value.stretches.end(), i) !=
             value.stretches.end();
    };
    if (x[i] != y[i] && isNew(left)) {
      both[i] = y[i];
    } else if (x[i] != y[i] && !isNew(right)) {
      return;
    }
  }
  a = *stretchedTo(b, a, both);
  c = *stretchedTo(b, c, both);
}

namespace {

std::optional<std::vector<int64_t>>
dimensionsOf(Elaborator &e, const std::vector<Bound> &bounds) {
  std::vector<int64_t> dims;
  for (const Bound &bound : bounds) {
    auto dim = bound.expr ? e.dimension(*bound.expr) : std::nullopt;
    if (!dim) {
      return std::nullopt;
    }
    dims.push_back(*dim);
  }
  return dims;
}

Value reshape(Elaborator &e, const CallSite &site, const Arguments &arguments,
              const LibraryEntry &) {
  auto x = e.tensor(*arguments.find("x"));
  auto event = dimensionsOf(e, arguments.rest);
  if (!x || !event) {
    return {};
  }
  Type from{{}, e.b.type(*x).event}, to{{}, *event};
  if (!e.sizeIsSane(to, site.range)) {
    return {};
  }
  if (from.elements() != to.elements()) {
    e.module
        .report(Diag::ReshapeCount, site.range, typeText(from), typeText(to))
        .label(arguments.find("x")->range,
               fmt::format("has {} elements", from.elements()))
        .help(fmt::format("{} has {} elements", typeText(to), to.elements()));
    return {};
  }
  e.b.setRange(site.range);
  return Value::ofTensor(e.b.reshapeEvent(*x, std::move(*event)));
}

/// Returns the event axis `axis:` says, 0 when it is not given.
std::optional<int64_t> axisOf(Elaborator &e, const Arguments &arguments,
                              const Type &type) {
  const Bound *bound = arguments.find("axis");
  if (!bound) {
    return 0;
  }
  auto axis = bound->expr ? e.integer(*bound->expr, "an axis") : std::nullopt;
  if (axis && (*axis < 0 || *axis >= static_cast<int64_t>(type.event.size()))) {
    e.module.report(Diag::AxisRange, bound->range, *axis, typeText(type))
        .help("event axes are counted from 0");
    return std::nullopt;
  }
  return axis;
}

/// `mu, logvar = split(h, 2)`: equal parts along an event axis.
Value split(Elaborator &e, const CallSite &site, const Arguments &arguments,
            const LibraryEntry &) {
  auto x = e.tensor(*arguments.find("x"));
  const Bound &partsBound = *arguments.find("parts");
  auto parts = partsBound.expr
                   ? e.integer(*partsBound.expr, "the number of parts")
                   : std::nullopt;
  if (!x || !parts) {
    return {};
  }
  if (arguments.find("over")) {
    return splitBatch(e, site, arguments, *x, *parts);
  }
  const Type type = e.b.type(*x);
  auto axis = axisOf(e, arguments, type);
  if (!axis) {
    return {};
  }
  if (type.event.empty() || *parts < 1 || type.event[*axis] % *parts != 0) {
    e.module.report(Diag::SplitParts, site.range, typeText(type), *parts)
        .help("the extent of the axis must be a multiple of the parts");
    return {};
  }
  int64_t width = type.event[*axis] / *parts;
  Value list;
  list.kind = Value::Kind::List;
  e.b.setRange(site.range);
  for (int64_t i = 0; i < *parts; ++i) {
    list.elements.push_back(
        Value::ofTensor(e.b.sliceEvent(*x, *axis, i * width, (i + 1) * width)));
  }
  return list;
}

bool joinable(const Type &a, const Type &b, int64_t axis) {
  if (a.event.size() != b.event.size() || a.event.empty() ||
      !unitedAxes(a.axes, b.axes)) {
    return false;
  }
  for (size_t i = 0; i < a.event.size(); ++i) {
    if (static_cast<int64_t>(i) != axis && a.event[i] != b.event[i]) {
      return false;
    }
  }
  return true;
}

Value concat(Elaborator &e, const CallSite &site, const Arguments &arguments,
             const LibraryEntry &) {
  if (arguments.rest.size() < 2) {
    e.module.report(Diag::ConcatTooFew, site.range)
        .help("`concat(a, b, axis: 0)`");
    return {};
  }
  if (arguments.find("over")) {
    return concatBatches(e, site, arguments);
  }
  auto joined = e.tensor(arguments.rest[0]);
  if (!joined) {
    return {};
  }
  auto axis = axisOf(e, arguments, e.b.type(*joined));
  if (!axis) {
    return {};
  }
  for (size_t i = 1; i < arguments.rest.size(); ++i) {
    auto next = e.tensor(arguments.rest[i]);
    if (!next) {
      return {};
    }
    const Type &a = e.b.type(*joined), &c = e.b.type(*next);
    if (!joinable(a, c, *axis)) {
      e.module.report(Diag::ConcatShape, site.nameRange, *axis)
          .label(arguments.rest[i - 1].range, typeText(a))
          .label(arguments.rest[i].range, typeText(c))
          .help(fmt::format("all axes but axis {} must be equal", *axis));
      return {};
    }
    e.b.setRange(site.range);
    joined = e.b.concatEvent(*joined, *next, *axis);
  }
  return Value::ofTensor(*joined);
}

Value transpose(Elaborator &e, const CallSite &site, const Arguments &arguments,
                const LibraryEntry &) {
  auto x = e.tensor(*arguments.find("x"));
  if (!x) {
    return {};
  }
  const Type type = e.b.type(*x);
  std::vector<int64_t> order;
  for (const Bound &bound : arguments.rest) {
    auto axis = bound.expr ? e.integer(*bound.expr, "an axis") : std::nullopt;
    if (!axis) {
      return {};
    }
    order.push_back(*axis);
  }
  if (order.empty() && type.event.size() == 2) {
    order = {1, 0};
  }
  std::vector<int64_t> sorted = order;
  std::sort(sorted.begin(), sorted.end());
  bool ok = sorted.size() == type.event.size();
  for (size_t i = 0; ok && i < sorted.size(); ++i) {
    ok = sorted[i] == static_cast<int64_t>(i);
  }
  if (!ok) {
    e.module.report(Diag::TransposeOrder, site.range, typeText(type))
        .help("name every event axis once: `transpose(h, 1, 2, 0)`");
    return {};
  }
  e.b.setRange(site.range);
  return Value::ofTensor(e.b.transposeEvent(*x, order));
}

/// a, .., b in n even steps.
Value linspace(Elaborator &e, const CallSite &site, const Arguments &arguments,
               const LibraryEntry &) {
  auto from = e.number(*arguments.find("a"), "the start of `linspace`");
  auto to = e.number(*arguments.find("b"), "the end of `linspace`");
  const Bound &count = *arguments.find("n");
  auto n = count.expr ? e.dimension(*count.expr) : std::nullopt;
  if (!from || !to || !n) {
    return {};
  }
  e.b.setRange(site.range);
  // A copy: g++ 12 loses track of the optional and warns.
  const int64_t steps = n.value_or(1);
  double step = steps > 1 ? (*to - *from) / double(steps - 1) : 0;
  ValueId place = e.b.binary(Op::Mul, e.b.iota({{}, {steps}}, 0), step);
  return Value::ofTensor(e.b.binary(Op::Add, place, *from));
}

Value filled(Elaborator &e, const CallSite &site, const Arguments &arguments,
             const LibraryEntry &entry) {
  auto event = dimensionsOf(e, arguments.rest);
  if (!event || !e.sizeIsSane({{}, *event}, site.range)) {
    return {};
  }
  double value = entry.name() == "ones" ? 1 : 0;
  return Value::ofTensor(e.b.constant(value, {{}, std::move(*event)}));
}

Value iota(Elaborator &e, const CallSite &, const Arguments &arguments,
           const LibraryEntry &) {
  const Bound &count = *arguments.find("n");
  auto n = count.expr ? e.dimension(*count.expr) : std::nullopt;
  return n ? Value::ofTensor(e.b.iota({{}, {*n}}, 0)) : Value{};
}

/// `count(m.train)`: how many records a data set has, which a run counts.
Value countOfRecords(Elaborator &e, const ast::NameExpr &set,
                     const ast::MemberExpr &part) {
  ast::Path path;
  path.range = part.range;
  path.parts = {{set.text, set.range}, part.member};
  auto stream = resolveStream(e.module, path);
  if (!stream) {
    return {};
  }
  Scalar scalar;
  scalar.kind = Scalar::Kind::Records;
  scalar.name = "records";
  scalar.stream = stream->path();
  return Value::ofTensor(
      e.b.leaf(Op::Scalar, e.module.scalar(std::move(scalar)), {}));
}

/// `count(batch)`: how many examples a batch has.
Value count(Elaborator &e, const CallSite &, const Arguments &arguments,
            const LibraryEntry &) {
  const Bound &what = *arguments.find("what");
  const auto *part = what.expr ? ast::as<ast::MemberExpr>(*what.expr) : nullptr;
  const auto *set = part ? ast::as<ast::NameExpr>(part->object) : nullptr;
  if (set && e.mode != Elaborator::Mode::Procedure) {
    return countOfRecords(e, *set, *part);
  }
  const auto *word = what.expr ? ast::as<ast::NameExpr>(*what.expr) : nullptr;
  if (!word || word->text != "batch" || e.openAxes.empty() ||
      e.mode == Elaborator::Mode::Procedure) {
    e.module.report(Diag::CountOf, what.range)
        .help("`count(batch)` or `count(fashion.train)`, in steps and reports");
    return {};
  }
  return Value::ofNumber(static_cast<double>(e.openAxes[0].extent));
}

} // namespace

bool labelFits(Elaborator &e, ValueId label, SourceRange range,
               const std::string &name, int64_t classes, SourceRange where) {
  const DataField *field = fieldOf(e, label);
  const int64_t has = field ? field->classes : 0;
  if (has == 0 || has == classes) {
    return true;
  }
  e.module.report(Diag::OneHotClasses, where, name, classes, has)
      .label(range, "has more or fewer");
  return false;
}

namespace {

/// 1 at the place that an entry of `y` says, else 0, along a new last axis.
Value onehot(Elaborator &e, const CallSite &site, const Arguments &arguments,
             const LibraryEntry &) {
  auto y = e.tensor(*arguments.find("y"));
  const Bound &count = *arguments.find("n");
  auto n = count.expr ? e.dimension(*count.expr) : std::nullopt;
  if (!y || !n) {
    return {};
  }
  if (!labelFits(e, *y, arguments.find("y")->range, site.name, *n,
                 count.range)) {
    return {};
  }
  Type type = e.b.type(*y);
  type.event.push_back(*n);
  if (!e.sizeIsSane(type, site.range)) {
    return {};
  }
  e.b.setRange(site.range);
  return Value::ofTensor(oneHot(e.b, *y, *n));
}

/// Stretches axes of extent 1, or a single number, to the event of `like`.
Value expand(Elaborator &e, const CallSite &site, const Arguments &arguments,
             const LibraryEntry &) {
  const Bound &from = *arguments.find("x"), &to = *arguments.find("like");
  auto x = e.tensor(from), y = e.tensor(to);
  if (!x || !y) {
    return {};
  }
  auto result = stretchedTo(e.b, *x, e.b.type(*y).event);
  if (!result) {
    e.module.report(Diag::ExpandShape, site.range)
        .label(from.range, typeText(e.b.type(*x)))
        .label(to.range, typeText(e.b.type(*y)))
        .help("axes of extent 1 stretch, all others are equal; `h[:, new]` "
              "adds an axis of 1");
    return {};
  }
  return Value::ofTensor(*result);
}

/// Sums of the entries up to each, along the last event axis: x U with U[i,j] =
/// [i <= j].
Value cumsum(Elaborator &e, const CallSite &site, const Arguments &arguments,
             const LibraryEntry &) {
  const Bound &bound = *arguments.find("x");
  auto x = e.tensor(bound);
  if (!x) {
    return {};
  }
  if (e.b.type(*x).event.empty()) {
    e.module.report(Diag::CumsumOfNumber, bound.range)
        .label("is " + typeText(e.b.type(*x)))
        .help("`cumsum` works along the last event axis");
    return {};
  }
  e.b.setRange(site.range);
  const int64_t n = e.b.type(*x).event.back();
  Type square{{}, {n, n}};
  if (!e.sizeIsSane(square, site.range)) {
    return {};
  }
  ValueId upper =
      e.b.binary(Op::LessEqual, e.b.iota(square, 0), e.b.iota(square, 1));
  return Value::ofTensor(e.b.matmul(*x, upper, false));
}

/// Of a vector the matrix with its entries on the diagonal and zeros beside
/// it, of a square matrix the vector of the diagonal.
Value diag(Elaborator &e, const CallSite &site, const Arguments &arguments,
           const LibraryEntry &) {
  const Bound &bound = *arguments.find("x");
  auto x = e.tensor(bound);
  if (!x) {
    return {};
  }
  BodyBuilder &b = e.b;
  const Type type = b.type(*x);
  const std::vector<int64_t> &event = type.event;
  const bool isMatrix = event.size() == 2 && event[0] == event[1];
  if (event.size() != 1 && !isMatrix) {
    e.module.report(Diag::DiagonalOf, bound.range)
        .label("is " + typeText(type))
        .help("`diag` takes a vector or a square matrix");
    return {};
  }
  const int64_t n = event.front();
  const Type square{{}, {n, n}};
  if (!e.sizeIsSane({type.axes, square.event}, site.range)) {
    return {};
  }
  b.setRange(site.range);
  ValueId on = b.binary(Op::Equal, b.iota(square, 0), b.iota(square, 1));
  ValueId rows = isMatrix ? *x : alongLast(b, *x, n);
  ValueId kept = b.select(on, rows, b.constant(0));
  return Value::ofTensor(isMatrix ? sumLast(b, kept) : kept);
}

constexpr LibraryEntry entries[] = {
    {"diag(x)", diag},
    {"reshape(x, dims..)", reshape},
    {"split(x, parts, axis:?, over:?)", split},
    {"concat(x.., axis:?, over:?)", concat},
    {"transpose(x, axes..)", transpose},
    {"linspace(a, b, n)", linspace},
    {"zeros(dims..)", filled},
    {"ones(dims..)", filled},
    {"iota(n)", iota},
    {"count(what)", count},
    {"onehot(y, n)", onehot},
    {"expand(x, like:)", expand},
    {"cumsum(x)", cumsum},
};

} // namespace

std::span<const LibraryEntry> shapeEntries() { return entries; }

} // namespace gmc::dsl
