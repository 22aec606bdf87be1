// Runs trainers for the tests of this folder, inside the test or as a process
// of their own, and compares what they leave behind.
#ifndef GMC_TESTS_RUNTIME_TRAIN_RUNHELPERS_H
#define GMC_TESTS_RUNTIME_TRAIN_RUNHELPERS_H

#include "tests/runtime/train/FakeModel.h"

#include <filesystem>
#include <string>
#include <sys/types.h>
#include <vector>

namespace gmc::runtime::fake {

using Words = std::vector<std::string>;

/// A folder that vanishes with the object.
class TemporaryFolder {
public:
  TemporaryFolder();
  ~TemporaryFolder();
  std::string operator/(const std::string &name) const {
    return (path / name).string();
  }
  std::filesystem::path path;
};

/// What a trainer said and returned.
struct Outcome {
  int code = 0;
  std::string out, err;
};

/// Calls trainerMain with `model` here.
Outcome runHere(const Words &words, const CompiledModel &model);
Outcome runHere(const Words &words);

/// A trainer in a process of its own; its outputs go to /dev/null.
class Process {
public:
  /// `environment` holds further NAME=VALUE; `before` runs in the child.
  explicit Process(const Words &words, const Words &environment = {},
                   void (*before)() = nullptr);
  ~Process();
  void send(int signal) const;
  /// Waits for the end and returns the exit code, 128 + n after signal n.
  int wait();

private:
  pid_t pid;
};

std::string readText(const std::filesystem::path &path);

/// The lines of metrics.csv without the last column, which is of times.
std::vector<std::string> rowsOf(const std::filesystem::path &run);

/// Waits up to 20 s for `path` to exist; false if it never does.
bool waitFor(const std::filesystem::path &path);

} // namespace gmc::runtime::fake

#endif // GMC_TESTS_RUNTIME_TRAIN_RUNHELPERS_H
