//===- CompiledModel.h - the model as the trainer is given it ---*- C++ -*-===//
//
// The symbols of runtime/abi/gmAbi.h behind one struct, so that tests can hand
// in models of their own.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_TRAIN_COMPILEDMODEL_H
#define GMC_RUNTIME_TRAIN_COMPILEDMODEL_H

#include "runtime/abi/gmAbi.h"

#include <string_view>

namespace gmc::runtime {

struct CompiledModel {
  std::string_view manifest;
  const GmEntry *entries = nullptr; ///< in the manifest's order
  const GmEntry *kernels = nullptr; ///< in the manifest's order
};

/// Everything that a trainer's main() does; returns the exit code.
int trainerMain(int argc, char **argv, const CompiledModel &model);

} // namespace gmc::runtime

#endif // GMC_RUNTIME_TRAIN_COMPILEDMODEL_H
