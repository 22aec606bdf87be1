// `--dump-draws` writes what each execution saw, changes nothing, and goes on
// where a resumed run does.
#include "runtime/core/Random.h"
#include "runtime/io/Safetensors.h"
#include "tests/runtime/train/RunHelpers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <set>

using namespace gmc::runtime;
using namespace gmc::runtime::fake;
namespace fs = std::filesystem;

namespace {

class DrawDump : public testing::Test {
protected:
  DrawDump() { writeData(folder.path / "data", 203, 21); }

  Outcome call(const std::string &verb, const std::string &run, Words more) {
    Words words{verb, "--out", folder / run, "--seed", "3"};
    if (verb == "train") {
      words.insert(words.end(), {"--data", folder / "data"});
    }
    words.insert(words.end(), more.begin(), more.end());
    return runHere(words);
  }
  SafetensorsFile file(const std::string &name) {
    return readSafetensors(folder.path / "draws" / name);
  }
  std::vector<std::string> names(const std::string &dump) {
    std::vector<std::string> found;
    for (const auto &entry : fs::directory_iterator(folder.path / dump)) {
      found.push_back(entry.path().filename());
    }
    std::sort(found.begin(), found.end());
    return found;
  }

  TemporaryFolder folder;
};

template <typename T> std::vector<T> numbers(const StoredTensor *tensor) {
  std::vector<T> result(tensor->bytes.size() / sizeof(T));
  std::memcpy(result.data(), tensor->bytes.data(), tensor->bytes.size());
  return result;
}

// The walk of runtime/README.md: image i of the file is i in every byte.
TEST_F(DrawDump, ByteOfAPicture) {
  constexpr int items = 203, pixels = 16;
  std::string bytes{'\0', '\0', '\x08', '\x03', '\0', '\0', '\0', char(items),
                    '\0', '\0', '\0',   '\x04', '\0', '\0', '\0', '\x04'};
  for (int i = 0; i < items; ++i) {
    bytes.append(pixels, char(i));
  }
  std::ofstream(folder.path / "data" / "train-images-idx3-ubyte",
                std::ios::binary)
      << bytes;
  ASSERT_EQ(
      call("train", "r", {"--steps", "1", "--dump-draws", folder / "draws"})
          .code,
      0);
  const SafetensorsFile dump = file("00000000.000.fit.safetensors");
  const auto seen = numbers<float>(dump.find("input.x"));
  ASSERT_EQ(seen.size(), 8u * pixels);
  std::set<int> different;
  for (size_t i = 0; i < seen.size(); ++i) {
    const int byte = int(std::lround(seen[i] * 255));
    EXPECT_EQ(seen[i], float(byte / 255.0));
    EXPECT_EQ(seen[i], seen[i - i % pixels]);
    different.insert(byte);
  }
  EXPECT_EQ(different.size(), 8u);
}

TEST_F(DrawDump, writesAFileForEachExecution) {
  ASSERT_EQ(
      call("train", "r", {"--steps", "3", "--dump-draws", folder / "draws"})
          .code,
      0);
  // Two executions of `fit` a round, `tune` in every third one.
  EXPECT_EQ(names("draws"),
            (std::vector<std::string>{
                "00000000.000.fit.safetensors", "00000000.001.fit.safetensors",
                "00000001.000.fit.safetensors", "00000001.001.fit.safetensors",
                "00000002.000.fit.safetensors", "00000002.001.fit.safetensors",
                "00000002.002.tune.safetensors"}));
  const SafetensorsFile first = file("00000000.000.fit.safetensors");
  const SafetensorsFile second = file("00000000.001.fit.safetensors");
  EXPECT_NE(numbers<float>(first.find("input.x")),
            numbers<float>(second.find("input.x")));
  const auto z = numbers<float>(second.find("draw.fit/z"));
  ASSERT_EQ(z.size(), 16u);
  const Draw draw{3, 1, 0xfedcba9876543210};
  for (size_t i = 0; i < z.size(); ++i) {
    EXPECT_EQ(z[i], draw.normal<float>(i)) << i;
  }
  EXPECT_EQ(numbers<float>(second.find("draw.fit/u")),
            std::vector<float>{(Draw{3, 1, 42}.uniform<float>(0))});
  EXPECT_EQ(second.find("monitor.loss")->shape, Shape());
  EXPECT_EQ(second.metadata.at("entry"), "fit");
  EXPECT_EQ(second.metadata.at("execution"), "1");
}

TEST_F(DrawDump, changesNothingAndGoesOnWithAResume) {
  const std::string whole = folder / "whole", parts = folder / "parts";
  ASSERT_EQ(call("train", "plain", {"--steps", "5"}).code, 0);
  ASSERT_EQ(call("train", "a", {"--steps", "5", "--dump-draws", whole}).code,
            0);
  ASSERT_EQ(call("train", "b", {"--steps", "2", "--dump-draws", parts}).code,
            0);
  ASSERT_EQ(call("resume", "b", {"--steps", "5", "--dump-draws", parts}).code,
            0);
  const auto checkpoint = [&](const char *run) {
    return readText(folder.path / run / "checkpoint.safetensors");
  };
  EXPECT_EQ(checkpoint("a"), checkpoint("plain"));
  ASSERT_EQ(names("whole"), names("parts"));
  for (const std::string &name : names("whole")) {
    EXPECT_EQ(readText(fs::path(whole) / name),
              readText(fs::path(parts) / name))
        << name;
  }
}

TEST_F(DrawDump, mixesWithNoOlderFiles) {
  const Words flags{"--steps", "1", "--dump-draws", folder / "draws"};
  ASSERT_EQ(call("train", "a", flags).code, 0);
  const Outcome again = call("train", "b", flags);
  EXPECT_EQ(again.code, 2);
  EXPECT_NE(again.err.find("an empty folder is wanted"), std::string::npos);
  EXPECT_FALSE(fs::exists(folder.path / "b" / "checkpoint.safetensors"));
  const Outcome file =
      call("train", "c",
           {"--dump-draws", folder / "data/train-images-idx3-ubyte/x"});
  EXPECT_EQ(file.code, 5) << file.err;
}

} // namespace
