//===- ThreadPool.h - The threads that run a step ---------------*- C++ -*-===//
//
// One pool lives as long as the program. A step wakes it once; inside a step
// the threads meet at `gmBarrier`. Which thread does what is fixed by its
// number, so the pool never decides about results.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_CPU_THREADPOOL_H
#define GMC_RUNTIME_CPU_THREADPOOL_H

#include "runtime/abi/gmAbi.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

namespace gmc::runtime {

/// Where the threads of a pool meet: the last one to come turns the sense and
/// lets the others go. Waiting spins for some tens of microseconds, then
/// sleeps in the kernel.
class Barrier {
public:
  /// For `count` >= 1 threads; `spin` false sleeps at once, for pools larger
  /// than the machine.
  Barrier(uint32_t count, bool spin) : count(count), spin(spin) {}
  void wait();

private:
  const uint32_t count;
  const bool spin;
  alignas(64) std::atomic<uint32_t> arrived{0};
  alignas(64) std::atomic<uint32_t> sense{0};
};

/// A fixed team of threads, the caller of `run` being number 0.
class ThreadPool {
public:
  /// The most threads a pool will have.
  static constexpr unsigned maxThreads = 256;
  /// The cores this process may run on, by its affinity; at least 1.
  static std::vector<int> allowedCores();
  /// The number of threads used when none is asked for.
  static unsigned defaultThreads();

  /// Starts `threads` - 1 threads (0 asks for the default); where the system
  /// refuses one, the pool is smaller and `size()` tells.
  explicit ThreadPool(unsigned threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool &) = delete;
  ThreadPool &operator=(const ThreadPool &) = delete;

  unsigned size() const { return unsigned(workers.size()) + 1; }
  /// Calls `entry` once on every thread, with `frame` completed by number and
  /// size of the pool, and returns when all have returned. Denormals count as
  /// zero inside. Allocates nothing.
  void run(GmEntry entry, const GmFrame &frame);
  /// Waits for every thread of the pool; only inside an entry.
  void meet() { barrier->wait(); }

private:
  void work(unsigned number);
  void call(unsigned number);

  std::vector<std::thread> workers;
  std::unique_ptr<Barrier> barrier;
  bool spin = true;
  std::atomic<uint32_t> known{0}; ///< workers + 1, once all have been started
  GmEntry entry = nullptr;
  GmFrame frame{};
  bool stopping = false;
  alignas(64) std::atomic<uint32_t> ticket{0};
};

} // namespace gmc::runtime

#endif // GMC_RUNTIME_CPU_THREADPOOL_H
