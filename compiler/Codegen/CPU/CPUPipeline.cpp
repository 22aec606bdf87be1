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
  if (options.reference) {
    manager.addNestedPass<func::FuncOp>(createCPULoopKernels());
  } else {
    manager.addPass(createCPUScheduleKernels({options.lanesF32}));
    OpPassManager &kernels = manager.nest<func::FuncOp>();
    kernels.addPass(createCSEPass());
    kernels.addPass(createLoopInvariantCodeMotionPass());
  }
  manager.addPass(createCPULowerMath({/*polynomials=*/!options.reference}));
  manager.addNestedPass<func::FuncOp>(createSCFToControlFlowPass());
  manager.addPass(createCPULowerToLLVM());
  manager.addPass(createCPULowerLaunches());
}

namespace {

struct ScheduledOptions : PassPipelineOptions<ScheduledOptions> {
  Option<int> lanes{*this, "lanes", llvm::cl::desc("lanes of f32 in a vector"),
                    llvm::cl::init(8)};
};

} // namespace

void registerCPUCodegen() {
  registerCPUPasses();
  PassPipelineRegistration<>("cpu-reference",
                             "kernels as plain loops, to the LLVM dialect",
                             [](OpPassManager &manager) {
                               CPUOptions options;
                               options.reference = true;
                               buildCPUPipeline(manager, options);
                             });
  PassPipelineRegistration<ScheduledOptions>(
      "cpu-scheduled", "kernels on vectors, to the LLVM dialect",
      [](OpPassManager &manager, const ScheduledOptions &given) {
        CPUOptions options;
        options.lanesF32 = given.lanes;
        buildCPUPipeline(manager, options);
      });
}

} // namespace gmc::cpu
