//===- Expressions.cpp - numbers, types, lists --------------------------===//
#include "dsl/program/Dump.h"
#include "dsl/program/Formulas.h"
#include "dsl/program/ScalarMath.h"
#include "dsl/sema/Elaborator.h"
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
        .help(fmt::format("name the field: `.{}`",
                          fmt::join(value.names, "` or `.")));
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
      if (scalar.kind == Scalar::Kind::Argument) {
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
  if (source.kind == Value::Kind::List && source.elements.empty()) {
    // An axis has an extent, as a span has members.
    module.report(Diag::ComprehensionSource, range, "a list of nothing");
    return std::nullopt;
  }
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
