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

} // namespace

void autodiff::attachContractionRules(MLIRContext *context) {
  attach<nn::MatmulOp, matmulRule>(context);
}
