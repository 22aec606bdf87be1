//===- TensorTest.cpp - layouts and initial values
//-------------------------===//

#include "runtime/core/Tensor.h"

#include "runtime/abi/gmAbi.h"
#include "runtime/core/Status.h"
#include "runtime/plan/Json.h"
#include "tests/runtime/plan/SamplePlan.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <numeric>
#include <vector>

using namespace gmc;
using namespace gmc::runtime;

static plan::Storage panels(int64_t offset, int axis, int64_t width) {
  return {offset, plan::Storage::Layout::Panels, axis, width};
}

template <typename T>
static std::span<const std::byte> bytes(std::vector<T> &v) {
  return std::as_bytes(std::span(v));
}

template <typename T> class TensorLayout : public ::testing::Test {};
using Scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(TensorLayout, Scalars);

TYPED_TEST(TensorLayout, PanelsFollowThePlansFormula) {
  ScalarType type = sizeof(TypeParam) == 4 ? ScalarType::F32 : ScalarType::F64;
  int64_t rows = 7, columns = 5, width = 4;
  for (int axis : {0, 1}) {
    const Shape shape = {rows, columns};
    const Places places = {panels(0, axis, width)};
    int64_t lanes = axis == 0 ? rows : columns;
    int64_t depth = axis == 0 ? columns : rows;
    std::vector<TypeParam> dense(rows * columns);
    std::iota(dense.begin(), dense.end(), TypeParam(1));
    int64_t stored = plan::storedElements(shape, places[0]);
    ASSERT_EQ(stored, (lanes + 3) / 4 * depth * 4);
    // The guard behind the region must survive.
    std::vector<TypeParam> region(stored + 1, TypeParam(-1));
    storeTensor(type, shape, places, bytes(dense),
                reinterpret_cast<char *>(region.data()));
    EXPECT_EQ(region[stored], TypeParam(-1));
    for (int64_t n = 0; n < (lanes + 3) / 4 * 4; ++n) {
      for (int64_t k = 0; k < depth; ++k) {
        int64_t row = axis == 0 ? n : k, column = axis == 0 ? k : n;
        TypeParam expected =
            n < lanes ? dense[row * columns + column] : TypeParam(0);
        EXPECT_EQ(region[(n / width * depth + k) * width + n % width],
                  expected);
      }
    }
    std::vector<TypeParam> back(dense.size());
    fetchTensor(type, shape, places, reinterpret_cast<char *>(region.data()),
                std::as_writable_bytes(std::span(back)));
    EXPECT_EQ(back, dense);
  }
}

TEST(Tensor, EveryPlaceIsWrittenAndTheFirstIsRead) {
  const Shape shape = {2, 3};
  const Places places = {plan::Storage{64}, panels(128, 1, 2)};
  std::vector<float> dense = {1, 2, 3, 4, 5, 6}, region(64, -1);
  char *state = reinterpret_cast<char *>(region.data());
  storeTensor(ScalarType::F32, shape, places, bytes(dense), state);
  EXPECT_EQ(region[15], -1);
  EXPECT_EQ(region[16], 1);
  EXPECT_EQ(region[21], 6);
  std::vector<float> packed(region.begin() + 32, region.begin() + 40);
  EXPECT_EQ(packed, (std::vector<float>{1, 2, 4, 5, 3, 0, 6, 0}));
  region[16] = 9;
  std::vector<float> back(6);
  fetchTensor(ScalarType::F32, shape, places, state,
              std::as_writable_bytes(std::span(back)));
  EXPECT_EQ(back, (std::vector<float>{9, 2, 3, 4, 5, 6}));
}

static plan::Tensor initialised(const char *name, plan::Initial init) {
  plan::Tensor tensor;
  tensor.name = name;
  tensor.shape = {100, 100};
  tensor.initial = init;
  return tensor;
}

template <typename T>
static std::vector<T> initialOf(const plan::Tensor &tensor, uint64_t seed) {
  std::vector<T> values(elementsOf(tensor.shape));
  initialTensor(sizeof(T) == 4 ? ScalarType::F32 : ScalarType::F64, tensor,
                seed, std::as_writable_bytes(std::span(values)));
  return values;
}

TEST(InitialTensor, UniformStaysInItsIntervalAndFillsIt) {
  auto values = initialOf<float>(
      initialised("w", {plan::Initial::Kind::Uniform, -0.25, 0.5, ""}), 3);
  auto [low, high] = std::minmax_element(values.begin(), values.end());
  EXPECT_GE(*low, -0.25f);
  EXPECT_LE(*high, 0.5f);
  EXPECT_LT(*low, -0.249f);
  EXPECT_GT(*high, 0.499f);
  // s.e. of the mean: 0.75 / sqrt(12) / 100 = 0.0022
  EXPECT_NEAR(std::accumulate(values.begin(), values.end(), 0.0) / 10000, 0.125,
              0.011);
}

TEST(InitialTensor, NormalHasMeanAndDeviation) {
  auto values = initialOf<double>(
      initialised("w", {plan::Initial::Kind::Normal, 2, 0.02, ""}), 3);
  double mean = std::accumulate(values.begin(), values.end(), 0.0) / 10000;
  double variance = 0;
  for (double x : values) {
    variance += (x - mean) * (x - mean) / 10000;
  }
  EXPECT_NEAR(mean, 2, 0.001);
  EXPECT_NEAR(std::sqrt(variance), 0.02, 0.0008);
}

/// Returns rows . rows' of a row-major matrix, or columns' . columns.
static std::vector<double> gram(const std::vector<double> &m, int64_t rows,
                                int64_t columns, bool ofColumns) {
  int64_t n = ofColumns ? columns : rows, k = ofColumns ? rows : columns;
  auto at = [&](int64_t i, int64_t j) {
    return ofColumns ? m[j * columns + i] : m[i * columns + j];
  };
  std::vector<double> result(n * n);
  for (int64_t i = 0; i < n * n * k; ++i) {
    result[i / k] += at(i / k / n, i % k) * at(i / k % n, i % k);
  }
  return result;
}

TEST(InitialTensor, OrthogonalHasOrthonormalRowsOrColumns) {
  for (const Shape &shape : {Shape{7, 3, 2, 2}, Shape{12, 7}, Shape{9, 9}}) {
    plan::Tensor tensor =
        initialised("w", {plan::Initial::Kind::Orthogonal, 0, 0, ""});
    tensor.shape = shape;
    auto values = initialOf<double>(tensor, 3);
    int64_t columns = elementsOf(shape) / shape[0];
    int64_t n = std::min(shape[0], columns);
    auto dots = gram(values, shape[0], columns, shape[0] > columns);
    for (int64_t i = 0; i < n * n; ++i) {
      EXPECT_NEAR(dots[i], i / n == i % n ? 1 : 0, 1e-14) << i;
    }
  }
}

// With a positive diagonal of R, the first column (or row) of Q is the first
// of the draws, divided by its length.
TEST(InitialTensor, OrthogonalKeepsTheSignsOfItsDraws) {
  plan::Tensor tensor =
      initialised("w", {plan::Initial::Kind::Normal, 0, 1, ""});
  for (const Shape &shape : {Shape{3, 50}, Shape{50, 3}}) {
    tensor.shape = shape;
    tensor.initial.kind = plan::Initial::Kind::Normal;
    auto draws = initialOf<double>(tensor, 3);
    tensor.initial.kind = plan::Initial::Kind::Orthogonal;
    auto values = initialOf<double>(tensor, 3);
    int64_t stride = shape[0] == 3 ? 1 : 3;
    double length = 0;
    for (int i = 0; i < 50; ++i) {
      length += draws[i * stride] * draws[i * stride];
    }
    for (int i = 0; i < 50; ++i) {
      EXPECT_NEAR(values[i * stride], draws[i * stride] / std::sqrt(length),
                  1e-14);
    }
  }
}

TEST(InitialTensor, DependsOnSeedAndNameAlone) {
  plan::Initial normal{plan::Initial::Kind::Normal, 0, 1, ""};
  auto values = initialOf<float>(initialised("Enc.weight", normal), 3);
  EXPECT_EQ(values, initialOf<float>(initialised("Enc.weight", normal), 3));
  EXPECT_NE(values, initialOf<float>(initialised("Enc.weight", normal), 4));
  EXPECT_NE(values, initialOf<float>(initialised("Dec.weight", normal), 3));
  plan::Initial average{plan::Initial::Kind::Normal, 0, 1, "Enc.weight"};
  EXPECT_EQ(values, initialOf<float>(initialised("Ema.weight", average), 3));
}

TEST(InitialTensor, SingleIsTheRoundedDouble) {
  plan::Tensor tensor =
      initialised("w", {plan::Initial::Kind::Normal, 0, 1, ""});
  auto singles = initialOf<float>(tensor, 3);
  auto doubles = initialOf<double>(tensor, 3);
  for (size_t i = 0; i < singles.size(); ++i) {
    ASSERT_EQ(singles[i], static_cast<float>(doubles[i]));
  }
}

// Found by the fuzzer of plans: no bytes have no address.
TEST(Tensor, OneWithoutElementsIsCopied) {
  const Places places = {plan::Storage{}};
  std::vector<std::byte> none;
  char state[64] = {};
  storeTensor(ScalarType::F32, {0, 3}, places, none, state);
  fetchTensor(ScalarType::F32, {0, 3}, places, state, none);
  EXPECT_TRUE(none.empty());
}

TEST(State, InitialiseFillsEveryPlace) {
  const plan::Plan plan = plan::planFrom(test::samplePlan().dump());
  const plan::Artifact artifact =
      plan::artifactFrom(test::sampleArtifact().dump(), plan, GM_ABI_VERSION);
  std::vector<float> numbers(artifact.stateBytes / 4, -7);
  State(plan, artifact, reinterpret_cast<char *>(numbers.data()))
      .initialise(11);
  // Element (row 4, column 2) of Enc.w in both layouts.
  EXPECT_EQ(numbers[(1 * 3 + 2) * 4 + 0], numbers[32 + (0 * 5 + 4) * 4 + 2]);
  EXPECT_EQ(numbers[80], 0.0f);
  EXPECT_EQ(numbers[96], 0.5f);
  EXPECT_EQ(numbers[97], -7.0f);
}

TEST(Elements, OverflowIsAnError) {
  EXPECT_EQ(elementsOf({}), 1);
  EXPECT_EQ(elementsOf({3, 0}), 0);
  EXPECT_THROW(elementsOf({1ll << 31, 1ll << 31, 2}), Failure);
  EXPECT_THROW(elementsOf({-1}), Failure);
}
