//===- Monitors.cpp - what the steps say of themselves --------------------===//
//
// Sums are kept in f64 in the order of execution, and travel through a
// checkpoint as their bits: a mean must not know that the run was broken.
//
//===----------------------------------------------------------------------===//
#include "runtime/train/Monitors.h"

#include "runtime/core/Status.h"
#include "runtime/train/RunPosition.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace gmc::runtime {

Monitors::Monitors(const Machine &machine)
    : machine(machine), steps(machine.manifest.entries.size()) {
  for (size_t i = 0; i < steps.size(); ++i) {
    const EntrySpec &entry = machine.manifest.entries[i];
    if (entry.kind != EntrySpec::Kind::Step) {
      continue;
    }
    for (const Slot &slot : entry.monitors) {
      steps[i].values.push_back({slot.offset, false,
                                 entry.name + "." + slot.name, slot.name,
                                 int(latestLosses.size())});
      latestLosses.push_back(
          {entry.name.c_str(), slot.name.c_str(), std::nan("")});
    }
    for (const EntrySpec::Norm &norm : entry.norms) {
      steps[i].values.push_back({norm.offset, true,
                                 entry.name + ".gradient." + norm.network,
                                 norm.network, -1});
    }
  }
}

std::vector<std::string> Monitors::columns() const {
  std::vector<std::string> names;
  for (const Step &step : steps) {
    for (const Value &value : step.values) {
      names.push_back(value.column);
    }
  }
  return names;
}

/// Throws Failure 2 where an optimiser was given what it cannot take (R-opt-1).
void Monitors::checkRates(int64_t entry, uint64_t step) const {
  for (const EntrySpec::Rate &rate : machine.manifest.entries[entry].rates) {
    const double got = machine.number(rate.offset);
    if (!(got >= 0) || (rate.high && !(got < *rate.high))) {
      fail(ExitUsage, "step {}: `{}` is {}, but must be at least 0{}", step,
           printable(rate.name), got,
           rate.high ? fmt::format(" and less than {}", *rate.high) : "");
    }
  }
}

void Monitors::observe(int64_t entry, uint64_t step) {
  checkRates(entry, step);
  bool finite = true;
  for (Value &value : steps[entry].values) {
    const double got = machine.number(value.offset);
    finite &= std::isfinite(got);
    value.last = value.isNorm ? std::sqrt(got) : got;
    value.sum += value.last;
    if (value.latest >= 0) {
      latestLosses[value.latest].value = got;
    }
  }
  ++steps[entry].count;
  if (!finite) {
    complain(entry, step);
  }
}

void Monitors::complain(int64_t entry, uint64_t step) const {
  std::vector<std::string> losses, networks, trained;
  for (const Value &value : steps[entry].values) {
    const double got = machine.number(value.offset);
    if (value.isNorm) {
      trained.push_back(printable(value.name));
    }
    if (!std::isfinite(got)) {
      (value.isNorm ? networks : losses)
          .push_back(fmt::format("{} ({})", printable(value.name), got));
    }
  }
  std::string what;
  if (!losses.empty()) {
    what = fmt::format("loss {}", fmt::join(losses, ", "));
  }
  if (!networks.empty()) {
    what += fmt::format("{}the gradient of {}, as a sum of squares",
                        what.empty() ? "" : " and ", fmt::join(networks, ", "));
  }
  fail(ExitNotFinite, "step {}: `{}`{} gives what is not finite: {}", step,
       printable(machine.manifest.entries[entry].name),
       trained.empty()
           ? ""
           : fmt::format(", which trains {},", fmt::join(trained, ", ")),
       what);
}

double Monitors::lastNorm(int64_t entry, const std::string &network) const {
  for (const Value &value : steps[entry].values) {
    if (value.isNorm && value.name == network) {
      return value.last;
    }
  }
  return 0;
}

bool Monitors::isOpen() const {
  return std::any_of(steps.begin(), steps.end(),
                     [](const Step &step) { return step.count > 0; });
}

std::map<std::string, double> Monitors::means() const {
  std::map<std::string, double> result;
  for (const Step &step : steps) {
    for (const Value &value : step.values) {
      if (step.count > 0) {
        result[value.column] = value.sum / double(step.count);
      }
    }
  }
  return result;
}

void Monitors::restart() {
  for (Step &step : steps) {
    step.count = 0;
    for (Value &value : step.values) {
      value.sum = 0;
    }
  }
}

void Monitors::store(RunState &run) const {
  for (size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].values.empty()) {
      continue;
    }
    run.counters["window." + machine.manifest.entries[i].name] = steps[i].count;
    for (const Value &value : steps[i].values) {
      run.counters["window.bits." + value.column] =
          std::bit_cast<uint64_t>(value.sum);
    }
  }
}

void Monitors::restore(const RunState &run) {
  for (size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].values.empty()) {
      continue;
    }
    steps[i].count =
        counterOf(run, "window." + machine.manifest.entries[i].name);
    for (Value &value : steps[i].values) {
      value.sum =
          std::bit_cast<double>(counterOf(run, "window.bits." + value.column));
    }
  }
}

} // namespace gmc::runtime
