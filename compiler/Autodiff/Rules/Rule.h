//===- Rule.h - one function a differentiable op ----------------*- C++ -*-===//
//
// A rule is a function of the op y = f(u0, u1, ..), the index of an operand and
// g, the gradient of y; it returns the gradient of that operand, or null where
// that is zero. `attach` makes it the op's DifferentiableOpInterface.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_AUTODIFF_RULES_RULE_H
#define GMC_AUTODIFF_RULES_RULE_H

#include "compiler/Autodiff/GradientBuilder.h"
#include "compiler/Dialect/NN/IR/NNDialect.h"
#include "compiler/Interfaces/DifferentiableOpInterface.h"

namespace gmc::autodiff {

template <typename Op>
using Rule = mlir::Value (*)(Op op, unsigned operand, mlir::Value g,
                             GradientBuilder &b);

/// The interface of an op with one result, from its rule.
template <typename Op, Rule<Op> rule>
struct RuleModel
    : DifferentiableOpInterface::ExternalModel<RuleModel<Op, rule>, Op> {
  mlir::LogicalResult
  differentiate(mlir::Operation *op, mlir::ValueRange resultGradients,
                const llvm::SmallBitVector &needed,
                mlir::ImplicitLocOpBuilder &builder,
                llvm::MutableArrayRef<mlir::Value> operandGradients) const {
    GradientBuilder formulas(builder);
    for (unsigned operand : needed.set_bits()) {
      operandGradients[operand] =
          rule(mlir::cast<Op>(op), operand, resultGradients.front(), formulas);
    }
    return mlir::success();
  }
};

/// The interface of an op whose derivative is zero.
template <typename Op>
struct ZeroModel : DifferentiableOpInterface::ExternalModel<ZeroModel<Op>, Op> {
  mlir::LogicalResult differentiate(mlir::Operation *, mlir::ValueRange,
                                    const llvm::SmallBitVector &,
                                    mlir::ImplicitLocOpBuilder &,
                                    llvm::MutableArrayRef<mlir::Value>) const {
    return mlir::success();
  }
  bool isConstantToGradients(mlir::Operation *) const { return true; }
};

template <typename Op, Rule<Op> rule> void attach(mlir::MLIRContext *context) {
  Op::template attachInterface<RuleModel<Op, rule>>(*context);
}

template <typename... Ops> void attachZero(mlir::MLIRContext *context) {
  (Ops::template attachInterface<ZeroModel<Ops>>(*context), ...);
}

/// The files of this folder, each for one family of ops.
void attachElementwiseRules(mlir::MLIRContext *context);
void attachContractionRules(mlir::MLIRContext *context);
void attachReductionRules(mlir::MLIRContext *context);
void attachShapeRules(mlir::MLIRContext *context);
void attachRandomRules(mlir::MLIRContext *context);

} // namespace gmc::autodiff

#endif // GMC_AUTODIFF_RULES_RULE_H
