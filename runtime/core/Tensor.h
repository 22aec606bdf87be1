//===- Tensor.h - tensors between their logical and stored form -*- C++ -*-===//
//
// A tensor is row-major in files and in the hands of the runtime; a compiled
// model may keep it in panels of its vector tile, and in several copies.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_CORE_TENSOR_H
#define GMC_RUNTIME_CORE_TENSOR_H

#include "runtime/core/Manifest.h"

#include <cstddef>
#include <span>
#include <vector>

namespace gmc::runtime {

/// Returns how many numbers a tensor of `shape` takes in `storage`, the zero
/// lanes at the end of a panel included.
int64_t storedElements(const Shape &shape, const Storage &storage);

/// Writes the row-major tensor `dense` to every storage place of `tensor` in
/// the region that starts at `state`. Lanes past the extent become 0.
void storeTensor(ScalarType type, const TensorSpec &tensor,
                 std::span<const std::byte> dense, char *state);

/// Reads the first storage place of `tensor` back into row-major order.
void fetchTensor(ScalarType type, const TensorSpec &tensor, const char *state,
                 std::span<std::byte> dense);

/// Fills `dense` with the initial value of `tensor`, drawn with execution
/// 2^64 - 1 at site fnv1a(name). It is computed in f64 and rounded once, so an
/// f32 model starts from the rounded weights of its f64 twin.
void initialTensor(ScalarType type, const TensorSpec &tensor, uint64_t seed,
                   std::span<std::byte> dense);

/// Writes the initial value of every tensor of `manifest` into `state`.
void initialState(const Manifest &manifest, uint64_t seed, char *state);

/// Returns the bytes of the row-major tensor.
int64_t denseBytes(ScalarType type, const TensorSpec &tensor);

} // namespace gmc::runtime

#endif // GMC_RUNTIME_CORE_TENSOR_H
