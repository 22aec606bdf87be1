//===- InfoVerb.cpp - what the model is -----------------------------------===//
//
// Needs neither data nor a checkpoint; where the folder has a run, it says
// where that stands, and where class folders can be read, which number each
// has. Nothing compiled runs.
//
//===----------------------------------------------------------------------===//
#include "runtime/core/Status.h"
#include "runtime/io/Safetensors.h"
#include "runtime/train/Console.h"
#include "runtime/train/Verbs.h"

#include <nlohmann/json.hpp>

#include <map>

namespace gmc::runtime {

using Json = nlohmann::ordered_json;

static Json describeTensors(const plan::Plan &plan, int64_t &parameters) {
  Json networks = Json::object();
  for (const plan::Tensor &tensor : plan.tensors) {
    if (tensor.role == plan::Tensor::Role::Parameter) {
      parameters += elementsOf(tensor.shape);
      networks[tensor.network][tensor.name] = tensor.shape;
    }
  }
  return networks;
}

static Json describeModel(const Model &model) {
  const plan::Plan &plan = model.plan;
  const plan::Artifact &artifact = model.artifact;
  int64_t parameters = 0;
  Json json;
  json["model"] = plan.model;
  json["source"] = plan.source;
  json["hash"] = plan.hash;
  json["type"] = spellingOf(plan.type);
  json["pipeline"] = artifact.pipeline;
  json["target"] = artifact.processor;
  json["features"] = artifact.features;
  json["batch"] = plan.batch;
  json["networks"] = describeTensors(plan, parameters);
  json["parameters"] = parameters;
  json["stateBytes"] = artifact.stateBytes;
  json["arenaBytes"] = artifact.arenaBytes;
  json["hypers"] = Json::object();
  for (const plan::Scalar &scalar : plan.scalars) {
    if (scalar.kind == plan::Scalar::Kind::Hyper) {
      json["hypers"][scalar.name] = scalar.value;
    }
  }
  json["constants"] = plan.constants;
  json["steps"] = Json::object();
  for (const plan::Entry &entry : plan.entries) {
    if (entry.kind == plan::Entry::Kind::Step) {
      json["steps"][entry.name] = {{"batch", entry.batch},
                                   {"flops", entry.flops}};
    }
  }
  json["trains"] = Json::array();
  for (const plan::Train &train : plan.trains) {
    json["trains"].push_back({{"name", train.name}, {"batch", train.batch}});
  }
  json["procedures"] = Json::array();
  for (const plan::Procedure &procedure : plan.procedures) {
    json["procedures"].push_back(procedure.name);
  }
  return json;
}

/// Returns the label among the fields of `spec`, or null.
static const plan::Field *labelAmong(const std::vector<plan::Field> &fields) {
  for (const plan::Field &field : fields) {
    if (field.classes > 0 && field.shape.empty()) {
      return &field;
    }
  }
  return nullptr;
}

static Json describeData(const plan::Plan &plan, const DataShelf &shelf) {
  Json all = Json::array();
  for (const plan::Dataset &spec : plan.datasets) {
    Json data = {{"name", spec.name},
                 {"format", spec.format},
                 {"source", spec.source},
                 {"fields", Json::object()}};
    for (const plan::Field &field : spec.fields) {
      data["fields"][field.name] = {{"shape", field.shape}};
      if (field.classes > 0) {
        data["fields"][field.name]["classes"] = field.classes;
      }
    }
    try {
      const auto names = shelf.classNames(spec.name);
      if (!names.empty()) {
        data["classNames"] = names;
      }
    } catch (const Failure &failure) {
      data["unread"] = failure.what();
    }
    all.push_back(std::move(data));
  }
  return all;
}

/// Returns "0 ant, 1 bee, .. 99 wasp": of many classes the first ones.
static std::string listOf(const std::vector<std::string> &names) {
  constexpr size_t shown = 10;
  std::string text;
  for (size_t i = 0; i < names.size(); ++i) {
    if (i >= shown && i + 1 < names.size()) {
      continue;
    }
    const bool jumps = i > shown && i + 1 == names.size();
    text += fmt::format("{}{}{} {}", i == 0 ? "" : ", ", jumps ? ".. " : "", i,
                        printable(names[i]));
  }
  return text;
}

void printClasses(const plan::Plan &plan, const DataShelf &shelf) {
  for (const plan::Dataset &spec : plan.datasets) {
    const plan::Field *label =
        labelAmong(spec.of.empty() ? spec.fields : spec.record);
    if (label != nullptr && shelf.holds(spec.name)) {
      const auto names = shelf.classNames(spec.name);
      if (!names.empty()) {
        out().print("data {}: `{}` is {}", spec.name, label->name,
                    listOf(names));
      }
    }
  }
}

static Json describeRun(const RunFolder &folder, const plan::Plan &plan) {
  const Metadata metadata = readSafetensors(folder.checkpoint()).metadata;
  const auto member = [&](const char *key) {
    const auto found = metadata.find(key);
    return found == metadata.end() ? std::string() : found->second;
  };
  Json json;
  json["folder"] = folder.path.string();
  json["step"] = member("step");
  json["seed"] = member("seed");
  json["ofThisModel"] = member("hash") == plan.hash;
  return json;
}

/// Returns `batch 64`, or, where they differ, the batch of each `train`.
static std::string batchesOf(const Json &json) {
  std::string text;
  bool differ = false;
  for (const Json &train : json["trains"]) {
    const auto name = train["name"].get<std::string>();
    differ |= train["batch"] != json["batch"];
    text += fmt::format("{}batch {} in {}", text.empty() ? "" : ", ",
                        train["batch"].get<int64_t>(),
                        name.empty() ? "`train`" : name);
  }
  return differ ? text : fmt::format("batch {}", json["batch"].get<int64_t>());
}

static void printData(const Json &json) {
  for (const Json &data : json["data"]) {
    std::string fields;
    for (const auto &[name, field] : data["fields"].items()) {
      fields += fmt::format(
          ", {} {}{}", name, field["shape"].dump(),
          field.contains("classes")
              ? fmt::format(" of {} classes", field["classes"].dump())
              : "");
    }
    const auto source = data["source"].get<std::string>();
    out().print("data {}: {}{}{}", data["name"].get<std::string>(),
                data["format"].get<std::string>(),
                source.empty() ? "" : " " + printable(source, 400), fields);
    if (data.contains("classNames")) {
      out().print("  classes {}",
                  listOf(data["classNames"].get<std::vector<std::string>>()));
    } else if (data.contains("unread")) {
      out().print("  classes not read: {}", data["unread"].get<std::string>());
    }
  }
}

static void printModel(const Json &json) {
  out().print(
      "{} from {} ({}, {}, compiled for {}, hash {})",
      json["model"].get<std::string>(), json["source"].get<std::string>(),
      json["type"].get<std::string>(), json["pipeline"].get<std::string>(),
      json["target"].get<std::string>(), json["hash"].get<std::string>());
  out().print("{} parameters, {}, state {:.1f} MiB, arena {:.1f} MiB",
              json["parameters"].get<int64_t>(), batchesOf(json),
              json["stateBytes"].get<double>() / (1 << 20),
              json["arenaBytes"].get<double>() / (1 << 20));
  out().print("needs of the processor: {}",
              fmt::join(json["features"].get<std::vector<std::string>>(), " "));
  for (const auto &[network, tensors] : json["networks"].items()) {
    out().print("{}", network.empty() ? "(no network)" : network);
    for (const auto &[name, shape] : tensors.items()) {
      out().print("  {:<32} {}", name, shape.dump());
    }
  }
  for (const auto &[name, value] : json["hypers"].items()) {
    out().print("hyper {} = {}", name, value.dump());
  }
  for (const auto &[name, value] : json["constants"].items()) {
    out().print("const {} = {}", name, value.dump());
  }
  for (const auto &[name, step] : json["steps"].items()) {
    out().print("step {}: batch {}, {:.1f} MFLOP in products", name,
                step["batch"].dump(), step["flops"].get<double>() / 1e6);
  }
  printData(json);
  for (const Json &name : json["procedures"]) {
    out().print("procedure {}", name.get<std::string>());
  }
}

int runInfo(const Request &request) {
  const RunFolder &folder = request.options.folder;
  Json json = describeModel(request.model);
  DataFolders folders = request.options.data;
  if (folder.hasCheckpoint()) {
    if (const auto config = readConfig(folder)) {
      folders = config->data;
    }
  }
  json["data"] =
      describeData(request.model.plan, DataShelf(request.model.plan, folders));
  if (folder.hasCheckpoint()) {
    json["run"] = describeRun(folder, request.model.plan);
  }
  if (request.options.json) {
    // File names need not be UTF-8.
    out().print("{}",
                json.dump(-1, ' ', false, Json::error_handler_t::replace));
    return ExitOk;
  }
  printModel(json);
  if (json.contains("run")) {
    const Json &run = json["run"];
    out().print("run in {}: step {}, seed {}{}",
                printable(folder.path.string(), 400),
                printable(run["step"].get<std::string>()),
                printable(run["seed"].get<std::string>()),
                run["ofThisModel"].get<bool>() ? "" : ", of another model");
  }
  return ExitOk;
}

} // namespace gmc::runtime
