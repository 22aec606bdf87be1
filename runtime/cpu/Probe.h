//===- Probe.h - What this machine reaches at best --------------*- C++ -*-===//
//
// Two measurements that `bench` sets its figures against, taken in the same
// run because machines, and one machine from minute to minute, differ.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_CPU_PROBE_H
#define GMC_RUNTIME_CPU_PROBE_H

#include <optional>
#include <string>

namespace gmc::runtime {

/// The best rate of fused multiply-adds of one core.
struct PeakProbe {
  double gigaflops = 0;     ///< 1e9 operations a second, two a multiply-add
  std::string instructions; ///< "AVX-512", "AVX2" or "SSE2"
};

/// Measures the peak of the core this thread runs on, in about 100 ms; the
/// best of several rounds. `doubles` asks for f64 instead of f32.
PeakProbe probePeak(bool doubles = false);

/// Nanoseconds that a cache line takes from one core to another, one way, for
/// the first two allowed cores; nothing where there is only one. Under about
/// 100 ns they share a last-level cache.
std::optional<double> probeCoreDistance();

/// The distance below which two cores share a last-level cache.
constexpr double sharedCacheNanoseconds = 130;

} // namespace gmc::runtime

#endif // GMC_RUNTIME_CPU_PROBE_H
