//===- Reduction.cpp - derivatives of reductions --------------------------===//
#include "compiler/Autodiff/Rules/Rule.h"

using namespace mlir;
using namespace gmc;
using namespace gmc::autodiff;

namespace {

/// y = sum u: every summed element has y's gradient.
Value sumRule(nn::SumOp op, unsigned, Value g, GradientBuilder &b) {
  return b.repeat(g, op.getDimensions(), tensorType(op.getOperand()));
}

/// y = max u or min u: the elements equal to y share g equally,
///   du = m (g / n), m = [u = y], n = sum m.
template <typename Op>
Value extremumRule(Op op, unsigned, Value g, GradientBuilder &b) {
  RankedTensorType type = tensorType(op.getOperand());
  ArrayRef<int64_t> dimensions = op.getDimensions();
  Value y = b.repeat(op.getResult(), dimensions, type);
  Value m = b.compare(nn::ComparePredicate::equal, op.getOperand(), y);
  Value n = b.sum(m, dimensions);
  return b.mul(m, b.repeat(b.div(g, n), dimensions, type));
}

} // namespace

void autodiff::attachReductionRules(MLIRContext *context) {
  attach<nn::SumOp, sumRule>(context);
  attach<nn::ReduceMaxOp, extremumRule<nn::ReduceMaxOp>>(context);
  attach<nn::ReduceMinOp, extremumRule<nn::ReduceMinOp>>(context);
}
