//===- Differentiate.cpp - writes out nn.gradient, reverse mode -----------===//
//
// For one request `gradient y wrt x..` in a block:
//   1. forwards, every value that depends on an x is active (activity stops at
//      ops that are constant to gradients);
//   2. y's gradient is ones; backwards from y, each active op hands the
//      gradient of its results on to its active operands; what several users
//      hand to one value is added up;
//   3. the request is replaced by the gradients of the x.
// Only forward values are read, so the result is ordinary, differentiable IR.
// Beside each gradient stands its mask (GradientMask.h): what was not taken of
// values gets 0, whatever its slopes are.
//
//===----------------------------------------------------------------------===//
#include "compiler/Autodiff/Finiteness.h"
#include "compiler/Autodiff/GradientBuilder.h"
#include "compiler/Autodiff/GradientMask.h"
#include "compiler/Autodiff/Passes.h"
#include "compiler/Dialect/NN/IR/NNDialect.h"
#include "compiler/Interfaces/DifferentiableOpInterface.h"

#include "llvm/ADT/DenseSet.h"

namespace gmc::autodiff {
#define GEN_PASS_DEF_DIFFERENTIATEPASS
#include "compiler/Autodiff/Passes.h.inc"
} // namespace gmc::autodiff

using namespace mlir;
using namespace gmc;
using namespace gmc::autodiff;

namespace {

/// What users hand to a value.
struct Handed {
  Value gradient;
  Mask mask = nullptr;
};

/// Writes out one request.
class ReverseSweep {
public:
  explicit ReverseSweep(nn::GradientOp request)
      : request(request), builder(request.getLoc(), request) {}

  LogicalResult run();

private:
  void markActive();
  LogicalResult sweep();
  LogicalResult sweepOp(Operation *op);
  LogicalResult handOn(Operation *op, ValueRange resultGradients,
                       MutableArrayRef<Value> operandGradients);
  Operation *withMaskedFactors(Operation *op, Mask mask);
  void accumulate(Value value, Value gradient, Mask mask);
  Value gradientOf(Value variable);
  LogicalResult complain(Operation *op);

  nn::GradientOp request;
  ImplicitLocOpBuilder builder;
  llvm::DenseSet<Value> active;
  /// Active ops in program order.
  SmallVector<Operation *> activeOps;
  llvm::DenseMap<Value, Handed> gradients;
  GradientMasks masks;
  Finiteness finiteness;
};

/// Returns whether no gradient passes through `op`.
bool isConstant(Operation *op) {
  auto differentiable = dyn_cast<DifferentiableOpInterface>(op);
  return isa<nn::GradientOp>(op) ||
         (differentiable && differentiable.isConstantToGradients());
}

/// Returns whether `op` or an op in its regions uses an active value.
bool usesAny(Operation *op, const llvm::DenseSet<Value> &active) {
  auto isActive = [&](Value value) { return active.contains(value); };
  if (llvm::any_of(op->getOperands(), isActive)) {
    return true;
  }
  return op->getNumRegions() != 0 &&
         op->walk([&](Operation *nested) {
             return llvm::any_of(nested->getOperands(), isActive)
                        ? WalkResult::interrupt()
                        : WalkResult::advance();
           }).wasInterrupted();
}

void ReverseSweep::markActive() {
  active.insert(request.getVariables().begin(), request.getVariables().end());
  Block *block = request->getBlock();
  for (Operation &op :
       llvm::make_range(block->begin(), request->getIterator())) {
    if (!isConstant(&op) && usesAny(&op, active)) {
      active.insert(op.result_begin(), op.result_end());
      activeOps.push_back(&op);
    }
  }
}

void ReverseSweep::accumulate(Value value, Value gradient, Mask mask) {
  Handed &sum = gradients[value];
  if (!sum.gradient) {
    sum = {gradient, mask};
    return;
  }
  sum = {nn::AddOp::create(builder, sum.gradient, gradient),
         masks.either(sum.mask, mask)};
}

/// An op without a derivative stands between y and a variable: says which, and
/// by way of which values, backwards from y.
LogicalResult ReverseSweep::complain(Operation *op) {
  InFlightDiagnostic error = emitError(op->getLoc())
                             << "`" << op->getName() << "` has no derivative, "
                             << "but a gradient is needed through it";
  error.attachNote(request.getLoc()) << "the gradient is asked for here";
  // From the op forwards along active users to y, in program order.
  llvm::DenseSet<Value> reached(op->result_begin(), op->result_end());
  for (Operation *next : activeOps) {
    if (next != op && usesAny(next, reached) &&
        llvm::any_of(next->getResults(),
                     [&](Value v) { return gradients.contains(v); })) {
      reached.insert(next->result_begin(), next->result_end());
      error.attachNote(next->getLoc())
          << "it reaches the result by way of `" << next->getName() << "`";
    }
  }
  return failure();
}

/// A product sums over factors, where 0 times infinity spoils the whole sum.
/// Returns the product with 0 for the factors that its result does not take and
/// that may be infinite; a new op, to be erased, if there are any.
Operation *ReverseSweep::withMaskedFactors(Operation *op, Mask mask) {
  Operation *result = op;
  for (OpOperand &operand : op->getOpOperands()) {
    const unsigned i = operand.getOperandNumber();
    Mask factors = masks.behind(op, i, mask);
    if (!factors || finiteness.isFinite(operand.get())) {
      continue;
    }
    Value safe = masked(builder, factors, operand.get());
    if (result == op) {
      result = builder.clone(*op);
    }
    result->setOperand(i, safe);
  }
  return result;
}

/// Runs the rule of `op`.
LogicalResult ReverseSweep::handOn(Operation *op, ValueRange resultGradients,
                                   MutableArrayRef<Value> operandGradients) {
  llvm::SmallBitVector needed(op->getNumOperands());
  for (OpOperand &operand : op->getOpOperands()) {
    needed[operand.getOperandNumber()] = active.contains(operand.get());
  }
  Mask mask = gradients.lookup(op->getResult(0)).mask;
  const bool isProduct =
      isa<nn::MatmulOp, nn::ConvOp, nn::ConvInputOp, nn::ConvWeightOp>(op);
  Operation *safe = mask && isProduct ? withMaskedFactors(op, mask) : op;
  LogicalResult done = cast<DifferentiableOpInterface>(safe).differentiate(
      resultGradients, needed, builder, operandGradients);
  if (safe != op) {
    safe->erase();
  }
  if (failed(done)) {
    return failure();
  }
  if (!mask || finiteness.hasFiniteSlopes(op)) {
    return success();
  }
  for (auto [i, gradient] : llvm::enumerate(operandGradients)) {
    if (gradient) {
      gradient = masked(builder, masks.behind(op, i, mask), gradient);
    }
  }
  return success();
}

LogicalResult ReverseSweep::sweepOp(Operation *op) {
  SmallVector<Value> resultGradients;
  for (Value result : op->getResults()) {
    resultGradients.push_back(gradients.lookup(result).gradient);
  }
  if (llvm::none_of(resultGradients, [](Value v) { return bool(v); })) {
    return success(); // y does not depend on it
  }
  if (!isa<DifferentiableOpInterface>(op)) {
    return complain(op);
  }
  builder.setLoc(op->getLoc());
  SmallVector<Value> operandGradients(op->getNumOperands());
  if (failed(handOn(op, resultGradients, operandGradients))) {
    return failure();
  }
  Mask mask = gradients.lookup(op->getResult(0)).mask;
  for (OpOperand &operand : op->getOpOperands()) {
    const unsigned i = operand.getOperandNumber();
    if (operandGradients[i]) {
      accumulate(operand.get(), operandGradients[i], masks.behind(op, i, mask));
    }
  }
  return success();
}

LogicalResult ReverseSweep::sweep() {
  Value y = request.getY();
  if (!active.contains(y)) {
    return success();
  }
  gradients[y].gradient = GradientBuilder(builder).constant(1, y);
  for (Operation *op : llvm::reverse(activeOps)) {
    if (failed(sweepOp(op))) {
      return failure();
    }
  }
  return success();
}

/// Returns the gradient of a variable, zeros where y does not depend on it.
Value ReverseSweep::gradientOf(Value variable) {
  if (Value gradient = gradients.lookup(variable).gradient) {
    return gradient;
  }
  builder.setLoc(request.getLoc());
  return GradientBuilder(builder).constant(0, variable);
}

LogicalResult ReverseSweep::run() {
  // Arguments of other blocks, and values from outside of the region, may
  // depend on a variable by ways that the sweep over one block does not see.
  Region *region = request->getParentRegion();
  if (!region->hasOneBlock() ||
      !region->getParentOp()->hasTrait<OpTrait::IsIsolatedFromAbove>()) {
    return request.emitOpError("not supported yet: a gradient in one of "
                               "several blocks, or in a region within another");
  }
  markActive();
  if (failed(sweep())) {
    return failure();
  }
  SmallVector<Value> results;
  for (Value variable : request.getVariables()) {
    results.push_back(gradientOf(variable));
  }
  request->replaceAllUsesWith(results);
  request->erase();
  return success();
}

struct DifferentiatePass
    : autodiff::impl::DifferentiatePassBase<DifferentiatePass> {
  using Base::Base;

  void runOnOperation() override {
    SmallVector<nn::GradientOp> requests;
    getOperation()->walk([&](nn::GradientOp op) { requests.push_back(op); });
    for (nn::GradientOp request : requests) {
      if (failed(ReverseSweep(request).run())) {
        return signalPassFailure();
      }
    }
    getOperation()->walk([](nn::StopOp stop) {
      stop.getResult().replaceAllUsesWith(stop.getOperand());
      stop.erase();
    });
  }
};

} // namespace
