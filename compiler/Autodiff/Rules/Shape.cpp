//===- Shape.cpp - derivatives of ops that only move elements -------------===//
//
// Each is linear, and its rule is the adjoint: broadcast and sum, slice and
// pad, concat and two slices, transpose and the inverse permutation.
//
//===----------------------------------------------------------------------===//
#include "compiler/Autodiff/Rules/Rule.h"

using namespace mlir;
using namespace gmc;
using namespace gmc::autodiff;

namespace {

/// du = the sum of g over the dimensions along which u was repeated.
Value broadcastRule(nn::BroadcastOp op, unsigned, Value g, GradientBuilder &b) {
  SmallVector<int64_t> repeated;
  for (int64_t i = 0; i < tensorType(g).getRank(); ++i) {
    if (!llvm::is_contained(op.getDimensions(), i)) {
      repeated.push_back(i);
    }
  }
  return b.sum(g, repeated);
}

/// du = g under u's shape.
Value reshapeRule(nn::ReshapeOp op, unsigned, Value g, GradientBuilder &b) {
  return b.reshape(g, op.getOperand().getType());
}

/// y's dimension i is u's p[i], so du's dimension p[i] is g's i.
Value transposeRule(nn::TransposeOp op, unsigned, Value g, GradientBuilder &b) {
  SmallVector<int64_t> inverse(op.getPermutation().size());
  for (auto [i, from] : llvm::enumerate(op.getPermutation())) {
    inverse[from] = static_cast<int64_t>(i);
  }
  return nn::TransposeOp::create(b.below(), op.getOperand().getType(), g,
                                 inverse);
}

/// du = g between zeros.
Value sliceRule(nn::SliceOp op, unsigned, Value g, GradientBuilder &b) {
  int64_t dimension = op.getDimension();
  int64_t extent = tensorType(op.getOperand()).getDimSize(dimension);
  int64_t end = op.getEnd();
  return nn::PadOp::create(b.below(), op.getOperand().getType(), g, dimension,
                           op.getBegin(), extent - end);
}

/// du = g without the margins.
Value padRule(nn::PadOp op, unsigned, Value g, GradientBuilder &b) {
  int64_t dimension = op.getDimension(), low = op.getLow();
  int64_t extent = tensorType(op.getOperand()).getDimSize(dimension);
  return b.slice(g, dimension, low, low + extent);
}

/// du = the operand's part of g.
Value concatRule(nn::ConcatOp op, unsigned operand, Value g,
                 GradientBuilder &b) {
  int64_t dimension = op.getDimension();
  int64_t middle = tensorType(op.getLhs()).getDimSize(dimension);
  int64_t end = tensorType(g).getDimSize(dimension);
  return operand == 0 ? b.slice(g, dimension, 0, middle)
                      : b.slice(g, dimension, middle, end);
}

} // namespace

void autodiff::attachShapeRules(MLIRContext *context) {
  attach<nn::BroadcastOp, broadcastRule>(context);
  attach<nn::ReshapeOp, reshapeRule>(context);
  attach<nn::TransposeOp, transposeRule>(context);
  attach<nn::SliceOp, sliceRule>(context);
  attach<nn::PadOp, padRule>(context);
  attach<nn::ConcatOp, concatRule>(context);
}
