// Reports average over every example, the last partial batch included; what
// procedures emit is what the model gives for the first items.
#include "runtime/data/Dataset.h"
#include "runtime/io/Safetensors.h"
#include "runtime/plan/Json.h"
#include "runtime/train/OverSet.h"
#include "tests/runtime/train/RunHelpers.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <cstring>
#include <sstream>

using namespace gmc;
using namespace gmc::runtime;
using namespace gmc::runtime::fake;

namespace {

class Evaluation : public testing::Test {
protected:
  Evaluation() {
    writeData(folder.path / "data", 203, 21);
    runHere({"train", "--data", folder / "data", "--out", folder / "r",
             "--seed", "3"});
    file = readSafetensors(folder.path / "r" / "checkpoint.safetensors");
  }

  std::vector<float> tensor(const char *name) {
    const StoredTensor *stored = file.find(name);
    std::vector<float> numbers(stored->bytes.size() / sizeof(float));
    std::memcpy(numbers.data(), stored->bytes.data(), stored->bytes.size());
    return numbers;
  }

  std::vector<float> item(int64_t index) {
    const plan::Plan plan = plan::planFrom(planText());
    const Dataset test =
        loadDataset(plan.datasets[0], "test", folder.path / "data");
    std::vector<float> x(16);
    test.convert(0, index, 3, 0, ScalarType::F32,
                 std::as_writable_bytes(std::span(x)));
    return x;
  }

  /// W2 W1 x in the order of the fake model.
  std::vector<float> reconstruct(const std::vector<float> &x) {
    const auto w1 = tensor("Enc.linear0.weight");
    const auto w2 = tensor("Dec.linear0.weight");
    std::vector<float> h(4), y(16);
    for (int j = 0; j < 4; ++j) {
      for (int i = 0; i < 16; ++i) {
        h[j] += w1[j * 16 + i] * x[i];
      }
    }
    for (int i = 0; i < 16; ++i) {
      for (int j = 0; j < 4; ++j) {
        y[i] += w2[i * 4 + j] * h[j];
      }
    }
    return y;
  }

  float squaredError(int64_t index) {
    const std::vector<float> x = item(index), y = reconstruct(x);
    float sum = 0;
    for (int i = 0; i < 16; ++i) {
      sum += (y[i] - x[i]) * (y[i] - x[i]);
    }
    return sum;
  }

  Outcome verb(Words words) {
    words.insert(words.end(), {"--out", folder / "r"});
    return runHere(words);
  }

  TemporaryFolder folder;
  SafetensorsFile file;
};

// D20: 21 items are two batches of 8 and five items.
TEST_F(Evaluation, averagesOverEveryExample) {
  double mse = 0, spread = 0;
  for (int64_t i = 0; i < 21; ++i) {
    const double e = squaredError(i);
    mse += e / 21;
    spread += i < 16 ? e * e / 16 : 0; // of full batches
  }
  const Outcome outcome = verb({"eval", "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const auto json = nlohmann::json::parse(outcome.out);
  EXPECT_NEAR(json["mse"], mse, 1e-7 * mse);
  EXPECT_NEAR(json["spread"], spread, 1e-6 * spread);
  EXPECT_EQ(json["last_mse"], json["mse"]);
  EXPECT_EQ(json.size(), 3u);
}

TEST_F(Evaluation, givesWhatTrainingReported) {
  const auto json = nlohmann::json::parse(verb({"eval", "--json"}).out);
  const std::string last = rowsOf(folder.path / "r").back();
  std::vector<std::string> cells;
  std::istringstream row(last);
  for (std::string cell; std::getline(row, cell, ',');) {
    cells.push_back(cell);
  }
  EXPECT_EQ(std::stod(cells[9]), json["last_mse"].get<double>());
}

TEST_F(Evaluation, reconstructsTheFirstItems) {
  // Eleven are two runs of an entry that takes eight.
  ASSERT_EQ(verb({"reconstruct", "-n", "11"}).code, 0);
  std::istringstream lines(
      readText(folder.path / "r" / "samples" / "reconstruct-1.csv"));
  int64_t index = 0;
  for (std::string line; std::getline(lines, line); ++index) {
    const std::vector<float> y = reconstruct(item(index));
    std::istringstream row(line);
    for (int i = 0; i < 16; ++i) {
      std::string cell;
      std::getline(row, cell, ',');
      EXPECT_NEAR(std::stod(cell), y[i], 1e-6);
    }
  }
  EXPECT_EQ(index, 11);
  EXPECT_EQ(verb({"reconstruct", "-n", "22"}).code, 2); // there are 21
}

TEST_F(Evaluation, samplesFollowTheSeedAndTheArguments) {
  const auto sample = [&](Words more) {
    Words words{"sample", "-n", "20", "-o", folder / "s.png"};
    words.insert(words.end(), more.begin(), more.end());
    EXPECT_EQ(verb(words).code, 0);
    return readText(folder / "s-1.npy");
  };
  const std::string npy = sample({});
  EXPECT_EQ(npy.substr(1, 5), "NUMPY");
  EXPECT_NE(npy.find("'shape': (20, 1, 4, 4,)"), std::string::npos);
  EXPECT_EQ(npy.size(), 128 + 20 * 16 * sizeof(float));
  EXPECT_EQ(sample({"--seed", "3"}), npy); // the run's own
  EXPECT_EQ(sample({"--threads", "3"}), npy);
  EXPECT_NE(sample({"--seed", "4"}), npy);
  EXPECT_NE(sample({"--scale", "0.5"}), npy);
  const std::string still = sample({"--scale", "0"});
  float first = 0;
  std::memcpy(&first, still.data() + 128, sizeof first);
  EXPECT_EQ(first, 0.5f);
}

TEST_F(Evaluation, interpolatesBetweenTwoItems) {
  ASSERT_EQ(verb({"interpolate"}).code, 0);
  EXPECT_EQ(
      readText(folder.path / "r" / "samples" / "interpolate.png").substr(1, 3),
      "PNG");
}

// One example without a number leaves none for the set, wherever it stands.
TEST(OverSetTest, keepsWhatIsNoNumber) {
  const Model read = readModel(model());
  Machine machine(read, 1);
  const plan::Slot &slot = read.plan.entries[3].outputs[0];
  for (const plan::Statistic kind :
       {plan::Statistic::Mean, plan::Statistic::Var, plan::Statistic::Min,
        plan::Statistic::Max}) {
    for (int place = 0; place < 8; ++place) {
      OverSet statistic(kind, slot, 8);
      for (int i = 0; i < 8; ++i) {
        machine.setNumber(slot, i, i == place ? NAN : i);
      }
      statistic.add(machine, 8);
      EXPECT_TRUE(std::isnan(kind == plan::Statistic::Var
                                 ? statistic.variances()[0]
                                 : statistic.means()[0]))
          << int(kind) << " " << place;
    }
  }
}

} // namespace
