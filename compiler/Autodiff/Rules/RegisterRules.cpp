//===- RegisterRules.cpp - derivatives of the nn ops ----------------------===//
#include "compiler/Autodiff/Rules/RegisterRules.h"

#include "compiler/Autodiff/Rules/Rule.h"

using namespace mlir;
using namespace gmc;

void autodiff::registerGradientRules(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, nn::NNDialect *) {
    attachElementwiseRules(context);
    attachContractionRules(context);
    attachReductionRules(context);
    attachShapeRules(context);
    attachRandomRules(context);
  });
}
