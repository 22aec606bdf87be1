//===- Sema.cpp - the order of a check ------------------------------------===//
#include "dsl/sema/Sema.h"

#include "dsl/sema/Limits.h"
#include "dsl/sema/Passes.h"

namespace gmc::dsl {
namespace {

/// Evaluates the consts and enters the hypers, in text order.
void evaluateKnobs(Module &module) {
  for (const auto &decl : module.file.declarations) {
    const auto *values = ast::as<ast::ValueDecl>(decl);
    if (!values) {
      continue;
    }
    for (const ast::Binding &binding : values->bindings) {
      auto it = module.values.find(binding.name.text);
      if (it == module.values.end() || it->second.range != binding.name.range) {
        continue;
      }
      FileValue &value = it->second;
      if (value.kind == FileValue::Kind::Hyper) {
        module.hyper(binding.name.text, value, binding.name.range);
      }
    }
  }
}

void evaluateConstants(Module &module) {
  for (const auto &decl : module.file.declarations) {
    const auto *values = ast::as<ast::ValueDecl>(decl);
    if (!values || values->form != ast::ValueDecl::Form::Const) {
      continue;
    }
    for (const ast::Binding &binding : values->bindings) {
      auto it = module.values.find(binding.name.text);
      bool first =
          it != module.values.end() && it->second.range == binding.name.range;
      if (!first || !module.enter(binding.name.text, binding.name.range,
                                  binding.name.range)) {
        continue;
      }
      auto number = module.constant(binding.name.text, it->second);
      module.leave();
      if (number) {
        module.program.constants.push_back({binding.name.text, *number});
      }
    }
  }
  for (const auto &[name, number] : module.options.constants) {
    auto it = module.values.find(name);
    if (it == module.values.end() ||
        it->second.kind != FileValue::Kind::Const) {
      std::vector<std::string> names;
      for (const auto &[other, value] : module.values) {
        if (value.kind == FileValue::Kind::Const) {
          names.push_back(other);
        }
      }
      auto builder = module.report(Diag::UnknownConstant, SourceRange{}, name);
      if (auto help = module.nearest(name, names)) {
        builder.help(*help);
      }
    }
  }
}

/// Refuses weights that no supported machine holds.
void checkTotalSize(Module &module) {
  double bytes = 0;
  SourceRange largest;
  double most = 0;
  for (const Parameter &parameter : module.program.parameters) {
    double size = 4;
    for (int64_t extent : parameter.shape) {
      size *= static_cast<double>(extent);
    }
    bytes += size;
    if (size > most) {
      most = size;
      largest = parameter.where;
    }
  }
  constexpr double gibibyte = 1024.0 * 1024 * 1024;
  if (bytes > 64 * gibibyte) {
    module
        .report(Diag::WeightsTooLarge, largest,
                fmt::format("{:.1f} GiB", bytes / gibibyte))
        .label("the largest stands here")
        .help("all weights together may have at most 64 GiB");
  }
}

} // namespace

std::optional<Program> check(const ast::File &file, const SourceFile &source,
                             const Options &options,
                             DiagnosticEngine &diagnostics) {
  unsigned errors = diagnostics.errorCount();
  Module module(file, source, options, diagnostics);
  if (file.declarations.empty()) {
    if (!diagnostics.hasErrors()) {
      diagnostics.report(Diag::NoModel, SourceRange{})
          .help("a model has a `net`, a `step` and a `train`");
    }
    return std::nullopt;
  }
  module.collect();
  evaluateKnobs(module);
  evaluateConstants(module);
  module.collectParams();
  collectDatasets(module);
  findBatchAndClock(module);
  module.checkNets();
  elaborateTraining(module);
  elaborateReports(module);
  elaborateProcedures(module);
  checkTotalSize(module);
  if (!diagnostics.hasErrors()) {
    checkLimits(module);
    module.reportUnused();
  }
  if (diagnostics.errorCount() != errors) {
    return std::nullopt;
  }
  elaborateDiagnoses(module);
  return std::move(module.program);
}

} // namespace gmc::dsl
