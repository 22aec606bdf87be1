//===- FilesTest.cpp - atomic files, metrics.csv and the run's folder
//------===//

#include "runtime/io/AtomicFile.h"
#include "runtime/io/Metrics.h"
#include "runtime/io/RunFolder.h"
#include "tests/runtime/core/Expect.h"

#include <nlohmann/json.hpp>

#include <csignal>
#include <optional>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

using namespace gmc::runtime;
using namespace gmc::runtime::test;

TEST(AtomicFile, ReplacesAFileWhole) {
  TemporaryFolder folder;
  writeFileAtomically(folder / "f", "first");
  writeFileAtomically(folder / "f", "second");
  EXPECT_EQ(readFile(folder / "f"), "second");
  EXPECT_EQ(folder.count(), 1);
}

TEST(AtomicFile, WithoutCommitNothingRemains) {
  TemporaryFolder folder;
  writeFileAtomically(folder / "f", "first");
  {
    AtomicFile file(folder / "f");
    file.write("second");
  }
  EXPECT_EQ(readFile(folder / "f"), "first");
  EXPECT_EQ(folder.count(), 1);
}

TEST(AtomicFile, AFullDiskKeepsTheOldFile) {
  TemporaryFolder folder;
  writeFileAtomically(folder / "f", "first");
  // The limit of a file's size stands in for a full disk: EFBIG, as main
  // ignores the signal.
  auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit old{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &old), 0);
  rlimit small{1000, old.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  expectFailure(ExitInputOutput, "cannot be written: File too large", [&] {
    writeFileAtomically(folder / "f", std::string(5000, 'x'));
  });
  setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(readFile(folder / "f"), "first");
  EXPECT_EQ(folder.count(), 1);
}

TEST(AtomicFile, PlacesThatCannotHoldAFileAreNamed) {
  TemporaryFolder folder;
  expectFailure(ExitInputOutput, "cannot be created: No such file",
                [&] { writeFileAtomically(folder / "no/f", "x"); });
  expectFailure(ExitInputOutput, "not a regular file",
                [&] { writeFileAtomically(folder.path, "x"); });
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  expectFailure(ExitInputOutput, "not a regular file",
                [&] { writeFileAtomically(folder / "pipe", "x"); });
}

TEST(Folders, AreMadeWithThoseAboveThem) {
  TemporaryFolder folder;
  for (const char *name : {"a/b/c", "a/b/c", "a/d/", "a/e/../f", "."}) {
    makeFolders(folder / name);
    EXPECT_TRUE(std::filesystem::is_directory(folder / name)) << name;
  }
  writeFile(folder / "file", "x");
  for (const char *name : {"file", "file/a"}) {
    expectFailure(ExitInputOutput, "the folder cannot be made",
                  [&] { makeFolders(folder / name); });
  }
}

TEST(RemoveDurably, TakesWhatIsThere) {
  TemporaryFolder folder;
  writeFile(folder / "file", "x");
  removeDurably(folder / "file");
  EXPECT_FALSE(std::filesystem::exists(folder / "file"));
  removeDurably(folder / "file");
  expectFailure(ExitInputOutput, "cannot be removed",
                [&] { removeDurably(folder.path); });
}

TEST(Metrics, WritesPureCsv) {
  TemporaryFolder folder;
  auto metrics = MetricsFile::create(folder / "m", {"loss", "elbo"});
  EXPECT_TRUE(metrics.append(1, {{"loss", 0.1}}));
  EXPECT_TRUE(metrics.append(2, {{"loss", 1e-300}, {"elbo", -104.25}}));
  EXPECT_EQ(readFile(folder / "m"),
            "step,loss,elbo\n1,0.1,\n2,1e-300,-104.25\n");
}

TEST(Metrics, ResumeCutsLaterAndBrokenRows) {
  TemporaryFolder folder;
  for (auto [text, kept] :
       {std::pair{"step,loss\n1,2\n2,3\n3,4\n", "step,loss\n1,2\n2,3\n"},
        std::pair{"step,loss\n1,2\n2,3\n", "step,loss\n1,2\n2,3\n"},
        std::pair{"step,loss\n1,2\n2,", "step,loss\n1,2\n"},
        std::pair{"step,loss\n", "step,loss\n"}}) {
    writeFile(folder / "m", text);
    auto metrics = MetricsFile::resume(folder / "m", {"loss"}, 2);
    EXPECT_EQ(readFile(folder / "m"), kept);
    EXPECT_TRUE(metrics.append(9, {{"loss", 1}}));
    EXPECT_EQ(readFile(folder / "m"), std::string(kept) + "9,1\n");
  }
}

// T2: rows after a checkpoint are not synced; what is lost of them are zeros.
TEST(Metrics, ResumeCutsWhatALossOfPowerLeft) {
  TemporaryFolder folder;
  const std::string zeros(5, '\0'), kept = "step,loss\n1,2\n2,3\n";
  for (const std::string &lost :
       {zeros, zeros + "\n4,5\n", "2," + zeros + "3\n4,5\n", "2" + zeros,
        "3,4\n" + zeros + "\n"}) {
    writeFile(folder / "m", kept + lost);
    auto metrics = MetricsFile::resume(folder / "m", {"loss"}, 2);
    EXPECT_TRUE(metrics.sync());
    EXPECT_EQ(readFile(folder / "m"), kept);
  }
}

TEST(Metrics, ResumeStartsAnewWhereTheFileIsGone) {
  TemporaryFolder folder;
  MetricsFile::resume(folder / "m", {"loss"}, 2);
  EXPECT_EQ(readFile(folder / "m"), "step,loss\n");
}

TEST(Metrics, ResumeRefusesTheFileOfAnotherRun) {
  TemporaryFolder folder;
  writeFile(folder / "m", "step,elbo\n1,2\n");
  expectFailure(ExitInputOutput, "its header is not that of this run",
                [&] { MetricsFile::resume(folder / "m", {"loss"}, 2); });
  writeFile(folder / "m", "step,loss\n1,2\nfoo\n");
  expectFailure(ExitInputOutput, ":3: the row does not begin with a step",
                [&] { MetricsFile::resume(folder / "m", {"loss"}, 2); });
  EXPECT_EQ(readFile(folder / "m"), "step,loss\n1,2\nfoo\n");
}

TEST(Metrics, AFullDiskLeavesWholeRows) {
  TemporaryFolder folder;
  auto metrics = MetricsFile::create(folder / "m", {"loss"});
  auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit old{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &old), 0);
  rlimit small{18, old.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  bool first = metrics.append(1, {{"loss", 25}});
  bool second = metrics.append(2, {{"loss", 123456}});
  setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, handler);
  EXPECT_TRUE(first);
  EXPECT_FALSE(second);
  EXPECT_FALSE(metrics.lastError().empty());
  EXPECT_EQ(readFile(folder / "m"), "step,loss\n1,25\n");
  EXPECT_TRUE(metrics.append(3, {{"loss", 4}}));
  EXPECT_EQ(readFile(folder / "m"), "step,loss\n1,25\n3,4\n");
}

TEST(RunFolder, PrepareRemovesLeftoversOnly) {
  TemporaryFolder folder;
  RunFolder run{folder / "a/b"};
  run.prepare();
  EXPECT_TRUE(std::filesystem::is_directory(run.samples()));
  EXPECT_FALSE(run.hasCheckpoint());
  writeFile(run.path / ".checkpoint.safetensors.17.tmp", "half");
  writeFile(run.samples() / ".x.png.17.tmp", "half");
  writeFile(run.checkpoint(), "whole");
  run.prepare();
  EXPECT_FALSE(
      std::filesystem::exists(run.path / ".checkpoint.safetensors.17.tmp"));
  EXPECT_TRUE(std::filesystem::is_empty(run.samples()));
  EXPECT_TRUE(run.hasCheckpoint());
}

TEST(RunFolder, AFileInItsPlaceIsNamed) {
  TemporaryFolder folder;
  writeFile(folder / "run", "x");
  expectFailure(ExitInputOutput, "the folder cannot be made",
                [&] { RunFolder{folder / "run"}.prepare(); });
}

TEST(RunFolder, ConfigIsJsonWithAFinalNewline) {
  TemporaryFolder folder;
  RunFolder run{folder.path};
  run.writeConfig({{"seed", 1}, {"path", "\xff"}});
  EXPECT_EQ(readFile(run.config()),
            "{\n  \"seed\": 1,\n  \"path\": \"\xef\xbf\xbd\"\n}\n");
}

TEST(RunLockT18, ASecondTrainerIsRefusedWithThePid) {
  TemporaryFolder folder;
  RunFolder run{folder / "run"};
  {
    RunLock lock(run);
    expectFailure(ExitInputOutput, fmt::format("process {} trains", getpid()),
                  [&] { RunLock second(run); });
  }
  EXPECT_FALSE(std::filesystem::exists(run.lock()));
  RunLock again(run);
}

TEST(RunLockT18, TheLockOfAKilledTrainerIsStale) {
  TemporaryFolder folder;
  RunFolder run{folder / "run"};
  pid_t child = fork();
  if (child == 0) {
    RunLock lock(run);
    raise(SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_TRUE(std::filesystem::exists(run.lock()));
  RunLock lock(run);
  EXPECT_EQ(readFile(run.lock()), fmt::format("{}\n", getpid()));
}
