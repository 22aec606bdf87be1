//===- NNToLinalg.cpp - nn ops as kernels of linalg on memrefs ------------===//
//
// Chooses the family that an op's kernels belong to; nn.fused is taken apart
// into one kernel a reduction and one for the element-by-element values of a
// shape, or into one product.
//
//===----------------------------------------------------------------------===//
#include "compiler/Conversion/NNToLinalg/KernelBuilder.h"
#include "compiler/Dialect/NN/IR/NNDialect.h"

#include "llvm/ADT/MapVector.h"

using namespace mlir;

namespace gmc::conversion {

namespace {

bool isReduction(Operation *op) {
  return op && isa<nn::SumOp, nn::ReduceMaxOp, nn::ReduceMinOp>(op);
}

/// Returns the ops of `fused` with the outside values of its arguments.
Group groupOf(nn::FusedOp fused) {
  Group group;
  Block &block = fused.getBody().front();
  for (Operation &op : block.without_terminator()) {
    group.ops.insert(&op);
  }
  for (auto [argument, input] :
       llvm::zip(block.getArguments(), fused.getInputs())) {
    group.outside[argument] = input;
  }
  return group;
}

void buildFused(OpBuilder &builder, nn::FusedOp fused, llvm::StringRef name,
                llvm::SmallVectorImpl<Kernel> &kernels) {
  Group group = groupOf(fused);
  Block &block = fused.getBody().front();
  SmallVector<Value> values(
      cast<nn::YieldOp>(block.getTerminator()).getValues());
  SmallVector<Value> results(fused.getResults());
  for (Operation &op : block) {
    if (nn::isProduct(&op)) {
      (isa<nn::MatmulOp>(op) ? buildProduct : buildConvolution)(
          builder, group, &op, values, results, name, kernels);
      return;
    }
  }
  // Reductions first: they may read what a pointwise kernel writes over.
  llvm::MapVector<ArrayRef<int64_t>,
                  std::pair<SmallVector<Value>, SmallVector<Value>>>
      byShape;
  for (auto [value, result] : llvm::zip(values, results)) {
    Operation *op = value.getDefiningOp();
    if (isReduction(op)) {
      buildReduction(builder, group, op, result,
                     (name + ".r" + llvm::Twine(kernels.size())).str(),
                     kernels);
      continue;
    }
    auto shape = cast<RankedTensorType>(value.getType()).getShape();
    byShape[shape].first.push_back(value);
    byShape[shape].second.push_back(result);
  }
  for (auto &[shape, pair] : byShape) {
    buildPointwise(builder, fused.getLoc(), group, pair.first, pair.second,
                   (name + ".e" + llvm::Twine(kernels.size())).str(), kernels);
  }
}

} // namespace

void buildKernels(OpBuilder &builder, Operation *op, llvm::StringRef name,
                  llvm::SmallVectorImpl<Kernel> &kernels) {
  if (auto fused = dyn_cast<nn::FusedOp>(op)) {
    buildFused(builder, fused, name, kernels);
    return;
  }
  Group alone;
  alone.ops.insert(op);
  Value result = op->getResult(0);
  if (isReduction(op)) {
    buildReduction(builder, Group(), op, result, name, kernels);
  } else if (isa<nn::MatmulOp>(op)) {
    buildProduct(builder, Group(), op, {result}, {result}, name, kernels);
  } else if (nn::isConvolution(op)) {
    buildConvolution(builder, Group(), op, {result}, {result}, name, kernels);
  } else if (isa<nn::SliceOp, nn::PadOp, nn::ConcatOp>(op)) {
    buildMove(builder, op, name, kernels);
  } else {
    buildPointwise(builder, op->getLoc(), alone, {result}, {result}, name,
                   kernels);
  }
}

} // namespace gmc::conversion
