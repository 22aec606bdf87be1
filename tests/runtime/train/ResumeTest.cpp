// A run that is broken and resumed cannot be told from one that was not: its
// checkpoint has the same bytes and its metrics have the same rows.
#include "runtime/io/Safetensors.h"
#include "tests/runtime/train/RunHelpers.h"

#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <utility>

using namespace gmc::runtime;
using namespace gmc::runtime::fake;

namespace {

class Resume : public testing::Test {
protected:
  Resume() {
    writeData(folder.path / "data", 203, 21);
    train("whole", {});
  }

  Outcome train(const std::string &run, Words more) {
    Words words{"train",  "--data", folder / "data", "--out", folder / run,
                "--seed", "11"};
    words.insert(words.end(), more.begin(), more.end());
    return runHere(words);
  }
  Outcome resume(const std::string &run, Words more = {}) {
    Words words{"resume", "--out", folder / run};
    words.insert(words.end(), more.begin(), more.end());
    return runHere(words);
  }
  std::string checkpoint(const std::string &run) {
    return readText(folder.path / run / "checkpoint.safetensors");
  }
  void expectSame(const std::string &run, const std::string &whole) {
    EXPECT_EQ(checkpoint(run), checkpoint(whole));
    EXPECT_EQ(rowsOf(folder.path / run), rowsOf(folder.path / whole));
  }

  TemporaryFolder folder;
};

// T17: at any step, in the middle of an epoch too, with other thread counts.
TEST_F(Resume, goesOnAtAnyStep) {
  std::mt19937 random(4);
  for (int turn = 0; turn < 12; ++turn) {
    const std::string step = std::to_string(1 + random() % 37);
    const std::string run = "at" + step;
    ASSERT_EQ(train(run, {"--steps", step, "--overwrite"}).code, 0);
    const Outcome outcome = resume(
        run, {"--epochs", "3", "--threads", std::to_string(1 + random() % 4)});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(outcome.out.find("resuming " + (folder / run) + " at step " +
                               step + ","),
              0u)
        << outcome.out;
    expectSame(run, "whole");
  }
}

TEST_F(Resume, goesOnManyTimes) {
  ASSERT_EQ(train("r", {"--steps", "1"}).code, 0);
  for (int step = 2; step < 38; ++step) {
    ASSERT_EQ(resume("r", {"--steps", std::to_string(step)}).code, 0);
  }
  ASSERT_EQ(resume("r", {"--epochs", "3"}).code, 0);
  expectSame("r", "whole");
}

TEST_F(Resume, ofAFinishedRunChangesNothing) {
  const auto files = [&] {
    std::string all;
    for (const char *name :
         {"checkpoint.safetensors", "metrics.csv", "config.json"}) {
      all += readText(folder.path / "whole" / name);
    }
    return all;
  };
  const std::string before = files();
  const auto time =
      last_write_time(folder.path / "whole" / "checkpoint.safetensors");
  for (const Words &more : {Words{}, Words{"--epochs", "3"},
                            Words{"--steps", "38"}, Words{"--epochs", "1"}}) {
    const Outcome outcome = resume("whole", more);
    EXPECT_EQ(outcome.code, 0);
    EXPECT_NE(outcome.out.find("is finished"), std::string::npos);
  }
  EXPECT_EQ(files(), before);
  EXPECT_EQ(last_write_time(folder.path / "whole" / "checkpoint.safetensors"),
            time);
}

TEST_F(Resume, withMoreEpochsIsALongerRun) {
  ASSERT_EQ(train("long", {"--epochs", "5"}).code, 0);
  ASSERT_EQ(resume("whole", {"--epochs", "5"}).code, 0);
  expectSame("whole", "long");
}

TEST_F(Resume, savesDoNotChangeTheRun) {
  ASSERT_EQ(train("often", {"--save-every", "1"}).code, 0);
  expectSame("often", "whole");
}

// Rows that a killed run wrote after its last checkpoint are written again.
TEST_F(Resume, replacesRowsPastTheCheckpoint) {
  ASSERT_EQ(train("r", {"--steps", "20"}).code, 0);
  std::ofstream(folder.path / "r" / "metrics.csv", std::ios::app)
      << "25,2,9,9,9,9,9,,,,,1.5\n25,2,,,,,,1";
  ASSERT_EQ(resume("r", {"--epochs", "3"}).code, 0);
  expectSame("r", "whole");
}

// A signal during a report saves the step; the report is still to be made.
TEST_F(Resume, makesReportsThatAreMissing) {
  // The first, and one that an earlier step has made.
  for (const auto &[steps, row] :
       {std::pair("13", "\n13,1.04,,,,,,"), std::pair("25", "\n25,2,,,,,,")}) {
    ASSERT_EQ(train(steps, {"--steps", steps}).code, 0);
    const auto path = folder.path / steps / "metrics.csv";
    std::string text = readText(path);
    const size_t report = text.find(row);
    ASSERT_NE(report, std::string::npos) << text;
    std::ofstream(path, std::ios::binary) << text.substr(0, report + 1);
    ASSERT_EQ(resume(steps, {"--epochs", "3"}).code, 0);
    expectSame(steps, "whole");
  }
}

// T2: the last checkpoint is there before the reports `at end`, which may take
// long.
TEST_F(Resume, makesTheReportOfTheEndThatIsMissing) {
  ASSERT_EQ(train("r", {}).code, 0);
  const auto path = folder.path / "r" / "metrics.csv";
  const std::string text = readText(path);
  const size_t last = text.rfind('\n', text.size() - 2) + 1;
  for (const std::string &lost : {std::string(), std::string(9, '\0')}) {
    std::ofstream(path, std::ios::binary) << text.substr(0, last) << lost;
    const Outcome outcome = resume("r");
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(outcome.out.find("resuming"), 0u) << outcome.out;
    expectSame("r", "whole");
    EXPECT_NE(resume("r").out.find("is finished"), std::string::npos);
  }
}

// Settings of a resume hold from its config.json on, not from its next
// checkpoint.
TEST_F(Resume, keepsSettingsOfAResumeThatWasCutOff) {
  const Words settings{"--set", "lr=0.25", "--epochs", "3"};
  for (const char *run : {"r", "cut"}) {
    ASSERT_EQ(train(run, {"--steps", "5"}).code, 0);
  }
  const std::string before = checkpoint("cut");
  for (const char *run : {"r", "cut"}) {
    Words words{"resume", "--out", folder / run};
    words.insert(words.end(), settings.begin(), settings.end());
    ASSERT_EQ(runHere(words).code, 0);
  }
  std::ofstream(folder.path / "cut" / "checkpoint.safetensors",
                std::ios::binary)
      << before;
  ASSERT_EQ(resume("cut").code, 0);
  expectSame("cut", "r");
  const auto config = folder.path / "cut" / "config.json";
  std::string text = readText(config);
  text.replace(text.find("\"lr\": 0.25"), 10, "\"lr\": -1");
  std::ofstream(config, std::ios::binary) << text;
  EXPECT_EQ(resume("cut", {"--epochs", "4"}).code, 2);
}

// Where metrics.csv is of other reports, or gone, a finished run stays
// finished.
TEST_F(Resume, leavesTheMetricsOfAFinishedRunAlone) {
  const auto path = folder.path / "whole" / "metrics.csv";
  std::ofstream(path, std::ios::binary) << "step,other,final\n39,1,1\n";
  EXPECT_NE(resume("whole").out.find("is finished"), std::string::npos);
  EXPECT_EQ(readText(path), "step,other,final\n39,1,1\n");
  std::filesystem::remove(path);
  EXPECT_NE(resume("whole").out.find("is finished"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(path));
}

// A run whose config.json is lost goes on with its own numbers.
TEST_F(Resume, takesHypersFromTheCheckpoint) {
  ASSERT_EQ(train("fast", {"--set", "lr=0.02"}).code, 0);
  ASSERT_EQ(train("r", {"--set", "lr=0.02", "--steps", "5"}).code, 0);
  std::filesystem::remove(folder.path / "r" / "config.json");
  const Outcome outcome =
      resume("r", {"--data", folder / "data", "--epochs", "3"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  expectSame("r", "fast");
}

TEST_F(Resume, refusesAnotherSeed) {
  ASSERT_EQ(train("r", {"--steps", "5"}).code, 0);
  EXPECT_EQ(resume("r", {"--seed", "12", "--epochs", "3"}).code, 4);
  EXPECT_EQ(resume("r", {"--seed", "11", "--epochs", "3"}).code, 0);
  expectSame("r", "whole");
}

TEST_F(Resume, refusesOtherData) {
  ASSERT_EQ(train("r", {"--steps", "5"}).code, 0);
  writeData(folder.path / "other", 211, 21);
  const Outcome outcome = resume("r", {"--data", folder / "other"});
  EXPECT_EQ(outcome.code, 4);
  EXPECT_NE(outcome.err.find("211"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("203"), std::string::npos) << outcome.err;
}

TEST_F(Resume, refusesAnotherModelAndSaysHowItDiffers) {
  ChangedModel changed;
  std::string &text = changed.plan;
  text.replace(text.find("0123456789abcdef"), 16, "fedcba9876543210");
  text.replace(text.find("\"latent\": 4"), 11, "\"latent\": 5");
  const std::string before = checkpoint("whole");
  const Outcome outcome =
      runHere({"resume", "--out", folder / "whole", "--epochs", "9"},
              changed.compiled());
  EXPECT_EQ(outcome.code, 4);
  EXPECT_NE(outcome.err.find("0123456789abcdef"), std::string::npos);
  EXPECT_NE(outcome.err.find("latent: 4 in the run, 5 in this program"),
            std::string::npos)
      << outcome.err;
  EXPECT_EQ(checkpoint("whole"), before);
}

TEST_F(Resume, brokenConfigIsNamed) {
  std::ofstream(folder.path / "whole" / "config.json") << "{\"seed\": ";
  const Outcome outcome = resume("whole", {"--epochs", "9"});
  EXPECT_EQ(outcome.code, 4);
  EXPECT_NE(outcome.err.find("config.json"), std::string::npos);
}

} // namespace
