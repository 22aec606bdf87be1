//===- Prune.cpp - erases what nothing needs ------------------------------===//
#include "compiler/Dialect/NN/Transforms/Passes.h"

#include "mlir/IR/Iterators.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace gmc::nn {
#define GEN_PASS_DEF_PRUNEPASS
#include "compiler/Dialect/NN/Transforms/Passes.h.inc"
} // namespace gmc::nn

using namespace mlir;
using namespace gmc;

namespace {

struct PrunePass : nn::impl::PrunePassBase<PrunePass> {
  using Base::Base;

  // Users come after what they use, so one walk backwards finds all.
  void runOnOperation() override {
    getOperation()->walk<WalkOrder::PostOrder, ReverseIterator>(
        [&](Operation *op) {
          if (op != getOperation() && isOpTriviallyDead(op)) {
            op->erase();
          }
        });
  }
};

} // namespace
