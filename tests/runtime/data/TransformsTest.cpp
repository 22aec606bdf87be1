//===- TransformsTest.cpp - what is done with records ---------------------===//

#include "runtime/data/Loader.h"
#include "runtime/data/Resize.h"
#include "tests/runtime/data/RecordFiles.h"

#include <algorithm>
#include <cmath>
#include <set>

using namespace gmc;
using namespace gmc::runtime;
using namespace gmc::runtime::test;

using Numbers = std::vector<double>;

/// `count` images of 1 x 4 x 4, pixel p of image i being 16 i + p.
static DatasetField images(plan::Field spec, int64_t count) {
  DatasetField field{std::move(spec), {}, Stored::Byte, {1, 4, 4}};
  for (int64_t i = 0; i < 16 * count; ++i) {
    field.bytes.push_back(uint8_t(i));
  }
  return field;
}

static plan::Field raw(Shape shape) {
  plan::Field spec = picture(std::move(shape));
  spec.high = 255; // bytes as they are
  return spec;
}

TEST(Transforms, HalfOfTheImagesOfAnEpochAreMirroredInTraining) {
  plan::Field spec = raw({1, 4, 4});
  spec.flip = true;
  Dataset data("d", "train", {images(spec, 1)});
  const Numbers plain = numbersOf(data, 0);
  EXPECT_EQ(plain[0], 0);
  int mirrored = 0;
  for (uint64_t epoch = 0; epoch < 400; ++epoch) {
    auto seen = numbersOf(data, 0, 0, epoch, true);
    EXPECT_EQ(seen, numbersOf(data, 0, 0, epoch, true));
    EXPECT_EQ(numbersOf(data, 0, 0, epoch, false), plain);
    bool turned = seen[0] == 3;
    EXPECT_EQ(seen, turned ? (Numbers{3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15,
                                      14, 13, 12})
                           : plain);
    mirrored += turned;
  }
  EXPECT_NEAR(mirrored, 200, 50); // five standard deviations
}

TEST(Transforms, CropsLieAnywhereInTrainingAndInTheMiddleElse) {
  plan::Field spec = raw({1, 2, 2});
  spec.cropFrom = 4;
  Dataset data("d", "train", {images(spec, 1)});
  EXPECT_EQ(numbersOf(data, 0), (Numbers{5, 6, 9, 10}));
  std::set<double> corners;
  for (uint64_t epoch = 0; epoch < 200; ++epoch) {
    auto seen = numbersOf(data, 0, 0, epoch, true);
    corners.insert(seen[0]);
    EXPECT_EQ(seen[1], seen[0] + 1);
    EXPECT_EQ(seen[3], seen[0] + 5);
  }
  EXPECT_EQ(corners, (std::set<double>{0, 1, 2, 4, 5, 6, 8, 9, 10}));
}

TEST(Transforms, TheFieldsOfARecordAreCutAlike) {
  plan::Field first = raw({1, 2, 2}), second = first;
  first.cropFrom = second.cropFrom = 4;
  first.flip = second.flip = true;
  second.name = "y";
  Dataset data("d", "train", {images(first, 3), images(second, 3)});
  std::set<double> seen;
  for (uint64_t epoch = 0; epoch < 20; ++epoch) {
    EXPECT_EQ(numbersOf(data, 2, 0, epoch, true),
              numbersOf(data, 2, 1, epoch, true));
    seen.insert(numbersOf(data, 2, 0, epoch, true)[0]);
  }
  EXPECT_GT(seen.size(), 4u);
  // Keyed by seed, epoch and record.
  EXPECT_NE(numbersOf(data, 0, 0, 1, true, 1), numbersOf(data, 0, 0, 1, true));
}

TEST(Transforms, DequantizeFillsTheGreyLevel) {
  plan::Field spec = numbers("x", {4096});
  spec.low = -1;
  spec.dequantize = true;
  Dataset data("d", "train", {{spec, std::vector<uint8_t>(4096, 255)}});
  auto seen = numbersOf(data, 0, 0, 3);
  auto [low, high] = std::minmax_element(seen.begin(), seen.end());
  EXPECT_GE(*low, -1 + 2 * 255 / 256.0);
  EXPECT_LT(*high, 1);
  double mean = 0;
  for (double number : seen) {
    mean += number / 4096;
  }
  // Uniform of width 2/256: deviation of the mean 2/256 / sqrt(12 * 4096).
  EXPECT_NEAR(mean, -1 + 2 * 255.5 / 256, 5 * 2 / 256.0 / std::sqrt(12 * 4096));
  EXPECT_NE(seen, numbersOf(data, 0, 0, 4));
}

TEST(Transforms, NormalizeComesLastAndByChannel) {
  plan::Field spec = picture({2, 1, 2});
  spec.mean = {0.5, 0};
  spec.deviation = {0.5, 2};
  Dataset data("d", "train", {{spec, {0, 255, 0, 255}}});
  EXPECT_EQ(numbersOf(data, 0), (Numbers{-1, 1, 0, 0.5}));
}

TEST(Transforms, SixteenBitsAreMappedOntoTheRange) {
  plan::Field spec = numbers("x", {2});
  spec.low = -1;
  DatasetField field{spec, {}, Stored::Word};
  appendNumber(field.bytes, uint16_t(0));
  appendNumber(field.bytes, uint16_t(65535));
  EXPECT_EQ(numbersOf(Dataset("d", "train", {field}), 0), (Numbers{-1, 1}));
}

// The weights of a pixel may come to a little more than 1.
TEST(Transforms, ResizeKeepsToTheRangeOfTheData) {
  for (int64_t from = 1; from < 15; ++from) {
    for (int64_t to = 1; to < 15; ++to) {
      Column ones{Stored::Double, {1, from, from}, {}};
      for (int64_t i = 0; i < from * from; ++i) {
        appendNumber(ones.bytes, 1.0);
      }
      const Column result = resized(ones, to, to);
      for (int64_t i = 0; i < to * to; ++i) {
        EXPECT_EQ(numberAt(result.bytes, result.stored, i), 1)
            << from << " to " << to;
      }
    }
  }
}

TEST(Transforms, ResizeIsAWeighedMean) {
  Column flat{Stored::Byte, {2, 3, 5}, std::vector<uint8_t>(30, 77)};
  Column large = resized(flat, 7, 4);
  EXPECT_EQ(large.shape, (Shape{2, 7, 4}));
  EXPECT_EQ(large.bytes, std::vector<uint8_t>(56, 77));
  Column line{Stored::Double, {1, 1, 4}, {}};
  for (double number : {0.0, 1.0, 2.0, 3.0}) {
    appendNumber(line.bytes, number);
  }
  Column half = resized(line, 1, 2), same = resized(line, 1, 4);
  EXPECT_EQ(same.bytes, line.bytes);
  // Centres 0.5 and 2.5, half-width 2: weights 3/4 3/4 1/4 of 0, 1, 2.
  EXPECT_NEAR(numberAt(half.bytes, half.stored, 0), (0.75 + 0.5) / 1.75, 1e-15);
  EXPECT_NEAR(numberAt(half.bytes, half.stored, 1), 3 - 1.25 / 1.75, 1e-15);
}

/// A table of 40 records: its own number and a class of 4.
class Parts : public ::testing::Test {
protected:
  Parts() {
    std::string text;
    for (int i = 0; i < 40; ++i) {
      text += fmt::format("{},{}\n", i, i < 20 ? i % 3 : 3);
    }
    writeFile(folder / "t.csv", text);
    spec = dataset("csv", (folder / "t.csv").string(),
                   {numbers("x", {}), label("y", 4)});
  }
  static std::vector<double> idsOf(const Dataset &data) {
    std::vector<double> ids;
    for (int64_t i = 0; i < data.items(); ++i) {
      ids.push_back(numbersOf(data, i)[0]);
    }
    return ids;
  }

  TemporaryFolder folder;
  plan::Dataset spec;
};

TEST_F(Parts, SplitCutsTheTestPartOff) {
  spec.testShare = 0.25;
  auto train = idsOf(load(spec)), test = idsOf(load(spec, "test"));
  EXPECT_EQ(train.size(), 30u);
  EXPECT_EQ(test.size(), 10u);
  std::set<double> all(train.begin(), train.end());
  all.insert(test.begin(), test.end());
  EXPECT_EQ(all.size(), 40u);
  EXPECT_NE(*std::max_element(test.begin(), test.end()),
            9); // not the first ten
}

TEST_F(Parts, ABalancedSubsetAndItsRest) {
  spec.subset = 16;
  spec.balance = "y";
  Dataset subset = load(spec);
  std::vector<int> classes(4);
  for (int64_t i = 0; i < subset.items(); ++i) {
    ++classes[int(numbersOf(subset, i, 1)[0])];
  }
  EXPECT_EQ(classes, (std::vector<int>{4, 4, 4, 4}));
  EXPECT_EQ(load(spec, "train").digest(), subset.digest());
  plan::Dataset rest = spec;
  rest.of = "d";
  rest.record = rest.fields;
  rest.fields.pop_back(); // the model sees no labels
  Dataset others = load(rest);
  EXPECT_EQ(others.fieldCount(), 1);
  auto ids = idsOf(subset), left = idsOf(others);
  std::set<double> all(ids.begin(), ids.end());
  all.insert(left.begin(), left.end());
  EXPECT_EQ(ids.size() + left.size(), 40u);
  EXPECT_EQ(all.size(), 40u);
}

TEST_F(Parts, SubsetsThatCannotBe) {
  spec.subset = 41;
  expectFailure(ExitData, "a subset of 41 records, but there are 40",
                [&] { load(spec); });
  spec.subset = 40;
  spec.balance = "y";
  expectFailure(ExitData,
                "class 0 has 7 records, 3 fewer than a balanced "
                "subset of 40 takes",
                [&] { load(spec); });
}

TEST(Transforms, ALoaderDrawsInTrainingOnlyAndRepeatsItselfAfterAResume) {
  plan::Field spec = raw({1, 2, 2});
  spec.cropFrom = 4;
  spec.flip = true;
  Dataset data("d", "train", {images(spec, 10)});
  LoaderOptions options;
  options.batch = 2;
  options.seed = 7;
  auto bytesOf = [](const Batch *batch) {
    return std::vector<std::byte>(batch->fields[0].begin(),
                                  batch->fields[0].end());
  };
  Loader whole(data, options);
  std::vector<std::vector<std::byte>> batches;
  for (int i = 0; i < 12; ++i) {
    const Batch *batch = whole.next();
    batches.push_back(bytesOf(batch));
    if (i == 6) {
      options.start = batch->after;
    }
  }
  Loader resumed(data, options);
  for (int i = 7; i < 12; ++i) {
    EXPECT_EQ(bytesOf(resumed.next()), batches[i]);
  }
  LoaderOptions evaluation;
  evaluation.mode = LoaderOptions::Mode::Evaluate;
  evaluation.batch = 1;
  Loader loader(data, evaluation);
  std::array<float, 4> first{};
  std::memcpy(first.data(), loader.next()->fields[0].data(), sizeof first);
  EXPECT_EQ(first, (std::array<float, 4>{5, 6, 9, 10}));
}
