//===- Procedures.cpp - what a trained model is asked to do ---------------===//
//
// A procedure's body is written out for the default batch. A number among its
// arguments is a run-time number unless a shape turns out to need it; then the
// body is written out once more with the number fixed.
//
//===----------------------------------------------------------------------===//
#include "dsl/sema/Passes.h"
#include "dsl/sema/TrainerNames.h"

#include <cmath>

namespace gmc::dsl {
namespace {

/// Tells whether the default of an argument is the word `all`.
bool isAll(const Module &module, const ast::Parameter &parameter) {
  const auto *name = parameter.defaultValue
                         ? ast::as<ast::NameExpr>(parameter.defaultValue)
                         : nullptr;
  return name && name->text == "all" && !module.values.count("all");
}

/// Returns the argument that says how many examples there are, the batch or
/// the one that is `all`, or null.
const ast::Parameter *countArgument(const Module &module,
                                    const ast::ProcDecl &proc) {
  const auto *name = ast::as<ast::NameExpr>(proc.batch);
  const ast::Parameter *all = nullptr;
  for (const ast::Parameter &parameter : proc.parameters) {
    if (name && parameter.name.text == name->text) {
      return &parameter;
    }
    all = !all && isAll(module, parameter) ? &parameter : all;
  }
  return all;
}

/// Returns the field that an argument of this name takes: the one of its name,
/// else the first.
uint32_t fieldNamed(const Dataset &dataset, const std::string &name) {
  for (uint32_t i = 0; i < dataset.fields.size(); ++i) {
    if (dataset.fields[i].name == name) {
      return i;
    }
  }
  return 0;
}

class ProcWalker {
public:
  ProcWalker(Module &module, const ast::ProcDecl &proc)
      : module(module), proc(proc), counted(countArgument(module, proc)),
        count(counted ? counted->name.text : "") {}

  void walk() {
    if (!readBatch()) {
      return;
    }
    std::set<std::string> fixed;
    for (;;) {
      std::vector<Scalar> scalars = module.program.scalars;
      Body body;
      body.name = proc.name.text;
      Elaborator e(module, body, Elaborator::Mode::Procedure,
                   "proc/" + proc.name.text);
      e.openBatch(extent);
      e.countArgument = count;
      result.arguments.clear();
      if (!addArguments(e, fixed)) {
        return;
      }
      e.run(proc.body);
      if (!e.fixedArguments.empty()) {
        fixed.insert(e.fixedArguments.begin(), e.fixedArguments.end());
        module.program.scalars = std::move(scalars);
        continue;
      }
      finish(e, std::move(body));
      return;
    }
  }

private:
  bool readBatch() {
    std::optional<int64_t> batch;
    SourceRange range = proc.batch->range;
    const auto *name = ast::as<ast::NameExpr>(proc.batch);
    if (!counted || !name || name->text != count) {
      batch = module.evaluateInteger(*proc.batch, "the batch");
    } else if (isAll(module, *counted)) {
      module.report(Diag::BatchOfAll, proc.batch->range)
          .label(counted->defaultValue->range, "is any number")
          .help("say how many at a time: `batch 100`");
    } else if (counted->defaultValue) {
      range = counted->defaultValue->range;
      batch = module.evaluateInteger(*counted->defaultValue, "the batch");
    }
    if (batch && (*batch < 1 || *batch > 1 << 24)) {
      module.report(Diag::ProcBatchRange, range, *batch)
          .help("a batch has 1 to 16777216 examples");
      return false;
    }
    extent = batch.value_or(1);
    return batch.has_value();
  }

  bool addArguments(Elaborator &e, const std::set<std::string> &fixed) {
    bool ok = true;
    for (const ast::Parameter &parameter : proc.parameters) {
      if (clashesWithTrainer(module, Naming::Flag, parameter.name.text,
                             parameter.name.range)) {
        ok = false;
        continue;
      }
      e.parameters.insert(parameter.name.text);
      const bool isFile = parameter.type && !parameter.defaultValue;
      ok = (parameter.from ? addData(e, parameter)
            : isFile       ? addFile(e, parameter)
                           : addNumber(e, parameter, fixed)) &&
           ok;
    }
    if (ok && counted && isAll(module, *counted) && e.stepArguments.empty()) {
      module
          .report(Diag::AllOfNothing, counted->defaultValue->range,
                  counted->name.text)
          .help("`x from m.test` and `z: f32[20]` are data; without them it is "
                "a number: `n = 64`");
      return false;
    }
    return ok;
  }

  bool addData(Elaborator &e, const ast::Parameter &parameter) {
    auto stream = resolveStream(module, *parameter.from);
    if (!stream) {
      return false;
    }
    uint32_t index = fieldNamed(*stream->dataset, parameter.name.text);
    const Field &field = stream->dataset->fields[index];
    ProcedureArgument argument;
    argument.kind = ProcedureArgument::Kind::Data;
    argument.name = parameter.name.text;
    argument.dataset = stream->name;
    argument.split = stream->split;
    argument.field = index;
    addItems(e, parameter, std::move(argument), field);
    return true;
  }

  /// Adds the argument that one item an example fills.
  void addItems(Elaborator &e, const ast::Parameter &parameter,
                ProcedureArgument argument, const Field &field) {
    argument.input = static_cast<uint32_t>(e.body.arguments.size());
    result.arguments.push_back(std::move(argument));
    e.stepArguments.insert(parameter.name.text);
    addArgument(e, parameter.name, {{e.openAxes[0]}, field.shape}, &field);
  }

  /// `z: f32[20]`: items of a file, which the run names.
  bool addFile(Elaborator &e, const ast::Parameter &parameter) {
    const ast::TypeExpr &type = *parameter.type;
    const std::string &name = type.name.text;
    if (name == "int" || name == "mask") {
      module.report(Diag::ProcTypeUnsupported, type.range,
                    module.source.text(type.range));
      return false;
    }
    auto event = e.eventOf(type);
    auto classes =
        name == "label" ? e.classesOf(type) : std::optional<int64_t>(0);
    if (!event || !classes) {
      return false;
    }
    ProcedureArgument argument;
    argument.kind = ProcedureArgument::Kind::File;
    argument.name = parameter.name.text;
    Field &item = argument.item;
    item.name = argument.name;
    item.shape = std::move(*event);
    item.image = item.bounded = name == "image";
    item.classes = *classes;
    item.high = item.classes > 0 ? static_cast<double>(item.classes - 1) : 1;
    const Field field = item;
    addItems(e, parameter, std::move(argument), field);
    return true;
  }

  /// Reads the type of a number: `f32`, or `label[n]` with its classes.
  bool readType(Elaborator &e, const ast::TypeExpr &type, int64_t &classes) {
    const std::string &name = type.name.text;
    if (name == "label") {
      auto given = e.classesOf(type);
      classes = given.value_or(0);
      return given.has_value();
    }
    if (name == "f32" && type.dims.empty()) {
      return true;
    }
    module.report(Diag::ProcTypeUnsupported, type.range,
                  module.source.text(type.range));
    return false;
  }

  bool addNumber(Elaborator &e, const ast::Parameter &parameter,
                 const std::set<std::string> &fixed) {
    int64_t classes = 0;
    if (parameter.type && !readType(e, *parameter.type, classes)) {
      return false;
    }
    if (!parameter.defaultValue) {
      module
          .report(Diag::ProcDefault, parameter.name.range, parameter.name.text)
          .help("`n = 64`, `x from fashion.test`, or `x: f32[20]` of a file");
      return false;
    }
    if (&parameter == counted && isAll(module, parameter)) {
      ProcedureArgument argument;
      argument.name = parameter.name.text;
      argument.all = true;
      result.arguments.push_back(argument);
      return true;
    }
    if (!parameter.type &&
        parameter.defaultValue->kind == ast::ExprKind::String) {
      addText(e, parameter);
      return true;
    }
    auto value = module.evaluateConstant(*parameter.defaultValue);
    if (!value) {
      return false;
    }
    if (classes > 0 && !(*value >= 0 && *value < double(classes) &&
                         *value == std::floor(*value))) {
      module
          .report(Diag::LabelDefault, parameter.defaultValue->range,
                  parameter.name.text, *value, classes - 1)
          .label(parameter.type->range, "declared here");
      return false;
    }
    ProcedureArgument argument;
    argument.name = parameter.name.text;
    argument.value = *value;
    argument.classes = classes;
    if (parameter.name.text == count) {
      argument.kind = ProcedureArgument::Kind::Count;
    } else if (fixed.count(parameter.name.text)) {
      argument.kind = ProcedureArgument::Kind::Fixed;
      e.bind(parameter.name, Value::ofNumber(*value), "parameter");
    } else {
      argument.kind = ProcedureArgument::Kind::Real;
      ValueId id = scalarOf(e, argument);
      if (classes > 0) {
        e.labels[id] = classes;
      }
      e.bind(parameter.name, Value::ofTensor(id), "parameter");
    }
    result.arguments.push_back(argument);
    return true;
  }

  /// A text is the number of its place among those that the body knows.
  void addText(Elaborator &e, const ast::Parameter &parameter) {
    ProcedureArgument argument;
    argument.kind = ProcedureArgument::Kind::Text;
    argument.name = parameter.name.text;
    Value value;
    value.kind = Value::Kind::Choice;
    value.text = argument.name;
    value.id = scalarOf(e, argument);
    e.choices[argument.name] = {
        ast::cast<ast::StringExpr>(*parameter.defaultValue).value};
    e.bind(parameter.name, std::move(value), "parameter");
    result.arguments.push_back(std::move(argument));
  }

  /// Returns the node of the run-time number that `argument` is, and makes it
  /// known to the argument.
  ValueId scalarOf(Elaborator &e, ProcedureArgument &argument) {
    Scalar scalar;
    scalar.kind = Scalar::Kind::Argument;
    scalar.name = argument.name;
    scalar.value = argument.value;
    scalar.procedure = proc.name.text;
    argument.scalar = module.scalar(scalar);
    return e.b.leaf(Op::Scalar, argument.scalar, {});
  }

  void finish(Elaborator &e, Body body) {
    if (e.emits.empty()) {
      if (!module.diagnostics.hasErrors()) {
        module.report(Diag::ProcEmitsNothing, proc.name.range, proc.name.text)
            .help("`emit grid(x)`");
      }
      return;
    }
    if (!proc.body.statements.empty() &&
        proc.body.statements.back()->kind == ast::StmtKind::Expression) {
      module.report(Diag::ProcValue, proc.body.statements.back()->range)
          .help("`emit grid(..)` shows it");
    }
    for (ProcedureArgument &argument : result.arguments) {
      if (argument.kind == ProcedureArgument::Kind::Text) {
        argument.choices = e.choices[argument.name];
      }
    }
    result.name = proc.name.text;
    result.emissions = std::move(e.emits);
    result.entry = static_cast<uint32_t>(module.program.procedureBodies.size());
    prune(body);
    module.program.procedureBodies.push_back(std::move(body));
    module.program.procedures.push_back(std::move(result));
  }

  Module &module;
  const ast::ProcDecl &proc;
  const ast::Parameter *counted;
  std::string count;
  Procedure result;
  int64_t extent = 1; ///< of the batch
};

} // namespace

void elaborateProcedures(Module &module) {
  for (const auto &decl : module.file.declarations) {
    const auto *proc = ast::as<ast::ProcDecl>(decl);
    if (proc && !clashesWithTrainer(module, Naming::Verb, proc->name.text,
                                    proc->name.range)) {
      ProcWalker(module, *proc).walk();
    }
  }
}

} // namespace gmc::dsl
