//===- DurableFile.h - files that outlive a loss of power -------*- C++ -*-===//
#ifndef GMC_COMPILER_DRIVER_DURABLEFILE_H
#define GMC_COMPILER_DRIVER_DURABLEFILE_H

#include "llvm/ADT/StringRef.h"

#include <string>
#include <system_error>

namespace gmc::driver {

/// Makes `name` an executable file of these bytes, in the place of what stands
/// there. At every moment, also after a loss of power, the name has the old
/// file or the new one, whole.
std::error_code writeExecutable(const std::string &name, llvm::StringRef bytes);

/// Puts `text` in the place of what the file `name` holds, as safely. The file
/// keeps its mode.
std::error_code replaceText(const std::string &name, llvm::StringRef text);

} // namespace gmc::driver

#endif // GMC_COMPILER_DRIVER_DURABLEFILE_H
