//===- Calls.cpp - who is called, and with what ---------------------------===//
#include "dsl/base/ForeignWords.h"
#include "dsl/base/SpellingHint.h"
#include "dsl/sema/Elaborator.h"
#include "dsl/sema/Library.h"

#include <algorithm>

namespace gmc::dsl {
namespace {

/// One parameter of a signature such as "linear(x, n, bias?, init:?)".
struct Formal {
  std::string_view name;
  bool optional = false, labelOnly = false, variadic = false;
};

std::vector<Formal> parseSignature(std::string_view signature) {
  std::vector<Formal> formals;
  size_t begin = signature.find('(') + 1;
  std::string_view list = signature.substr(begin);
  list.remove_suffix(1);
  while (!list.empty()) {
    size_t comma = list.find(", ");
    std::string_view one = list.substr(0, comma);
    list = comma == std::string_view::npos ? "" : list.substr(comma + 2);
    Formal formal;
    if (one.ends_with('?')) {
      formal.optional = true;
      one.remove_suffix(1);
    }
    if (one.ends_with(':')) {
      formal.labelOnly = true;
      one.remove_suffix(1);
    }
    if (one.ends_with("..")) {
      formal.variadic = formal.optional = true;
      one.remove_suffix(2);
    }
    formal.name = one;
    formals.push_back(formal);
  }
  return formals;
}

/// Distributes the arguments of one call over the formals of a signature.
class Binder {
public:
  Binder(Module &module, const CallSite &site, std::string_view signature)
      : module(module), site(site), signature(signature),
        formals(parseSignature(signature)) {}

  std::optional<Arguments> bind() {
    if (site.piped) {
      positional({nullptr, site.piped, site.pipedRange});
    }
    if (site.arguments) {
      for (const ast::Argument &argument : *site.arguments) {
        if (argument.label) {
          labelled(argument);
        } else {
          positional({argument.value.get(), std::nullopt, argument.range});
        }
      }
    }
    for (const Formal &formal : formals) {
      if (ok && !formal.optional && !result.named.count(formal.name)) {
        module
            .report(Diag::MissingArgument, site.nameRange, site.name,
                    formal.name)
            .help(usage());
        ok = false;
      }
    }
    return ok ? std::optional(std::move(result)) : std::nullopt;
  }

private:
  std::string usage() const {
    return fmt::format("it is used as `{}`", signature);
  }

  void positional(Bound bound) {
    while (next < formals.size() && formals[next].labelOnly) {
      ++next;
    }
    if (next == formals.size()) {
      ++surplus;
      if (surplus == 1) {
        auto builder =
            module.report(Diag::TooManyArguments, bound.range, site.name);
        builder.label("one too many");
        if (auto foreign = foreignHelp(site.name)) {
          builder.help(*foreign);
        }
        builder.help(usage());
      }
      ok = false;
      return;
    }
    if (formals[next].variadic) {
      result.rest.push_back(std::move(bound));
      return;
    }
    put(formals[next++].name, std::move(bound));
  }

  void labelled(const ast::Argument &argument) {
    const std::string &label = argument.label->text;
    std::vector<std::string> names;
    for (const Formal &formal : formals) {
      if (formal.name == label && !formal.variadic) {
        put(formal.name,
            {argument.value.get(), std::nullopt, argument.value->range});
        return;
      }
      names.emplace_back(formal.name);
    }
    auto builder = module.report(Diag::UnknownArgument, argument.label->range,
                                 site.name, label);
    if (auto foreign = foreignLabel(label, names)) {
      builder.help(*foreign);
    } else if (auto help = module.nearest(label, names)) {
      builder.help(*help);
    }
    builder.help(usage());
    ok = false;
  }

  void put(std::string_view name, Bound bound) {
    SourceRange range = bound.range;
    auto [it, isNew] =
        result.named.emplace(std::string(name), std::move(bound));
    if (!isNew) {
      module.report(Diag::RepeatedArgument, range, name, site.name)
          .label("a second time here")
          .label(it->second.range, "first here");
      ok = false;
    }
  }

  Module &module;
  const CallSite &site;
  std::string_view signature;
  std::vector<Formal> formals;
  Arguments result;
  size_t next = 0, surplus = 0;
  bool ok = true;
};

CallSite siteOfCall(const ast::CallExpr &expr, const ast::NameExpr &callee) {
  CallSite site;
  site.expr = &expr;
  site.name = callee.text;
  site.nameRange = callee.range;
  site.range = expr.range;
  site.arguments = &expr.arguments;
  site.asName = expr.name;
  site.attribute = expr.attribute.get();
  return site;
}

CallSite siteOfName(const ast::NameExpr &expr) {
  CallSite site;
  site.expr = &expr;
  site.name = expr.text;
  site.nameRange = site.range = expr.range;
  return site;
}

} // namespace

std::optional<Arguments> Elaborator::bindArguments(const CallSite &site,
                                                   std::string_view signature) {
  return Binder(module, site, signature).bind();
}

std::optional<Value> Elaborator::findLine(const Value &value,
                                          const std::string &name) {
  if (value.lines) {
    for (const auto &[line, result] : *value.lines) {
      if (line == name) {
        return result;
      }
    }
  }
  return std::nullopt;
}

std::vector<std::string> Elaborator::visibleFunctions() const {
  std::vector<std::string> names = libraryNames();
  for (const auto &[name, function] : module.functions) {
    names.push_back(name);
  }
  return names;
}

Value Elaborator::unknownFunction(const CallSite &site) {
  if (auto local = frame->locals.find(site.name);
      local != frame->locals.end() && local->second.value.isError()) {
    module.use(local->second.declared);
    return {}; // Such as a `use` that has been reported.
  }
  bool isValue =
      frame->locals.count(site.name) || module.values.count(site.name);
  if (isValue) {
    module.report(Diag::NotCallable, site.nameRange, site.name)
        .label("a value")
        .help("values are never called; a function is a net, block, def or "
              "one of the library");
    return {};
  }
  auto builder =
      module.report(Diag::UnknownFunction, site.nameRange, site.name);
  builder.label("no such function");
  std::vector<std::string> own;
  for (const auto &[name, function] : module.functions) {
    own.push_back(name);
  }
  if (auto mine = module.nearest(site.name, own)) {
    builder.help(*mine);
  } else if (auto foreign = foreignHelp(site.name)) {
    builder.help(*foreign);
  } else if (auto near = module.nearest(site.name, visibleFunctions())) {
    builder.help(*near);
  }
  return {};
}

namespace {

/// Reports `torch.exp(x)`, `x.mean()`: functions stand alone.
void reportMemberCall(Elaborator &e, const ast::MemberExpr &callee) {
  const std::string &name = callee.member.text;
  std::string text(e.module.source.text(callee.range));
  const bool isForeign = e.isForeignMember(callee);
  auto builder =
      isForeign ? e.module.report(Diag::UnknownFunction, callee.range, text)
                : e.module.report(Diag::CalleeUnsupported, callee.range);
  auto foreign = findLibrary(name) ? std::nullopt : foreignHelp(name);
  std::vector<std::string> names = libraryNames();
  if (foreign) {
    builder.help(*foreign);
  } else if (findLibrary(name)) {
    builder.help(
        fmt::format("a function is called by its name alone: `{}(..)`", name));
  } else if (auto near =
                 isForeign ? nearestSpelling(name, names) : std::nullopt) {
    builder.help(fmt::format("a function is called by its name alone; did you "
                             "mean `{}(..)`?",
                             *near));
  } else if (isForeign) {
    builder.help("a function is called by its name alone");
  }
}

} // namespace

Value Elaborator::callExpr(const ast::CallExpr &expr) {
  if (const auto *callee = ast::as<ast::NameExpr>(expr.callee)) {
    return call(siteOfCall(expr, *callee));
  }
  const auto *made = ast::as<ast::CallExpr>(expr.callee);
  const auto *maker = made ? ast::as<ast::NameExpr>(made->callee) : nullptr;
  if (maker && maker->text == "frozen") {
    CallSite site;
    site.expr = &expr;
    site.range = expr.range;
    site.arguments = &expr.arguments;
    return frozenCall(std::move(site), *made);
  }
  if (const auto *member = ast::as<ast::MemberExpr>(expr.callee)) {
    if (auto result = callPartOf(*member, expr)) {
      return *result;
    }
    reportMemberCall(*this, *member);
    return {};
  }
  if (expr.callee->kind == ast::ExprKind::Call) {
    module.report(Diag::CalleeUnsupported, expr.callee->range);
    return {};
  }
  if (expr.callee->kind != ast::ExprKind::Error) {
    module.report(Diag::NotAFunction, expr.callee->range)
        .help("a function is called by its name");
  }
  return {};
}

/// `frozen(F)(x)`: F with constant parameters, as in a procedure.
Value Elaborator::frozenCall(CallSite site, const ast::CallExpr &callee) {
  const ast::NameExpr *net =
      callee.arguments.size() == 1 && !callee.arguments[0].label
          ? ast::as<ast::NameExpr>(callee.arguments[0].value)
          : nullptr;
  auto it = net ? module.functions.find(net->text) : module.functions.end();
  if (it == module.functions.end() ||
      it->second.kind != FileFunction::Kind::Net) {
    module.report(Diag::FrozenNet, callee.range).help("`frozen(F)(x)`");
    return {};
  }
  site.name = net->text;
  site.nameRange = net->range;
  bool outer = std::exchange(frozen, true);
  CallMode outerMode = std::exchange(callMode, CallMode::OfPlace);
  Value result = call(site);
  frozen = outer;
  callMode = outerMode;
  return result;
}

namespace {

/// Reports an attribute other than `: spectral_norm` of a layer with products.
bool attributeFits(Module &module, const CallSite &site) {
  if (!site.attribute) {
    return true;
  }
  const auto *name = ast::as<ast::NameExpr>(*site.attribute);
  if (name && name->text == "spectral_norm" &&
      (site.name == "linear" || site.name == "conv2d" ||
       site.name == "conv_transpose2d")) {
    return true;
  }
  module.report(Diag::AttributeUnsupported, site.attribute->range)
      .help("`: spectral_norm`, of linear, conv2d and conv_transpose2d");
  return false;
}

} // namespace

Value Elaborator::call(const CallSite &site) {
  if (!module.countCall(site.range) || !attributeFits(module, site)) {
    return {};
  }
  if (auto local = frame->locals.find(site.name);
      local != frame->locals.end() &&
      local->second.value.kind == Value::Kind::Part) {
    module.use(local->second.declared);
    if (site.asName) {
      module.report(Diag::AsOnFunction, site.asName->range, site.name)
          .help("`as` names layers and blocks");
      return {};
    }
    return callPart(*local->second.value.part, site);
  }
  auto user = module.functions.find(site.name);
  const LibraryEntry *entry = findLibrary(site.name);
  bool isVerb = user != module.functions.end() &&
                (user->second.kind == FileFunction::Kind::Step ||
                 user->second.kind == FileFunction::Kind::Proc);
  if (entry && (user == module.functions.end() || isVerb)) {
    auto arguments = bindArguments(site, entry->signature);
    if (!arguments) {
      return {};
    }
    Value result = entry->handler(*this, site, *arguments, *entry);
    if (site.asName && !entry->isLayer) {
      module.report(Diag::AsOnFunction, site.asName->range, site.name)
          .help("`as` names layers and blocks");
    }
    if (result.kind == Value::Kind::Tensor &&
        !sizeIsSane({{}, b.type(result.id).event}, site.range)) {
      return {};
    }
    return result;
  }
  if (user == module.functions.end()) {
    if (isReservedFunction(site.name)) {
      auto builder =
          module.report(Diag::FunctionUnsupported, site.nameRange, site.name);
      if (auto foreign = foreignHelp(site.name)) {
        builder.help(*foreign);
      }
      return {};
    }
    return unknownFunction(site);
  }
  FileFunction &function = user->second;
  module.use(function.range);
  switch (function.kind) {
  case FileFunction::Kind::Broken:
    return {};
  case FileFunction::Kind::Def:
    return callDef(ast::cast<ast::DefDecl>(*function.decl), site);
  case FileFunction::Kind::Block:
    return callBlock(ast::cast<ast::BlockDecl>(*function.decl), site);
  case FileFunction::Kind::Net:
    if (!function.instance) {
      module.report(Diag::TemplateCalled, site.nameRange, site.name)
          .label(function.range, "`use` makes instances of it")
          .help("call one of the instances");
      return {};
    }
    return callNet(*function.instance, site);
  default:
    module.report(Diag::StepCalled, site.nameRange, site.name)
        .label(function.range, "declared here")
        .help("steps are called in `train { }` only; what two steps share is "
              "a `def` or a `net`");
    return {};
  }
}

Value Elaborator::applyStage(const ast::Expr &stage, const Value &input,
                             SourceRange inputRange) {
  CallSite site;
  if (const auto *name = ast::as<ast::NameExpr>(stage)) {
    site = siteOfName(*name);
  } else if (const auto *callNode = ast::as<ast::CallExpr>(stage)) {
    const auto *callee = ast::as<ast::NameExpr>(callNode->callee);
    if (!callee) {
      return callExpr(*callNode);
    }
    if (callee->text == "frozen") {
      site.expr = &stage;
      site.range = stage.range;
      site.piped = input;
      site.pipedRange = inputRange;
      b.setRange(stage.range);
      return frozenCall(std::move(site), *callNode);
    }
    site = siteOfCall(*callNode, *callee);
  } else if (const auto *named = ast::as<ast::AsExpr>(stage)) {
    const auto *name2 = ast::as<ast::NameExpr>(named->operand);
    if (!name2) {
      module.report(Diag::StageNotCall, stage.range);
      return {};
    }
    site = siteOfName(*name2);
    site.asName = named->name;
  } else if (const auto *repeat = ast::as<ast::RepeatExpr>(stage)) {
    return applyRepeat(*repeat, input, inputRange);
  } else if (const auto *skip = ast::as<ast::SkipExpr>(stage)) {
    Value result = applyLayers(*skip->layers, input, inputRange);
    auto x = toTensor(input, inputRange);
    auto y = toTensor(result, skip->layers->range);
    if (!x || !y) {
      return {};
    }
    if (b.type(*x).event != b.type(*y).event) {
      module.report(Diag::SkipShape, skip->range)
          .label(inputRange, dsl::typeText(b.type(*x)))
          .label(skip->layers->range, dsl::typeText(b.type(*y)))
          .help("`skip { f }` is u + f(u): f must keep the shape");
      return {};
    }
    return Value::ofTensor(b.binary(Op::Add, *x, *y));
  } else if (const auto *member = ast::as<ast::MemberExpr>(stage);
             member && isForeignMember(*member)) {
    reportMemberCall(*this, *member);
    return {};
  } else {
    module.report(Diag::StageNotCall, stage.range)
        .help("on the right of `|>` stands a function, a layer, `repeat` or "
              "`skip`");
    return {};
  }
  site.piped = input;
  site.pipedRange = inputRange;
  b.setRange(stage.range);
  return call(site);
}

Value Elaborator::applyRepeat(const ast::RepeatExpr &repeat, const Value &input,
                              SourceRange inputRange) {
  Value value = input;
  if (!repeat.variable) {
    auto count = integer(*repeat.count, "the count of `repeat`");
    if (!count) {
      return {};
    }
    if (*count < 0 || *count > 10000) {
      module.report(Diag::BadRepeat, repeat.count->range, *count)
          .help("layers are repeated 0 to 10000 times");
      return {};
    }
    for (int64_t i = 0; i < *count && !value.isError(); ++i) {
      value = applyLayers(*repeat.layers, value, inputRange);
    }
    return value;
  }
  Value list = evaluate(*repeat.count);
  if (list.kind != Value::Kind::List) {
    if (!list.isError()) {
      module.report(Diag::ListWanted, repeat.count->range, typeText(list))
          .help("`repeat ch in [128, 256] { .. }`");
    }
    return {};
  }
  for (const Value &element : list.elements) {
    if (value.isError()) {
      return {};
    }
    auto [it, isNew] = frame->locals.emplace(
        repeat.variable->text, Local{element, repeat.variable->range});
    if (!isNew) {
      module
          .report(Diag::Redefined, repeat.variable->range,
                  repeat.variable->text)
          .label("a second time here")
          .label(it->second.declared, "first here");
      return {};
    }
    value = applyLayers(*repeat.layers, value, inputRange);
    frame->locals.erase(repeat.variable->text);
  }
  return value;
}

Value Elaborator::applyLayers(const ast::Expr &layers, const Value &input,
                              SourceRange inputRange) {
  const auto *pipe = ast::as<ast::PipeExpr>(layers);
  if (!pipe) {
    return applyStage(layers, input, inputRange);
  }
  Value value = input;
  SourceRange range = inputRange;
  for (const auto &stage : pipe->stages) {
    if (value.isError()) {
      return {};
    }
    value = applyStage(*stage, value, range);
    range = {pipe->range.begin, stage->range.end};
  }
  return value;
}

std::optional<bool> flag(Elaborator &e, const Arguments &arguments,
                         std::string_view name, bool otherwise) {
  const Bound *bound = arguments.find(name);
  if (!bound) {
    return otherwise;
  }
  const auto *word =
      bound->expr ? ast::as<ast::NameExpr>(*bound->expr) : nullptr;
  if (!word || (word->text != "true" && word->text != "false")) {
    e.module.report(Diag::FlagWanted, bound->range, name)
        .label("is neither `true` nor `false`");
    return std::nullopt;
  }
  return word->text == "true";
}

std::optional<std::string> wordOf(Elaborator &e, const CallSite &site,
                                  const Arguments &arguments, const char *name,
                                  const std::vector<std::string> &words) {
  const Bound *bound = arguments.find(name);
  if (!bound) {
    return words.front();
  }
  const auto *word =
      bound->expr ? ast::as<ast::NameExpr>(*bound->expr) : nullptr;
  if (word &&
      std::find(words.begin(), words.end(), word->text) != words.end()) {
    return word->text;
  }
  e.module.report(Diag::WordWanted, bound->range, name, site.name)
      .help(fmt::format("it is {}", fmt::join(words, " or ")));
  return std::nullopt;
}

} // namespace gmc::dsl
