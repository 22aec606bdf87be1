//===- CompiledModel.h - the model as the trainer is given it ---*- C++ -*-===//
//
// The symbols of runtime/abi/gmAbi.h behind one struct, so that tests can hand
// in models of their own, and what is read out of them.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_TRAIN_COMPILEDMODEL_H
#define GMC_RUNTIME_TRAIN_COMPILEDMODEL_H

#include "runtime/abi/gmAbi.h"
#include "runtime/plan/Artifact.h"

#include <span>
#include <string_view>

namespace gmc::runtime {

struct CompiledModel {
  std::string_view plan;
  std::span<const GmArtifact *const> artifacts; ///< at least one
};

/// A model that has been read, with the artifact that was chosen for this
/// machine.
struct Model {
  plan::Plan plan;
  plan::Artifact artifact;
  const GmEntry *entries = nullptr; ///< in the order of the plan's
  const GmEntry *kernels = nullptr; ///< in the order of the artifact's
};

/// Reads and checks `compiled`; a breach of the contract is Failure 70. Chooses
/// the first artifact that this processor can run; where it can run none, the
/// last one, which a Machine then refuses.
Model readModel(const CompiledModel &compiled);

/// Everything that a trainer's main() does; returns the exit code.
int trainerMain(int argc, char **argv, const CompiledModel &model);

} // namespace gmc::runtime

#endif // GMC_RUNTIME_TRAIN_COMPILEDMODEL_H
