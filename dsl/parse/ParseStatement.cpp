//===- ParseStatement.cpp - the lines of bodies ---------------------------===//
#include "dsl/parse/ParserInternals.h"

#include "dsl/base/Unicode.h"

namespace gmc::dsl {

using namespace ast;

Body Parser::parseBody(const char *what) {
  Level level(*this);
  Body body;
  const Token open = peek();
  uint32_t begin = beginOfNext();
  if (!accept(TokenKind::LeftBrace)) {
    reportExpected("`{`", "before the body");
    return body;
  }
  unsigned bracketsOutside = std::exchange(openBrackets, 0);
  bool indexOutside = std::exchange(inIndex, false);
  while (!stopped() && !at(TokenKind::RightBrace)) {
    if (accept(TokenKind::Semicolon)) {
      continue;
    }
    if (endsBody()) {
      break;
    }
    Placement placement = placementHere(body.statements.empty());
    size_t from = position;
    StmtPtr statement = parseStatement();
    endStatement("the statement");
    if (statement) {
      statement->placement = placement;
      body.statements.push_back(std::move(statement));
    }
    if (panicking) {
      synchronizeStatement(from);
    }
  }
  closeBody(open, what);
  openBrackets = bracketsOutside;
  inIndex = indexOutside;
  body.range = rangeFrom(begin);
  body.oneLine =
      source.lineOf(body.range.begin) == source.lineOf(body.range.end);
  return body;
}

bool Parser::endsBody() const {
  // A declaration at the margin: the `}` before it is missing.
  bool declaration = beginsDeclaration(peek()) && atMargin(peek());
  return at(TokenKind::EndOfFile) || declaration;
}

bool Parser::closeBody(const Token &open, const char *what) {
  if (panicking || accept(TokenKind::RightBrace)) {
    return true;
  }
  const Token &next = peek();
  if (stopped()) {
    return false;
  }
  SourceRange range = rangeOfExpected();
  diagnostics.report(Diag::MissingBrace, range, seen(next), what)
      .label(open.range, "opened here");
  return false;
}

bool Parser::atNames(TokenKind after) const {
  unsigned ahead = 0;
  while (at(TokenKind::Name, ahead)) {
    if (at(after, ahead + 1)) {
      return true;
    }
    if (!at(TokenKind::Comma, ahead + 1)) {
      return false;
    }
    ahead += 2;
  }
  return false;
}

bool Parser::atDraw() const {
  if (!at(TokenKind::Name)) {
    return false;
  }
  if (at(TokenKind::Tilde, 1)) {
    return true;
  }
  if (!at(TokenKind::LeftBracket, 1) || !at(TokenKind::Name, 2) ||
      !at(TokenKind::Colon, 3)) {
    return false;
  }
  // `z[k: 50] ~ q`, but `h[a:b]` is a slice.
  unsigned ahead = 4;
  for (int open = 1; open > 0; ++ahead) {
    if (peek(ahead).onNewLine || at(TokenKind::EndOfFile, ahead)) {
      return false;
    }
    open += at(TokenKind::LeftBracket, ahead);
    open -= at(TokenKind::RightBracket, ahead);
  }
  return at(TokenKind::Tilde, ahead);
}

StmtPtr Parser::parseStatement() {
  uint32_t begin = beginOfNext();
  switch (peek().kind) {
  case TokenKind::ParamWord:
  case TokenKind::StateWord: {
    auto statement = node<ParamStmt>(begin);
    statement->spec = parseParamSpec();
    statement->range = rangeFrom(begin);
    return statement;
  }
  case TokenKind::UseWord: {
    take();
    auto statement = node<UseStmt>(begin);
    statement->names = parseNames("the name of an instance");
    expect(TokenKind::Colon, "after the names of `use`");
    statement->target = parseReference("a net, or a layer call", false);
    statement->range = rangeFrom(begin);
    return statement;
  }
  case TokenKind::MinimizeWord:
  case TokenKind::MaximizeWord:
    return parseMinimize();
  case TokenKind::EmitWord: {
    take();
    auto statement = node<EmitStmt>(begin);
    statement->call = parseReference("a call such as `grid(x)`", true);
    statement->range = rangeFrom(begin);
    return statement;
  }
  case TokenKind::YieldWord: {
    take();
    auto statement = node<YieldStmt>(begin);
    statement->value = parseExpr();
    statement->range = rangeFrom(begin);
    return statement;
  }
  case TokenKind::ObserveWord:
    return parseDraw();
  default:
    break;
  }
  if (atDraw()) {
    return parseDraw();
  }
  if (atNames(TokenKind::Equal) || atNames(TokenKind::LeftArrow)) {
    return parseNamesStatement();
  }
  return parseExpressionStatement();
}

StmtPtr Parser::parseNamesStatement() {
  uint32_t begin = beginOfNext();
  std::vector<Name> names = parseNames("a name");
  if (accept(TokenKind::LeftArrow)) {
    auto update = node<UpdateStmt>(begin);
    update->names = std::move(names);
    update->value = parseExpr();
    update->range = rangeFrom(begin);
    return update;
  }
  expect(TokenKind::Equal, "after the names");
  auto assign = node<AssignStmt>(begin);
  assign->names = std::move(names);
  assign->value = parseExpr();
  assign->range = rangeFrom(begin);
  return assign;
}

StmtPtr Parser::parseExpressionStatement() {
  uint32_t begin = beginOfNext();
  if (beginsDeclaration(peek())) {
    return reportDeclarationInBody();
  }
  if (atWord("return") && !at(TokenKind::EndOfFile, 1) && !peek(1).onNewLine &&
      !at(TokenKind::LeftParen, 1)) {
    fail(Diag::ReturnStatement, peek().range)
        .help("the value of a body is its last expression; write it alone");
    return nullptr;
  }
  auto statement = node<ExpressionStmt>(begin);
  statement->value = parseExpr();
  statement->range = rangeFrom(begin);
  if (at(TokenKind::Tilde)) {
    fail(Diag::DrawOfExpression, statement->value->range,
         shown(source.text(statement->value->range)))
        .help("bind the value to a name first: only names are drawn or "
              "observed");
  }
  return statement;
}

StmtPtr Parser::reportDeclarationInBody() {
  const Token word = peek();
  TokenKind next = peek(1).kind;
  bool isBound = next == TokenKind::Equal || next == TokenKind::Comma ||
                 next == TokenKind::Tilde || next == TokenKind::LeftArrow;
  if (isBound) {
    failReserved(word, "the name of a value");
    return nullptr;
  }
  auto message = fail(Diag::DeclarationInBody, word.range, text(word));
  bool value = word.kind == TokenKind::LetWord ||
               word.kind == TokenKind::ConstWord ||
               word.kind == TokenKind::HyperWord;
  message.help(value ? "in a body a name is bound by `name = value` alone"
                     : "declarations stand outside of bodies; is a `}` missing "
                       "above?");
  return nullptr;
}

StmtPtr Parser::parseDraw() {
  uint32_t begin = beginOfNext();
  auto draw = node<DrawStmt>(begin);
  draw->observe = accept(TokenKind::ObserveWord);
  draw->name = parseName("the name of a draw");
  if (accept(TokenKind::LeftBracket)) {
    ++openBrackets;
    draw->axis = parseName("the name of an axis");
    expect(TokenKind::Colon, "after the name of the axis");
    draw->axisLength = parseExpr();
    --openBrackets;
    expect(TokenKind::RightBracket, "after the length of the axis");
  }
  expect(TokenKind::Tilde, "after the name of a draw");
  draw->distribution = parseExpr();
  if (accept(TokenKind::LikeWord)) {
    draw->like = parseExpr();
  } else {
    draw->once = accept(TokenKind::OnceWord);
  }
  if (accept(TokenKind::ViaWord)) {
    draw->via = parseExpr();
  }
  if (accept(TokenKind::ByWord)) {
    draw->estimator = parseReference("an estimator such as `gumbel(1)`", false);
  }
  if (atWord("mask") && !peek().onNewLine) {
    take();
    draw->mask = parseExpr();
  }
  draw->range = rangeFrom(begin);
  return draw;
}

StmtPtr Parser::parseMinimize() {
  uint32_t begin = beginOfNext();
  auto statement = node<MinimizeStmt>(begin);
  statement->maximize = take().kind == TokenKind::MaximizeWord;
  statement->objective = parseExpr();
  if (!panicking && !at(TokenKind::OverWord)) {
    reportExpected("`over` and the networks to train", "after the objective")
        .help("for example `minimize loss over G using adam(1e-3)`");
  }
  accept(TokenKind::OverWord);
  statement->over = parseNames("the name of a network");
  if (!panicking && !at(TokenKind::UsingWord)) {
    reportExpected("`using` and an optimiser", "after the networks")
        .help("for example `using adam(1e-3)`");
  }
  accept(TokenKind::UsingWord);
  statement->optimizer =
      parseReference("an optimiser such as `adam(1e-3)`", false);
  while (accept(TokenKind::Comma)) {
    statement->clauses.push_back(parseClause());
  }
  statement->range = rangeFrom(begin);
  return statement;
}

MinimizeClause Parser::parseClause() {
  MinimizeClause clause;
  uint32_t begin = beginOfNext();
  if (acceptWord("clip")) {
    clause.value = parseExpr();
  } else if (acceptWord("keep")) {
    clause.kind = MinimizeClause::Kind::Keep;
    expect(TokenKind::InWord, "after `keep`");
    clause.keep = parseInterval();
  } else if (accept(TokenKind::WhenWord)) {
    clause.kind = MinimizeClause::Kind::When;
    clause.value = parseExpr();
  } else {
    reportExpected("`clip`, `keep in` or `when`", "after the optimiser");
    clause.value = errorExpr();
  }
  clause.range = rangeFrom(begin);
  return clause;
}

ParamSpec Parser::parseParamSpec() {
  ParamSpec spec;
  spec.state = take().kind == TokenKind::StateWord;
  spec.name =
      parseName(spec.state ? "the name of a state" : "the name of a parameter");
  expect(TokenKind::Colon, "before the type");
  spec.type = parseType();
  if (accept(TokenKind::Equal)) {
    spec.start = ParamSpec::Start::Value;
    spec.initial = parseExpr();
  } else if (accept(TokenKind::Tilde)) {
    spec.start = ParamSpec::Start::Draw;
    spec.initial = parseExpr();
  }
  return spec;
}

Binding Parser::parseBinding() {
  Binding binding;
  uint32_t begin = beginOfNext();
  binding.name = parseName("the name of a value");
  if (accept(TokenKind::Colon)) {
    binding.type = parseType();
  }
  expect(TokenKind::Equal, "before the value");
  binding.value = parseExpr();
  binding.range = rangeFrom(begin);
  return binding;
}

} // namespace gmc::dsl
