//===- FusionPlan.h - which ops of a block share a loop nest ----*- C++ -*-===//
//
// A group has a space: the shape and element type that all its loops run over
// (of single numbers, the shape alone). Its members are
//   - at most one product, whose result has that shape (not one of a transposed
//     left operand, a weight gradient: those stay out of all groups),
//   - ops that act element by element on that shape,
//   - reductions of that shape, all over the same leading or trailing
//     dimensions, and then no product: the reduction would cross its tiles.
//
// Ops are visited from the last to the first; each joins the groups that read
// it. It may join where everything else that reads it does not lead back into
// the group (groups stay acyclic). Groups that read one op are united if they
// may be. An op that only reductions need goes with them and never behind a
// product, so that it is not written to memory. At the end, reductions join the
// group that computes what they read, if that has no product.
//
// Feeders - constants, broadcasts, and comparisons that several groups need -
// belong to no group and are repeated in every group that reads them. So is a
// cheap member that other groups read, where what it reads is in memory anyway:
// 1 - x is computed twice rather than written once.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_DIALECT_NN_TRANSFORMS_FUSIONPLAN_H
#define GMC_DIALECT_NN_TRANSFORMS_FUSIONPLAN_H

#include "compiler/Dialect/NN/IR/NNDialect.h"

#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"

namespace gmc::nn {

/// What is computed as one: a group, or any other op of the block by itself.
struct FusionUnit {
  /// Null for an op that is in no group.
  mlir::Type space;
  bool hasProduct = false;
  bool reduces = false;
  /// Accepts no more members: its reductions are over inner dimensions.
  bool closed = false;
  /// The dimensions that reductions are over.
  llvm::SmallVector<int64_t> dimensions;
  /// In program order; empty once united with another unit.
  llvm::SmallVector<mlir::Operation *> members;

  bool isGroup() const { return space && !members.empty(); }
};

/// Plans the groups of one block. The block is not changed.
class FusionPlan {
public:
  explicit FusionPlan(mlir::Block &block);

  /// Returns all units, each after those whose results it reads; the terminator
  /// is in none.
  std::vector<const FusionUnit *> inOrder() const;

  /// Returns whether `op` is in no group, but repeated in those that read it.
  bool isFeeder(mlir::Operation *op) const { return feeders.contains(op); }

  /// Returns whether `op` is a member that only groups read, which repeat it.
  bool isRepeated(mlir::Operation *op) const { return repeated.contains(op); }

private:
  using UnitIndex = unsigned;

  void connect(mlir::Block &block);
  void visit(mlir::Operation *op);
  void visitReduction(mlir::Operation *op);
  llvm::SmallVector<UnitIndex> readersOf(mlir::Operation *op) const;
  bool feedsOnlyReductions(mlir::Operation *op) const;
  bool accepts(UnitIndex group, const FusionUnit &candidate) const;
  bool mayUnite(UnitIndex a, UnitIndex b) const;
  bool leadsInto(UnitIndex from, UnitIndex into) const;
  void unite(UnitIndex into, UnitIndex from);
  void uniteWithProducers(UnitIndex reductions);
  void uniteWithReaders(UnitIndex reductions);
  void repeatCheapOps();
  bool isInMemory(mlir::Value value, UnitIndex reader) const;
  bool isReadBeyond(mlir::Operation *op) const;
  bool isReadByGroupsOnly(mlir::Operation *op) const;
  UnitIndex indexOf(mlir::Operation *op) const { return unitOf.lookup(op); }

  std::vector<FusionUnit> units;
  llvm::DenseMap<mlir::Operation *, UnitIndex> unitOf;
  /// Program order.
  llvm::SmallVector<mlir::Operation *> ops;
  llvm::DenseMap<mlir::Operation *, unsigned> position;
  /// The ops of the block that must come after an op.
  llvm::DenseMap<mlir::Operation *, llvm::SmallVector<mlir::Operation *, 2>>
      successors;
  llvm::DenseSet<mlir::Operation *> feeders;
  llvm::DenseSet<mlir::Operation *> repeated;
};

} // namespace gmc::nn

#endif // GMC_DIALECT_NN_TRANSFORMS_FUSIONPLAN_H
