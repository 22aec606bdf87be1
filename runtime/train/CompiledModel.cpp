//===- CompiledModel.cpp - the model as the trainer is given it -----------===//
#include "runtime/train/CompiledModel.h"

#include "runtime/core/Status.h"
#include "runtime/cpu/CpuFeatures.h"
#include "runtime/plan/Json.h"

namespace gmc::runtime {

Model readModel(const CompiledModel &compiled) {
  try {
    Model model;
    model.plan = plan::planFrom(compiled.plan);
    for (const GmArtifact *artifact : compiled.artifacts) {
      model.artifact =
          plan::artifactFrom({artifact->description, size_t(artifact->size)},
                             model.plan, GM_ABI_VERSION);
      model.entries = artifact->entries;
      model.kernels = artifact->kernels;
      if (missingCpuFeatures(model.artifact.features).empty()) {
        break;
      }
    }
    return model;
  } catch (const plan::Broken &broken) {
    fail(ExitInternal, "{}", broken.what());
  }
}

} // namespace gmc::runtime
