//===- Networks.cpp - nets, blocks, defs and their parameters -------------===//
//
// A call of a net walks its body once more in a frame of its own. The first
// walk, by itself with arguments for inputs, creates the parameters; later ones
// find them by name.
//
//===----------------------------------------------------------------------===//
#include "dsl/sema/FrameScope.h"
#include "dsl/sema/Library.h"

namespace gmc::dsl {
namespace {

std::string signatureOf(const std::string &name,
                        const std::vector<ast::Parameter> &parameters) {
  std::string text = name + "(";
  for (size_t i = 0; i < parameters.size(); ++i) {
    text += i == 0 ? "" : ", ";
    text += parameters[i].name.text;
    text += parameters[i].defaultValue ? "?" : "";
  }
  return text + ")";
}

/// `G(z, mode:?)`, unless an input is called `mode`.
std::string signatureOf(const ast::NetDecl &net, const std::string &name) {
  std::string text = name + "(";
  bool hasMode = false;
  for (size_t i = 0; i < net.inputs.size(); ++i) {
    std::string input = net.inputs[i].name ? net.inputs[i].name->text : "x";
    text += (i == 0 ? "" : ", ") + input;
    hasMode = hasMode || input == "mode";
  }
  return text + (hasMode ? ")" : net.inputs.empty() ? "mode:?)" : ", mode:?)");
}

/// Reads `mode: training` or `mode: sampling`; `otherwise` when not given,
/// nothing (and reported) where it is neither.
bool readMode(Elaborator &e, const ast::NetDecl &net, const CallSite &site,
              const Arguments &arguments, Elaborator::CallMode &given) {
  const Bound *bound = arguments.find("mode");
  for (const ast::Field &input : net.inputs) {
    if (!bound || (input.name && input.name->text == "mode")) {
      return true;
    }
  }
  auto word = bound
                  ? wordOf(e, site, arguments, "mode", {"training", "sampling"})
                  : std::nullopt;
  if (word) {
    given = *word == "training" ? Elaborator::CallMode::Training
                                : Elaborator::CallMode::Sampling;
  }
  return !bound || word;
}

/// Returns the value of one output of a net, its type checked.
std::optional<Value> checkOutput(Elaborator &e, const ast::Field &output,
                                 const Value &value, SourceRange range) {
  auto id = e.toTensor(value, range);
  if (!id) {
    return std::nullopt;
  }
  if (output.type.name.text == "map" && output.type.dims.empty()) {
    return Value::ofTensor(*id);
  }
  auto event = e.realEventOf(output.type);
  if (!event) {
    return std::nullopt;
  }
  // A net declared `-> f32` drops its last [1], and only there.
  if (event->empty() && e.b.type(*id).event == std::vector<int64_t>{1}) {
    id = e.b.reshapeEvent(*id, {});
  }
  if (e.b.type(*id).event != *event) {
    e.module.report(Diag::OutputShape, range, typeText(e.b.type(*id)))
        .label("is " + typeText(e.b.type(*id)))
        .label(output.type.range, "is declared " + typeText({{}, *event}));
    return std::nullopt;
  }
  return Value::ofTensor(*id);
}

SourceRange lastRange(const ast::Body &body) {
  return body.statements.empty() ? body.range : body.statements.back()->range;
}

/// Warns of a procedure that asks a net whose weights are averaged.
void warnOfRawNet(Module &module, const Instance &instance, SourceRange range) {
  for (const Instance &average : module.instances) {
    if (average.averageOf == &instance) {
      module.report(Diag::RawNetSampled, range, instance.name, average.name)
          .label(average.where, "averaged here")
          .help(fmt::format("`{}(..)`", average.name));
    }
  }
}

/// Walks a net's body in the current frame and collects its outputs.
Value runNet(Elaborator &e, const ast::NetDecl &net) {
  Value last = e.run(net.body);
  Value result;
  bool ok = true;
  if (!net.outputs.empty() && !net.outputs[0].name) {
    bool hasValue =
        !net.body.statements.empty() &&
        net.body.statements.back()->kind == ast::StmtKind::Expression;
    if (!hasValue) {
      e.module.report(Diag::NoValue, lastRange(net.body), net.name.text)
          .help("a net's value is its last line");
      return {};
    }
    auto output = checkOutput(e, net.outputs[0], last, lastRange(net.body));
    if (!output) {
      return {};
    }
    result = *output;
  } else {
    result.kind = Value::Kind::Record;
    for (const ast::Field &output : net.outputs) {
      auto it = e.frame->locals.find(output.name->text);
      if (it == e.frame->locals.end()) {
        e.module
            .report(Diag::OutputNotBound, output.name->range, output.name->text)
            .help("a line of the net bears its name: `" + output.name->text +
                  " = ..`");
        ok = false;
        continue;
      }
      e.module.use(it->second.declared);
      auto value =
          checkOutput(e, output, it->second.value, it->second.declared);
      ok = ok && value;
      result.names.push_back(output.name->text);
      result.elements.push_back(value.value_or(Value{}));
    }
  }
  if (!ok) {
    return {};
  }
  auto lines = std::make_shared<std::vector<std::pair<std::string, Value>>>();
  for (const auto &[name, local] : e.frame->locals) {
    lines->emplace_back(name, local.value);
  }
  result.lines = std::move(lines);
  return result;
}

} // namespace

bool Elaborator::checkInstance(Instance &instance) {
  const ast::NetDecl &net = *instance.net;
  openBatch(module.netBatch);
  std::map<std::string, int> ordinals;
  Frame inner;
  inner.instance = &instance;
  inner.prefix = instance.name + ".";
  inner.ordinals = &ordinals;
  inner.path = instance.name;
  FrameScope scope(*this, inner);
  bool ok = true;
  for (const ast::Field &input : net.inputs) {
    auto event = eventOf(input.type);
    ok = ok && event;
    Type type{openAxes, event.value_or(std::vector<int64_t>{})};
    auto index = static_cast<int64_t>(body.arguments.size());
    std::string name = input.name ? input.name->text : "x";
    body.arguments.push_back({name, type});
    ValueId id = b.leaf(Op::Argument, index, type);
    bind(input.name ? *input.name : ast::Name{name, input.range},
         event ? Value::ofTensor(id) : Value{}, "parameter");
  }
  return !runNet(*this, net).isError() && ok;
}

Value Elaborator::callNet(Instance &instance, const CallSite &site) {
  if (!module.ensureChecked(instance, site.nameRange)) {
    return {};
  }
  if (instance.layer) {
    return callLayer(instance, site);
  }
  const ast::NetDecl &net = *instance.net;
  auto arguments = bindArguments(site, signatureOf(net, instance.name));
  if (!arguments) {
    return {};
  }
  if (mode == Mode::Procedure) {
    warnOfRawNet(module, instance, site.nameRange);
  }
  std::map<std::string, int> ordinals;
  Frame inner;
  inner.instance = &instance;
  inner.prefix = instance.name + ".";
  inner.ordinals = &ordinals;
  inner.path = fmt::format("{}/{}#{}", frame->path, instance.name,
                           frame->calls[instance.name]++);
  const bool isFrozen = frozen || instance.frozen;
  CallMode innerMode = instance.frozen ? CallMode::OfPlace : callMode;
  bool ok = readMode(*this, net, site, *arguments, innerMode);
  for (const ast::Field &input : net.inputs) {
    std::string name = input.name ? input.name->text : "x";
    const Bound &bound = *arguments->find(name);
    auto value = tensor(bound);
    auto event = eventOf(input.type);
    if (!value || !event) {
      return {};
    }
    if (b.type(*value).event != *event) {
      auto builder =
          module.report(Diag::InputShape, bound.range, instance.name, name);
      builder.label("is " + dsl::typeText(b.type(*value)));
      builder.label(input.type.range,
                    "is declared " + dsl::typeText({{}, *event}));
      if (Type{{}, b.type(*value).event}.elements() ==
          Type{{}, *event}.elements()) {
        builder.help(helpOfShape(b.type(*value).event, *event));
      }
      ok = false;
    }
    SourceRange declared = input.name ? input.name->range : input.range;
    inner.locals[name] = {Value::ofTensor(*value), declared};
  }
  if (!ok) {
    return {};
  }
  if (!module.enter(instance.name, instance.where, site.nameRange)) {
    return {};
  }
  FrameScope scope(*this, inner);
  std::swap(callMode, innerMode);
  const bool outer = std::exchange(frozen, isFrozen);
  Value result = runNet(*this, net);
  frozen = outer;
  std::swap(callMode, innerMode);
  module.leave();
  if (probing && result.kind == Value::Kind::Tensor) {
    probing->calls.push_back({instance.name, result.id});
  }
  return result;
}

Value Elaborator::callBlock(const ast::BlockDecl &block, const CallSite &site) {
  if (!frame->instance) {
    module.report(Diag::LayerOutsideNet, site.nameRange, site.name)
        .help("layers have parameters: call them in a `net` or a `block`");
    return {};
  }
  if (!site.piped) {
    module.report(Diag::BlockNeedsInput, site.nameRange, site.name)
        .help(fmt::format("pipe a value into it: `x |> {}(..)`", site.name));
    return {};
  }
  CallSite inside = site;
  inside.piped.reset();
  auto arguments =
      bindArguments(inside, signatureOf(site.name, block.parameters));
  if (!arguments ||
      !module.enter(site.name, block.name.range, site.nameRange)) {
    return {};
  }
  std::map<std::string, int> ordinals;
  Frame inner;
  inner.instance = frame->instance;
  inner.prefix = layerPrefix(site, site.name);
  inner.ordinals = &ordinals;
  inner.inScan = frame->inScan;
  inner.path = fmt::format("{}/{}#{}", frame->path, site.name,
                           frame->calls[site.name]++);
  std::vector<std::pair<const ast::Name *, Value>> values;
  for (const ast::Parameter &parameter : block.parameters) {
    const Bound *bound = arguments->find(parameter.name.text);
    values.emplace_back(&parameter.name,
                        bound ? evaluate(*bound)
                              : evaluate(*parameter.defaultValue));
  }
  FrameScope scope(*this, inner);
  for (auto &[name, value] : values) {
    bind(*name, std::move(value), "parameter");
  }
  Value result;
  if (block.input) {
    bind(*block.input, *site.piped, "parameter");
    result = run(block.body);
  } else {
    result = run(block.body, &*site.piped, site.pipedRange);
  }
  module.leave();
  result.lines.reset();
  return result;
}

namespace {

/// Reports the name of a function as an argument of a `def`.
bool isFunctionName(Elaborator &e, const Bound &bound) {
  const auto *name = bound.expr ? ast::as<ast::NameExpr>(*bound.expr) : nullptr;
  if (!name || e.frame->locals.count(name->text) ||
      e.module.values.count(name->text)) {
    return false;
  }
  auto own = e.module.functions.find(name->text);
  const bool isOwn = own != e.module.functions.end();
  const bool isBound = name->text == "elbo" || name->text == "nll" ||
                       name->text == "bpd" || name->text == "active_units";
  if (!isOwn && (isBound || !findLibrary(name->text))) {
    return false;
  }
  if (isOwn) {
    e.module.use(own->second.range);
  }
  e.module.report(Diag::FunctionAsValue, bound.range, name->text)
      .label("a function, not a value")
      .help(
          fmt::format("a `def` takes values: give it what `{}` gives, or call "
                      "`{}` by its name within the `def`",
                      name->text, name->text));
  return true;
}

} // namespace

Value Elaborator::callDef(const ast::DefDecl &def, const CallSite &site) {
  auto arguments = bindArguments(site, signatureOf(site.name, def.parameters));
  if (!arguments || !module.enter(site.name, def.name.range, site.nameRange)) {
    return {};
  }
  Frame inner;
  inner.path = fmt::format("{}/{}#{}", frame->path, site.name,
                           frame->calls[site.name]++);
  std::vector<std::pair<const ast::Name *, Value>> values;
  for (const ast::Parameter &parameter : def.parameters) {
    const Bound *bound = arguments->find(parameter.name.text);
    if (bound && isFunctionName(*this, *bound)) {
      module.leave();
      return {};
    }
    values.emplace_back(&parameter.name,
                        bound ? evaluate(*bound)
                              : evaluate(*parameter.defaultValue));
  }
  FrameScope scope(*this, inner);
  for (auto &[name, value] : values) {
    bind(*name, std::move(value), "parameter");
  }
  Value result = def.value ? evaluate(*def.value) : run(*def.body);
  module.leave();
  return result;
}

//===----------------------------------------------------------------------===//
// Parameters
//===----------------------------------------------------------------------===//

std::string Elaborator::layerPrefix(const CallSite &site,
                                    const std::string &kind) {
  if (!frame->layer.empty()) {
    return frame->layer;
  }
  std::string name;
  if (site.asName) {
    name = site.asName->text;
  } else if (site.expr == namedExpr) {
    name = nameForExpr;
  } else {
    return fmt::format("{}{}{}.", frame->prefix, kind,
                       (*frame->ordinals)[kind]++);
  }
  // A name is taken once: `as fc1` in a `repeat` would share one layer.
  if (int &count = (*frame->ordinals)["=" + name]; ++count > 1) {
    SourceRange range = site.asName ? site.asName->range : site.nameRange;
    module.report(Diag::LayerNameTwice, range, name)
        .help("leave out `as`: layers are then counted");
  }
  return frame->prefix + name + ".";
}

ValueId Elaborator::layerParameter(const std::string &prefix, const char *name,
                                   std::vector<int64_t> shape, Initial initial,
                                   const std::string &kind, SourceRange range) {
  auto rule = module.initialRules.find(kind + "." + name);
  if (rule != module.initialRules.end() && !rule->second.named) {
    initial = rule->second.value;
    rule->second.used = true;
  }
  return parameterLeaf(
      netParameter(prefix + name, std::move(shape), initial, range));
}

} // namespace gmc::dsl
