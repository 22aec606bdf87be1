//===- Names.cpp - what a name stands for -------------------------------===//
#include "dsl/sema/Elaborator.h"
#include "dsl/sema/Library.h"

namespace gmc::dsl {

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
  case FileValue::Kind::Hyper: {
    auto scalar = module.hyper(name, value, range);
    return scalar && !value.failed ? Value::ofTensor(b.leaf(Op::Scalar, *scalar, {})) : Value{};
  }
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
    if (!value.index) {
      // Consts, hypers and what params begin as are known before any param.
      const bool isState = value.kind == FileValue::Kind::State;
      module
          .report(Diag::NotConstant, range, "this",
                  fmt::format("the {} `{}`", isState ? "state" : "param", name))
          .label(value.range, "declared here")
          .label("must be known when compiling");
      return {};
    }
    return Value::ofTensor(parameterLeaf(*value.index));
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

} // namespace gmc::dsl
