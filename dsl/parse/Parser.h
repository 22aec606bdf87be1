//===- Parser.h - text to syntax tree ---------------------------*- C++ -*-===//
#ifndef GMC_DSL_PARSE_PARSER_H
#define GMC_DSL_PARSE_PARSER_H

#include "dsl/ast/File.h"
#include "dsl/base/DiagnosticEngine.h"

namespace gmc::dsl {

struct ParseResult {
  ast::File file;
  bool ok = false; ///< no error was reported
};

/// Reads `source` into a syntax tree, whatever its bytes. Errors go to
/// `diagnostics`; declarations that could be read are in the tree all the same.
ParseResult parse(const SourceFile &source, DiagnosticEngine &diagnostics);

} // namespace gmc::dsl

#endif // GMC_DSL_PARSE_PARSER_H
