// A run ends where it should, leaves the files it should, is the same for any
// number of threads, and never saves what is not finite.
#include "runtime/io/Safetensors.h"
#include "tests/runtime/train/RunHelpers.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstring>

using namespace gmc::runtime;
using namespace gmc::runtime::fake;

namespace {

class Training : public testing::Test {
protected:
  Training() { writeData(folder.path / "data", 203, 21); }

  /// 203 items are 25 batches of 8, two a round: epochs end in rounds 13, 25
  /// and 38.
  Outcome train(const std::string &run, Words more = {}) {
    Words words{"train", "--data", folder / "data", "--out", folder / run};
    words.insert(words.end(), more.begin(), more.end());
    return runHere(words);
  }
  std::string checkpoint(const std::string &run) {
    return readText(folder.path / run / "checkpoint.safetensors");
  }
  Metadata metadata(const std::string &run) {
    return readSafetensors(folder.path / run / "checkpoint.safetensors")
        .metadata;
  }

  TemporaryFolder folder;
};

TEST_F(Training, lastsAsLongAsTheTextSays) {
  const Outcome outcome = train("r");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("finished"), std::string::npos);
  Metadata run = metadata("r");
  EXPECT_EQ(run["step"], "38");
  EXPECT_EQ(run["counter.executions.fit"], "76");
  EXPECT_EQ(run["counter.updates.fit.sgd"], "76");
  // `every 3 rounds`: 3, 6, .. 36.
  EXPECT_EQ(run["counter.executions.tune"], "12");
}

TEST_F(Training, writesRowsAtTheirTimes) {
  train("r");
  const std::vector<std::string> rows = rowsOf(folder.path / "r");
  ASSERT_EQ(rows.size(), 8u);
  EXPECT_EQ(rows[0], "step,epoch,fit.loss,fit.gradient.Enc,fit.gradient.Dec,"
                     "tune.loss,tune.gradient.gain,mse,spread,last_mse,final");
  EXPECT_EQ(rows[1].substr(0, 8), "13,1.04,");
  EXPECT_EQ(rows[2].substr(0, 13), "13,1.04,,,,,,");
  EXPECT_EQ(rows[3].substr(0, 5), "25,2,");
  EXPECT_EQ(rows[7].substr(0, 3), "38,");
  EXPECT_EQ(rows[7].back(), '1'); // the report `at end` is marked as final
}

// `tune` moves gain towards the mean of w less a hundredth of x: below 0 if w
// did not arrive.
TEST_F(Training, valuesGoFromStepToStep) {
  train("r", {"--steps", "300"});
  const SafetensorsFile file =
      readSafetensors(folder.path / "r" / "checkpoint.safetensors");
  float gain = 0;
  std::memcpy(&gain, file.find("gain")->bytes.data(), sizeof gain);
  EXPECT_GT(gain, 0.03);
  EXPECT_LT(gain, 0.2);
}

TEST_F(Training, epochsAndStepsAreLimits) {
  EXPECT_EQ(train("a", {"--steps", "7"}).code, 0);
  EXPECT_EQ(metadata("a")["step"], "7");
  EXPECT_EQ(train("b", {"--epochs", "5"}).code, 0);
  EXPECT_EQ(metadata("b")["step"], "63");
  EXPECT_EQ(train("c", {"--epochs", "5", "--steps", "20"}).code, 0);
  EXPECT_EQ(metadata("c")["step"], "20");
  EXPECT_EQ(train("d", {"--steps", "0"}).code, 0);
  EXPECT_EQ(metadata("d")["step"], "0");
}

TEST_F(Training, timeLimitSavesAndStops) {
  const Outcome outcome =
      train("r", {"--max-seconds", "0.2", "--epochs", "1e6"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_NE(outcome.out.find("stopped"), std::string::npos);
  EXPECT_NE(metadata("r")["step"], "0");
}

TEST_F(Training, bytesDoNotDependOnThreads) {
  train("one", {"--threads", "1", "--seed", "5"});
  for (const char *threads : {"2", "3", "4", "7"}) {
    train(threads, {"--threads", threads, "--seed", "5"});
    EXPECT_EQ(checkpoint(threads), checkpoint("one")) << threads;
    EXPECT_EQ(rowsOf(folder.path / threads), rowsOf(folder.path / "one"));
  }
  train("other", {"--seed", "6"});
  EXPECT_NE(checkpoint("other"), checkpoint("one"));
}

TEST_F(Training, hyperChangesTheRun) {
  train("a", {"--steps", "9"});
  train("b", {"--steps", "9", "--set", "lr=0.02"});
  EXPECT_NE(checkpoint("a"), checkpoint("b"));
  const auto config =
      nlohmann::json::parse(readText(folder.path / "b" / "config.json"));
  EXPECT_EQ(config["hypers"]["lr"], 0.02);
  EXPECT_EQ(config["seed"], 0);
}

TEST_F(Training, refusesAFolderWithARun) {
  train("r", {"--steps", "4"});
  const std::string before = checkpoint("r");
  const Outcome again = train("r", {"--steps", "5"});
  EXPECT_EQ(again.code, 2);
  EXPECT_NE(again.err.find("--overwrite"), std::string::npos);
  EXPECT_EQ(checkpoint("r"), before);
  EXPECT_EQ(train("r", {"--steps", "5", "--overwrite"}).code, 0);
  EXPECT_EQ(metadata("r")["step"], "5");
}

// T12: loss, gradient and weights; update 40 is the second of round 20.
struct Poison {
  const char *where;
  const char *message;
};

class Poisoned : public Training, public testing::WithParamInterface<Poison> {};

TEST_P(Poisoned, runStopsAndSavesNothingOfIt) {
  const Outcome outcome =
      train("r", {"--set", "poison=40", "--set",
                  std::string("poison_where=") + GetParam().where});
  EXPECT_EQ(outcome.code, 7);
  EXPECT_NE(outcome.err.find(GetParam().message), std::string::npos)
      << outcome.err;
  EXPECT_NE(outcome.err.find("the checkpoint is that of step 13"),
            std::string::npos)
      << outcome.err;
  EXPECT_EQ(metadata("r")["step"], "13");
  // What was good goes on being good.
  EXPECT_EQ(runHere({"eval", "--out", folder / "r"}).code, 0);
}

INSTANTIATE_TEST_SUITE_P(
    Where, Poisoned,
    testing::Values(
        Poison{"0", "step 20: `fit`, which trains Enc, Dec, gives what is not "
                    "finite: loss loss (nan)"},
        Poison{"1", "step 20: `fit`, which trains Enc, Dec, gives what is not "
                    "finite: the gradient of Dec (nan)"},
        Poison{"2", "step 21: `fit`, which trains Enc, Dec, gives what is not "
                    "finite: loss loss"}));

TEST_F(Training, weightsThatAreNotFiniteAreNotSaved) {
  const Outcome outcome = train(
      "r", {"--set", "poison=40", "--set", "poison_where=2", "--steps", "20"});
  EXPECT_EQ(outcome.code, 7);
  EXPECT_NE(outcome.err.find("`Dec.linear0.weight` of Dec"), std::string::npos)
      << outcome.err;
  EXPECT_EQ(metadata("r")["step"], "13");
}

TEST_F(Training, dataProblemsComeBeforeTheFirstStep) {
  EXPECT_EQ(
      runHere({"train", "--data", folder / "nothing", "--out", folder / "r"})
          .code,
      5);
  writeData(folder.path / "few", 7, 21); // D20: less than a batch
  const Outcome few =
      runHere({"train", "--data", folder / "few", "--out", folder / "r"});
  EXPECT_EQ(few.code, 3);
  EXPECT_NE(few.err.find('7'), std::string::npos);
  EXPECT_NE(few.err.find('8'), std::string::npos);
}

TEST_F(Training, diagnoseNamesWhatIsWrong) {
  const Words words{"diagnose",      "gradients", "--data",
                    folder / "data", "--out",     folder / "none"};
  const Outcome well = runHere(words);
  EXPECT_EQ(well.code, 0) << well.err;
  EXPECT_NE(well.out.find("fit Dec"), std::string::npos);
  EXPECT_NE(well.out.find("well"), std::string::npos);
  Words poisoned = words;
  poisoned.insert(poisoned.end(),
                  {"--set", "poison=9", "--set", "poison_where=1"});
  const Outcome sick = runHere(poisoned);
  EXPECT_EQ(sick.code, 7);
  EXPECT_NE(sick.out.find("NOT FINITE"), std::string::npos) << sick.out;
  EXPECT_FALSE(std::filesystem::exists(folder.path / "none"));
}

TEST_F(Training, benchGivesFiguresThatAgree) {
  const Outcome outcome = runHere({"bench", "--json", "--threads", "1"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const auto json = nlohmann::json::parse(outcome.out);
  EXPECT_GT(json["probe"]["peakGigaflops"], 1);
  const auto &step = json["steps"][0];
  EXPECT_EQ(step["name"], "fit");
  EXPECT_NEAR(step["gigaflops"].get<double>(),
              6144 / step["medianMicroseconds"].get<double>() / 1e3, 1e-6);
  EXPECT_EQ(json["kernels"][0]["m"], 8);
  EXPECT_GT(json["kernels"][0]["share"], 0);
  EXPECT_LT(json["kernels"][0]["share"], 1.05);
}

} // namespace
