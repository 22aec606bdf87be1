//===- ParseTraining.cpp - steps, the train program, reports, procedures --===//
#include "dsl/base/Unicode.h"
#include "dsl/parse/ParserInternals.h"

namespace gmc::dsl {

using namespace ast;

DeclPtr Parser::parseStep() {
  uint32_t begin = take().range.begin;
  auto declaration = node<StepDecl>(begin);
  declaration->name = parseName("the name of a step");
  declaration->parameters = parseNameList("the name of a value");
  if (accept(TokenKind::RightArrow)) {
    declaration->outputs = parseNames("the name of a result");
  }
  declaration->body = parseBody("the step");
  declaration->range = rangeFrom(begin);
  return declaration;
}

DeclPtr Parser::parseModelDecl() {
  uint32_t begin = take().range.begin;
  auto declaration = node<ModelDecl>(begin);
  declaration->name = parseName("the name of a model");
  declaration->parameters = parseNameList("the name of a value");
  declaration->body = parseBody("the model");
  declaration->range = rangeFrom(begin);
  return declaration;
}

DeclPtr Parser::parseAt() {
  uint32_t begin = take().range.begin;
  auto declaration = node<AtDecl>(begin);
  expectWord("start", "after `at`");
  expect(TokenKind::OfWord, "after `at start`");
  declaration->step = parseName("the name of a step");
  declaration->body = parseBody("`at start`");
  declaration->range = rangeFrom(begin);
  return declaration;
}

DeclPtr Parser::parseProc() {
  uint32_t begin = take().range.begin;
  auto declaration = node<ProcDecl>(begin);
  declaration->name = parseName("the name of a procedure");
  declaration->parameters = parseParameters(true);
  if (!panicking && !atWord("batch")) {
    reportExpected("`batch` and its size", "after the parameters")
        .help("for example `proc sample(n = 64) batch n { .. }`");
  }
  acceptWord("batch");
  declaration->batch = parseExpr();
  declaration->body = parseBody("the procedure");
  declaration->range = rangeFrom(begin);
  return declaration;
}

//===----------------------------------------------------------------------===//
// report
//===----------------------------------------------------------------------===//

ReportDecl::Item Parser::parseReportItem() {
  ReportDecl::Item item;
  uint32_t begin = beginOfNext();
  if (at(TokenKind::Name) && at(TokenKind::Equal, 1)) {
    item.name = parseName("the name of a figure");
    take();
  }
  item.value = parseExpr();
  item.range = rangeFrom(begin);
  return item;
}

DeclPtr Parser::parseReport() {
  uint32_t begin = take().range.begin;
  auto declaration = node<ReportDecl>(begin);
  do {
    declaration->items.push_back(parseReportItem());
  } while (accept(TokenKind::Comma));
  if (accept(TokenKind::OfWord)) {
    declaration->of = parseName("the name of a step");
    expectWord("on", "after the step of the report");
    do {
      declaration->on.push_back(parsePath("the name of a data set"));
    } while (accept(TokenKind::Comma));
  }
  if (accept(TokenKind::EveryWord)) {
    declaration->every = parseDuration();
  } else if (acceptWord("at")) {
    expectWord("end", "after `at` of a report");
  } else {
    reportExpected("`every` or `at end`", "after what is reported")
        .help("for example `every 1 epoch`");
  }
  declaration->range = rangeFrom(begin);
  return declaration;
}

//===----------------------------------------------------------------------===//
// train
//===----------------------------------------------------------------------===//

DeclPtr Parser::parseTrain() {
  uint32_t begin = take().range.begin;
  auto declaration = node<TrainDecl>(begin);
  if (at(TokenKind::Name)) {
    declaration->name = parseName("the name of a phase");
  }
  declaration->body = parseTurnBlock("the training");
  if (!panicking && !at(TokenKind::ForWord)) {
    reportExpected("`for` and how long", "after the turns")
        .help("for example `for 10 epochs, batch 128`");
  }
  accept(TokenKind::ForWord);
  declaration->duration = parseDuration();
  if (accept(TokenKind::Comma)) {
    expectWord("batch", "after the duration");
    declaration->batch = parseExpr();
  }
  declaration->range = rangeFrom(begin);
  return declaration;
}

TurnBlock Parser::parseTurnBlock(const char *what) {
  Level level(*this);
  TurnBlock block;
  const Token open = peek();
  uint32_t begin = beginOfNext();
  if (!accept(TokenKind::LeftBrace)) {
    reportExpected("`{`", "before the turns");
    return block;
  }
  while (!stopped() && !at(TokenKind::RightBrace)) {
    if (accept(TokenKind::Semicolon)) {
      continue;
    }
    if (endsBody()) {
      break;
    }
    Placement placement = placementHere(block.turns.empty());
    size_t from = position;
    TurnPtr turn = parseTurn();
    endStatement("the turn");
    if (turn) {
      turn->placement = placement;
      block.turns.push_back(std::move(turn));
    }
    if (panicking) {
      synchronizeStatement(from);
    }
  }
  closeBody(open, what);
  block.range = rangeFrom(begin);
  block.oneLine =
      source.lineOf(block.range.begin) == source.lineOf(block.range.end);
  return block;
}

TurnPtr Parser::parseTurn() {
  uint32_t begin = beginOfNext();
  if (accept(TokenKind::RepeatWord)) {
    auto turn = node<RepeatTurn>(begin);
    turn->count = parseExpr();
    turn->body = parseTurnBlock("`repeat`");
    turn->range = rangeFrom(begin);
    return turn;
  }
  if (accept(TokenKind::EveryWord)) {
    auto turn = node<EveryTurn>(begin);
    turn->period = parseDuration();
    turn->body = parseTurnBlock("`every`");
    turn->range = rangeFrom(begin);
    return turn;
  }
  if (accept(TokenKind::WhenWord)) {
    auto turn = node<WhenTurn>(begin);
    turn->condition = parseExpr();
    turn->body = parseTurnBlock("`when`");
    turn->range = rangeFrom(begin);
    return turn;
  }
  if (at(TokenKind::Name) && at(TokenKind::LeftParen, 1)) {
    return parseCallTurn(begin, {});
  }
  return parseNamesTurn();
}

bool Parser::atStream() const {
  return (atWord("next") || atWord("same")) && at(TokenKind::Name, 1) &&
         !peek(1).onNewLine;
}

TurnPtr Parser::parseNamesTurn() {
  uint32_t begin = beginOfNext();
  if (!at(TokenKind::Name)) {
    reportExpected("the call of a step, `repeat`, `every` or `when`",
                   "in a train block");
    return nullptr;
  }
  std::vector<Name> names = parseNames("the name of a result");
  if (accept(TokenKind::LeftArrow)) {
    auto turn = node<UpdateTurn>(begin);
    turn->names = std::move(names);
    turn->value = parseExpr();
    turn->range = rangeFrom(begin);
    return turn;
  }
  expect(TokenKind::Equal, "after the names of the results");
  if (!atStream()) {
    return parseCallTurn(begin, std::move(names));
  }
  auto turn = node<DrawTurn>(begin);
  turn->names = std::move(names);
  turn->same = text(take()) == "same";
  turn->stream = parsePath("the name of a data set");
  turn->range = rangeFrom(begin);
  return turn;
}

TurnPtr Parser::parseCallTurn(uint32_t begin, std::vector<Name> results) {
  auto turn = node<CallTurn>(begin);
  turn->results = std::move(results);
  turn->step = parseName("the name of a step");
  const Token open = peek();
  if (at(TokenKind::Dot) && !turn->results.empty()) {
    reportExpected("`(`", "after the name of the step")
        .help(fmt::format("a record is drawn by `next {}.train`",
                          turn->step.text));
  }
  expect(TokenKind::LeftParen, "after the name of the step");
  ++openBrackets;
  while (!panicking && !at(TokenKind::RightParen)) {
    turn->arguments.push_back(parseTurnArgument());
    if (!accept(TokenKind::Comma)) {
      break;
    }
  }
  if (!accept(TokenKind::RightParen)) {
    reportExpected("`,` or `)`", "in the arguments of the step")
        .label(open.range, "opened here");
  }
  openBrackets -= openBrackets > 0;
  turn->range = rangeFrom(begin);
  return turn;
}

TurnArgument Parser::parseTurnArgument() {
  TurnArgument argument;
  uint32_t begin = beginOfNext();
  if (atStream()) {
    argument.kind = text(take()) == "same" ? TurnArgument::Kind::Same
                                           : TurnArgument::Kind::Next;
    argument.stream = parsePath("the name of a data set");
  } else {
    argument.value = parseExpr();
  }
  argument.range = rangeFrom(begin);
  return argument;
}

} // namespace gmc::dsl
