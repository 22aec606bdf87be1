//===- LoaderTest.cpp - batches by position
//--------------------------------===//

#include "runtime/data/Loader.h"

#include "tests/runtime/core/Expect.h"

#include <algorithm>
#include <map>
#include <numeric>

using namespace gmc;
using namespace gmc::runtime;
using namespace gmc::runtime::test;
using Mode = LoaderOptions::Mode;

/// `items` items of two equal numbers: their own index.
static Dataset indices(int64_t items) {
  plan::Field pairs, labels;
  pairs.name = "x";
  pairs.shape = {2};
  pairs.high = 255;
  labels.name = "y";
  labels.classes = 256;
  DatasetField x{pairs, {}}, y{labels, {}};
  for (int64_t i = 0; i < items; ++i) {
    x.bytes.insert(x.bytes.end(), 2, static_cast<uint8_t>(i));
    y.bytes.push_back(static_cast<uint8_t>(i));
  }
  return Dataset("d", "train", {x, y});
}

/// Returns the indices in `batch`, after checking that the fields agree.
template <typename T = float>
static std::vector<int> indicesOf(const Batch &batch) {
  auto *x = reinterpret_cast<const T *>(batch.fields[0].data());
  auto *y = reinterpret_cast<const T *>(batch.fields[1].data());
  std::vector<int> result;
  for (size_t i = 0; i < batch.fields[1].size() / sizeof(T); ++i) {
    EXPECT_EQ(x[2 * i], x[2 * i + 1]);
    EXPECT_EQ(x[2 * i], y[i]);
    result.push_back(static_cast<int>(y[i]));
  }
  return result;
}

TEST(Loader, AnEvaluationIsOnePassInOrderWithThePartialBatch) {
  Dataset data = indices(10);
  Loader loader(data, {Mode::Evaluate, 4, ScalarType::F32, 1, {}});
  EXPECT_EQ(loader.batchesPerEpoch(), 3);
  const Batch *batch = loader.next();
  ASSERT_NE(batch, nullptr);
  EXPECT_EQ(indicesOf(*batch), (std::vector<int>{0, 1, 2, 3}));
  loader.next();
  batch = loader.next();
  ASSERT_NE(batch, nullptr);
  EXPECT_EQ(batch->valid, 2);
  EXPECT_EQ(indicesOf(*batch), (std::vector<int>{8, 9, 9, 9}));
  EXPECT_EQ(loader.next(), nullptr);
  EXPECT_EQ(loader.next(), nullptr);
}

TEST(Loader, D20AnEvaluationTakesFewerItemsThanABatch) {
  Dataset data = indices(3);
  Loader loader(data, {Mode::Evaluate, 5, ScalarType::F64, 1, {}});
  const Batch *batch = loader.next();
  ASSERT_NE(batch, nullptr);
  EXPECT_EQ(batch->valid, 3);
  EXPECT_EQ(indicesOf<double>(*batch), (std::vector<int>{0, 1, 2, 2, 2}));
  EXPECT_EQ(loader.next(), nullptr);
}

TEST(Loader, D20TrainingRefusesFewerItemsThanABatch) {
  Dataset data = indices(3);
  expectFailure(ExitData, "d.train has 3 items, one batch takes 5", [&] {
    Loader(data, {Mode::Train, 5, ScalarType::F32, 1, {}});
  });
}

TEST(Loader, TrainingShufflesEachEpochAndDropsTheRest) {
  Dataset data = indices(10);
  Loader loader(data, {Mode::Train, 4, ScalarType::F32, 1, {}});
  EXPECT_EQ(loader.batchesPerEpoch(), 2);
  std::vector<std::vector<int>> epochs;
  for (uint64_t epoch = 0; epoch < 3; ++epoch) {
    std::vector<int> seen;
    for (int64_t i = 0; i < 2; ++i) {
      const Batch *batch = loader.next();
      ASSERT_NE(batch, nullptr);
      EXPECT_EQ(batch->valid, 4);
      EXPECT_EQ(batch->before, (StreamPosition{epoch, 4 * i}));
      EXPECT_EQ(batch->after, i == 0 ? (StreamPosition{epoch, 4})
                                     : (StreamPosition{epoch + 1, 0}));
      auto some = indicesOf(*batch);
      seen.insert(seen.end(), some.begin(), some.end());
    }
    epochs.push_back(seen);
    std::sort(seen.begin(), seen.end());
    EXPECT_EQ(std::unique(seen.begin(), seen.end()), seen.end());
  }
  EXPECT_NE(epochs[0], epochs[1]);
  EXPECT_NE(epochs[1], epochs[2]);
}

TEST(Loader, AWholeEpochSeesEveryItem) {
  Dataset data = indices(12);
  Loader loader(data, {Mode::Train, 4, ScalarType::F32, 1, {}});
  std::vector<int> seen, all(12);
  for (int i = 0; i < 3; ++i) {
    auto some = indicesOf(*loader.next());
    seen.insert(seen.end(), some.begin(), some.end());
  }
  std::sort(seen.begin(), seen.end());
  std::iota(all.begin(), all.end(), 0);
  EXPECT_EQ(seen, all);
}

TEST(Loader, AnyPositionGoesOnAsIfNothingHadStopped) {
  Dataset data = indices(50);
  LoaderOptions options{Mode::Train, 7, ScalarType::F32, 9, {}};
  std::vector<StreamPosition> positions;
  std::vector<std::vector<int>> batches;
  Loader whole(data, options);
  for (int i = 0; i < 25; ++i) {
    const Batch *batch = whole.next();
    positions.push_back(batch->before);
    batches.push_back(indicesOf(*batch));
  }
  for (int start = 0; start < 25; ++start) {
    options.start = positions[start];
    Loader resumed(data, options);
    for (int i = start; i < std::min(25, start + 9); ++i) {
      ASSERT_EQ(indicesOf(*resumed.next()), batches[i]) << start << " " << i;
    }
  }
}

TEST(Loader, ThePositionAfterABatchIsWhereTheNextStarts) {
  Dataset data = indices(50);
  Loader loader(data, {Mode::Train, 7, ScalarType::F32, 9, {}});
  StreamPosition last;
  for (int i = 0; i < 25; ++i) {
    const Batch *batch = loader.next();
    EXPECT_EQ(batch->before, last);
    last = batch->after;
  }
}

TEST(Loader, ABatchStaysWholeUntilTheNextCall) {
  Dataset data = indices(200);
  Loader loader(data, {Mode::Train, 3, ScalarType::F32, 9, {}});
  for (int i = 0; i < 300; ++i) {
    const Batch *batch = loader.next();
    auto before = indicesOf(*batch);
    std::this_thread::yield();
    ASSERT_EQ(indicesOf(*batch), before);
  }
}

TEST(Loader, APositionOutsideTheDataIsAnErrorOfTheCheckpoint) {
  Dataset data = indices(10);
  for (int64_t index : {-1, 11}) {
    expectFailure(ExitCheckpoint, "cannot stand at item", [&] {
      Loader(data, {Mode::Train, 4, ScalarType::F32, 1, {0, index}});
    });
  }
}

TEST(Loader, StoppingEarlyEndsTheThread) {
  Dataset data = indices(10);
  for (int calls = 0; calls < 4; ++calls) {
    Loader loader(data, {Mode::Train, 4, ScalarType::F32, 1, {}});
    for (int i = 0; i < calls; ++i) {
      loader.next();
    }
  }
}
