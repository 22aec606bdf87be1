//===- Recurrent.cpp - cells of recurrent networks, and tables ------------===//
//
// Names, layouts and initial values of parameters are PyTorch's.
//
//===----------------------------------------------------------------------===//
#include "dsl/library/Entries.h"
#include "dsl/library/Layers.h"

#include <algorithm>

namespace gmc::dsl {
namespace {

/// A gated recurrent unit (Cho et al. 2014) as torch.nn.GRUCell has it:
///   r = sigmoid(W_ir x + b_ir + W_hr h + b_hr), z alike,
///   n = tanh(W_in x + b_in + r (W_hn h + b_hn)),  h' = (1 - z) n + z h,
/// the rows of the weights being those of r, z, n.
Value gru(Elaborator &e, const CallSite &site, const Arguments &arguments,
          const LibraryEntry &) {
  if (!standsInNet(e, site)) {
    return {};
  }
  const Bound &inputBound = *arguments.find("x");
  const Bound &stateBound = *arguments.find("h");
  auto x = e.tensor(inputBound), h = e.tensor(stateBound);
  const Bound &width = *arguments.find("n");
  auto wanted = width.expr ? e.dimension(*width.expr) : std::nullopt;
  if (!x || !h || !wanted) {
    return {};
  }
  const int64_t n = *wanted;
  std::vector<int64_t> event = e.b.type(*x).event;
  if (event.empty()) {
    e.module.report(Diag::LayerNeedsVector, inputBound.range, "gru")
        .label("is " + typeText(e.b.type(*x)))
        .help("a single number becomes a vector by `reshape(1)`");
    return {};
  }
  const int64_t in = event.back();
  event.back() = n;
  Type state{e.b.type(*h).axes, event};
  if (!e.sizeIsSane({{}, {3 * n, std::max(in, n)}}, site.range)) {
    return {};
  }
  if (e.b.type(*h).event != event && !e.b.type(*h).event.empty()) {
    e.module
        .report(Diag::CellState, stateBound.range, "gru", n,
                typeText(e.b.type(*h)))
        .help(
            fmt::format("it is {}, or a single number", typeText({{}, event})));
    return {};
  }
  h = e.b.broadcast(*h, state);
  std::string prefix = e.layerPrefix(site, "gru");
  e.b.setRange(site.range);
  Initial start = uniformInitial(double(n));
  ValueId fromX =
      affine(e, prefix, "weight_ih", "bias_ih", *x, 3 * n, start, start, site);
  ValueId fromH =
      affine(e, prefix, "weight_hh", "bias_hh", *h, 3 * n, start, start, site);
  auto axis = static_cast<int64_t>(event.size()) - 1;
  auto part = [&](ValueId all, int64_t i) {
    return e.b.sliceEvent(all, axis, i * n, (i + 1) * n);
  };
  auto gate = [&](int64_t i) {
    return e.b.unary(Op::Sigmoid,
                     e.b.binary(Op::Add, part(fromX, i), part(fromH, i)));
  };
  ValueId r = gate(0), z = gate(1);
  ValueId fresh =
      e.b.unary(Op::Tanh, e.b.binary(Op::Add, part(fromX, 2),
                                     e.b.binary(Op::Mul, r, part(fromH, 2))));
  ValueId kept = e.b.binary(Op::Mul, z, *h);
  return Value::ofTensor(e.b.binary(
      Op::Add, e.b.binary(Op::Mul, e.b.binary(Op::Sub, 1.0, z), fresh), kept));
}

/// The rows of a table [n, d] at the whole numbers that `index` says.
Value embedding(Elaborator &e, const CallSite &site, const Arguments &arguments,
                const LibraryEntry &) {
  if (!standsInNet(e, site)) {
    return {};
  }
  auto index = e.tensor(*arguments.find("index"));
  const Bound &rows = *arguments.find("n"), &width = *arguments.find("d");
  auto n = rows.expr ? e.dimension(*rows.expr) : std::nullopt;
  auto d = width.expr ? e.dimension(*width.expr) : std::nullopt;
  // A copy: g++ 12 loses track of the optionals and warns.
  const std::vector<int64_t> shape = {n.value_or(1), d.value_or(1)};
  if (!index || !n || !d || !e.sizeIsSane({{}, shape}, site.range)) {
    return {};
  }
  std::string prefix = e.layerPrefix(site, "embedding");
  ValueId table =
      e.layerParameter(prefix, "weight", shape, {Initial::Kind::Normal, 0, 1},
                       "embedding", site.range);
  auto picked = e.gather(table, 0, *index, arguments.find("index")->range);
  return picked ? Value::ofTensor(*picked) : Value{};
}

constexpr LibraryEntry entries[] = {
    {"gru(x, h, n)", gru, Op::Matmul, true, 2},
    {"embedding(index, n, d)", embedding, Op::Matmul, true},
};

} // namespace

std::span<const LibraryEntry> recurrentEntries() { return entries; }

} // namespace gmc::dsl
