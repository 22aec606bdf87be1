//===- InputFile.h - reading files that others wrote ------------*- C++ -*-===//
//
// Opens regular files only (a directory, a FIFO or a device is refused before
// anything blocks) and reads them with read(2), never by mapping: a file that
// is cut while it is read gives an error and no signal.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_CORE_INPUTFILE_H
#define GMC_RUNTIME_CORE_INPUTFILE_H

#include "runtime/core/Status.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace gmc::runtime {

class InputFile {
public:
  /// Opens `path`. Throws Failure 5 with the reason, or Failure `wrongKind`
  /// where it is not a regular file.
  explicit InputFile(const std::filesystem::path &path,
                     int wrongKind = ExitInputOutput);
  ~InputFile();
  InputFile(const InputFile &) = delete;
  InputFile &operator=(const InputFile &) = delete;

  /// Returns the size at the time of opening.
  int64_t size() const { return byteCount; }
  /// Returns the path for messages, safe to print.
  const std::string &name() const { return printedName; }

  /// Reads until `out` is full or the file ends; returns how many bytes were
  /// read. Throws Failure 5 on an error of the device.
  int64_t read(std::span<std::byte> out);

private:
  int descriptor = -1;
  int64_t byteCount = 0;
  std::string printedName;
};

} // namespace gmc::runtime

#endif // GMC_RUNTIME_CORE_INPUTFILE_H
