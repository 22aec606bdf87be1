//===- Indexing.cpp - entries and slices of values ------------------------===//
//
// The batch cannot be indexed.
//
//===----------------------------------------------------------------------===//
#include "dsl/base/ForeignWords.h"
#include "dsl/program/Formulas.h"
#include "dsl/sema/Gather.h"
#include "dsl/sema/Library.h"

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
    auto builder = module.report(Diag::TooManyIndices, expr.brackets, indexed,
                                 dsl::typeText(b.type(*x)));
    for (const ast::IndexItem &item : expr.items) { // `x[:, None]`
      const auto *name =
          item.begin ? ast::as<ast::NameExpr>(*item.begin) : nullptr;
      auto foreign = name ? foreignHelp(name->text) : std::nullopt;
      if (foreign && !frame->locals.count(name->text)) {
        builder.help(*foreign);
      }
    }
    builder.help("the batch cannot be indexed; only event axes are");
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

} // namespace gmc::dsl
