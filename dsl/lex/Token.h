//===- Token.h - one word of a .gm text -------------------------*- C++ -*-===//
#ifndef GMC_DSL_LEX_TOKEN_H
#define GMC_DSL_LEX_TOKEN_H

#include "dsl/base/SourceRange.h"

namespace gmc::dsl {

enum class TokenKind : uint8_t {
#define GMC_TOKEN(Name, description) Name,
#define GMC_MARK(Name, spelling) Name,
#define GMC_WORD(Name, spelling) Name##Word,
#include "dsl/lex/tokens.def"
};

struct Token {
  TokenKind kind = TokenKind::EndOfFile;
  bool onNewLine = false;   ///< the first of its line
  bool blankBefore = false; ///< a blank line stands before it
  SourceRange range;
};

/// Returns "a name", "`(`" or "`step`".
const char *describe(TokenKind kind);

/// Says whether `kind` is a reserved word.
bool isWord(TokenKind kind);

} // namespace gmc::dsl

#endif // GMC_DSL_LEX_TOKEN_H
