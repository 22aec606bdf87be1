//===- ChannelsLast.cpp - convolutions with channels as lanes -------------===//
//
// Before and after: see Passes.td. Transposes that lead back to channels-first
// ("back", [0,3,1,2] and its like of higher rank) only ever move down, those
// that lead to channels-last only ever meet them and vanish; so the rewriting
// comes to an end.
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

/// Dimension i of [N,H,W,C] is dimension toLast(4)[i] of [N,C,H,W]; other ranks
/// have more or fewer dimensions of space.
SmallVector<int64_t> toLast(int64_t rank) {
  SmallVector<int64_t> order = {0};
  for (int64_t i = 2; i < rank; ++i) {
    order.push_back(i);
  }
  order.push_back(1);
  return order;
}

/// The way back: dimension i of [N,C,H,W] is dimension toFirst(4)[i].
SmallVector<int64_t> toFirst(int64_t rank) {
  SmallVector<int64_t> order = {0, rank - 1};
  for (int64_t i = 1; i + 1 < rank; ++i) {
    order.push_back(i);
  }
  return order;
}

/// Where dimension `i` of [N,C,H,W] stands in [N,H,W,C].
int64_t inLast(int64_t i, int64_t rank) {
  return i == 0 ? 0 : i == 1 ? rank - 1 : i - 1;
}

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
    return permute(builder, loc, value, toLast(4));
  };
  Value lhs = toImage(op->getOperand(0)), rhs = op->getOperand(1);
  SmallVector<int64_t> shape(tensorType(op->getResult(0)).getShape());
  if (isWeight) {
    rhs = toImage(rhs);
    shape = {g, panels, k0, k1, others, lanes};
  } else {
    shape = {shape[0], shape[2], shape[3], shape[1]};
    rhs = isInput ? permute(builder, loc,
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
      isWeight
          ? recut(builder, loc, permute(builder, loc, last, {0, 1, 5, 4, 2, 3}),
                  tensorType(op->getResult(0)).getShape())
          : permute(builder, loc, last, toFirst(4));
  op->getResult(0).replaceAllUsesWith(first);
  op->erase();
}

//===----------------------------------------------------------------------===//
// Transposes on their way down
//===----------------------------------------------------------------------===//

/// Returns the channels-last value behind a transpose that leads back, or null.
Value behindBack(Value value) {
  auto transpose = value.getDefiningOp<TransposeOp>();
  int64_t rank = tensorType(value).getRank();
  bool leadsBack =
      transpose && rank >= 4 &&
      transpose.getPermutation() == ArrayRef<int64_t>(toFirst(rank));
  return leadsBack ? transpose.getOperand() : Value();
}

bool anyBehindBack(Operation *op) {
  return llvm::any_of(op->getOperands(),
                      [](Value operand) { return bool(behindBack(operand)); });
}

/// Returns `type` channels-last.
RankedTensorType lastType(RankedTensorType type) {
  SmallVector<int64_t> shape;
  for (int64_t dimension : toLast(type.getRank())) {
    shape.push_back(type.getDimSize(dimension));
  }
  return type.clone(shape);
}

Value back(OpBuilder &builder, Location loc, Value last) {
  return permute(builder, loc, last, toFirst(tensorType(last).getRank()));
}

/// Returns where `dimensions` of a channels-first value of `rank` stand in the
/// channels-last one.
SmallVector<int64_t> inLast(ArrayRef<int64_t> dimensions, int64_t rank) {
  SmallVector<int64_t> result;
  for (int64_t dimension : dimensions) {
    result.push_back(inLast(dimension, rank));
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
  if (std::optional<double> number = numberOf(value)) {
    return makeConstant(builder, loc, lastType(type), *number);
  }
  if (auto broadcast = value.getDefiningOp<BroadcastOp>()) {
    SmallVector<int64_t> dimensions =
        inLast(broadcast.getDimensions(), type.getRank());
    if (llvm::is_sorted(dimensions)) {
      return BroadcastOp::create(builder, loc, lastType(type),
                                 broadcast.getOperand(), dimensions);
    }
  }
  return permute(builder, loc, value, toLast(type.getRank()));
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
    bool all = llvm::all_of(op->getOperands(), [](Value operand) {
      return bool(behindBack(operand));
    });
    if (isa<ConcatOp>(op) && !all) {
      return failure();
    }
    SmallVector<Value> operands;
    for (Value operand : op->getOperands()) {
      operands.push_back(asLast(rewriter, operand));
    }
    RankedTensorType type = tensorType(op->getResult(0));
    Value last = rebuild(rewriter, op, operands, lastType(type));
    if (moves) {
      int64_t along = op->getAttrOfType<IntegerAttr>("dimension").getInt();
      last.getDefiningOp()->setAttr(
          "dimension",
          rewriter.getI64IntegerAttr(inLast(along, type.getRank())));
    }
    rewriter.replaceOp(op, back(rewriter, op->getLoc(), last));
    return success();
  }
};

/// sum(back(a)) -> sum(a), or back(sum(a)) where channels and space are left.
template <typename Op> struct ReduceLast : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    Value last = behindBack(op.getOperand());
    if (!last) {
      return failure();
    }
    int64_t rank = tensorType(last).getRank();
    SmallVector<int64_t> reduced = inLast(op.getDimensions(), rank), left;
    for (int64_t i = 0; i < rank; ++i) {
      if (!llvm::is_contained(op.getDimensions(), i)) {
        left.push_back(inLast(i, rank));
      }
    }
    llvm::sort(reduced);
    RankedTensorType type = tensorType(op.getResult());
    if (llvm::is_sorted(left)) {
      rewriter.replaceOpWithNewOp<Op>(op, type, last, reduced);
      return success();
    }
    bool imageLeft = left.size() >= 4 && left[0] == 0 && left[1] == rank - 1;
    if (!imageLeft) {
      return failure();
    }
    Value result =
        Op::create(rewriter, op.getLoc(), lastType(type), last, reduced);
    rewriter.replaceOp(op, back(rewriter, op.getLoc(), result));
    return success();
  }
};

/// A reshape that cuts and joins dimensions of space alone, as pooling does:
/// space lies in one run in either order.
struct SinkBelowReshape : OpRewritePattern<ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ReshapeOp op,
                                PatternRewriter &rewriter) const override {
    Value last = behindBack(op.getOperand());
    RankedTensorType from = tensorType(op.getOperand());
    RankedTensorType to = tensorType(op.getResult());
    if (!last || to.getRank() < 4 || to.getDimSize(0) != from.getDimSize(0) ||
        to.getDimSize(1) != from.getDimSize(1)) {
      return failure();
    }
    Value cut = recut(rewriter, op.getLoc(), last, lastType(to).getShape());
    rewriter.replaceOp(op, back(rewriter, op.getLoc(), cut));
    return success();
  }
};

/// A broadcast along new dimensions of space.
struct SinkBelowBroadcast : OpRewritePattern<BroadcastOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(BroadcastOp op,
                                PatternRewriter &rewriter) const override {
    Value last = behindBack(op.getOperand());
    ArrayRef<int64_t> dimensions = op.getDimensions();
    if (!last || dimensions[0] != 0 || dimensions[1] != 1) {
      return failure();
    }
    RankedTensorType type = tensorType(op.getResult());
    SmallVector<int64_t> places = inLast(dimensions, type.getRank());
    llvm::sort(places);
    Value wide = BroadcastOp::create(rewriter, op.getLoc(), lastType(type),
                                     last, places);
    rewriter.replaceOp(op, back(rewriter, op.getLoc(), wide));
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
    if (width < 1) {
      getOperation()->emitError("width must be at least 1, not ") << width;
      return signalPassFailure();
    }
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
                 ReduceLast<ReduceMinOp>, SinkBelowReshape, SinkBelowBroadcast,
                 CancelTransposes>(&getContext());
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
