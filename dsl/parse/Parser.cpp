//===- Parser.cpp - tokens, errors and recovery ---------------------------===//
#include "dsl/parse/Parser.h"

#include "dsl/base/ForeignWords.h"
#include "dsl/base/Unicode.h"
#include "dsl/parse/ParserInternals.h"

#include <algorithm>

namespace gmc::dsl {

using namespace ast;

ParseResult parse(const SourceFile &source, DiagnosticEngine &diagnostics) {
  ParseResult result;
  unsigned errorsBefore = diagnostics.errorCount();
  if (!checkEncoding(source, diagnostics)) {
    return result;
  }
  LexResult lexed = lex(source, diagnostics);
  for (const CommentToken &comment : lexed.comments) {
    result.file.comments.push_back({std::string(source.text(comment.range)),
                                    comment.range, comment.ownLine,
                                    comment.blankBefore});
  }
  for (const Token &token : lexed.tokens) {
    if (token.onNewLine) {
      result.file.lineBegins.push_back(token.range.begin);
    }
  }
  Parser parser(source, diagnostics, std::move(lexed.tokens));
  result.file.declarations = parser.parseFile();
  result.ok = diagnostics.errorCount() == errorsBefore;
  return result;
}

std::vector<DeclPtr> Parser::parseFile() {
  std::vector<DeclPtr> declarations;
  while (!stopped()) {
    while (accept(TokenKind::Semicolon)) {
    }
    if (at(TokenKind::EndOfFile)) {
      break;
    }
    Placement placement = placementHere(declarations.empty());
    size_t before = position;
    DeclPtr declaration = parseDeclaration();
    if (declaration && !panicking) {
      endStatement("the declaration");
    }
    if (declaration) {
      declaration->placement = placement;
      declarations.push_back(std::move(declaration));
    }
    if (panicking) {
      position += position == before;
      synchronizeDeclaration();
    }
  }
  return declarations;
}

//===----------------------------------------------------------------------===//
// Tokens
//===----------------------------------------------------------------------===//

const Token &Parser::peek(unsigned ahead) const {
  if (panicking) {
    return errorToken;
  }
  return tokens[std::min(position + ahead, tokens.size() - 1)];
}

bool Parser::atWord(std::string_view word, unsigned ahead) const {
  return at(TokenKind::Name, ahead) && text(peek(ahead)) == word;
}

Token Parser::take() {
  Token token = peek();
  if (!panicking && position + 1 < tokens.size()) {
    ++position;
  }
  return token;
}

bool Parser::accept(TokenKind kind) {
  if (!at(kind)) {
    return false;
  }
  take();
  return true;
}

bool Parser::acceptWord(std::string_view word) {
  if (!atWord(word)) {
    return false;
  }
  take();
  return true;
}

bool Parser::expect(TokenKind kind, const char *context) {
  if (accept(kind)) {
    return true;
  }
  reportExpected(describe(kind), context);
  return false;
}

bool Parser::expectWord(std::string_view word, const char *context) {
  if (acceptWord(word)) {
    return true;
  }
  reportExpected(fmt::format("`{}`", word), context);
  return false;
}

bool Parser::continuesHere() const {
  const Token &next = peek();
  if (!next.onNewLine || openBrackets > 0) {
    return true;
  }
  switch (next.kind) {
  case TokenKind::Pipe:
  case TokenKind::DotDot:
  case TokenKind::DotDotLess:
  case TokenKind::EqualEqual:
  case TokenKind::NotEqual:
  case TokenKind::Less:
  case TokenKind::LessEqual:
  case TokenKind::Greater:
  case TokenKind::GreaterEqual:
  case TokenKind::Plus:
  case TokenKind::Star:
  case TokenKind::Slash:
  case TokenKind::AtSign:
  case TokenKind::Percent:
  case TokenKind::Caret:
  case TokenKind::AndWord:
  case TokenKind::OrWord:
  case TokenKind::ForWord:
  case TokenKind::AsWord:
    return true;
  case TokenKind::Minus:
    // `- x` goes on, `-x` begins a statement of its own: the value of a body
    // may well be a negative one.
    return peek(1).range.begin > next.range.end;
  default:
    return false;
  }
}

SourceRange Parser::rangeFrom(uint32_t begin) const {
  uint32_t end = position > 0 ? tokens[position - 1].range.end : begin;
  return {begin, std::max(begin, end)};
}

//===----------------------------------------------------------------------===//
// Errors and recovery
//===----------------------------------------------------------------------===//

bool Parser::atLineEnd() const {
  if (position == 0 || openBrackets > 0) {
    return false;
  }
  // Where a statement begins it is the next token that is wrong.
  TokenKind before = tokens[position - 1].kind;
  bool begins = before == TokenKind::LeftBrace ||
                before == TokenKind::RightBrace ||
                before == TokenKind::Semicolon;
  return tokens[position].onNewLine && !begins;
}

std::string Parser::seen(const Token &token) const {
  if (token.kind == TokenKind::EndOfFile) {
    return describe(token.kind);
  }
  return atLineEnd() ? "the end of the line"
                     : fmt::format("`{}`", shown(text(token)));
}

SourceRange Parser::rangeOfExpected() const {
  const Token &next = tokens[position];
  if (position > 0 && (atLineEnd() || next.kind == TokenKind::EndOfFile)) {
    uint32_t end = tokens[position - 1].range.end;
    return {end, end};
  }
  return next.range;
}

DiagnosticBuilder Parser::silent() {
  dropped = Diagnostic();
  return DiagnosticBuilder(dropped);
}

DiagnosticBuilder Parser::reportExpected(const std::string &expected,
                                         const char *context) {
  if (panicking) {
    return silent();
  }
  const Token &next = tokens[position];
  if (next.kind == TokenKind::Error) {
    // The lexer has said what is wrong with it.
    panicking = true;
    return silent();
  }
  panicking = true;
  return diagnostics.report(Diag::ExpectedToken, rangeOfExpected(), seen(next),
                            expected, *context ? " " : "", context);
}

bool Parser::beginsDeclaration(const Token &token) const {
  switch (token.kind) {
  case TokenKind::ConstWord:
  case TokenKind::HyperWord:
  case TokenKind::LetWord:
  case TokenKind::DefWord:
  case TokenKind::DataWord:
  case TokenKind::NetWord:
  case TokenKind::BlockWord:
  case TokenKind::OptWord:
  case TokenKind::InitWord:
  case TokenKind::PoolWord:
  case TokenKind::EmaWord:
  case TokenKind::StepWord:
  case TokenKind::ModelWord:
  case TokenKind::TrainWord:
  case TokenKind::ReportWord:
  case TokenKind::ProcWord:
    return token.onNewLine;
  default:
    return false;
  }
}

bool Parser::beginsStatement(size_t index) const {
  switch (tokens[index].kind) {
  case TokenKind::MinimizeWord:
  case TokenKind::MaximizeWord:
  case TokenKind::EmitWord:
  case TokenKind::YieldWord:
  case TokenKind::ObserveWord:
  case TokenKind::ParamWord:
  case TokenKind::StateWord:
  case TokenKind::UseWord:
    return true;
  case TokenKind::Name: {
    TokenKind next = tokens[std::min(index + 1, tokens.size() - 1)].kind;
    return next == TokenKind::Equal || next == TokenKind::Tilde ||
           next == TokenKind::LeftArrow;
  }
  default:
    return false;
  }
}

bool Parser::atMargin(const Token &token) const {
  uint32_t begin = token.range.begin;
  return begin == 0 || source.text()[begin - 1] == '\n';
}

void Parser::synchronizeStatement(size_t from) {
  // Count what the statement has opened so far: within its parentheses a new
  // line is not yet a new statement.
  int brackets = 0;
  int braces = 0;
  auto count = [&](TokenKind kind) {
    brackets += kind == TokenKind::LeftParen || kind == TokenKind::LeftBracket;
    brackets -=
        kind == TokenKind::RightParen || kind == TokenKind::RightBracket;
    braces += kind == TokenKind::LeftBrace;
    braces -= kind == TokenKind::RightBrace;
  };
  for (size_t i = from; i < position; ++i) {
    count(tokens[i].kind);
  }
  braces = std::max(braces, 0);
  panicking = fatal;
  openBrackets = 0;
  for (; tokens[position].kind != TokenKind::EndOfFile; ++position) {
    const Token &token = tokens[position];
    if (beginsDeclaration(token) && atMargin(token)) {
      return;
    }
    if (braces == 0 && position > from) {
      bool fresh =
          token.onNewLine && (brackets <= 0 || beginsStatement(position));
      if (fresh || token.kind == TokenKind::RightBrace) {
        return;
      }
      if (token.kind == TokenKind::Semicolon && brackets <= 0) {
        return;
      }
    }
    count(token.kind);
  }
}

void Parser::synchronizeDeclaration() {
  panicking = fatal;
  openBrackets = 0;
  inIndex = false;
  while (tokens[position].kind != TokenKind::EndOfFile) {
    const Token &token = tokens[position];
    // These begin statements of a body as well.
    bool alsoStatement = token.kind == TokenKind::UseWord ||
                         token.kind == TokenKind::ParamWord ||
                         token.kind == TokenKind::StateWord;
    if (beginsDeclaration(token) || (alsoStatement && atMargin(token))) {
      return;
    }
    ++position;
  }
}

Parser::Level::Level(Parser &parser) : parser(parser) {
  if (++parser.depth > maxDepth && !parser.panicking) {
    parser
        .fail(Diag::NestedTooDeep, parser.tokens[parser.position].range,
              maxDepth)
        .help("bind an inner part to a name");
    parser.fatal = true;
  }
}

void Parser::growOver(Expr &node, const Expr *child) {
  if (!child) {
    return;
  }
  node.height = std::max<unsigned>(node.height, child->height + 1);
  if (node.height > maxHeight && !panicking) {
    fail(Diag::ChainTooLong, tokens[position].range, maxHeight)
        .help("bind a part of it to a name");
    fatal = true;
  }
}

//===----------------------------------------------------------------------===//
// Small parts
//===----------------------------------------------------------------------===//

void Parser::failReserved(const Token &word, const char *what) {
  fail(Diag::ReservedName, word.range, text(word), what)
      .help(fmt::format("choose another name, such as `{}_`", text(word)));
}

Name Parser::parseName(const char *what) {
  if (at(TokenKind::Name)) {
    Token token = take();
    return {std::string(text(token)), token.range};
  }
  const Token &next = peek();
  if (isWord(next.kind) && (!next.onNewLine || openBrackets > 0)) {
    failReserved(next, what);
  } else {
    reportExpected(what, "");
  }
  SourceRange range = rangeOfExpected();
  return {"", range};
}

std::vector<Name> Parser::parseNames(const char *what) {
  std::vector<Name> names;
  do {
    names.push_back(parseName(what));
  } while (accept(TokenKind::Comma));
  return names;
}

Name Parser::parseMemberName() {
  // After a dot no word of the grammar can be meant: `fashion.train`.
  if (isWord(peek().kind)) {
    Token token = take();
    return {std::string(text(token)), token.range};
  }
  return parseName("the name of a field");
}

Path Parser::parsePath(const char *what) {
  Path path;
  uint32_t begin = beginOfNext();
  path.parts.push_back(parseName(what));
  while (at(TokenKind::Dot)) {
    take();
    path.parts.push_back(parseMemberName());
  }
  path.range = rangeFrom(begin);
  return path;
}

Placement Parser::placementHere(bool first) const {
  const Token &next = peek();
  return {next.blankBefore, !next.onNewLine && !first};
}

void Parser::endStatement(const char *what) {
  const Token &next = peek();
  if (panicking || next.onNewLine || next.kind == TokenKind::RightBrace ||
      next.kind == TokenKind::EndOfFile || accept(TokenKind::Semicolon)) {
    return;
  }
  if (next.kind == TokenKind::Error) {
    panicking = true;
    return;
  }
  auto message = fail(Diag::ExpectedEnd, next.range, seen(next), what);
  if (auto foreign = foreignHelp(text(tokens[position - 1]));
      foreign && tokens[position - 1].onNewLine) {
    message.help(*foreign); // `import torch`
  } else if (next.kind == TokenKind::IfWord) {
    message.help("a choice is written `if c then a else b`");
  } else if (next.kind == TokenKind::Equal) {
    message.help("one name, or several with commas between them, stand before "
                 "`=`");
  } else if (next.kind == TokenKind::LeftArrow) {
    message.help("`<-` writes a state; to compare with a negative number write "
                 "`< -`");
  } else if (next.kind == TokenKind::Colon) {
    message.help("bodies stand in `{ }`; a type is given where a name is "
                 "declared");
  } else {
    message.help("put it on a new line, or `;` before it");
  }
}

} // namespace gmc::dsl
