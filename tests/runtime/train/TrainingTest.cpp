// A run ends where it should, leaves the files it should, is the same for any
// number of threads, and never saves what is not finite.
#include "runtime/io/Safetensors.h"
#include "runtime/train/ProgressBar.h"
#include "tests/runtime/train/RunHelpers.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstring>
#include <fcntl.h>
#include <limits>
#include <sstream>
#include <unistd.h>

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

/// The line that a bar writes into a pipe.
std::string lineOf(const ProgressState &state) {
  const Model read = readModel(model());
  const Machine machine(read, 1);
  const Monitors monitors(machine);
  TemporaryFolder folder;
  const std::string path = folder / "line";
  const int file = open(path.c_str(), O_WRONLY | O_CREAT, 0600);
  Console console(file);
  ProgressBar(console, monitors, 0).milestone(state);
  close(file);
  return readText(path);
}

// A millionth of the length is done: the limit of time comes first.
TEST(Progress, TimeLeftEndsWithTheTimeThatIsAllowed) {
  const double never = std::numeric_limits<double>::infinity();
  struct Case {
    double fraction, allowed;
    const char *left; ///< null: nothing is said
  };
  for (const Case &c :
       {Case{1e-9, 0, "  0:00 left"}, Case{1e-9, -3, "  0:00 left"},
        Case{1e-9, 0.4, "  0:00 left"}, Case{1e-9, 59.6, "  1:00 left"},
        Case{1e-9, 95, "  1:35 left"}, Case{1e-9, 3599, "  59:59 left"},
        Case{1e-9, 3661, "  1:01:01 left"}, Case{0, 95, "  1:35 left"},
        Case{0, never, nullptr}, Case{1, 95, nullptr},
        Case{1, never, nullptr}}) {
    const std::string line = lineOf({7, 0.5, c.fraction, 0, c.allowed});
    EXPECT_EQ(line.find(c.left ? c.left : " left") != std::string::npos,
              c.left != nullptr)
        << c.fraction << " " << c.allowed << ": " << line;
  }
}

// And the other way round: the length ends before the limit does.
TEST_F(Training, timeLeftIsTheSmallerOne) {
  const Outcome outcome =
      train("r", {"--max-seconds", "3000", "--set", "nap=2000"});
  EXPECT_EQ(outcome.code, 0);
  const size_t left = outcome.out.find(" left");
  ASSERT_NE(left, std::string::npos) << outcome.out;
  const size_t space = outcome.out.rfind(' ', left - 1);
  // Minutes, of which the limit has 50.
  EXPECT_LT(std::stoi(outcome.out.substr(space + 1)), 20) << outcome.out;
}

/// The cell of `column` in the row of `rows` that begins with `start`.
std::string cellOf(const std::vector<std::string> &rows,
                   const std::string &start, const std::string &column) {
  const auto split = [](const std::string &row) {
    std::vector<std::string> cells;
    std::istringstream text(row);
    for (std::string cell; std::getline(text, cell, ',');) {
      cells.push_back(cell);
    }
    return cells;
  };
  const std::vector<std::string> names = split(rows[0]);
  const auto place = std::find(names.begin(), names.end(), column);
  for (const std::string &row : rows) {
    const std::vector<std::string> cells = split(row);
    const auto index = size_t(place - names.begin());
    if (row.starts_with(start) && index < cells.size() &&
        !cells[index].empty()) {
      return cells[index];
    }
  }
  return "";
}

// Both are means since the row before.
TEST_F(Training, theProgressLineShowsWhatTheRowHolds) {
  const Outcome outcome = train("r");
  const std::vector<std::string> rows = rowsOf(folder.path / "r");
  for (const char *step : {"13", "25", "38"}) {
    for (const char *column : {"fit.loss", "tune.loss"}) {
      const double mean =
          std::stod(cellOf(rows, std::string(step) + ",", column));
      const std::string shown = fmt::format("step {}  ", step);
      const size_t line = outcome.out.find(shown);
      ASSERT_NE(line, std::string::npos) << outcome.out;
      const std::string text =
          outcome.out.substr(line, outcome.out.find('\n', line) - line);
      EXPECT_NE(text.find(fmt::format("  {} {:.5g}", column, mean)),
                std::string::npos)
          << text << " against " << mean;
    }
  }
}

TEST_F(Training, aReportThatIsNotFiniteIsNamedAndEndsWithSeven) {
  const Words poison{"--set", "poison=40", "--set", "poison_where=3"};
  const Outcome outcome = train("r", poison);
  EXPECT_EQ(outcome.code, 7);
  // Update 40 is in round 20, the report after it in round 25.
  const std::string once = "warning: step 25: the report `mse` is nan\n";
  const size_t first = outcome.err.find(once);
  EXPECT_NE(first, std::string::npos) << outcome.err;
  EXPECT_EQ(outcome.err.find("the report `mse` is", first + once.size()),
            std::string::npos);
  EXPECT_NE(outcome.err.find("error: not finite: the report `last_mse` (first "
                             "in step 38), `mse` (first in step 25); "),
            std::string::npos)
      << outcome.err;
  EXPECT_EQ(outcome.out.find("-nan"), std::string::npos);
  EXPECT_NE(outcome.out.find("  mse nan"), std::string::npos) << outcome.out;
  // The run is whole all the same.
  EXPECT_EQ(metadata("r")["step"], "38");
  const std::vector<std::string> rows = rowsOf(folder.path / "r");
  EXPECT_NE(cellOf(rows, "13,", "mse"), "nan");
  EXPECT_EQ(cellOf(rows, "25,", "mse"), "nan");
  EXPECT_NE(cellOf(rows, "25,", "spread"), "nan");
  EXPECT_EQ(cellOf(rows, "38,", "last_mse"), "nan");
  // `eval` agrees, and `resume` with what is left to do.
  const Outcome eval = runHere({"eval", "--out", folder / "r"});
  EXPECT_EQ(eval.code, 7);
  EXPECT_NE(eval.out.find("mse nan\n"), std::string::npos) << eval.out;
  EXPECT_NE(eval.err.find("error: step 38: not finite: the report `mse` (nan), "
                          "`last_mse` (nan)"),
            std::string::npos)
      << eval.err;
  EXPECT_EQ(runHere({"eval", "--json", "--out", folder / "r"}).code, 7);
  const Outcome resumed =
      runHere({"resume", "--epochs", "4", "--out", folder / "r"});
  EXPECT_EQ(resumed.code, 7);
  EXPECT_NE(resumed.err.find("warning: step 50: the report `mse` is nan"),
            std::string::npos)
      << resumed.err;
}

TEST_F(Training, aProcedureSaysWhatIsNotFinite) {
  train("r", {"--steps", "1", "--set", "poison_where=4"});
  const Outcome outcome =
      runHere({"sample", "-n", "12", "--out", folder / "r"});
  EXPECT_EQ(outcome.code, 0); // the numbers are written as they are
  EXPECT_NE(outcome.err.find("warning: 12 of the 192 numbers of `y` are not "
                             "finite"),
            std::string::npos)
      << outcome.err;
}

// f32 holds neither this norm nor its square; the step itself is sound.
TEST_F(Training, aNormMayBeLargerThanTheTypeHolds) {
  const Outcome outcome =
      train("r", {"--set", "poison=40", "--set", "poison_where=5"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  const std::string mean =
      cellOf(rowsOf(folder.path / "r"), "25,", "fit.gradient.Dec");
  EXPECT_NEAR(std::stod(mean) / (1e39 / 24), 1, 1e-9);
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
                    "finite: loss (nan)"},
        Poison{"1", "step 20: `fit`, which trains Enc, Dec, gives what is not "
                    "finite: the gradient of Dec (nan)"},
        Poison{"2", "step 21: `fit`, which trains Enc, Dec, gives what is not "
                    "finite: loss (nan)"}));

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
