//===- TensorTest.cpp - layouts and initial values
//-------------------------===//

#include "runtime/core/Tensor.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <numeric>
#include <vector>

using namespace gmc::runtime;

static Storage panels(int64_t offset, int axis, int64_t width) {
  return {offset, Storage::Layout::Panels, axis, width};
}

template <typename T>
static std::span<const std::byte> bytes(std::vector<T> &v) {
  return std::as_bytes(std::span(v));
}

template <typename T> class TensorLayout : public ::testing::Test {};
using Scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(TensorLayout, Scalars);

TYPED_TEST(TensorLayout, PanelsFollowTheManifestsFormula) {
  ScalarType type = sizeof(TypeParam) == 4 ? ScalarType::F32 : ScalarType::F64;
  int64_t rows = 7, columns = 5, width = 4;
  for (int axis : {0, 1}) {
    TensorSpec tensor;
    tensor.shape = {rows, columns};
    tensor.storage = {panels(0, axis, width)};
    int64_t lanes = axis == 0 ? rows : columns;
    int64_t depth = axis == 0 ? columns : rows;
    std::vector<TypeParam> dense(rows * columns);
    std::iota(dense.begin(), dense.end(), TypeParam(1));
    int64_t stored = storedElements(tensor.shape, tensor.storage[0]);
    ASSERT_EQ(stored, (lanes + 3) / 4 * depth * 4);
    // The guard behind the region must survive.
    std::vector<TypeParam> region(stored + 1, TypeParam(-1));
    storeTensor(type, tensor, bytes(dense),
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
    fetchTensor(type, tensor, reinterpret_cast<char *>(region.data()),
                std::as_writable_bytes(std::span(back)));
    EXPECT_EQ(back, dense);
  }
}

TEST(Tensor, EveryPlaceIsWrittenAndTheFirstIsRead) {
  TensorSpec tensor;
  tensor.shape = {2, 3};
  tensor.storage = {Storage{64}, panels(128, 1, 2)};
  std::vector<float> dense = {1, 2, 3, 4, 5, 6}, region(64, -1);
  char *state = reinterpret_cast<char *>(region.data());
  storeTensor(ScalarType::F32, tensor, bytes(dense), state);
  EXPECT_EQ(region[15], -1);
  EXPECT_EQ(region[16], 1);
  EXPECT_EQ(region[21], 6);
  std::vector<float> packed(region.begin() + 32, region.begin() + 40);
  EXPECT_EQ(packed, (std::vector<float>{1, 2, 4, 5, 3, 0, 6, 0}));
  region[16] = 9;
  std::vector<float> back(6);
  fetchTensor(ScalarType::F32, tensor, state,
              std::as_writable_bytes(std::span(back)));
  EXPECT_EQ(back, (std::vector<float>{9, 2, 3, 4, 5, 6}));
}

static TensorSpec initialised(const char *name, Initial init) {
  TensorSpec tensor;
  tensor.name = name;
  tensor.shape = {100, 100};
  tensor.init = init;
  return tensor;
}

template <typename T>
static std::vector<T> initialOf(const TensorSpec &tensor, uint64_t seed) {
  std::vector<T> values(elementsOf(tensor.shape));
  initialTensor(sizeof(T) == 4 ? ScalarType::F32 : ScalarType::F64, tensor,
                seed, std::as_writable_bytes(std::span(values)));
  return values;
}

TEST(InitialTensor, UniformStaysInItsIntervalAndFillsIt) {
  auto values = initialOf<float>(
      initialised("w", {Initial::Kind::Uniform, -0.25, 0.5, ""}), 3);
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
      initialised("w", {Initial::Kind::Normal, 2, 0.02, ""}), 3);
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
    TensorSpec tensor = initialised("w", {Initial::Kind::Orthogonal, 0, 0, ""});
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
  TensorSpec tensor = initialised("w", {Initial::Kind::Normal, 0, 1, ""});
  for (const Shape &shape : {Shape{3, 50}, Shape{50, 3}}) {
    tensor.shape = shape;
    tensor.init.kind = Initial::Kind::Normal;
    auto draws = initialOf<double>(tensor, 3);
    tensor.init.kind = Initial::Kind::Orthogonal;
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
  Initial normal{Initial::Kind::Normal, 0, 1, ""};
  auto values = initialOf<float>(initialised("Enc.weight", normal), 3);
  EXPECT_EQ(values, initialOf<float>(initialised("Enc.weight", normal), 3));
  EXPECT_NE(values, initialOf<float>(initialised("Enc.weight", normal), 4));
  EXPECT_NE(values, initialOf<float>(initialised("Dec.weight", normal), 3));
  Initial average{Initial::Kind::Normal, 0, 1, "Enc.weight"};
  EXPECT_EQ(values, initialOf<float>(initialised("Ema.weight", average), 3));
}

TEST(InitialTensor, SingleIsTheRoundedDouble) {
  TensorSpec tensor = initialised("w", {Initial::Kind::Normal, 0, 1, ""});
  auto singles = initialOf<float>(tensor, 3);
  auto doubles = initialOf<double>(tensor, 3);
  for (size_t i = 0; i < singles.size(); ++i) {
    ASSERT_EQ(singles[i], static_cast<float>(doubles[i]));
  }
}
