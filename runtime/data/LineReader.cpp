//===- LineReader.cpp - a file, line by line ------------------------------===//
#include "runtime/data/LineReader.h"

#include <algorithm>

namespace gmc::runtime {

bool LineReader::next() {
  constexpr size_t longest = size_t(1) << 20;
  current.clear();
  for (bool any = false;; any = true) {
    if (place == filled) {
      filled = size_t(file.read(std::as_writable_bytes(std::span(buffer))));
      place = 0;
      if (filled == 0 && !any) {
        return false;
      }
    }
    const char *first = buffer.data() + place, *last = buffer.data() + filled;
    const char *end = std::find(first, last, '\n');
    current.append(first, end);
    place = size_t(end - buffer.data());
    if (current.size() > longest) {
      fail(ExitData, "{}:{}: a line of more than {} bytes", file.name(),
           lineNumber + 1, longest);
    }
    if (end != last || filled == 0) {
      place += end != last;
      break;
    }
  }
  if (!current.empty() && current.back() == '\r') {
    current.pop_back();
  }
  constexpr std::string_view mark = "\xef\xbb\xbf";
  if (lineNumber++ == 0 && current.starts_with(mark)) {
    current.erase(0, mark.size());
  }
  return true;
}

} // namespace gmc::runtime
