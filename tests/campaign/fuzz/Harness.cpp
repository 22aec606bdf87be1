//===- Harness.cpp - what all readers are held to -------------------------===//
#include "tests/campaign/fuzz/Harness.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <unistd.h>

namespace gmc::fuzz {

using std::filesystem::path;

void require(bool holds, const std::string &what) {
  if (!holds) {
    fmt::print(stderr, "finding: {}\n", what);
    std::abort();
  }
}

namespace {

/// A folder that goes when the process ends by itself.
struct Folder {
  path place = std::filesystem::temp_directory_path() /
               fmt::format("gmc-fuzz-{}", getpid());

  Folder() { std::filesystem::create_directories(place); }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(place, ignored);
  }
};

} // namespace

path fileOf(const std::string &name, std::string_view bytes) {
  static const Folder folder;
  const path file = folder.place / name;
  std::filesystem::create_directories(file.parent_path());
  std::ofstream stream(file, std::ios::binary);
  stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  stream.close();
  require(stream.good(), "cannot write " + file.string());
  return file;
}

void requireDocumented(const runtime::Failure &failure, int documented) {
  const std::string_view message = failure.what();
  require(failure.exitCode == documented,
          fmt::format("exit code {}, expected {}: {}", failure.exitCode,
                      documented, message));
  const bool isShown = std::all_of(message.begin(), message.end(), [](char c) {
    return c == '\n' || (static_cast<unsigned char>(c) >= ' ' && c != 0x7f);
  });
  require(isShown && !message.empty(),
          fmt::format("a message with control characters: {}",
                      runtime::printable(message, 1000)));
}

} // namespace gmc::fuzz
