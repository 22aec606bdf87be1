//===- NNDialect.cpp - registration of the nn dialect ---------------------===//
#include "compiler/Dialect/NN/IR/NNDialect.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace gmc;

#include "compiler/Dialect/NN/IR/NNDialect.cpp.inc"
#include "compiler/Dialect/NN/IR/NNEnums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "compiler/Dialect/NN/IR/NNAttributes.cpp.inc"

using nn::Factor;
using nn::UseAttr;

mlir::LogicalResult
UseAttr::verify(llvm::function_ref<mlir::InFlightDiagnostic()> emitError,
                llvm::StringRef tensor, int64_t call, int64_t order, Factor lhs,
                Factor rhs) {
  if (lhs == rhs) {
    return emitError() << "a product reads two different factors, not `"
                       << stringifyFactor(lhs) << "` twice";
  }
  if (call < 0 || order < 0) {
    return emitError() << "calls and orders are counted from 0";
  }
  return mlir::success();
}

Factor UseAttr::getResult() const {
  // The three are numbered 0, 1, 2.
  return static_cast<Factor>(3 - static_cast<int>(getLhs()) -
                             static_cast<int>(getRhs()));
}

UseAttr UseAttr::derivative(Factor lhs, Factor rhs) const {
  return get(getContext(), getTensor(), getCall(), getOrder() + 1, lhs, rhs);
}

UseAttr UseAttr::swapped() const {
  return get(getContext(), getTensor(), getCall(), getOrder(), getRhs(),
             getLhs());
}

std::string UseAttr::describe(bool namesCall) const {
  static constexpr llvm::StringLiteral words[] = {"forward ", "data gradient ",
                                                  "weight gradient "};
  std::string text = words[static_cast<int>(getResult())].str();
  text += getTensor();
  if (namesCall) {
    text += " call " + std::to_string(getCall() + 1);
  }
  if (getOrder() > 1) {
    text += " order " + std::to_string(getOrder());
  }
  return text;
}

void nn::NNDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "compiler/Dialect/NN/IR/NNAttributes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "compiler/Dialect/NN/IR/NNOps.cpp.inc"
      >();
}
