//===- Token.cpp - tables of tokens ---------------------------------------===//
#include "dsl/lex/Token.h"

#include <cstddef>

namespace gmc::dsl {

const char *describe(TokenKind kind) {
  static constexpr const char *table[] = {
#define GMC_TOKEN(Name, description) description,
#define GMC_MARK(Name, spelling) "`" spelling "`",
#define GMC_WORD(Name, spelling) "`" spelling "`",
#include "dsl/lex/tokens.def"
  };
  return table[static_cast<size_t>(kind)];
}

bool isWord(TokenKind kind) {
  switch (kind) {
#define GMC_WORD(Name, spelling) case TokenKind::Name##Word:
#include "dsl/lex/tokens.def"
    return true;
  default:
    return false;
  }
}

} // namespace gmc::dsl
