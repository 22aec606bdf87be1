//===- FusionPlan.cpp - which ops of a block share a loop nest ------------===//
#include "compiler/Dialect/NN/Transforms/FusionPlan.h"

#include "compiler/Dialect/NN/Transforms/Rewriting.h"

#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "llvm/ADT/SetVector.h"

#include <queue>

using namespace mlir;
using namespace gmc;
using namespace gmc::nn;

namespace {

bool isReduction(Operation *op) {
  return isa<SumOp, ReduceMaxOp, ReduceMinOp>(op);
}

bool isFusibleElementwise(Operation *op) {
  if (isa<ConvertOp>(op)) {
    return tensorType(op->getResult(0)).getRank() == 0;
  }
  return isElementwise(op) && op->getNumOperands() > 0;
}

/// Returns the space that `type`'s elements are looped over in.
Type spaceOf(RankedTensorType type) {
  if (type.getRank() == 0) {
    return RankedTensorType::get({}, Float64Type::get(type.getContext()));
  }
  return type;
}

ArrayRef<int64_t> reducedDimensions(Operation *op) {
  return op->getAttrOfType<DenseI64ArrayAttr>("dimensions").asArrayRef();
}

/// Returns whether `dimensions` are 0, 1, .. or .., rank - 2, rank - 1.
bool leadOrTrail(ArrayRef<int64_t> dimensions, int64_t rank) {
  if (dimensions.empty()) {
    return false;
  }
  bool run = dimensions.back() - dimensions.front() + 1 ==
             static_cast<int64_t>(dimensions.size());
  return run && (dimensions.front() == 0 || dimensions.back() == rank - 1);
}

/// Returns whether computing `op` once more costs less than a tensor in memory.
bool isCheap(Operation *op) {
  return isa<NegOp, AbsOp, SignOp, ReluOp, LeakyReluOp, AddOp, SubOp, MulOp,
             MinOp, MaxOp, CompareOp, SelectOp>(op);
}

} // namespace

FusionPlan::FusionPlan(Block &block) {
  connect(block);
  for (Operation *op : llvm::reverse(ops)) {
    visit(op);
  }
  for (UnitIndex i = 0; i < units.size(); ++i) {
    if (units[i].isGroup() && units[i].reduces && !units[i].closed) {
      uniteWithProducers(i);
      uniteWithReaders(i);
    }
  }
  repeatCheapOps();
}

/// Numbers the ops and notes what must follow what: readers follow what they
/// read, and ops with effects stay in their order.
void FusionPlan::connect(Block &block) {
  Operation *lastEffect = nullptr;
  for (Operation &op : block) {
    if (op.hasTrait<OpTrait::IsTerminator>()) {
      continue;
    }
    position[&op] = ops.size();
    unitOf[&op] = units.size();
    units.emplace_back().members.push_back(&op);
    ops.push_back(&op);
    if (isa<ConstantOp, BroadcastOp>(op)) {
      feeders.insert(&op);
    }
  }
  for (Operation *op : ops) {
    llvm::SetVector<Operation *> after;
    for (Operation *user : op->getUsers()) {
      Operation *reader = block.findAncestorOpInBlock(*user);
      if (reader && position.contains(reader)) {
        after.insert(reader);
      }
    }
    successors[op].assign(after.begin(), after.end());
    if (!isMemoryEffectFree(op)) {
      if (lastEffect) {
        successors[lastEffect].push_back(op);
      }
      lastEffect = op;
    }
  }
}

/// Returns whether every reader of `op` is a reduction or leads to nothing
/// else.
bool FusionPlan::feedsOnlyReductions(Operation *op) const {
  return !op->use_empty() && llvm::all_of(op->getUsers(), [&](Operation *user) {
    return user->getBlock() == op->getBlock() && position.contains(user) &&
           units[indexOf(user)].isGroup() && units[indexOf(user)].reduces;
  });
}

/// Returns the groups that read `op`, the earliest first.
SmallVector<FusionPlan::UnitIndex> FusionPlan::readersOf(Operation *op) const {
  SmallVector<UnitIndex> readers;
  for (Operation *after : successors.lookup(op)) {
    UnitIndex unit = indexOf(after);
    if (units[unit].isGroup() && !llvm::is_contained(readers, unit)) {
      readers.push_back(unit);
    }
  }
  llvm::sort(readers, [&](UnitIndex a, UnitIndex b) {
    return position.lookup(units[a].members.front()) <
           position.lookup(units[b].members.front());
  });
  return readers;
}

/// Returns whether the members of `group` and of `candidate` may be of one kind
/// of group, dependences aside.
bool FusionPlan::accepts(UnitIndex group, const FusionUnit &candidate) const {
  const FusionUnit &unit = units[group];
  bool reduces = unit.reduces || candidate.reduces;
  bool product = unit.hasProduct || candidate.hasProduct;
  return unit.isGroup() && !unit.closed && !candidate.closed &&
         unit.space == candidate.space &&
         !(unit.hasProduct && candidate.hasProduct) && !(reduces && product) &&
         (!unit.reduces || !candidate.reduces ||
          unit.dimensions == candidate.dimensions);
}

/// Returns whether something other than members of the two reads `from` and
/// leads into `into`, or a product of `into` reads `from`.
bool FusionPlan::leadsInto(UnitIndex from, UnitIndex into) const {
  llvm::BitVector seen(units.size());
  SmallVector<UnitIndex> open;
  for (Operation *member : units[from].members) {
    for (Operation *after : successors.lookup(member)) {
      UnitIndex next = indexOf(after);
      if (next == into && isProduct(after)) {
        return true;
      }
      if (next != from && next != into && !seen.test(next)) {
        seen.set(next);
        open.push_back(next);
      }
    }
  }
  while (!open.empty()) {
    for (Operation *member : units[open.pop_back_val()].members) {
      for (Operation *after : successors.lookup(member)) {
        UnitIndex next = indexOf(after);
        if (next == into) {
          return true;
        }
        if (!seen.test(next)) {
          seen.set(next);
          open.push_back(next);
        }
      }
    }
  }
  return false;
}

bool FusionPlan::mayUnite(UnitIndex a, UnitIndex b) const {
  return accepts(a, units[b]) && !leadsInto(a, b) && !leadsInto(b, a);
}

void FusionPlan::unite(UnitIndex into, UnitIndex from) {
  FusionUnit &unit = units[into], &gone = units[from];
  for (Operation *member : gone.members) {
    unitOf[member] = into;
  }
  unit.members.append(gone.members);
  llvm::sort(unit.members, [&](Operation *a, Operation *b) {
    return position.lookup(a) < position.lookup(b);
  });
  unit.hasProduct |= gone.hasProduct;
  if (gone.reduces) {
    unit.reduces = true;
    unit.dimensions = gone.dimensions;
  }
  gone.members.clear();
}

void FusionPlan::visitReduction(Operation *op) {
  FusionUnit &unit = units[indexOf(op)];
  RankedTensorType type = tensorType(op->getOperand(0));
  unit.space = spaceOf(type);
  unit.reduces = true;
  unit.dimensions.assign(reducedDimensions(op).begin(),
                         reducedDimensions(op).end());
  unit.closed = !leadOrTrail(unit.dimensions, type.getRank());
}

void FusionPlan::visit(Operation *op) {
  if (isReduction(op)) {
    return visitReduction(op);
  }
  auto matmul = dyn_cast<MatmulOp>(op);
  bool product = isProduct(op);
  // A weight gradient stands alone. Behind it comes an optimiser, which in the
  // register tile would need p, m and v of all its vectors at once and spill;
  // and alone it can lie in the weight's panels.
  if (matmul && matmul.getTransposeA()) {
    return;
  }
  if (feeders.contains(op) || (!product && !isFusibleElementwise(op))) {
    return;
  }
  UnitIndex own = indexOf(op);
  units[own].space = spaceOf(tensorType(op->getResult(0)));
  units[own].hasProduct = product;
  bool onlyReduced = !product && feedsOnlyReductions(op);
  bool joined = false;
  bool refused = false;
  for (UnitIndex reader : readersOf(op)) {
    if (units[reader].reduces == onlyReduced && mayUnite(own, reader)) {
      unite(own, reader);
      joined = true;
    } else {
      refused = true;
    }
  }
  // A comparison that several groups need is repeated in each, if it has not
  // joined one of them as what they have in common.
  if (isa<CompareOp>(op) && !joined && refused) {
    units[own].space = nullptr;
    feeders.insert(op);
  }
}

/// Reductions join the group that computes what they read.
void FusionPlan::uniteWithProducers(UnitIndex reductions) {
  llvm::SetVector<UnitIndex> producers;
  for (Operation *member : units[reductions].members) {
    for (Value operand : member->getOperands()) {
      Operation *producer = operand.getDefiningOp();
      if (producer && position.contains(producer) &&
          indexOf(producer) != reductions) {
        producers.insert(indexOf(producer));
      }
    }
  }
  for (UnitIndex producer : producers) {
    if (mayUnite(reductions, producer)) {
      unite(reductions, producer);
    }
  }
}

/// Sums over all elements join a group that reads the same tensor from memory:
/// one pass serves an update and what is measured of its gradient.
void FusionPlan::uniteWithReaders(UnitIndex reductions) {
  auto space = dyn_cast<RankedTensorType>(units[reductions].space);
  if (!space || static_cast<int64_t>(units[reductions].dimensions.size()) !=
                    space.getRank()) {
    return;
  }
  llvm::SetVector<Operation *> sources;
  for (Operation *member : units[reductions].members) {
    for (Value operand : member->getOperands()) {
      Operation *source = operand.getDefiningOp();
      if (source && operand.getType() == space && position.contains(source) &&
          indexOf(source) != reductions) {
        sources.insert(source);
      }
    }
  }
  for (Operation *source : sources) {
    for (UnitIndex reader : readersOf(source)) {
      if (reader != reductions && !units[reader].members.empty() &&
          mayUnite(reductions, reader)) {
        unite(reductions, reader);
      }
    }
  }
}

/// Returns whether anything outside its group reads `op`.
bool FusionPlan::isReadBeyond(Operation *op) const {
  return llvm::any_of(op->getUsers(), [&](Operation *user) {
    return !position.contains(user) || indexOf(user) != indexOf(op);
  });
}

/// Returns whether all who read `op` are elements and reductions of groups.
bool FusionPlan::isReadByGroupsOnly(Operation *op) const {
  return llvm::all_of(op->getUsers(), [&](Operation *user) {
    return position.contains(user) && units[indexOf(user)].isGroup() &&
           !isProduct(user);
  });
}

/// Returns whether `value`, which a member of `reader` reads, will be in memory
/// or can be had from a feeder.
bool FusionPlan::isInMemory(Value value, UnitIndex reader) const {
  Operation *producer = value.getDefiningOp();
  if (!producer || !position.contains(producer) ||
      !units[indexOf(producer)].isGroup()) {
    return true;
  }
  return !repeated.contains(producer) &&
         (indexOf(producer) != reader || isReadBeyond(producer));
}

/// Marks cheap members, first to last: what is repeated is not in memory.
void FusionPlan::repeatCheapOps() {
  for (Operation *op : ops) {
    UnitIndex unit = indexOf(op);
    bool operandsInMemory = llvm::all_of(op->getOperands(), [&](Value operand) {
      return isInMemory(operand, unit);
    });
    if (units[unit].isGroup() && isCheap(op) && operandsInMemory &&
        isReadBeyond(op) && isReadByGroupsOnly(op)) {
      repeated.insert(op);
    }
  }
}

std::vector<const FusionUnit *> FusionPlan::inOrder() const {
  // How many units each one waits for; ready ones leave in program order of
  // their last members.
  std::vector<llvm::SmallVector<UnitIndex>> followers(units.size());
  std::vector<unsigned> waits(units.size());
  for (UnitIndex i = 0; i < units.size(); ++i) {
    llvm::SetVector<UnitIndex> after;
    for (Operation *member : units[i].members) {
      for (Operation *next : successors.lookup(member)) {
        after.insert(indexOf(next));
      }
    }
    after.remove(i);
    followers[i].assign(after.begin(), after.end());
    for (UnitIndex follower : after) {
      ++waits[follower];
    }
  }
  using Ready = std::pair<unsigned, UnitIndex>;
  std::priority_queue<Ready, std::vector<Ready>, std::greater<>> ready;
  auto add = [&](UnitIndex i) {
    ready.emplace(position.lookup(units[i].members.back()), i);
  };
  for (UnitIndex i = 0; i < units.size(); ++i) {
    if (!units[i].members.empty() && waits[i] == 0) {
      add(i);
    }
  }
  std::vector<const FusionUnit *> order;
  while (!ready.empty()) {
    UnitIndex i = ready.top().second;
    ready.pop();
    order.push_back(&units[i]);
    for (UnitIndex follower : followers[i]) {
      if (--waits[follower] == 0) {
        add(follower);
      }
    }
  }
  return order;
}
