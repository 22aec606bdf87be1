//===- InputFile.cpp - reading files that others wrote
//---------------------===//

#include "runtime/core/InputFile.h"

#include "runtime/core/Status.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace gmc::runtime {

/// Returns what `mode` is, in words.
static const char *kindOf(mode_t mode) {
  switch (mode & S_IFMT) {
  case S_IFDIR:
    return "a directory";
  case S_IFIFO:
    return "a pipe";
  case S_IFCHR:
  case S_IFBLK:
    return "a device";
  case S_IFSOCK:
    return "a socket";
  default:
    return "not a regular file";
  }
}

InputFile::InputFile(const std::filesystem::path &path, int wrongKind)
    : printedName(printable(path.string(), 4096)) {
  // O_NONBLOCK: opening a FIFO returns at once instead of waiting for a writer.
  do {
    descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  } while (descriptor < 0 && errno == EINTR);
  if (descriptor < 0) {
    fail(ExitInputOutput, "{}: cannot be opened: {}", printedName,
         std::strerror(errno));
  }
  struct stat status {};
  if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
    close(descriptor);
    fail(wrongKind, "{}: is {}, expected a regular file", printedName,
         kindOf(status.st_mode));
  }
  byteCount = status.st_size;
}

InputFile::~InputFile() { close(descriptor); }

int64_t InputFile::read(std::span<std::byte> out) {
  // The kernel takes at most 2 GiB at once.
  constexpr size_t largest = size_t(1) << 30;
  size_t done = 0;
  while (done < out.size()) {
    ssize_t count = ::read(descriptor, out.data() + done,
                           std::min(largest, out.size() - done));
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      fail(ExitInputOutput, "{}: cannot be read: {}", printedName,
           std::strerror(errno));
    }
    if (count == 0) {
      break;
    }
    done += static_cast<size_t>(count);
  }
  return static_cast<int64_t>(done);
}

} // namespace gmc::runtime
