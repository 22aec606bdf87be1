//===- RunConfig.h - config.json --------------------------------*- C++ -*-===//
//
// Every resolved knob of a run. `train` writes it, `resume` and the other verbs
// read from it where the run's data lie and how long it lasts.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_TRAIN_RUNCONFIG_H
#define GMC_RUNTIME_TRAIN_RUNCONFIG_H

#include "runtime/train/Machine.h"
#include "runtime/train/RunOptions.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace gmc::runtime {

struct RunConfig {
  uint64_t seed = 0;
  DataFolders data; ///< absolute paths; only what --data gave
  std::map<std::string, std::string> weights; ///< what --weights gave, alike
  std::optional<double> epochs;
  std::optional<uint64_t> steps;
  std::optional<uint64_t> saveEvery;
  std::map<std::string, double> hypers; ///< all of them
  std::map<std::string, double> constants;
  std::string hash; ///< of the model that wrote it
  int64_t batch = 0;
};

/// The knobs of a run from its beginning: defaults and `options`.
RunConfig newConfig(const plan::Plan &plan, const RunOptions &options);

/// Reads config.json; nothing where there is none, Failure 4 where it is not
/// one.
std::optional<RunConfig> readConfig(const RunFolder &folder);

/// Lets the flags of `options` that may change in a run replace those of
/// `config`. An own --epochs or --steps replaces both.
void updateConfig(RunConfig &config, const RunOptions &options);

/// Writes config.json of a run on `machine`.
void writeConfig(const RunFolder &folder, const Machine &machine,
                 const RunConfig &config);

/// What tells the model of `config` from `plan`, one difference a line; ""
/// where nothing is seen.
std::string configDifferences(const RunConfig &config, const plan::Plan &plan);

} // namespace gmc::runtime

#endif // GMC_RUNTIME_TRAIN_RUNCONFIG_H
