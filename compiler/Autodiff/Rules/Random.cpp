//===- Random.cpp - derivatives of leaves and draws -----------------------===//
//
// A draw depends on its site and the execution's key, on no operand: what is
// reparametrised (mu + sigma e) passes its gradient through ordinary ops.
//
//===----------------------------------------------------------------------===//
#include "compiler/Autodiff/Rules/Rule.h"

using namespace gmc;

void autodiff::attachRandomRules(mlir::MLIRContext *context) {
  attachZero<nn::ConstantOp, nn::IotaOp, nn::RandomNormalOp,
             nn::RandomUniformOp>(context);
}
