//===- Tensor.cpp - tensors between their logical and stored form
//----------===//
//
// A panel layout of axis a and width w keeps element (n along a, k along the
// other axis) at [n / w][k][n % w].
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Tensor.h"

#include "runtime/core/Random.h"
#include "runtime/core/Status.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cstring>

namespace gmc::runtime {

namespace {
/// The extents that a panel layout is about, and the row-major strides.
struct PanelView {
  int64_t lanes, depth; ///< extent of the axis of lanes, and of the other
  int64_t laneStride, depthStride;
  int64_t width, panels;

  PanelView(const Shape &shape, const plan::Storage &storage)
      : lanes(shape[storage.axis]), depth(shape[1 - storage.axis]),
        laneStride(storage.axis == 0 ? shape[1] : 1),
        depthStride(storage.axis == 0 ? 1 : shape[1]), width(storage.width),
        panels((lanes + width - 1) / width) {}
};
} // namespace

/// Writes `dense` into panels at `out`.
template <typename T>
static void packPanels(const PanelView &view, const T *dense, T *out) {
  for (int64_t panel = 0; panel < view.panels; ++panel) {
    for (int64_t k = 0; k < view.depth; ++k) {
      for (int64_t lane = 0; lane < view.width; ++lane) {
        int64_t n = panel * view.width + lane;
        *out++ = n < view.lanes
                     ? dense[n * view.laneStride + k * view.depthStride]
                     : T(0);
      }
    }
  }
}

/// Reads panels at `in` back into `dense`.
template <typename T>
static void unpackPanels(const PanelView &view, const T *in, T *dense) {
  for (int64_t n = 0; n < view.lanes; ++n) {
    const T *panel = in + n / view.width * view.depth * view.width;
    for (int64_t k = 0; k < view.depth; ++k) {
      dense[n * view.laneStride + k * view.depthStride] =
          panel[k * view.width + n % view.width];
    }
  }
}

/// Throws unless a tensor of `shape` has `length` bytes.
static void checkLength(ScalarType type, const Shape &shape, size_t length) {
  if (static_cast<int64_t>(length) != bytesOf(type, shape)) {
    fail(ExitInternal, "a tensor {} has {} bytes, {} were given",
         spellingOf(shape), bytesOf(type, shape), length);
  }
}

void storeTensor(ScalarType type, const Shape &shape, const Places &places,
                 std::span<const std::byte> dense, char *state) {
  checkLength(type, shape, dense.size());
  for (const plan::Storage &storage : places) {
    char *place = state + storage.offset;
    if (storage.layout == plan::Storage::Layout::Dense) {
      std::ranges::copy(dense, reinterpret_cast<std::byte *>(place));
      continue;
    }
    dispatch(type, [&](auto zero) {
      using T = decltype(zero);
      packPanels(PanelView(shape, storage),
                 reinterpret_cast<const T *>(dense.data()),
                 reinterpret_cast<T *>(place));
    });
  }
}

void fetchTensor(ScalarType type, const Shape &shape, const Places &places,
                 const char *state, std::span<std::byte> dense) {
  checkLength(type, shape, dense.size());
  const plan::Storage &storage = places.front();
  const char *place = state + storage.offset;
  if (storage.layout == plan::Storage::Layout::Dense) {
    std::copy_n(reinterpret_cast<const std::byte *>(place), dense.size(),
                dense.begin());
    return;
  }
  dispatch(type, [&](auto zero) {
    using T = decltype(zero);
    unpackPanels(PanelView(shape, storage), reinterpret_cast<const T *>(place),
                 reinterpret_cast<T *>(dense.data()));
  });
}

/// Returns element `element` of the initial value.
static double initialElement(const plan::Initial &initial, const Draw &draw,
                             uint64_t element) {
  switch (initial.kind) {
  case plan::Initial::Kind::Constant:
    return initial.a;
  case plan::Initial::Kind::Normal:
    return initial.a + initial.b * draw.normal<double>(element);
  case plan::Initial::Kind::Uniform:
    return initial.a + (initial.b - initial.a) * draw.uniform<double>(element);
  case plan::Initial::Kind::Orthogonal:
    break; // of all elements at once
  }
  fail(ExitInternal, "an initial value of an unknown kind");
}

/// Returns `count` numbers, row-major, of a matrix of `rows` rows that are
/// orthonormal, or whose columns are where it is higher than wide: Q of the QR
/// decomposition of normal draws, with the signs that make the diagonal of R
/// positive, which makes it unique and Q uniform among all such matrices
/// (Saxe, McClelland and Ganguli 2014; Mezzadri 2007).
static std::vector<double> orthogonal(const Draw &draw, int64_t count,
                                      int64_t rows) {
  using Matrix =
      Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  std::vector<double> numbers(count);
  for (int64_t i = 0; i < count; ++i) {
    numbers[i] = draw.normal<double>(i);
  }
  Eigen::Map<Matrix> matrix(numbers.data(), rows, count / rows);
  const bool isWide = matrix.rows() < matrix.cols();
  const Matrix high = isWide ? Matrix(matrix.transpose()) : Matrix(matrix);
  const Eigen::HouseholderQR<Matrix> qr(high);
  Matrix q = qr.householderQ() * Matrix::Identity(high.rows(), high.cols());
  for (int64_t i = 0; i < q.cols(); ++i) {
    q.col(i) *= qr.matrixQR()(i, i) < 0 ? -1 : 1;
  }
  if (isWide) {
    matrix = q.transpose();
  } else {
    matrix = q;
  }
  return numbers;
}

void initialTensor(ScalarType type, const plan::Tensor &tensor, uint64_t seed,
                   std::span<std::byte> dense) {
  checkLength(type, tensor.shape, dense.size());
  const std::string &drawnAs = tensor.initial.drawnAs;
  Draw draw{seed, UINT64_MAX, fnv1a(drawnAs.empty() ? tensor.name : drawnAs)};
  dispatch(type, [&](auto zero) {
    using T = decltype(zero);
    T *out = reinterpret_cast<T *>(dense.data());
    int64_t count = elementsOf(tensor.shape);
    if (tensor.initial.kind == plan::Initial::Kind::Orthogonal) {
      const int64_t rows = tensor.shape.empty() ? 1 : tensor.shape[0];
      std::ranges::transform(orthogonal(draw, count, rows), out,
                             [](double x) { return static_cast<T>(x); });
      return;
    }
    for (int64_t i = 0; i < count; ++i) {
      out[i] = static_cast<T>(initialElement(tensor.initial, draw, i));
    }
  });
}

void State::store(size_t index, std::span<const std::byte> dense) {
  storeTensor(plan.type, plan.tensors[index].shape, artifact.storage[index],
              dense, region);
}

void State::fetch(size_t index, std::span<std::byte> dense) const {
  fetchTensor(plan.type, plan.tensors[index].shape, artifact.storage[index],
              region, dense);
}

void State::initialise(uint64_t seed) {
  std::vector<std::byte> dense;
  for (size_t i = 0; i < plan.tensors.size(); ++i) {
    dense.resize(bytes(i));
    initialTensor(plan.type, plan.tensors[i], seed, dense);
    store(i, dense);
  }
}

std::span<std::byte> State::inPlace(size_t index) {
  const plan::Storage &storage = artifact.storage[index].front();
  return {reinterpret_cast<std::byte *>(region) + storage.offset,
          size_t(bytes(index))};
}

} // namespace gmc::runtime
