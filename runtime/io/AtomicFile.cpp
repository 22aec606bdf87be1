//===- AtomicFile.cpp - files that appear whole or not at all
//--------------===//

#include "runtime/io/AtomicFile.h"

#include "runtime/core/Status.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace gmc::runtime {

AtomicFile::AtomicFile(std::filesystem::path target) : path(std::move(target)) {
  struct stat status {};
  if (stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    fail(ExitInputOutput, "{}: is there and is not a regular file",
         printable(path.string(), 4096));
  }
  temporary = path;
  temporary.replace_filename(
      fmt::format(".{}.{}.tmp", path.filename().string(), getpid()));
  // One of the same name can only be the leftover of a dead process.
  unlink(temporary.c_str());
  descriptor =
      open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor < 0) {
    failWith("created", errno);
  }
}

AtomicFile::~AtomicFile() {
  if (descriptor >= 0) {
    close(descriptor);
  }
  if (!temporary.empty()) {
    unlink(temporary.c_str());
  }
}

void AtomicFile::failWith(const char *action, int error) {
  fail(ExitInputOutput, "{}: cannot be {}: {}", printable(path.string(), 4096),
       action, std::strerror(error));
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  constexpr size_t largest = size_t(1) << 30;
  while (!bytes.empty()) {
    ssize_t count =
        ::write(descriptor, bytes.data(), std::min(bytes.size(), largest));
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      failWith("written", errno);
    }
    bytes = bytes.subspan(static_cast<size_t>(count));
  }
}

void AtomicFile::write(std::string_view text) {
  write(std::as_bytes(std::span(text)));
}

/// Makes the names in `folder` durable. Returns errno, or 0.
static int syncFolder(const std::filesystem::path &folder) {
  int descriptor = open(folder.empty() ? "." : folder.c_str(),
                        O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) {
    return errno;
  }
  int error = fsync(descriptor) == 0 ? 0 : errno;
  close(descriptor);
  // Some file systems have nothing to do for a folder and say EINVAL.
  return error == EINVAL ? 0 : error;
}

/// Makes `folder` if it is not there; returns errno, or 0.
static int makeFolder(const std::filesystem::path &folder) {
  std::error_code ignored;
  if (folder.empty() || std::filesystem::is_directory(folder, ignored)) {
    return 0;
  }
  const std::filesystem::path above = folder.parent_path();
  if (int error = makeFolder(above)) {
    return error;
  }
  if (mkdir(folder.c_str(), 0777) != 0 &&
      (errno != EEXIST || !std::filesystem::is_directory(folder, ignored))) {
    return errno;
  }
  // Who may write into a folder but not read it cannot sync it either.
  const int error = syncFolder(above);
  return error == EACCES ? 0 : error;
}

void makeFolders(const std::filesystem::path &folder) {
  if (int error = makeFolder(folder)) {
    fail(ExitInputOutput, "{}: the folder cannot be made: {}",
         printable(folder.string(), 4096),
         error == EEXIST ? "something else has its name"
                         : std::strerror(error));
  }
}

void removeDurably(const std::filesystem::path &file) {
  int error = unlink(file.c_str()) == 0 ? 0 : errno;
  if (error == 0) {
    error = syncFolder(file.parent_path());
  }
  if (error != 0 && error != ENOENT) {
    fail(ExitInputOutput, "{}: cannot be removed: {}",
         printable(file.string(), 4096), std::strerror(error));
  }
}

void AtomicFile::commit() {
  // A failed fsync is not tried again: the kernel may have dropped the pages
  // that it could not write, and a second call would then succeed.
  if (fsync(descriptor) != 0) {
    failWith("written to disk", errno);
  }
  // The descriptor is gone whatever close says, and EINTR is no loss.
  if (close(std::exchange(descriptor, -1)) != 0 && errno != EINTR) {
    failWith("closed", errno);
  }
  if (rename(temporary.c_str(), path.c_str()) != 0) {
    failWith("given its name", errno);
  }
  temporary.clear();
  if (int error = syncFolder(path.parent_path())) {
    failWith("made durable in its folder", error);
  }
}

/// Returns the name without a slash at its end, which has no last component.
static std::filesystem::path withName(const std::filesystem::path &path) {
  const std::filesystem::path normal = path.lexically_normal();
  return normal.has_filename() ? normal : normal.parent_path();
}

void refuseTakenName(const std::filesystem::path &path) {
  std::error_code error;
  if (std::filesystem::exists(withName(path), error)) {
    fail(ExitUsage,
         "{}: is there already and is not replaced; remove it, or give "
         "another name with --output",
         printable(path.string(), 4096));
  }
}

AtomicFolder::AtomicFolder(std::filesystem::path given)
    : path(withName(given)) {
  refuseTakenName(path);
  std::error_code error;
  temporary = path;
  temporary.replace_filename(
      fmt::format(".{}.{}.tmp", path.filename().string(), getpid()));
  std::filesystem::remove_all(temporary, error);
  if (!std::filesystem::create_directory(temporary, error)) {
    fail(ExitInputOutput, "{}: cannot be created: {}",
         printable(path.string(), 4096), error.message());
  }
}

AtomicFolder::~AtomicFolder() {
  if (!temporary.empty()) {
    std::error_code ignored;
    std::filesystem::remove_all(temporary, ignored);
  }
}

void AtomicFolder::commit() {
  if (rename(temporary.c_str(), path.c_str()) != 0) {
    fail(ExitInputOutput, "{}: cannot be given its name: {}",
         printable(path.string(), 4096), std::strerror(errno));
  }
  temporary.clear();
  if (int error = syncFolder(path.parent_path())) {
    fail(ExitInputOutput, "{}: cannot be made durable in its folder: {}",
         printable(path.string(), 4096), std::strerror(error));
  }
}

void writeFileAtomically(const std::filesystem::path &path,
                         std::string_view text) {
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

} // namespace gmc::runtime
