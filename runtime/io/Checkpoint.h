//===- Checkpoint.h - the saved state of a run ------------------*- C++ -*-===//
//
// A checkpoint is a safetensors file with the tensors of the plan under
// their own names and, as metadata, all else that the next step depends on.
// Its bytes are a function of model, data, seed and step alone: no time, no
// path, no thread count goes in.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_IO_CHECKPOINT_H
#define GMC_RUNTIME_IO_CHECKPOINT_H

#include "runtime/core/StreamPosition.h"
#include "runtime/core/Tensor.h"
#include "runtime/io/Safetensors.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace gmc::runtime {

/// What identifies a data set: another number of items or other bytes are
/// another data set, wherever it lies.
struct DatasetIdentity {
  int64_t items = 0;
  std::string digest; ///< 32 hex digits, of the bytes of all fields
  bool operator==(const DatasetIdentity &) const = default;
};

/// All of a checkpoint but its tensors.
struct RunState {
  std::string gmcVersion; ///< of the writer; set by loading, not by the caller
  uint64_t seed = 0;
  uint64_t step = 0; ///< rounds of train {} since the run's first
  std::map<std::string, StreamPosition> streams; ///< by "fashion.train"
  std::map<std::string, uint64_t> counters; ///< updates, executions, clocks
  std::map<std::string, DatasetIdentity> datasets; ///< by "fashion.train"
  std::map<std::string, double> hypers; ///< what the run was started with
  bool operator==(const RunState &) const = default;
};

/// Saves the tensors of `plan` out of the region `state`, and `run`.
void saveCheckpoint(const std::filesystem::path &path, const State &state,
                    const RunState &run);

/// What a load must find.
enum class Purpose : uint8_t {
  Resume, ///< everything
  Sample, ///< parameters and states; optimisers may be absent (weights only)
};

/// Loads `path` into `state` and returns the rest. Checks the file, the
/// model's hash and every name, shape and type before the first byte of
/// `state` changes; what differs is listed in one message (row K8).
RunState loadCheckpoint(const std::filesystem::path &path, State state,
                        Purpose purpose);

/// Throws Failure 4 with the differences if the data at hand are not the
/// data of the run (row K11).
void checkDatasets(const RunState &run,
                   const std::map<std::string, DatasetIdentity> &atHand);

} // namespace gmc::runtime

#endif // GMC_RUNTIME_IO_CHECKPOINT_H
