//===- ImportModel.cpp - variables, entries, objectives -------------------===//
//
// The structure around the bodies: a gm.variable for every parameter, one
// gm.entry for every body, and in it what leaves the body and what trains it.
//
//===----------------------------------------------------------------------===//
#include "compiler/Dialect/GM/IR/GMDialect.h"
#include "compiler/Import/BodyImporter.h"
#include "compiler/Import/Import.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace gmc::import {

namespace {

class ModelImporter {
public:
  ModelImporter(const dsl::Program &program, const dsl::SourceFile &source,
                const Options &options, MLIRContext &context)
      : program(program), source(source), builder(&context),
        real(options.f64 ? builder.getF64Type() : builder.getF32Type()) {}

  OwningOpRef<ModuleOp> run();

private:
  void importVariables();
  void importEntry(const dsl::Body &body, gm::EntryKind kind,
                   llvm::StringRef name);
  void importLimits(const dsl::Body &body, BodyImporter &importer);
  void importOutputs(const dsl::Body &body, BodyImporter &importer);
  void importMinimize(const dsl::Minimize &minimize, BodyImporter &importer);
  void importMoves(const dsl::Body &body, BodyImporter &importer);
  ArrayAttr symbols(llvm::ArrayRef<uint32_t> parameters);
  /// Returns the number of the `updates` scalar of optimiser state `name`.
  int64_t updatesOf(llvm::StringRef name);

  const dsl::Program &program;
  const dsl::SourceFile &source;
  OpBuilder builder;
  FloatType real;
  SmallVector<Attribute> counters;
  llvm::StringMap<int64_t> counterIndex;
  llvm::StringSet<> gated; ///< states of which a minimiser has a `when`
};

OwningOpRef<ModuleOp> ModelImporter::run() {
  OwningOpRef<ModuleOp> module(ModuleOp::create(builder.getUnknownLoc()));
  builder.setInsertionPointToStart(module->getBody());
  importVariables();
  for (const dsl::Body &step : program.steps) {
    for (const dsl::Minimize &minimize : step.minimizers) {
      if (minimize.when) {
        gated.insert(minimize.optimizer.state);
      }
    }
  }
  for (const dsl::Body &step : program.steps) {
    importEntry(step, gm::EntryKind::step, step.name);
  }
  for (auto [i, report] : llvm::enumerate(program.reportBodies)) {
    importEntry(report, gm::EntryKind::report, "report." + std::to_string(i));
  }
  for (const dsl::Procedure &procedure : program.procedures) {
    importEntry(program.procedureBodies[procedure.entry],
                gm::EntryKind::procedure, "proc." + procedure.name);
  }
  (*module)->setAttr(countersAttribute, builder.getArrayAttr(counters));
  return module;
}

void ModelImporter::importVariables() {
  for (const dsl::Parameter &parameter : program.parameters) {
    dsl::LineColumn at = source.lineColumn(parameter.where.begin);
    Location loc = FileLineColLoc::get(builder.getContext(), source.name(),
                                       at.line, at.column);
    gm::VariableOp::create(
        builder, loc, builder.getStringAttr(parameter.name),
        TypeAttr::get(RankedTensorType::get(parameter.shape, real)),
        builder.getStringAttr(wordOf(parameter.role)),
        builder.getStringAttr(parameter.network),
        builder.getStringAttr(wordOf(parameter.initial.kind)),
        builder.getF64FloatAttr(parameter.initial.a),
        builder.getF64FloatAttr(parameter.initial.b),
        parameter.initial.drawnAs.empty()
            ? StringAttr()
            : builder.getStringAttr(parameter.initial.drawnAs),
        ArrayAttr());
  }
}

void ModelImporter::importEntry(const dsl::Body &body, gm::EntryKind kind,
                                llvm::StringRef name) {
  SmallVector<StringRef> inputs;
  for (const dsl::Argument &argument : body.arguments) {
    inputs.push_back(argument.name);
  }
  auto entry = gm::EntryOp::create(builder, builder.getUnknownLoc(), kind, name,
                                   builder.getStrArrayAttr(inputs), body.batch);
  Block &block = entry.getBody().emplaceBlock();
  for (const dsl::Argument &argument : body.arguments) {
    block.addArgument(RankedTensorType::get(argument.type.shape(), real),
                      builder.getUnknownLoc());
  }
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(&block);
  BodyImporter importer(program, source, body, block.getArguments(), real,
                        builder);
  importer.importNodes();
  importOutputs(body, importer);
  importLimits(body, importer);
  for (const dsl::Minimize &minimize : body.minimizers) {
    importMinimize(minimize, importer);
  }
  importMoves(body, importer);
}

ArrayAttr ModelImporter::symbols(llvm::ArrayRef<uint32_t> parameters) {
  SmallVector<Attribute> names;
  for (uint32_t parameter : parameters) {
    names.push_back(FlatSymbolRefAttr::get(builder.getContext(),
                                           program.parameters[parameter].name));
  }
  return builder.getArrayAttr(names);
}

void ModelImporter::importMoves(const dsl::Body &body, BodyImporter &importer) {
  for (const dsl::Update &update : body.updates) {
    gm::WriteOp::create(builder, importer.location(update.where),
                        importer.real(update.value),
                        program.parameters[update.parameter].name);
  }
  for (const dsl::AverageMove &average : body.averages) {
    gm::AverageOp::create(builder, builder.getUnknownLoc(),
                          symbols(average.from), symbols(average.to),
                          importer.scalar(average.decay));
  }
}

void ModelImporter::importOutputs(const dsl::Body &body,
                                  BodyImporter &importer) {
  for (const dsl::Output &output : body.outputs) {
    gm::OutputOp::create(
        builder, importer.location(body.nodes[output.value].where),
        gm::OutputKind::value, output.name, importer.real(output.value));
  }
  for (const dsl::Output &monitor : body.monitors) {
    gm::OutputOp::create(
        builder, importer.location(body.nodes[monitor.value].where),
        gm::OutputKind::monitor, monitor.name, importer.real(monitor.value));
  }
}

int64_t ModelImporter::updatesOf(llvm::StringRef name) {
  auto [it, isNew] = counterIndex.try_emplace(name, counters.size());
  if (isNew) {
    counters.push_back(builder.getStringAttr(name));
  }
  return static_cast<int64_t>(program.scalars.size()) + it->second;
}

/// What must keep to limits leaves as monitors `limit NUMBER`.
void ModelImporter::importLimits(const dsl::Body &body,
                                 BodyImporter &importer) {
  for (auto [i, limited] : llvm::enumerate(body.limited)) {
    gm::OutputOp::create(builder, importer.location(limited.where),
                         gm::OutputKind::monitor, "limit " + std::to_string(i),
                         importer.real(limited.value));
  }
}

void ModelImporter::importMinimize(const dsl::Minimize &minimize,
                                   BodyImporter &importer) {
  SmallVector<Value> hyper;
  for (dsl::ValueId argument : minimize.optimizer.arguments) {
    hyper.push_back(importer.scalar(argument));
  }
  auto optional = [&](std::optional<dsl::ValueId> id) {
    return id ? importer.scalar(*id) : Value();
  };
  Value clip = optional(minimize.clip), when = optional(minimize.when);
  Value low, high;
  if (minimize.keep) {
    low = importer.scalar(minimize.keep->first);
    high = importer.scalar(minimize.keep->second);
  }
  const std::string &state = minimize.optimizer.state;
  int64_t updates = gated.contains(state) ? -1 : updatesOf(state);
  gm::MinimizeOp::create(
      builder, importer.location(minimize.where),
      importer.real(minimize.objective), symbols(minimize.parameters),
      static_cast<gm::OptimizerKind>(minimize.optimizer.kind), hyper, state,
      updates, clip, low, high, when, minimize.maximize,
      minimize.optimizer.nesterov);
}

} // namespace

OwningOpRef<ModuleOp> importProgram(const dsl::Program &program,
                                    const dsl::SourceFile &source,
                                    const Options &options,
                                    MLIRContext &context) {
  return ModelImporter(program, source, options, context).run();
}

} // namespace gmc::import
