//===- Plan.cpp - what a trainer knows of its model -----------------------===//
//
// Two sources meet here: the program, for data, training, reports and
// procedures, and the planned module, for tensors, slots and every place in
// memory.
//
//===----------------------------------------------------------------------===//
#include "compiler/Driver/Plan.h"

#include "compiler/Conversion/GMToRT/Passes.h"
#include "compiler/Import/Import.h"
#include "runtime/abi/gmAbi.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;

namespace gmc::driver {

namespace {

class Planner {
public:
  Planner(const dsl::Program &program, ModuleOp module, PlannedModel &result)
      : program(program), module(module), plan(result.plan),
        artifact(result.artifact), result(result) {}

  void addTensors();
  void addScalars();
  void addEntries();
  void addKernels();
  void addRun();
  int64_t bytes(const char *attribute) {
    return module->getAttrOfType<IntegerAttr>(attribute).getInt();
  }

private:
  plan::Entry entryOf(rt::EntryOp entry, const dsl::Body &body);
  plan::Slot slotOf(DictionaryAttr slot);
  void addOutput(DictionaryAttr slot, const dsl::Body &body,
                 plan::Entry &entry);
  const dsl::Body &bodyOf(size_t entry);
  static std::string kindOf(rt::EntryOp entry) {
    return entry->getAttrOfType<StringAttr>("kind").str();
  }

  const dsl::Program &program;
  ModuleOp module;
  plan::Plan &plan;
  plan::Artifact &artifact;
  PlannedModel &result;
};

void Planner::addTensors() {
  for (auto variable : module.getOps<gm::VariableOp>()) {
    plan::Tensor &tensor = plan.tensors.emplace_back();
    tensor.name = variable.getSymName();
    tensor.shape = cast<RankedTensorType>(variable.getType()).getShape().vec();
    tensor.role = *plan::valueOf<plan::Tensor::Role>(variable.getRole().str());
    tensor.network = variable.getNetwork();
    tensor.initial.kind =
        *plan::valueOf<plan::Initial::Kind>(variable.getInitial().str());
    tensor.initial.a = variable.getA().convertToDouble();
    tensor.initial.b = variable.getB().convertToDouble();
    tensor.initial.drawnAs = variable.getDrawnAs().value_or("");
    auto &places = artifact.storage.emplace_back();
    for (auto place :
         variable.getStorageAttr().getAsRange<DenseI64ArrayAttr>()) {
      plan::Storage &storage = places.emplace_back();
      storage.offset = place[0];
      if (place[2] != 0) {
        storage.layout = plan::Storage::Layout::Panels;
        storage.axis = place[1];
        storage.width = place[2];
      }
    }
  }
}

void Planner::addScalars() {
  plan.scalars = program.scalars;
  auto counters = module->getAttrOfType<ArrayAttr>(import::countersAttribute);
  for (auto [i, counter] : llvm::enumerate(counters.getAsRange<StringAttr>())) {
    plan.counters.push_back({counter.str()});
    plan::Scalar &updates = plan.scalars.emplace_back();
    updates.kind = plan::Scalar::Kind::Updates;
    updates.counter = static_cast<int64_t>(i);
  }
}

/// What `body` draws, a site once.
std::vector<plan::Draw> drawsOf(const dsl::Body &body) {
  std::vector<plan::Draw> draws;
  llvm::DenseSet<uint64_t> seen;
  for (const dsl::Node &node : body.nodes) {
    const bool normal = node.op == dsl::Op::RandomNormal;
    if ((normal || node.op == dsl::Op::RandomUniform) &&
        seen.insert(node.attrs.site).second) {
      draws.push_back(
          {body.drawPaths.at(node.attrs.site), node.attrs.site,
           normal ? plan::Draw::Kind::Normal : plan::Draw::Kind::Uniform,
           node.type.shape()});
    }
  }
  return draws;
}

plan::Slot Planner::slotOf(DictionaryAttr slot) {
  plan::Slot result;
  result.name = cast<StringAttr>(slot.get("name")).str();
  result.number = plan.slots++;
  artifact.slots.push_back(cast<IntegerAttr>(slot.get("offset")).getInt());
  if (auto shape = slot.getAs<DenseI64ArrayAttr>("shape")) {
    result.shape = shape.asArrayRef().vec();
  }
  return result;
}

void Planner::addOutput(DictionaryAttr attributes, const dsl::Body &body,
                        plan::Entry &entry) {
  plan::Slot slot = slotOf(attributes);
  StringRef kind = cast<StringAttr>(attributes.get("kind")).getValue();
  StringRef name = slot.name;
  size_t index = 0;
  if (kind == "value") {
    entry.outputs.push_back(std::move(slot));
  } else if (kind != "monitor") {
    entry.norms.push_back(std::move(slot));
  } else if (name.consume_front("limit ") && !name.getAsInteger(10, index)) {
    slot.name = body.limited[index].what;
    entry.limits.push_back({std::move(slot), body.limited[index].limits});
  } else {
    entry.monitors.push_back(std::move(slot));
  }
}

/// The bodies are imported in this order.
const dsl::Body &Planner::bodyOf(size_t entry) {
  if (entry < program.steps.size()) {
    return program.steps[entry];
  }
  entry -= program.steps.size();
  if (entry < program.reportBodies.size()) {
    return program.reportBodies[entry];
  }
  entry -= program.reportBodies.size();
  return program.procedureBodies[program.procedures[entry].entry];
}

plan::Entry Planner::entryOf(rt::EntryOp source, const dsl::Body &body) {
  plan::Entry entry;
  StringRef name = source.getSymName();
  entry.kind = *plan::valueOf<plan::Entry::Kind>(kindOf(source));
  if (entry.kind == plan::Entry::Kind::Procedure) {
    name.consume_front("proc.");
  }
  entry.name = entry.step = name;
  if (entry.kind == plan::Entry::Kind::Step) {
    entry.step = body.step;
    entry.draws = drawsOf(body);
  }
  entry.batch = source->getAttrOfType<IntegerAttr>("batch").getInt();
  entry.flops = source->getAttrOfType<IntegerAttr>("flops").getInt();
  for (auto slot : source->getAttrOfType<ArrayAttr>("inputs")
                       .getAsRange<DictionaryAttr>()) {
    entry.inputs.push_back(slotOf(slot));
  }
  for (auto slot : source->getAttrOfType<ArrayAttr>("outputs")
                       .getAsRange<DictionaryAttr>()) {
    addOutput(slot, body, entry);
  }
  if (auto counted = source->getAttrOfType<ArrayAttr>("updates")) {
    for (auto scalar : counted.getAsRange<IntegerAttr>()) {
      entry.counters.push_back(scalar.getInt() -
                               static_cast<int64_t>(program.scalars.size()));
    }
  }
  return entry;
}

void Planner::addEntries() {
  for (auto entry : module.getOps<rt::EntryOp>()) {
    if (kindOf(entry) != "kernel") {
      const size_t index = result.entries.size();
      result.entries.push_back(entry.getSymName().str());
      plan.entries.push_back(entryOf(entry, bodyOf(index)));
    }
  }
}

void Planner::addKernels() {
  llvm::StringMap<int64_t> indices;
  for (auto [i, name] : llvm::enumerate(result.entries)) {
    indices[name] = static_cast<int64_t>(i);
  }
  for (auto entry : module.getOps<rt::EntryOp>()) {
    if (kindOf(entry) != "kernel") {
      continue;
    }
    result.kernels.push_back(entry.getSymName().str());
    auto extents = entry->getAttrOfType<DenseI64ArrayAttr>("product");
    artifact.kernels.push_back(
        {indices.lookup(entry->getAttrOfType<StringAttr>("of").getValue()),
         entry->getAttrOfType<StringAttr>("name").str(), "product", extents[0],
         extents[1], extents[2],
         entry->getAttrOfType<IntegerAttr>("flops").getInt()});
  }
}

/// What the program says of the run, with entries in the place of bodies.
void Planner::addRun() {
  const auto firstReport = static_cast<int64_t>(program.steps.size());
  const auto firstProcedure =
      firstReport + static_cast<int64_t>(program.reportBodies.size());
  plan.datasets.assign(program.datasets.begin(), program.datasets.end());
  plan.pools = program.pools;
  plan.imports = program.imports;
  plan.trains = program.trains;
  plan.reports = program.reports;
  plan.diagnoses = program.diagnoses;
  plan.undiagnosed = program.undiagnosed;
  plan.procedures = program.procedures;
  for (plan::Report &report : plan.reports) {
    report.walk.entry = report.walk.entry + firstReport;
    if (report.end.isSet()) {
      report.end = report.end + firstReport;
    }
  }
  for (plan::Diagnosis &diagnosis : plan.diagnoses) {
    diagnosis.walk.entry = diagnosis.walk.entry + firstReport;
  }
  for (auto [i, procedure] : llvm::enumerate(plan.procedures)) {
    procedure.entry = firstProcedure + static_cast<int64_t>(i);
  }
}

/// Returns the model's hash: of what of its text trains, the values of its
/// constants and the batches, in 16 hexadecimal digits.
std::string hashOf(const dsl::Program &program, const std::string &text) {
  std::string whole = text;
  for (const dsl::NamedConstant &constant : program.constants) {
    whole += "\n" + constant.name + "=" + std::to_string(constant.value);
  }
  whole += "\nbatch=" + std::to_string(program.batch);
  for (const dsl::Train &train : program.trains) {
    if (train.batch != program.batch) {
      whole += "\nbatch of " + train.name + "=" + std::to_string(train.batch);
    }
  }
  return llvm::utohexstr(llvm::xxh3_64bits(whole), /*LowerCase=*/true, 16);
}

} // namespace

PlannedModel planModel(const dsl::Program &program, ModuleOp module,
                       const Target &target, const PlanOptions &options) {
  PlannedModel result;
  plan::Plan &plan = result.plan;
  plan.model = llvm::sys::path::stem(program.file);
  plan.source = llvm::sys::path::filename(program.file);
  plan.hash = hashOf(program, options.text);
  plan.type = options.f64 ? plan::ScalarType::F64 : plan::ScalarType::F32;
  plan.batch = program.batch;
  for (const dsl::NamedConstant &constant : program.constants) {
    plan.constants[constant.name] = constant.value;
  }
  Planner planner(program, module, result);
  planner.addTensors();
  planner.addScalars();
  planner.addEntries();
  planner.addRun();
  plan::Artifact &artifact = result.artifact;
  artifact.abi = GM_ABI_VERSION;
  artifact.triple = target.triple;
  artifact.processor = target.cpu;
  artifact.features = target.features;
  artifact.pipeline = options.reference ? "reference" : "scheduled";
  artifact.stateBytes = planner.bytes(conversion::stateBytesAttribute);
  artifact.arenaBytes = planner.bytes(conversion::arenaBytesAttribute);
  planner.addKernels();
  return result;
}

} // namespace gmc::driver
