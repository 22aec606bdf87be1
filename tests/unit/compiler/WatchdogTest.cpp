//===- WatchdogTest.cpp - long compilations say where they are ------------===//
#include "compiler/Driver/Watchdog.h"

#include <gtest/gtest.h>

#include <unistd.h>
#include <vector>

using namespace gmc::driver;

namespace {

/// No bound that a test meets.
constexpr double unbounded = 1e15;
constexpr int64_t never = 1'000'000;

void wait(int milliseconds) { usleep(milliseconds * 1000); }

/// What is watched in all tests: line 7 in phase codegen.
struct Watched {
  Whereabouts where;
  Watched() {
    where.enter("codegen");
    where.line = 7;
  }
};

TEST(WatchdogTest, endsWhereMemoryRunsOut) {
  EXPECT_EXIT(
      {
        Watched watched;
        Watchdog watchdog(watched.where, {never, 1e6});
        wait(20'000);
      },
      testing::ExitedWithCode(1),
      "gmc: more than the 0.001 GB of memory that --max-memory allows, in "
      "phase `codegen`, line 7 of the text\n");
}

TEST(WatchdogTest, saysWhereALongCompilationIs) {
  EXPECT_EXIT(
      {
        Watched watched;
        {
          Watchdog watchdog(watched.where, {20, unbounded});
          wait(100);
          watched.where.enter("object");
          wait(1'000);
        }
        _exit(0);
      },
      testing::ExitedWithCode(0),
      "gmc: still at work after 0 s, in phase `codegen`, line 7 of the text\n"
      "(.*\n)*.*in phase `object`\n");
}

TEST(WatchdogTest, isSilentOtherwise) {
  EXPECT_EXIT(
      {
        Watched watched;
        { Watchdog watchdog(watched.where, {never, unbounded}); }
        wait(50);
        _exit(0);
      },
      testing::ExitedWithCode(0), "^$");
}

TEST(WatchdogTest, letsFilesBeWritten) {
  EXPECT_EXIT(
      {
        Watched watched;
        Watchdog watchdog(watched.where, {never, 4e8});
        watchdog.keepRunning();
        std::vector<char> large(420'000'000, 1);
        wait(200);
        _exit(large.back() - 1);
      },
      testing::ExitedWithCode(0), "^$");
}

} // namespace
