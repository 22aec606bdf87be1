//===- RunConfig.cpp - config.json ----------------------------------------===//
//
// The file is for readers too: it names the model, the versions and the
// processor, which are not read back.
//
//===----------------------------------------------------------------------===//
#include "runtime/train/RunConfig.h"

#include "runtime/abi/gmAbi.h"
#include "runtime/core/InputFile.h"
#include "runtime/core/Status.h"
#include "runtime/cpu/CpuFeatures.h"

#include <nlohmann/json.hpp>

namespace gmc::runtime {

RunConfig newConfig(const plan::Plan &plan, const RunOptions &options) {
  RunConfig config;
  for (const plan::Scalar &scalar : plan.scalars) {
    if (scalar.kind == plan::Scalar::Kind::Hyper) {
      config.hypers[scalar.name] = scalar.value;
    }
  }
  config.constants = plan.constants;
  config.hash = plan.hash;
  config.batch = plan.batch;
  config.seed = options.seed.value_or(0);
  updateConfig(config, options);
  return config;
}

void updateConfig(RunConfig &config, const RunOptions &options) {
  if (options.epochs || options.steps) {
    config.epochs = options.epochs;
    config.steps = options.steps;
  }
  if (options.saveEvery) {
    config.saveEvery = options.saveEvery;
  }
  for (const auto &[name, value] : options.hypers) {
    config.hypers[name] = value;
  }
  const auto absolute = [](const std::string &path) {
    std::error_code error;
    const auto whole = std::filesystem::absolute(path, error);
    return error ? path : whole.string();
  };
  for (const auto &[name, folder] : options.data) {
    config.data[name] = absolute(folder);
  }
  for (const auto &[network, file] : options.weights) {
    config.weights[network] = absolute(file);
  }
}

/// Reads a member that may be null or absent.
template <typename T>
static std::optional<T> optionalMember(const nlohmann::json &json,
                                       const char *name) {
  const auto found = json.find(name);
  if (found == json.end() || found->is_null()) {
    return std::nullopt;
  }
  return found->get<T>();
}

std::optional<RunConfig> readConfig(const RunFolder &folder) {
  std::error_code error;
  if (!std::filesystem::exists(folder.config(), error)) {
    return std::nullopt;
  }
  constexpr int64_t largest = 1 << 20;
  InputFile file(folder.config(), ExitInputOutput);
  if (file.size() > largest) {
    fail(ExitCheckpoint, "{}: {} bytes are too many for a config.json",
         file.name(), file.size());
  }
  std::string text(size_t(file.size()), '\0');
  text.resize(size_t(file.read(std::as_writable_bytes(std::span(text)))));
  try {
    const auto json = nlohmann::json::parse(text);
    RunConfig config;
    config.seed = json.at("seed").get<uint64_t>();
    config.data = json.at("data").get<DataFolders>();
    config.epochs = optionalMember<double>(json, "epochs");
    config.steps = optionalMember<uint64_t>(json, "steps");
    config.saveEvery = optionalMember<uint64_t>(json, "saveEvery");
    config.hypers = json.at("hypers").get<std::map<std::string, double>>();
    config.constants =
        json.at("constants").get<std::map<std::string, double>>();
    config.hash = json.at("hash").get<std::string>();
    config.batch = json.at("batch").get<int64_t>();
    return config;
  } catch (const nlohmann::json::exception &broken) {
    fail(ExitCheckpoint, "{} is not the config.json of a run: {}", file.name(),
         printable(broken.what(), 200));
  }
}

void writeConfig(const RunFolder &folder, const Machine &machine,
                 const RunConfig &config) {
  const plan::Plan &plan = machine.plan;
  nlohmann::ordered_json json;
  json["model"] = plan.model;
  json["source"] = plan.source;
  json["hash"] = config.hash;
  json["abi"] = GM_ABI_VERSION;
  json["type"] = spellingOf(plan.type);
  json["pipeline"] = machine.artifact.pipeline;
  json["batch"] = config.batch;
  json["target"] = machine.artifact.processor;
  json["device"] = cpuName();
  json["threads"] = machine.pool.size();
  json["seed"] = config.seed;
  json["data"] = config.data;
  if (!config.weights.empty()) {
    json["weights"] = config.weights;
  }
  const auto optional = [](const auto &value) {
    return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json();
  };
  json["epochs"] = optional(config.epochs);
  json["steps"] = optional(config.steps);
  json["saveEvery"] = optional(config.saveEvery);
  json["hypers"] = config.hypers;
  json["constants"] = config.constants;
  folder.writeConfig(json);
}

std::string configDifferences(const RunConfig &config, const plan::Plan &plan) {
  std::string text;
  const auto differ = [&](std::string_view what, const auto &there,
                          const auto &here) {
    text += fmt::format("\n  {}: {} in the run, {} in this program",
                        printable(what), there, here);
  };
  if (config.hash != plan.hash) {
    differ("hash", printable(config.hash), plan.hash);
  }
  if (config.batch != plan.batch) {
    differ("batch", config.batch, plan.batch);
  }
  for (const auto &[name, value] : plan.constants) {
    const auto found = config.constants.find(name);
    if (found == config.constants.end()) {
      differ(name, "nothing", value);
    } else if (found->second != value) {
      differ(name, found->second, value);
    }
  }
  for (const auto &[name, value] : config.constants) {
    if (plan.constants.count(name) == 0) {
      differ(name, value, "nothing");
    }
  }
  return text;
}

} // namespace gmc::runtime
