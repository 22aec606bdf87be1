// Trainers as processes: signals, kills, two in one folder, outputs that nobody
// reads.
#include "tests/runtime/train/RunHelpers.h"

#include <gtest/gtest.h>

#include <csignal>
#include <fcntl.h>
#include <random>
#include <thread>
#include <unistd.h>

using namespace gmc::runtime::fake;

namespace {

class Signals : public testing::Test {
protected:
  Signals() { writeData(folder.path / "data", 203, 21); }

  /// Three epochs of 38 rounds of 2 steps; each naps.
  Words train(const std::string &run, int microseconds) {
    return {"train",
            "--data",
            folder / "data",
            "--out",
            folder / run,
            "--set",
            "nap=" + std::to_string(microseconds),
            "--save-every",
            "3"};
  }
  std::filesystem::path checkpoint(const std::string &run) {
    return folder.path / run / "checkpoint.safetensors";
  }
  void expectSame(const std::string &run, const std::string &whole) {
    EXPECT_EQ(readText(checkpoint(run)), readText(checkpoint(whole)));
    EXPECT_EQ(rowsOf(folder.path / run), rowsOf(folder.path / whole));
  }
  static void sleepFor(unsigned milliseconds) {
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
  }

  TemporaryFolder folder;
};

// T6
TEST_F(Signals, firstOneSavesAndStops) {
  ASSERT_EQ(Process(train("whole", 1000)).wait(), 0);
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) {
    const std::string run = "r" + std::to_string(signal);
    Process process(train(run, 1000));
    ASSERT_TRUE(waitFor(checkpoint(run)));
    process.send(signal);
    EXPECT_EQ(process.wait(), 128 + signal);
    EXPECT_EQ(Process({"resume", "--out", folder / run}).wait(), 0);
    expectSame(run, "whole");
  }
}

TEST_F(Signals, secondOneStopsAtOnce) {
  Process process(train("r", 3000000)); // a step naps for 3 s
  ASSERT_TRUE(waitFor(folder.path / "r" / "metrics.csv"));
  sleepFor(100);
  const auto start = std::chrono::steady_clock::now();
  process.send(SIGTERM);
  sleepFor(50);
  process.send(SIGTERM);
  EXPECT_EQ(process.wait(), 128 + SIGTERM);
  EXPECT_LT(std::chrono::steady_clock::now() - start,
            std::chrono::milliseconds(1500));
  EXPECT_FALSE(std::filesystem::exists(checkpoint("r")));
}

TEST_F(Signals, killedRunResumesToTheSameBytes) {
  ASSERT_EQ(Process(train("whole", 1000)).wait(), 0);
  std::mt19937 random(1);
  for (int turn = 0; turn < 5; ++turn) {
    const std::string run = "r" + std::to_string(turn);
    Process process(train(run, 1000));
    ASSERT_TRUE(waitFor(checkpoint(run)));
    sleepFor(random() % 60);
    process.send(SIGKILL);
    EXPECT_EQ(process.wait(), 128 + SIGKILL);
    EXPECT_EQ(Process({"resume", "--out", folder / run}).wait(), 0);
    expectSame(run, "whole");
  }
}

// T18
TEST_F(Signals, secondTrainerIsRefused) {
  // Longer than the others take to start, however busy the machine is.
  Process first(train("r", 300000)); // half a minute
  ASSERT_TRUE(waitFor(checkpoint("r")));
  Words again = train("r", 0);
  again.push_back("--overwrite");
  EXPECT_EQ(Process(again).wait(), 5);
  EXPECT_EQ(Process({"resume", "--out", folder / "r"}).wait(), 5);
  first.send(SIGTERM);
  EXPECT_EQ(first.wait(), 128 + SIGTERM);
  EXPECT_EQ(Process(again).wait(), 0);
}

// T8: training does not depend on who listens.
TEST_F(Signals, outputsThatNobodyReadsDoNoHarm) {
  ASSERT_EQ(Process(train("whole", 0)).wait(), 0);
  const auto closeAll = [] {
    close(0);
    close(1);
    close(2);
  };
  ASSERT_EQ(Process(train("closed", 0), {}, closeAll).wait(), 0);
  expectSame("closed", "whole");
  const auto breakPipe = [] {
    int ends[2];
    if (pipe(ends) == 0) {
      close(ends[0]);
      dup2(ends[1], 1);
      dup2(ends[1], 2);
    }
  };
  ASSERT_EQ(Process(train("broken", 0), {}, breakPipe).wait(), 0);
  expectSame("broken", "whole");
  const auto fill = [] {
    const int full = open("/dev/full", O_WRONLY);
    dup2(full, 1);
  };
  ASSERT_EQ(Process(train("full", 0), {}, fill).wait(), 0);
  expectSame("full", "whole");
  EXPECT_EQ(Process({"eval", "--out", folder / "full"}, {}, fill).wait(), 5);
}

// Steps, batches, values and the progress display allocate nothing: 90 rounds
// cost as many calls of malloc as 20.
TEST_F(Signals, stepsAllocateNothing) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "the sanitizer has its own malloc";
#endif
  writeData(folder.path / "large", 2000, 21); // 125 rounds an epoch
  const auto count = [&](const char *steps) {
    const std::string file = folder / (std::string("count") + steps);
    Process process(
        {"train", "--data", folder / "large", "--out",
         folder / (std::string("r") + steps), "--steps", steps},
        {"LD_PRELOAD=" GMC_COUNT_ALLOCATIONS, "GMC_ALLOCATIONS=" + file});
    EXPECT_EQ(process.wait(), 0);
    return std::stol(readText(file));
  };
  const long few = count("20"), many = count("90");
  EXPECT_GT(few, 100); // it does count
  EXPECT_EQ(few, many);
}

} // namespace
