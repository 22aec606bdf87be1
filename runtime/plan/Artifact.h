//===- Artifact.h - what one processor adds to the plan ---------*- C++ -*-===//
//
// Where tensors and slots lie in memory, and what the code needs of the
// machine. One model may have several, one for each kind of processor.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_PLAN_ARTIFACT_H
#define GMC_RUNTIME_PLAN_ARTIFACT_H

#include "runtime/plan/Plan.h"

namespace gmc::plan {

struct Storage {
  enum class Layout : uint8_t { Dense, Panels };
  friend constexpr auto wordsOf(Layout) {
    return std::to_array<Word>(
        {{"dense", "the tensor, row-major"},
         {"panels",
          "a matrix whose lanes run along `axis`. With N the extent of that "
          "axis and K that of the other one it is [ceil(N / width)][K][width]: "
          "element (n along the axis, k along the other) is [n / width][k][n % "
          "width]; lanes past N are 0"}});
  }
  GMC_STRUCT(Storage, "A place of a tensor in the state region.");
  GMC_MEMBER(int64_t, offset, "bytes, a multiple of 64") = 0;
  GMC_MEMBER(Layout, layout, "how its numbers lie") = Layout::Dense;
  GMC_OPTION(int64_t, axis, "panels: 0 or 1") = 0;
  GMC_OPTION(int64_t, width, "panels: lanes of one") = 1;
};

/// Returns how many numbers a tensor of `shape` takes in `storage`, the zero
/// lanes at the end of a panel included; INT64_MAX where it is more than that.
int64_t storedElements(const Shape &shape, const Storage &storage);

struct Kernel {
  GMC_STRUCT(Kernel, "A single kernel that `bench` can run.");
  GMC_MEMBER(Index<Entry>, entry, "where it comes from");
  GMC_MEMBER(std::string, name, "what it computes");
  GMC_MEMBER(std::string, kind, "`product`");
  GMC_MEMBER(int64_t, m, "rows of the result") = 0;
  GMC_MEMBER(int64_t, n, "its columns") = 0;
  GMC_MEMBER(int64_t, k, "terms of each sum") = 0;
  GMC_MEMBER(int64_t, flops, "2 m n k, of all groups") = 0;
};

struct Artifact {
  GMC_STRUCT(Artifact, "A model compiled for one processor. Offsets are bytes; "
                       "both regions start as zeros.");
  GMC_MEMBER(int64_t, abi, "GM_ABI_VERSION; another is refused") = 0;
  GMC_OPTION(std::string, triple, "as LLVM names it");
  GMC_MEMBER(std::string, processor, "as LLVM names it, `znver4`");
  GMC_OPTION(std::vector<std::string>, features,
             "that the code may use, by LLVM's names");
  GMC_MEMBER(std::string, pipeline, "`scheduled`, or `reference` (-O0)");
  GMC_MEMBER(int64_t, stateBytes, "of the state region") = 0;
  GMC_MEMBER(int64_t, arenaBytes, "of the arena") = 0;
  GMC_OPTION(std::vector<std::vector<Storage>>, storage,
             "of each tensor of the plan: every place that is filled; the "
             "first is the one that is read");
  GMC_OPTION(std::vector<int64_t>, slots, "offset of each slot in the arena");
  GMC_OPTION(std::vector<Kernel>, kernels, "in the order of GmArtifact");
};

} // namespace gmc::plan

#endif // GMC_RUNTIME_PLAN_ARTIFACT_H
