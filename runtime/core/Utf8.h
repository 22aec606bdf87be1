//===- Utf8.h - characters of a text ----------------------------*- C++ -*-===//
#ifndef GMC_RUNTIME_CORE_UTF8_H
#define GMC_RUNTIME_CORE_UTF8_H

#include <cstddef>
#include <optional>
#include <string_view>

namespace gmc::runtime {

/// Decodes the character of `text` at `place` and goes past it. Returns
/// nothing, and stays, where the bytes are no UTF-8: cut, longer than needed, a
/// surrogate, above U+10FFFF.
std::optional<char32_t> nextCharacter(std::string_view text, size_t &place);

} // namespace gmc::runtime

#endif // GMC_RUNTIME_CORE_UTF8_H
