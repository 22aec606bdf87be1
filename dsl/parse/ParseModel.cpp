//===- ParseModel.cpp - declarations of values, data and networks ---------===//
#include "dsl/base/ForeignWords.h"
#include "dsl/base/SpellingHint.h"
#include "dsl/base/Unicode.h"
#include "dsl/parse/ParserInternals.h"

namespace gmc::dsl {

using namespace ast;

DeclPtr Parser::parseDeclaration() {
  switch (peek().kind) {
  case TokenKind::ConstWord:
    return parseValues(ValueDecl::Form::Const);
  case TokenKind::HyperWord:
    return parseValues(ValueDecl::Form::Hyper);
  case TokenKind::LetWord:
    return parseValues(ValueDecl::Form::Let);
  case TokenKind::DefWord:
    return parseDef();
  case TokenKind::DataWord:
    return parseData();
  case TokenKind::NetWord:
    return parseNet();
  case TokenKind::BlockWord:
    return parseBlock();
  case TokenKind::UseWord:
    return parseUse();
  case TokenKind::ParamWord:
  case TokenKind::StateWord:
    return parseParam();
  case TokenKind::OptWord:
    return parseOpt();
  case TokenKind::InitWord:
    return parseInit();
  case TokenKind::PoolWord:
    return parsePool();
  case TokenKind::EmaWord:
    return parseEma();
  case TokenKind::StepWord:
    return parseStep();
  case TokenKind::ModelWord:
    return parseModelDecl();
  case TokenKind::TrainWord:
    return parseTrain();
  case TokenKind::ReportWord:
    return parseReport();
  case TokenKind::ProcWord:
    return parseProc();
  default:
    return atWord("at") ? parseAt() : reportNoDeclaration();
  }
}

/// Says what stands where a declaration should, with a guess.
DeclPtr Parser::reportNoDeclaration() {
  static const std::vector<std::string> words = {
      "const", "hyper", "let",   "def",    "data", "net",  "block",
      "use",   "param", "state", "opt",    "init", "pool", "ema",
      "step",  "model", "train", "report", "proc", "at"};
  const Token next = peek();
  if (next.kind == TokenKind::Error) {
    panicking = true;
    return nullptr;
  }
  if (next.kind == TokenKind::FlowWord || next.kind == TokenKind::AfterWord) {
    fail(Diag::WordForLater, next.range, text(next));
    return nullptr;
  }
  if (next.kind == TokenKind::RightBrace) {
    fail(Diag::UnmatchedBrace, next.range)
        .help("remove it, or look for a `{` that is missing above");
    return nullptr;
  }
  if (next.kind == TokenKind::Name && atNames(TokenKind::Equal)) {
    fail(Diag::BindingOutsideBody, next.range, shown(text(next)))
        .help("begin with `const` (fixed when compiled), `hyper` (a run-time "
              "number) or `let` (computed from both)");
    return nullptr;
  }
  auto message = fail(Diag::ExpectedDeclaration, next.range, shown(text(next)));
  if (auto foreign = foreignHelp(text(next))) {
    message.help(*foreign);
  } else if (auto word = nearestSpelling(text(next), words)) {
    message.help(fmt::format("did you mean `{}`?", *word));
  } else {
    message.note("a file is made of `const hyper let def data net block use "
                 "param state opt init pool ema step model train report proc`");
  }
  return nullptr;
}

DeclPtr Parser::parseValues(ValueDecl::Form form) {
  uint32_t begin = take().range.begin;
  auto declaration = node<ValueDecl>(begin);
  declaration->form = form;
  do {
    declaration->bindings.push_back(parseBinding());
  } while (accept(TokenKind::Comma));
  declaration->range = rangeFrom(begin);
  return declaration;
}

std::vector<Name> Parser::parseNameList(const char *what) {
  std::vector<Name> names;
  const Token open = peek();
  expect(TokenKind::LeftParen, "after the name");
  ++openBrackets;
  while (!panicking && !at(TokenKind::RightParen)) {
    names.push_back(parseName(what));
    if (!accept(TokenKind::Comma)) {
      break;
    }
  }
  if (!accept(TokenKind::RightParen)) {
    reportExpected("`,` or `)`", "after a parameter")
        .label(open.range, "opened here");
  }
  --openBrackets;
  return names;
}

Parameter Parser::parseParameter(bool fromAllowed) {
  Parameter parameter;
  uint32_t begin = beginOfNext();
  parameter.name = parseName("the name of a parameter");
  if (fromAllowed && acceptWord("from")) {
    parameter.from = parsePath("the name of a data set");
  } else {
    if (accept(TokenKind::Colon)) {
      parameter.type = parseType();
    }
    if (accept(TokenKind::Equal)) {
      parameter.defaultValue = parseExpr();
    }
  }
  parameter.range = rangeFrom(begin);
  return parameter;
}

std::vector<Parameter> Parser::parseParameters(bool fromAllowed) {
  std::vector<Parameter> parameters;
  const Token open = peek();
  expect(TokenKind::LeftParen, "before the parameters");
  ++openBrackets;
  while (!panicking && !at(TokenKind::RightParen)) {
    parameters.push_back(parseParameter(fromAllowed));
    if (!accept(TokenKind::Comma)) {
      break;
    }
  }
  if (!accept(TokenKind::RightParen)) {
    reportExpected("`,` or `)`", "in the parameters")
        .label(open.range, "opened here");
  }
  --openBrackets;
  return parameters;
}

DeclPtr Parser::parseDef() {
  uint32_t begin = take().range.begin;
  auto declaration = node<DefDecl>(begin);
  declaration->name = parseName("the name of a definition");
  for (Name &name : parseNameList("the name of a parameter")) {
    Parameter parameter;
    parameter.range = name.range;
    parameter.name = std::move(name);
    declaration->parameters.push_back(std::move(parameter));
  }
  if (accept(TokenKind::Equal)) {
    declaration->value = parseExpr();
  } else if (at(TokenKind::LeftBrace)) {
    declaration->body = parseBody("the definition");
  } else {
    reportExpected("`=` or `{`", "before what the definition stands for");
    declaration->value = errorExpr();
  }
  declaration->range = rangeFrom(begin);
  return declaration;
}

DeclPtr Parser::parseData() {
  uint32_t begin = take().range.begin;
  auto declaration = node<DataDecl>(begin);
  declaration->name = parseName("the name of a data set");
  expect(TokenKind::Colon, "after the name of the data set");
  if (atWord("rest") && at(TokenKind::OfWord, 1)) {
    take();
    take();
    declaration->restOf = parseName("the name of a data set");
  } else {
    declaration->source =
        parseReference("a source such as `idx(\"fashion-mnist\")`", true);
  }
  // `rest of m` has the fields of `m`.
  bool fields = declaration->restOf ? accept(TokenKind::AsWord)
                                    : expect(TokenKind::AsWord, "and a type");
  declaration->record = fields && at(TokenKind::LeftParen);
  if (declaration->record) {
    take();
    ++openBrackets;
    do {
      declaration->fields.push_back(parseField(true));
    } while (accept(TokenKind::Comma));
    expect(TokenKind::RightParen, "after the fields");
    --openBrackets;
  } else if (fields) {
    Field field;
    uint32_t typeBegin = beginOfNext();
    field.type = parseType();
    field.values = parseValueRange();
    field.range = rangeFrom(typeBegin);
    declaration->fields.push_back(std::move(field));
  }
  while (accept(TokenKind::Comma)) {
    declaration->transforms.push_back(
        parseReference("a transform such as `flip`", false));
  }
  declaration->range = rangeFrom(begin);
  return declaration;
}

DeclPtr Parser::parseNet() {
  uint32_t begin = take().range.begin;
  Name name = parseName("the name of a net");
  if (at(TokenKind::Colon)) {
    return parseNetImport(begin, std::move(name));
  }
  auto declaration = node<NetDecl>(begin);
  declaration->name = std::move(name);
  const Token open = peek();
  expect(TokenKind::LeftParen, "after the name of the net");
  ++openBrackets;
  while (!panicking && !at(TokenKind::RightParen)) {
    declaration->inputs.push_back(parseField(true));
    if (!accept(TokenKind::Comma)) {
      break;
    }
  }
  if (!accept(TokenKind::RightParen)) {
    reportExpected("`,` or `)`", "in the inputs")
        .label(open.range, "opened here");
  }
  --openBrackets;
  if (!panicking && !at(TokenKind::RightArrow)) {
    reportExpected("`->` and the type of what it gives", "after the inputs")
        .help("for example `net Enc(x: f32[784]) -> f32[20] { .. }`");
  }
  accept(TokenKind::RightArrow);
  parseNetOutputs(declaration->outputs);
  declaration->body = parseBody("the net");
  declaration->range = rangeFrom(begin);
  return declaration;
}

void Parser::parseNetOutputs(std::vector<Field> &outputs) {
  outputs.push_back(parseField(false));
  while (accept(TokenKind::Comma)) {
    if (!outputs[0].name) {
      fail(Diag::UnnamedOutputs, outputs[0].range)
          .help("several outputs have names: `-> mu: f32[20], logvar: "
                "f32[20]`");
      return;
    }
    outputs.push_back(parseField(true));
  }
}

DeclPtr Parser::parseNetImport(uint32_t begin, Name name) {
  take();
  auto declaration = node<NetImportDecl>(begin);
  declaration->name = std::move(name);
  declaration->net = parseName("the name of a net");
  expect(TokenKind::Equal, "before the weights");
  declaration->weights =
      parseReference("a call such as `weights(\"v.safetensors\")`", true);
  declaration->frozen = acceptWord("frozen");
  declaration->range = rangeFrom(begin);
  return declaration;
}

DeclPtr Parser::parseBlock() {
  uint32_t begin = take().range.begin;
  auto declaration = node<BlockDecl>(begin);
  declaration->name = parseName("the name of a block");
  if (at(TokenKind::LeftParen)) {
    declaration->hasParameters = true;
    declaration->parameters = parseParameters(false);
  }
  if (accept(TokenKind::OfWord)) {
    declaration->input = parseName("the name of the block's input");
  }
  declaration->body = parseBody("the block");
  declaration->range = rangeFrom(begin);
  return declaration;
}

DeclPtr Parser::parseUse() {
  uint32_t begin = take().range.begin;
  auto declaration = node<UseDecl>(begin);
  declaration->names = parseNames("the name of an instance");
  expect(TokenKind::Colon, "after the names of the instances");
  declaration->target = parseReference("the name of a net", false);
  declaration->range = rangeFrom(begin);
  return declaration;
}

DeclPtr Parser::parseParam() {
  uint32_t begin = beginOfNext();
  auto declaration = node<ParamDecl>(begin);
  declaration->spec = parseParamSpec();
  declaration->range = rangeFrom(begin);
  return declaration;
}

DeclPtr Parser::parseOpt() {
  uint32_t begin = take().range.begin;
  auto declaration = node<OptDecl>(begin);
  declaration->name = parseName("the name of an optimiser");
  expect(TokenKind::Equal, "after the name of the optimiser");
  declaration->optimizer = parseReference("a call such as `adam(lr)`", true);
  declaration->range = rangeFrom(begin);
  return declaration;
}

DeclPtr Parser::parseInit() {
  uint32_t begin = take().range.begin;
  auto declaration = node<InitDecl>(begin);
  declaration->layers = parseNames("the name of a layer");
  expect(TokenKind::Colon, "after the names of the layers");
  do {
    InitDecl::Rule rule;
    rule.parameter = parseName("`weight`, `bias` or another parameter");
    rule.draw = accept(TokenKind::Tilde);
    if (!rule.draw && !accept(TokenKind::Equal)) {
      reportExpected("`~` or `=`", "after the name of a layer's parameter");
    }
    rule.value = parseExpr();
    declaration->rules.push_back(std::move(rule));
  } while (accept(TokenKind::Comma));
  declaration->range = rangeFrom(begin);
  return declaration;
}

DeclPtr Parser::parsePool() {
  uint32_t begin = take().range.begin;
  auto declaration = node<PoolDecl>(begin);
  do {
    PoolDecl::Item item;
    item.name = parseName("the name of a pool");
    bool closeOnNewLine = false;
    parseArguments(item.arguments, closeOnNewLine);
    declaration->pools.push_back(std::move(item));
  } while (accept(TokenKind::Comma));
  declaration->range = rangeFrom(begin);
  return declaration;
}

DeclPtr Parser::parseEma() {
  uint32_t begin = take().range.begin;
  auto declaration = node<EmaDecl>(begin);
  declaration->name = parseName("the name of an average");
  expect(TokenKind::Equal, "after the name of the average");
  expectWord("average", "after `=` of an `ema`");
  expect(TokenKind::OfWord, "after `average`");
  declaration->of = parseName("the name of a net");
  expect(TokenKind::Comma, "before `decay`");
  expectWord("decay", "after the averaged net");
  declaration->decay = parseExpr();
  if (accept(TokenKind::Comma)) {
    expectWord("from", "after the decay");
    declaration->from = parseDuration();
  }
  declaration->range = rangeFrom(begin);
  return declaration;
}

} // namespace gmc::dsl
