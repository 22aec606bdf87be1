//===- Printer.h - the syntax tree as canonical .gm text --------*- C++ -*-===//
//
// `gmc fmt`. What the writer decides stays: blank lines (one at most), bodies
// on one line, `;` between statements, line breaks before `|>`, around binary
// operators, after commas and before the words that go on with a statement. All
// else has one form: two blanks of indent, blanks around operators (none around
// `^` and `..`), one blank after a comma except in shapes and ranges.
//
// print(parse(text)) parses to the same tree, and printing that gives the same
// text again.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_DSL_AST_PRINTER_H
#define GMC_DSL_AST_PRINTER_H

#include "dsl/ast/File.h"

#include <string>

namespace gmc::dsl::ast {

/// Returns `file`, which has been parsed without errors, as text.
std::string print(const File &file);

} // namespace gmc::dsl::ast

#endif // GMC_DSL_AST_PRINTER_H
