//===- Manifest.cpp - what a trainer knows of its model -------------------===//
//
// Two sources meet here: the program, for data, training, reports and
// procedures, and the planned module, for every place in memory.
//
//===----------------------------------------------------------------------===//
#include "compiler/Driver/Manifest.h"

#include "compiler/Conversion/GMToRT/Passes.h"
#include "compiler/Import/Import.h"
#include "runtime/abi/gmAbi.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;
namespace json = llvm::json;

namespace gmc::driver {

namespace {

json::Array arrayOf(ArrayRef<int64_t> numbers) {
  json::Array array;
  for (int64_t number : numbers) {
    array.push_back(number);
  }
  return array;
}

json::Array shapeOf(Type type) {
  return arrayOf(cast<RankedTensorType>(type).getShape());
}

json::Object durationOf(const dsl::Duration &duration) {
  return json::Object{{"count", duration.count},
                      {"unit", duration.word()},
                      {"stream", duration.stream}};
}

json::Object tensorOf(gm::VariableOp variable) {
  json::Array storage;
  for (auto place : variable.getStorageAttr().getAsRange<DenseI64ArrayAttr>()) {
    json::Object entry{{"offset", place[0]},
                       {"layout", place[2] ? "panels" : "dense"}};
    if (place[2] != 0) {
      entry["axis"] = place[1];
      entry["width"] = place[2];
    }
    storage.push_back(std::move(entry));
  }
  json::Object initial{{"kind", variable.getInitial()},
                       {"a", variable.getA().convertToDouble()},
                       {"b", variable.getB().convertToDouble()}};
  if (auto drawnAs = variable.getDrawnAs()) {
    initial["as"] = *drawnAs;
  }
  return json::Object{
      {"name", variable.getSymName()}, {"shape", shapeOf(variable.getType())},
      {"role", variable.getRole()},    {"network", variable.getNetwork()},
      {"init", std::move(initial)},    {"storage", std::move(storage)}};
}

void addLimits(json::Object &object, const dsl::Limits &limits) {
  if (limits.low) {
    object.try_emplace("low", *limits.low);
    object.try_emplace("open", limits.open);
  }
  if (limits.high) {
    object.try_emplace("high", *limits.high);
    object.try_emplace("closed", limits.closed);
  }
}

void addLimits(json::Object &object, const dsl::Scalar &scalar) {
  addLimits(object, scalar.limits);
  if (!scalar.takenBy.empty()) {
    object["takenBy"] = scalar.takenBy;
  }
}

json::Object scalarOf(const dsl::Scalar &scalar) {
  switch (scalar.kind) {
  case dsl::Scalar::Kind::Hyper: {
    json::Object hyper{
        {"kind", "hyper"}, {"name", scalar.name}, {"value", scalar.value}};
    if (scalar.whole) {
      hyper["whole"] = true;
    }
    addLimits(hyper, scalar);
    return hyper;
  }
  case dsl::Scalar::Kind::Rounds:
    return json::Object{{"kind", "rounds"}};
  case dsl::Scalar::Kind::Epochs:
    return json::Object{{"kind", "epochs"}, {"stream", scalar.stream}};
  case dsl::Scalar::Kind::Examples:
    return json::Object{{"kind", "examples"}};
  case dsl::Scalar::Kind::Records:
    return json::Object{{"kind", "records"}, {"stream", scalar.stream}};
  case dsl::Scalar::Kind::Levels:
    return json::Object{{"kind", "levels"},
                        {"stream", scalar.stream},
                        {"procedure", scalar.owner},
                        {"name", scalar.name},
                        {"value", scalar.value}};
  case dsl::Scalar::Kind::ProcArgument: {
    json::Object argument{{"kind", "argument"},
                          {"procedure", scalar.owner},
                          {"name", scalar.name},
                          {"value", scalar.value}};
    addLimits(argument, scalar);
    return argument;
  }
  }
  llvm_unreachable("every kind of scalar is written");
}

json::Object fieldOf(const dsl::DataField &field) {
  json::Object object{
      {"name", field.name},         {"shape", arrayOf(field.event)},
      {"image", field.image},       {"low", field.low},
      {"high", field.high},         {"binarize", field.binarize},
      {"bounded", field.bounded},   {"mask", field.mask},
      {"flip", field.flip},         {"resize", field.resize},
      {"cropFrom", field.cropFrom}, {"dequantize", field.dequantize}};
  if (field.binary && !field.binarize) {
    object["binary"] = true;
  }
  if (field.classes > 0) {
    object["classes"] = field.classes;
  }
  if (!field.mean.empty()) {
    object["mean"] = json::Array(field.mean);
    object["deviation"] = json::Array(field.deviation);
  }
  return object;
}

json::Object datasetOf(const dsl::Dataset &dataset) {
  json::Array fields, record;
  for (const dsl::DataField &field : dataset.fields) {
    fields.push_back(fieldOf(field));
  }
  for (const dsl::DataField &field : dataset.record) {
    record.push_back(fieldOf(field));
  }
  json::Object object{
      {"name", dataset.name},           {"format", dataset.format},
      {"source", dataset.source},       {"fields", std::move(fields)},
      {"testShare", dataset.testShare}, {"subset", dataset.subset},
      {"balance", dataset.balance},     {"of", dataset.of},
      {"record", std::move(record)}};
  if (!dataset.filter.empty()) {
    object["filter"] = dataset.filter;
    object["leftOut"] = arrayOf(ArrayRef<int64_t>(dataset.leftOut));
  }
  if (!dataset.settings.empty()) {
    json::Object settings;
    for (const dsl::NamedConstant &setting : dataset.settings) {
      settings[setting.name] = setting.value;
    }
    object["settings"] = std::move(settings);
  }
  return object;
}

json::Object slotOf(DictionaryAttr slot) {
  json::Object object{
      {"name", cast<StringAttr>(slot.get("name")).getValue()},
      {"offset", cast<IntegerAttr>(slot.get("offset")).getInt()}};
  if (auto shape = slot.getAs<DenseI64ArrayAttr>("shape")) {
    object["shape"] = arrayOf(shape.asArrayRef());
  }
  return object;
}

/// What `body` draws, a site once.
json::Array drawsOf(const dsl::Body &body) {
  json::Array draws;
  llvm::DenseSet<uint64_t> seen;
  for (const dsl::Node &node : body.nodes) {
    const bool normal = node.op == dsl::Op::RandomNormal;
    if ((!normal && node.op != dsl::Op::RandomUniform) ||
        !seen.insert(node.attrs.site).second) {
      continue;
    }
    draws.push_back(
        json::Object{{"name", body.drawPaths.at(node.attrs.site)},
                     {"site", llvm::utohexstr(node.attrs.site, true, 16)},
                     {"kind", normal ? "normal" : "uniform"},
                     {"shape", arrayOf(node.type.shape())}});
  }
  return draws;
}

class ManifestWriter {
public:
  ManifestWriter(const dsl::Program &program, ModuleOp module,
                 EntryNames &names)
      : program(program), module(module), names(names) {}

  json::Object write(const Target &target, const ManifestOptions &options);

private:
  json::Array tensors();
  json::Array scalars();
  json::Array entries();
  json::Array kernels();
  json::Object entryOf(rt::EntryOp entry);
  json::Array imports();
  json::Array pools();
  /// The step or procedure that `entry` was made of.
  const dsl::Body *limitedBody(rt::EntryOp entry);
  json::Object turnOf(const dsl::Turn &turn);
  json::Array turnsOf(const std::vector<dsl::Turn> &turns);
  json::Array trains();
  json::Array reports();
  json::Array diagnoses();
  json::Array undiagnosed();
  json::Array procedures();
  json::Object argumentOf(const dsl::ProcArgument &argument,
                          const dsl::Procedure &procedure);
  ArrayAttr counters() {
    return module->getAttrOfType<ArrayAttr>(import::countersAttribute);
  }
  int64_t bytes(const char *attribute) {
    return module->getAttrOfType<IntegerAttr>(attribute).getInt();
  }
  static std::string kindOf(rt::EntryOp entry) {
    return entry->getAttrOfType<StringAttr>("kind").str();
  }

  const dsl::Program &program;
  ModuleOp module;
  EntryNames &names;
  llvm::StringMap<int64_t> entryIndex;
};

json::Array ManifestWriter::tensors() {
  json::Array array;
  for (auto variable : module.getOps<gm::VariableOp>()) {
    array.push_back(tensorOf(variable));
  }
  return array;
}

json::Array ManifestWriter::scalars() {
  json::Array array;
  for (const dsl::Scalar &scalar : program.scalars) {
    array.push_back(scalarOf(scalar));
  }
  for (size_t i = 0; i < counters().size(); ++i) {
    array.push_back(json::Object{{"kind", "updates"},
                                 {"counter", static_cast<int64_t>(i)}});
  }
  return array;
}

const dsl::Body *ManifestWriter::limitedBody(rt::EntryOp entry) {
  StringRef name = entry.getSymName();
  const bool isProcedure = name.consume_front("proc.");
  const auto &bodies = isProcedure ? program.procedureBodies : program.steps;
  auto found = llvm::find_if(
      bodies, [&](const dsl::Body &body) { return body.name == name; });
  return found == bodies.end() ? nullptr : &*found;
}

json::Object ManifestWriter::entryOf(rt::EntryOp entry) {
  json::Array inputs, outputs, monitors, norms, limits, updates;
  for (auto slot :
       entry->getAttrOfType<ArrayAttr>("inputs").getAsRange<DictionaryAttr>()) {
    inputs.push_back(slotOf(slot));
  }
  for (auto slot : entry->getAttrOfType<ArrayAttr>("outputs")
                       .getAsRange<DictionaryAttr>()) {
    json::Object object = slotOf(slot);
    StringRef kind = cast<StringAttr>(slot.get("kind")).getValue();
    if (kind == "value") {
      outputs.push_back(std::move(object));
    } else if (kind == "monitor") {
      StringRef name = *object.getString("name");
      size_t index = 0;
      if (!name.consume_front("limit ") || name.getAsInteger(10, index)) {
        monitors.push_back(std::move(object));
        continue;
      }
      const dsl::Limited &limited = limitedBody(entry)->limited[index];
      json::Object limit{{"name", limited.what},
                         {"offset", *object.getInteger("offset")}};
      addLimits(limit, limited.limits);
      limits.push_back(std::move(limit));
    } else {
      norms.push_back(json::Object{{"network", *object.getString("name")},
                                   {"offset", *object.getInteger("offset")}});
    }
  }
  if (auto counted = entry->getAttrOfType<ArrayAttr>("updates")) {
    for (auto scalar : counted.getAsRange<IntegerAttr>()) {
      updates.push_back(scalar.getInt() -
                        static_cast<int64_t>(program.scalars.size()));
    }
  }
  StringRef name = entry.getSymName();
  if (kindOf(entry) == "procedure") {
    name.consume_front("proc.");
  }
  json::Array draws;
  std::string ofStep = name.str();
  for (const dsl::Body &step : program.steps) {
    if (kindOf(entry) == "step" && step.name == name) {
      draws = drawsOf(step);
      ofStep = step.step;
    }
  }
  json::Object object{
      {"kind", kindOf(entry)},
      {"name", name},
      {"draws", std::move(draws)},
      {"batch", entry->getAttrOfType<IntegerAttr>("batch").getInt()},
      {"inputs", std::move(inputs)},
      {"outputs", std::move(outputs)},
      {"monitors", std::move(monitors)},
      {"norms", std::move(norms)},
      {"limits", std::move(limits)},
      {"counters", std::move(updates)},
      {"flops", entry->getAttrOfType<IntegerAttr>("flops").getInt()}};
  if (ofStep != name) {
    object["step"] = ofStep;
  }
  return object;
}

json::Array ManifestWriter::entries() {
  json::Array array;
  for (auto entry : module.getOps<rt::EntryOp>()) {
    if (kindOf(entry) == "kernel") {
      continue;
    }
    entryIndex[entry.getSymName()] = names.entries.size();
    names.entries.push_back(entry.getSymName().str());
    array.push_back(entryOf(entry));
  }
  return array;
}

json::Array ManifestWriter::kernels() {
  json::Array array;
  for (auto entry : module.getOps<rt::EntryOp>()) {
    if (kindOf(entry) != "kernel") {
      continue;
    }
    names.kernels.push_back(entry.getSymName().str());
    auto extents = entry->getAttrOfType<DenseI64ArrayAttr>("product");
    array.push_back(json::Object{
        {"entry",
         entryIndex.lookup(entry->getAttrOfType<StringAttr>("of").getValue())},
        {"name", entry->getAttrOfType<StringAttr>("name").getValue()},
        {"kind", "product"},
        {"m", extents[0]},
        {"n", extents[1]},
        {"k", extents[2]},
        {"flops", entry->getAttrOfType<IntegerAttr>("flops").getInt()}});
  }
  return array;
}

json::Array ManifestWriter::pools() {
  json::Array array;
  for (const dsl::Pool &pool : program.pools) {
    if (pool.storage) {
      array.push_back(
          json::Object{{"name", pool.name},
                       {"tensor", program.parameters[*pool.storage].name},
                       {"replace", pool.replace}});
    }
  }
  return array;
}

json::Array ManifestWriter::imports() {
  json::Array array;
  for (const dsl::Import &import : program.imports) {
    array.push_back(json::Object{{"network", import.network},
                                 {"of", import.of},
                                 {"source", import.source}});
  }
  return array;
}

json::Object turnArgument(const dsl::TurnArgument &argument,
                          const dsl::Program &program) {
  switch (argument.kind) {
  case dsl::TurnArgument::Kind::Value:
    return json::Object{{"kind", "value"}, {"name", argument.value}};
  case dsl::TurnArgument::Kind::Pool:
    return json::Object{{"kind", "pool"},
                        {"name", argument.value},
                        {"pool", program.pools[argument.pool].name}};
  default:
    bool next = argument.kind == dsl::TurnArgument::Kind::Next;
    return json::Object{{"kind", next ? "next" : "same"},
                        {"dataset", argument.dataset},
                        {"split", argument.split},
                        {"field", argument.field}};
  }
}

json::Object ManifestWriter::turnOf(const dsl::Turn &turn) {
  using Kind = dsl::Turn::Kind;
  json::Object object{{"kind", turn.word()}};
  if (turn.kind == Kind::Repeat) {
    object["count"] = turn.count;
  } else if (turn.kind == Kind::Every) {
    object["every"] = durationOf(turn.every);
  } else {
    json::Array arguments;
    for (const dsl::TurnArgument &argument : turn.arguments) {
      arguments.push_back(turnArgument(argument, program));
    }
    object["arguments"] = std::move(arguments);
  }
  if (turn.kind == Kind::Call || turn.kind == Kind::When ||
      turn.kind == Kind::Once) {
    object["entry"] = entryIndex.lookup(program.steps[turn.step].name);
  }
  if (turn.kind == Kind::Call || turn.kind == Kind::Draw) {
    json::Array results;
    for (const std::string &result : turn.results) {
      results.push_back(result);
    }
    object["results"] = std::move(results);
  } else {
    object["turns"] = turnsOf(turn.body);
  }
  return object;
}

json::Array ManifestWriter::turnsOf(const std::vector<dsl::Turn> &turns) {
  json::Array array;
  for (const dsl::Turn &turn : turns) {
    array.push_back(turnOf(turn));
  }
  return array;
}

json::Array ManifestWriter::trains() {
  json::Array array;
  for (const dsl::Train &train : program.trains) {
    array.push_back(json::Object{{"name", train.name},
                                 {"batch", train.batch},
                                 {"turns", turnsOf(train.turns)},
                                 {"duration", durationOf(train.duration)}});
  }
  return array;
}

json::Array ManifestWriter::reports() {
  json::Array array;
  for (const dsl::Report &report : program.reports) {
    json::Array fields;
    for (uint32_t field : report.fields) {
      fields.push_back(field);
    }
    json::Array values;
    for (const std::string &value : report.values) {
      values.push_back(value);
    }
    json::Object object{
        {"entry", entryIndex.lookup("report." + std::to_string(report.body))},
        {"dataset", report.dataset},
        {"split", report.split},
        {"fields", std::move(fields)}};
    if (!report.values.empty()) {
      object["values"] = std::move(values);
      object["train"] = report.train;
    }
    if (report.end) {
      json::Array statistics;
      for (dsl::Statistic statistic : report.statistics) {
        statistics.push_back(dsl::spellingOf(statistic));
      }
      object["statistics"] = std::move(statistics);
      object["end"] =
          entryIndex.lookup("report." + std::to_string(*report.end));
    }
    if (report.every) {
      object["every"] = durationOf(*report.every);
    } else {
      object["atEnd"] = true;
    }
    array.push_back(std::move(object));
  }
  return array;
}

json::Array ManifestWriter::diagnoses() {
  json::Array array;
  for (const dsl::Diagnosis &diagnosis : program.diagnoses) {
    json::Array fields, probes;
    for (uint32_t field : diagnosis.fields) {
      fields.push_back(field);
    }
    for (const dsl::Probe &probe : diagnosis.probes) {
      probes.push_back(
          json::Object{{"kind", probe.word()}, {"name", probe.name}});
    }
    array.push_back(json::Object{
        {"entry",
         entryIndex.lookup("report." + std::to_string(diagnosis.body))},
        {"step", diagnosis.step},
        {"dataset", diagnosis.dataset},
        {"split", diagnosis.split},
        {"fields", std::move(fields)},
        {"probes", std::move(probes)}});
  }
  return array;
}

json::Array ManifestWriter::undiagnosed() {
  json::Array array;
  for (const dsl::Undiagnosed &step : program.undiagnosed) {
    array.push_back(json::Object{{"step", step.step}, {"why", step.why}});
  }
  return array;
}

json::Object ManifestWriter::argumentOf(const dsl::ProcArgument &argument,
                                        const dsl::Procedure &procedure) {
  json::Object object{{"kind", argument.word()}, {"name", argument.name}};
  if (argument.kind == dsl::ProcArgument::Kind::Data) {
    object["dataset"] = argument.dataset;
    object["split"] = argument.split;
    object["field"] = argument.field;
    object["input"] = argument.argument;
    return object;
  }
  if (argument.kind == dsl::ProcArgument::Kind::File) {
    object["input"] = argument.argument;
    object["item"] = fieldOf(argument.item);
    return object;
  }
  object["value"] = argument.value;
  if (argument.all) {
    object["all"] = true;
  }
  if (argument.classes > 0) {
    object["classes"] = argument.classes;
  }
  if (!argument.choices.empty()) {
    json::Array choices;
    for (const std::string &choice : argument.choices) {
      choices.push_back(choice);
    }
    object["choices"] = std::move(choices);
  }
  for (auto [i, scalar] : llvm::enumerate(program.scalars)) {
    if (argument.kind != dsl::ProcArgument::Kind::Fixed &&
        scalar.kind == dsl::Scalar::Kind::ProcArgument &&
        scalar.owner == procedure.name && scalar.name == argument.name) {
      object["scalar"] = static_cast<int64_t>(i);
    }
  }
  return object;
}

json::Array ManifestWriter::procedures() {
  json::Array array;
  for (const dsl::Procedure &procedure : program.procedures) {
    json::Array arguments, emits;
    for (const dsl::ProcArgument &argument : procedure.arguments) {
      arguments.push_back(argumentOf(argument, procedure));
    }
    for (const dsl::Emit &emit : procedure.emits) {
      json::Array outputs;
      for (uint32_t output : emit.outputs) {
        outputs.push_back(output);
      }
      auto textsOf = [](const std::vector<std::string> &texts) {
        json::Array array;
        for (const std::string &text : texts) {
          array.push_back(json::fixUTF8(text));
        }
        return array;
      };
      json::Object object{{"kind", emit.word()},
                          {"outputs", std::move(outputs)},
                          {"texts", textsOf(emit.texts)},
                          {"names", textsOf(emit.names)},
                          {"low", emit.low},
                          {"high", emit.high}};
      if (!emit.dataset.empty()) {
        object["dataset"] = emit.dataset;
      }
      emits.push_back(std::move(object));
    }
    array.push_back(
        json::Object{{"entry", entryIndex.lookup("proc." + procedure.name)},
                     {"name", procedure.name},
                     {"arguments", std::move(arguments)},
                     {"emits", std::move(emits)}});
  }
  return array;
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

json::Object ManifestWriter::write(const Target &target,
                                   const ManifestOptions &options) {
  json::Array features, counterNames, datasets;
  for (const std::string &feature : target.features) {
    features.push_back(feature);
  }
  for (auto counter : counters().getAsRange<StringAttr>()) {
    counterNames.push_back(counter.getValue());
  }
  for (const dsl::Dataset &dataset : program.datasets) {
    datasets.push_back(datasetOf(dataset));
  }
  json::Object constants;
  for (const dsl::NamedConstant &constant : program.constants) {
    constants[constant.name] = constant.value;
  }
  json::Array entryArray = entries();
  return json::Object{
      {"abi", GM_ABI_VERSION},
      {"model", json::fixUTF8(llvm::sys::path::stem(program.file))},
      {"source", json::fixUTF8(llvm::sys::path::filename(program.file))},
      {"hash", hashOf(program, options.text)},
      {"type", options.f64 ? "f64" : "f32"},
      {"target", json::Object{{"triple", target.triple},
                              {"cpu", target.cpu},
                              {"features", std::move(features)}}},
      {"pipeline", options.reference ? "reference" : "scheduled"},
      {"batch", program.batch},
      {"stateBytes", bytes(conversion::stateBytesAttribute)},
      {"arenaBytes", bytes(conversion::arenaBytesAttribute)},
      {"constants", std::move(constants)},
      {"tensors", tensors()},
      {"counters", std::move(counterNames)},
      {"scalars", scalars()},
      {"datasets", std::move(datasets)},
      {"entries", std::move(entryArray)},
      {"kernels", kernels()},
      {"pools", pools()},
      {"imports", imports()},
      {"trains", trains()},
      {"reports", reports()},
      {"diagnoses", diagnoses()},
      {"undiagnosed", undiagnosed()},
      {"procedures", procedures()}};
}

} // namespace

std::string writeManifest(const dsl::Program &program, ModuleOp module,
                          const Target &target, const ManifestOptions &options,
                          EntryNames &names) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << json::Value(
      ManifestWriter(program, module, names).write(target, options));
  return text;
}

} // namespace gmc::driver
