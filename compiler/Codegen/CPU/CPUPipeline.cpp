//===- CPUPipeline.cpp - order of the passes ------------------------------===//
#include "compiler/Codegen/CPU/CPUPipeline.h"

#include "compiler/Codegen/CPU/Passes.h"

#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace gmc::cpu {

void buildCPUPipeline(OpPassManager &manager, const CPUOptions &options) {
  OpPassManager &kernels = manager.nest<func::FuncOp>();
  if (options.reference) {
    kernels.addPass(createCPULoopKernels());
  } else {
    kernels.addPass(createCPUScheduleKernels({options.lanesF32}));
    kernels.addPass(createCSEPass());
    kernels.addPass(createLoopInvariantCodeMotionPass());
  }
  manager.addPass(createCPULowerMath({/*polynomials=*/!options.reference}));
  manager.addNestedPass<func::FuncOp>(createSCFToControlFlowPass());
  manager.addPass(createCPULowerToLLVM());
  manager.addPass(createCPULowerLaunches());
}

void registerCPUCodegen() {
  registerCPUPasses();
  PassPipelineRegistration<>("cpu-reference",
                             "kernels as plain loops, to the LLVM dialect",
                             [](OpPassManager &manager) {
                               CPUOptions options;
                               options.reference = true;
                               buildCPUPipeline(manager, options);
                             });
}

} // namespace gmc::cpu
