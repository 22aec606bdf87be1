//===- FlattenEvents.cpp - chains of ops in the shape of fewest dimensions ===//
//
// Before and after: see Passes.td. A reshape is "up" when it cuts dimensions
// ([B,784] -> [B,1,28,28]) and "down" when it joins neighbours. Each rewrite
// replaces an op by one of fewer dimensions, so they come to an end.
//
//===----------------------------------------------------------------------===//
#include "compiler/Dialect/NN/Transforms/Passes.h"
#include "compiler/Dialect/NN/Transforms/Rewriting.h"

#include "mlir/Dialect/Utils/ReshapeOpsUtils.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace gmc::nn {
#define GEN_PASS_DEF_FLATTENEVENTSPASS
#include "compiler/Dialect/NN/Transforms/Passes.h.inc"
} // namespace gmc::nn

using namespace mlir;
using namespace gmc;
using namespace gmc::nn;

namespace {

/// For each dimension of the lower type, those of the higher that it joins.
using Joints = SmallVector<ReassociationIndices>;

/// Returns how `high` collapses into `low`, if it does.
std::optional<Joints> jointsOf(RankedTensorType high, RankedTensorType low) {
  if (high.getRank() <= low.getRank() || low.getRank() == 0) {
    return std::nullopt;
  }
  return getReassociationIndicesForCollapse(high.getShape(), low.getShape());
}

/// Returns which joints `dimensions` of the higher type cover as a whole
/// (extents 1 do not count), or nothing where one is covered in part.
std::optional<SmallVector<int64_t>> wholeJoints(RankedTensorType high,
                                                const Joints &joints,
                                                ArrayRef<int64_t> dimensions) {
  SmallVector<int64_t> whole;
  for (auto [i, joint] : llvm::enumerate(joints)) {
    bool some = false, all = true;
    for (int64_t dimension : joint) {
      bool counts = high.getDimSize(dimension) != 1;
      bool covered = llvm::is_contained(dimensions, dimension);
      some |= counts && covered;
      all &= !counts || covered;
    }
    if (some && !all) {
      return std::nullopt;
    }
    if (some) {
      whole.push_back(static_cast<int64_t>(i));
    }
  }
  return whole;
}

/// Returns the part of a broadcast's operand that dimension-joins into `low`:
/// the joints it covers, or nothing where it would have to be repeated first.
std::optional<SmallVector<int64_t>> jointsOfBroadcast(BroadcastOp broadcast,
                                                      RankedTensorType low) {
  RankedTensorType high = tensorType(broadcast.getResult());
  std::optional<Joints> joints = jointsOf(high, low);
  if (!joints) {
    return std::nullopt;
  }
  return wholeJoints(high, *joints, broadcast.getDimensions());
}

/// Returns whether `value` can be had in the shape of `low` without work.
bool canLower(Value value, RankedTensorType low) {
  auto broadcast = value.getDefiningOp<BroadcastOp>();
  return !broadcast || jointsOfBroadcast(broadcast, low).has_value();
}

/// Returns the operands of `op` under the shape of `low`.
SmallVector<Value> lowered(PatternRewriter &rewriter, Operation *op,
                           RankedTensorType low) {
  SmallVector<Value> operands;
  for (Value operand : op->getOperands()) {
    if (std::optional<double> number = numberOf(operand)) {
      operands.push_back(
          makeConstant(rewriter, operand.getLoc(), low, *number));
    } else {
      operands.push_back(
          ReshapeOp::create(rewriter, op->getLoc(), low, operand).getResult());
    }
  }
  return operands;
}

bool canLowerAll(Operation *op, RankedTensorType low) {
  return llvm::all_of(op->getOperands(),
                      [&](Value operand) { return canLower(operand, low); });
}

/// f(reshape_up(a), b) -> reshape_up(f(a, reshape_down(b)))
struct SinkReshape : RewritePattern {
  explicit SinkReshape(MLIRContext *context)
      : RewritePattern(MatchAnyOpTypeTag(), 1, context) {}

  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const override {
    if (!isElementwise(op)) {
      return rewriter.notifyMatchFailure(op, "acts on more than elements");
    }
    for (Value operand : op->getOperands()) {
      auto reshape = operand.getDefiningOp<ReshapeOp>();
      RankedTensorType low =
          reshape ? tensorType(reshape.getOperand()) : RankedTensorType();
      if (!low || !jointsOf(tensorType(operand), low) ||
          !canLowerAll(op, low)) {
        continue;
      }
      Value result = rebuild(rewriter, op, lowered(rewriter, op, low), low);
      rewriter.replaceOpWithNewOp<ReshapeOp>(op, op->getResult(0).getType(),
                                             result);
      return success();
    }
    return rewriter.notifyMatchFailure(op, "no operand of fewer dimensions");
  }
};

/// reshape_down(f(a, b)) -> f(reshape_down(a), reshape_down(b)), where all who
/// read f want it so.
struct HoistReshape : OpRewritePattern<ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ReshapeOp op,
                                PatternRewriter &rewriter) const override {
    Operation *producer = op.getOperand().getDefiningOp();
    RankedTensorType low = tensorType(op.getResult());
    if (!producer || !jointsOf(tensorType(op.getOperand()), low)) {
      return rewriter.notifyMatchFailure(op, "joins no dimensions of an op");
    }
    bool draws = isa<RandomNormalOp, RandomUniformOp>(producer);
    if (!draws && (!isElementwise(producer) || !canLowerAll(producer, low))) {
      return rewriter.notifyMatchFailure(op, "operand cannot be lowered");
    }
    for (Operation *user : producer->getUsers()) {
      auto reshape = dyn_cast<ReshapeOp>(user);
      if (!reshape || reshape.getType() != low) {
        return rewriter.notifyMatchFailure(op, "operand has other users");
      }
    }
    // A draw's element has its number in row-major order, which stays.
    rewriter.setInsertionPoint(producer);
    Value result =
        rebuild(rewriter, producer, lowered(rewriter, producer, low), low);
    for (Operation *user : llvm::make_early_inc_range(producer->getUsers())) {
      rewriter.replaceOp(user, result);
    }
    return success();
  }
};

/// reshape_down(repeat a) -> repeat (reshape_down a)
struct LowerBroadcast : OpRewritePattern<ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ReshapeOp op,
                                PatternRewriter &rewriter) const override {
    auto broadcast = op.getOperand().getDefiningOp<BroadcastOp>();
    RankedTensorType low = tensorType(op.getResult());
    auto whole = broadcast ? jointsOfBroadcast(broadcast, low) : std::nullopt;
    if (!whole) {
      return rewriter.notifyMatchFailure(op, "no broadcast of whole joints");
    }
    SmallVector<int64_t> extents;
    for (int64_t dimension : *whole) {
      extents.push_back(low.getDimSize(dimension));
    }
    Value narrow = rewriter.createOrFold<ReshapeOp>(
        op.getLoc(), low.clone(extents), broadcast.getOperand());
    rewriter.replaceOpWithNewOp<BroadcastOp>(op, low, narrow, *whole);
    return success();
  }
};

/// sum(reshape_up(a)) -> sum(a), for sums over whole joints.
template <typename Op> struct LowerReduction : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    auto reshape = op.getOperand().template getDefiningOp<ReshapeOp>();
    if (!reshape) {
      return rewriter.notifyMatchFailure(op, "reads no reshape");
    }
    RankedTensorType high = tensorType(op.getOperand());
    RankedTensorType low = tensorType(reshape.getOperand());
    std::optional<Joints> joints = jointsOf(high, low);
    auto whole =
        joints ? wholeJoints(high, *joints, op.getDimensions()) : std::nullopt;
    if (!whole) {
      return rewriter.notifyMatchFailure(op,
                                         "reduces a part of what is joined");
    }
    SmallVector<int64_t> left;
    for (int64_t i = 0; i < low.getRank(); ++i) {
      if (!llvm::is_contained(*whole, i)) {
        left.push_back(low.getDimSize(i));
      }
    }
    Value reduced = reshape.getOperand();
    if (!whole->empty()) {
      reduced =
          Op::create(rewriter, op.getLoc(), low.clone(left), reduced, *whole);
    }
    rewriter.replaceOp(op, rewriter.createOrFold<ReshapeOp>(
                               op.getLoc(), op.getType(), reduced));
    return success();
  }
};

struct FlattenEventsPass : nn::impl::FlattenEventsPassBase<FlattenEventsPass> {
  using Base::Base;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns
        .add<SinkReshape, HoistReshape, LowerBroadcast, LowerReduction<SumOp>,
             LowerReduction<ReduceMaxOp>, LowerReduction<ReduceMinOp>>(
            &getContext());
    GreedyRewriteConfig config;
    config.setMaxIterations(50).setRegionSimplificationLevel(
        GreedySimplifyRegionLevel::Disabled);
    (void)applyPatternsGreedily(getOperation(), std::move(patterns), config);
  }
};

} // namespace
