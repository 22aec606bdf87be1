//===- Gather.cpp - entries at places that values say ---------------------===//
//
// codebook[i] is the product of ones at the places i with the table: its
// derivative, the sum of what each place is given, is a product too, so the
// order of that sum is the same for any number of threads and derivatives of
// any order exist. A place outside of the table gives zeros.
//
//===----------------------------------------------------------------------===//
#include "dsl/sema/Gather.h"

#include "dsl/program/Formulas.h"

#include <algorithm>
#include <numeric>

namespace gmc::dsl {

const ArgumentField *argumentOf(const Elaborator &e, ValueId value) {
  const Node &node = e.b.node(value);
  if (node.op != Op::Argument) {
    return nullptr;
  }
  auto it = e.argumentFields.find(e.body.arguments[node.attrs.index].name);
  return it == e.argumentFields.end() ? nullptr : &it->second;
}

const Field *fieldOf(const Elaborator &e, ValueId value) {
  const ArgumentField *argument = argumentOf(e, value);
  return argument ? &argument->field : nullptr;
}

bool isWhole(const Elaborator &e, ValueId value) {
  const Node &node = e.b.node(value);
  if (e.labels.count(value)) {
    return true;
  }
  auto operandsFrom = [&](size_t first) {
    return std::all_of(node.operands.begin() + long(first), node.operands.end(),
                       [&](ValueId operand) { return isWhole(e, operand); });
  };
  switch (node.op) {
  case Op::Constant:
    return node.attrs.value == double(int64_t(node.attrs.value));
  case Op::Argument: {
    // An input of a net, when it is checked by itself, may be anything.
    const Field *field = fieldOf(e, value);
    return e.mode == Elaborator::Mode::Network || (field && field->classes > 0);
  }
  case Op::Iota:
  case Op::Round:
  case Op::Sign:
  case Op::Less:
  case Op::LessEqual:
  case Op::Greater:
  case Op::GreaterEqual:
  case Op::Equal:
  case Op::NotEqual:
    return true;
  case Op::Select:
    return operandsFrom(1);
  case Op::Neg:
  case Op::Abs:
  case Op::Stop:
  case Op::Add:
  case Op::Sub:
  case Op::Mul:
  case Op::Min:
  case Op::Max:
  case Op::Broadcast:
  case Op::Reshape:
  case Op::Transpose:
  case Op::Slice:
  case Op::Concat:
  case Op::Sum:
  case Op::ReduceMax:
  case Op::ReduceMin:
    return operandsFrom(0);
  default:
    return false;
  }
}

bool labelFits(Elaborator &e, ValueId label, SourceRange range,
               const std::string &name, int64_t classes, SourceRange where) {
  const Field *field = fieldOf(e, label);
  const int64_t has = field ? field->classes : 0;
  if (has == 0 || has == classes) {
    return true;
  }
  e.module.report(Diag::OneHotClasses, where, name, classes, has)
      .label(range, "has more or fewer");
  return false;
}

namespace {

/// The table with axis `axis` in front, as [K] and the rest of its event.
ValueId tableOf(BodyBuilder &b, ValueId x, int64_t axis) {
  std::vector<int64_t> order(b.type(x).event.size());
  std::iota(order.begin(), order.end(), 0);
  std::rotate(order.begin(), order.begin() + axis, order.begin() + axis + 1);
  return axis == 0 ? x : b.transposeEvent(x, order);
}

/// The entries at places [.., K] of a table [K, rest] of each example; what
/// stands elsewhere may be infinite.
ValueId pickEach(BodyBuilder &b, ValueId places, ValueId table) {
  Type from = b.type(places), what = b.type(table);
  Type all{*unitedAxes(from.axes, what.axes), from.event};
  all.event.insert(all.event.end(), what.event.begin() + 1, what.event.end());
  auto named = static_cast<int64_t>(all.axes.size());
  auto dimsOf = [&](const Type &type, int64_t first) {
    std::vector<int64_t> dims;
    for (const Axis &axis : type.axes) {
      dims.push_back(static_cast<int64_t>(*findAxis(all, axis.name)));
    }
    for (size_t i = 0; i < type.event.size(); ++i) {
      dims.push_back(named + first + static_cast<int64_t>(i));
    }
    return dims;
  };
  auto k = static_cast<int64_t>(from.event.size()) - 1;
  ValueId left = b.broadcast(places, all, dimsOf(from, 0));
  ValueId right = b.broadcast(table, all, dimsOf(what, k));
  ValueId entries = b.select(left, right, b.constant(0));
  return b.reduce(Op::Sum, entries, {named + k});
}

} // namespace

std::optional<ValueId> Elaborator::gather(ValueId x, int64_t axis,
                                          ValueId index, SourceRange range) {
  const Type type = b.type(x), at = b.type(index);
  int64_t count = type.event[axis];
  if (!isWhole(*this, index)) {
    module.report(Diag::IndexNotWhole, range)
        .label("is " + dsl::typeText(at))
        .help("labels, codes and what `round` gives are whole numbers");
    return std::nullopt;
  }
  const Field *field = fieldOf(*this, index);
  auto label = labels.find(index);
  int64_t classes = field                   ? field->classes
                    : label != labels.end() ? label->second
                                            : 0;
  if (classes > count) {
    module.report(Diag::IndexClasses, range, classes, count)
        .help(fmt::format("the table needs {} entries", classes));
    return std::nullopt;
  }
  b.setRange(range);
  Type wide = at;
  wide.event.push_back(count);
  if (!sizeIsSane(wide, range)) {
    return std::nullopt;
  }
  ValueId places = oneHot(b, b.unary(Op::Stop, index), count);
  if (probing) {
    probing->picks.push_back({x, places});
  }
  ValueId table = tableOf(b, x, axis);
  std::vector<int64_t> rest = b.type(table).event;
  rest.erase(rest.begin());
  ValueId picked;
  if (type.axes.empty()) {
    int64_t width = Type{{}, rest}.elements();
    // A single place is a row of one.
    ValueId rows =
        at.event.empty() ? b.reshapeEvent(places, {1, count}) : places;
    picked = b.matmul(rows, b.reshapeEvent(table, {count, width}), false);
  } else {
    picked = pickEach(b, places, table);
  }
  std::vector<int64_t> event = at.event;
  event.insert(event.end(), rest.begin(), rest.end());
  picked = b.reshapeEvent(picked, event);
  if (axis == 0) {
    return picked;
  }
  // [at, before, behind] to [before, at, behind].
  auto width = static_cast<int64_t>(at.event.size());
  std::vector<int64_t> order(event.size());
  std::iota(order.begin(), order.end(), 0);
  std::rotate(order.begin(), order.begin() + width,
              order.begin() + width + axis);
  return b.transposeEvent(picked, order);
}

} // namespace gmc::dsl
