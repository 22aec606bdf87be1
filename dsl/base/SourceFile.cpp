//===- SourceFile.cpp -----------------------------------------------------===//
//
// Lines end at LF or CR LF; a CR alone does not end a line (the lexer reports
// it).
//
//===----------------------------------------------------------------------===//
#include "dsl/base/SourceFile.h"

#include <algorithm>

namespace gmc::dsl {

static constexpr std::string_view byteOrderMark = "\xEF\xBB\xBF";

SourceFile::SourceFile(std::string name, std::string text)
    : fileName(std::move(name)), contents(std::move(text)) {
  if (contents.compare(0, byteOrderMark.size(), byteOrderMark) == 0) {
    contents.erase(0, byteOrderMark.size());
  }
  lineStarts.push_back(0);
  for (size_t i = 0; i < contents.size(); ++i) {
    if (contents[i] == '\n') {
      lineStarts.push_back(i + 1);
    }
  }
}

std::string_view SourceFile::text(SourceRange range) const {
  uint32_t begin = std::min<size_t>(range.begin, contents.size());
  uint32_t end = std::min<size_t>(range.end, contents.size());
  return std::string_view(contents).substr(begin,
                                           end > begin ? end - begin : 0);
}

uint32_t SourceFile::lineOf(uint32_t offset) const {
  auto after = std::upper_bound(lineStarts.begin(), lineStarts.end(), offset);
  return after - lineStarts.begin();
}

LineColumn SourceFile::lineColumn(uint32_t offset) const {
  uint32_t line = lineOf(offset);
  uint32_t column = 1;
  for (char c : text({lineStarts[line - 1], offset})) {
    // Continuation bytes 10xxxxxx belong to the code point before them.
    column += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }
  return {line, column};
}

SourceRange SourceFile::lineRange(uint32_t line) const {
  uint32_t size = contents.size();
  if (line == 0 || line > lineStarts.size()) {
    return {size, size};
  }
  uint32_t begin = lineStarts[line - 1];
  uint32_t end = line < lineStarts.size() ? lineStarts[line] - 1 : size;
  if (end > begin && contents[end - 1] == '\r' && line < lineStarts.size()) {
    --end;
  }
  return {begin, end};
}

} // namespace gmc::dsl
