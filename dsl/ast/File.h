//===- File.h - the syntax tree of a whole file -----------------*- C++ -*-===//
#ifndef GMC_DSL_AST_FILE_H
#define GMC_DSL_AST_FILE_H

#include "dsl/ast/Training.h"

namespace gmc::dsl::ast {

/// A comment: `#` to the end of its line.
struct Comment {
  std::string text; ///< with the `#`, without blanks at its end
  SourceRange range;
  bool ownLine = false;     ///< nothing but blanks stands before it
  bool blankBefore = false; ///< a blank line stands before it
};

/// A parsed file. Comments stand beside the declarations, in text order; the
/// printer puts them back by their places.
struct File {
  std::vector<DeclPtr> declarations;
  std::vector<Comment> comments;
  /// Where the first tokens of lines begin, in order; for the printer.
  std::vector<uint32_t> lineBegins;
};

} // namespace gmc::dsl::ast

#endif // GMC_DSL_AST_FILE_H
