//===- Names.cpp - what a name stands for -------------------------------===//
#include "dsl/base/ForeignWords.h"
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
  } else if (auto foreign = foreignHelp(name)) {
    builder.help(*foreign);
  }
  return {};
}

std::string helpOfFunction(const Module &module, const std::string &name) {
  auto it = module.functions.find(name);
  if (it != module.functions.end()) {
    switch (it->second.kind) {
    case FileFunction::Kind::Net:
      return fmt::format("`{0}(..)` is what it gives of its inputs; its "
                         "weights are no value: `minimize .. over {0}` trains "
                         "them",
                         name);
    case FileFunction::Kind::Block:
      return fmt::format("a value is piped into a block: `x |> {}`", name);
    case FileFunction::Kind::Step:
    case FileFunction::Kind::Proc:
      return "what two steps share is a `def` or a `net`; values leave a step "
             "through its signature, `step fit(x) -> w`";
    default:
      break;
    }
  }
  return fmt::format("call it: `{}(..)`", name);
}

namespace {

/// The name that a chain of members begins with, `torch` of `torch.nn.Linear`.
const ast::NameExpr *rootOf(const ast::Expr &expr) {
  const ast::Expr *object = &expr;
  while (const auto *member = ast::as<ast::MemberExpr>(*object)) {
    object = member->object.get();
  }
  return ast::as<ast::NameExpr>(*object);
}

/// Reports `D.linear0.weight` of a net: its weights are no values.
void reportPartOfNet(Module &module, const ast::MemberExpr &expr,
                     const ast::NameExpr &net) {
  std::string text(module.source.text(expr.range));
  auto builder = module.report(Diag::FunctionAsValue, net.range, net.text);
  builder.label("a net, not a value");
  builder.help(fmt::format("`{}(..).{}` is a named line of a call; weights are "
                           "no values of the text, but those of a `param w : "
                           "f32[8]` are, by its name",
                           net.text, expr.member.text));
}

} // namespace

bool Elaborator::isForeignMember(const ast::MemberExpr &expr) const {
  const ast::NameExpr *root = rootOf(expr);
  return root && !frame->locals.count(root->text) &&
         !module.values.count(root->text) &&
         !module.functions.count(root->text) && !findLibrary(root->text) &&
         root->text != "elbo";
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
    return scalar && !value.failed
               ? Value::ofTensor(b.leaf(Op::Scalar, *scalar, {}))
               : Value{};
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
        .help(helpOfFunction(module, expr.text));
    return {};
  }
  return unknownName(expr.text, expr.range);
}

Value Elaborator::evaluateMember(const ast::MemberExpr &expr) {
  const ast::NameExpr *root = rootOf(expr);
  auto function =
      root ? module.functions.find(root->text) : module.functions.end();
  if (function != module.functions.end() &&
      function->second.kind == FileFunction::Kind::Net &&
      !frame->locals.count(root->text) && !module.values.count(root->text)) {
    module.use(function->second.range);
    reportPartOfNet(module, expr, *root);
    return {};
  }
  if (isForeignMember(expr)) {
    if (auto help = foreignHelp(expr.member.text)) {
      module.report(Diag::UnknownName, root->range, root->text)
          .label("no such name here")
          .help(*help);
      return {};
    }
  }
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
  } else if (findLibrary(expr.member.text)) {
    builder.help(fmt::format("a function is called by its name alone: `{}(..)`",
                             expr.member.text));
  } else if (auto foreign = foreignHelp(expr.member.text)) {
    builder.help(*foreign);
  } else if (!names.empty()) {
    builder.help(fmt::format("it has {}", fmt::join(names, ", ")));
  }
  return {};
}

} // namespace gmc::dsl
