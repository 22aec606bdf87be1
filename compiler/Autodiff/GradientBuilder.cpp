//===- GradientBuilder.cpp - formulas of derivatives as nn ops ------------===//
#include "compiler/Autodiff/GradientBuilder.h"

using namespace mlir;
using namespace gmc;
using namespace gmc::autodiff;

RankedTensorType autodiff::tensorType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

std::optional<double> autodiff::constantNumber(Value value) {
  while (auto broadcast = value.getDefiningOp<nn::BroadcastOp>()) {
    value = broadcast.getOperand();
  }
  if (auto constant = value.getDefiningOp<nn::ConstantOp>()) {
    return constant.getValue().convertToDouble();
  }
  return std::nullopt;
}

Value GradientBuilder::constant(double number, Value like) {
  return nn::ConstantOp::create(builder, like.getType(),
                                builder.getF64FloatAttr(number));
}

Value GradientBuilder::compare(nn::ComparePredicate predicate, Value a,
                               Value b) {
  return nn::CompareOp::create(builder, a.getType(), predicate, a, b);
}

Value GradientBuilder::select(Value condition, Value onTrue, Value onFalse) {
  return nn::SelectOp::create(builder, condition, onTrue, onFalse);
}

Value GradientBuilder::sum(Value u, ArrayRef<int64_t> dimensions) {
  RankedTensorType type = tensorType(u);
  SmallVector<int64_t> left;
  for (int64_t i = 0; i < type.getRank(); ++i) {
    if (!llvm::is_contained(dimensions, i)) {
      left.push_back(type.getDimSize(i));
    }
  }
  return nn::SumOp::create(builder, type.clone(left), u, dimensions);
}

Value GradientBuilder::repeat(Value u, ArrayRef<int64_t> dimensions,
                              RankedTensorType type) {
  SmallVector<int64_t> kept;
  for (int64_t i = 0; i < type.getRank(); ++i) {
    if (!llvm::is_contained(dimensions, i)) {
      kept.push_back(i);
    }
  }
  return nn::BroadcastOp::create(builder, type, u, kept);
}

Value GradientBuilder::reshape(Value u, Type type) {
  return nn::ReshapeOp::create(builder, type, u);
}

Value GradientBuilder::slice(Value u, int64_t dimension, int64_t begin,
                             int64_t end) {
  SmallVector<int64_t> shape(tensorType(u).getShape());
  shape[dimension] = end - begin;
  return nn::SliceOp::create(builder, tensorType(u).clone(shape), u, dimension,
                             begin, end);
}

Value GradientBuilder::matmul(Value a, bool transposeA, Value b,
                              bool transposeB) {
  RankedTensorType left = tensorType(a), right = tensorType(b);
  int64_t shape[] = {left.getDimSize(transposeA ? 1 : 0),
                     right.getDimSize(transposeB ? 0 : 1)};
  return nn::MatmulOp::create(builder, left.clone(shape), a, b, transposeA,
                              transposeB, nn::UseAttr());
}
