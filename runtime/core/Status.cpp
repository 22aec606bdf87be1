//===- Status.cpp - text that is safe to print
//-----------------------------===//

#include "runtime/core/Status.h"

#include "runtime/core/Utf8.h"

namespace gmc::runtime {

/// Tells whether a character hides or reorders the text around it, or is a
/// control character beyond ASCII.
static bool isHidden(char32_t c) {
  return (c >= 0x80 && c < 0xa0) || c == 0xad || c == 0x61c ||
         (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
         (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

std::string printable(std::string_view text, size_t limit) {
  std::string result;
  for (size_t i = 0; i < text.size();) {
    if (result.size() >= limit) {
      return result + "...";
    }
    const size_t first = i;
    const auto c = nextCharacter(text, i);
    if (!c || *c < 0x20 || *c == 0x7f) {
      result += fmt::format("\\x{:02x}", static_cast<uint8_t>(text[first]));
      i = first + 1;
    } else if (isHidden(*c)) {
      result += fmt::format("\\u{{{:x}}}", static_cast<uint32_t>(*c));
    } else {
      result += text.substr(first, i - first);
    }
  }
  return result;
}

} // namespace gmc::runtime
