//===- TrainingText.cpp - what of a text decides how it trains ------------===//
#include "dsl/parse/TrainingText.h"

#include "dsl/lex/Lexer.h"

namespace gmc::dsl {

static bool trains(const ast::Decl &declaration) {
  return declaration.kind != ast::DeclKind::Proc &&
         declaration.kind != ast::DeclKind::Report;
}

std::string trainingText(const SourceFile &source, const ast::File &file) {
  DiagnosticEngine unused(source);
  std::string text;
  auto next = file.declarations.begin();
  for (const Token &token : lex(source, unused).tokens) {
    while (next != file.declarations.end() &&
           (*next)->range.end <= token.range.begin) {
      ++next;
    }
    bool inside = next != file.declarations.end() &&
                  (*next)->range.begin <= token.range.begin;
    // Between declarations there is nothing but `;`.
    if (!inside || !trains(**next)) {
      continue;
    }
    text += token.onNewLine || token.range.begin == (*next)->range.begin ? '\n'
                                                                         : ' ';
    text += source.text(token.range);
  }
  return text;
}

} // namespace gmc::dsl
