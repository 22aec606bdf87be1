//===- WeightKernels.cpp - gradients of a convolution's weights -----------===//
//
// For one tap, w[b, l] is a sum over places of x (a strided window, broadcast)
// times y's gradient (vectors along its channels). Its terms begin and end
// where the tap stays inside x, so no zeros are needed. A unit has a panel of
// y's channels and a slice of x's. It copies both, a block of images at a time,
// into scratch that stays in L2 while every tap and tile passes over them;
// between blocks a tile rests in memory.
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

/// Bytes of x and y in a block of images, about; and above which an image is
/// read where it lies.
constexpr int64_t blockBytes = 256 * 1024, mostBytes = 1024 * 1024;
/// Channels of a slice: a cache line of x.
constexpr int64_t sliceWidth = 16;
/// Units that a few threads share evenly.
constexpr int64_t manyUnits = 16;

class WeightWriter {
public:
  WeightWriter(KernelWriter &writer, const ConvolutionPlan &plan)
      : writer(writer), builder(writer.builder), plan(plan) {}

  void write() {
    result.argument = plan.outputs[0].argument;
    result.type = plan.type;
    slice = plan.others % sliceWidth == 0 ? sliceWidth : plan.others;
    int64_t slices = plan.others / slice;
    int64_t units = plan.groups * plan.panels * slices;
    // Few channels: a unit has one row of taps.
    int64_t rowsOfTaps = units < manyUnits ? plan.taps[0] : 1;
    arrange();
    auto [lo, hi] = writer.takeUnits(units * rowsOfTaps);
    writer.loop(lo, hi, 1, [&](Value unit) {
      auto [rest, row] = writer.divide(unit, rowsOfTaps);
      auto [ofPanel, ofSlice] = writer.divide(rest, slices);
      panel = ofPanel;
      firstChannel = writer.mul(ofSlice, slice);
      Value end = writer.add(row, 1);
      if (rowsOfTaps == 1) {
        end = writer.constant(plan.taps[0]);
      }
      writer.loop(writer.constant(0), writer.constant(plan.images), together,
                  [&](Value image) { writeBlock(image, row, end); });
    });
  }

private:
  /// One of x and y as tiles read it: in scratch, or where it lies.
  struct Source {
    unsigned argument;
    int64_t rows, columns, channels; ///< of an image
    int64_t width;                   ///< channels that a unit reads
    Value memory;
    int64_t strides[3]; ///< of images, rows, columns
    Value start;        ///< of what the unit and block read
  };

  void arrange() {
    x = {plan.lhs,
         plan.extents[0],
         plan.extents[1],
         plan.groups * plan.others,
         slice,
         {},
         {},
         {}};
    y = {plan.rhs,
         plan.windows[0],
         plan.windows[1],
         plan.groups * plan.panels * plan.lanesOfPanel,
         plan.lanesOfPanel,
         {},
         {},
         {}};
    int64_t bytes = 0;
    for (Source *one : {&x, &y}) {
      bytes += one->rows * one->columns * one->width * plan.bytes();
    }
    packed = bytes <= mostBytes;
    together = imagesTogether(plan.images, blockBytes / bytes);
    for (Source *one : {&x, &y}) {
      one->strides[2] = packed ? one->width : one->channels;
      one->strides[1] = one->columns * one->strides[2];
      one->strides[0] = one->rows * one->strides[1];
      one->memory =
          packed ? memref::AllocaOp::create(
                       builder, writer.loc,
                       MemRefType::get({together * one->strides[0]}, plan.type),
                       builder.getI64IntegerAttr(64))
                       .getResult()
                 : writer.buffer(one->argument);
    }
  }

  /// Copies a block's channels from `channel` on into scratch, or says where
  /// they lie.
  void prepare(Source &one, Value image, Value channel) {
    int64_t places = one.rows * one.columns;
    Value from = writer.add(writer.mul(image, places * one.channels), channel);
    one.start = packed ? writer.constant(0) : from;
    if (!packed) {
      return;
    }
    Operand argument;
    argument.argument = one.argument;
    argument.type = plan.type;
    writer.loop(
        writer.constant(0), writer.constant(together * places), 1,
        [&](Value place) {
          Value in = writer.add(from, writer.mul(place, one.channels));
          Value out = writer.mul(place, one.width);
          for (int64_t at = 0; at < one.width; at += plan.lanes) {
            Lanes lanes{plan.lanes, std::min(plan.lanes, one.width - at)};
            Value values = load(writer, argument, writer.add(in, at), 1, lanes);
            if (lanes.full()) {
              vector::StoreOp::create(builder, writer.loc, values, one.memory,
                                      writer.add(out, at));
            } else {
              vector::MaskedStoreOp::create(builder, writer.loc, one.memory,
                                            writer.add(out, at),
                                            makeMask(writer, lanes), values);
            }
          }
        });
  }

  /// A block of images for the taps of rows [row, end).
  void writeBlock(Value image, Value row, Value end) {
    Value group = writer.divide(panel, plan.panels).first;
    prepare(x, image, writer.add(writer.mul(group, plan.others), firstChannel));
    prepare(y, image, writer.mul(panel, plan.lanesOfPanel));
    isFirst =
        arith::CmpIOp::create(builder, writer.loc, arith::CmpIPredicate::eq,
                              image, writer.constant(0));
    writer.loop(row, end, 1, [&](Value k) {
      tap[0] = k;
      std::tie(first[0], last[0]) = rangeOf(0);
      writer.loop(writer.constant(0), writer.constant(plan.taps[1]), 1,
                  [&](Value l) {
                    tap[1] = l;
                    std::tie(first[1], last[1]) = rangeOf(1);
                    writeTap();
                  });
    });
  }

  /// One tap: all tiles of the slice.
  void writeTap() {
    Value at = writer.add(writer.mul(panel, plan.taps[0]), tap[0]);
    at = writer.add(writer.mul(at, plan.taps[1]), tap[1]);
    at = writer.add(writer.mul(at, plan.others), firstChannel);
    Value weights = writer.mul(at, plan.lanesOfPanel);
    for (const LaneSet &set : laneSets(plan.lanesOfPanel, 2 * plan.lanes)) {
      auto tiles = cutRows(slice, vectorsOf(set), plan.wideRegisters);
      writer.loop(
          writer.constant(0), writer.constant(set.count), 1, [&](Value index) {
            lane = writer.add(writer.mul(index, set.columns), set.first);
            wStart = writer.add(weights, lane);
            int64_t from = 0;
            for (const TileRows &rows : tiles) {
              int64_t to = from + rows.height * rows.count;
              writer.loop(writer.constant(from), writer.constant(to),
                          rows.height,
                          [&](Value b) { writeTile(b, rows.height, set); });
              from = to;
            }
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

  /// Adds a block of images to the weights of channels b .. of x.
  void writeTile(Value b, int64_t height, const LaneSet &set) {
    int64_t vectors = vectorsOf(set);
    Value start = writer.add(wStart, writer.mul(b, plan.lanesOfPanel));
    SmallVector<Value> sums;
    auto place = [&](int64_t r, int64_t v) {
      return writer.add(start, r * plan.lanesOfPanel + v * plan.lanes);
    };
    for (int64_t r = 0; r < height; ++r) {
      for (int64_t v = 0; v < vectors; ++v) {
        Value before = load(writer, result, place(r, v), 1, part(set, v));
        sums.push_back(arith::SelectOp::create(builder, writer.loc, isFirst,
                                               zeros(), before));
      }
    }
    sums = sumPlaces(b, height, set, sums);
    for (int64_t r = 0; r < height; ++r) {
      for (int64_t v = 0; v < vectors; ++v) {
        store(writer, result, place(r, v), 1, part(set, v),
              sums[r * vectors + v]);
      }
    }
  }

  SmallVector<Value> sumPlaces(Value b, int64_t height, const LaneSet &set,
                               ValueRange sums) {
    Value inX = writer.add(writer.add(x.start, b), atTap(0));
    inX = writer.add(inX, atTap(1));
    Value inY = writer.add(y.start, lane);
    return writer.loop(
        writer.constant(0), writer.constant(together), 1, sums,
        [&](Value n, ValueRange perImage) {
          Value xn = writer.add(inX, writer.mul(n, x.strides[0]));
          Value yn = writer.add(inY, writer.mul(n, y.strides[0]));
          return writer.loop(
              first[0], last[0], 1, perImage, [&](Value i, ValueRange perRow) {
                Value xi = writer.add(
                    xn, writer.mul(i, plan.strides[0] * x.strides[1]));
                Value yi = writer.add(yn, writer.mul(i, y.strides[1]));
                return writer.loop(first[1], last[1], 1, perRow,
                                   [&](Value j, ValueRange inner) {
                                     return step(xi, yi, j, height, set, inner);
                                   });
              });
        });
  }

  /// What tap k d - low adds to a place in x.
  Value atTap(int d) {
    return writer.mul(
        writer.add(writer.mul(tap[d], plan.dilations[d]), -plan.low[d]),
        x.strides[1 + d]);
  }

  SmallVector<Value> step(Value xi, Value yi, Value j, int64_t height,
                          const LaneSet &set, ValueRange inner) {
    SmallVector<Value> next(inner), rows;
    Value at = writer.add(yi, writer.mul(j, y.strides[2]));
    auto type = VectorType::get(plan.lanes, plan.type);
    for (int64_t v = 0; v < vectorsOf(set); ++v) {
      Lanes lanes = part(set, v);
      Value place = writer.add(at, v * plan.lanes);
      rows.push_back(lanes.full()
                         ? vector::LoadOp::create(builder, writer.loc, type,
                                                  y.memory, place)
                               .getResult()
                         : vector::MaskedLoadOp::create(
                               builder, writer.loc, type, y.memory, place,
                               makeMask(writer, lanes), zeros())
                               .getResult());
    }
    Value in = writer.add(xi, writer.mul(j, plan.strides[1] * x.strides[2]));
    for (int64_t r = 0; r < height; ++r) {
      Value a = memref::LoadOp::create(builder, writer.loc, x.memory,
                                       writer.add(in, r));
      a = broadcast(writer, a, plan.lanes);
      for (auto [v, row] : llvm::enumerate(rows)) {
        Value &sum = next[r * rows.size() + v];
        sum = vector::FMAOp::create(builder, writer.loc, a, row, sum);
      }
    }
    return next;
  }

  Value zeros() {
    return arith::ConstantOp::create(
        builder, writer.loc,
        builder.getZeroAttr(VectorType::get(plan.lanes, plan.type)));
  }

  KernelWriter &writer;
  OpBuilder &builder;
  const ConvolutionPlan &plan;
  Operand result;
  Source x, y;
  bool packed = true;
  int64_t slice = 1, together = 1;
  /// Where the code stands: panel, first channel of the slice, first lane.
  Value panel, firstChannel, lane, wStart, isFirst;
  Value tap[2], first[2], last[2]; ///< a tap and its windows, by axis
};

} // namespace

LogicalResult writeWeightGradient(KernelWriter &writer,
                                  const ConvolutionPlan &plan) {
  WeightWriter(writer, plan).write();
  return success();
}

} // namespace gmc::cpu
