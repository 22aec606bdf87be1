//===- SimplifyShapes.cpp - identities of shape ops, sums and products ----===//
//
// Work moves to where there are fewer elements: before a broadcast, behind a
// sum. Dimensions are numbered as in the op's own tensor throughout.
//
//===----------------------------------------------------------------------===//
#include "compiler/Dialect/NN/Transforms/Rewriting.h"

using namespace mlir;
using namespace gmc;
using namespace gmc::nn;

namespace {

using Dimensions = SmallVector<int64_t>;

/// Returns the dimensions of 0 .. rank - 1 that are not in `dimensions`.
Dimensions complementOf(ArrayRef<int64_t> dimensions, int64_t rank) {
  Dimensions rest;
  for (int64_t i = 0; i < rank; ++i) {
    if (!llvm::is_contained(dimensions, i)) {
      rest.push_back(i);
    }
  }
  return rest;
}

/// Returns the extents of `type` at `dimensions`.
Dimensions extentsAt(RankedTensorType type, ArrayRef<int64_t> dimensions) {
  return llvm::map_to_vector(dimensions, [&](int64_t dimension) {
    return type.getDimSize(dimension);
  });
}

/// Returns the place of `dimension` in `dimensions`.
int64_t placeOf(int64_t dimension, ArrayRef<int64_t> dimensions) {
  return std::distance(dimensions.begin(), llvm::find(dimensions, dimension));
}

// ---- broadcast --------------------------------------------------------------

/// A broadcast of a broadcast is one; one along extents 1 is a reshape.
Value simplerBroadcast(BroadcastOp op, PatternRewriter &rewriter) {
  if (auto inner = op.getOperand().getDefiningOp<BroadcastOp>()) {
    Dimensions dimensions;
    for (int64_t dimension : inner.getDimensions()) {
      dimensions.push_back(op.getDimensions()[dimension]);
    }
    return BroadcastOp::create(rewriter, op.getLoc(), op.getType(),
                               inner.getOperand(), dimensions);
  }
  RankedTensorType from = tensorType(op.getOperand());
  if (from != op.getType() &&
      from.getNumElements() == tensorType(op.getResult()).getNumElements()) {
    return ReshapeOp::create(rewriter, op.getLoc(), op.getType(),
                             op.getOperand());
  }
  return {};
}

/// f(repeat a, repeat b, c) = repeat f(a', b', c): an op on elements is done
/// before its operands are repeated along a dimension that none of them has.
struct NarrowElementwise : RewritePattern {
  explicit NarrowElementwise(MLIRContext *context)
      : RewritePattern(MatchAnyOpTypeTag(), 1, context) {}

  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const override {
    if (!isElementwise(op) || op->getNumOperands() == 0) {
      return rewriter.notifyMatchFailure(op, "acts on more than elements");
    }
    RankedTensorType type = tensorType(op->getResult(0));
    Dimensions united;
    bool anyBroadcast = false;
    for (Value operand : op->getOperands()) {
      if (auto broadcast = operand.getDefiningOp<BroadcastOp>()) {
        anyBroadcast = true;
        llvm::append_range(united, broadcast.getDimensions());
      } else if (!numberOf(operand)) {
        return rewriter.notifyMatchFailure(op, "an operand is not repeated");
      }
    }
    llvm::sort(united);
    united.erase(llvm::unique(united), united.end());
    if (!anyBroadcast ||
        static_cast<int64_t>(united.size()) == type.getRank()) {
      return rewriter.notifyMatchFailure(op, "nothing is repeated in all");
    }
    RankedTensorType narrow = type.clone(extentsAt(type, united));
    SmallVector<Value> operands;
    for (Value operand : op->getOperands()) {
      operands.push_back(narrowed(rewriter, operand, narrow, united));
    }
    Value result = rebuild(rewriter, op, operands, narrow);
    rewriter.replaceOpWithNewOp<BroadcastOp>(op, type, result, united);
    return success();
  }

  /// Returns an operand over the dimensions `united` only.
  static Value narrowed(PatternRewriter &rewriter, Value operand,
                        RankedTensorType type, ArrayRef<int64_t> united) {
    Location loc = operand.getLoc();
    auto broadcast = operand.getDefiningOp<BroadcastOp>();
    if (!broadcast) {
      return makeConstant(rewriter, loc, type, *numberOf(operand));
    }
    if (broadcast.getOperand().getType() == type) {
      return broadcast.getOperand();
    }
    Dimensions dimensions;
    for (int64_t dimension : broadcast.getDimensions()) {
      dimensions.push_back(placeOf(dimension, united));
    }
    return BroadcastOp::create(rewriter, loc, type, broadcast.getOperand(),
                               dimensions);
  }
};

// ---- reductions -------------------------------------------------------------

/// A sum of what is repeated n times is n times the sum, an extreme the
/// extreme, repeated as far as dimensions are left. Loops need it: they take
/// the extents of what they reduce from what they read.
template <typename ReductionOp>
Value reducedBroadcast(ReductionOp op, PatternRewriter &rewriter) {
  auto broadcast = op.getOperand().template getDefiningOp<BroadcastOp>();
  if (!broadcast) {
    return {};
  }
  RankedTensorType wide = tensorType(op.getOperand());
  RankedTensorType narrow = tensorType(broadcast.getOperand());
  ArrayRef<int64_t> kept = broadcast.getDimensions();
  double count = 1;
  Dimensions inner; // of the repeated tensor, reduced as before
  for (int64_t dimension : op.getDimensions()) {
    if (llvm::is_contained(kept, dimension)) {
      inner.push_back(placeOf(dimension, kept));
    } else {
      count *= static_cast<double>(wide.getDimSize(dimension));
    }
  }
  Location loc = op.getLoc();
  Dimensions left = complementOf(inner, narrow.getRank());
  RankedTensorType reduced = narrow.clone(extentsAt(narrow, left));
  Value value = broadcast.getOperand();
  if (!inner.empty()) {
    value = ReductionOp::create(rewriter, loc, reduced, value, inner);
  }
  if (std::is_same_v<ReductionOp, SumOp> && count != 1) {
    Value times = makeConstant(rewriter, loc, reduced, count);
    value = MulOp::create(rewriter, loc, times, value);
  }
  Dimensions outer = complementOf(op.getDimensions(), wide.getRank());
  Dimensions places;
  for (int64_t dimension : left) {
    places.push_back(placeOf(kept[dimension], outer));
  }
  return BroadcastOp::create(rewriter, loc, op.getType(), value, places);
}

/// A sum of a sum is one; one over extents 1 is a reshape; c x and -x that
/// nothing else reads are summed before they are scaled; all elements may be
/// summed in any shape.
Value simplerSum(SumOp op, PatternRewriter &rewriter) {
  Location loc = op.getLoc();
  Value u = op.getOperand();
  RankedTensorType from = tensorType(u), to = tensorType(op.getResult());
  if (from.getNumElements() == to.getNumElements() && from != to) {
    return ReshapeOp::create(rewriter, loc, to, u);
  }
  auto sum = [&](Value v, ArrayRef<int64_t> dimensions) {
    return SumOp::create(rewriter, loc, to, v, dimensions);
  };
  if (auto inner = u.getDefiningOp<SumOp>()) {
    int64_t rank = tensorType(inner.getOperand()).getRank();
    Dimensions left = complementOf(inner.getDimensions(), rank);
    Dimensions all(inner.getDimensions());
    for (int64_t dimension : op.getDimensions()) {
      all.push_back(left[dimension]);
    }
    llvm::sort(all);
    return sum(inner.getOperand(), all);
  }
  bool alone = u.hasOneUse();
  if (auto inner = u.getDefiningOp<NegOp>(); inner && alone) {
    return NegOp::create(rewriter, loc,
                         sum(inner.getOperand(), op.getDimensions()));
  }
  if (auto inner = u.getDefiningOp<MulOp>(); inner && alone) {
    for (unsigned i : {0u, 1u}) {
      if (std::optional<double> number = numberOf(inner->getOperand(i))) {
        Value factor = makeConstant(rewriter, loc, to, *number);
        Value rest = sum(inner->getOperand(1 - i), op.getDimensions());
        return MulOp::create(rewriter, loc, factor, rest);
      }
    }
  }
  auto reshape = u.getDefiningOp<ReshapeOp>();
  if (reshape && to.getRank() == 0) {
    int64_t rank = tensorType(reshape.getOperand()).getRank();
    return sum(reshape.getOperand(), complementOf({}, rank));
  }
  return {};
}

// ---- transpose and matmul ---------------------------------------------------

/// (A B)^T = B^T A^T; two permutations are one.
Value simplerTranspose(TransposeOp op, PatternRewriter &rewriter) {
  if (auto inner = op.getOperand().getDefiningOp<TransposeOp>()) {
    Dimensions permutation;
    for (int64_t dimension : op.getPermutation()) {
      permutation.push_back(inner.getPermutation()[dimension]);
    }
    return TransposeOp::create(rewriter, op.getLoc(), op.getType(),
                               inner.getOperand(), permutation);
  }
  auto product = op.getOperand().getDefiningOp<MatmulOp>();
  if (product && product->hasOneUse()) {
    return MatmulOp::create(
        rewriter, op.getLoc(), op.getType(), product.getRhs(), product.getLhs(),
        !product.getTransposeB(), !product.getTransposeA(),
        product.getUse() ? product.getUse()->swapped() : UseAttr());
  }
  return {};
}

/// A transposed operand is read where it lies.
Value simplerMatmul(MatmulOp op, PatternRewriter &rewriter) {
  auto left = op.getLhs().getDefiningOp<TransposeOp>();
  auto right = op.getRhs().getDefiningOp<TransposeOp>();
  if (!left && !right) {
    return {};
  }
  return MatmulOp::create(rewriter, op.getLoc(), op.getType(),
                          left ? left.getOperand() : op.getLhs(),
                          right ? right.getOperand() : op.getRhs(),
                          op.getTransposeA() != bool(left),
                          op.getTransposeB() != bool(right), op.getUseAttr());
}

// ---- slice, pad, concat -----------------------------------------------------

/// A slice of a slice is one; a slice of what lies within a margin or a part of
/// a concatenation is taken there.
Value simplerSlice(SliceOp op, PatternRewriter &rewriter) {
  uint64_t dimension = op.getDimension();
  int64_t begin = op.getBegin(), end = op.getEnd();
  auto sliceOf = [&](Value u, int64_t offset) -> Value {
    if (begin < offset || end > offset + tensorType(u).getDimSize(dimension)) {
      return {};
    }
    return SliceOp::create(rewriter, op.getLoc(), op.getType(), u, dimension,
                           begin - offset, end - offset);
  };
  Value u = op.getOperand();
  if (auto inner = u.getDefiningOp<PadOp>();
      inner && inner.getDimension() == dimension) {
    return sliceOf(inner.getOperand(), inner.getLow());
  }
  if (auto inner = u.getDefiningOp<ConcatOp>();
      inner && inner.getDimension() == dimension) {
    int64_t middle = tensorType(inner.getLhs()).getDimSize(dimension);
    Value left = sliceOf(inner.getLhs(), 0);
    return left ? left : sliceOf(inner.getRhs(), middle);
  }
  if (auto inner = u.getDefiningOp<SliceOp>();
      inner && inner.getDimension() == dimension) {
    int64_t offset = inner.getBegin();
    return SliceOp::create(rewriter, op.getLoc(), op.getType(),
                           inner.getOperand(), dimension, offset + begin,
                           offset + end);
  }
  return {};
}

/// Two paddings that fill each other's margins: what a split hands back.
Value sumOfPads(AddOp op, PatternRewriter &rewriter) {
  auto first = op.getLhs().getDefiningOp<PadOp>();
  auto second = op.getRhs().getDefiningOp<PadOp>();
  if (!first || !second || first.getDimension() != second.getDimension()) {
    return {};
  }
  if (first.getLow() != 0) {
    std::swap(first, second);
  }
  uint64_t dimension = first.getDimension();
  uint64_t extent = tensorType(first.getOperand()).getDimSize(dimension);
  uint64_t secondExtent = tensorType(second.getOperand()).getDimSize(dimension);
  if (first.getLow() != 0 || second.getLow() != extent ||
      second.getHigh() != 0 || first.getHigh() != secondExtent) {
    return {};
  }
  return ConcatOp::create(rewriter, op.getLoc(), op.getType(),
                          first.getOperand(), second.getOperand(), dimension);
}

} // namespace

void nn::populateSimplifyShapes(RewritePatternSet &patterns) {
  patterns.addWithLabel<NarrowElementwise>({"narrow-elementwise"},
                                           patterns.getContext());
  addIdentity<BroadcastOp, simplerBroadcast>(patterns, "broadcast");
  addIdentity<SumOp, reducedBroadcast<SumOp>>(patterns, "sum-of-broadcast");
  addIdentity<ReduceMaxOp, reducedBroadcast<ReduceMaxOp>>(patterns,
                                                          "max-of-broadcast");
  addIdentity<ReduceMinOp, reducedBroadcast<ReduceMinOp>>(patterns,
                                                          "min-of-broadcast");
  addIdentity<SumOp, simplerSum>(patterns, "sum");
  addIdentity<TransposeOp, simplerTranspose>(patterns, "transpose");
  addIdentity<MatmulOp, simplerMatmul>(patterns, "matmul");
  addIdentity<SliceOp, simplerSlice>(patterns, "slice");
  addIdentity<AddOp, sumOfPads>(patterns, "sum-of-pads");
}
