//===- DurableFile.cpp - files that outlive a loss of power ---------------===//

#include "compiler/Driver/DurableFile.h"

#include "compiler/Driver/Signals.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace gmc::driver {

namespace {

std::error_code lastError() { return {errno, std::generic_category()}; }

/// Makes the names in the folder of `file` durable.
std::error_code syncFolderOf(const std::string &file) {
  std::string folder = llvm::sys::path::parent_path(file).str();
  int descriptor = open(folder.empty() ? "." : folder.c_str(),
                        O_RDONLY | O_CLOEXEC | O_DIRECTORY);
  std::error_code error;
  if (descriptor < 0 || fsync(descriptor) != 0) {
    error = lastError();
  }
  if (descriptor >= 0) {
    close(descriptor);
  }
  // Some file systems have nothing to do for a folder and say EINVAL; one that
  // may not be read cannot be synced.
  bool harmless = error.value() == EINVAL || error.value() == EACCES;
  return harmless ? std::error_code() : error;
}

/// Writes the bytes to an open file, and to the disk.
std::error_code writeAndSync(int descriptor, llvm::StringRef bytes) {
  llvm::raw_fd_ostream stream(descriptor, /*shouldClose=*/false);
  stream << bytes;
  stream.flush();
  std::error_code error = stream.error();
  stream.clear_error();
  if (!error && fsync(descriptor) != 0) {
    error = lastError();
  }
  return error;
}

/// Writes a file beside `name` and renames it. A rename alone may reach the
/// disk before the data: a loss of power would leave an empty file.
std::error_code replaceFile(const std::string &name, llvm::StringRef bytes,
                            mode_t mode) {
  HeldSignals signals;
  llvm::SmallString<256> temporary(llvm::sys::path::parent_path(name));
  llvm::sys::path::append(temporary, ".gmc-XXXXXX");
  int descriptor = mkostemp(const_cast<char *>(temporary.c_str()), O_CLOEXEC);
  if (descriptor < 0) {
    return lastError();
  }
  // Where the mode is not to be had, as on some shares, the bytes still are.
  (void)!fchmod(descriptor, mode);
  std::error_code error = writeAndSync(descriptor, bytes);
  close(descriptor);
  if (!error && rename(temporary.c_str(), name.c_str()) != 0) {
    error = lastError();
  }
  if (error) {
    llvm::sys::fs::remove(temporary);
    return error;
  }
  return syncFolderOf(name);
}

} // namespace

std::error_code writeExecutable(const std::string &name,
                                llvm::StringRef bytes) {
  mode_t mask = umask(0);
  umask(mask);
  return replaceFile(name, bytes, 0777 & ~mask);
}

std::error_code replaceText(const std::string &name, llvm::StringRef text) {
  llvm::sys::fs::file_status old;
  if (auto error = llvm::sys::fs::status(name, old)) {
    return error;
  }
  return replaceFile(name, text, old.permissions());
}

} // namespace gmc::driver
