//===- DurableFile.cpp - files that outlive a loss of power ---------------===//

#include "compiler/Driver/DurableFile.h"

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

/// Makes the data of a file, or the names in a folder, durable; errno, or 0.
static int sync(const char *name, int flags) {
  int descriptor = open(name, O_RDONLY | O_CLOEXEC | flags);
  if (descriptor < 0) {
    return errno;
  }
  int error = fsync(descriptor) == 0 ? 0 : errno;
  close(descriptor);
  return error;
}

std::error_code renameDurably(const std::string &from, const std::string &to) {
  int error = sync(from.c_str(), 0);
  if (!error && rename(from.c_str(), to.c_str()) != 0) {
    error = errno;
  }
  if (!error) {
    std::string folder = llvm::sys::path::parent_path(to).str();
    error = sync(folder.empty() ? "." : folder.c_str(), O_DIRECTORY);
    // Some file systems have nothing to do for a folder and say EINVAL; one
    // that may not be read cannot be synced.
    if (error == EINVAL || error == EACCES) {
      error = 0;
    }
  }
  return {error, std::generic_category()};
}

std::error_code replaceText(const std::string &name, llvm::StringRef text) {
  llvm::sys::fs::file_status old;
  if (auto error = llvm::sys::fs::status(name, old)) {
    return error;
  }
  llvm::SmallString<256> temporary(llvm::sys::path::parent_path(name));
  llvm::sys::path::append(temporary, ".gmc-fmt-XXXXXX");
  int descriptor = mkostemp(const_cast<char *>(temporary.c_str()), O_CLOEXEC);
  if (descriptor < 0) {
    return {errno, std::generic_category()};
  }
  // Where the mode is not to be had, as on some shares, the text still is.
  (void)!fchmod(descriptor, old.permissions());
  llvm::raw_fd_ostream stream(descriptor, /*shouldClose=*/true);
  stream << text;
  stream.close();
  std::error_code error = stream.error();
  stream.clear_error();
  if (!error) {
    error = renameDurably(temporary.str().str(), name);
  }
  if (error) {
    llvm::sys::fs::remove(temporary);
  }
  return error;
}

} // namespace gmc::driver
