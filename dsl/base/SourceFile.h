//===- SourceFile.h - the text of a .gm file --------------------*- C++ -*-===//
//
// Owns the bytes of a `.gm` file and knows where its lines begin. A byte order
// mark at the start is not part of the text. Ranges are byte offsets into
// `text()`; lines and columns count from 1.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_DSL_BASE_SOURCEFILE_H
#define GMC_DSL_BASE_SOURCEFILE_H

#include "dsl/base/SourceRange.h"

#include <string>
#include <string_view>
#include <vector>

namespace gmc::dsl {

/// A place as people count: line and column from 1. The column counts code
/// points, not bytes.
struct LineColumn {
  uint32_t line = 1;
  uint32_t column = 1;
  bool operator==(const LineColumn &) const = default;
};

class SourceFile {
public:
  /// Takes `text` as the contents of the file shown as `name`.
  SourceFile(std::string name, std::string text);

  const std::string &name() const { return fileName; }
  std::string_view text() const { return contents; }
  /// Returns the text of `range`, cut at the end of the file.
  std::string_view text(SourceRange range) const;

  uint32_t lineCount() const { return lineStarts.size(); }
  /// Returns the line (from 1) that holds byte `offset`.
  uint32_t lineOf(uint32_t offset) const;
  LineColumn lineColumn(uint32_t offset) const;
  /// Returns the bytes of `line` without its end; an empty range past the end.
  SourceRange lineRange(uint32_t line) const;

private:
  std::string fileName;
  std::string contents;
  std::vector<uint32_t> lineStarts;
};

} // namespace gmc::dsl

#endif // GMC_DSL_BASE_SOURCEFILE_H
