//===- Reports.cpp - report lines -----------------------------------------===//
//
// A report walks its step's body once more, without the minimisers, and adds
// its items: one number an example, averaged by the runtime, or one number.
// Without a step, its items are made of what the turns of a round gave.
//
//===----------------------------------------------------------------------===//
#include "dsl/sema/Passes.h"
#include "dsl/sema/SplitAtSet.h"
#include "dsl/sema/TrainerNames.h"

#include <algorithm>

namespace gmc::dsl {
namespace {

/// Returns the name of an item: the written one, or the value's own.
std::string itemName(Module &module, const ast::ReportDecl::Item &item) {
  if (item.name) {
    return item.name->text;
  }
  if (const auto *name = ast::as<ast::NameExpr>(item.value)) {
    return name->text;
  }
  if (const auto *call = ast::as<ast::CallExpr>(item.value)) {
    if (const auto *callee = ast::as<ast::NameExpr>(call->callee)) {
      return callee->text;
    }
  }
  module.report(Diag::ReportName, item.range).help("`report name = ..`");
  return "";
}

void addItems(Elaborator &e, const ast::ReportDecl &decl,
              std::map<std::string, SourceRange> &names) {
  for (const auto &item : decl.items) {
    std::string name = itemName(e.module, item);
    if (name.empty() ||
        clashesWithTrainer(e.module, Naming::Column, name, item.range)) {
      continue;
    }
    auto [it, isNew] = names.emplace(name, item.range);
    if (!isNew && it->second != item.range) {
      e.module.report(Diag::ReportTwice, item.range, name)
          .label(it->second, "first here");
      continue;
    }
    const auto *bare = ast::as<ast::NameExpr>(item.value);
    if (bare && !decl.of && !e.root.locals.count(bare->text) &&
        e.module.turnResults.count(bare->text)) {
      e.module.report(Diag::UnknownResult, item.value->range, bare->text)
          .label(e.module.turnResults.find(bare->text)->second,
                 "given here, but not in every round");
      continue;
    }
    auto value = e.tensor(*item.value);
    if (value && e.isOneNumber(*value, item.value->range,
                               "a report is one number an example")) {
      e.body.outputs.push_back({name, *value});
    }
  }
}

class ReportWalker {
public:
  explicit ReportWalker(Module &module) : module(module) {}

  void walk(const ast::ReportDecl &decl) {
    std::optional<Duration> every;
    if (decl.every) {
      every = readDuration(module, *decl.every);
      if (!every) {
        return;
      }
    }
    if (!decl.of) {
      withoutStep(decl, every);
      return;
    }
    auto it = module.functions.find(decl.of->text);
    if (it == module.functions.end() ||
        it->second.kind != FileFunction::Kind::Step) {
      std::vector<std::string> steps;
      for (const auto &[other, function] : module.functions) {
        if (function.kind == FileFunction::Kind::Step) {
          steps.push_back(other);
        }
      }
      auto builder =
          module.report(Diag::ReportOf, decl.of->range, decl.of->text);
      if (auto help = module.nearest(decl.of->text, steps)) {
        builder.help(*help);
      }
      return;
    }
    module.use(it->second.range);
    const auto &step = ast::cast<ast::StepDecl>(*it->second.decl);
    for (const ast::Path &path : decl.on) {
      onStream(decl, step, path, every);
    }
  }

private:
  void onStream(const ast::ReportDecl &decl, const ast::StepDecl &step,
                const ast::Path &path, const std::optional<Duration> &every) {
    auto stream = resolveStream(module, path);
    if (!stream) {
      return;
    }
    if (step.parameters.size() != stream->dataset->fields.size()) {
      module
          .report(Diag::ReportArity, path.range, step.name.text,
                  step.parameters.size(), stream->path(),
                  stream->dataset->fields.size())
          .label(step.name.range, "declared here");
      return;
    }
    Body body;
    body.name = fmt::format("report{}", module.program.reportBodies.size());
    Report report;
    Elaborator e(module, body, Elaborator::Mode::Report,
                 "report/" + step.name.text);
    e.openBatch(module.program.batch);
    e.hasSet = true;
    for (size_t i = 0; i < step.parameters.size(); ++i) {
      const Field &field = stream->dataset->fields[i];
      e.stepArguments.insert(step.parameters[i].text);
      addArgument(e, step.parameters[i], {e.openAxes, field.shape}, &field);
      report.walk.fields.push_back(static_cast<uint32_t>(i));
    }
    e.run(step.body);
    addItems(e, decl, names[path.parts.front().text + "." + stream->split]);
    report.walk.dataset = stream->name;
    report.walk.split = stream->split;
    if (auto end = splitAtSet(e, report)) {
      body.arguments.resize(step.parameters.size());
      end->name = fmt::format("report{}", module.program.reportBodies.size());
      report.end = static_cast<uint32_t>(module.program.reportBodies.size());
      module.program.reportBodies.push_back(std::move(*end));
      body.name = fmt::format("report{}", module.program.reportBodies.size());
    }
    finish(std::move(body), std::move(report), every);
  }

  void withoutStep(const ast::ReportDecl &decl,
                   const std::optional<Duration> &every) {
    Body body;
    body.name = fmt::format("report{}", module.program.reportBodies.size());
    Elaborator e(module, body, Elaborator::Mode::Report, "report");
    auto trainOf = addTurnValues(e);
    auto batch = batchOf(decl);
    if (!batch) {
      return;
    }
    e.openBatch(*batch);
    addItems(e, decl, names[""]);
    prune(body);
    dropUnusedArguments(body);
    Report report;
    for (const Argument &argument : body.arguments) {
      report.values.push_back(argument.name);
      report.train = trainOf[argument.name];
      const std::string &first = report.values.front();
      if (report.train != trainOf[first]) {
        return twoTrains(decl, first, argument.name);
      }
    }
    finish(std::move(body), std::move(report), every);
  }

  void twoTrains(const ast::ReportDecl &decl, const std::string &first,
                 const std::string &other) {
    module.report(Diag::ReportTwoTrains, decl.items.front().range, first, other)
        .label(module.turnResults.find(first)->second, "given here")
        .label(module.turnResults.find(other)->second,
               "given in another `train`")
        .help("a report each");
  }

  /// Adds what the turns give, a name of two `train`s being the first one's.
  /// Returns which `train` gives each.
  std::map<std::string, uint32_t> addTurnValues(Elaborator &e) {
    std::map<std::string, uint32_t> trainOf;
    for (uint32_t i = 0; i < module.turnValues.size(); ++i) {
      for (const auto &[name, value] : module.turnValues[i]) {
        if (trainOf.emplace(name, i).second) {
          addTurnValue(e, name, value);
        }
      }
    }
    return trainOf;
  }

  /// Returns the batch of items without a step: that of the `train` whose
  /// values they name, which a first walk of them finds out. Nothing (and
  /// reported) where these are two.
  std::optional<int64_t> batchOf(const ast::ReportDecl &decl) {
    const auto &batches = module.trainBatches;
    const bool differ =
        std::adjacent_find(batches.begin(), batches.end(),
                           std::not_equal_to<>()) != batches.end();
    if (!differ) {
      return module.program.batch;
    }
    Body body;
    Elaborator e(module, body, Elaborator::Mode::Report, "report");
    e.openBatch(module.program.batch);
    auto trainOf = addTurnValues(e);
    for (const auto &[name, local] : e.root.locals) {
      module.forgetUse(local.declared);
    }
    {
      DiagnosticEngine::Trial trial(module.diagnostics);
      auto known = names[""];
      addItems(e, decl, known);
    }
    std::optional<std::string> first;
    for (const auto &[name, train] : trainOf) {
      if (!module.isUsed(e.root.locals.at(name).declared)) {
        continue;
      }
      if (first && trainOf[*first] != train) {
        twoTrains(decl, *first, name);
        return std::nullopt;
      }
      first = name;
    }
    return first ? batches[trainOf[*first]] : module.program.batch;
  }

  void finish(Body body, Report report, const std::optional<Duration> &every) {
    prune(body);
    report.walk.entry =
        static_cast<uint32_t>(module.program.reportBodies.size());
    report.every = every;
    module.program.reportBodies.push_back(std::move(body));
    module.program.reports.push_back(std::move(report));
  }

  Module &module;
  std::map<std::string, std::map<std::string, SourceRange>> names;
};

} // namespace

void elaborateReports(Module &module) {
  ReportWalker walker(module);
  for (const auto &decl : module.file.declarations) {
    if (const auto *report = ast::as<ast::ReportDecl>(decl)) {
      walker.walk(*report);
    }
  }
}

} // namespace gmc::dsl
