//===- BenchVerb.cpp - how fast the step is -------------------------------===//
//
// Times each step and each product on synthetic data (uniform on [0, 1)), and
// sets the rates against the FMA peak that is probed before and after in the
// same run: processors differ, and a shared machine differs from itself.
//
//===----------------------------------------------------------------------===//
#include "runtime/core/Random.h"
#include "runtime/core/Status.h"
#include "runtime/core/Tensor.h"
#include "runtime/cpu/Probe.h"
#include "runtime/train/Console.h"
#include "runtime/train/Signals.h"
#include "runtime/train/Verbs.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <functional>

namespace gmc::runtime {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::ordered_json;

/// Time for one step, and for one kernel, in seconds.
static constexpr double stepTime = 2, kernelTime = 0.2;
/// A sample repeats short work until it takes this long.
static constexpr double sampleTime = 1e-3;

namespace {

/// Seconds of one call.
struct Timing {
  double median = 0, least = 0;
  int64_t calls = 0;
};

} // namespace

static double secondsOf(const std::function<void()> &body, int64_t calls) {
  const auto start = Clock::now();
  for (int64_t i = 0; i < calls; ++i) {
    body();
  }
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Times `body` for about `total` seconds.
static Timing timeOf(const std::function<void()> &body, double total) {
  const double once = std::max(secondsOf(body, 2) / 2, 1e-9);
  const auto calls = std::max<int64_t>(1, int64_t(sampleTime / once));
  const auto end = Clock::now() + std::chrono::duration<double>(total);
  std::vector<double> samples;
  while (samples.size() < 5 || (Clock::now() < end && stopSignal() == 0)) {
    samples.push_back(secondsOf(body, calls) / double(calls));
  }
  std::sort(samples.begin(), samples.end());
  return {samples[samples.size() / 2], samples[0],
          int64_t(samples.size()) * calls};
}

/// Fills the inputs of `entry` with numbers uniform on (0, 1).
static void fillInputs(Machine &machine, const plan::Entry &entry) {
  for (const plan::Slot &slot : entry.inputs) {
    const Draw draw{1, 0, fnv1a("bench " + slot.name)};
    dispatch(machine.plan.type, [&](auto zero) {
      for (int64_t i = 0; i < elementsOf(slot.shape); ++i) {
        machine.setNumber(slot, i, draw.uniform<decltype(zero)>(uint64_t(i)));
      }
    });
  }
}

static Json timingJson(const Timing &timing, int64_t flops, double peak,
                       unsigned threads) {
  Json json;
  json["medianMicroseconds"] = timing.median * 1e6;
  json["leastMicroseconds"] = timing.least * 1e6;
  json["calls"] = timing.calls;
  json["flops"] = flops;
  const double rate = double(flops) / timing.median / 1e9;
  json["gigaflops"] = rate;
  json["share"] = rate / (peak * threads);
  json["bestShare"] = double(flops) / timing.least / 1e9 / (peak * threads);
  return json;
}

static Json probeJson(const PeakProbe &peak) {
  Json json;
  json["peakGigaflops"] = peak.gigaflops;
  json["instructions"] = peak.instructions;
  const auto distance = probeCoreDistance();
  json["coreDistanceNanoseconds"] = distance ? Json(*distance) : Json();
  json["sharedCache"] =
      distance ? Json(*distance < sharedCacheNanoseconds) : Json();
  return json;
}

namespace {

/// One thing that was timed.
struct Item {
  std::string name;
  const plan::Kernel *kernel = nullptr; ///< null for a step
  int64_t flops = 0, examples = 0;
  Timing timing;
};

} // namespace

/// Counters stand at 1: the first update of every optimiser.
static void setUpdateScalars(Machine &machine) {
  for (size_t i = 0; i < machine.scalars.size(); ++i) {
    if (machine.plan.scalars[i].kind == plan::Scalar::Kind::Updates) {
      machine.scalars[i] = 1;
    }
  }
}

static std::vector<Item> timeSteps(Machine &machine) {
  std::vector<Item> items;
  const auto &entries = machine.plan.entries;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].kind != plan::Entry::Kind::Step) {
      continue;
    }
    // The arena is shared: an input lives until another entry runs, and a step
    // may use its own input's memory again, so this is done once only.
    fillInputs(machine, entries[i]);
    uint64_t execution = 0;
    Item item{entries[i].name, nullptr, entries[i].flops, entries[i].batch, {}};
    item.timing =
        timeOf([&] { machine.runEntry(int64_t(i), execution++); }, stepTime);
    items.push_back(std::move(item));
    const auto &kernels = machine.artifact.kernels;
    for (size_t k = 0; k < kernels.size() && stopSignal() == 0; ++k) {
      if (kernels[k].entry == int64_t(i)) {
        Item product{kernels[k].name, &kernels[k], kernels[k].flops, 0, {}};
        product.timing =
            timeOf([&] { machine.runKernel(int64_t(k)); }, kernelTime);
        items.push_back(std::move(product));
      }
    }
  }
  return items;
}

static Json resultJson(const std::vector<Item> &items, const PeakProbe &peak,
                       const Machine &machine) {
  const unsigned threads = machine.pool.size();
  Json json;
  json["model"] = machine.plan.model;
  json["batch"] = machine.plan.batch;
  json["type"] = spellingOf(machine.plan.type);
  json["threads"] = threads;
  json["probe"] = probeJson(peak);
  json["steps"] = Json::array();
  json["kernels"] = Json::array();
  for (const Item &item : items) {
    Json entry;
    entry["name"] = item.name;
    if (item.kernel != nullptr) {
      entry["step"] = machine.plan.entries[item.kernel->entry].name;
      entry["kind"] = item.kernel->kind;
      entry["m"] = item.kernel->m;
      entry["n"] = item.kernel->n;
      entry["k"] = item.kernel->k;
    } else {
      entry["examplesPerSecond"] = double(item.examples) / item.timing.median;
    }
    entry.update(timingJson(item.timing, item.flops, peak.gigaflops, threads));
    json[item.kernel == nullptr ? "steps" : "kernels"].push_back(entry);
  }
  return json;
}

static void printResult(const Json &json) {
  const Json &probe = json["probe"];
  out().print("FMA peak of a core: {:.1f} GFLOP/s ({}), {} thread{}",
              probe["peakGigaflops"].get<double>(),
              probe["instructions"].get<std::string>(),
              json["threads"].get<int>(),
              json["threads"].get<int>() == 1 ? "" : "s");
  if (!probe["coreDistanceNanoseconds"].is_null()) {
    out().print("a cache line goes from core to core in {:.0f} ns: they {} a "
                "last-level cache",
                probe["coreDistanceNanoseconds"].get<double>(),
                probe["sharedCache"].get<bool>() ? "share" : "do not share");
  }
  for (const Json &step : json["steps"]) {
    out().print("step {}: {:.1f} us (least {:.1f}), {:.0f} examples/s, "
                "{:.1f} GFLOP/s in products, {:.1f} % of the peak",
                step["name"].get<std::string>(),
                step["medianMicroseconds"].get<double>(),
                step["leastMicroseconds"].get<double>(),
                step["examplesPerSecond"].get<double>(),
                step["gigaflops"].get<double>(),
                100 * step["share"].get<double>());
  }
  if (!json["kernels"].empty()) {
    out().print("{:<44} {:>6} {:>6} {:>6} {:>9} {:>9} {:>8} {:>7}", "product",
                "m", "n", "k", "MFLOP", "us", "GFLOP/s", "share");
  }
  for (const Json &kernel : json["kernels"]) {
    out().print("{:<44} {:>6} {:>6} {:>6} {:>9.2f} {:>9.1f} {:>8.1f} {:>6.1f}%",
                kernel["name"].get<std::string>(), kernel["m"].get<int64_t>(),
                kernel["n"].get<int64_t>(), kernel["k"].get<int64_t>(),
                kernel["flops"].get<double>() / 1e6,
                kernel["medianMicroseconds"].get<double>(),
                kernel["gigaflops"].get<double>(),
                100 * kernel["share"].get<double>());
  }
}

int runBench(const Request &request) {
  const auto &[model, options] = request;
  const plan::Plan &plan = model.plan;
  Machine machine(model, options.threads);
  const RunConfig config = newConfig(plan, options);
  setHypers(machine, config);
  setUpdateScalars(machine);
  machine.state().initialise(0);
  const bool doubles = plan.type == ScalarType::F64;
  PeakProbe peak = probePeak(doubles);
  const std::vector<Item> items = timeSteps(machine);
  peak.gigaflops = std::max(peak.gigaflops, probePeak(doubles).gigaflops);
  const Json json = resultJson(items, peak, machine);
  if (options.json) {
    out().print("{}", json.dump());
  } else {
    printResult(json);
  }
  return stopSignal() == 0 ? int(ExitOk) : ExitSignal + stopSignal();
}

} // namespace gmc::runtime
