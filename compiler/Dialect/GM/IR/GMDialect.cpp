//===- GMDialect.cpp - registration of the gm dialect ---------------------===//
#include "compiler/Dialect/GM/IR/GMDialect.h"

#include "compiler/Dialect/NN/IR/NNDialect.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"

#include "llvm/ADT/StringSwitch.h"

using namespace gmc;
using namespace mlir;

#include "compiler/Dialect/GM/IR/GMDialect.cpp.inc"
#include "compiler/Dialect/GM/IR/GMEnums.cpp.inc"

#define GET_OP_CLASSES
#include "compiler/Dialect/GM/IR/GMOps.cpp.inc"

void gm::GMDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "compiler/Dialect/GM/IR/GMOps.cpp.inc"
      >();
}

namespace gmc::gm {

/// Returns whether `type` is that of a single number.
static bool isSingle(Type type) {
  return cast<RankedTensorType>(type).getRank() == 0;
}

LogicalResult VariableOp::verify() {
  bool role = llvm::StringSwitch<bool>(getRole())
                  .Cases({"parameter", "optimizer", "state", "average"}, true)
                  .Default(false);
  if (!role) {
    return emitOpError("role must be parameter, optimizer, state or average, "
                       "not ")
           << getRoleAttr();
  }
  bool initial =
      llvm::StringSwitch<bool>(getInitial())
          .Cases({"constant", "normal", "uniform", "orthogonal"}, true)
          .Default(false);
  if (!initial) {
    return emitOpError("initial must be constant, normal, uniform or "
                       "orthogonal, not ")
           << getInitialAttr();
  }
  return success();
}

/// Returns whether values of nn may have `type`.
static bool isTensor(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && tensor.hasStaticShape() &&
         (tensor.getElementType().isF32() || tensor.getElementType().isF64());
}

LogicalResult EntryOp::verifyRegions() {
  size_t arguments = getBody().getNumArguments();
  if (arguments != getInputs().size()) {
    return emitOpError("names ")
           << getInputs().size() << " inputs for " << arguments << " arguments";
  }
  if (static_cast<int64_t>(getBatch()) < 1) {
    return emitOpError("batch must be at least 1");
  }
  for (auto [i, type] : llvm::enumerate(getBody().getArgumentTypes())) {
    if (!isTensor(type)) {
      return emitOpError("input ")
             << i << " must be a static tensor of f32 or f64, not " << type;
    }
  }
  for (Operation &op : getBody().front()) {
    if (!isa<nn::NNDialect, GMDialect>(op.getDialect())) {
      return op.emitError("does not belong into a gm.entry, where all "
                          "arithmetic is of nn");
    }
  }
  return success();
}

LogicalResult OutputOp::verify() {
  auto type = cast<RankedTensorType>(getValue().getType());
  if (getKind() != OutputKind::value && !isSingle(type)) {
    return emitOpError() << stringifyOutputKind(getKind())
                         << " must be a single number, not " << type;
  }
  if (getKind() == OutputKind::norm && !type.getElementType().isF64()) {
    return emitOpError("norm must be f64, not ") << type.getElementType();
  }
  return success();
}

/// How many hyper-parameters an optimiser has.
static size_t hyperCount(OptimizerKind kind) {
  switch (kind) {
  case OptimizerKind::sgd:
    return 2;
  case OptimizerKind::adam:
    return 4;
  case OptimizerKind::adamw:
    return 5;
  case OptimizerKind::rmsprop:
    return 3;
  }
  llvm_unreachable("unknown optimiser");
}

LogicalResult MinimizeOp::verify() {
  if (!isSingle(getObjective().getType())) {
    return emitOpError("objective must be a single number, not ")
           << getObjective().getType();
  }
  size_t wanted = hyperCount(getOptimizer());
  if (getHyper().size() != wanted) {
    return emitOpError() << stringifyOptimizerKind(getOptimizer()) << " has "
                         << wanted << " hyper-parameters, not "
                         << getHyper().size();
  }
  for (Value number : getOperands().drop_front()) {
    if (!isSingle(number.getType())) {
      return emitOpError("hyper-parameters, bounds and conditions must be "
                         "single numbers, not ")
             << number.getType();
    }
  }
  return success();
}

LogicalResult AverageOp::verify() {
  if (getFrom().size() != getTo().size()) {
    return emitOpError("averages ")
           << getFrom().size() << " variables into " << getTo().size();
  }
  if (!isSingle(getDecay().getType())) {
    return emitOpError("decay must be a single number, not ")
           << getDecay().getType();
  }
  return success();
}

/// Returns the variable that `user` names, or null, having said so.
static VariableOp variableOf(Operation *user, FlatSymbolRefAttr name,
                             SymbolTableCollection &symbols) {
  auto variable = symbols.lookupNearestSymbolFrom<VariableOp>(user, name);
  if (!variable) {
    user->emitOpError("names ") << name << ", which is no gm.variable";
  }
  return variable;
}

/// Checks that `user` names a variable of type `type`.
static LogicalResult verifyVariable(Operation *user, FlatSymbolRefAttr name,
                                    Type type, SymbolTableCollection &symbols) {
  VariableOp variable = variableOf(user, name, symbols);
  if (!variable) {
    return failure();
  }
  if (variable.getType() != type) {
    return user->emitOpError("has type ")
           << type << ", but " << name << " has " << variable.getType();
  }
  return success();
}

LogicalResult ReadOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return verifyVariable(*this, getVariableAttr(), getType(), symbols);
}

LogicalResult WriteOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return verifyVariable(*this, getVariableAttr(), getValue().getType(),
                        symbols);
}

LogicalResult MinimizeOp::verifySymbolUses(SymbolTableCollection &symbols) {
  for (auto name : getOver().getAsRange<FlatSymbolRefAttr>()) {
    VariableOp variable = variableOf(*this, name, symbols);
    if (!variable) {
      return failure();
    }
    if (variable.getRole() != "parameter") {
      return emitOpError("trains ")
             << name << ", whose role is " << variable.getRoleAttr();
    }
  }
  return success();
}

LogicalResult AverageOp::verifySymbolUses(SymbolTableCollection &symbols) {
  for (auto [from, to] :
       llvm::zip_equal(getFrom().getAsRange<FlatSymbolRefAttr>(),
                       getTo().getAsRange<FlatSymbolRefAttr>())) {
    VariableOp source = variableOf(*this, from, symbols);
    if (!source ||
        failed(verifyVariable(*this, to, source.getType(), symbols))) {
      return failure();
    }
  }
  return success();
}

} // namespace gmc::gm
