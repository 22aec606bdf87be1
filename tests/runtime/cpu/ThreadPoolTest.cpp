// The pool runs an entry once on every thread, its barrier lets nobody through
// early, and denormals are zero on every thread.
#include "runtime/cpu/ThreadPool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <limits>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

using namespace gmc::runtime;

namespace {

constexpr int meetings = 2000;

struct Board {
  std::atomic<int64_t> calls{0};
  std::atomic<int64_t> numbers{0}; ///< sum of thread numbers
  std::atomic<int64_t> early{0};   ///< seen somebody who had not arrived
  std::atomic<int64_t> denormals{0};
  std::vector<std::atomic<int>> phase = std::vector<std::atomic<int>>(256);
};

Board &boardOf(const GmFrame *frame) {
  return *reinterpret_cast<Board *>(frame->state);
}

void countEntry(const GmFrame *frame) {
  Board &board = boardOf(frame);
  board.calls += 1;
  board.numbers += frame->thread;
  volatile float tiny = std::numeric_limits<float>::min();
  volatile float half = tiny * 0.5f;
  board.denormals += half != 0.0f;
}

/// Every thread writes its phase, meets the others, and looks at them.
void meetEntry(const GmFrame *frame) {
  Board &board = boardOf(frame);
  for (int turn = 1; turn <= meetings; ++turn) {
    board.phase[frame->thread].store(turn, std::memory_order_relaxed);
    gmBarrier(frame);
    for (int64_t other = 0; other < frame->threads; ++other) {
      const int seen = board.phase[other].load(std::memory_order_relaxed);
      board.early += seen != turn;
    }
    gmBarrier(frame);
  }
}

GmFrame frameOf(Board &board) {
  GmFrame frame{};
  frame.state = reinterpret_cast<char *>(&board);
  return frame;
}

class PoolOf : public testing::TestWithParam<unsigned> {};

TEST_P(PoolOf, callsEveryThreadOnce) {
  ThreadPool pool(GetParam());
  ASSERT_EQ(pool.size(), GetParam());
  Board board;
  for (int turn = 0; turn < 200; ++turn) {
    pool.run(countEntry, frameOf(board));
  }
  const int64_t threads = GetParam();
  EXPECT_EQ(board.calls, 200 * threads);
  EXPECT_EQ(board.numbers, 200 * threads * (threads - 1) / 2);
  EXPECT_EQ(board.denormals, 0);
}

TEST_P(PoolOf, barrierLetsNobodyThroughEarly) {
  ThreadPool pool(GetParam());
  Board board;
  pool.run(meetEntry, frameOf(board));
  EXPECT_EQ(board.early, 0);
  EXPECT_EQ(board.phase[GetParam() - 1], meetings);
}

INSTANTIATE_TEST_SUITE_P(Sizes, PoolOf, testing::Values(1u, 2u, 3u, 4u, 7u));

TEST(ThreadPool, sizeIsWithinItsLimits) {
  EXPECT_EQ(ThreadPool(0).size(), ThreadPool::defaultThreads());
  EXPECT_GE(ThreadPool::defaultThreads(), 1u);
  ThreadPool large(1000);
  EXPECT_LE(large.size(), ThreadPool::maxThreads);
  Board board;
  large.run(countEntry, frameOf(board));
  EXPECT_EQ(board.calls, large.size());
}

TEST(ThreadPool, callerKeepsItsDenormals) {
  ThreadPool pool(2);
  Board board;
  pool.run(countEntry, frameOf(board));
  volatile float tiny = std::numeric_limits<float>::min();
  volatile float half = tiny * 0.5f;
  EXPECT_NE(half, 0.0f);
}

[[noreturn]] void useSmallPool() {
  const rlimit limit{rlim_t(600) << 20, rlim_t(600) << 20};
  setrlimit(RLIMIT_AS, &limit);
  ThreadPool pool(200);
  Board board;
  pool.run(countEntry, frameOf(board));
  const bool whole = board.calls == int64_t(pool.size());
  _exit(pool.size() < 200 && whole ? 0 : 1);
}

// RLIMIT_AS leaves no room for the stacks of many threads, whoever runs this
// (a limit on their number does not hold for root).
TEST(ThreadPool, isSmallerWhereTheSystemRefusesThreads) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "the sanitizer's shadow is larger than the limit";
#endif
  EXPECT_EXIT(useSmallPool(), testing::ExitedWithCode(0), "");
}

} // namespace
