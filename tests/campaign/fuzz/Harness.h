//===- Harness.h - feeds bytes to a reader ----------------------*- C++ -*-===//
//
// A reader here takes bytes that may be anything, hands them to gmc as a file,
// and looks whether what comes back is what is promised: a result that is
// consistent and the same the second time, or the documented Failure. All else
// ends the process, which libFuzzer and the replay both take as a finding.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_TESTS_CAMPAIGN_FUZZ_HARNESS_H
#define GMC_TESTS_CAMPAIGN_FUZZ_HARNESS_H

#include "runtime/core/Status.h"

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace gmc::fuzz {

using Bytes = std::span<const uint8_t>;

/// Every reader of Readers.def; tells whether the bytes were taken.
namespace readers {
#define GMC_READER(name) bool name(Bytes bytes);
#include "tests/campaign/fuzz/Readers.def"
} // namespace readers

inline std::string_view textOf(Bytes bytes) {
  return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

/// Ends the process with `what` unless `holds`.
void require(bool holds, const std::string &what);

/// Writes `bytes` to `name` in a folder of this process and returns the path.
std::filesystem::path fileOf(const std::string &name, std::string_view bytes);

/// Ends the process unless `failure` has exit code `documented` and a message
/// that a terminal can show.
void requireDocumented(const runtime::Failure &failure, int documented);

/// Runs `read` and tells whether it succeeded. It may throw a Failure with exit
/// code `documented`; any other, and any other exception, is a finding.
template <typename Read> bool succeeds(int documented, Read read) {
  try {
    read();
  } catch (const runtime::Failure &failure) {
    requireDocumented(failure, documented);
    return false;
  }
  return true;
}

} // namespace gmc::fuzz

#endif // GMC_TESTS_CAMPAIGN_FUZZ_HARNESS_H
