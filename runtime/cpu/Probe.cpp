//===- Probe.cpp - What this machine reaches at best ----------------------===//
//
// Peak: independent chains of multiply-adds held in registers, enough of them
// to cover latency times width (4 cycles x 2 units x 1 = 8; 16 are run). The
// chains are a template over the vector type; `asm volatile` with a register
// operand keeps each one in its register.
// Distance: two pinned threads hand a counter back and forth.
//
//===----------------------------------------------------------------------===//
#include "runtime/cpu/Probe.h"

#include "runtime/cpu/CpuFeatures.h"
#include "runtime/cpu/ThreadPool.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <immintrin.h>
#include <pthread.h>
#include <sched.h>
#include <system_error>
#include <thread>

namespace gmc::runtime {

using Clock = std::chrono::steady_clock;

static double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// One chain of `a = a * x + y`. Separate variables, not an array: g++ 12 keeps
// an array in memory and halves the figure. KEEP is the register class.
#define GMC_CHAIN(FMA, KEEP, a)                                                \
  a = FMA(a, x, y);                                                            \
  asm volatile("" : KEEP(a))
#define GMC_CHAINS(FMA, KEEP)                                                  \
  GMC_CHAIN(FMA, KEEP, a0);                                                    \
  GMC_CHAIN(FMA, KEEP, a1);                                                    \
  GMC_CHAIN(FMA, KEEP, a2);                                                    \
  GMC_CHAIN(FMA, KEEP, a3);                                                    \
  GMC_CHAIN(FMA, KEEP, a4);                                                    \
  GMC_CHAIN(FMA, KEEP, a5);                                                    \
  GMC_CHAIN(FMA, KEEP, a6);                                                    \
  GMC_CHAIN(FMA, KEEP, a7);                                                    \
  GMC_CHAIN(FMA, KEEP, a8);                                                    \
  GMC_CHAIN(FMA, KEEP, a9);                                                    \
  GMC_CHAIN(FMA, KEEP, a10);                                                   \
  GMC_CHAIN(FMA, KEEP, a11)
// A function NAME(rounds) that returns seconds for rounds x 12 multiply-adds of
// VECTOR; SET makes a vector of one number.
#define GMC_PEAK_LOOP(NAME, TARGET, VECTOR, SET, FMA, KEEP)                    \
  __attribute__((target(TARGET), noinline)) static double NAME(long rounds) {  \
    const VECTOR x = SET(1.0000001), y = SET(1e-9);                            \
    VECTOR a0 = x, a1 = x, a2 = x, a3 = x, a4 = x, a5 = x, a6 = x, a7 = x,     \
           a8 = x, a9 = x, a10 = x, a11 = x;                                   \
    const auto start = Clock::now();                                           \
    for (long round = 0; round < rounds; ++round) {                            \
      GMC_CHAINS(FMA, KEEP);                                                   \
    }                                                                          \
    return secondsSince(start);                                                \
  }
#define GMC_MUL_ADD_PS(a, x, y) _mm_add_ps(_mm_mul_ps(a, x), y)
#define GMC_MUL_ADD_PD(a, x, y) _mm_add_pd(_mm_mul_pd(a, x), y)
GMC_PEAK_LOOP(wideFloats, "avx512f", __m512, _mm512_set1_ps, _mm512_fmadd_ps,
              "+v")
GMC_PEAK_LOOP(wideDoubles, "avx512f", __m512d, _mm512_set1_pd, _mm512_fmadd_pd,
              "+v")
GMC_PEAK_LOOP(floats, "avx2,fma", __m256, _mm256_set1_ps, _mm256_fmadd_ps, "+x")
GMC_PEAK_LOOP(doubles, "avx2,fma", __m256d, _mm256_set1_pd, _mm256_fmadd_pd,
              "+x")
GMC_PEAK_LOOP(narrowFloats, "sse2", __m128, _mm_set1_ps, GMC_MUL_ADD_PS, "+x")
GMC_PEAK_LOOP(narrowDoubles, "sse2", __m128d, _mm_set1_pd, GMC_MUL_ADD_PD, "+x")
#undef GMC_PEAK_LOOP
#undef GMC_CHAINS
#undef GMC_CHAIN

PeakProbe probePeak(bool inDoubles) {
  PeakProbe probe;
  double (*loop)(long) = inDoubles ? narrowDoubles : narrowFloats;
  int lanes = inDoubles ? 2 : 4;
  probe.instructions = "SSE2";
  if (hasCpuFeature("avx512f")) {
    loop = inDoubles ? wideDoubles : wideFloats;
    lanes *= 4;
    probe.instructions = "AVX-512";
  } else if (hasCpuFeature("avx2") && hasCpuFeature("fma")) {
    loop = inDoubles ? doubles : floats;
    lanes *= 2;
    probe.instructions = "AVX2";
  }
  constexpr long rounds = 1000000;
  const double operations = double(rounds) * 12 * 2 * lanes;
  // The first rounds warm the clock up; the best one counts.
  for (int turn = 0; turn < 24; ++turn) {
    probe.gigaflops =
        std::max(probe.gigaflops, operations / loop(rounds) / 1e9);
  }
  return probe;
}

namespace {

struct PingPong {
  alignas(64) std::atomic<long> there{0};
  alignas(64) std::atomic<long> back{0};
};

} // namespace

static bool moveTo(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  return pthread_setaffinity_np(pthread_self(), sizeof set, &set) == 0;
}

/// Waits until `word` holds `value`; a thread that shares its core with the
/// other one gives it away from time to time.
static void awaitValue(const std::atomic<long> &word, long value) {
  for (long turn = 1; word.load(std::memory_order_acquire) != value; ++turn) {
    if (turn % 100000 == 0) {
      sched_yield();
    }
  }
}

static double timeRounds(PingPong &line, long from, long rounds) {
  const auto start = Clock::now();
  for (long i = from + 1; i <= from + rounds; ++i) {
    line.there.store(i, std::memory_order_release);
    awaitValue(line.back, i);
  }
  return secondsSince(start) / double(rounds) / 2 * 1e9;
}

std::optional<double> probeCoreDistance() {
  const std::vector<int> cores = ThreadPool::allowedCores();
  if (cores.size() < 2) {
    return std::nullopt;
  }
  constexpr long rounds = 20000, series = 5;
  cpu_set_t before;
  if (sched_getaffinity(0, sizeof before, &before) != 0) {
    return std::nullopt;
  }
  PingPong line;
  std::thread other;
  try {
    other = std::thread([&line, core = cores[1]] {
      moveTo(core);
      for (long i = 1; i <= rounds * series; ++i) {
        awaitValue(line.there, i);
        line.back.store(i, std::memory_order_release);
      }
    });
  } catch (const std::system_error &) {
    return std::nullopt;
  }
  moveTo(cores[0]);
  double best = timeRounds(line, 0, rounds);
  for (long turn = 1; turn < series; ++turn) {
    best = std::min(best, timeRounds(line, turn * rounds, rounds));
  }
  other.join();
  (void)sched_setaffinity(0, sizeof before, &before);
  return best;
}

} // namespace gmc::runtime
