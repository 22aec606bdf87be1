//===- Explain.cpp - what a model is, said by the compiler ----------------===//
//
// Who trains what and in which order, the networks' sizes, the products of each
// entry, its kernels, memory. Read from the checked program and from the module
// as phase `kernels` leaves it.
//
//===----------------------------------------------------------------------===//
#include "compiler/Driver/Explain.h"

#include "compiler/Conversion/GMToRT/Passes.h"

#include "llvm/ADT/MapVector.h"

#include <fmt/format.h>

using namespace mlir;

namespace gmc::driver {

namespace {

std::string shapeOf(llvm::ArrayRef<int64_t> shape) {
  std::string text = "[";
  for (int64_t extent : shape) {
    text += (text.size() > 1 ? "," : "") + std::to_string(extent);
  }
  return text + "]";
}

const char *nameOf(const dsl::Optimizer &optimizer) {
  const char *names[] = {"sgd", "adam", "adamw", "rmsprop"};
  return names[static_cast<int>(optimizer.kind)];
}

std::string joined(const std::vector<std::string> &names) {
  std::string text;
  for (const std::string &name : names) {
    text += (text.empty() ? "" : ", ") + name;
  }
  return text;
}

void explainNetworks(const dsl::Program &program, std::string &out) {
  llvm::MapVector<llvm::StringRef, int64_t> counts;
  out += "parameters\n";
  int64_t all = 0;
  for (const dsl::Parameter &parameter : program.parameters) {
    int64_t count = 1;
    for (int64_t extent : parameter.shape) {
      count *= extent;
    }
    bool trained = parameter.role == dsl::Parameter::Role::Parameter;
    if (trained) {
      counts[parameter.network] += count;
      all += count;
    }
    const char *roles[] = {"", "", "  state", "  average"};
    out += fmt::format("  {:<32} {:<14} {:>10}{}\n", parameter.name,
                       shapeOf(parameter.shape), count,
                       roles[static_cast<int>(parameter.role)]);
  }
  for (auto &[network, count] : counts) {
    out += fmt::format("  {} in all {}\n", network.str(), count);
  }
  out += fmt::format("  {} in the model\n", all);
}

/// Returns `batch 64`, or, where they differ, the batch of each `train`.
std::string batchesOf(const dsl::Program &program) {
  std::string text;
  bool differ = false;
  for (const dsl::Train &train : program.trains) {
    differ |= train.batch != program.batch;
    text +=
        fmt::format("{}batch {} in {}", text.empty() ? "" : ", ", train.batch,
                    train.name.empty() ? "`train`" : train.name);
  }
  return differ ? text : fmt::format("batch {}", program.batch);
}

void explainTraining(const dsl::Program &program, std::string &out) {
  out += "training\n";
  for (const dsl::Body &step : program.steps) {
    for (const dsl::Minimize &minimize : step.minimizers) {
      out += fmt::format(
          "  step {}: {}s over {} ({} tensors) by {}, state `{}`{}\n",
          step.name, minimize.maximize ? "maximize" : "minimize",
          joined(minimize.networks), minimize.parameters.size(),
          nameOf(minimize.optimizer), minimize.optimizer.state,
          (minimize.clip ? ", gradients clipped" : "") +
              std::string(minimize.keep ? ", weights kept in bounds" : "") +
              (minimize.when ? ", under a condition" : ""));
    }
    for (const dsl::Update &update : step.updates) {
      out += fmt::format("  step {}: moves {}\n", step.name,
                         program.parameters[update.parameter].name);
    }
    for (const dsl::AverageMove &average : step.averages) {
      out += fmt::format("  step {}: moves the average {}\n", step.name,
                         average.name);
    }
  }
}

void explainEntries(ModuleOp module, std::string &out) {
  out += "entries\n";
  llvm::StringRef current;
  for (auto entry : module.getOps<rt::EntryOp>()) {
    if (auto product = entry->getAttrOfType<DenseI64ArrayAttr>("product")) {
      out += fmt::format(
          "    product {:<44} {:>5} x {:<5} sums of {:<6} {:>9.3f} MFLOP\n",
          entry->getAttrOfType<StringAttr>("name").str(), product[0],
          product[1], product[2], 2e-6 * product[0] * product[1] * product[2]);
      continue;
    }
    auto launches = entry.getBody().front().getOps<rt::LaunchOp>();
    out +=
        fmt::format("  {} {}: {} kernels, {:.1f} MFLOP in products\n",
                    entry->getAttrOfType<StringAttr>("kind").str(),
                    entry.getSymName().str(),
                    std::distance(launches.begin(), launches.end()),
                    1e-6 * entry->getAttrOfType<IntegerAttr>("flops").getInt());
  }
}

} // namespace

std::string explainModel(const dsl::Program &program, ModuleOp module) {
  auto bytes = [&](const char *attribute) {
    return module->getAttrOfType<IntegerAttr>(attribute).getInt() / 1024.0 /
           1024.0;
  };
  std::string out = fmt::format("{}, {}\n", program.file, batchesOf(program));
  explainTraining(program, out);
  explainNetworks(program, out);
  explainEntries(module, out);
  out += fmt::format("memory\n  state {:.2f} MiB, arena {:.2f} MiB\n",
                     bytes(conversion::stateBytesAttribute),
                     bytes(conversion::arenaBytesAttribute));
  return out;
}

} // namespace gmc::driver
