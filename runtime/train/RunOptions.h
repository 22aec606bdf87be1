//===- RunOptions.h - the command line of a trainer -------------*- C++ -*-===//
//
// What the user asked for, parsed and checked against the plan. Nothing
// else in the runtime reads argv.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_TRAIN_RUNOPTIONS_H
#define GMC_RUNTIME_TRAIN_RUNOPTIONS_H

#include "runtime/io/RunFolder.h"
#include "runtime/plan/Plan.h"
#include "runtime/train/DataShelf.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>

namespace gmc::runtime {

enum class Verb : uint8_t {
  None, ///< help was printed
  Train,
  Resume,
  Eval,
  Procedure,
  Info,
  Bench,
  DiagnoseGradients,
  DiagnoseCollapse
};

struct RunOptions {
  Verb verb = Verb::None;
  size_t procedure = 0; ///< Procedure: index into the plan's

  RunFolder folder{"run"};
  DataFolders data;
  std::map<std::string, std::string> weights; ///< files, by network
  std::optional<uint64_t> seed;
  unsigned threads = 0; ///< 0: one for each core
  std::optional<double> epochs;
  std::optional<uint64_t> steps;
  std::optional<uint64_t> saveEvery;
  std::optional<double> maxSeconds;
  std::string dumpDraws;                ///< folder; empty: none
  std::map<std::string, double> hypers; ///< of --set
  bool overwrite = false;
  bool json = false;

  /// Of the procedure, by name; a count of 0 is all that the data have.
  std::map<std::string, double> arguments;
  bool countGiven = false;                  ///< of the procedure, by a flag
  std::map<std::string, std::string> files; ///< of the procedure, by argument
  std::string output;                       ///< of the procedure; "": samples/
};

/// Fails with 2 where a number of the run does not keep to what takes it, or is
/// not whole and must be. `text` is how it was given.
void checkRange(const std::string &text, double value,
                const plan::Scalar &scalar);

/// Parses the command line. Prints help where it is asked for and returns verb
/// None then. Throws Failure 2 for anything that is not understood.
RunOptions parseCommandLine(int argc, char **argv, const plan::Plan &plan);

} // namespace gmc::runtime

#endif // GMC_RUNTIME_TRAIN_RUNOPTIONS_H
