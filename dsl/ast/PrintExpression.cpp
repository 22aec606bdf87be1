//===- PrintExpression.cpp - expressions as canonical text ----------------===//
#include "dsl/ast/PrinterInternals.h"

#include <algorithm>

namespace gmc::dsl::ast {

const char *spellingOf(BinaryOp op) {
  switch (op) {
  case BinaryOp::Or:
    return "or";
  case BinaryOp::And:
    return "and";
  case BinaryOp::Equal:
    return "==";
  case BinaryOp::NotEqual:
    return "!=";
  case BinaryOp::Less:
    return "<";
  case BinaryOp::LessEqual:
    return "<=";
  case BinaryOp::Greater:
    return ">";
  case BinaryOp::GreaterEqual:
    return ">=";
  case BinaryOp::Add:
    return "+";
  case BinaryOp::Subtract:
    return "-";
  case BinaryOp::Multiply:
    return "*";
  case BinaryOp::Divide:
    return "/";
  case BinaryOp::Matmul:
    return "@";
  case BinaryOp::Modulo:
    return "%";
  case BinaryOp::Power:
    return "^";
  }
  return "";
}

void Printer::expr(const Expr &node) {
  if (node.parenthesized) {
    put("(");
    bareExpr(node);
    put(")");
  } else {
    bareExpr(node);
  }
  reached = node.range.end;
}

void Printer::optional(std::string_view before, const ExprPtr &node) {
  if (node) {
    put(before);
    expr(*node);
  }
}

void Printer::clause(std::string_view word, const ExprPtr &node) {
  if (node) {
    clause(word, node->range.begin);
    expr(*node);
  }
}

void Printer::exprs(const std::vector<ExprPtr> &nodes) {
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (i > 0) {
      comma(nodes[i]->range.begin);
    }
    expr(*nodes[i]);
  }
}

void Printer::tight(const std::vector<ExprPtr> &nodes) {
  for (size_t i = 0; i < nodes.size(); ++i) {
    put(i > 0 ? "," : "");
    expr(*nodes[i]);
  }
}

void Printer::bareExpr(const Expr &node) {
  switch (node.kind) {
  case ExprKind::Number: {
    auto &number = cast<NumberExpr>(node);
    put(number.text);
    put(number.percent ? "%" : "");
    return;
  }
  case ExprKind::String:
    return put(cast<StringExpr>(node).text);
  case ExprKind::Name:
    return put(cast<NameExpr>(node).text);
  case ExprKind::Member: {
    auto &member = cast<MemberExpr>(node);
    expr(*member.object);
    put(".");
    return put(member.member.text);
  }
  case ExprKind::Call:
    return call(cast<CallExpr>(node));
  case ExprKind::Index:
    return index(cast<IndexExpr>(node));
  case ExprKind::Unary: {
    auto &unary = cast<UnaryExpr>(node);
    put(unary.op == UnaryOp::Not ? "not " : "-");
    return expr(*unary.operand);
  }
  case ExprKind::Binary:
    return binary(cast<BinaryExpr>(node));
  case ExprKind::If: {
    auto &choice = cast<IfExpr>(node);
    optional("if ", choice.condition);
    clause("then", choice.thenValue);
    return clause("else", choice.elseValue);
  }
  case ExprKind::Pipe:
    return pipe(cast<PipeExpr>(node));
  case ExprKind::Comprehension: {
    auto &loop = cast<ComprehensionExpr>(node);
    expr(*loop.element);
    put(" for " + loop.variable.text);
    return optional(" in ", loop.source);
  }
  case ExprKind::Span: {
    auto &span = cast<SpanExpr>(node);
    expr(*span.from);
    return optional(span.exclusive ? "..<" : "..", span.to);
  }
  case ExprKind::Arrow: {
    auto &arrow = cast<ArrowExpr>(node);
    expr(*arrow.from);
    return optional(" -> ", arrow.to);
  }
  case ExprKind::Tuple:
    put("(");
    exprs(cast<TupleExpr>(node).elements);
    return put(")");
  case ExprKind::List:
    put("[");
    exprs(cast<ListExpr>(node).elements);
    return put("]");
  case ExprKind::As: {
    auto &named = cast<AsExpr>(node);
    expr(*named.operand);
    return put(" as " + named.name.text);
  }
  case ExprKind::AtTime: {
    auto &timed = cast<AtTimeExpr>(node);
    expr(*timed.value);
    put(" at ");
    return duration(*timed.time);
  }
  case ExprKind::Duration:
    return duration(cast<DurationExpr>(node));
  case ExprKind::Repeat:
    return repeat(cast<RepeatExpr>(node));
  case ExprKind::Skip:
    put("skip ");
    return layers(*cast<SkipExpr>(node).layers, node.range.end);
  case ExprKind::Scan:
    return scan(cast<ScanExpr>(node));
  case ExprKind::Error:
    return;
  }
}

void Printer::call(const CallExpr &node) {
  expr(*node.callee);
  uint32_t close = node.parentheses.end > 0 ? node.parentheses.end - 1 : 0;
  arguments(node.arguments, node.closeOnNewLine, close);
  if (node.name) {
    put(" as " + node.name->text);
  }
  optional(" : ", node.attribute);
}

void Printer::arguments(const std::vector<Argument> &arguments,
                        bool closeOnNewLine, uint32_t close) {
  bool broken = std::any_of(arguments.begin(), arguments.end(),
                            [](auto &argument) { return argument.onNewLine; });
  put("(");
  indent += broken;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const Argument &argument = arguments[i];
    put(i > 0 ? "," : "");
    if (argument.onNewLine) {
      breakLine(argument.range.begin);
    } else {
      put(i > 0 ? " " : "");
    }
    if (argument.label) {
      put(argument.label->text);
      put(argument.worded ? " " : ": ");
    }
    expr(*argument.value);
  }
  indent -= broken;
  if (broken && closeOnNewLine) {
    breakLine(close);
  }
  put(")");
}

void Printer::index(const IndexExpr &node) {
  expr(*node.object);
  put("[");
  for (size_t i = 0; i < node.items.size(); ++i) {
    const IndexItem &item = node.items[i];
    put(i > 0 ? ", " : "");
    if (item.kind == IndexItem::Kind::New) {
      put("new");
    }
    optional("", item.begin);
    if (item.kind == IndexItem::Kind::Slice) {
      put(":");
      optional("", item.end);
    }
  }
  put("]");
}

void Printer::binary(const BinaryExpr &node) {
  expr(*node.left);
  if (node.op == BinaryOp::Power) {
    put("^");
    return expr(*node.right);
  }
  gap(node.lineBreak == LineBreak::BeforeOperator, node.opRange.begin);
  put(spellingOf(node.op));
  gap(node.lineBreak == LineBreak::AfterOperator, node.right->range.begin);
  expr(*node.right);
}

void Printer::pipe(const PipeExpr &node) {
  ++indent;
  for (size_t i = 0; i < node.stages.size(); ++i) {
    if (i > 0 && node.onNewLine[i]) {
      breakLine(node.stages[i]->range.begin);
    } else if (i > 0) {
      put(" ");
    }
    put(i > 0 ? "|> " : "");
    expr(*node.stages[i]);
  }
  --indent;
}

void Printer::duration(const DurationExpr &node) {
  expr(*node.count);
  const char *unit = node.unit == DurationUnit::Rounds   ? " round"
                     : node.unit == DurationUnit::Epochs ? " epoch"
                                                         : " example";
  put(unit);
  put(node.singular ? "" : "s");
  if (node.stream) {
    put(" of " + node.stream->text);
  }
}

void Printer::repeat(const RepeatExpr &node) {
  put("repeat ");
  if (node.variable) {
    put(node.variable->text + " in ");
  }
  expr(*node.count);
  put(" ");
  layers(*node.layers, node.range.end);
}

void Printer::layers(const Expr &node, uint32_t end) {
  bool ownLines = lineBeginsWithin(node.range.begin, node.range.begin);
  put(ownLines ? "{" : "{ ");
  if (ownLines) {
    ++indent;
    breakLine(node.range.begin);
    expr(node);
    --indent;
    breakLine(end - 1);
  } else {
    expr(node);
  }
  put(ownLines ? "}" : " }");
}

void Printer::scan(const ScanExpr &node) {
  put("scan " + node.variable.text);
  optional(" in ", node.source);
  put(" carry ");
  bindings(node.carry);
  put(" ");
  body(node.body);
}

void Printer::type(const TypeExpr &type) {
  put(type.name.text);
  if (!type.dims.empty()) {
    put("[");
    tight(type.dims);
    put("]");
  }
}

void Printer::values(const ValueRange &values) {
  switch (values.kind) {
  case ValueRange::Kind::Set:
    put("{");
    tight(values.elements);
    return put("}");
  case ValueRange::Kind::Interval:
    put("[");
    tight(values.elements);
    return put("]");
  case ValueRange::Kind::Span:
    return tight(values.elements);
  }
}

void Printer::field(const Field &field) {
  if (field.name) {
    put(field.name->text + ": ");
  }
  type(field.type);
  if (field.values) {
    put(" in ");
    values(*field.values);
  }
}

void Printer::fields(const std::vector<Field> &fields) {
  for (size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) {
      const Field &next = fields[i];
      comma(next.name ? next.name->range.begin : next.type.name.range.begin);
    }
    field(fields[i]);
  }
}

} // namespace gmc::dsl::ast
