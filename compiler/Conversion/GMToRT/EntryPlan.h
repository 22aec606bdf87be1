//===- EntryPlan.h - the kernels of an entry and their places ---*- C++ -*-===//
//
// Internal to GMToRT: the data structures between its three steps, which are
//   collectLaunches   gm.entry -> kernels on values
//   chooseLayouts     which matrices are stored in panels, for all entries
//   emitEntry         places for values, rt.entry
//
//===----------------------------------------------------------------------===//
#ifndef GMC_CONVERSION_GMTORT_ENTRYPLAN_H
#define GMC_CONVERSION_GMTORT_ENTRYPLAN_H

#include "compiler/Conversion/GMToRT/Passes.h"
#include "compiler/Conversion/NNToLinalg/Kernel.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringMap.h"

namespace gmc::conversion {

/// How a tensor lies in memory: row-major, or in panels with the lanes along
/// `axis` (runtime/plan/plan.md).
struct Layout {
  int64_t axis = 0;
  int64_t width = 0; ///< 0: row-major
  bool operator==(const Layout &) const = default;
};

/// Returns the bytes of a tensor of `type` in `layout`.
int64_t bytesOf(mlir::RankedTensorType type, Layout layout);

struct EntryPlan {
  gm::EntryOp entry;
  std::vector<Kernel> launches;
  /// Layouts of temporaries that are not row-major, by root.
  llvm::DenseMap<mlir::Value, Layout> layouts;
};

/// The places of one variable; the first is the one that updates write.
struct VariablePlan {
  gm::VariableOp variable;
  llvm::SmallVector<Layout> layouts;
  llvm::SmallVector<int64_t> offsets;
};

using VariablePlans = llvm::MapVector<llvm::StringRef, VariablePlan>;

/// Returns the value whose memory `value` shares: reshapes looked through.
mlir::Value rootOf(mlir::Value value);

/// Builds the kernel functions of an entry at the builder's place, or emits an
/// error where an nn.fused is no group that kernels compute.
mlir::FailureOr<EntryPlan> collectLaunches(mlir::OpBuilder &builder,
                                           gm::EntryOp entry);

/// Decides layouts of variables and of the temporaries beside them.
void chooseLayouts(std::vector<EntryPlan> &entries, VariablePlans &variables,
                   int64_t lanes);

/// Emits the rt.entry of a plan, and one for each of its products alone (for
/// measurements) where it is a step. Returns the bytes of arena it needs.
int64_t emitEntry(mlir::OpBuilder &builder, EntryPlan &plan,
                  const VariablePlans &variables);

} // namespace gmc::conversion

#endif // GMC_CONVERSION_GMTORT_ENTRYPLAN_H
