//===- MergeEqual.cpp - one op for equal values ---------------------------===//
#include "compiler/Dialect/NN/IR/NNDialect.h"
#include "compiler/Dialect/NN/Transforms/Passes.h"

#include "mlir/IR/Dominance.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/CSE.h"

#include "llvm/ADT/DenseMap.h"

namespace gmc::nn {
#define GEN_PASS_DEF_MERGEEQUALPASS
#include "compiler/Dialect/NN/Transforms/Passes.h.inc"
} // namespace gmc::nn

using namespace mlir;
using namespace gmc;

namespace {

struct MergeEqualPass : nn::impl::MergeEqualPassBase<MergeEqualPass> {
  using Base::Base;

  // Products for different uses may be equal: uses are taken away meanwhile.
  void runOnOperation() override {
    llvm::DenseMap<Operation *, nn::UseAttr> uses;
    getOperation()->walk([&](Operation *op) {
      if (nn::UseAttr use = nn::useOf(op)) {
        uses[op] = use;
        op->removeAttr("use");
      }
    });
    IRRewriter rewriter(&getContext());
    DominanceInfo dominance;
    eliminateCommonSubExpressions(rewriter, dominance, getOperation());
    getOperation()->walk([&](Operation *op) {
      if (nn::UseAttr use = uses.lookup(op)) {
        op->setAttr("use", use);
      }
    });
  }
};

} // namespace
