//===- ThreadPool.cpp - The threads that run a step -----------------------===//
//
// Waiting is the only cost of a pool. A step of a small model takes 300 us and
// meets a dozen times, so a thread spins first (a meeting then costs a cache
// line's way between cores) and sleeps only after a time in which the operating
// system has evidently given a core to somebody else.
//
//===----------------------------------------------------------------------===//
#include "runtime/cpu/ThreadPool.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <immintrin.h>
#include <pthread.h>
#include <sched.h>
#include <system_error>

namespace gmc::runtime {

static constexpr std::chrono::microseconds spinTime{40};

/// Returns when `word` differs from `old`.
static void awaitChange(const std::atomic<uint32_t> &word, uint32_t old,
                        bool spin) {
  if (spin) {
    const auto start = std::chrono::steady_clock::now();
    do {
      for (int i = 0; i < 64; ++i) {
        if (word.load(std::memory_order_acquire) != old) {
          return;
        }
        _mm_pause();
      }
    } while (std::chrono::steady_clock::now() - start < spinTime);
  }
  while (word.load(std::memory_order_acquire) == old) {
    word.wait(old, std::memory_order_acquire); // a futex
  }
}

void Barrier::wait() {
  if (count == 1) {
    return;
  }
  // Read before arriving: the sense cannot turn until this thread has come.
  const uint32_t mine = sense.load(std::memory_order_relaxed);
  if (arrived.fetch_add(1, std::memory_order_acq_rel) + 1 == count) {
    arrived.store(0, std::memory_order_relaxed);
    sense.store(mine + 1, std::memory_order_release);
    sense.notify_all();
    return;
  }
  awaitChange(sense, mine, spin);
}

namespace {

/// Treats denormals as zero while it lives: they would make a step ten times
/// slower and every thread must round alike.
class FlushDenormals {
public:
  FlushDenormals() : saved(_mm_getcsr()) {
    _mm_setcsr(saved | flushToZero | denormalsAreZero);
  }
  ~FlushDenormals() { _mm_setcsr(saved); }

private:
  static constexpr unsigned flushToZero = 0x8000, denormalsAreZero = 0x0040;
  unsigned saved;
};

} // namespace

std::vector<int> ThreadPool::allowedCores() {
  std::vector<int> cores;
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) {
    for (int core = 0; core < CPU_SETSIZE; ++core) {
      if (CPU_ISSET(core, &set)) {
        cores.push_back(core);
      }
    }
  }
  if (cores.empty()) {
    cores.push_back(0);
  }
  return cores;
}

unsigned ThreadPool::defaultThreads() {
  return unsigned(std::min<size_t>(allowedCores().size(), 64));
}

/// Keeps `thread` on `core`. A refusal is harmless.
static void pin(std::thread &thread, int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  (void)pthread_setaffinity_np(thread.native_handle(), sizeof set, &set);
}

ThreadPool::ThreadPool(unsigned threads) {
  const std::vector<int> cores = allowedCores();
  unsigned wanted = threads == 0 ? defaultThreads() : threads;
  wanted = std::clamp(wanted, 1u, maxThreads);
  spin = wanted <= cores.size();
  workers.reserve(wanted - 1);
  // Signals are for the caller's thread, which knows what to save.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  for (unsigned number = 1; number < wanted; ++number) {
    try {
      workers.emplace_back([this, number] { work(number); });
    } catch (const std::system_error &) {
      break; // the system has no more threads: go on with these
    }
    // Only a pool that takes every core is pinned: two small trainers on one
    // machine would otherwise sit on the same core. The caller's thread stays
    // free, because threads that it starts later would inherit its place.
    if (wanted == cores.size()) {
      pin(workers.back(), cores[number]);
    }
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  barrier = std::make_unique<Barrier>(size(), spin);
  known.store(size(), std::memory_order_release);
  known.notify_all();
}

ThreadPool::~ThreadPool() {
  stopping = true;
  ticket.fetch_add(1, std::memory_order_release);
  ticket.notify_all();
  for (std::thread &worker : workers) {
    worker.join();
  }
}

void ThreadPool::call(unsigned number) {
  GmFrame mine = frame;
  mine.thread = number;
  mine.threads = size();
  mine.pool = this;
  entry(&mine);
}

void ThreadPool::run(GmEntry newEntry, const GmFrame &newFrame) {
  const FlushDenormals flush;
  entry = newEntry;
  frame = newFrame;
  if (workers.empty()) {
    call(0);
    return;
  }
  ticket.fetch_add(1, std::memory_order_release);
  ticket.notify_all();
  call(0);
  barrier->wait();
}

void ThreadPool::work(unsigned number) {
  known.wait(0, std::memory_order_acquire);
  const FlushDenormals flush;
  for (uint32_t seen = 0;; ++seen) {
    awaitChange(ticket, seen, spin);
    if (stopping) {
      return;
    }
    call(number);
    barrier->wait();
  }
}

} // namespace gmc::runtime

extern "C" void gmBarrier(const GmFrame *frame) {
  static_cast<gmc::runtime::ThreadPool *>(frame->pool)->meet();
}
