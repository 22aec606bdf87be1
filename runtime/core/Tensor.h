//===- Tensor.h - tensors between their logical and stored form -*- C++ -*-===//
//
// A tensor is row-major in files and in the hands of the runtime; a compiled
// model may keep it in panels of its vector tile, and in several copies.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_CORE_TENSOR_H
#define GMC_RUNTIME_CORE_TENSOR_H

#include "runtime/core/Shape.h"
#include "runtime/plan/Artifact.h"

#include <cstddef>
#include <span>
#include <vector>

namespace gmc::runtime {

/// The places of one tensor in the state region.
using Places = std::vector<plan::Storage>;

/// Writes the row-major tensor `dense` to every place of it in the region that
/// starts at `state`. Lanes past the extent become 0.
void storeTensor(ScalarType type, const Shape &shape, const Places &places,
                 std::span<const std::byte> dense, char *state);

/// Reads the first place of the tensor back into row-major order.
void fetchTensor(ScalarType type, const Shape &shape, const Places &places,
                 const char *state, std::span<std::byte> dense);

/// Fills `dense` with the initial value of `tensor`, drawn with execution
/// 2^64 - 1 at site fnv1a(name). It is computed in f64 and rounded once, so an
/// f32 model starts from the rounded weights of its f64 twin.
void initialTensor(ScalarType type, const plan::Tensor &tensor, uint64_t seed,
                   std::span<std::byte> dense);

/// The tensors of a model in its state region, row-major in and out.
class State {
public:
  State(const plan::Plan &plan, const plan::Artifact &artifact, char *region)
      : plan(plan), artifact(artifact), region(region) {}

  /// Returns the bytes of tensor `index`, row-major.
  int64_t bytes(size_t index) const {
    return bytesOf(plan.type, plan.tensors[index].shape);
  }
  void store(size_t index, std::span<const std::byte> dense);
  void fetch(size_t index, std::span<std::byte> dense) const;
  /// Gives every tensor its initial value.
  void initialise(uint64_t seed);
  /// Returns tensor `index` in place; it is dense, as those of pools are.
  std::span<std::byte> inPlace(size_t index);

  const plan::Plan &plan;

private:
  const plan::Artifact &artifact;
  char *region;
};

} // namespace gmc::runtime

#endif // GMC_RUNTIME_CORE_TENSOR_H
