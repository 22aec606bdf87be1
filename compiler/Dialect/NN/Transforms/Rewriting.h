//===- Rewriting.h - what rewrites of nn ops are made of --------*- C++ -*-===//
//
// Small queries of nn values, and patterns written as functions that return
// what an op equals.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_DIALECT_NN_TRANSFORMS_REWRITING_H
#define GMC_DIALECT_NN_TRANSFORMS_REWRITING_H

#include "compiler/Dialect/NN/IR/NNDialect.h"

#include "mlir/IR/PatternMatch.h"

#include <optional>

namespace gmc::nn {

inline mlir::RankedTensorType tensorType(mlir::Value value) {
  return mlir::cast<mlir::RankedTensorType>(value.getType());
}

/// Returns `number` rounded to the precision of `type`'s elements.
inline double roundTo(mlir::Type type, double number) {
  return mlir::getElementTypeOrSelf(type).isF32()
             ? static_cast<double>(static_cast<float>(number))
             : number;
}

/// Returns the number that fills `value`, if an nn.constant gives it.
inline std::optional<double> numberOf(mlir::Value value) {
  if (auto constant = value.getDefiningOp<ConstantOp>()) {
    return roundTo(value.getType(), constant.getValue().convertToDouble());
  }
  return std::nullopt;
}

inline bool isNumber(mlir::Value value, double number) {
  return numberOf(value) == number;
}

/// Returns `operation` if it is the op that acts element by element on operands
/// of its result's shape and element type (so not nn.convert).
inline bool isElementwise(mlir::Operation *operation) {
  return operation->hasTrait<mlir::OpTrait::Elementwise>() &&
         !mlir::isa<ConvertOp>(operation);
}

/// Returns `number` in every element of `type`, built.
inline mlir::Value makeConstant(mlir::OpBuilder &builder, mlir::Location loc,
                                mlir::Type type, double number) {
  return ConstantOp::create(builder, loc, type,
                            builder.getF64FloatAttr(roundTo(type, number)));
}

/// Builds an op like `op` on other operands with another result type.
inline mlir::Value rebuild(mlir::OpBuilder &builder, mlir::Operation *op,
                           mlir::ValueRange operands, mlir::Type type) {
  mlir::OperationState state(op->getLoc(), op->getName(), operands, {type},
                             op->getAttrs());
  return builder.create(state)->getResult(0);
}

/// Returns what `op` equals, built of simpler ops, or null (and nothing built).
template <typename Op>
using Identity = mlir::Value (*)(Op op, mlir::PatternRewriter &rewriter);

/// The pattern of one identity.
template <typename Op, Identity<Op> identity>
struct IdentityPattern : mlir::OpRewritePattern<Op> {
  using mlir::OpRewritePattern<Op>::OpRewritePattern;

  mlir::LogicalResult
  matchAndRewrite(Op op, mlir::PatternRewriter &rewriter) const override {
    mlir::Value simpler = identity(op, rewriter);
    if (!simpler) {
      return rewriter.notifyMatchFailure(op, "has no simpler form");
    }
    rewriter.replaceOp(op, simpler);
    return mlir::success();
  }
};

/// Adds an identity to a set of patterns.
template <typename Op, Identity<Op> identity>
void addIdentity(mlir::RewritePatternSet &patterns, llvm::StringRef name) {
  patterns.addWithLabel<IdentityPattern<Op, identity>>({name},
                                                       patterns.getContext());
}

/// The patterns of --nn-simplify, a file each.
void populateSimplifyConstants(mlir::RewritePatternSet &patterns);
void populateSimplifyArithmetic(mlir::RewritePatternSet &patterns);
void populateSimplifyShapes(mlir::RewritePatternSet &patterns);

} // namespace gmc::nn

#endif // GMC_DIALECT_NN_TRANSFORMS_REWRITING_H
