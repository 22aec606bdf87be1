//===- Indexing.cpp - slices, reshapes, joins -----------------------------===//
//
// What changes the event of a value. The batch cannot be indexed.
//
//===----------------------------------------------------------------------===//
#include "dsl/sema/Gather.h"
#include "dsl/sema/Library.h"

#include <algorithm>

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
  if (expr.items.size() > b.type(*x).event.size()) {
    module
        .report(Diag::TooManyIndices, expr.brackets, expr.items.size(),
                dsl::typeText(b.type(*x)))
        .help("the batch cannot be indexed; only event axes are");
    return {};
  }
  ValueId result = *x;
  std::vector<bool> dropped(b.type(*x).event.size(), false);
  std::vector<std::optional<ValueId>> gathered(dropped.size());
  for (size_t axis = 0; axis < expr.items.size(); ++axis) {
    const ast::IndexItem &item = expr.items[axis];
    int64_t extent = b.type(result).event[axis];
    if (item.kind == ast::IndexItem::Kind::New) {
      module.report(Diag::NewAxisUnsupported, item.range);
      return {};
    }
    int64_t begin = 0, end = extent;
    if (item.begin) {
      Value value = evaluate(*item.begin);
      bool isNode =
          value.kind == Value::Kind::Tensor &&
          (b.node(value.id).op != Op::Scalar || labels.count(value.id));
      if (item.kind == ast::IndexItem::Kind::At && isNode) {
        gathered[axis] = value.id;
        continue;
      }
      auto given = toInteger(value, item.begin->range, "an index");
      if (!given) {
        return {};
      }
      begin = *given;
    }
    if (item.kind == ast::IndexItem::Kind::At) {
      end = begin + 1;
      dropped[axis] = true;
    } else if (item.end) {
      auto given = integer(*item.end, "an index");
      if (!given) {
        return {};
      }
      end = *given;
    }
    if (begin < 0 || end > extent || begin >= end) {
      module.report(Diag::IndexRange, item.range, axis, extent)
          .label(fmt::format("takes {} up to {}", begin, end))
          .help("indices count from 0, the end of a slice is not included");
      return {};
    }
    b.setRange(expr.range);
    result = b.sliceEvent(result, static_cast<int64_t>(axis), begin, end);
  }
  // From the last axis on: those before keep their numbers.
  for (size_t axis = dropped.size(); axis-- > 0;) {
    if (gathered[axis]) {
      auto next = gather(result, static_cast<int64_t>(axis), *gathered[axis],
                         expr.items[axis].range);
      if (!next) {
        return {};
      }
      result = *next;
    } else if (dropped[axis]) {
      std::vector<int64_t> event = b.type(result).event;
      event.erase(event.begin() + static_cast<int64_t>(axis));
      result = b.reshapeEvent(result, std::move(event));
    }
  }
  return Value::ofTensor(result);
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

bool refuseBatch(Elaborator &e, const CallSite &site,
                 const Arguments &arguments) {
  if (const Bound *over = arguments.find("over")) {
    e.module.report(Diag::OverBatchUnsupported, over->range, site.name);
    return true;
  }
  return false;
}

/// `mu, logvar = split(h, 2)`: equal parts along an event axis.
Value split(Elaborator &e, const CallSite &site, const Arguments &arguments,
            const LibraryEntry &) {
  auto x = e.tensor(*arguments.find("x"));
  const Bound &partsBound = *arguments.find("parts");
  auto parts = partsBound.expr
                   ? e.integer(*partsBound.expr, "the number of parts")
                   : std::nullopt;
  if (!x || !parts || refuseBatch(e, site, arguments)) {
    return {};
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
  if (refuseBatch(e, site, arguments)) {
    return {};
  }
  if (arguments.rest.size() < 2) {
    e.module.report(Diag::ConcatTooFew, site.range)
        .help("`concat(a, b, axis: 0)`");
    return {};
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

Value onehot(Elaborator &e, const CallSite &site, const Arguments &arguments,
             const LibraryEntry &) {
  auto y = e.tensor(*arguments.find("y"));
  const Bound &count = *arguments.find("n");
  auto n = count.expr ? e.dimension(*count.expr) : std::nullopt;
  if (!y || !n) {
    return {};
  }
  const DataField *field = fieldOf(e, *y);
  if (field && field->classes > 0 && field->classes != *n) {
    e.module.report(Diag::OneHotClasses, count.range, *n, field->classes)
        .label(arguments.find("y")->range, "has more or fewer");
    return {};
  }
  Type type = e.b.type(*y);
  type.event.push_back(*n);
  if (!e.sizeIsSane(type, site.range)) {
    return {};
  }
  e.b.setRange(site.range);
  return Value::ofTensor(placesOf(e.b, *y, *n));
}

constexpr LibraryEntry entries[] = {
    {"reshape(x, dims..)", reshape},
    {"split(x, parts, axis:?, over:?)", split},
    {"concat(x.., axis:?, over:?)", concat},
    {"transpose(x, axes..)", transpose},
    {"linspace(a, b, n)", linspace},
    {"zeros(dims..)", filled},
    {"ones(dims..)", filled},
    {"iota(n)", iota},
    {"onehot(y, n)", onehot},
};

} // namespace

std::span<const LibraryEntry> shapeEntries() { return entries; }

} // namespace gmc::dsl
