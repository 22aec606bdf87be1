//===- Lexer.h - text to tokens ---------------------------------*- C++ -*-===//
//
// Lexing takes time linear in the text and never fails: what is no token
// becomes an Error token after one message. Comments are kept apart, for the
// printer.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_DSL_LEX_LEXER_H
#define GMC_DSL_LEX_LEXER_H

#include "dsl/base/DiagnosticEngine.h"
#include "dsl/lex/Token.h"

#include <optional>
#include <string>
#include <vector>

namespace gmc::dsl {

/// Files longer than this are refused.
constexpr uint32_t maxFileBytes = 64u << 20;
/// Names longer than this are refused.
constexpr uint32_t maxNameBytes = 255;
/// Whole numbers end here, so that each is one double exactly.
constexpr double maxInteger = 9007199254740992.0; // 2^53

/// `#` to the end of the line.
struct CommentToken {
  SourceRange range;
  bool ownLine = false;
  bool blankBefore = false;
};

struct LexResult {
  std::vector<Token> tokens; ///< the last one is EndOfFile
  std::vector<CommentToken> comments;
};

/// Checks that `source` is text: UTF-8 without NUL bytes, control and hidden
/// characters. Reports what is not, and says whether all is well.
bool checkEncoding(const SourceFile &source, DiagnosticEngine &diagnostics);

/// Splits `source`, which has passed checkEncoding, into tokens.
LexResult lex(const SourceFile &source, DiagnosticEngine &diagnostics);

/// A number as it is written, without a `%`.
struct NumberValue {
  double value = 0;
  bool integer = false;
};
/// Returns the value of `text`, which the lexer has taken as a number.
NumberValue numberValue(std::string_view text);

/// Returns what the string `text`, quotes included, stands for.
std::string stringValue(std::string_view text);

} // namespace gmc::dsl

#endif // GMC_DSL_LEX_LEXER_H
