//===- Unicode.cpp - UTF-8 and the width of characters --------------------===//
//
// Byte patterns: The Unicode Standard, table 3-7 (well-formed UTF-8 byte
// sequences). Wide characters: the blocks of East Asian Width W and F (Unicode
// Annex 11), rounded to whole blocks.
//
//===----------------------------------------------------------------------===//
#include "dsl/base/Unicode.h"

#include <fmt/format.h>

namespace gmc::dsl {

DecodedChar decodeUtf8(std::string_view text, size_t offset) {
  auto byte = [&](size_t i) -> uint32_t {
    return offset + i < text.size()
               ? static_cast<unsigned char>(text[offset + i])
               : 0;
  };
  uint32_t first = byte(0);
  DecodedChar broken{first, 1, false};
  if (first < 0x80) {
    return {first, 1, true};
  }
  unsigned length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4) {
    return broken;
  }
  uint32_t codePoint = first & (0xFF >> (length + 1));
  for (unsigned i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) {
      return broken;
    }
    codePoint = codePoint << 6 | (byte(i) & 0x3F);
  }
  bool overlong = (length == 3 && codePoint < 0x800) ||
                  (length == 4 && codePoint < 0x10000);
  bool surrogate = codePoint >= 0xD800 && codePoint <= 0xDFFF;
  if (overlong || surrogate || codePoint > 0x10FFFF) {
    return broken;
  }
  return {codePoint, length, true};
}

const char *hiddenCharacterName(uint32_t codePoint) {
  switch (codePoint) {
  case 0x00AD:
    return "soft hyphen";
  case 0x061C:
    return "Arabic letter mark";
  case 0x180E:
    return "Mongolian vowel separator";
  case 0x200B:
    return "zero-width space";
  case 0x200C:
    return "zero-width non-joiner";
  case 0x200D:
    return "zero-width joiner";
  case 0x200E:
    return "left-to-right mark";
  case 0x200F:
    return "right-to-left mark";
  case 0x2028:
    return "line separator";
  case 0x2029:
    return "paragraph separator";
  case 0x202A:
    return "left-to-right embedding";
  case 0x202B:
    return "right-to-left embedding";
  case 0x202C:
    return "pop directional formatting";
  case 0x202D:
    return "left-to-right override";
  case 0x202E:
    return "right-to-left override";
  case 0x2060:
    return "word joiner";
  case 0x2066:
    return "left-to-right isolate";
  case 0x2067:
    return "right-to-left isolate";
  case 0x2068:
    return "first strong isolate";
  case 0x2069:
    return "pop directional isolate";
  case 0xFEFF:
    return "byte order mark";
  default:
    // Tag characters, and the invisible operators of mathematics.
    if (codePoint >= 0xE0000 && codePoint <= 0xE007F) {
      return "tag character";
    }
    return codePoint >= 0x2061 && codePoint <= 0x2064 ? "invisible operator"
                                                      : nullptr;
  }
}

unsigned columnsOf(uint32_t codePoint) {
  struct Range {
    uint32_t first, last;
  };
  static constexpr Range zero[] = {
      {0x0300, 0x036F}, {0x1AB0, 0x1AFF}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}};
  static constexpr Range wide[] = {
      {0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0xA4CF},
      {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},
      {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},   {0x1F300, 0x1F64F},
      {0x1F680, 0x1F6FF}, {0x1F900, 0x1FAFF}, {0x20000, 0x3FFFD}};
  for (Range range : zero) {
    if (codePoint >= range.first && codePoint <= range.last) {
      return 0;
    }
  }
  for (Range range : wide) {
    if (codePoint >= range.first && codePoint <= range.last) {
      return 2;
    }
  }
  return 1;
}

std::string codePointName(uint32_t codePoint) {
  return fmt::format("U+{:04X}", codePoint);
}

std::string shown(std::string_view text, size_t limit) {
  std::string out;
  size_t count = 0;
  for (size_t i = 0; i < text.size(); ++count) {
    if (count == limit) {
      return out + "...";
    }
    DecodedChar c = decodeUtf8(text, i);
    if (!c.valid) {
      out += fmt::format("<{:02X}>", c.codePoint);
    } else if (c.codePoint < 0x20 || c.codePoint == 0x7F ||
               hiddenCharacterName(c.codePoint)) {
      out += "<" + codePointName(c.codePoint) + ">";
    } else {
      out += text.substr(i, c.length);
    }
    i += c.length;
  }
  return out;
}

} // namespace gmc::dsl
