//===- Expressions.cpp - operators, names, numbers ------------------------===//
#include "dsl/program/Dump.h"
#include "dsl/program/ScalarMath.h"
#include "dsl/sema/Elaborator.h"
#include "dsl/sema/Formulas.h"
#include "dsl/sema/Intervals.h"
#include "dsl/sema/Library.h"

#include <algorithm>
#include <cmath>

namespace gmc::dsl {

using ast::BinaryOp;

Elaborator::Elaborator(Module &module, Body &body, Mode mode, std::string path)
    : module(module), body(body), b(body), mode(mode), frame(&root) {
  root.path = std::move(path);
}

//===----------------------------------------------------------------------===//
// Types in words
//===----------------------------------------------------------------------===//

std::string typeText(const Type &type) {
  Type shown = type;
  std::erase_if(shown.axes,
                [](const Axis &axis) { return axis.name == "batch"; });
  return dump(shown);
}

std::string Elaborator::typeText(const Value &value) const {
  switch (value.kind) {
  case Value::Kind::Number:
    return "a number";
  case Value::Kind::Tensor:
    return dsl::typeText(b.type(value.id));
  case Value::Kind::Record:
    return fmt::format("a record ({})", fmt::join(value.names, ", "));
  case Value::Kind::Distribution:
    return "a distribution";
  case Value::Kind::List:
    return "a list";
  case Value::Kind::Text:
  case Value::Kind::Choice:
    return "a text";
  case Value::Kind::Part:
    return "a layer";
  case Value::Kind::Error:
    break;
  }
  return "?";
}

//===----------------------------------------------------------------------===//
// Conversions
//===----------------------------------------------------------------------===//

std::optional<ValueId> Elaborator::toTensor(const Value &value,
                                            SourceRange range) {
  switch (value.kind) {
  case Value::Kind::Number:
    return b.constant(value.number);
  case Value::Kind::Tensor:
    return value.id;
  case Value::Kind::Error:
    return std::nullopt;
  case Value::Kind::Record:
    module.report(Diag::RecordAsValue, range)
        .label(typeText(value))
        .help(fmt::format("name the field: `.{}`", value.names.front()));
    return std::nullopt;
  default:
    module.report(Diag::NotNumeric, range, typeText(value));
    return std::nullopt;
  }
}

std::optional<ValueId> Elaborator::tensor(const ast::Expr &expr) {
  return toTensor(evaluate(expr), expr.range);
}

std::optional<ValueId> Elaborator::tensor(const Bound &bound) {
  return toTensor(evaluate(bound), bound.range);
}

Value Elaborator::evaluate(const Bound &bound) {
  return bound.piped ? *bound.piped : evaluate(*bound.expr);
}

std::optional<double>
Elaborator::toNumber(const Value &value, SourceRange range, const char *what) {
  if (value.kind == Value::Kind::Number) {
    return value.number;
  }
  if (value.isError()) {
    return std::nullopt;
  }
  if (value.kind == Value::Kind::Tensor) {
    const Node &node = b.node(value.id);
    if (node.op == Op::Scalar) {
      const Scalar &scalar = module.program.scalars[node.attrs.index];
      if (scalar.kind == Scalar::Kind::ProcArgument) {
        fixedArguments.insert(scalar.name);
        return scalar.value;
      }
      if (scalar.kind == Scalar::Kind::Hyper) {
        module.report(Diag::HyperInShape, range, scalar.name, what)
            .label("must be known when compiling")
            .help(fmt::format("declare it `const {} = {}`", scalar.name,
                              scalar.value));
        return std::nullopt;
      }
    }
  }
  module.report(Diag::NotConstant, range, what, typeText(value))
      .label("must be known when compiling");
  return std::nullopt;
}

std::optional<double> Elaborator::number(const ast::Expr &expr,
                                         const char *what) {
  return toNumber(evaluate(expr), expr.range, what);
}

std::optional<double> Elaborator::number(const Bound &bound, const char *what) {
  return toNumber(evaluate(bound), bound.range, what);
}

std::optional<int64_t>
Elaborator::toInteger(const Value &value, SourceRange range, const char *what) {
  auto real = toNumber(value, range, what);
  if (!real) {
    return std::nullopt;
  }
  if (!(std::fabs(*real) <= 9007199254740992.0) || *real != std::floor(*real)) {
    module.report(Diag::NotInteger, range, what, *real);
    return std::nullopt;
  }
  return static_cast<int64_t>(*real);
}

std::optional<int64_t> Elaborator::integer(const ast::Expr &expr,
                                           const char *what) {
  return toInteger(evaluate(expr), expr.range, what);
}

std::optional<int64_t> Elaborator::dimension(const ast::Expr &expr) {
  auto extent = integer(expr, "a dimension");
  if (!extent) {
    return std::nullopt;
  }
  if (*extent < 1 || *extent > 2147483647) {
    module.report(Diag::BadDimension, expr.range, *extent)
        .help("a dimension is a whole number from 1 to 2147483647");
    return std::nullopt;
  }
  return extent;
}

std::optional<std::vector<int64_t>>
Elaborator::dimensions(const std::vector<ast::ExprPtr> &exprs) {
  std::vector<int64_t> extents;
  bool ok = true;
  for (const auto &expr : exprs) {
    auto extent = dimension(*expr);
    ok = ok && extent;
    extents.push_back(extent.value_or(1));
  }
  if (!ok) {
    return std::nullopt;
  }
  if (!exprs.empty() && !sizeIsSane({{}, extents}, {exprs.front()->range.begin,
                                                    exprs.back()->range.end})) {
    return std::nullopt;
  }
  return extents;
}

bool Elaborator::sizeIsSane(const Type &type, SourceRange range) {
  // 64 GiB of f32 values: more than the arena of any supported machine.
  constexpr double limit = 64.0 * 1024 * 1024 * 1024;
  double bytes = 4;
  for (int64_t extent : type.shape()) {
    bytes *= static_cast<double>(extent);
  }
  if (bytes <= limit) {
    return true;
  }
  module
      .report(Diag::TooLarge, range, dsl::typeText(type),
              fmt::format("{:.1f} TiB", bytes / (limit * 16)))
      .label("too large")
      .help("one value may have at most 64 GiB");
  return false;
}

std::optional<std::vector<int64_t>>
Elaborator::eventOf(const ast::TypeExpr &type) {
  const std::string &name = type.name.text;
  if (name == "label") {
    return classesOf(type) ? std::optional(std::vector<int64_t>{})
                           : std::nullopt;
  }
  if (name != "f32" && name != "image" && name != "int" && name != "mask") {
    auto builder = module.report(Diag::UnknownType, type.name.range, name);
    if (auto help = module.nearest(
            name, {"f32", "image", "int", "label", "mask", "map"})) {
      builder.help(*help);
    }
    return std::nullopt;
  }
  if (name == "image" && type.dims.size() != 3) {
    module.report(Diag::ImageRank, type.range, type.dims.size())
        .help("an image is `image[channels, height, width]`");
    return std::nullopt;
  }
  return dimensions(type.dims);
}

std::optional<std::vector<int64_t>>
Elaborator::realEventOf(const ast::TypeExpr &type) {
  const std::string &name = type.name.text;
  if (name == "label" || name == "int" || name == "mask") {
    module.report(Diag::LabelElsewhere, type.range, name)
        .help("fields of data and inputs of nets can be labels, codes and "
              "masks; here `f32` is meant");
    return std::nullopt;
  }
  return eventOf(type);
}

std::optional<int64_t> Elaborator::classesOf(const ast::TypeExpr &type) {
  auto dims = dimensions(type.dims);
  if (!dims) {
    return std::nullopt;
  }
  if (dims->size() != 1) {
    module
        .report(Diag::LabelClasses, type.range,
                std::string(module.source.text(type.range)))
        .help("`label[10]` is a whole number from 0 to 9");
    return std::nullopt;
  }
  return dims->front();
}

std::optional<ValueId> Elaborator::scalarNode(const ast::Expr &expr,
                                              const char *what) {
  auto value = tensor(expr);
  if (!value) {
    return std::nullopt;
  }
  if (b.type(*value) != Type{}) {
    module
        .report(Diag::NotOneScalar, expr.range, what,
                dsl::typeText(b.type(*value)))
        .help("a number, a `hyper` or a schedule can stand here");
    return std::nullopt;
  }
  return value;
}

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

std::vector<std::string> Elaborator::visibleValues() const {
  std::vector<std::string> names;
  for (const auto &[name, local] : frame->locals) {
    names.push_back(name);
  }
  for (const auto &[name, value] : module.values) {
    names.push_back(name);
  }
  return names;
}

Value Elaborator::unknownName(const std::string &name, SourceRange range) {
  auto builder = module.report(Diag::UnknownName, range, name);
  builder.label("no such name here");
  if (auto help = module.nearest(name, visibleValues())) {
    builder.help(*help);
  }
  return {};
}

Value Elaborator::evaluateFileValue(const std::string &name, FileValue &value,
                                    SourceRange range) {
  module.use(value.range);
  switch (value.kind) {
  case FileValue::Kind::Const: {
    if (value.failed ||
        (!value.number && !module.enter(name, value.range, range))) {
      return {};
    }
    if (!value.number) {
      module.constant(name, value);
      module.leave();
    }
    return value.number ? Value::ofNumber(*value.number) : Value{};
  }
  case FileValue::Kind::Hyper:
    return Value::ofTensor(b.leaf(Op::Scalar, value.index, {}));
  case FileValue::Kind::Let: {
    if (value.failed || !module.enter(name, value.range, range)) {
      return {};
    }
    Frame fileFrame;
    Frame *caller = std::exchange(frame, &fileFrame);
    SourceRange at = b.range();
    Value result = evaluate(*value.expr);
    frame = caller;
    b.setRange(at);
    module.leave();
    value.failed = result.isError();
    return result;
  }
  case FileValue::Kind::Param:
  case FileValue::Kind::State:
    if (value.failed) {
      return {};
    }
    return Value::ofTensor(parameterLeaf(value.index));
  case FileValue::Kind::Data:
    module.report(Diag::DataAsValue, range, name)
        .label("names a data set")
        .help("data enters through the arguments of a step or a proc");
    return {};
  case FileValue::Kind::Opt:
  case FileValue::Kind::Pool:
    module.report(Diag::NotAValue, range, name)
        .label(value.range, "declared here");
    return {};
  }
  return {};
}

Value Elaborator::evaluateName(const ast::NameExpr &expr) {
  if (auto it = frame->locals.find(expr.text); it != frame->locals.end()) {
    module.use(it->second.declared);
    return it->second.value;
  }
  if (auto it = module.values.find(expr.text); it != module.values.end()) {
    return evaluateFileValue(expr.text, it->second, expr.range);
  }
  if (mode == Mode::Procedure && expr.text == countArgument) {
    module.report(Diag::CountAsValue, expr.range, expr.text)
        .help("a second argument can be a number: `k = 8`");
    return {};
  }
  if (expr.text == "elbo") {
    return elbo(nullptr, expr.range).value_or(Value{});
  }
  if (expr.text == "nll" || expr.text == "bpd" || expr.text == "active_units") {
    CallSite site;
    site.expr = &expr;
    site.name = expr.text;
    site.nameRange = site.range = expr.range;
    return call(site);
  }
  bool isFunction = module.functions.count(expr.text) || findLibrary(expr.text);
  if (isFunction) {
    module.report(Diag::FunctionAsValue, expr.range, expr.text)
        .label("a function, not a value")
        .help(fmt::format("call it: `{}(..)`", expr.text));
    return {};
  }
  return unknownName(expr.text, expr.range);
}

Value Elaborator::evaluateMember(const ast::MemberExpr &expr) {
  Value object = evaluate(*expr.object);
  if (object.isError()) {
    return {};
  }
  for (size_t i = 0; i < object.names.size(); ++i) {
    if (object.names[i] == expr.member.text) {
      return object.elements[i];
    }
  }
  if (auto line = findLine(object, expr.member.text)) {
    return *line;
  }
  if (object.kind == Value::Kind::Distribution) {
    return distributionField(*object.distribution, expr);
  }
  std::vector<std::string> names = object.names;
  if (object.lines) {
    for (const auto &[name, line] : *object.lines) {
      names.push_back(name);
    }
  }
  auto builder =
      module.report(Diag::UnknownField, expr.member.range, expr.member.text);
  builder.label(expr.object->range, typeText(object));
  if (auto help = module.nearest(expr.member.text, names)) {
    builder.help(*help);
  } else if (!names.empty()) {
    builder.help(fmt::format("it has {}", fmt::join(names, ", ")));
  }
  return {};
}

//===----------------------------------------------------------------------===//
// Operators
//===----------------------------------------------------------------------===//

bool Elaborator::aligned(const std::string &what, SourceRange range,
                         ValueId left, SourceRange leftRange, ValueId right,
                         SourceRange rightRange) {
  const Type &a = b.type(left), &c = b.type(right);
  if (alignedType(a, c)) {
    return true;
  }
  auto builder = module.report(Diag::ShapeMismatch, range, what);
  builder.label(leftRange, dsl::typeText(a));
  builder.label(rightRange, dsl::typeText(c));
  Type ea{{}, a.event}, ec{{}, c.event};
  if (a.event.size() == c.event.size()) {
    for (size_t i = 0; i < a.event.size(); ++i) {
      if (a.event[i] != c.event[i]) {
        builder.note(fmt::format("axis {} is {} on the left and {} on the "
                                 "right",
                                 i, a.event[i], c.event[i]));
        break;
      }
    }
  }
  auto p = findAxis(a, "batch"), q = findAxis(c, "batch");
  if (p && q && a.axes[*p].extent != c.axes[*q].extent) {
    builder.note(fmt::format("batches of {} and of {} examples never meet",
                             a.axes[*p].extent, c.axes[*q].extent));
    builder.help("`split(.., over: batch)` takes a joined batch apart");
  } else if (ea.elements() == ec.elements()) {
    builder.help(fmt::format("both have {} elements: `reshape` or `flatten` "
                             "one of them",
                             ea.elements()));
  } else if (a.event != c.event) {
    builder.help("operands have equal shapes, or one of them is a single "
                 "number");
  }
  return false;
}

namespace {

/// Returns the core op of an operator that acts element by element.
std::optional<Op> elementwiseOp(BinaryOp op) {
  switch (op) {
  case BinaryOp::Add:
    return Op::Add;
  case BinaryOp::Subtract:
    return Op::Sub;
  case BinaryOp::Multiply:
    return Op::Mul;
  case BinaryOp::Divide:
    return Op::Div;
  case BinaryOp::Power:
    return Op::Pow;
  case BinaryOp::Less:
    return Op::Less;
  case BinaryOp::LessEqual:
    return Op::LessEqual;
  case BinaryOp::Greater:
    return Op::Greater;
  case BinaryOp::GreaterEqual:
    return Op::GreaterEqual;
  case BinaryOp::Equal:
    return Op::Equal;
  case BinaryOp::NotEqual:
    return Op::NotEqual;
  default:
    return std::nullopt;
  }
}

double computeNumbers(BinaryOp op, double a, double b) {
  switch (op) {
  case BinaryOp::And:
    return a != 0 && b != 0;
  case BinaryOp::Or:
    return a != 0 || b != 0;
  case BinaryOp::Modulo:
    // The sign of the divisor, as in mathematics: -1 % 3 = 2.
    return a - b * std::floor(a / b);
  default:
    return computeBinary(*elementwiseOp(op), a, b);
  }
}

} // namespace

Value Elaborator::evaluateUnary(const ast::UnaryExpr &expr) {
  Value operand = evaluate(*expr.operand);
  bool negate = expr.op == ast::UnaryOp::Negate;
  if (operand.kind == Value::Kind::Number) {
    return Value::ofNumber(negate ? -operand.number : operand.number == 0);
  }
  auto value = toTensor(operand, expr.operand->range);
  if (!value) {
    return {};
  }
  return Value::ofTensor(negate ? b.unary(Op::Neg, *value)
                                : b.binary(Op::Equal, *value, 0.0));
}

Value Elaborator::evaluateMatmul(const ast::BinaryExpr &expr, ValueId a,
                                 ValueId c) {
  const Type left = b.type(a), right = b.type(c);
  bool fits = !left.event.empty() && right.event.size() == 2 &&
              left.event.back() == right.event[0];
  if (!fits) {
    auto builder = module.report(Diag::MatmulMismatch, expr.opRange);
    builder.label(expr.left->range, dsl::typeText(left));
    builder.label(expr.right->range, dsl::typeText(right));
    builder.help("`[.., k] @ [k, n]` is `[.., n]`");
    return {};
  }
  if (!right.axes.empty()) {
    return productOfEach(expr, a, c);
  }
  Type result{{}, left.event};
  result.event.back() = right.event[1];
  if (!sizeIsSane(result, expr.range)) {
    return {};
  }
  return Value::ofTensor(b.matmul(a, c, false));
}

/// `to == "b"`: the texts that an argument meets are numbered as they come.
Value Elaborator::compareChoice(const ast::BinaryExpr &expr, const Value &left,
                                const Value &right) {
  bool first = left.kind == Value::Kind::Choice;
  const Value &choice = first ? left : right, &other = first ? right : left;
  if (other.isError()) {
    return {};
  }
  bool equal = expr.op == BinaryOp::Equal;
  if (other.kind != Value::Kind::Text ||
      (!equal && expr.op != BinaryOp::NotEqual)) {
    module.report(Diag::TextCompared, expr.range, choice.text)
        .label(first ? expr.right->range : expr.left->range,
               "is " + typeText(other))
        .help(fmt::format("`{} == \"{}\"`", choice.text,
                          choices[choice.text].front()));
    return {};
  }
  std::vector<std::string> &texts = choices[choice.text];
  auto place = std::find(texts.begin(), texts.end(), other.text);
  double number = static_cast<double>(place - texts.begin());
  if (place == texts.end()) {
    texts.push_back(other.text);
  }
  b.setRange(expr.range);
  return Value::ofTensor(
      b.binary(equal ? Op::Equal : Op::NotEqual, choice.id, number));
}

/// Reports constants of which `expr` makes no finite number (R-val-5).
bool Elaborator::finite(const ast::BinaryExpr &expr, double a, double c,
                        double result) {
  if (!std::isfinite(result)) {
    module.report(Diag::DomainError, expr.range, ast::spellingOf(expr.op),
                  fmt::format("{} and {}", a, c));
  }
  return std::isfinite(result);
}

/// `a op c` of aligned operands; constants among them are checked.
Value Elaborator::evaluateElementwise(const ast::BinaryExpr &expr, Op op,
                                      ValueId a, ValueId c) {
  auto left = b.constantValue(a), right = b.constantValue(c);
  if (op == Op::Div) {
    const Interval by = intervalOf(body, c);
    if (by.low == 0 && by.high == 0) {
      module.report(Diag::DivisionByZero, expr.right->range)
          .label(right ? "this is 0" : "this is 0, whatever the weights are");
      return {};
    }
  }
  ValueId result = b.binary(op, a, c);
  auto number = b.constantValue(result);
  if (left && right && number && !finite(expr, *left, *right, *number)) {
    return {};
  }
  return Value::ofTensor(result);
}

/// `a % c` of aligned operands.
Value Elaborator::evaluateModulo(const ast::BinaryExpr &expr, ValueId a,
                                 ValueId c) {
  if (b.constantValue(c) == 0.0) {
    module.report(Diag::DivisionByZero, expr.right->range).label("this is 0");
    return {};
  }
  return Value::ofTensor(remainderOf(b, a, c));
}

Value Elaborator::evaluateBinary(const ast::BinaryExpr &expr) {
  Value left = evaluate(*expr.left), right = evaluate(*expr.right);
  if (left.kind == Value::Kind::Choice || right.kind == Value::Kind::Choice) {
    return compareChoice(expr, left, right);
  }
  bool numbers =
      left.kind == Value::Kind::Number && right.kind == Value::Kind::Number;
  if (numbers && expr.op != BinaryOp::Matmul) {
    if ((expr.op == BinaryOp::Divide || expr.op == BinaryOp::Modulo) &&
        right.number == 0) {
      module.report(Diag::DivisionByZero, expr.right->range).label("this is 0");
      return {};
    }
    double number = computeNumbers(expr.op, left.number, right.number);
    return finite(expr, left.number, right.number, number)
               ? Value::ofNumber(number)
               : Value{};
  }
  auto a = toTensor(left, expr.left->range);
  auto c = toTensor(right, expr.right->range);
  if (!a || !c) {
    return {};
  }
  b.setRange(expr.range);
  if (expr.op == BinaryOp::Matmul) {
    return evaluateMatmul(expr, *a, *c);
  }
  stretchNew(left, *a, right, *c);
  if (!aligned(ast::spellingOf(expr.op), expr.opRange, *a, expr.left->range, *c,
               expr.right->range)) {
    return {};
  }
  if (auto op = elementwiseOp(expr.op)) {
    return evaluateElementwise(expr, *op, *a, *c);
  }
  if (expr.op == BinaryOp::Modulo) {
    return evaluateModulo(expr, *a, *c);
  }
  ValueId x = b.binary(Op::NotEqual, *a, 0.0);
  ValueId y = b.binary(Op::NotEqual, *c, 0.0);
  return Value::ofTensor(
      b.binary(expr.op == BinaryOp::And ? Op::Mul : Op::Max, x, y));
}

Value Elaborator::evaluateIf(const ast::IfExpr &expr) {
  Value condition = evaluate(*expr.condition);
  if (condition.kind == Value::Kind::Number) {
    return evaluate(condition.number != 0 ? *expr.thenValue : *expr.elseValue);
  }
  auto c = toTensor(condition, expr.condition->range);
  auto x = tensor(*expr.thenValue);
  auto y = tensor(*expr.elseValue);
  if (!c || !x || !y ||
      !aligned("if", expr.range, *x, expr.thenValue->range, *y,
               expr.elseValue->range) ||
      !aligned("if", expr.range, *c, expr.condition->range,
               b.type(*x).event.empty() ? *y : *x,
               b.type(*x).event.empty() ? expr.elseValue->range
                                        : expr.thenValue->range)) {
    return {};
  }
  b.setRange(expr.range);
  return Value::ofTensor(b.select(*c, *x, *y));
}

Value Elaborator::evaluatePipe(const ast::PipeExpr &expr) {
  Value value = evaluate(*expr.stages.front());
  SourceRange range = expr.stages.front()->range;
  for (size_t i = 1; i < expr.stages.size() && !value.isError(); ++i) {
    value = applyStage(*expr.stages[i], value, range);
    range.end = expr.stages[i]->range.end;
  }
  return value;
}

//===----------------------------------------------------------------------===//
// Lists and comprehensions
//===----------------------------------------------------------------------===//

Value Elaborator::evaluateList(const std::vector<ast::ExprPtr> &elements) {
  Value list;
  list.kind = Value::Kind::List;
  for (const auto &element : elements) {
    list.elements.push_back(evaluate(*element));
    if (list.elements.back().isError()) {
      return {};
    }
  }
  return list;
}

Value Elaborator::evaluateSpan(const ast::SpanExpr &expr) {
  auto from = integer(*expr.from, "the start of a span");
  auto to = integer(*expr.to, "the end of a span");
  if (!from || !to) {
    return {};
  }
  int64_t end = expr.exclusive ? *to : *to + 1;
  if (end <= *from || end - *from > 1000000) {
    module.report(Diag::BadSpan, expr.range, end - *from)
        .help("a span has 1 to 1000000 members; `a..b` includes b, `a..<b` "
              "does not");
    return {};
  }
  Value list;
  list.kind = Value::Kind::List;
  for (int64_t i = *from; i < end; ++i) {
    list.elements.push_back(Value::ofNumber(static_cast<double>(i)));
  }
  return list;
}

std::optional<ValueId>
Elaborator::comprehensionVariable(const Value &source, const std::string &name,
                                  SourceRange range) {
  if (source.kind == Value::Kind::List) {
    auto extent = static_cast<int64_t>(source.elements.size());
    Type type{{{name, extent}}, {}};
    std::vector<double> numbers;
    for (const Value &element : source.elements) {
      if (element.kind != Value::Kind::Number) {
        module.report(Diag::ListOfNumbers, range, typeText(element));
        return std::nullopt;
      }
      numbers.push_back(element.number);
    }
    double step = numbers.size() > 1 ? numbers[1] - numbers[0] : 1;
    bool even = true;
    for (size_t i = 0; i < numbers.size(); ++i) {
      even = even && numbers[i] == numbers[0] + step * double(i);
    }
    if (even) {
      ValueId place = b.binary(Op::Mul, b.iota(type, 0), step);
      return b.binary(Op::Add, place, numbers[0]);
    }
    ValueId all = b.constant(numbers[0], {{}, {1}});
    for (size_t i = 1; i < numbers.size(); ++i) {
      all = b.concatEvent(all, b.constant(numbers[i], {{}, {1}}), 0);
    }
    return b.reshape(all, type);
  }
  auto value = toTensor(source, range);
  if (!value) {
    return std::nullopt;
  }
  const Type &type = b.type(*value);
  if (type.event.size() != 1 || !type.axes.empty()) {
    module.report(Diag::ComprehensionSource, range, dsl::typeText(type))
        .help("`for` walks `a..<b`, `[a, b]` or `linspace(a, b, n)`");
    return std::nullopt;
  }
  return b.reshape(*value, {{{name, type.event[0]}}, {}});
}

Value Elaborator::evaluateComprehension(const ast::ComprehensionExpr &expr) {
  Value source = evaluate(*expr.source);
  if (source.isError()) {
    return {};
  }
  auto variable =
      comprehensionVariable(source, expr.variable.text, expr.source->range);
  if (!variable) {
    return {};
  }
  Axis axis = b.type(*variable).axes[0];
  const std::string &name = expr.variable.text;
  if (frame->locals.count(name)) {
    module.report(Diag::Redefined, expr.variable.range, name)
        .label("a second time here")
        .label(frame->locals[name].declared, "first here");
    return {};
  }
  double turns = static_cast<double>(axis.extent);
  for (const Axis &open : openAxes) {
    turns *= static_cast<double>(open.extent);
  }
  if (turns > 1 << 28) {
    module.report(Diag::TooManyTurns, expr.range, turns)
        .help("batch and comprehensions together may have 268435456 turns");
    return {};
  }
  frame->locals[name] = {Value::ofTensor(*variable), expr.variable.range};
  openAxes.push_back(axis);
  auto element = tensor(*expr.element);
  openAxes.pop_back();
  frame->locals.erase(name);
  if (!element) {
    return {};
  }
  Type type = b.type(*element);
  type.axes = *unitedAxes(type.axes, {axis});
  return Value::ofTensor(b.broadcast(*element, type));
}

//===----------------------------------------------------------------------===//
// The switch
//===----------------------------------------------------------------------===//

Value Elaborator::evaluate(const ast::Expr &expr) {
  b.setRange(expr.range);
  switch (expr.kind) {
  case ast::ExprKind::Number:
    return Value::ofNumber(ast::cast<ast::NumberExpr>(expr).value);
  case ast::ExprKind::String: {
    Value text;
    text.kind = Value::Kind::Text;
    text.text = ast::cast<ast::StringExpr>(expr).value;
    return text;
  }
  case ast::ExprKind::Name:
    return evaluateName(ast::cast<ast::NameExpr>(expr));
  case ast::ExprKind::Member:
    return evaluateMember(ast::cast<ast::MemberExpr>(expr));
  case ast::ExprKind::Call:
    return callExpr(ast::cast<ast::CallExpr>(expr));
  case ast::ExprKind::Index:
    return evaluateIndex(ast::cast<ast::IndexExpr>(expr));
  case ast::ExprKind::Unary:
    return evaluateUnary(ast::cast<ast::UnaryExpr>(expr));
  case ast::ExprKind::Binary:
    return evaluateBinary(ast::cast<ast::BinaryExpr>(expr));
  case ast::ExprKind::If:
    return evaluateIf(ast::cast<ast::IfExpr>(expr));
  case ast::ExprKind::Pipe:
    return evaluatePipe(ast::cast<ast::PipeExpr>(expr));
  case ast::ExprKind::Comprehension:
    return evaluateComprehension(ast::cast<ast::ComprehensionExpr>(expr));
  case ast::ExprKind::Span:
    return evaluateSpan(ast::cast<ast::SpanExpr>(expr));
  case ast::ExprKind::Tuple:
    return evaluateList(ast::cast<ast::TupleExpr>(expr).elements);
  case ast::ExprKind::List:
    return evaluateList(ast::cast<ast::ListExpr>(expr).elements);
  case ast::ExprKind::Scan:
    return evaluateScan(ast::cast<ast::ScanExpr>(expr));
  case ast::ExprKind::Repeat:
  case ast::ExprKind::Skip:
    module.report(Diag::LayersOutsidePipe, expr.range)
        .help("write it on the right of `|>`");
    return {};
  case ast::ExprKind::Arrow:
  case ast::ExprKind::As:
  case ast::ExprKind::AtTime:
  case ast::ExprKind::Duration:
    module.report(Diag::MisplacedForm, expr.range)
        .help("durations, `->`, `at` and `as` stand in the arguments of "
              "`ramp`, `piecewise` and their like");
    return {};
  case ast::ExprKind::Error:
    return {};
  }
  return {};
}

} // namespace gmc::dsl
