//===- LoopKernels.cpp - the reference way: kernels as plain loops --------===//
//
// Every linalg operation of a kernel becomes its own nest of scalar loops, in
// order. What the kernel allocates (the tile of a product, which here is a
// whole matrix) is freed before it returns.
//
//===----------------------------------------------------------------------===//
#include "compiler/Codegen/CPU/KernelAttributes.h"
#include "compiler/Codegen/CPU/Passes.h"
#include "compiler/Dialect/RT/IR/Kernel.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"

using namespace mlir;

namespace gmc::cpu {
#define GEN_PASS_DEF_CPULOOPKERNELS
#include "compiler/Codegen/CPU/Passes.h.inc"

namespace {

struct LoopKernels : impl::CPULoopKernelsBase<LoopKernels> {
  void runOnOperation() override {
    func::FuncOp kernel = getOperation();
    if (!kernel->hasAttr(kernelAttr)) {
      return;
    }
    if (failed(rt::verifyKernel(kernel))) {
      return signalPassFailure();
    }
    for (unsigned i = 0; i < kernel.getNumArguments(); ++i) {
      if (kernel.getArgAttr(i, panelsAttr)) {
        kernel.emitError("the reference pipeline knows no panels: argument ")
            << i << " has " << panelsAttr;
        return signalPassFailure();
      }
    }
    IRRewriter rewriter(&getContext());
    SmallVector<linalg::LinalgOp> ops;
    kernel.walk([&](linalg::LinalgOp op) { ops.push_back(op); });
    for (linalg::LinalgOp op : ops) {
      rewriter.setInsertionPoint(op);
      if (failed(linalg::linalgOpToLoops(rewriter, op))) {
        op.emitError("cannot be written as loops");
        return signalPassFailure();
      }
      rewriter.eraseOp(op);
    }
    kernel.walk([&](memref::AllocOp alloc) {
      rewriter.setInsertionPoint(alloc->getBlock()->getTerminator());
      memref::DeallocOp::create(rewriter, alloc.getLoc(), alloc);
    });
  }
};

} // namespace
} // namespace gmc::cpu
