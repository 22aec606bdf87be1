//===- Contraction.cpp - derivatives of products --------------------------===//
#include "compiler/Autodiff/Rules/Rule.h"

using namespace mlir;
using namespace gmc;
using namespace gmc::autodiff;

namespace {

/// Says of `gradient`, a product of factors `lhs` and `rhs` of the layer that
/// `op` is a product of, what it computes.
Value withUse(Value gradient, Operation *op, nn::Factor lhs, nn::Factor rhs) {
  if (nn::UseAttr use = nn::useOf(op)) {
    gradient.getDefiningOp()->setAttr("use", use.derivative(lhs, rhs));
  }
  return gradient;
}

/// The factors of a product: those it reads and the one that it computes.
struct Factors {
  explicit Factors(Operation *op) {
    if (nn::UseAttr use = nn::useOf(op)) {
      lhs = use.getLhs();
      rhs = use.getRhs();
      result = use.getResult();
    }
  }
  nn::Factor lhs = nn::Factor::input, rhs = nn::Factor::weight,
             result = nn::Factor::output;
};

/// C = A B, G = dC. What is stored is A or A^T, B or B^T:
///   dA = G B^T, stored transposed: B G^T
///   dB = A^T G, stored transposed: G^T A
Value matmulRule(nn::MatmulOp op, unsigned operand, Value g,
                 GradientBuilder &b) {
  Value lhs = op.getLhs(), rhs = op.getRhs();
  bool ta = op.getTransposeA(), tb = op.getTransposeB();
  const Factors of(op);
  if (operand == 0) {
    return ta ? withUse(b.matmul(rhs, tb, g, true), op, of.rhs, of.result)
              : withUse(b.matmul(g, false, rhs, !tb), op, of.result, of.rhs);
  }
  return tb ? withUse(b.matmul(g, true, lhs, ta), op, of.result, of.lhs)
            : withUse(b.matmul(lhs, !ta, g, false), op, of.lhs, of.result);
}

/// Builds the `Op` of a convolution's geometry, which reads factors `of`.
template <typename Op>
Value convolution(Operation *like, Type type, Value lhs, Value rhs,
                  std::pair<nn::Factor, nn::Factor> of, GradientBuilder &b) {
  auto array = [&](StringRef name) {
    return like->getAttrOfType<DenseI64ArrayAttr>(name);
  };
  Value made =
      Op::create(b.below(), type, lhs, rhs, array("strides"), array("pads"),
                 array("dilations"), like->getAttrOfType<IntegerAttr>("groups"),
                 like->getAttrOfType<UnitAttr>("channelsLast"), nn::UseAttr());
  return withUse(made, like, of.first, of.second);
}

/// y = conv(x, w): dx = conv_input(g, w), dw = conv_weight(x, g)
Value convRule(nn::ConvOp op, unsigned operand, Value g, GradientBuilder &b) {
  Value x = op.getLhs(), w = op.getRhs();
  const Factors of(op);
  return operand == 0 ? convolution<nn::ConvInputOp>(op, x.getType(), g, w,
                                                     {of.result, of.rhs}, b)
                      : convolution<nn::ConvWeightOp>(op, w.getType(), x, g,
                                                      {of.lhs, of.result}, b);
}

/// x = conv_input(y, w): dy = conv(g, w), dw = conv_weight(g, y)
Value convInputRule(nn::ConvInputOp op, unsigned operand, Value g,
                    GradientBuilder &b) {
  Value y = op.getLhs(), w = op.getRhs();
  const Factors of(op);
  return operand == 0 ? convolution<nn::ConvOp>(op, y.getType(), g, w,
                                                {of.result, of.rhs}, b)
                      : convolution<nn::ConvWeightOp>(op, w.getType(), g, y,
                                                      {of.result, of.lhs}, b);
}

/// w = conv_weight(x, y): dx = conv_input(y, g), dy = conv(x, g)
Value convWeightRule(nn::ConvWeightOp op, unsigned operand, Value g,
                     GradientBuilder &b) {
  Value x = op.getLhs(), y = op.getRhs();
  const Factors of(op);
  return operand == 0 ? convolution<nn::ConvInputOp>(op, x.getType(), y, g,
                                                     {of.rhs, of.result}, b)
                      : convolution<nn::ConvOp>(op, y.getType(), x, g,
                                                {of.lhs, of.result}, b);
}

} // namespace

void autodiff::attachContractionRules(MLIRContext *context) {
  attach<nn::MatmulOp, matmulRule>(context);
  attach<nn::ConvOp, convRule>(context);
  attach<nn::ConvInputOp, convInputRule>(context);
  attach<nn::ConvWeightOp, convWeightRule>(context);
}
