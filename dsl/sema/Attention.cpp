//===- Attention.cpp - products of values of each example -----------------===//
//
// `a @ b` by a matrix of each example, and self-attention, which is made of it.
// Such a product is the sum of the entries' products: its derivatives of any
// order are elementwise operations and sums, in an order that threads do not
// change.
//
//===----------------------------------------------------------------------===//
#include "dsl/sema/Formulas.h"
#include "dsl/sema/Layers.h"

#include <cmath>
#include <numeric>

namespace gmc::dsl {

ValueId productsOfRows(BodyBuilder &b, ValueId a, ValueId c) {
  const Type left = b.type(a), right = b.type(c);
  const size_t lead = left.event.size() - 2;
  // [lead, M, N, K] over the named axes of both.
  Type all{*unitedAxes(left.axes, right.axes), left.event};
  all.event.insert(all.event.begin() + long(lead) + 1, right.event[lead]);
  auto stretched = [&](ValueId value, size_t missing) {
    const Type &type = b.type(value);
    std::vector<int64_t> dims;
    for (const Axis &axis : type.axes) {
      dims.push_back(static_cast<int64_t>(*findAxis(all, axis.name)));
    }
    for (size_t i = 0; i < all.event.size(); ++i) {
      if (i != missing) {
        dims.push_back(static_cast<int64_t>(all.axes.size() + i));
      }
    }
    return b.broadcast(value, all, std::move(dims));
  };
  ValueId x = stretched(a, lead + 1), y = stretched(c, lead);
  return sumLast(b, b.binary(Op::Mul, x, y));
}

namespace {

/// Swaps the last two event axes.
ValueId turned(BodyBuilder &b, ValueId a) {
  std::vector<int64_t> order(b.type(a).event.size());
  std::iota(order.begin(), order.end(), 0);
  std::swap(order[order.size() - 1], order[order.size() - 2]);
  return b.transposeEvent(a, order);
}

/// Self-attention (Vaswani et al. 2017) as torch.nn.MultiheadAttention has it:
/// [q, k, v] = x W^T + c, of each head softmax(q k^T / sqrt(d / heads)) v, the
/// heads side by side, then one more affine map. x is [T, d].
Value attention(Elaborator &e, const CallSite &site, const Arguments &arguments,
                const LibraryEntry &) {
  if (!standsInNet(e, site)) {
    return {};
  }
  const Bound &bound = *arguments.find("x"), &count = *arguments.find("heads");
  auto x = e.tensor(bound);
  auto wanted = count.expr ? e.dimension(*count.expr) : std::nullopt;
  if (!x || !wanted) {
    return {};
  }
  const Type type = e.b.type(*x);
  if (type.event.size() != 2) {
    e.module.report(Diag::LayerNeedsSequence, bound.range, "attention")
        .label("is " + typeText(type))
        .help("a sequence is [T, d]: T vectors of d numbers");
    return {};
  }
  const int64_t length = type.event[0], width = type.event[1];
  const int64_t heads = *wanted, each = width / heads;
  if (width % heads != 0) {
    e.module.report(Diag::HeadsDivide, count.range, heads, width)
        .label(bound.range, "is " + typeText(type));
    return {};
  }
  if (!e.sizeIsSane({{}, {heads, length, length}}, site.range) ||
      !e.sizeIsSane({{}, {3 * width, width}}, site.range)) {
    return {};
  }
  BodyBuilder &b = e.b;
  std::string prefix = e.layerPrefix(site, "attention");
  b.setRange(site.range);
  // As torch starts them: Glorot for the first, biases of 0.
  const double a = std::sqrt(6.0 / double(width + 3 * width));
  const InitialValue zero{InitialValue::Kind::Constant, 0, 0};
  ValueId all =
      affine(e, prefix, "in_proj_weight", "in_proj_bias", *x, 3 * width,
             {InitialValue::Kind::Uniform, -a, a}, zero, site);
  auto headsOf = [&](int64_t i) {
    ValueId part = b.sliceEvent(all, 1, i * width, (i + 1) * width);
    part = b.reshapeEvent(part, {length, heads, each});
    return b.transposeEvent(part, {1, 0, 2});
  };
  ValueId q = b.binary(Op::Mul, headsOf(0), 1 / std::sqrt(double(each)));
  ValueId scores = productsOfRows(b, q, headsOf(1));
  ValueId mixed =
      productsOfRows(b, softmaxOf(b, scores), turned(b, headsOf(2)));
  mixed = b.reshapeEvent(b.transposeEvent(mixed, {1, 0, 2}), {length, width});
  return Value::ofTensor(affine(e, prefix, "out_proj.weight", "out_proj.bias",
                                mixed, width, uniformInitial(double(width)),
                                zero, site));
}

constexpr LibraryEntry entries[] = {
    {"attention(x, heads:)", attention, Op::Matmul, true},
};

} // namespace

std::span<const LibraryEntry> attentionEntries() { return entries; }

/// `a @ c` where `c` differs from example to example.
Value Elaborator::productOfEach(const ast::BinaryExpr &expr, ValueId a,
                                ValueId c) {
  const Type left = b.type(a), right = b.type(c);
  if (!unitedAxes(left.axes, right.axes)) {
    aligned("@", expr.opRange, a, expr.left->range, c, expr.right->range);
    return {};
  }
  const int64_t inner = right.event[0], columns = right.event[1];
  Type terms{{}, {Type{{}, left.event}.elements(), columns}};
  if (!sizeIsSane(terms, expr.range)) {
    return {};
  }
  ValueId rows = b.reshapeEvent(a, {terms.event[0] / inner, inner});
  std::vector<int64_t> event = left.event;
  event.back() = columns;
  return Value::ofTensor(
      b.reshapeEvent(productsOfRows(b, rows, turned(b, c)), event));
}

} // namespace gmc::dsl
