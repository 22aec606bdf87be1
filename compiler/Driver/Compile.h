//===- Compile.h - a file in, an executable out -----------------*- C++ -*-===//
#ifndef GMC_COMPILER_DRIVER_COMPILE_H
#define GMC_COMPILER_DRIVER_COMPILE_H

#include "compiler/Pipeline/Pipeline.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace gmc::driver {

/// What the command line asks for.
struct Invocation {
  std::string program; ///< gmc's own path, beside which the runtime lies
  std::string input;
  std::string output; ///< empty: the input's name without `.gm`
  std::map<std::string, double> constants;
  std::optional<int64_t> batch;
  /// Processors; the program has code for each and chooses at start.
  std::vector<std::string> cpus = {"native"};
  bool reference = false;
  bool f64 = false;
  double maxGigabytes = 8; ///< of memory that gmc may take
  std::optional<pipeline::Phase> stopAfter;
  bool explain = false; ///< say what the model is instead of making it
};

/// From here on a failed allocation ends gmc with a message and exit code 6.
void installMemoryHandlers();

/// Compiles, or explains, as asked. Messages go to stderr, the text of
/// --stop-after to stdout. Returns the exit code (ExitCodes.h).
int compile(const Invocation &invocation);

/// Checks the text alone: `gmc check`.
int checkOnly(const Invocation &invocation);

/// Prints the text in canonical form to its file, or only says whether it has
/// that form: `gmc fmt [--check]`.
int format(const std::string &input, bool checkOnly);

} // namespace gmc::driver

#endif // GMC_COMPILER_DRIVER_COMPILE_H
