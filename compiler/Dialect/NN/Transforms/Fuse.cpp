//===- Fuse.cpp - makes nn.fused of the groups of a plan ------------------===//
//
// Before: ordinary nn ops. After: the groups of FusionPlan as nn.fused, in an
// order in which each comes after what it reads. In a body stand the product,
// the ops on elements with their feeders, the reductions, in this order.
//
//===----------------------------------------------------------------------===//
#include "compiler/Dialect/NN/Transforms/FusionPlan.h"
#include "compiler/Dialect/NN/Transforms/Passes.h"
#include "compiler/Dialect/NN/Transforms/Rewriting.h"

namespace gmc::nn {
#define GEN_PASS_DEF_FUSEPASS
#include "compiler/Dialect/NN/Transforms/Passes.h.inc"
} // namespace gmc::nn

using namespace mlir;
using namespace gmc;
using namespace gmc::nn;

namespace {

/// Builds the nn.fused of one group. Its members stay, unused but by other
/// groups' repetitions of them, until all groups are built.
class GroupBuilder {
public:
  GroupBuilder(const FusionPlan &plan, ArrayRef<Operation *> members)
      : plan(plan), members(members.begin(), members.end()) {}

  /// Builds it at `builder`'s place and hands its results to who read the
  /// members.
  void build(OpBuilder &builder);

private:
  void fillBody();
  Value input(Value outer);
  Value inner(Value outer);
  Operation *copy(Operation *op);
  SmallVector<Value> valuesReadOutside() const;
  Location location(OpBuilder &builder) const;

  const FusionPlan &plan;
  SmallVector<Operation *> members;
  Block body;
  SmallVector<Value> inputs;
  llvm::DenseMap<Value, Value> inputOf;
  /// Results of members and feeders inside the body.
  llvm::DenseMap<Value, Value> innerOf;
};

/// Returns where members stand in a body: product, elements, reductions.
int rankInBody(Operation *op) {
  if (isProduct(op)) {
    return 0;
  }
  return isa<SumOp, ReduceMaxOp, ReduceMinOp>(op) ? 2 : 1;
}

/// Returns the body's argument for a value that comes from outside.
Value GroupBuilder::input(Value outer) {
  Value &argument = inputOf[outer];
  if (!argument) {
    argument = body.addArgument(outer.getType(), outer.getLoc());
    inputs.push_back(outer);
  }
  return argument;
}

/// Returns a value of the block as the body has it; feeders are repeated.
Value GroupBuilder::inner(Value outer) {
  if (Value known = innerOf.lookup(outer)) {
    return known;
  }
  Operation *producer = outer.getDefiningOp();
  if (producer && (plan.isFeeder(producer) || plan.isRepeated(producer))) {
    return copy(producer)->getResult(0);
  }
  return input(outer);
}

/// Copies an op into the body. A product reads whole operands, from outside.
Operation *GroupBuilder::copy(Operation *op) {
  IRMapping mapping;
  for (Value operand : op->getOperands()) {
    mapping.map(operand, isProduct(op) ? input(operand) : inner(operand));
  }
  Operation *inBody = op->clone(mapping);
  body.push_back(inBody);
  for (auto [outer, result] :
       llvm::zip_equal(op->getResults(), inBody->getResults())) {
    innerOf[outer] = result;
  }
  return inBody;
}

SmallVector<Value> GroupBuilder::valuesReadOutside() const {
  SmallVector<Value> values;
  for (Operation *member : members) {
    bool readOutside = llvm::any_of(member->getUsers(), [&](Operation *user) {
      return !llvm::is_contained(members, user);
    });
    if (readOutside && !plan.isRepeated(member)) {
      values.push_back(member->getResult(0));
    }
  }
  return values;
}

Location GroupBuilder::location(OpBuilder &builder) const {
  return builder.getFusedLoc(llvm::map_to_vector(
      members, [](Operation *member) { return member->getLoc(); }));
}

/// Copies the members, product first and reductions last. Repeated ops are
/// copied when they are read.
void GroupBuilder::fillBody() {
  for (int rank : {0, 1, 2}) {
    for (Operation *member : members) {
      if (rankInBody(member) == rank && !plan.isRepeated(member)) {
        copy(member);
      }
    }
  }
  SmallVector<Operation *> reductions;
  for (Operation &op : body) {
    if (rankInBody(&op) == 2) {
      reductions.push_back(&op);
    }
  }
  for (Operation *reduction : reductions) {
    reduction->moveBefore(&body, body.end());
  }
}

void GroupBuilder::build(OpBuilder &builder) {
  SmallVector<Value> results = valuesReadOutside();
  if (results.empty()) {
    return; // all of it is repeated where it is read
  }
  fillBody();
  SmallVector<Value> yielded = llvm::map_to_vector(
      results, [&](Value result) { return innerOf.lookup(result); });
  Location loc = location(builder);
  auto fused =
      FusedOp::create(builder, loc, TypeRange(ValueRange(results)), inputs);
  Block &block = fused.getBody().emplaceBlock();
  for (BlockArgument argument : body.getArguments()) {
    argument.replaceAllUsesWith(
        block.addArgument(argument.getType(), argument.getLoc()));
  }
  block.getOperations().splice(block.end(), body.getOperations());
  OpBuilder inside = OpBuilder::atBlockEnd(&block);
  YieldOp::create(inside, loc, yielded);
  for (auto [outer, result] : llvm::zip_equal(results, fused.getResults())) {
    outer.replaceAllUsesWith(result);
  }
}

/// Erases ops that only read one another.
void eraseAll(ArrayRef<Operation *> ops) {
  for (Operation *op : ops) {
    op->dropAllReferences();
  }
  for (Operation *op : ops) {
    op->erase();
  }
}

/// Fuses the ops of one block.
void fuseBlock(Block &block) {
  FusionPlan plan(block);
  Operation *terminator = nullptr;
  if (!block.empty() && block.back().hasTrait<OpTrait::IsTerminator>()) {
    terminator = &block.back();
  }
  OpBuilder builder(block.getParentOp()->getContext());
  auto toEnd = [&] {
    return terminator ? terminator->getIterator() : block.end();
  };
  SmallVector<Operation *> feeders, members;
  for (const FusionUnit *unit : plan.inOrder()) {
    if (unit->isGroup()) {
      builder.setInsertionPoint(&block, toEnd());
      GroupBuilder(plan, unit->members).build(builder);
      llvm::append_range(members, unit->members);
      continue;
    }
    Operation *op = unit->members.front();
    op->moveBefore(&block, toEnd());
    if (plan.isFeeder(op)) {
      feeders.push_back(op);
    }
  }
  eraseAll(members);
  // What reads a feeder now is no group: it has to be computed after all.
  for (Operation *feeder : llvm::reverse(feeders)) {
    if (feeder->use_empty()) {
      feeder->erase();
    } else if (!isa<ConstantOp>(feeder)) {
      builder.setInsertionPoint(feeder);
      GroupBuilder(plan, feeder).build(builder);
      feeder->erase();
    }
  }
}

struct FusePass : nn::impl::FusePassBase<FusePass> {
  using Base::Base;

  void runOnOperation() override {
    SmallVector<Block *> blocks;
    getOperation()->walk<WalkOrder::PreOrder>([&](Operation *op) {
      if (isa<FusedOp>(op)) {
        return WalkResult::skip();
      }
      for (Region &region : op->getRegions()) {
        bool computes = region.hasOneBlock() &&
                        llvm::any_of(region.front(), [](Operation &inner) {
                          return isa<NNDialect>(inner.getDialect());
                        });
        if (computes) {
          blocks.push_back(&region.front());
        }
      }
      return WalkResult::advance();
    });
    for (Block *block : blocks) {
      fuseBlock(*block);
    }
  }
};

} // namespace
