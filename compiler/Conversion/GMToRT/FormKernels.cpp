//===- FormKernels.cpp - from values to places ----------------------------===//
//
// Kernels for the ops of every entry, layouts for the whole module, places for
// every value. Afterwards nothing of gm but the variables, with their storage,
// and nothing of nn is left.
//
//===----------------------------------------------------------------------===//
#include "compiler/Conversion/GMToRT/ArenaPlan.h"
#include "compiler/Conversion/GMToRT/EntryPlan.h"

using namespace mlir;

namespace gmc::conversion {

#define GEN_PASS_DEF_FORMKERNELSPASS
#include "compiler/Conversion/GMToRT/Passes.h.inc"

namespace {

/// Gives each variable its offsets and says them in its `storage`. Returns the
/// bytes of the state.
int64_t placeVariables(VariablePlans &variables) {
  int64_t bytes = 0;
  for (auto &[name, plan] : variables) {
    Builder builder(plan.variable.getContext());
    auto type = cast<RankedTensorType>(plan.variable.getType());
    SmallVector<Attribute> storage;
    for (Layout layout : plan.layouts) {
      plan.offsets.push_back(bytes);
      storage.push_back(
          builder.getDenseI64ArrayAttr({bytes, layout.axis, layout.width}));
      bytes += alignUp(bytesOf(type, layout));
    }
    plan.variable.setStorageAttr(builder.getArrayAttr(storage));
  }
  return bytes;
}

/// Checks that memory can hold a value of `type`, which `op` has.
LogicalResult verifyPlace(Operation *op, Type type) {
  auto tensor = cast<RankedTensorType>(type);
  if (!rt::isBuffer(
          MemRefType::get(tensor.getShape(), tensor.getElementType()))) {
    return op->emitError("no memory holds ") << type;
  }
  return success();
}

LogicalResult verifyOp(Operation *op) {
  if (isa<gm::MinimizeOp, gm::AverageOp>(op)) {
    return op->emitError("is not written out: --gm-expand-objectives is to run "
                         "first");
  }
  if (isa<nn::GradientOp>(op)) {
    return op->emitError("is not written out: --autodiff-differentiate is to "
                         "run first");
  }
  return success(llvm::all_of(op->getResultTypes(), [&](Type type) {
    return succeeded(verifyPlace(op, type));
  }));
}

/// Checks that kernels can be formed of all that the module has: its earlier
/// passes are done, and every value fits a memory.
LogicalResult verifyInput(ModuleOp module) {
  for (auto variable : module.getOps<gm::VariableOp>()) {
    if (failed(verifyPlace(variable, variable.getType()))) {
      return failure();
    }
  }
  for (auto entry : module.getOps<gm::EntryOp>()) {
    for (Type type : entry.getBody().getArgumentTypes()) {
      if (failed(verifyPlace(entry, type))) {
        return failure();
      }
    }
    WalkResult walked = entry.getBody().walk(
        [](Operation *op) { return WalkResult(verifyOp(op)); });
    if (walked.wasInterrupted()) {
      return failure();
    }
  }
  return success();
}

struct FormKernelsPass : impl::FormKernelsPassBase<FormKernelsPass> {
  using Base::Base;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    OpBuilder builder(module.getContext());
    if (lanes < 0 || lanes > 1024) {
      module.emitError("lanes must be from 0 to 1024, not ") << lanes;
      return signalPassFailure();
    }
    if (failed(verifyInput(module))) {
      return signalPassFailure();
    }
    VariablePlans variables;
    for (auto variable : module.getOps<gm::VariableOp>()) {
      variables[variable.getSymName()].variable = variable;
    }
    std::vector<EntryPlan> plans;
    for (auto entry :
         llvm::make_early_inc_range(module.getOps<gm::EntryOp>())) {
      builder.setInsertionPoint(entry);
      FailureOr<EntryPlan> plan = collectLaunches(builder, entry);
      if (failed(plan)) {
        return signalPassFailure();
      }
      plans.push_back(std::move(*plan));
    }
    chooseLayouts(plans, variables, lanes);
    int64_t stateBytes = placeVariables(variables), arenaBytes = 0;
    for (EntryPlan &plan : plans) {
      builder.setInsertionPoint(plan.entry);
      arenaBytes = std::max(arenaBytes, emitEntry(builder, plan, variables));
    }
    for (EntryPlan &plan : plans) {
      plan.entry.erase();
    }
    module->setAttr(stateBytesAttribute,
                    builder.getI64IntegerAttr(stateBytes));
    module->setAttr(arenaBytesAttribute,
                    builder.getI64IntegerAttr(arenaBytes));
  }
};

} // namespace

} // namespace gmc::conversion
