//===- Pipeline.cpp - the order of the passes -----------------------------===//
//
// The only place that orders passes. Each phase says why its passes stand
// where they do.
//
//===----------------------------------------------------------------------===//
#include "compiler/Pipeline/Pipeline.h"

#include "compiler/Autodiff/Passes.h"
#include "compiler/Codegen/CPU/CPUPipeline.h"
#include "compiler/Conversion/GMToRT/Passes.h"
#include "compiler/Dialect/GM/Transforms/Passes.h"
#include "compiler/Dialect/NN/Transforms/Passes.h"
#include "compiler/Dialect/RT/Transforms/Passes.h"

#include "mlir/Pass/PassManager.h"

using namespace mlir;

namespace gmc::pipeline {

namespace {

void addObjectives(OpPassManager &manager) {
  // Stable forms have to be in place before they are derived. Equal values are
  // not merged yet: grad(y, a) is the derivative in `a` alone, whatever else
  // has its value.
  manager.addPass(nn::createStabilizePass());
  manager.addPass(gm::createExpandObjectivesPass());
}

void addDifferentiate(OpPassManager &manager) {
  manager.addPass(autodiff::createDifferentiatePass());
  // Seeds of one and gradients of zero vanish; then equal terms of forward and
  // backward become one; then what no update and no output needs.
  manager.addPass(nn::createSimplifyPass());
  manager.addPass(nn::createMergeEqualPass());
  manager.addPass(nn::createPrunePass());
}

void addFuse(OpPassManager &manager, const Options &options) {
  if (options.reference) {
    return;
  }
  nn::ChannelsLastPassOptions channels;
  channels.width = 2 * options.lanesF32;
  manager.addPass(nn::createChannelsLastPass(channels));
  manager.addPass(nn::createMergeEqualPass());
  manager.addPass(nn::createFlattenEventsPass());
  manager.addPass(nn::createMergeEqualPass());
  manager.addPass(nn::createFusePass());
}

void addKernels(OpPassManager &manager, const Options &options) {
  conversion::FormKernelsPassOptions form;
  // A panel is one register tile wide: two vectors (8x32 of f32).
  form.lanes = options.reference ? 0 : 2 * options.lanesF32;
  manager.addPass(conversion::createFormKernelsPass(form));
}

void addCodegen(OpPassManager &manager, const Options &options) {
  // Each kernel is scheduled and lowered once.
  manager.addPass(rt::createMergeKernelsPass());
  cpu::CPUOptions target;
  target.reference = options.reference;
  target.lanesF32 = options.lanesF32;
  cpu::buildCPUPipeline(manager, target);
}

} // namespace

std::optional<Phase> phaseNamed(llvm::StringRef name) {
#define GMC_PHASE(spelling, text)                                              \
  if (name == #spelling) {                                                     \
    return Phase::spelling;                                                    \
  }
#include "compiler/Pipeline/phases.def"
  return std::nullopt;
}

const char *nameOf(Phase phase) {
  static const char *const names[] = {
#define GMC_PHASE(spelling, text) #spelling,
#include "compiler/Pipeline/phases.def"
  };
  return names[static_cast<int>(phase)];
}

LogicalResult runPhase(ModuleOp module, Phase phase, const Options &options) {
  PassManager manager(module.getContext());
  manager.enableVerifier(true);
  if (!options.reproducer.empty()) {
    manager.enableCrashReproducerGeneration(options.reproducer);
  }
  switch (phase) {
  case Phase::objectives:
    addObjectives(manager);
    break;
  case Phase::differentiate:
    addDifferentiate(manager);
    break;
  case Phase::fuse:
    addFuse(manager, options);
    break;
  case Phase::kernels:
    addKernels(manager, options);
    break;
  case Phase::codegen:
    // The places of variables stand in the buffers of the entries by now.
    for (auto variable :
         llvm::make_early_inc_range(module.getOps<gm::VariableOp>())) {
      variable.erase();
    }
    addCodegen(manager, options);
    break;
  default:
    break;
  }
  return manager.run(module);
}

} // namespace gmc::pipeline
