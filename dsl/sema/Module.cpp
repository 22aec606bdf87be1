//===- Module.cpp - what a whole file declares ----------------------------===//
#include "dsl/sema/Module.h"

#include "dsl/base/SpellingHint.h"
#include "dsl/sema/Elaborator.h"
#include "dsl/sema/Library.h"

#include <algorithm>
#include <cmath>

namespace gmc::dsl {

Module::Module(const ast::File &file, const SourceFile &source,
               const Options &options, DiagnosticEngine &diagnostics)
    : file(file), source(source), options(options), diagnostics(diagnostics) {
  program.file = source.name();
}

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

void Module::declare(const ast::Name &name, std::string what) {
  if (!name.text.empty()) {
    declared.push_back({name.text, std::move(what), name.range});
  }
}

void Module::reportUnused() {
  std::set<uint32_t> seen;
  for (const Declared &name : declared) {
    if (!used.count(name.range.begin) && seen.insert(name.range.begin).second) {
      report(Diag::UnusedName, name.range, name.what, name.name)
          .label("nothing reads it")
          .help("remove it, or use it");
    }
  }
}

std::optional<std::string>
Module::nearest(std::string_view name,
                const std::vector<std::string> &names) const {
  auto best = nearestSpelling(name, names);
  return best ? std::optional("did you mean `" + *best + "`?") : std::nullopt;
}

bool Module::enter(const std::string &name, SourceRange range,
                   SourceRange use) {
  constexpr size_t limit = 200;
  if (open.size() >= limit) {
    report(Diag::CallsTooDeep, use, limit)
        .help("write the part that repeats with `repeat`");
    return false;
  }
  auto it = std::find_if(open.begin(), open.end(), [&](const auto &entry) {
    return entry.first == name && entry.second == range;
  });
  if (it == open.end()) {
    open.emplace_back(name, range);
    return true;
  }
  std::string cycle;
  for (auto entry = it; entry != open.end(); ++entry) {
    cycle += "`" + entry->first + "` needs ";
  }
  auto builder = report(Diag::DefinitionCycle, use, name);
  builder.label("needs itself here");
  for (auto entry = it; entry != open.end(); ++entry) {
    builder.label(entry->second, "`" + entry->first + "` is defined here");
  }
  builder.note("the cycle: " + cycle + "`" + name + "`");
  return false;
}

bool Module::countCall(SourceRange range) {
  constexpr unsigned long limit = 50000;
  if (++calls <= limit) {
    return true;
  }
  if (calls == limit + 1) {
    report(Diag::TooManyCalls, range, limit)
        .help("a `repeat` or a `def` multiplies what it is made of");
  }
  return false;
}

//===----------------------------------------------------------------------===//
// Collecting
//===----------------------------------------------------------------------===//

void Module::addValue(const ast::Name &name, FileValue value,
                      const char *what) {
  if (name.text.empty()) {
    return;
  }
  value.range = name.range;
  auto [it, isNew] = values.emplace(name.text, std::move(value));
  if (!isNew) {
    report(Diag::Redefined, name.range, name.text)
        .label("a second time here")
        .label(it->second.range, "first here");
    return;
  }
  declare(name, what);
}

void Module::addFunction(const ast::Name &name, FileFunction function,
                         const char *what) {
  if (name.text.empty()) {
    return;
  }
  function.range = name.range;
  bool isVerb = function.kind == FileFunction::Kind::Step ||
                function.kind == FileFunction::Kind::Proc;
  if (!isVerb && (findLibrary(name.text) || isReservedFunction(name.text))) {
    report(Diag::HidesLibrary, name.range, name.text)
        .label("this name is taken")
        .help("choose another name");
    return;
  }
  auto [it, isNew] = functions.emplace(name.text, function);
  if (!isNew) {
    report(Diag::Redefined, name.range, name.text)
        .label("a second time here")
        .label(it->second.range, "first here");
    return;
  }
  if (function.kind != FileFunction::Kind::Proc) {
    declare(name, what);
  }
}

void Module::collectValue(const ast::ValueDecl &decl) {
  using Form = ast::ValueDecl::Form;
  for (const ast::Binding &binding : decl.bindings) {
    FileValue value;
    value.expr = binding.value.get();
    value.kind = decl.form == Form::Const   ? FileValue::Kind::Const
                 : decl.form == Form::Hyper ? FileValue::Kind::Hyper
                                            : FileValue::Kind::Let;
    if (binding.type) {
      readValueType(binding, value);
    }
    addValue(binding.name, std::move(value),
             decl.form == Form::Const   ? "const"
             : decl.form == Form::Hyper ? "hyper"
                                        : "let");
  }
}

void Module::readValueType(const ast::Binding &binding, FileValue &value) {
  const ast::TypeExpr &type = *binding.type;
  const bool isLet = value.kind == FileValue::Kind::Let;
  value.whole = type.name.text == "int" && type.dims.empty() && !isLet;
  if (!value.whole && (type.name.text != "f32" || !type.dims.empty())) {
    report(Diag::ValueType, type.range, binding.name.text,
           source.text(type.range))
        .help(isLet ? "a `let` of the file is one number: `f32`"
                    : "it is one number: `f32`, or `int` for a whole one");
  }
}

void Module::addBroken(const ast::Name &name) {
  addFunction(name, {FileFunction::Kind::Broken, nullptr, nullptr, {}}, "name");
}

/// Returns the net of that name, for instances of it; reports otherwise.
const ast::NetDecl *Module::findNet(const std::string &name,
                                    SourceRange range) {
  std::vector<std::string> nets;
  for (const auto &other : file.declarations) {
    if (const auto *candidate = ast::as<ast::NetDecl>(other)) {
      nets.push_back(candidate->name.text);
      if (candidate->name.text == name) {
        use(candidate->name.range);
        return candidate;
      }
    }
  }
  auto builder = report(Diag::UnknownNet, range, name);
  if (auto help = nearest(name, nets)) {
    builder.help(*help);
  }
  return nullptr;
}

/// `net V : F = weights("v.safetensors") frozen`: an instance of F.
void Module::collectImport(const ast::NetImportDecl &decl) {
  const ast::NetDecl *net = findNet(decl.net.text, decl.net.range);
  const auto *call = ast::as<ast::CallExpr>(decl.weights);
  const auto *callee = call ? ast::as<ast::NameExpr>(call->callee) : nullptr;
  const auto *source = callee && callee->text == "weights" &&
                               call->arguments.size() == 1 &&
                               !call->arguments[0].label
                           ? ast::as<ast::StringExpr>(call->arguments[0].value)
                           : nullptr;
  if (net && !source) {
    report(Diag::WeightsFile, decl.weights->range)
        .help("`weights(\"run/checkpoint.safetensors\")`");
  }
  if (!net || !source) {
    addBroken(decl.name);
    return;
  }
  Instance &instance = instances.emplace_back();
  instance.name = decl.name.text;
  instance.net = net;
  instance.where = decl.name.range;
  instance.frozen = decl.frozen;
  addFunction(decl.name,
              {FileFunction::Kind::Net, net, &instance, decl.name.range},
              "instance");
  program.imports.push_back({decl.name.text, net->name.text, source->value});
}

/// `use Gab, Gba : G`, or of a layer, `use e : embedding(10, 4)`.
void Module::collectUse(const ast::UseDecl &decl) {
  const auto *call = ast::as<ast::CallExpr>(decl.target);
  const auto *target = call ? ast::as<ast::NameExpr>(call->callee)
                            : ast::as<ast::NameExpr>(decl.target);
  const LibraryEntry *layer = target ? findLibrary(target->text) : nullptr;
  const bool isLayer = layer && layer->isLayer;
  const ast::NetDecl *net = nullptr;
  if (!target || (call && !isLayer)) {
    report(Diag::UseOf, decl.target->range, source.text(decl.target->range))
        .help("`use Gab, Gba : G` of a net, `use e : embedding(10, 4)` of a "
              "layer");
  } else if (!isLayer) {
    net = findNet(target->text, target->range);
  }
  for (const ast::Name &name : decl.names) {
    if (!net && !isLayer) {
      addBroken(name);
      continue;
    }
    Instance &instance = instances.emplace_back();
    instance.name = name.text;
    instance.net = net;
    instance.layer = isLayer ? decl.target.get() : nullptr;
    instance.where = name.range;
    addFunction(name, {FileFunction::Kind::Net, net, &instance, name.range},
                isLayer ? "layer" : "instance");
  }
}

/// Reports a value that is kept between steps under the name of a net or step:
/// both name tensors of the checkpoint, and nets and params stand in `over`.
static void reportSharedNames(Module &module) {
  using Kind = FileValue::Kind;
  for (const auto &[name, value] : module.values) {
    const bool isKept = value.kind == Kind::Param ||
                        value.kind == Kind::State || value.kind == Kind::Opt ||
                        value.kind == Kind::Pool;
    auto function = module.functions.find(name);
    if (!isKept || function == module.functions.end() ||
        (function->second.kind != FileFunction::Kind::Net &&
         function->second.kind != FileFunction::Kind::Step)) {
      continue;
    }
    auto [first, second] = std::minmax(
        value.range, function->second.range,
        [](SourceRange a, SourceRange b) { return a.begin < b.begin; });
    module.report(Diag::Redefined, second, name)
        .label("a second time here")
        .label(first, "first here")
        .help("a net or step and a param, state, opt or pool bear different "
              "names, as tensors of the checkpoint have theirs");
  }
}

void Module::collect() {
  std::set<std::string> templates;
  for (const auto &decl : file.declarations) {
    if (const auto *useDecl = ast::as<ast::UseDecl>(decl)) {
      if (const auto *target = ast::as<ast::NameExpr>(useDecl->target)) {
        templates.insert(target->text);
      }
    }
    if (const auto *import = ast::as<ast::NetImportDecl>(decl)) {
      templates.insert(import->net.text);
    }
  }
  using Kind = FileFunction::Kind;
  for (const auto &decl : file.declarations) {
    switch (decl->kind) {
    case ast::DeclKind::Value:
      collectValue(ast::cast<ast::ValueDecl>(*decl));
      break;
    case ast::DeclKind::Def:
      addFunction(ast::cast<ast::DefDecl>(*decl).name,
                  {Kind::Def, decl.get(), nullptr, {}}, "def");
      break;
    case ast::DeclKind::Block:
      addFunction(ast::cast<ast::BlockDecl>(*decl).name,
                  {Kind::Block, decl.get(), nullptr, {}}, "block");
      break;
    case ast::DeclKind::Net: {
      const auto &net = ast::cast<ast::NetDecl>(*decl);
      Instance *instance = nullptr;
      if (!templates.count(net.name.text)) {
        instance = &instances.emplace_back();
        instance->name = net.name.text;
        instance->net = &net;
        instance->where = net.name.range;
      }
      addFunction(net.name, {Kind::Net, decl.get(), instance, {}}, "net");
      break;
    }
    case ast::DeclKind::Use:
      collectUse(ast::cast<ast::UseDecl>(*decl));
      break;
    case ast::DeclKind::Step:
      addFunction(ast::cast<ast::StepDecl>(*decl).name,
                  {Kind::Step, decl.get(), nullptr, {}}, "step");
      break;
    case ast::DeclKind::Proc:
      addFunction(ast::cast<ast::ProcDecl>(*decl).name,
                  {Kind::Proc, decl.get(), nullptr, {}}, "proc");
      break;
    case ast::DeclKind::Data: {
      FileValue value;
      value.kind = FileValue::Kind::Data;
      addValue(ast::cast<ast::DataDecl>(*decl).name, value, "data");
      break;
    }
    case ast::DeclKind::Opt: {
      const auto &opt = ast::cast<ast::OptDecl>(*decl);
      FileValue value;
      value.kind = FileValue::Kind::Opt;
      value.expr = opt.optimizer.get();
      addValue(opt.name, value, "opt");
      break;
    }
    case ast::DeclKind::Param: {
      const ast::ParamSpec &spec = ast::cast<ast::ParamDecl>(*decl).spec;
      FileValue value;
      value.kind = spec.state ? FileValue::Kind::State : FileValue::Kind::Param;
      addValue(spec.name, value, spec.state ? "state" : "param");
      break;
    }
    case ast::DeclKind::Pool:
      for (const auto &item : ast::cast<ast::PoolDecl>(*decl).pools) {
        FileValue value;
        value.kind = FileValue::Kind::Pool;
        addValue(item.name, value, "pool");
      }
      break;
    case ast::DeclKind::NetImport:
      collectImport(ast::cast<ast::NetImportDecl>(*decl));
      break;
    case ast::DeclKind::Model:
      report(Diag::ModelUnsupported, decl->range);
      addBroken(ast::cast<ast::ModelDecl>(*decl).name);
      break;
    default:
      break;
    }
  }
  for (const auto &decl : file.declarations) {
    if (const auto *ema = ast::as<ast::EmaDecl>(decl)) {
      collectEma(*ema);
    } else if (const auto *start = ast::as<ast::AtDecl>(decl)) {
      collectStart(*start);
    }
  }
  reportSharedNames(*this);
}

void Module::collectStart(const ast::AtDecl &decl) {
  const std::string &name = decl.step.text;
  auto it = functions.find(name);
  if (it == functions.end() || it->second.kind != FileFunction::Kind::Step) {
    std::vector<std::string> steps;
    for (const auto &[other, function] : functions) {
      if (function.kind == FileFunction::Kind::Step) {
        steps.push_back(other);
      }
    }
    auto builder = report(Diag::UnknownStep, decl.step.range, name);
    if (auto help = nearest(name, steps)) {
      builder.help(*help);
    }
    return;
  }
  auto [other, isNew] = starts.emplace(name, &decl);
  if (!isNew) {
    report(Diag::Redefined, decl.step.range, "at start of " + name)
        .label(other->second->step.range, "first here");
  }
}

void Module::collectEma(const ast::EmaDecl &decl) {
  auto it = functions.find(decl.of.text);
  const Instance *net = it != functions.end() ? it->second.instance : nullptr;
  if (!net || net->averageOf || net->layer) {
    std::vector<std::string> nets;
    for (const Instance &instance : instances) {
      if (!instance.layer) {
        nets.push_back(instance.name);
      }
    }
    auto builder = report(Diag::EmaOf, decl.of.range, decl.of.text);
    if (auto help = nearest(decl.of.text, nets)) {
      builder.help(*help);
    } else {
      builder.help("`average of` takes a net, or an instance that `use` makes "
                   "of one");
    }
    addBroken(decl.name);
    return;
  }
  use(it->second.range);
  Instance &average = instances.emplace_back();
  average.name = decl.name.text;
  average.net = net->net;
  average.where = decl.name.range;
  average.averageOf = net;
  average.ema = &decl;
  addFunction(decl.name,
              {FileFunction::Kind::Net, net->net, &average, decl.name.range},
              "average");
}

/// Reads `P(50, replace: 0.5)`.
void Module::collectPool(const ast::PoolDecl::Item &item) {
  auto it = values.find(item.name.text);
  if (it == values.end() || it->second.range != item.name.range) {
    return;
  }
  Body scratch;
  Elaborator elaborator(*this, scratch, Elaborator::Mode::Constant, "");
  CallSite site;
  site.name = item.name.text;
  site.nameRange = site.range = item.name.range;
  site.arguments = &item.arguments;
  auto arguments =
      elaborator.bindArguments(site, item.name.text + "(capacity, replace:?)");
  it->second.failed = true;
  if (!arguments) {
    return;
  }
  Pool pool;
  pool.name = item.name.text;
  const Bound &capacity = *arguments->find("capacity");
  auto size = elaborator.integer(*capacity.expr, "the size of a pool");
  if (!size) {
    return;
  }
  if (*size < 1 || *size > 1 << 24) {
    report(Diag::PoolSize, capacity.range, *size)
        .help("a pool holds 1 to 16777216 examples");
    return;
  }
  pool.capacity = *size;
  if (const Bound *replace = arguments->find("replace")) {
    auto chance = elaborator.number(*replace, "`replace`");
    if (!chance) {
      return;
    }
    if (!(*chance >= 0 && *chance <= 1)) {
      report(Diag::PoolReplace, replace->range, *chance)
          .help("it is the chance that an earlier example comes back, 0 to 1");
      return;
    }
    pool.replace = *chance;
  }
  it->second.failed = false;
  it->second.index = static_cast<uint32_t>(pools.size());
  pools.push_back(std::move(pool));
}

void Module::collectParams() {
  for (const auto &decl : file.declarations) {
    if (const auto *param = ast::as<ast::ParamDecl>(decl)) {
      collectParam(*param);
    } else if (const auto *pools = ast::as<ast::PoolDecl>(decl)) {
      for (const auto &item : pools->pools) {
        collectPool(item);
      }
    } else if (const auto *init = ast::as<ast::InitDecl>(decl)) {
      collectInit(*init);
    }
  }
}

//===----------------------------------------------------------------------===//
// Constants, scalars, parameters
//===----------------------------------------------------------------------===//

std::optional<double> Module::evaluateConstant(const ast::Expr &expr) {
  Body scratch;
  Elaborator elaborator(*this, scratch, Elaborator::Mode::Constant, "");
  return elaborator.number(expr, "this");
}

std::optional<int64_t> Module::evaluateInteger(const ast::Expr &expr,
                                               const char *what) {
  Body scratch;
  Elaborator elaborator(*this, scratch, Elaborator::Mode::Constant, "");
  return elaborator.integer(expr, what);
}

std::optional<double> Module::constant(const std::string &name,
                                       FileValue &value) {
  if (value.number || value.failed) {
    return value.number;
  }
  auto given = options.constants.find(name);
  value.number = given != options.constants.end()
                     ? given->second
                     : evaluateConstant(*value.expr);
  if (value.number && !isOfType(name, value, *value.number)) {
    value.number.reset();
  }
  value.failed = !value.number;
  return value.number;
}

std::optional<uint32_t> Module::hyper(const std::string &name, FileValue &value,
                                      SourceRange range) {
  if (value.index || !enter(name, value.range, range)) {
    return value.index;
  }
  auto number = evaluateConstant(*value.expr);
  leave();
  value.failed = !number || !isOfType(name, value, *number);
  Scalar scalar;
  scalar.kind = Scalar::Kind::Hyper;
  scalar.name = name;
  scalar.value = number.value_or(0);
  scalar.whole = value.whole;
  value.index = this->scalar(std::move(scalar));
  return value.index;
}

std::string Module::datasetWith(const Field *field) const {
  for (const Dataset &dataset : program.datasets) {
    for (const Field &own : dataset.fields) {
      if (&own == field) {
        return dataset.name;
      }
    }
  }
  return "";
}

const Dataset *Module::datasetOf(const FileValue &value) const {
  return value.kind == FileValue::Kind::Data && value.index
             ? &program.datasets[*value.index]
             : nullptr;
}

bool Module::isOfType(const std::string &name, const FileValue &value,
                      double number) {
  if (value.whole && number != std::floor(number)) {
    report(Diag::ValueWhole, value.range, name, number)
        .help("it is declared `int`; `f32` takes any number");
    return false;
  }
  return true;
}

uint32_t Module::scalar(Scalar scalar) {
  for (uint32_t i = 0; i < program.scalars.size(); ++i) {
    const Scalar &other = program.scalars[i];
    if (other.kind == scalar.kind && other.name == scalar.name &&
        other.stream == scalar.stream && other.procedure == scalar.procedure) {
      return i;
    }
  }
  program.scalars.push_back(std::move(scalar));
  return static_cast<uint32_t>(program.scalars.size() - 1);
}

uint32_t Module::parameter(Parameter parameter) {
  auto [it, isNew] = parameterIndex.emplace(
      parameter.name, static_cast<uint32_t>(program.parameters.size()));
  if (isNew) {
    program.parameters.push_back(std::move(parameter));
  }
  return it->second;
}

std::optional<uint32_t> Module::findParameter(std::string_view name) const {
  auto it = parameterIndex.find(name);
  return it == parameterIndex.end() ? std::nullopt : std::optional(it->second);
}

std::vector<uint32_t> Module::parametersOf(std::string_view network) const {
  std::vector<uint32_t> owned;
  for (uint32_t i = 0; i < program.parameters.size(); ++i) {
    if (program.parameters[i].network == network) {
      owned.push_back(i);
    }
  }
  return owned;
}

//===----------------------------------------------------------------------===//
// Nets
//===----------------------------------------------------------------------===//

bool Module::ensureChecked(Instance &instance, SourceRange use) {
  switch (instance.state) {
  case Instance::State::Ready:
    return true;
  case Instance::State::Failed:
    return false;
  case Instance::State::Busy:
    enter(instance.name, instance.where, use);
    return false;
  case Instance::State::Unchecked:
    break;
  }
  if (instance.averageOf &&
      !ensureChecked(const_cast<Instance &>(*instance.averageOf), use)) {
    instance.state = Instance::State::Failed; // reported of the net itself
    return false;
  }
  if (instance.layer) {
    instance.state = Instance::State::Ready;
    return true;
  }
  if (!enter(instance.name, instance.where, use)) {
    instance.state = Instance::State::Failed;
    return false;
  }
  instance.state = Instance::State::Busy;
  unsigned errors = diagnostics.errorCount();
  Body scratch;
  Elaborator elaborator(*this, scratch, Elaborator::Mode::Network, "");
  bool ok = elaborator.checkInstance(instance);
  leave();
  ok = ok && diagnostics.errorCount() == errors;
  instance.state = ok ? Instance::State::Ready : Instance::State::Failed;
  return ok;
}

void Module::checkNets() {
  for (const auto &decl : file.declarations) {
    for (Instance &instance : instances) {
      bool here = false;
      if (const auto *net = ast::as<ast::NetDecl>(decl)) {
        here = net->name.range == instance.where;
      } else if (const auto *ema = ast::as<ast::EmaDecl>(decl)) {
        here = ema->name.range == instance.where;
      } else if (const auto *useDecl = ast::as<ast::UseDecl>(decl)) {
        for (const ast::Name &name : useDecl->names) {
          here = here || name.range == instance.where;
        }
      }
      if (here) {
        ensureChecked(instance, instance.where);
      }
    }
  }
}

} // namespace gmc::dsl
