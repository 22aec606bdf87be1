//===- RunFolder.h - the folder of one run ----------------------*- C++ -*-===//
//
// The names of the files in a run's folder, the lock that keeps a second
// trainer out of it, and config.json.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_IO_RUNFOLDER_H
#define GMC_RUNTIME_IO_RUNFOLDER_H

#include <nlohmann/json_fwd.hpp>

#include <filesystem>

namespace gmc::runtime {

/// The paths of a run's files.
struct RunFolder {
  std::filesystem::path path;

  std::filesystem::path checkpoint() const {
    return path / "checkpoint.safetensors";
  }
  std::filesystem::path metrics() const { return path / "metrics.csv"; }
  std::filesystem::path config() const { return path / "config.json"; }
  std::filesystem::path samples() const { return path / "samples"; }
  std::filesystem::path lock() const { return path / ".lock"; }

  bool hasCheckpoint() const;
  /// Makes the folder and `samples`, and removes temporary files that a killed
  /// run left. Throws Failure 5. Call it with the lock held.
  void prepare() const;
  /// Writes config.json, indented, with a final newline.
  void writeConfig(const nlohmann::ordered_json &config) const;
};

/// Held by the trainer that writes into a folder. The lock is the kernel's
/// (flock), so a killed trainer leaves none behind; the file holds the pid for
/// the message of the second one (row T18).
class RunLock {
public:
  /// Makes the folder if needed and takes the lock, or throws Failure 5 that
  /// names the pid of the holder.
  explicit RunLock(const RunFolder &folder);
  ~RunLock();
  RunLock(const RunLock &) = delete;
  RunLock &operator=(const RunLock &) = delete;

private:
  std::filesystem::path path;
  int descriptor = -1;
};

} // namespace gmc::runtime

#endif // GMC_RUNTIME_IO_RUNFOLDER_H
