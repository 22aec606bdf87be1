//===- DatasetTest.cpp - data sets and their files, rows D5, D20, D21
//------===//

#include "runtime/data/Dataset.h"

#include "tests/runtime/core/Expect.h"
#include "tests/runtime/data/DataFiles.h"

#include <cmath>
#include <span>

using namespace gmc;
using namespace gmc::runtime;
using namespace gmc::runtime::test;

static plan::Field imageField(Shape shape) {
  plan::Field field;
  field.name = "x";
  field.shape = std::move(shape);
  return field;
}

static plan::Field labelField(int64_t classes) {
  plan::Field field;
  field.name = "y";
  field.classes = classes;
  return field;
}

static plan::Dataset specOf(std::vector<plan::Field> fields) {
  plan::Dataset spec;
  spec.name = "fashion";
  spec.format = "idx";
  spec.source = "fashion-mnist";
  spec.fields = std::move(fields);
  return spec;
}

/// A folder with the four files of four items of 2 x 3 pixels, labels 0 .. 3.
class DatasetFiles : public ::testing::Test {
protected:
  DatasetFiles() {
    writeFile(folder / "train-images-idx3-ubyte",
              idxHeader({4, 2, 3}) + ramp(24));
    writeFile(folder / "train-labels-idx1-ubyte", idxHeader({4}) + ramp(4));
    writeFile(folder / "t10k-images-idx3-ubyte.gz",
              gzip(idxHeader({1, 2, 3}) + ramp(6)));
  }

  Dataset load(std::vector<plan::Field> fields, const char *split = "train") {
    return loadDataset(specOf(std::move(fields)), split, folder.path);
  }

  TemporaryFolder folder;
};

template <typename T>
static std::vector<T> itemOf(const Dataset &data, int64_t item,
                             uint64_t seed = 0, uint64_t epoch = 0,
                             int64_t field = 0) {
  std::vector<T> numbers(elementsOf(data.field(field).shape));
  data.convert(field, item, seed, epoch,
               sizeof(T) == 4 ? ScalarType::F32 : ScalarType::F64,
               std::as_writable_bytes(std::span(numbers)));
  return numbers;
}

TEST_F(DatasetFiles, RawAndGzippedFilesAreFound) {
  Dataset train = load({imageField({1, 2, 3}), labelField(10)});
  EXPECT_EQ(train.stream(), "fashion.train");
  EXPECT_EQ(train.items(), 4);
  EXPECT_EQ(itemOf<float>(train, 1)[0], 6 / 255.0f);
  EXPECT_EQ(itemOf<float>(train, 3, 0, 0, 1), std::vector<float>{3});
  EXPECT_EQ(load({imageField({1, 2, 3})}, "test").items(), 1);
}

TEST_F(DatasetFiles, AFlatVectorTakesAnImagesNumbers) {
  EXPECT_EQ(itemOf<double>(load({imageField({6})}), 0)[5], 5 / 255.0);
}

TEST_F(DatasetFiles, AbsentFilesAndFoldersAreNamed) {
  std::filesystem::remove(folder / "train-images-idx3-ubyte");
  expectFailure(ExitInputOutput, "neither it nor train-images-idx3-ubyte.gz",
                [&] {
                  load({imageField({1, 2, 3})});
                });
  expectFailure(
      ExitInputOutput, "is not a folder with the data of `fashion`", [&] {
        loadDataset(specOf({imageField({6})}), "train", folder / "absent");
      });
  plan::Dataset other = specOf({imageField({6})});
  other.source = "no-such-data";
  expectFailure(ExitInputOutput, "say where they are with --data DIR",
                [&] { loadDataset(other, "train", std::nullopt); });
}

TEST_F(DatasetFiles, D5ImagesAndLabelsDifferInNumber) {
  writeFile(folder / "train-labels-idx1-ubyte", idxHeader({5}) + ramp(5));
  expectFailure(ExitData, "has 4 items of `x` but 5 of `y`", [&] {
    load({imageField({1, 2, 3}), labelField(10)});
  });
}

TEST_F(DatasetFiles, D5TheFirstLabelPastTheClassesIsNamed) {
  expectFailure(ExitData, "item 3 has label 3 in `y`, expected 0 to 2", [&] {
    load({imageField({1, 2, 3}), labelField(3)});
  });
}

TEST_F(DatasetFiles, D5NoItems) {
  writeFile(folder / "train-images-idx3-ubyte", idxHeader({0, 2, 3}));
  expectFailure(ExitData, "has no items", [&] {
    load({imageField({1, 2, 3})});
  });
  EXPECT_THROW(Dataset("d", "train", {{imageField({2}), {}}}), Failure);
}

TEST_F(DatasetFiles, D20FewerItemsThanABatch) {
  Dataset train = load({imageField({6})});
  checkTrainable(train, 4);
  expectFailure(ExitData, "fashion.train has 4 items, one batch takes 5",
                [&] { checkTrainable(train, 5); });
}

TEST_F(DatasetFiles, D21BothShapesAreShown) {
  expectFailure(ExitData,
                "have the shape [2, 3], field `x` of the model takes [1, 3, 2]",
                [&] {
                  load({imageField({1, 3, 2})});
                });
  EXPECT_THROW(load({imageField({3, 2, 3})}), Failure);
  EXPECT_THROW(load({imageField({7})}), Failure);
  writeFile(folder / "train-images-idx3-ubyte", idxHeader({24}) + ramp(24));
  expectFailure(ExitData, "have the shape [], field `x` of the model takes [6]",
                [&] { load({imageField({6})}); });
  // Labels are single bytes, so numbers of two axes are not.
  writeFile(folder / "train-labels-idx1-ubyte", idxHeader({4, 2}) + ramp(8));
  expectFailure(ExitData, "have the shape [2], field `y` of the model takes []",
                [&] { load({labelField(10)}); });
}

TEST(Dataset, BytesBecomeWhatAFloatDivisionGives) {
  std::string bytes = ramp(256);
  Dataset data("d", "train",
               {{imageField({256}), {bytes.begin(), bytes.end()}}});
  auto singles = itemOf<float>(data, 0);
  auto doubles = itemOf<double>(data, 0);
  for (int b = 0; b < 256; ++b) {
    EXPECT_EQ(singles[b], static_cast<float>(b) / 255.0f);
    EXPECT_EQ(doubles[b], b / 255.0);
  }
}

TEST(Dataset, TheRangeIsMappedEndToEnd) {
  plan::Field field = imageField({3});
  field.low = -1;
  Dataset data("d", "train", {{field, {0, 51, 255}}});
  EXPECT_EQ(itemOf<double>(data, 0), (std::vector<double>{-1, -0.6, 1}));
}

TEST(Dataset, DigestsStandForTheBytes) {
  auto digest = [](std::vector<uint8_t> bytes) {
    return Dataset("d", "train", {{imageField({1}), bytes}}).digest();
  };
  EXPECT_EQ(digest({1, 2}).size(), 32u);
  EXPECT_EQ(digest({1, 2}), digest({1, 2}));
  EXPECT_NE(digest({1, 2}), digest({1, 3}));
}

TEST(Dataset, BinarisedPixelsAreDrawnWithTheirProbability) {
  plan::Field field = imageField({1 << 14});
  field.binarize = true;
  field.low = -1;
  for (int byte : {0, 51, 128, 255}) {
    Dataset data("d", "train", {{field, std::vector<uint8_t>(1 << 14, byte)}});
    double p = byte / 255.0, ones = 0;
    for (float x : itemOf<float>(data, 0, 3, 5)) {
      ASSERT_TRUE(x == -1 || x == 1);
      ones += x == 1;
    }
    // Five standard deviations; none at the ends.
    double n = 1 << 14;
    EXPECT_NEAR(ones / n, p, 5 * std::sqrt(p * (1 - p) / n)) << byte;
  }
}

TEST(Dataset, BinarisationIsKeyedBySeedEpochAndItem) {
  plan::Field field = imageField({100});
  field.binarize = true;
  Dataset data("d", "train", {{field, std::vector<uint8_t>(200, 128)}});
  auto draws = itemOf<double>(data, 0, 3, 5);
  EXPECT_EQ(draws, itemOf<double>(data, 0, 3, 5));
  EXPECT_NE(draws, itemOf<double>(data, 1, 3, 5));
  EXPECT_NE(draws, itemOf<double>(data, 0, 4, 5));
  EXPECT_NE(draws, itemOf<double>(data, 0, 3, 6));
  Dataset test("d", "test", {{field, std::vector<uint8_t>(200, 128)}});
  EXPECT_NE(draws, itemOf<double>(test, 0, 3, 5));
}

TEST(Dataset, DebiansFashionMnistIsWhatItIs) {
  plan::Dataset spec = specOf({imageField({1, 28, 28}), labelField(10)});
  if (!std::filesystem::exists("/usr/share/datasets/fashion-mnist")) {
    expectFailure(ExitInputOutput, "apt install dataset-fashion-mnist",
                  [&] { loadDataset(spec, "test", std::nullopt); });
    GTEST_SKIP() << "dataset-fashion-mnist is not installed";
  }
  Dataset test = loadDataset(spec, "test", std::nullopt);
  EXPECT_EQ(test.items(), 10000);
  // The first labels of the test set: ankle boot, pullover, trouser.
  EXPECT_EQ(itemOf<float>(test, 0, 0, 0, 1)[0], 9);
  EXPECT_EQ(itemOf<float>(test, 1, 0, 0, 1)[0], 2);
  EXPECT_EQ(itemOf<float>(test, 2, 0, 0, 1)[0], 1);
}
