//===- Unicode.h - UTF-8 and the width of characters ------------*- C++ -*-===//
//
// What the lexer and the renderer of diagnostics need of Unicode: strict
// decoding, hidden characters, columns on a terminal.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_DSL_BASE_UNICODE_H
#define GMC_DSL_BASE_UNICODE_H

#include <cstdint>
#include <string>
#include <string_view>

namespace gmc::dsl {

/// One decoded character. Where the bytes are no UTF-8: `valid` is false,
/// `length` is 1 and `codePoint` is the byte.
struct DecodedChar {
  uint32_t codePoint = 0;
  uint32_t length = 1;
  bool valid = false;
};

/// Decodes the character at `offset`, which lies within `text`. Overlong forms,
/// surrogates and what lies past U+10FFFF are no UTF-8.
DecodedChar decodeUtf8(std::string_view text, size_t offset);

/// Returns "right-to-left override" for U+202E and the like: characters that
/// make a text look different from what it says. Null for all others.
const char *hiddenCharacterName(uint32_t codePoint);

/// Returns how many columns of a terminal the character takes: 0, 1 or 2.
unsigned columnsOf(uint32_t codePoint);

/// Returns "U+202E".
std::string codePointName(uint32_t codePoint);

/// Returns `text` fit to be shown within a message: hidden, control and broken
/// characters are spelled out (`<U+202E>`), and what is longer than `limit`
/// characters is cut short with `...`.
std::string shown(std::string_view text, size_t limit = 40);

} // namespace gmc::dsl

#endif // GMC_DSL_BASE_UNICODE_H
