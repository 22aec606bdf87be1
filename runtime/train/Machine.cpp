//===- Machine.cpp - a compiled model, ready to run -----------------------===//
//
// Builds the frame of gmAbi.h for each execution.
//
//===----------------------------------------------------------------------===//
#include "runtime/train/Machine.h"

#include "runtime/core/Status.h"
#include "runtime/cpu/CpuFeatures.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace gmc::runtime {

/// Returns `model` after checking that the processor has what it needs: this
/// comes first in the constructor, before any region or thread.
static const Model &checkProcessor(const Model &model) {
  const std::vector<std::string> missing =
      missingCpuFeatures(model.artifact.features);
  if (!missing.empty()) {
    fail(ExitDevice,
         "this program was compiled for the processor `{}` and needs {}, "
         "which this one ({}) does not have; compile {} on this machine, or "
         "with --mcpu for it",
         printable(model.artifact.processor), fmt::join(missing, ", "),
         printable(cpuName()), printable(model.plan.source));
  }
  return model;
}

Machine::Machine(const Model &model, unsigned threads)
    : plan(checkProcessor(model).plan), artifact(model.artifact), pool(threads),
      model(model), stateRegion(artifact.stateBytes),
      arenaRegion(artifact.arenaBytes) {
  for (const plan::Scalar &scalar : plan.scalars) {
    scalars.push_back(scalar.value);
  }
}

void Machine::run(GmEntry entry, uint64_t execution) {
  const uint32_t key[4] = {uint32_t(seed), uint32_t(seed >> 32),
                           uint32_t(execution), uint32_t(execution >> 32)};
  GmFrame frame{};
  frame.state = stateRegion.data();
  frame.arena = arenaRegion.data();
  frame.scalars = scalars.data();
  frame.key = key;
  pool.run(entry, frame);
}

void Machine::runEntry(int64_t index, uint64_t execution) {
  run(model.entries[index], execution);
}

void Machine::checkLimits(int64_t index, uint64_t step) const {
  const plan::Entry &entry = plan.entries[index];
  for (const plan::LimitedSlot &limit : entry.limits) {
    const double got = number(limit.slot);
    if (!limit.limits.hold(got)) {
      fail(ExitUsage, "{}: {} is {}, but must be {}",
           step > 0 ? fmt::format("step {}", step) : printable(entry.name),
           printable(limit.slot.name), got, spellingOf(limit.limits));
    }
  }
}

void Machine::runKernel(int64_t index) { run(model.kernels[index], 0); }

/// The sign of a NaN or of a zero means nothing to readers of `-nan` and `-0`.
static double withoutIdleSign(double number) {
  return std::isnan(number) ? std::numeric_limits<double>::quiet_NaN()
                            : number + 0.0;
}

double Machine::number(const plan::Slot &slot, int64_t index) const {
  return dispatch(plan.type, [&](auto zero) {
    std::memcpy(&zero, place(slot) + index * int64_t(sizeof zero), sizeof zero);
    return withoutIdleSign(double(zero));
  });
}

double Machine::norm(const plan::Slot &slot) const {
  double number = 0;
  std::memcpy(&number, place(slot), sizeof number);
  return withoutIdleSign(number);
}

void Machine::setNumber(const plan::Slot &slot, int64_t index, double value) {
  dispatch(plan.type, [&](auto typed) {
    typed = static_cast<decltype(typed)>(value);
    std::memcpy(place(slot) + index * int64_t(sizeof typed), &typed,
                sizeof typed);
  });
}

void Machine::write(const plan::Slot &slot, std::span<const std::byte> numbers,
                    int64_t first) {
  std::ranges::copy(numbers,
                    reinterpret_cast<std::byte *>(place(slot)) + first);
}

void Machine::read(const plan::Slot &slot, std::span<std::byte> numbers) const {
  std::copy_n(reinterpret_cast<const std::byte *>(place(slot)), numbers.size(),
              numbers.begin());
}

} // namespace gmc::runtime
