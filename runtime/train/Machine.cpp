//===- Machine.cpp - a compiled model, ready to run -----------------------===//
//
// Builds the frame of gmAbi.h for each execution.
//
//===----------------------------------------------------------------------===//
#include "runtime/train/Machine.h"

#include "runtime/core/Status.h"
#include "runtime/cpu/CpuFeatures.h"

#include <cmath>
#include <cstring>
#include <limits>

namespace gmc::runtime {

/// Returns `manifest` after checking that the processor has what it needs: this
/// stands first in the constructor, before any region or thread.
static const Manifest &checkProcessor(const Manifest &manifest) {
  const std::vector<std::string> missing =
      missingCpuFeatures(manifest.features);
  if (!missing.empty()) {
    fail(ExitDevice,
         "this program was compiled for the processor `{}` and needs {}, "
         "which this one ({}) does not have; compile {} on this machine, or "
         "with --mcpu for it",
         printable(manifest.cpu), fmt::join(missing, ", "),
         printable(cpuName()), printable(manifest.source));
  }
  return manifest;
}

Machine::Machine(const Manifest &manifest, const CompiledModel &model,
                 unsigned threads)
    : manifest(checkProcessor(manifest)), state(manifest.stateBytes),
      arena(manifest.arenaBytes), pool(threads), model(model) {
  for (const ScalarSpec &scalar : manifest.scalars) {
    scalars.push_back(scalar.value);
  }
}

void Machine::run(GmEntry entry, uint64_t execution) {
  const uint32_t key[4] = {uint32_t(seed), uint32_t(seed >> 32),
                           uint32_t(execution), uint32_t(execution >> 32)};
  GmFrame frame{};
  frame.state = state.data();
  frame.arena = arena.data();
  frame.scalars = scalars.data();
  frame.key = key;
  pool.run(entry, frame);
}

void Machine::runEntry(int64_t index, uint64_t execution) {
  run(model.entries[index], execution);
}

void Machine::checkLimits(int64_t index, uint64_t step) const {
  const EntrySpec &entry = manifest.entries[index];
  for (const EntrySpec::Limit &limit : entry.limits) {
    const double got = number(limit.offset);
    if (!limit.limits.hold(got)) {
      fail(ExitUsage, "{}: {} is {}, but must be {}",
           step > 0 ? fmt::format("step {}", step) : printable(entry.name),
           printable(limit.name), got, spellingOf(limit.limits));
    }
  }
}

void Machine::runKernel(int64_t index) { run(model.kernels[index], 0); }

/// The sign of a NaN or of a zero means nothing to readers of `-nan` and `-0`.
static double withoutIdleSign(double number) {
  return std::isnan(number) ? std::numeric_limits<double>::quiet_NaN()
                            : number + 0.0;
}

double Machine::number(int64_t offset) const {
  return dispatch(manifest.type, [&](auto zero) {
    std::memcpy(&zero, arena.data() + offset, sizeof zero);
    return withoutIdleSign(double(zero));
  });
}

double Machine::wideNumber(int64_t offset) const {
  double number = 0;
  std::memcpy(&number, arena.data() + offset, sizeof number);
  return withoutIdleSign(number);
}

void Machine::setNumber(int64_t offset, double value) {
  dispatch(manifest.type, [&](auto typed) {
    typed = static_cast<decltype(typed)>(value);
    std::memcpy(arena.data() + offset, &typed, sizeof typed);
  });
}

} // namespace gmc::runtime
