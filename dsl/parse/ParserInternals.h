//===- ParserInternals.h - the recursive-descent parser ---------*- C++ -*-===//
//
// One class in five files: Parser.cpp (tokens, errors, recovery),
// ParseExpression.cpp, ParseStatement.cpp, ParseModel.cpp, ParseTraining.cpp.
//
// Errors. The first error of a statement reports and sets `panicking`. From
// then on `peek()` answers with an Error token that nothing accepts, so that
// every function falls out by itself, without further messages; the loop over
// statements or declarations then skips to where the next one begins
// (`synchronize`). There are no exceptions.
//
// Newlines. Tokens know whether they begin a line. Only where a statement could
// end is a newline asked about: `continuesHere()`.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_DSL_PARSE_PARSERINTERNALS_H
#define GMC_DSL_PARSE_PARSERINTERNALS_H

#include "dsl/ast/File.h"
#include "dsl/base/DiagnosticEngine.h"
#include "dsl/lex/Lexer.h"

#include <initializer_list>
#include <string>

namespace gmc::dsl {

class Parser {
public:
  /// Trees nested deeper are refused, so that no phase overflows its stack.
  static constexpr unsigned maxDepth = 200;
  /// The same for chains such as `a + b + ..`, which nest without brackets.
  static constexpr unsigned maxHeight = 1000;

  Parser(const SourceFile &source, DiagnosticEngine &diagnostics,
         std::vector<Token> tokens)
      : source(source), diagnostics(diagnostics), tokens(std::move(tokens)) {}

  /// Reads declarations up to the end of the file.
  std::vector<ast::DeclPtr> parseFile();

private:
  //===--- Tokens (Parser.cpp) --------------------------------------------===//

  const Token &peek(unsigned ahead = 0) const;
  bool at(TokenKind kind, unsigned ahead = 0) const {
    return peek(ahead).kind == kind;
  }
  /// Says whether the next token is the unreserved word `word`.
  bool atWord(std::string_view word, unsigned ahead = 0) const;
  Token take();
  bool accept(TokenKind kind);
  bool acceptWord(std::string_view word);
  /// Takes `kind` or reports it missing in `context`, e.g. "after the name".
  bool expect(TokenKind kind, const char *context);
  bool expectWord(std::string_view word, const char *context);
  std::string_view text(const Token &token) const {
    return source.text(token.range);
  }
  /// Says whether the next token belongs to the expression before it although
  /// the expression could end here.
  bool continuesHere() const;
  /// Returns the range from `begin` to the end of the last token taken.
  SourceRange rangeFrom(uint32_t begin) const;
  uint32_t beginOfNext() const { return tokens[position].range.begin; }

  //===--- Errors and recovery (Parser.cpp) -------------------------------===//

  /// Reports what stands here where `expected` should; starts panicking.
  DiagnosticBuilder reportExpected(const std::string &expected,
                                   const char *context);
  /// Starts panicking after a message of another kind.
  template <typename... Args>
  DiagnosticBuilder fail(Diag diag, SourceRange range, const Args &...args) {
    panicking = true;
    return diagnostics.report(diag, range, args...);
  }
  /// Says whether a message is about the end of the last line.
  bool atLineEnd() const;
  std::string seen(const Token &token) const;
  SourceRange rangeOfExpected() const;
  /// A builder whose words are dropped, while panicking.
  DiagnosticBuilder silent();
  /// Skips to the next statement of the innermost body, or its `}`.
  void synchronizeStatement(size_t from);
  /// Skips to the next declaration.
  void synchronizeDeclaration();
  bool beginsDeclaration(const Token &token) const;
  bool beginsStatement(size_t index) const;
  /// Says whether `token` stands in the first column, as declarations do.
  bool atMargin(const Token &token) const;
  bool stopped() const { return fatal || diagnostics.tooManyErrors(); }

  /// Counts one level of nesting as long as it lives; reports too many.
  class Level {
  public:
    explicit Level(Parser &parser);
    ~Level() { --parser.depth; }

  private:
    Parser &parser;
  };
  /// Notes that `node` stands on `children`; reports a tree too high.
  template <typename... Children>
  void grow(ast::Expr &node, const Children &...children) {
    (growOver(node, children.get()), ...);
  }
  void growOver(ast::Expr &node, const ast::Expr *child);

  //===--- Small parts (Parser.cpp) ---------------------------------------===//

  void failReserved(const Token &word, const char *what);
  ast::Name parseName(const char *what);
  std::vector<ast::Name> parseNames(const char *what);
  ast::Name parseMemberName();
  ast::Path parsePath(const char *what);
  ast::Placement placementHere(bool first) const;
  /// Takes what ends a statement: `;`, or nothing before a new line or `}`.
  void endStatement(const char *what);

  //===--- Expressions (ParseExpression.cpp) ------------------------------===//

  ast::ExprPtr parseExpr();
  ast::ExprPtr parseIf();
  ast::ExprPtr parsePipe();
  ast::ExprPtr parseBinary(unsigned minimum);
  ast::ExprPtr parseUnary();
  ast::ExprPtr parsePower();
  ast::ExprPtr parsePostfix(bool layerForms = true);
  ast::ExprPtr parsePrimary();
  ast::ExprPtr parseNumber();
  ast::ExprPtr parseParens();
  ast::ExprPtr parseList();
  ast::ExprPtr parseRepeat();
  ast::ExprPtr parseSkip();
  ast::ExprPtr parseScan();
  ast::ExprPtr parseLayers();
  ast::ExprPtr parseCallTail(ast::ExprPtr callee);
  ast::ExprPtr parseIndexTail(ast::ExprPtr object);
  ast::ExprPtr parseAs(ast::ExprPtr operand);
  ast::IndexItem parseIndexItem();
  ast::Argument parseArgument();
  void parseArguments(std::vector<ast::Argument> &arguments,
                      bool &closeOnNewLine);
  ast::ExprPtr parseArgumentValue(const ast::Argument &argument);
  bool atWordedArgument() const;
  /// A name or a call, without `as` and attribute.
  ast::ExprPtr parseReference(const char *what, bool callOnly);
  std::unique_ptr<ast::DurationExpr> parseDuration();
  ast::TypeExpr parseType();
  std::optional<ast::ValueRange> parseValueRange();
  ast::ValueRange parseInterval();
  ast::Field parseField(bool nameNeeded);
  ast::ExprPtr errorExpr() const;

  //===--- Statements (ParseStatement.cpp) --------------------------------===//

  ast::Body parseBody(const char *what);
  ast::StmtPtr parseStatement();
  ast::StmtPtr parseNamesStatement();
  ast::StmtPtr parseDraw();
  ast::StmtPtr parseMinimize();
  ast::MinimizeClause parseClause();
  ast::StmtPtr parseExpressionStatement();
  ast::ParamSpec parseParamSpec();
  ast::Binding parseBinding();
  bool atDraw() const;
  bool atNames(TokenKind after) const;
  bool endsBody() const;
  ast::StmtPtr reportDeclarationInBody();
  bool closeBody(const Token &open, const char *what);

  //===--- Declarations (ParseModel.cpp, ParseTraining.cpp) ---------------===//

  ast::DeclPtr parseDeclaration();
  ast::DeclPtr reportNoDeclaration();
  ast::DeclPtr parseValues(ast::ValueDecl::Form form);
  ast::DeclPtr parseDef();
  ast::DeclPtr parseData();
  ast::DeclPtr parseNet();
  ast::DeclPtr parseNetImport(uint32_t begin, ast::Name name);
  void parseNetOutputs(std::vector<ast::Field> &outputs);
  ast::DeclPtr parseBlock();
  ast::DeclPtr parseUse();
  ast::DeclPtr parseParam();
  ast::DeclPtr parseOpt();
  ast::DeclPtr parseInit();
  ast::DeclPtr parsePool();
  ast::DeclPtr parseEma();
  ast::DeclPtr parseStep();
  ast::DeclPtr parseModelDecl();
  ast::DeclPtr parseTrain();
  ast::DeclPtr parseReport();
  ast::DeclPtr parseProc();
  ast::DeclPtr parseAt();
  std::vector<ast::Name> parseNameList(const char *what);
  std::vector<ast::Parameter> parseParameters(bool fromAllowed);
  ast::Parameter parseParameter(bool fromAllowed);
  ast::TurnBlock parseTurnBlock(const char *what);
  ast::TurnPtr parseTurn();
  ast::TurnPtr parseNamesTurn();
  ast::TurnPtr parseCallTurn(uint32_t begin, std::vector<ast::Name> results);
  ast::TurnArgument parseTurnArgument();
  ast::ReportDecl::Item parseReportItem();
  bool atStream() const;

  template <typename T> std::unique_ptr<T> node(uint32_t begin) const {
    return std::make_unique<T>(SourceRange{begin, begin});
  }

  const SourceFile &source;
  DiagnosticEngine &diagnostics;
  std::vector<Token> tokens;
  size_t position = 0;
  unsigned depth = 0;
  /// How many `(` and `[` are open; newlines mean nothing within them.
  unsigned openBrackets = 0;
  /// Directly within the brackets of an index, where `:` is a slice.
  bool inIndex = false;
  bool panicking = false;
  bool fatal = false; ///< too deep: nothing more is read
  Token errorToken{TokenKind::Error, true, false, {}};
  Diagnostic dropped;
};

} // namespace gmc::dsl

#endif // GMC_DSL_PARSE_PARSERINTERNALS_H
