//===- Verbs.h - what a trainer can be asked to do --------------*- C++ -*-===//
//
// One function for each verb of the command line; each returns the exit code
// and throws Failure.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_TRAIN_VERBS_H
#define GMC_RUNTIME_TRAIN_VERBS_H

#include "runtime/train/CompiledModel.h"
#include "runtime/train/DataShelf.h"
#include "runtime/train/Machine.h"
#include "runtime/train/RunConfig.h"
#include "runtime/train/RunOptions.h"

#include <optional>

namespace gmc::runtime {

/// What every verb is given.
struct Request {
  const Model &model;
  const RunOptions &options;
};

int runTrain(const Request &request);
int runResume(const Request &request);
int runEval(const Request &request);
int runProcedure(const Request &request);
int runInfo(const Request &request);
int runBench(const Request &request);
int runDiagnoseGradients(const Request &request);
int runDiagnoseCollapse(const Request &request);

/// A model with the weights of the run's checkpoint, for verbs that only look.
struct LoadedRun {
  RunConfig config; ///< of the run, with the flags of this command line
  RunState run;
};

/// Loads the checkpoint of `request`'s folder into `machine`: tensors, seed,
/// hypers and clocks. Throws Failure 5 that says how to get one where there is
/// none.
LoadedRun loadRun(const Request &request, Machine &machine, Purpose purpose);

/// Writes the clocks of the checkpoint into the scalars: a schedule stands
/// where the training left it. A checkpoint of weights only leaves them at 0.
void restoreClocks(Machine &machine, const RunState &run);

/// Prints which class has which number, of the data that `shelf` holds and
/// whose classes have names.
void printClasses(const plan::Plan &plan, const DataShelf &shelf);

/// Writes the hypers of `config` into the scalars.
void setHypers(Machine &machine, const RunConfig &config);

} // namespace gmc::runtime

#endif // GMC_RUNTIME_TRAIN_VERBS_H
