//===- Attention.cpp - products of values of each example -----------------===//
//
// `a @ b` by a matrix of each example, and self-attention, which is made of it.
// Such a product is the sum of the entries' products: its derivatives of any
// order are elementwise operations and sums, in an order that threads do not
// change.
//
//===----------------------------------------------------------------------===//
#include "dsl/library/Entries.h"
#include "dsl/library/Layers.h"
#include "dsl/program/Formulas.h"

#include <cmath>
#include <numeric>

namespace gmc::dsl {

namespace {

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
  const Initial zero{Initial::Kind::Constant, 0, 0};
  ValueId all = affine(e, prefix, "in_proj_weight", "in_proj_bias", *x,
                       3 * width, {Initial::Kind::Uniform, -a, a}, zero, site);
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

} // namespace gmc::dsl
