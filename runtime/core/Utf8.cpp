//===- Utf8.cpp - characters of a text ------------------------------------===//
#include "runtime/core/Utf8.h"

#include <cstdint>

namespace gmc::runtime {

std::optional<char32_t> nextCharacter(std::string_view text, size_t &place) {
  const auto lead = static_cast<uint8_t>(text[place]);
  const size_t length = lead < 0x80                   ? 1
                        : lead >= 0xc2 && lead < 0xe0 ? 2
                        : lead >= 0xe0 && lead < 0xf0 ? 3
                        : lead >= 0xf0 && lead < 0xf5 ? 4
                                                      : 0;
  if (length == 0 || length > text.size() - place) {
    return std::nullopt;
  }
  char32_t code = length < 2 ? lead : lead & (0x7f >> length);
  for (size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<uint8_t>(text[place + i]);
    if ((byte & 0xc0) != 0x80) {
      return std::nullopt;
    }
    code = code << 6 | (byte & 0x3f);
  }
  constexpr char32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < least[length] || code > 0x10ffff ||
      (code >= 0xd800 && code < 0xe000)) {
    return std::nullopt;
  }
  place += length;
  return code;
}

} // namespace gmc::runtime
