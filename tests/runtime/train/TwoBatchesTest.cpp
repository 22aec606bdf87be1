// Two trainings in batches of two sizes: the stream loses and repeats nothing
// where the second begins, both bodies of a step fill the same columns, and a
// resume in either leaves the bytes of an unbroken run.
#include "runtime/io/Safetensors.h"
#include "tests/runtime/train/RunHelpers.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

using namespace gmc::runtime;
using namespace gmc::runtime::fake;

namespace {

constexpr int pixels = 16;

/// `fit` of FakeModel.h for four examples, of which only the traces matter:
/// the loss is the mean of the pixels, and it is added to `gain`.
void fitOfFour(const GmFrame *f) {
  if (f->thread != 0) {
    return;
  }
  const auto at = [](char *region, int offset) {
    return reinterpret_cast<float *>(region + offset);
  };
  const float *x = at(f->arena, 0);
  float sum = 0;
  for (int i = 0; i < 4 * pixels; ++i) {
    sum += x[i] / (4 * pixels);
  }
  *at(f->state, 1024) += sum;
  *at(f->arena, 1344) = sum;
  *at(f->arena, 1408) = *at(f->arena, 1472) = 1;
}

nlohmann::json callOf(int entry) {
  return {{"kind", "call"},
          {"entry", entry},
          {"arguments",
           {{{"kind", "next"}, {"dataset", "tiny"}, {"split", "train"}}}}};
}

class TwoBatches : public testing::Test {
protected:
  /// `pre` takes 5 batches of 4, `main` an epoch of 25 batches of 8.
  TwoBatches() {
    writeData(folder.path / "data", 203, 21);
    auto json = nlohmann::json::parse(planText());
    auto four = json["entries"][0];
    four.update({{"name", "fit.batch4"}, {"step", "fit"}, {"batch", 4}});
    four["inputs"][0]["shape"] = {4, 1, 4, 4};
    four.erase("outputs");
    four.erase("draws");
    // It has slots of its own, where those of `fit` are.
    auto artifact = nlohmann::json::parse(artifactText());
    for (const char *kind : {"inputs", "monitors", "norms"}) {
      for (auto &slot : four[kind]) {
        artifact["slots"].push_back(
            artifact["slots"][slot["number"].get<size_t>()]);
        slot["number"] = artifact["slots"].size() - 1;
      }
    }
    json["slots"] = artifact["slots"].size();
    two.artifact = artifact.dump();
    json["entries"].push_back(four);
    json["trains"] = {
        {{"name", "pre"},
         {"batch", 4},
         {"turns", {callOf(7)}},
         {"duration", {{"count", 5}, {"unit", "rounds"}}}},
        {{"name", "main"},
         {"batch", 8},
         {"turns", {callOf(0)}},
         {"duration",
          {{"count", 1}, {"unit", "epochs"}, {"stream", "tiny.train"}}}}};
    text = json.dump();
    json["trains"][0]["duration"]["count"] = 50;
    textOfFours = json.dump();
    std::copy_n(two.entries, 7, entries.begin());
    entries[7] = fitOfFour;
    two.entries = entries.data();
  }

  Outcome call(const std::string &verb, const std::string &run, Words more = {},
               const std::string &data = "data") {
    Words words{verb, "--out", folder / run};
    if (verb == "train") {
      words.insert(words.end(), {"--data", folder / data, "--seed", "11"});
    }
    words.insert(words.end(), more.begin(), more.end());
    two.plan = text;
    return runHere(words, two.compiled());
  }
  SafetensorsFile checkpoint(const std::string &run) {
    return readSafetensors(folder.path / run / "checkpoint.safetensors");
  }
  /// The bytes of all examples that a run took, in their order.
  std::string examples(const std::string &draws) {
    std::vector<std::filesystem::path> files;
    for (const auto &file :
         std::filesystem::directory_iterator(folder.path / draws)) {
      files.push_back(file.path());
    }
    std::sort(files.begin(), files.end());
    std::string all;
    for (const auto &file : files) {
      const SafetensorsFile dump = readSafetensors(file);
      const auto &bytes = dump.find("input.x")->bytes;
      all.append(reinterpret_cast<const char *>(bytes.data()), bytes.size());
    }
    return all;
  }

  TemporaryFolder folder;
  std::string text, textOfFours;
  ChangedModel two;
  std::array<GmEntry, 8> entries;
};

TEST_F(TwoBatches, streamGoesOn) {
  const Outcome outcome =
      call("train", "r", {"--dump-draws", folder / "draws"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  Metadata run = checkpoint("r").metadata;
  EXPECT_EQ(run["step"], "30");
  EXPECT_EQ(run["counter.executions.fit"], "25");
  EXPECT_EQ(run["counter.executions.fit.batch4"], "5");
  EXPECT_EQ(run["counter.updates.fit.sgd"], "30");
  EXPECT_EQ(run["counter.clock.examples"], "200");
  // 203 = 5 * 4 + 22 * 8 + 7: the 7 are dropped, three batches follow.
  EXPECT_EQ(run["stream.tiny.train"], "1 24");
  text = textOfFours;
  ASSERT_EQ(
      call("train", "f", {"--steps", "50", "--dump-draws", folder / "fours"})
          .code,
      0);
  const size_t first = size_t(5 * 4 + 22 * 8) * pixels * sizeof(float);
  EXPECT_EQ(examples("draws").substr(0, first),
            examples("fours").substr(0, first));
}

TEST_F(TwoBatches, fillTheSameColumns) {
  ASSERT_EQ(call("train", "r").code, 0);
  const auto rows = rowsOf(folder.path / "r");
  EXPECT_EQ(rows[0], "step,epoch,fit.loss,fit.gradient.Enc,fit.gradient.Dec,"
                     "tune.loss,tune.gradient.gain,mse,spread,last_mse,final");
  // The first row of steps is written where the epoch of `main` ends.
  EXPECT_EQ(rows[1].substr(0, 5), "30,1,");
  EXPECT_EQ(checkpoint("r").metadata["counter.window.fit"], "0");
  ASSERT_EQ(call("train", "s", {"--steps", "9"}).code, 0);
  EXPECT_EQ(checkpoint("s").metadata["counter.window.fit"], "9");
}

TEST_F(TwoBatches, resumeInEither) {
  ASSERT_EQ(call("train", "whole", {"--threads", "1"}).code, 0);
  const auto bytes = [&](const std::string &run) {
    return readText(folder.path / run / "checkpoint.safetensors");
  };
  for (int step : {1, 4, 5, 6, 17, 27, 29}) {
    const std::string run = "at" + std::to_string(step);
    ASSERT_EQ(call("train", run, {"--steps", std::to_string(step)}).code, 0);
    // The run keeps its first limit; the text's lengths make 30.
    const Outcome outcome =
        call("resume", run, {"--steps", "30", "--threads", "3"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(bytes(run), bytes("whole")) << step;
    EXPECT_EQ(rowsOf(folder.path / run), rowsOf(folder.path / "whole"));
  }
}

TEST_F(TwoBatches, aResumeKnowsTheEpochsOfTheFirst) {
  text = textOfFours; // whose `pre` takes an epoch
  ASSERT_EQ(call("train", "whole").code, 0);
  ASSERT_EQ(call("train", "r", {"--steps", "60"}).code, 0);
  ASSERT_EQ(call("resume", "r", {"--steps", "75"}).code, 0);
  const auto rows = rowsOf(folder.path / "r");
  EXPECT_EQ(rows, rowsOf(folder.path / "whole"));
  EXPECT_EQ(rows.back().substr(0, 5), "75,2,");
}

TEST_F(TwoBatches, fewDataAreRefusedAtTheStart) {
  writeData(folder.path / "few", 7, 21); // enough for `pre`
  const Outcome few = call("train", "r", {}, "few");
  EXPECT_EQ(few.code, 3);
  EXPECT_NE(few.err.find('8'), std::string::npos) << few.err;
}

TEST_F(TwoBatches, verbsShowBoth) {
  const Outcome info = call("info", "r");
  EXPECT_NE(info.out.find("batch 4 in pre, batch 8 in main"), std::string::npos)
      << info.out;
  EXPECT_NE(info.out.find("step fit.batch4: batch 4"), std::string::npos);
  const auto json = nlohmann::json::parse(call("info", "r", {"--json"}).out);
  EXPECT_EQ(json["trains"][0]["batch"], 4);
  EXPECT_EQ(json["trains"][1]["batch"], 8);
  two.plan = text;
  const Outcome gradients = runHere({"diagnose", "gradients", "--data",
                                     folder / "data", "--out", folder / "no"},
                                    two.compiled());
  EXPECT_EQ(gradients.code, 0) << gradients.err;
  EXPECT_NE(gradients.out.find("fit Enc"), std::string::npos);
  EXPECT_EQ(gradients.out.find("fit.batch4"), std::string::npos);
}

} // namespace
