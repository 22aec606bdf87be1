//===- Procedures.cpp - what a trained model is asked to do ---------------===//
//
// A procedure's body is written out for the default batch. A number among its
// arguments is a run-time number unless a shape turns out to need it; then the
// body is written out once more with the number fixed.
//
//===----------------------------------------------------------------------===//
#include "dsl/sema/Passes.h"

#include <cmath>

namespace gmc::dsl {
namespace {

/// Returns the name of the argument that is the batch, or empty.
std::string countArgument(const ast::ProcDecl &proc) {
  const auto *name = ast::as<ast::NameExpr>(proc.batch);
  for (const ast::Parameter &parameter : proc.parameters) {
    if (name && parameter.name.text == name->text) {
      return name->text;
    }
  }
  return "";
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
      : module(module), proc(proc), count(countArgument(proc)) {}

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
      e.openAxes = {{"batch", result.batch}};
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
    if (count.empty()) {
      batch = module.evaluateInteger(*proc.batch, "the batch");
    } else {
      for (const ast::Parameter &parameter : proc.parameters) {
        if (parameter.name.text == count && parameter.defaultValue) {
          range = parameter.defaultValue->range;
          batch = module.evaluateInteger(*parameter.defaultValue, "the batch");
        }
      }
    }
    if (batch && (*batch < 1 || *batch > 1 << 24)) {
      module.report(Diag::ProcBatchRange, range, *batch)
          .help("a batch has 1 to 16777216 examples");
      return false;
    }
    result.batch = batch.value_or(1);
    return batch.has_value();
  }

  bool addArguments(Elaborator &e, const std::set<std::string> &fixed) {
    bool ok = true;
    for (const ast::Parameter &parameter : proc.parameters) {
      ok = (parameter.from ? addData(e, parameter)
                           : addNumber(e, parameter, fixed)) &&
           ok;
    }
    return ok;
  }

  bool addData(Elaborator &e, const ast::Parameter &parameter) {
    auto stream = resolveStream(module, *parameter.from);
    if (!stream) {
      return false;
    }
    uint32_t index = fieldNamed(*stream->dataset, parameter.name.text);
    const DataField &field = stream->dataset->fields[index];
    ProcArgument argument;
    argument.kind = ProcArgument::Kind::Data;
    argument.name = parameter.name.text;
    argument.dataset = stream->name;
    argument.split = stream->split;
    argument.field = index;
    argument.argument = static_cast<uint32_t>(e.body.arguments.size());
    result.arguments.push_back(argument);
    addArgument(e, parameter.name, {{e.openAxes[0]}, field.event}, &field);
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
          .help("`n = 64`, or `x from fashion.test`");
      return false;
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
    ProcArgument argument;
    argument.name = parameter.name.text;
    argument.value = *value;
    argument.classes = classes;
    if (parameter.name.text == count) {
      argument.kind = ProcArgument::Kind::Count;
    } else if (fixed.count(parameter.name.text)) {
      argument.kind = ProcArgument::Kind::Fixed;
      e.bind(parameter.name, Value::ofNumber(*value), "parameter");
    } else {
      argument.kind = ProcArgument::Kind::Real;
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
    ProcArgument argument;
    argument.kind = ProcArgument::Kind::Text;
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

  /// Returns the node of the run-time number behind `argument`.
  ValueId scalarOf(Elaborator &e, const ProcArgument &argument) {
    Scalar scalar;
    scalar.kind = Scalar::Kind::ProcArgument;
    scalar.name = argument.name;
    scalar.value = argument.value;
    scalar.owner = proc.name.text;
    return e.b.leaf(Op::Scalar, module.scalar(scalar), {});
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
    for (ProcArgument &argument : result.arguments) {
      if (argument.kind == ProcArgument::Kind::Text) {
        argument.choices = e.choices[argument.name];
      }
    }
    result.name = proc.name.text;
    result.emits = std::move(e.emits);
    result.body = static_cast<uint32_t>(module.program.procedureBodies.size());
    prune(body);
    module.program.procedureBodies.push_back(std::move(body));
    module.program.procedures.push_back(std::move(result));
  }

  Module &module;
  const ast::ProcDecl &proc;
  std::string count;
  Procedure result;
};

} // namespace

void elaborateProcedures(Module &module) {
  for (const auto &decl : module.file.declarations) {
    if (const auto *proc = ast::as<ast::ProcDecl>(decl)) {
      ProcWalker(module, *proc).walk();
    }
  }
}

} // namespace gmc::dsl
