//===- ChannelsLast.cpp - convolutions with channels as lanes -------------===//
//
// Before and after: see Passes.td. Transposes that lead back to channels-first
// ("back", [0,3,1,2]) only ever move down, those that lead to channels-last
// only ever meet them and vanish; so the rewriting comes to an end.
//
//===----------------------------------------------------------------------===//
#include "compiler/Dialect/NN/Transforms/Passes.h"
#include "compiler/Dialect/NN/Transforms/Rewriting.h"

#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace gmc::nn {
#define GEN_PASS_DEF_CHANNELSLASTPASS
#include "compiler/Dialect/NN/Transforms/Passes.h.inc"
} // namespace gmc::nn

using namespace mlir;
using namespace gmc;
using namespace gmc::nn;

namespace {

/// Dimension i of [N,H,W,C] is dimension toLast[i] of [N,C,H,W], and back.
constexpr int64_t toLast[] = {0, 2, 3, 1}, toFirst[] = {0, 3, 1, 2};

Value permute(OpBuilder &builder, Location loc, Value value,
              ArrayRef<int64_t> permutation) {
  RankedTensorType type = tensorType(value);
  SmallVector<int64_t> shape;
  for (int64_t dimension : permutation) {
    shape.push_back(type.getDimSize(dimension));
  }
  return TransposeOp::create(builder, loc, type.clone(shape), value,
                             permutation);
}

Value recut(OpBuilder &builder, Location loc, Value value,
            ArrayRef<int64_t> shape) {
  return ReshapeOp::create(builder, loc, tensorType(value).clone(shape), value);
}

//===----------------------------------------------------------------------===//
// The convolutions
//===----------------------------------------------------------------------===//

/// Cuts `channels` that become lanes into (panels, lanes). A few of them would
/// leave most of a vector idle: then the sum over `others` runs along lanes,
/// for which each channel is a panel of its own.
std::pair<int64_t, int64_t> cutLanes(int64_t channels, int64_t others,
                                     int64_t width, bool mayTurn) {
  if (channels % width == 0) {
    return {channels / width, width};
  }
  if (mayTurn && channels <= 4 && others >= 16) {
    return {channels, 1};
  }
  return {1, channels};
}

/// Replaces a convolution by the channels-last one between transposes.
void rewriteConvolution(Operation *op, int64_t width) {
  OpBuilder builder(op);
  Location loc = op->getLoc();
  Convolution c = describeConvolution(op);
  bool isInput = isa<ConvInputOp>(op), isWeight = isa<ConvWeightOp>(op);
  int64_t ofX = c.xChannels / c.groups, ofY = c.yChannels / c.groups;
  int64_t channels = isInput ? ofX : ofY, others = isInput ? ofY : ofX;
  auto [panels, lanes] = cutLanes(channels, others, width, !isWeight);
  int64_t k0 = c.taps[0], k1 = c.taps[1], g = c.groups;

  auto toImage = [&](Value value) {
    return permute(builder, loc, value, toLast);
  };
  Value lhs = toImage(op->getOperand(0)), rhs = op->getOperand(1);
  SmallVector<int64_t> shape(
      tensorType(op->getResult(0)).getShape());
  if (isWeight) {
    rhs = toImage(rhs);
    shape = {g, panels, k0, k1, others, lanes};
  } else {
    shape = {shape[0], shape[2], shape[3], shape[1]};
    rhs = isInput
              ? permute(builder, loc,
                        recut(builder, loc, rhs,
                              {g, others, panels, lanes, k0, k1}),
                        {0, 2, 4, 5, 1, 3})
              : permute(builder, loc,
                        recut(builder, loc, rhs,
                              {g, panels, lanes, others, k0, k1}),
                        {0, 1, 4, 5, 3, 2});
  }
  Value last = rebuild(builder, op, {lhs, rhs},
                       tensorType(op->getResult(0)).clone(shape));
  last.getDefiningOp()->setAttr("channelsLast", builder.getUnitAttr());
  Value first =
      isWeight ? recut(builder, loc,
                       permute(builder, loc, last, {0, 1, 5, 4, 2, 3}),
                       tensorType(op->getResult(0)).getShape())
               : permute(builder, loc, last, toFirst);
  op->getResult(0).replaceAllUsesWith(first);
  op->erase();
}

//===----------------------------------------------------------------------===//
// Transposes on their way down
//===----------------------------------------------------------------------===//

/// Returns the channels-last value behind a transpose that leads back, or null.
Value behindBack(Value value) {
  auto transpose = value.getDefiningOp<TransposeOp>();
  bool leadsBack =
      transpose && transpose.getPermutation() == ArrayRef<int64_t>(toFirst);
  return leadsBack ? transpose.getOperand() : Value();
}

bool anyBehindBack(Operation *op) {
  return llvm::any_of(op->getOperands(),
                      [](Value operand) { return behindBack(operand); });
}

/// Returns where each of `dimensions` of [N,C,H,W] stands in [N,H,W,C].
SmallVector<int64_t> inLast(ArrayRef<int64_t> dimensions) {
  SmallVector<int64_t> result;
  for (int64_t dimension : dimensions) {
    result.push_back(toFirst[dimension]);
  }
  return result;
}

/// Returns `value` channels-last; a broadcast or a constant is made so.
Value asLast(OpBuilder &builder, Value value) {
  if (Value known = behindBack(value)) {
    return known;
  }
  Location loc = value.getLoc();
  RankedTensorType type = tensorType(value);
  SmallVector<int64_t> shape;
  for (int64_t dimension : toLast) {
    shape.push_back(type.getDimSize(dimension));
  }
  if (std::optional<double> number = numberOf(value)) {
    return makeConstant(builder, loc, type.clone(shape), *number);
  }
  if (auto broadcast = value.getDefiningOp<BroadcastOp>()) {
    SmallVector<int64_t> dimensions = inLast(broadcast.getDimensions());
    if (llvm::is_sorted(dimensions)) {
      return BroadcastOp::create(builder, loc, type.clone(shape),
                                 broadcast.getOperand(), dimensions);
    }
  }
  return permute(builder, loc, value, toLast);
}

/// f(back(a), b) -> back(f(a, last(b))), also of slices, margins and joins.
struct SinkTranspose : RewritePattern {
  explicit SinkTranspose(MLIRContext *context)
      : RewritePattern(MatchAnyOpTypeTag(), 1, context) {}

  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const override {
    bool moves = isa<SliceOp, PadOp, ConcatOp>(op);
    if ((!isElementwise(op) && !moves) || op->getNumOperands() == 0 ||
        !anyBehindBack(op)) {
      return failure();
    }
    if (isa<ConcatOp>(op) && !llvm::all_of(op->getOperands(), behindBack)) {
      return failure();
    }
    SmallVector<Value> operands;
    for (Value operand : op->getOperands()) {
      operands.push_back(asLast(rewriter, operand));
    }
    RankedTensorType type = tensorType(op->getResult(0));
    SmallVector<int64_t> shape;
    for (int64_t dimension : toLast) {
      shape.push_back(type.getDimSize(dimension));
    }
    Value last = rebuild(rewriter, op, operands, type.clone(shape));
    if (moves) {
      int64_t along = op->getAttrOfType<IntegerAttr>("dimension").getInt();
      last.getDefiningOp()->setAttr(
          "dimension", rewriter.getI64IntegerAttr(toFirst[along]));
    }
    rewriter.replaceOp(op, permute(rewriter, op->getLoc(), last, toFirst));
    return success();
  }
};

/// sum(back(a)) -> sum(a), where the dimensions left keep their order.
template <typename Op> struct ReduceLast : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    Value last = behindBack(op.getOperand());
    if (!last) {
      return failure();
    }
    SmallVector<int64_t> reduced = inLast(op.getDimensions()), left;
    for (int64_t i = 0; i < 4; ++i) {
      if (!llvm::is_contained(op.getDimensions(), i)) {
        left.push_back(toFirst[i]);
      }
    }
    if (!llvm::is_sorted(left)) {
      return failure();
    }
    llvm::sort(reduced);
    rewriter.replaceOpWithNewOp<Op>(op, op.getType(), last, reduced);
    return success();
  }
};

/// A transpose of a transpose that undoes it.
struct CancelTransposes : OpRewritePattern<TransposeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(TransposeOp op,
                                PatternRewriter &rewriter) const override {
    auto inner = op.getOperand().getDefiningOp<TransposeOp>();
    if (!inner) {
      return failure();
    }
    for (auto [i, dimension] : llvm::enumerate(op.getPermutation())) {
      if (inner.getPermutation()[dimension] != static_cast<int64_t>(i)) {
        return failure();
      }
    }
    rewriter.replaceOp(op, inner.getOperand());
    return success();
  }
};

/// Returns whether only dimensions of extent 1 change their places.
bool movesNothing(TransposeOp op) {
  int64_t last = -1;
  for (int64_t dimension : op.getPermutation()) {
    if (tensorType(op.getOperand()).getDimSize(dimension) == 1) {
      continue;
    }
    if (dimension < last) {
      return false;
    }
    last = dimension;
  }
  return true;
}

struct ChannelsLastPass : nn::impl::ChannelsLastPassBase<ChannelsLastPass> {
  using Base::Base;

  void runOnOperation() override {
    SmallVector<Operation *> convolutions;
    getOperation()->walk([&](Operation *op) {
      if (isConvolution(op) && !op->hasAttr("channelsLast")) {
        convolutions.push_back(op);
      }
    });
    if (convolutions.empty()) {
      return;
    }
    for (Operation *op : convolutions) {
      rewriteConvolution(op, width);
    }
    RewritePatternSet patterns(&getContext());
    patterns.add<SinkTranspose, ReduceLast<SumOp>, ReduceLast<ReduceMaxOp>,
                 ReduceLast<ReduceMinOp>, CancelTransposes>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns)))) {
      getOperation()->emitError("transposes did not come to rest");
      return signalPassFailure();
    }
    getOperation()->walk([](TransposeOp op) {
      if (movesNothing(op)) {
        OpBuilder builder(op);
        Value same = recut(builder, op.getLoc(), op.getOperand(),
                           tensorType(op.getResult()).getShape());
        op.getResult().replaceAllUsesWith(same);
        op.erase();
      }
    });
  }
};

} // namespace
