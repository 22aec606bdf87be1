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

struct FormKernelsPass : impl::FormKernelsPassBase<FormKernelsPass> {
  using Base::Base;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    OpBuilder builder(module.getContext());
    VariablePlans variables;
    for (auto variable : module.getOps<gm::VariableOp>()) {
      variables[variable.getSymName()].variable = variable;
    }
    std::vector<EntryPlan> plans;
    for (auto entry :
         llvm::make_early_inc_range(module.getOps<gm::EntryOp>())) {
      builder.setInsertionPoint(entry);
      plans.push_back(collectLaunches(builder, entry));
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
