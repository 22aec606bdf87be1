//===- Replay.cpp - feeds the files of folders to the readers -------------===//
//
//   fuzzReplay FOLDER..
//
// FOLDER/READER holds files for that reader. What ends the process is a
// finding; the last line of stderr is then the file. A reader that takes none
// of its files, or all, is no test, so that ends with 1.
//
//===----------------------------------------------------------------------===//
#include "tests/campaign/fuzz/Harness.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <utility>
#include <vector>

using namespace gmc::fuzz;
using std::filesystem::path;

static constexpr std::pair<const char *, bool (*)(Bytes)> table[] = {
#define GMC_READER(name) {#name, readers::name},
#include "tests/campaign/fuzz/Readers.def"
};

static std::vector<path> filesIn(const path &folder) {
  std::vector<path> files;
  if (std::filesystem::is_directory(folder)) {
    for (const auto &entry : std::filesystem::directory_iterator(folder)) {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

static bool feed(bool (*reader)(Bytes), const path &file) {
  std::ifstream stream(file, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(stream), {}};
  require(!stream.bad(), "cannot read " + file.string());
  // stderr is not buffered, so that a finding comes after its file.
  fmt::print(stderr, "{}\n", file.string());
  return reader(
      {reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size()});
}

int main(int argc, char **argv) {
  size_t idle = 0;
  for (const auto &[name, reader] : table) {
    size_t count = 0, taken = 0;
    for (int i = 1; i < argc; ++i) {
      for (const path &file : filesIn(path(argv[i]) / name)) {
        taken += feed(reader, file);
        ++count;
      }
    }
    fmt::print("{}: {} files, {} taken\n", name, count, taken);
    idle += taken == 0 || taken == count;
  }
  if (idle > 0) {
    fmt::print(stderr, "{} readers took nothing, or refused nothing\n", idle);
  }
  return idle > 0 ? 1 : 0;
}
