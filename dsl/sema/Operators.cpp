//===- Operators.cpp - arithmetic, comparisons, choices -----------------===//
#include "dsl/program/Formulas.h"
#include "dsl/program/ScalarMath.h"
#include "dsl/sema/Elaborator.h"
#include "dsl/sema/Intervals.h"

#include <algorithm>
#include <cmath>

namespace gmc::dsl {

using ast::BinaryOp;

std::string helpOfShape(const std::vector<int64_t> &from,
                        const std::vector<int64_t> &to) {
  auto longer = [](std::vector<int64_t> event) {
    std::erase(event, 1);
    return event;
  };
  // Axes in another order: numbers in row-major order are other numbers.
  std::vector<int64_t> a = longer(from), c = longer(to);
  if (a != c && std::is_permutation(a.begin(), a.end(), c.begin(), c.end())) {
    return "the axes stand in another order: `transpose` puts them in the "
           "same, `reshape` would mix the entries";
  }
  return fmt::format("`reshape(.., {})` has as many elements",
                     fmt::join(to, ", "));
}

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
    builder.help(helpOfShape(a.event, c.event));
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

/// `a @ c` where `c` differs from example to example.
Value Elaborator::productOfEach(const ast::BinaryExpr &expr, ValueId a,
                                ValueId c) {
  const Type left = b.type(a), right = b.type(c);
  if (!unitedAxes(left.axes, right.axes)) {
    aligned("@", expr.opRange, a, expr.left->range, c, expr.right->range);
    return {};
  }
  const int64_t inner = right.event[0], columns = right.event[1];
  Type terms{{}, {Type{{}, left.event}.elements(), columns}};
  if (!sizeIsSane(terms, expr.range)) {
    return {};
  }
  ValueId rows = b.reshapeEvent(a, {terms.event[0] / inner, inner});
  std::vector<int64_t> event = left.event;
  event.back() = columns;
  return Value::ofTensor(
      b.reshapeEvent(productsOfRows(b, rows, turned(b, c)), event));
}

} // namespace gmc::dsl
