//===- WeightKernels.cpp - gradients of a convolution's weights -----------===//
//
// For one tap, w[b, l] is a sum over places of x (a strided window, broadcast)
// times y's gradient (vectors along its channels). Its terms begin and end
// where the tap stays inside x, so no zeros are needed. Images go by blocks
// that stay in L2 while every tile of the tap passes over them; between blocks
// a tile rests in memory.
//
//===----------------------------------------------------------------------===//
#include "compiler/Codegen/CPU/ConvolutionPlan.h"
#include "compiler/Codegen/CPU/ProductPlan.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace gmc::cpu {
namespace {

/// Bytes of x and y in a block of images, about.
constexpr int64_t blockBytes = 256 * 1024;

class WeightWriter {
public:
  WeightWriter(KernelWriter &writer, const ConvolutionPlan &plan)
      : writer(writer), builder(writer.builder), plan(plan) {}

  void write() {
    for (unsigned d = 0; d < 2; ++d) {
      argument[d].argument = d == 0 ? plan.lhs : plan.rhs;
      argument[d].type = plan.type;
    }
    result.argument = plan.outputs[0].argument;
    result.type = plan.type;
    xChannels = plan.groups * plan.others;
    yChannels = plan.groups * plan.panels * plan.lanesOfPanel;
    int64_t yBytes = plan.windows[0] * plan.windows[1] * plan.lanesOfPanel;
    int64_t xBytes = plan.windows[0] * plan.windows[1] * plan.others;
    together = imagesTogether(
        plan.images, blockBytes / ((xBytes + yBytes) * plan.bytes() + 1));
    auto [lo, hi] = writer.takeUnits(plan.groups * plan.panels * plan.taps[0] *
                                     plan.taps[1]);
    writer.loop(lo, hi, 1, [&](Value unit) { writeUnit(unit); });
  }

private:
  /// One tap of one panel.
  void writeUnit(Value unit) {
    auto [rest, column] = writer.divide(unit, plan.taps[1]);
    auto [panel, row] = writer.divide(rest, plan.taps[0]);
    Value group = writer.divide(panel, plan.panels).first;
    tap[0] = row;
    tap[1] = column;
    for (int d : {0, 1}) {
      std::tie(first[d], last[d]) = rangeOf(d);
    }
    xStart = writer.mul(group, plan.others);
    for (const LaneSet &set : laneSets(plan.lanesOfPanel, 2 * plan.lanes)) {
      writer.loop(
          writer.constant(0), writer.constant(set.count), 1, [&](Value index) {
            Value lane = writer.add(writer.mul(index, set.columns), set.first);
            yStart = writer.add(writer.mul(panel, plan.lanesOfPanel), lane);
            wStart = writer.add(
                writer.mul(unit, plan.others * plan.lanesOfPanel), lane);
            writeSet(set);
          });
    }
  }

  /// The windows for which the tap lies inside x: from
  /// ceil((low - k d) / s) to floor((extent - 1 + low - k d) / s).
  std::pair<Value, Value> rangeOf(int d) {
    int64_t stride = plan.strides[d];
    Value back = writer.mul(tap[d], -plan.dilations[d]);
    auto quotient = [&](int64_t numerator) {
      Value sum = writer.add(back, numerator);
      Value positive = builder.createOrFold<arith::MaxSIOp>(writer.loc, sum,
                                                            writer.constant(0));
      return writer.divide(positive, stride).first;
    };
    return {quotient(plan.low[d] + stride - 1),
            writer.min(quotient(plan.extents[d] - 1 + plan.low[d] + stride),
                       plan.windows[d])};
  }

  int64_t vectorsOf(const LaneSet &set) const {
    return llvm::divideCeil(set.columns, plan.lanes);
  }
  Lanes part(const LaneSet &set, int64_t vector) const {
    return {plan.lanes,
            std::min(plan.lanes, set.columns - vector * plan.lanes)};
  }

  void writeSet(const LaneSet &set) {
    auto tiles = cutRows(plan.others, vectorsOf(set), plan.wideRegisters);
    writer.loop(writer.constant(0), writer.constant(plan.images), together,
                [&](Value image) {
                  int64_t from = 0;
                  for (const TileRows &rows : tiles) {
                    int64_t to = from + rows.height * rows.count;
                    writer.loop(writer.constant(from), writer.constant(to),
                                rows.height, [&](Value b) {
                                  writeTile(image, b, rows.height, set);
                                });
                    from = to;
                  }
                });
  }

  /// Adds a block of images to the weights of channels b .. of x.
  void writeTile(Value image, Value b, int64_t height, const LaneSet &set) {
    int64_t vectors = vectorsOf(set);
    Value start = writer.add(wStart, writer.mul(b, plan.lanesOfPanel));
    Value isFirst =
        arith::CmpIOp::create(builder, writer.loc, arith::CmpIPredicate::eq,
                              image, writer.constant(0));
    Value zeros = arith::ConstantOp::create(
        builder, writer.loc,
        builder.getZeroAttr(VectorType::get(plan.lanes, plan.type)));
    SmallVector<Value> sums;
    auto place = [&](int64_t r, int64_t v) {
      return writer.add(start, r * plan.lanesOfPanel + v * plan.lanes);
    };
    for (int64_t r = 0; r < height; ++r) {
      for (int64_t v = 0; v < vectors; ++v) {
        Value before = load(writer, result, place(r, v), 1, part(set, v));
        sums.push_back(arith::SelectOp::create(builder, writer.loc, isFirst,
                                               zeros, before));
      }
    }
    sums = sumPlaces(image, b, height, set, sums);
    for (int64_t r = 0; r < height; ++r) {
      for (int64_t v = 0; v < vectors; ++v) {
        store(writer, result, place(r, v), 1, part(set, v),
              sums[r * vectors + v]);
      }
    }
  }

  SmallVector<Value> sumPlaces(Value image, Value b, int64_t height,
                               const LaneSet &set, ValueRange sums) {
    int64_t xRow = plan.extents[1] * xChannels;
    int64_t yRow = plan.windows[1] * yChannels;
    Value end = writer.add(image, together);
    Value inX = writer.add(writer.add(xStart, b), atTap(0, xRow));
    inX = writer.add(inX, atTap(1, xChannels));
    return writer.loop(image, end, 1, sums, [&](Value n, ValueRange perImage) {
      Value x = writer.add(inX, writer.mul(n, plan.extents[0] * xRow));
      Value y = writer.add(yStart, writer.mul(n, plan.windows[0] * yRow));
      return writer.loop(
          first[0], last[0], 1, perImage, [&](Value i, ValueRange perRow) {
            Value xi = writer.add(x, writer.mul(i, plan.strides[0] * xRow));
            Value yi = writer.add(y, writer.mul(i, yRow));
            return writer.loop(first[1], last[1], 1, perRow,
                               [&](Value j, ValueRange inner) {
                                 return step(xi, yi, j, height, set, inner);
                               });
          });
    });
  }

  /// What tap k d - low adds to a place in x.
  Value atTap(int d, int64_t stride) {
    return writer.mul(
        writer.add(writer.mul(tap[d], plan.dilations[d]), -plan.low[d]),
        stride);
  }

  SmallVector<Value> step(Value xi, Value yi, Value j, int64_t height,
                          const LaneSet &set, ValueRange inner) {
    SmallVector<Value> next(inner), rows;
    Value y = writer.add(yi, writer.mul(j, yChannels));
    for (int64_t v = 0; v < vectorsOf(set); ++v) {
      rows.push_back(load(writer, argument[1], writer.add(y, v * plan.lanes), 1,
                          part(set, v)));
    }
    Value x = writer.add(xi, writer.mul(j, plan.strides[1] * xChannels));
    for (int64_t r = 0; r < height; ++r) {
      Value a = load(writer, argument[0], writer.add(x, r), 0, {plan.lanes, 1});
      a = broadcast(writer, a, plan.lanes);
      for (auto [v, row] : llvm::enumerate(rows)) {
        Value &sum = next[r * rows.size() + v];
        sum = vector::FMAOp::create(builder, writer.loc, a, row, sum);
      }
    }
    return next;
  }

  KernelWriter &writer;
  OpBuilder &builder;
  const ConvolutionPlan &plan;
  Operand argument[2], result; ///< x, y's gradient; the weights'
  int64_t xChannels = 0, yChannels = 0, together = 1;
  Value tap[2], first[2], last[2]; ///< and its windows, by axis
  Value xStart, yStart, wStart;
};

} // namespace

LogicalResult writeWeightGradient(KernelWriter &writer,
                                  const ConvolutionPlan &plan) {
  WeightWriter(writer, plan).write();
  return success();
}

} // namespace gmc::cpu
