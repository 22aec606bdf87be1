//===- Shapes.cpp - reshapes, joins, filled values ------------------------===//
#include "dsl/library/Batches.h"
#include "dsl/library/Entries.h"
#include "dsl/program/Formulas.h"
#include "dsl/sema/Gather.h"
#include "dsl/sema/Passes.h"

#include <algorithm>
#include <numeric>

namespace gmc::dsl {
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
  scalar.value = 1; // until they are counted
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
  const bool isRun = e.mode != Elaborator::Mode::Procedure &&
                     e.mode != Elaborator::Mode::Constant;
  if (set && isRun) {
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
