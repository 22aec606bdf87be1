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
#include <limits>

namespace gmc::runtime {

Monitors::Monitors(const Machine &machine)
    : machine(machine), readings(machine.plan.entries.size()) {
  largestRoot = dispatch(machine.plan.type, [](auto zero) {
    return std::sqrt(double(std::numeric_limits<decltype(zero)>::max()));
  });
  for (size_t i = 0; i < readings.size(); ++i) {
    const plan::Entry &entry = machine.plan.entries[i];
    if (entry.kind != plan::Entry::Kind::Step) {
      continue;
    }
    Reading &reading = readings[i];
    while (reading.step < steps.size() &&
           steps[reading.step].name != entry.step) {
      ++reading.step;
    }
    if (reading.step == steps.size()) {
      addStep(entry);
    }
    std::vector<std::string> names;
    for (const plan::Slot &slot : entry.monitors) {
      reading.slots.push_back(&slot);
      names.push_back(slot.name);
    }
    for (const plan::Slot &norm : entry.norms) {
      reading.slots.push_back(&norm);
      names.push_back(norm.name);
    }
    const std::vector<Value> &values = steps[reading.step].values;
    if (!std::equal(names.begin(), names.end(), values.begin(), values.end(),
                    [](const std::string &name, const Value &value) {
                      return name == value.name;
                    })) {
      fail(ExitInternal, "`{}` and `{}` say other things of themselves",
           printable(entry.step), printable(entry.name));
    }
  }
}

/// Adds the step that `entry` is, with its columns.
void Monitors::addStep(const plan::Entry &entry) {
  Step &step = steps.emplace_back();
  step.name = entry.step;
  for (const plan::Slot &slot : entry.monitors) {
    step.values.push_back({false, entry.step + "." + slot.name, slot.name,
                           int(latestLosses.size())});
    latestLosses.push_back(
        {entry.step.c_str(), slot.name.c_str(), std::nan("")});
  }
  for (const plan::Slot &norm : entry.norms) {
    step.values.push_back(
        {true, entry.step + ".gradient." + norm.name, norm.name, -1});
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

void Monitors::observe(int64_t entry, uint64_t step) {
  machine.checkLimits(entry, step);
  bool finite = true;
  Step &ran = steps[readings[entry].step];
  for (size_t i = 0; i < ran.values.size(); ++i) {
    Value &value = ran.values[i];
    const double got = number(entry, i);
    finite &= std::isfinite(got);
    overflow |= value.isNorm && got > largestRoot;
    value.last = got;
    value.sum += value.last;
    if (value.latest >= 0) {
      latestLosses[value.latest].value = value.sum / double(ran.count + 1);
    }
  }
  ++ran.count;
  if (!finite) {
    complain(entry, step);
  }
}

void Monitors::complain(int64_t entry, uint64_t step) const {
  std::vector<std::string> losses, networks, trained;
  const std::vector<Value> &values = steps[readings[entry].step].values;
  for (size_t i = 0; i < values.size(); ++i) {
    const Value &value = values[i];
    const double got = number(entry, i);
    if (value.isNorm) {
      trained.push_back(printable(value.name));
    }
    if (!std::isfinite(got)) {
      (value.isNorm ? networks : losses)
          .push_back(fmt::format("{} ({})", printable(value.name), got));
    }
  }
  std::string what = fmt::format("{}", fmt::join(losses, ", "));
  if (!networks.empty()) {
    what += fmt::format("{}the gradient of {}", what.empty() ? "" : " and ",
                        fmt::join(networks, ", "));
  }
  fail(ExitNotFinite, "step {}: `{}`{} gives what is not finite: {}", step,
       printable(machine.plan.entries[entry].name),
       trained.empty()
           ? ""
           : fmt::format(", which trains {},", fmt::join(trained, ", ")),
       what);
}

double Monitors::lastNorm(int64_t entry, const std::string &network) const {
  for (const Value &value : steps[readings[entry].step].values) {
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
  for (const Step &step : steps) {
    if (step.values.empty()) {
      continue;
    }
    run.counters["window." + step.name] = step.count;
    for (const Value &value : step.values) {
      run.counters["window.bits." + value.column] =
          std::bit_cast<uint64_t>(value.sum);
    }
  }
}

void Monitors::restore(const RunState &run) {
  for (Step &step : steps) {
    if (step.values.empty()) {
      continue;
    }
    step.count = counterOf(run, "window." + step.name);
    for (Value &value : step.values) {
      value.sum =
          std::bit_cast<double>(counterOf(run, "window.bits." + value.column));
    }
  }
}

} // namespace gmc::runtime
