//===- Simplify.cpp - the pass --nn-simplify ------------------------------===//
#include "compiler/Dialect/NN/Transforms/Passes.h"
#include "compiler/Dialect/NN/Transforms/Rewriting.h"

#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace gmc::nn {
#define GEN_PASS_DEF_SIMPLIFYPASS
#include "compiler/Dialect/NN/Transforms/Passes.h.inc"
} // namespace gmc::nn

using namespace mlir;
using namespace gmc;

namespace {

struct SimplifyPass : nn::impl::SimplifyPassBase<SimplifyPass> {
  using Base::Base;

  LogicalResult initialize(MLIRContext *context) override {
    RewritePatternSet set(context);
    nn::populateSimplifyConstants(set);
    nn::populateSimplifyArithmetic(set);
    nn::populateSimplifyShapes(set);
    patterns = std::move(set);
    return success();
  }

  void runOnOperation() override {
    WalkResult requests = getOperation()->walk([](nn::GradientOp op) {
      op.emitOpError("must be written out by --autodiff-differentiate before "
                     "--nn-simplify");
      return WalkResult::interrupt();
    });
    if (requests.wasInterrupted()) {
      return signalPassFailure();
    }
    // A set that has not settled after this many rounds is still correct.
    GreedyRewriteConfig config;
    config.setMaxIterations(20).setRegionSimplificationLevel(
        GreedySimplifyRegionLevel::Disabled);
    (void)applyPatternsGreedily(getOperation(), patterns, config);
  }

private:
  FrozenRewritePatternSet patterns;
};

} // namespace
