//===- DurableFile.h - files that outlive a loss of power -------*- C++ -*-===//
#ifndef GMC_COMPILER_DRIVER_DURABLEFILE_H
#define GMC_COMPILER_DRIVER_DURABLEFILE_H

#include "llvm/ADT/StringRef.h"

#include <string>
#include <system_error>

namespace gmc::driver {

/// Gives the file `from` the name `to` in the same file system. A rename alone
/// may reach the disk before the file's data: a loss of power would leave an
/// empty file where the older one was.
std::error_code renameDurably(const std::string &from, const std::string &to);

/// Puts `text` in the place of what the file `name` holds. It keeps its mode.
std::error_code replaceText(const std::string &name, llvm::StringRef text);

} // namespace gmc::driver

#endif // GMC_COMPILER_DRIVER_DURABLEFILE_H
