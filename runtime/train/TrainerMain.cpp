//===- TrainerMain.cpp - from argv to an exit code ------------------------===//
//
// Sets the program up, picks the verb, and turns every way to fail into one
// message and a documented exit code.
//
//===----------------------------------------------------------------------===//
#include "runtime/core/Status.h"
#include "runtime/train/Console.h"
#include "runtime/train/Signals.h"
#include "runtime/train/Verbs.h"

#include <new>

namespace gmc::runtime {

static int runVerb(const Request &request) {
  switch (request.options.verb) {
  case Verb::None:
    return ExitOk;
  case Verb::Train:
    return runTrain(request);
  case Verb::Resume:
    return runResume(request);
  case Verb::Eval:
    return runEval(request);
  case Verb::Procedure:
    return runProcedure(request);
  case Verb::Info:
    return runInfo(request);
  case Verb::Bench:
    return runBench(request);
  case Verb::DiagnoseGradients:
    return runDiagnoseGradients(request);
  case Verb::DiagnoseCollapse:
    return runDiagnoseCollapse(request);
  }
  fail(ExitInternal, "a verb without a function");
}

/// A result that nobody could read is not a success; a training run is, its
/// results lie in files.
static int checkOutput(Verb verb, int code) {
  const bool keepsFiles =
      verb == Verb::Train || verb == Verb::Resume || verb == Verb::Procedure;
  return code == ExitOk && !keepsFiles && out().isBroken() ? ExitInputOutput
                                                           : code;
}

int trainerMain(int argc, char **argv, const CompiledModel &compiled) {
  try {
    guardStandardStreams();
    catchStopSignals();
    const Model model = readModel(compiled);
    const RunOptions options = parseCommandLine(argc, argv, model.plan);
    return checkOutput(options.verb, runVerb({model, options}));
  } catch (const Failure &failure) {
    err().print("error: {}", failure.what());
    if (failure.exitCode == ExitInternal) {
      err().print("this is a bug in gmc, please report it");
    }
    return failure.exitCode;
  } catch (const std::bad_alloc &) {
    err().print("error: the system has no more memory for this run");
    return ExitMemory;
  } catch (const std::exception &unknown) {
    err().print("error: {}\nthis is a bug in gmc, please report it",
                unknown.what());
    return ExitInternal;
  }
}

} // namespace gmc::runtime
