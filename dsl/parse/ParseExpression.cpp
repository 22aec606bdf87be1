//===- ParseExpression.cpp - expressions ----------------------------------===//
//
// Loosest first: `for .. in`, `if then else`, `|>`, then binary operators by
// precedence, unary `-`, `^`, and what follows a primary: `( )`, `[ ]`, `.`,
// `as NAME`, `: attribute`.
//
//===----------------------------------------------------------------------===//
#include "dsl/base/Unicode.h"
#include "dsl/parse/ParserInternals.h"

namespace gmc::dsl {

using namespace ast;

namespace {

/// Sets `variable` as long as it lives.
template <typename T> class Scoped {
public:
  Scoped(T &variable, T value) : variable(variable), before(variable) {
    variable = value;
  }
  ~Scoped() { variable = before; }

private:
  T &variable;
  T before;
};

/// Precedences of parseBinary; a higher one binds tighter. `not` stands between
/// And and Compare.
enum : unsigned {
  OrLevel,
  AndLevel,
  CompareLevel,
  SpanLevel,
  SumLevel,
  ProductLevel
};

struct Operator {
  unsigned level;
  BinaryOp op;
};

/// Returns the operator that `kind` writes between two operands, if any.
std::optional<Operator> operatorOf(TokenKind kind) {
  switch (kind) {
  case TokenKind::OrWord:
    return Operator{OrLevel, BinaryOp::Or};
  case TokenKind::AndWord:
    return Operator{AndLevel, BinaryOp::And};
  case TokenKind::EqualEqual:
    return Operator{CompareLevel, BinaryOp::Equal};
  case TokenKind::NotEqual:
    return Operator{CompareLevel, BinaryOp::NotEqual};
  case TokenKind::Less:
    return Operator{CompareLevel, BinaryOp::Less};
  case TokenKind::LessEqual:
    return Operator{CompareLevel, BinaryOp::LessEqual};
  case TokenKind::Greater:
    return Operator{CompareLevel, BinaryOp::Greater};
  case TokenKind::GreaterEqual:
    return Operator{CompareLevel, BinaryOp::GreaterEqual};
  case TokenKind::Plus:
    return Operator{SumLevel, BinaryOp::Add};
  case TokenKind::Minus:
    return Operator{SumLevel, BinaryOp::Subtract};
  case TokenKind::Star:
    return Operator{ProductLevel, BinaryOp::Multiply};
  case TokenKind::Slash:
    return Operator{ProductLevel, BinaryOp::Divide};
  case TokenKind::AtSign:
    return Operator{ProductLevel, BinaryOp::Matmul};
  case TokenKind::Percent:
    return Operator{ProductLevel, BinaryOp::Modulo};
  default:
    return std::nullopt;
  }
}

} // namespace

ExprPtr Parser::errorExpr() const {
  uint32_t place = tokens[position].range.begin;
  return std::make_unique<ErrorExpr>(SourceRange{place, place});
}

ExprPtr Parser::parseExpr() {
  Level level(*this);
  uint32_t begin = beginOfNext();
  ExprPtr value = parseIf();
  while (at(TokenKind::ForWord) && continuesHere()) {
    // `} for 50 epochs` after a train block never gets here: blocks of turns
    // are no expressions.
    take();
    auto loop = node<ComprehensionExpr>(begin);
    loop->variable = parseName("the name of the turn");
    expect(TokenKind::InWord, "after the name of the turn");
    loop->source = parseIf();
    loop->element = std::move(value);
    loop->range = rangeFrom(begin);
    grow(*loop, loop->element, loop->source);
    value = std::move(loop);
  }
  return value;
}

ExprPtr Parser::parseIf() {
  if (!at(TokenKind::IfWord)) {
    return parsePipe();
  }
  Level level(*this);
  auto choice = node<IfExpr>(beginOfNext());
  uint32_t begin = beginOfNext();
  take();
  choice->condition = parseIf();
  expect(TokenKind::ThenWord, "after the condition of `if`");
  choice->thenValue = parseIf();
  if (!panicking && !at(TokenKind::ElseWord)) {
    reportExpected("`else`", "after the first value of `if`")
        .help("an `if` has a value in both cases: `if c then a else b`");
  }
  accept(TokenKind::ElseWord);
  choice->elseValue = parseIf();
  choice->range = rangeFrom(begin);
  grow(*choice, choice->condition, choice->thenValue, choice->elseValue);
  return choice;
}

ExprPtr Parser::parsePipe() {
  uint32_t begin = beginOfNext();
  ExprPtr first = parseBinary(OrLevel);
  if (!at(TokenKind::Pipe)) {
    return first;
  }
  auto pipe = node<PipeExpr>(begin);
  grow(*pipe, first);
  pipe->stages.push_back(std::move(first));
  pipe->onNewLine.push_back(false);
  while (at(TokenKind::Pipe)) {
    pipe->onNewLine.push_back(peek().onNewLine);
    take();
    ExprPtr stage = parseBinary(OrLevel);
    grow(*pipe, stage);
    pipe->stages.push_back(std::move(stage));
  }
  pipe->range = rangeFrom(begin);
  return pipe;
}

ExprPtr Parser::parseBinary(unsigned minimum) {
  if (minimum > ProductLevel) {
    return parseUnary();
  }
  uint32_t begin = beginOfNext();
  if (minimum == CompareLevel && at(TokenKind::NotWord)) {
    Level level(*this);
    auto negation = node<UnaryExpr>(begin);
    negation->op = UnaryOp::Not;
    negation->opRange = take().range;
    negation->operand = parseBinary(CompareLevel);
    negation->range = rangeFrom(begin);
    grow(*negation, negation->operand);
    return negation;
  }
  ExprPtr left = parseBinary(minimum + 1);
  if (minimum == SpanLevel) {
    bool exclusive = at(TokenKind::DotDotLess);
    if (!(exclusive || at(TokenKind::DotDot)) || !continuesHere()) {
      return left;
    }
    take();
    auto span = node<SpanExpr>(begin);
    span->exclusive = exclusive;
    span->from = std::move(left);
    span->to = parseBinary(SumLevel);
    span->range = rangeFrom(begin);
    grow(*span, span->from, span->to);
    return span;
  }
  bool compared = false;
  while (true) {
    std::optional<Operator> found = operatorOf(peek().kind);
    if (!found || found->level != minimum || !continuesHere()) {
      return left;
    }
    if (compared && minimum == CompareLevel) {
      fail(Diag::ChainedComparison, peek().range, text(peek()))
          .help("join two comparisons with `and`: `a < b and b < c`");
      return left;
    }
    compared = true;
    auto binary = node<BinaryExpr>(begin);
    binary->op = found->op;
    bool before = peek().onNewLine;
    binary->opRange = take().range;
    binary->lineBreak = before             ? LineBreak::BeforeOperator
                        : peek().onNewLine ? LineBreak::AfterOperator
                                           : LineBreak::None;
    binary->left = std::move(left);
    binary->right = parseBinary(minimum + 1);
    binary->range = rangeFrom(begin);
    grow(*binary, binary->left, binary->right);
    left = std::move(binary);
  }
}

ExprPtr Parser::parseUnary() {
  if (!at(TokenKind::Minus)) {
    return parsePower();
  }
  Level level(*this);
  uint32_t begin = beginOfNext();
  auto negation = node<UnaryExpr>(begin);
  negation->op = UnaryOp::Negate;
  negation->opRange = take().range;
  negation->operand = parseUnary();
  negation->range = rangeFrom(begin);
  grow(*negation, negation->operand);
  return negation;
}

ExprPtr Parser::parsePower() {
  uint32_t begin = beginOfNext();
  ExprPtr base = parsePostfix();
  if (!at(TokenKind::Caret) || !continuesHere()) {
    return base;
  }
  Level level(*this);
  auto power = node<BinaryExpr>(begin);
  power->op = BinaryOp::Power;
  power->opRange = take().range;
  power->left = std::move(base);
  // To the right: 2^3^2 is 2^(3^2), and 2^-1 needs no parentheses.
  power->right = parseUnary();
  power->range = rangeFrom(begin);
  grow(*power, power->left, power->right);
  return power;
}

ExprPtr Parser::parsePostfix(bool layerForms) {
  uint32_t begin = beginOfNext();
  ExprPtr value = parsePrimary();
  while (!panicking) {
    const Token &next = peek();
    if (next.onNewLine && openBrackets == 0) {
      break;
    }
    if (next.kind == TokenKind::LeftParen) {
      value = parseCallTail(std::move(value));
    } else if (next.kind == TokenKind::LeftBracket) {
      value = parseIndexTail(std::move(value));
    } else if (next.kind == TokenKind::Dot) {
      take();
      auto member = node<MemberExpr>(begin);
      member->object = std::move(value);
      member->member = parseMemberName();
      value = std::move(member);
      grow(*value, cast<MemberExpr>(*value).object);
    } else {
      break;
    }
    value->range = rangeFrom(begin);
  }
  if (!layerForms) {
    return value;
  }
  if (at(TokenKind::AsWord) && continuesHere()) {
    value = parseAs(std::move(value));
  }
  if (value->kind == ExprKind::Call && at(TokenKind::Colon) && !inIndex &&
      !value->parenthesized) {
    take();
    if (peek().onNewLine && !panicking) { // `for i in range(3):`
      reportExpected("an attribute such as `spectral_norm`", "")
          .help("bodies stand in `{ }`; lines that are repeated are `scan i in "
                "0..<5 carry h = h0 { .. }`");
    }
    auto &call = static_cast<CallExpr &>(*value);
    call.attribute =
        parseReference("an attribute such as `spectral_norm`", false);
    call.range = rangeFrom(begin);
    grow(call, call.attribute);
  }
  return value;
}

ExprPtr Parser::parseAs(ExprPtr operand) {
  uint32_t begin = operand->range.begin;
  take();
  Name name = parseName("a name");
  if (operand->kind == ExprKind::Call && !operand->parenthesized) {
    static_cast<CallExpr &>(*operand).name = std::move(name);
    operand->range = rangeFrom(begin);
    return operand;
  }
  auto named = node<AsExpr>(begin);
  named->operand = std::move(operand);
  named->name = std::move(name);
  named->range = rangeFrom(begin);
  grow(*named, named->operand);
  return named;
}

ExprPtr Parser::parsePrimary() {
  switch (peek().kind) {
  case TokenKind::Number:
    return parseNumber();
  case TokenKind::String: {
    Token token = take();
    auto string = std::make_unique<StringExpr>(token.range);
    string->text = text(token);
    string->value = stringValue(string->text);
    return string;
  }
  case TokenKind::Name: {
    Token token = take();
    auto name = std::make_unique<NameExpr>(token.range);
    name->text = text(token);
    return name;
  }
  case TokenKind::LeftParen:
    return parseParens();
  case TokenKind::LeftBracket:
    return parseList();
  case TokenKind::RepeatWord:
    return parseRepeat();
  case TokenKind::SkipWord:
    return parseSkip();
  case TokenKind::ScanWord:
    return parseScan();
  default:
    break;
  }
  auto message = reportExpected("an expression", "");
  if (at(TokenKind::Error) && tokens[position].kind == TokenKind::IfWord) {
    message.help("within an operation, `if` stands in parentheses");
  } else if (tokens[position].kind == TokenKind::Plus) {
    message.help("there is no sign `+`; leave it out");
  } else if (tokens[position].kind == TokenKind::Star) {
    message.help("a power is written `a^2`");
  } else if (tokens[position].kind == TokenKind::Slash) {
    bool divides = position > 0 && !tokens[position - 1].onNewLine &&
                   tokens[position - 1].kind == TokenKind::Slash;
    message.help(divides ? "a quotient rounded down is `(a - a % b) / b`; a "
                           "comment begins with `#`"
                         : "a comment begins with `#`");
  } else if (tokens[position].kind == TokenKind::ForWord) {
    message.help("`e for i in 0..<5` stands in an argument; lines that are "
                 "repeated are `scan i in 0..<5 carry h = h0 { .. }`");
  } else if (tokens[position].kind == TokenKind::Equal) {
    message.help("a name is bound once; a state moves by `k <- k + 1`");
  }
  return errorExpr();
}

ExprPtr Parser::parseNumber() {
  Token token = take();
  auto number = std::make_unique<NumberExpr>(token.range);
  number->text = text(token);
  NumberValue value = numberValue(number->text);
  number->value = value.value;
  number->integer = value.integer;
  // `10%` is a tenth; `10 % 3` and `10%3` leave a remainder.
  bool adjacent =
      at(TokenKind::Percent) && peek().range.begin == token.range.end;
  if (!adjacent) {
    return number;
  }
  const Token &after = peek(1);
  bool operand = after.kind == TokenKind::Name ||
                 after.kind == TokenKind::Number ||
                 after.kind == TokenKind::LeftParen ||
                 after.kind == TokenKind::LeftBracket;
  if (operand && !after.onNewLine) {
    return number;
  }
  take();
  number->percent = true;
  number->integer = false;
  number->value /= 100;
  number->range = rangeFrom(token.range.begin);
  return number;
}

ExprPtr Parser::parseParens() {
  Token open = take();
  Scoped brackets(openBrackets, openBrackets + 1);
  Scoped index(inIndex, false);
  ExprPtr first = parseExpr();
  std::unique_ptr<TupleExpr> tuple;
  while (accept(TokenKind::Comma)) {
    if (!tuple) {
      tuple = node<TupleExpr>(open.range.begin);
      grow(*tuple, first);
      tuple->elements.push_back(std::move(first));
    }
    ExprPtr element = parseExpr();
    grow(*tuple, element);
    tuple->elements.push_back(std::move(element));
  }
  if (!accept(TokenKind::RightParen)) {
    reportExpected("`)`", "to close the parenthesis")
        .label(open.range, "opened here");
  }
  if (tuple) {
    tuple->range = rangeFrom(open.range.begin);
    return tuple;
  }
  first->parenthesized = true;
  return first;
}

ExprPtr Parser::parseList() {
  Token open = take();
  Scoped brackets(openBrackets, openBrackets + 1);
  Scoped index(inIndex, false);
  auto list = node<ListExpr>(open.range.begin);
  while (!at(TokenKind::RightBracket)) {
    ExprPtr element = parseExpr();
    grow(*list, element);
    list->elements.push_back(std::move(element));
    if (!accept(TokenKind::Comma)) {
      break;
    }
  }
  if (!accept(TokenKind::RightBracket)) {
    reportExpected("`,` or `]`", "in the list")
        .label(open.range, "opened here");
  }
  list->range = rangeFrom(open.range.begin);
  return list;
}

ExprPtr Parser::parseCallTail(ExprPtr callee) {
  auto call = node<CallExpr>(callee->range.begin);
  uint32_t begin = beginOfNext();
  grow(*call, callee);
  call->callee = std::move(callee);
  parseArguments(call->arguments, call->closeOnNewLine);
  for (const Argument &argument : call->arguments) {
    grow(*call, argument.value);
  }
  call->parentheses = rangeFrom(begin);
  return call;
}

void Parser::parseArguments(std::vector<Argument> &arguments,
                            bool &closeOnNewLine) {
  SourceRange open = peek().range;
  expect(TokenKind::LeftParen, "before the arguments");
  Scoped brackets(openBrackets, openBrackets + 1);
  Scoped index(inIndex, false);
  while (!panicking && !at(TokenKind::RightParen)) {
    arguments.push_back(parseArgument());
    if (!accept(TokenKind::Comma)) {
      break;
    }
  }
  closeOnNewLine = !panicking && peek().onNewLine;
  if (accept(TokenKind::RightParen) || panicking) {
    return;
  }
  if (at(TokenKind::Equal)) {
    fail(Diag::EqualInArgument, peek().range)
        .help("arguments are named with `:`, as in `stride: 2`");
    return;
  }
  reportExpected("`,` or `)`", "after an argument").label(open, "opened here");
}

bool Parser::atWordedArgument() const {
  TokenKind next = peek(1).kind;
  bool valueFollows = next == TokenKind::Number || next == TokenKind::Name ||
                      next == TokenKind::LeftParen;
  if (at(TokenKind::OverWord)) {
    return next != TokenKind::Colon;
  }
  // `from` and `each` are names elsewhere: `from(3)` is a call.
  return (atWord("from") || atWord("each")) && valueFollows &&
         next != TokenKind::LeftParen;
}

Argument Parser::parseArgument() {
  Argument argument;
  argument.onNewLine = peek().onNewLine;
  uint32_t begin = beginOfNext();
  bool wordLabel = isWord(peek().kind) && at(TokenKind::Colon, 1);
  bool nameLabel = at(TokenKind::Name) && at(TokenKind::Colon, 1);
  if (wordLabel || nameLabel || atWordedArgument()) {
    Token label = take();
    argument.label = Name{std::string(text(label)), label.range};
    argument.worded = !accept(TokenKind::Colon);
  }
  argument.value = parseArgumentValue(argument);
  argument.range = rangeFrom(begin);
  return argument;
}

ExprPtr Parser::parseArgumentValue(const Argument &argument) {
  uint32_t begin = beginOfNext();
  if (argument.worded && argument.label->text != "each") {
    return parseDuration();
  }
  // A reserved word alone is a symbol.
  bool alone = at(TokenKind::Comma, 1) || at(TokenKind::RightParen, 1);
  if (argument.label && isWord(peek().kind) && alone) {
    Token word = take();
    auto symbol = std::make_unique<NameExpr>(word.range);
    symbol->text = text(word);
    return symbol;
  }
  ExprPtr value = parseExpr();
  if (accept(TokenKind::RightArrow)) {
    auto arrow = node<ArrowExpr>(begin);
    arrow->from = std::move(value);
    arrow->to = parseExpr();
    arrow->range = rangeFrom(begin);
    grow(*arrow, arrow->from, arrow->to);
    return arrow;
  }
  if (acceptWord("at")) {
    auto timed = node<AtTimeExpr>(begin);
    timed->value = std::move(value);
    timed->time = parseDuration();
    timed->range = rangeFrom(begin);
    grow(*timed, timed->value, timed->time);
    return timed;
  }
  return value;
}

ExprPtr Parser::parseIndexTail(ExprPtr object) {
  auto index = node<IndexExpr>(object->range.begin);
  grow(*index, object);
  index->object = std::move(object);
  Token open = take();
  Scoped brackets(openBrackets, openBrackets + 1);
  Scoped colon(inIndex, true);
  do {
    index->items.push_back(parseIndexItem());
    grow(*index, index->items.back().begin, index->items.back().end);
  } while (accept(TokenKind::Comma));
  if (!accept(TokenKind::RightBracket)) {
    reportExpected("`,` or `]`", "in the index")
        .label(open.range, "opened here");
  }
  index->brackets = rangeFrom(open.range.begin);
  return index;
}

IndexItem Parser::parseIndexItem() {
  IndexItem item;
  uint32_t begin = beginOfNext();
  auto ends = [&](unsigned ahead) {
    return at(TokenKind::Comma, ahead) || at(TokenKind::RightBracket, ahead);
  };
  if (atWord("new") && ends(1)) {
    take();
    item.kind = IndexItem::Kind::New;
  } else {
    if (!at(TokenKind::Colon)) {
      item.begin = parseExpr();
    }
    if (accept(TokenKind::Colon)) {
      item.kind = IndexItem::Kind::Slice;
      if (!ends(0)) {
        item.end = parseExpr();
      }
    }
  }
  item.range = rangeFrom(begin);
  return item;
}

ExprPtr Parser::parseLayers() {
  const Token open = peek();
  expect(TokenKind::LeftBrace, "before the layers");
  Scoped brackets(openBrackets, openBrackets + 1);
  Scoped index(inIndex, false);
  ExprPtr layers = parseExpr();
  if (!accept(TokenKind::RightBrace)) {
    reportExpected("`|>` or `}`", "after the layers")
        .label(open.range, "opened here");
  }
  return layers;
}

ExprPtr Parser::parseRepeat() {
  Level level(*this);
  uint32_t begin = take().range.begin;
  auto repeat = node<RepeatExpr>(begin);
  if (at(TokenKind::Name) && at(TokenKind::InWord, 1)) {
    repeat->variable = parseName("a name");
    take();
  }
  repeat->count = parseIf();
  repeat->layers = parseLayers();
  repeat->range = rangeFrom(begin);
  grow(*repeat, repeat->count, repeat->layers);
  return repeat;
}

ExprPtr Parser::parseSkip() {
  Level level(*this);
  uint32_t begin = take().range.begin;
  auto skip = node<SkipExpr>(begin);
  skip->layers = parseLayers();
  skip->range = rangeFrom(begin);
  grow(*skip, skip->layers);
  return skip;
}

ExprPtr Parser::parseScan() {
  Level level(*this);
  uint32_t begin = take().range.begin;
  auto scan = node<ScanExpr>(begin);
  scan->variable = parseName("the name of the turn");
  expect(TokenKind::InWord, "after the name of the turn");
  scan->source = parseIf();
  expect(TokenKind::CarryWord, "after the range of the scan");
  do {
    scan->carry.push_back(parseBinding());
    grow(*scan, scan->carry.back().value);
  } while (accept(TokenKind::Comma));
  scan->body = parseBody("the scan");
  scan->range = rangeFrom(begin);
  return scan;
}

ExprPtr Parser::parseReference(const char *what, bool callOnly) {
  if (!at(TokenKind::Name)) {
    reportExpected(what, "");
    return errorExpr();
  }
  ExprPtr value = parsePostfix(false);
  bool isCall = value->kind == ExprKind::Call;
  bool isName =
      value->kind == ExprKind::Name || value->kind == ExprKind::Member;
  if (!panicking && !isCall && (callOnly || !isName)) {
    fail(Diag::ExpectedCall, value->range, shown(source.text(value->range)),
         what);
  }
  return value;
}

std::unique_ptr<DurationExpr> Parser::parseDuration() {
  uint32_t begin = beginOfNext();
  auto duration = node<DurationExpr>(begin);
  duration->count = parseBinary(SumLevel);
  const Token unit = peek();
  std::string_view word = panicking ? "" : text(unit);
  if (word == "rounds" || word == "round") {
    duration->unit = DurationUnit::Rounds;
  } else if (word == "epochs" || word == "epoch") {
    duration->unit = DurationUnit::Epochs;
  } else if (word == "examples" || word == "example") {
    duration->unit = DurationUnit::Examples;
  } else {
    reportExpected("`rounds`, `epochs` or `examples`", "after the number");
  }
  duration->unitRange = unit.range;
  duration->singular = !word.empty() && word.back() != 's';
  take();
  if (duration->unit == DurationUnit::Epochs && accept(TokenKind::OfWord)) {
    duration->stream = parseName("the name of a data set");
  }
  duration->range = rangeFrom(begin);
  grow(*duration, duration->count);
  return duration;
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

TypeExpr Parser::parseType() {
  TypeExpr type;
  uint32_t begin = beginOfNext();
  type.name = parseName("a type such as `f32[10]`");
  const Token open = peek();
  if (at(TokenKind::LeftBracket) && !open.onNewLine) {
    take();
    Scoped brackets(openBrackets, openBrackets + 1);
    do {
      type.dims.push_back(parseExpr());
    } while (accept(TokenKind::Comma));
    if (!accept(TokenKind::RightBracket)) {
      reportExpected("`,` or `]`", "in the shape")
          .label(open.range, "opened here");
    }
  }
  type.range = rangeFrom(begin);
  return type;
}

std::optional<ValueRange> Parser::parseValueRange() {
  if (!accept(TokenKind::InWord)) {
    return std::nullopt;
  }
  if (at(TokenKind::LeftBracket)) {
    return parseInterval();
  }
  ValueRange values;
  uint32_t begin = beginOfNext();
  if (accept(TokenKind::LeftBrace)) {
    values.kind = ValueRange::Kind::Set;
    Scoped brackets(openBrackets, openBrackets + 1);
    do {
      values.elements.push_back(parseExpr());
    } while (accept(TokenKind::Comma));
    expect(TokenKind::RightBrace, "after the values");
  } else {
    values.kind = ValueRange::Kind::Span;
    values.elements.push_back(parseBinary(SpanLevel));
    if (!panicking && values.elements[0]->kind != ExprKind::Span) {
      fail(Diag::ExpectedRange, values.elements[0]->range,
           shown(source.text(values.elements[0]->range)))
          .help("a range is `[0,1]`, `{0,1}` or `0..<10`");
    }
  }
  values.range = rangeFrom(begin);
  return values;
}

ValueRange Parser::parseInterval() {
  ValueRange values;
  uint32_t begin = beginOfNext();
  expect(TokenKind::LeftBracket, "before the ends of the interval");
  Scoped brackets(openBrackets, openBrackets + 1);
  values.elements.push_back(parseExpr());
  expect(TokenKind::Comma, "between the ends of the interval");
  values.elements.push_back(parseExpr());
  expect(TokenKind::RightBracket, "after the ends of the interval");
  values.range = rangeFrom(begin);
  return values;
}

Field Parser::parseField(bool nameNeeded) {
  Field field;
  uint32_t begin = beginOfNext();
  if (nameNeeded || at(TokenKind::Colon, 1)) {
    field.name = parseName("the name of a value");
    if (!panicking && !at(TokenKind::Colon)) {
      reportExpected("`:` and a type", "after the name of a value")
          .help(fmt::format("say what it is: `{}: f32[10]`", field.name->text));
    }
    accept(TokenKind::Colon);
  }
  field.type = parseType();
  field.values = parseValueRange();
  field.range = rangeFrom(begin);
  return field;
}

} // namespace gmc::dsl
