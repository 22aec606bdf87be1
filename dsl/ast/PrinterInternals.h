//===- PrinterInternals.h - the printer's class -----------------*- C++ -*-===//
//
// One class in three files: Printer.cpp (lines and comments),
// PrintExpression.cpp, PrintDeclaration.cpp.
//
// Comments wait in text order and are put back at line ends: where the printer
// ends a line it first takes those that stood before what comes next.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_DSL_AST_PRINTERINTERNALS_H
#define GMC_DSL_AST_PRINTERINTERNALS_H

#include "dsl/ast/File.h"

#include <string>
#include <string_view>

namespace gmc::dsl::ast {

class Printer {
public:
  explicit Printer(const File &file) : file(file) {}

  std::string run();

private:
  //===--- Lines and comments (Printer.cpp) -------------------------------===//

  void put(std::string_view text) { out += text; }
  /// Ends the line and indents the next one.
  void newLine();
  /// Puts the comment that ends this line, if one stood before `end`.
  void trailingComment(uint32_t end);
  /// Puts comments that stood before `end` on lines of their own, each after a
  /// new line.
  void ownLineComments(uint32_t end, bool first);
  /// Ends the line within an expression whose next part begins at `next`.
  void breakLine(uint32_t next);
  /// Puts a blank, or ends the line and indents the next one further.
  void gap(bool broken, uint32_t next);
  /// Says whether one of the tokens that begin in [from, to] begins a line.
  bool lineBeginsWithin(uint32_t from, uint32_t to) const;
  /// Puts a word that goes on with a statement, on a line of its own if the
  /// writer broke it there, before what begins at `next`.
  void clause(std::string_view word, uint32_t next);
  /// Puts the comma before an item that begins at `next`, and the line break
  /// that the writer put after it.
  void comma(uint32_t next);
  /// Prints `{ layers }` of a repeat or skip that ends at `end`.
  void layers(const Expr &node, uint32_t end);
  bool commentBefore(uint32_t end) const {
    return comment < file.comments.size() &&
           file.comments[comment].range.begin < end;
  }

  //===--- Expressions (PrintExpression.cpp) ------------------------------===//

  void expr(const Expr &node);
  void bareExpr(const Expr &node);
  void optional(std::string_view before, const ExprPtr &node);
  void call(const CallExpr &node);
  void index(const IndexExpr &node);
  void binary(const BinaryExpr &node);
  void pipe(const PipeExpr &node);
  void duration(const DurationExpr &node);
  void repeat(const RepeatExpr &node);
  void scan(const ScanExpr &node);
  void arguments(const std::vector<Argument> &arguments, bool closeOnNewLine,
                 uint32_t close);
  void exprs(const std::vector<ExprPtr> &nodes);
  /// Those of a shape or a range, without blanks.
  void tight(const std::vector<ExprPtr> &nodes);
  void clause(std::string_view word, const ExprPtr &node);
  void type(const TypeExpr &type);
  void values(const ValueRange &values);
  void field(const Field &field);
  void fields(const std::vector<Field> &fields);

  //===--- Declarations and statements (PrintDeclaration.cpp) -------------===//

  void declaration(const Decl &node);
  void data(const DataDecl &node);
  void block(const BlockDecl &node);
  void def(const DefDecl &node);
  void init(const InitDecl &node);
  void pool(const PoolDecl &node);
  void ema(const EmaDecl &node);
  void train(const TrainDecl &node);
  void report(const ReportDecl &node);
  void parameters(const std::vector<Parameter> &parameters);
  void bindings(const std::vector<Binding> &bindings);
  void statement(const Stmt &node);
  void draw(const DrawStmt &node);
  void minimize(const MinimizeStmt &node);
  void param(const ParamSpec &spec);
  void use(const std::vector<Name> &names, const Expr &target);
  void body(const Body &body);
  void turns(const TurnBlock &block);
  void turn(const Turn &node);
  void callTurn(const CallTurn &node);
  void names(const std::vector<Name> &names);
  void path(const Path &path);

  /// Prints `{ items }`; `print` prints one.
  template <typename Item, typename Print>
  void braces(const std::vector<std::unique_ptr<Item>> &items,
              SourceRange range, bool oneLine, Print print);

  const File &file;
  std::string out;
  size_t comment = 0; ///< the next comment to be printed
  unsigned indent = 0;
  uint32_t reached = 0; ///< where the last expression or clause ends
};

} // namespace gmc::dsl::ast

#endif // GMC_DSL_AST_PRINTERINTERNALS_H
