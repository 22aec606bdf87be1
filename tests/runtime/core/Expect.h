//===- Expect.h - helpers of the runtime's tests ----------------*- C++ -*-===//
//
// A folder that goes when the test ends, whole files as strings, and the
// expectation that a call fails with a code and a text.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_TESTS_RUNTIME_CORE_EXPECT_H
#define GMC_TESTS_RUNTIME_CORE_EXPECT_H

#include "runtime/core/Status.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace gmc::runtime::test {

class TemporaryFolder {
public:
  TemporaryFolder() {
    std::string name =
        (std::filesystem::temp_directory_path() / "gmc-XXXXXX").string();
    path = mkdtemp(name.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }

  std::filesystem::path operator/(std::string_view name) const {
    return path / name;
  }
  /// Returns the number of names in the folder.
  int64_t count() const {
    return std::distance(std::filesystem::directory_iterator(path), {});
  }

  std::filesystem::path path;
};

inline std::string readFile(const std::filesystem::path &path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

inline void writeFile(const std::filesystem::path &path,
                      std::string_view bytes) {
  std::ofstream out(path, std::ios::binary);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  ASSERT_TRUE(out.good());
}

/// Expects `body` to throw a Failure with `exitCode` whose text has `part`.
template <typename Body>
void expectFailure(int exitCode, std::string_view part, Body body,
                   std::string_view what = "") {
  try {
    body();
    ADD_FAILURE() << what << ": nothing failed, expected: " << part;
  } catch (const Failure &failure) {
    std::string text = failure.what();
    EXPECT_EQ(failure.exitCode, exitCode) << what << ": " << text;
    EXPECT_NE(text.find(part), std::string::npos)
        << what << ": expected `" << part << "` in: " << text;
  }
}

} // namespace gmc::runtime::test

#endif // GMC_TESTS_RUNTIME_CORE_EXPECT_H
