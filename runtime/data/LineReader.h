//===- LineReader.h - a file, line by line ----------------------*- C++ -*-===//
#ifndef GMC_RUNTIME_DATA_LINEREADER_H
#define GMC_RUNTIME_DATA_LINEREADER_H

#include "runtime/core/InputFile.h"

#include <string>
#include <string_view>
#include <vector>

namespace gmc::runtime {

/// Lines end with LF or CR LF; the last one needs no end. A UTF-8 byte order
/// mark in front of the first one is skipped. A line has at most 1 MiB, so that
/// a file without ends asks for no more.
class LineReader {
public:
  explicit LineReader(const std::filesystem::path &path)
      : file(path, ExitData), buffer(size_t(1) << 16) {}

  /// Goes to the next line; false at the end of the file.
  bool next();
  std::string_view line() const { return current; }
  int64_t number() const { return lineNumber; } ///< from 1
  const std::string &name() const { return file.name(); }

private:
  InputFile file;
  std::vector<char> buffer;
  size_t place = 0, filled = 0;
  std::string current;
  int64_t lineNumber = 0;
};

} // namespace gmc::runtime

#endif // GMC_RUNTIME_DATA_LINEREADER_H
