//===- Main.cpp - main() of every trainer ---------------------------------===//
//
// Hands the symbols of the compiled model to the runtime. It is a library of
// its own because only a trainer has those symbols.
//
//===----------------------------------------------------------------------===//
#include "runtime/train/CompiledModel.h"

int main(int argc, char **argv) {
  const gmc::runtime::CompiledModel model{
      {gmPlan, size_t(gmPlanSize)}, {gmArtifacts, size_t(gmArtifactCount)}};
  return gmc::runtime::trainerMain(argc, argv, model);
}
