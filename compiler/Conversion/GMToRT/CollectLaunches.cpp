//===- CollectLaunches.cpp - the kernels of an entry ----------------------===//
#include "compiler/Conversion/GMToRT/EntryPlan.h"

using namespace mlir;

namespace gmc::conversion {

Value rootOf(Value value) {
  while (auto reshape = value.getDefiningOp<nn::ReshapeOp>()) {
    value = reshape.getOperand();
  }
  return value;
}

int64_t bytesOf(RankedTensorType type, Layout layout) {
  int64_t elements = type.getNumElements();
  if (layout.width != 0) {
    int64_t along = type.getDimSize(layout.axis);
    int64_t panels = (along + layout.width - 1) / layout.width;
    elements = panels * layout.width * (elements / along);
  }
  return elements * type.getElementTypeBitWidth() / 8;
}

/// Appends kernels that write out the constants which `kernels` read from
/// memory: products do, what is element by element has them in its code.
static void fillConstants(OpBuilder &builder, EntryPlan &plan,
                          ArrayRef<Kernel> kernels,
                          llvm::DenseSet<Value> &filled) {
  for (const Kernel &kernel : kernels) {
    for (Value input : kernel.inputs) {
      Value root = rootOf(input);
      if (root.getDefiningOp<nn::ConstantOp>() && filled.insert(root).second) {
        std::string name = (plan.entry.getSymName() + "." +
                            llvm::Twine(plan.launches.size()) + ".constant")
                               .str();
        plan.launches.push_back(buildCopyKernel(builder, root, name));
      }
    }
  }
}

/// Returns whether kernels read values of `block` and constants alone, as they
/// must: nothing else that stands in an nn.fused has a place in memory.
static bool passValuesOf(Block *block, ArrayRef<Kernel> kernels) {
  return llvm::all_of(kernels, [&](const Kernel &kernel) {
    return llvm::all_of(kernel.inputs, [&](Value input) {
      return input.getParentBlock() == block ||
             rootOf(input).getDefiningOp<nn::ConstantOp>();
    });
  });
}

FailureOr<EntryPlan> collectLaunches(OpBuilder &builder, gm::EntryOp entry) {
  EntryPlan plan;
  plan.entry = entry;
  SmallVector<Kernel, 4> kernels;
  llvm::DenseSet<Value> filled;
  for (Operation &op : entry.getBody().front()) {
    if (!isa<nn::NNDialect>(op.getDialect()) ||
        isa<nn::ConstantOp, nn::ReshapeOp>(op)) {
      continue;
    }
    std::string name =
        (entry.getSymName() + "." + llvm::Twine(plan.launches.size()) + "." +
         op.getName().stripDialect())
            .str();
    kernels.clear();
    buildKernels(builder, &op, name, kernels);
    if (!passValuesOf(&entry.getBody().front(), kernels)) {
      return op.emitError("is no group that kernels compute: one of them reads "
                          "a value from inside of it");
    }
    fillConstants(builder, plan, kernels, filled);
    std::move(kernels.begin(), kernels.end(),
              std::back_inserter(plan.launches));
  }
  return plan;
}

} // namespace gmc::conversion
