//===- RunFolder.cpp - the folder of one run
//-------------------------------===//

#include "runtime/io/RunFolder.h"

#include "runtime/core/Status.h"
#include "runtime/io/AtomicFile.h"

#include <nlohmann/json.hpp>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace gmc::runtime {

static std::string printed(const std::filesystem::path &path) {
  return printable(path.string(), 4096);
}

bool RunFolder::hasCheckpoint() const {
  struct stat status {};
  return lstat(checkpoint().c_str(), &status) == 0;
}

/// Removes what AtomicFile and AtomicFolder left in `folder` when their process
/// was killed.
static void removeLeftovers(const std::filesystem::path &folder) {
  std::error_code error;
  for (const auto &entry : std::filesystem::directory_iterator(folder, error)) {
    std::string name = entry.path().filename().string();
    if (name.starts_with(".") && name.ends_with(".tmp")) {
      std::filesystem::remove_all(entry.path(), error);
    }
  }
}

void RunFolder::prepare() const {
  makeFolders(path);
  makeFolders(samples());
  removeLeftovers(path);
  removeLeftovers(samples());
}

void RunFolder::writeConfig(const nlohmann::ordered_json &text) const {
  using Json = nlohmann::ordered_json;
  // Bytes that are not UTF-8, as in a path, become U+FFFD.
  std::string dump = text.dump(2, ' ', false, Json::error_handler_t::replace);
  writeFileAtomically(config(), dump + "\n");
}

/// Returns the pid in the lock file, or 0.
static int readHolder(int descriptor) {
  char text[32];
  ssize_t count = pread(descriptor, text, sizeof(text), 0);
  int holder = 0;
  if (count > 0) {
    std::from_chars(text, text + count, holder);
  }
  return holder;
}

/// Tells whether `path` still names the file behind `descriptor`.
static bool isSameFile(int descriptor, const std::filesystem::path &path) {
  struct stat held {
  }, named{};
  return fstat(descriptor, &held) == 0 && stat(path.c_str(), &named) == 0 &&
         held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

RunLock::RunLock(const RunFolder &folder) : path(folder.lock()) {
  makeFolders(folder.path);
  // The holder removes the file as it leaves. Who opened it before that has
  // locked a file without a name, and tries again.
  while (true) {
    descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor < 0) {
      fail(ExitInputOutput, "{}: cannot be opened: {}", printed(path),
           std::strerror(errno));
    }
    if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
      int error = errno, holder = readHolder(descriptor);
      close(descriptor);
      if (error != EWOULDBLOCK) {
        fail(ExitInputOutput, "{}: cannot be locked: {}", printed(path),
             std::strerror(error));
      }
      fail(ExitInputOutput,
           "{}: process {} trains in this folder; wait for it or give another "
           "--out",
           printed(folder.path), holder);
    }
    if (isSameFile(descriptor, path)) {
      break;
    }
    close(descriptor);
  }
  std::string pid = std::to_string(getpid()) + "\n";
  if (ftruncate(descriptor, 0) != 0 ||
      pwrite(descriptor, pid.data(), pid.size(), 0) < 0) {
    int error = errno;
    close(descriptor);
    fail(ExitInputOutput, "{}: cannot be written: {}", printed(path),
         std::strerror(error));
  }
}

RunLock::~RunLock() {
  unlink(path.c_str());
  close(descriptor);
}

} // namespace gmc::runtime
