//===- Status.h - how the runtime says that it cannot go on -----*- C++ -*-===//
//
// One error type for the whole runtime and the exit codes that belong to it.
// Code below main throws a Failure with a message that names the place, what
// was seen and what to do; main prints it and returns its code.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_CORE_STATUS_H
#define GMC_RUNTIME_CORE_STATUS_H

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace gmc::runtime {

/// What a trainer returns to the shell. A signal n gives 128 + n.
enum ExitCode : int {
  ExitOk = 0,
  ExitModelText = 1,
  ExitUsage = 2,
  ExitData = 3,
  ExitCheckpoint = 4,
  ExitInputOutput = 5,
  ExitMemory = 6,
  ExitNotFinite = 7,
  ExitDevice = 8,
  ExitInternal = 70,
  ExitSignal = 128,
};

/// The only exception that the runtime throws on purpose.
struct Failure : std::runtime_error {
  Failure(int exitCode, const std::string &message)
      : std::runtime_error(message), exitCode(exitCode) {}
  int exitCode;
};

/// Throws a Failure with a formatted message.
template <typename... Args>
[[noreturn]] void fail(int exitCode, fmt::format_string<Args...> format,
                       Args &&...args) {
  throw Failure(exitCode, fmt::format(format, std::forward<Args>(args)...));
}

/// Returns `text` as it is but for control characters and bytes that are not
/// UTF-8, written as \xNN, and characters that hide or reorder text, written as
/// \u{202e}; cut after `limit` bytes. So a name out of a file cannot drive the
/// terminal.
std::string printable(std::string_view text, size_t limit = 80);

} // namespace gmc::runtime

#endif // GMC_RUNTIME_CORE_STATUS_H
