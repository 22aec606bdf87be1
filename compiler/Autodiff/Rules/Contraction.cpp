//===- Contraction.cpp - derivatives of products --------------------------===//
#include "compiler/Autodiff/Rules/Rule.h"

using namespace mlir;
using namespace gmc;
using namespace gmc::autodiff;

namespace {

/// C = A B, G = dC. What is stored is A or A^T, B or B^T:
///   dA = G B^T, stored transposed: B G^T
///   dB = A^T G, stored transposed: G^T A
Value matmulRule(nn::MatmulOp op, unsigned operand, Value g,
                 GradientBuilder &b) {
  Value lhs = op.getLhs(), rhs = op.getRhs();
  bool ta = op.getTransposeA(), tb = op.getTransposeB();
  if (operand == 0) {
    return ta ? b.matmul(rhs, tb, g, true) : b.matmul(g, false, rhs, !tb);
  }
  return tb ? b.matmul(g, true, lhs, ta) : b.matmul(lhs, !ta, g, false);
}

/// Builds the `Op` of a convolution's geometry.
template <typename Op>
Value convolution(Operation *like, Type type, Value lhs, Value rhs,
                  GradientBuilder &b) {
  auto array = [&](StringRef name) {
    return like->getAttrOfType<DenseI64ArrayAttr>(name);
  };
  return Op::create(b.below(), type, lhs, rhs, array("strides"), array("pads"),
                    array("dilations"), like->getAttrOfType<IntegerAttr>("groups"),
                    like->getAttrOfType<UnitAttr>("channelsLast"));
}

/// y = conv(x, w): dx = conv_input(g, w), dw = conv_weight(x, g)
Value convRule(nn::ConvOp op, unsigned operand, Value g, GradientBuilder &b) {
  Value x = op.getLhs(), w = op.getRhs();
  return operand == 0
             ? convolution<nn::ConvInputOp>(op, x.getType(), g, w, b)
             : convolution<nn::ConvWeightOp>(op, w.getType(), x, g, b);
}

/// x = conv_input(y, w): dy = conv(g, w), dw = conv_weight(g, y)
Value convInputRule(nn::ConvInputOp op, unsigned operand, Value g,
                    GradientBuilder &b) {
  Value y = op.getLhs(), w = op.getRhs();
  return operand == 0
             ? convolution<nn::ConvOp>(op, y.getType(), g, w, b)
             : convolution<nn::ConvWeightOp>(op, w.getType(), g, y, b);
}

/// w = conv_weight(x, y): dx = conv_input(y, g), dy = conv(x, g)
Value convWeightRule(nn::ConvWeightOp op, unsigned operand, Value g,
                     GradientBuilder &b) {
  Value x = op.getLhs(), y = op.getRhs();
  return operand == 0
             ? convolution<nn::ConvInputOp>(op, x.getType(), y, g, b)
             : convolution<nn::ConvOp>(op, y.getType(), x, g, b);
}

} // namespace

void autodiff::attachContractionRules(MLIRContext *context) {
  attach<nn::MatmulOp, matmulRule>(context);
  attach<nn::ConvOp, convRule>(context);
  attach<nn::ConvInputOp, convInputRule>(context);
  attach<nn::ConvWeightOp, convWeightRule>(context);
}
