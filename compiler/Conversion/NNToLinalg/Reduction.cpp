//===- Reduction.cpp - kernels of sums and extremes -----------------------===//
//
// The output is filled with the neutral element, then one linalg.generic over
// the operand's shape adds each element of it, computed on the fly from what
// the group reads. Along dimensions that nothing of this has, all elements are
// equal: these are no loops (linalg takes extents from what is read), and a sum
// of n equal elements is n times one.
//
//===----------------------------------------------------------------------===//
#include "compiler/Conversion/NNToLinalg/KernelBuilder.h"
#include "compiler/Dialect/NN/IR/NNDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;

namespace gmc::conversion {

namespace {

/// Returns what `op` starts from: 0, or the infinity that any number beats.
Value neutral(OpBuilder &builder, Operation *op, FloatType type) {
  APFloat value = APFloat::getZero(type.getFloatSemantics());
  if (!isa<nn::SumOp>(op)) {
    value = APFloat::getInf(type.getFloatSemantics(),
                            /*Negative=*/isa<nn::ReduceMaxOp>(op));
  }
  return arith::ConstantOp::create(builder, op->getLoc(),
                                   builder.getFloatAttr(type, value));
}

Value combine(OpBuilder &builder, Operation *op, Value sum, Value element) {
  if (isa<nn::SumOp>(op)) {
    return arith::AddFOp::create(builder, op->getLoc(), sum, element);
  }
  if (isa<nn::ReduceMaxOp>(op)) {
    return arith::MaximumFOp::create(builder, op->getLoc(), sum, element);
  }
  return arith::MinimumFOp::create(builder, op->getLoc(), sum, element);
}

/// The loops of a reduction.
struct LoopMap {
  AffineMap map;                ///< to the operand's dimensions
  SmallVector<AffineExpr> left; ///< loops that the output has
  SmallVector<utils::IteratorType> iterators;
  int64_t equal = 1; ///< elements of the operand that one turn stands for

  bool folds() const {
    return llvm::is_contained(iterators, utils::IteratorType::reduction);
  }
};

LoopMap loopsOver(const Group &group, Value operand,
                  ArrayRef<int64_t> reduced) {
  MLIRContext *context = operand.getContext();
  auto type = cast<RankedTensorType>(operand.getType());
  ElementBuilder elements(group);
  elements.collect(operand,
                   AffineMap::getMultiDimIdentityMap(type.getRank(), context));
  LoopMap loops;
  SmallVector<AffineExpr> results;
  for (int64_t i = 0; i < type.getRank(); ++i) {
    bool isReduced = llvm::is_contained(reduced, i);
    if (isReduced && !elements.readsAlong(i)) {
      results.push_back(getAffineConstantExpr(0, context));
      loops.equal *= type.getDimSize(i);
      continue;
    }
    results.push_back(getAffineDimExpr(loops.iterators.size(), context));
    loops.iterators.push_back(isReduced ? utils::IteratorType::reduction
                                        : utils::IteratorType::parallel);
    if (!isReduced) {
      loops.left.push_back(results.back());
    }
  }
  loops.map = AffineMap::get(loops.iterators.size(), 0, results, context);
  return loops;
}

} // namespace

void buildReduction(OpBuilder &builder, const Group &group, Operation *op,
                    Value output, llvm::StringRef name,
                    llvm::SmallVectorImpl<Kernel> &kernels) {
  MLIRContext *context = builder.getContext();
  Value operand = op->getOperand(0);
  auto type = cast<RankedTensorType>(operand.getType());
  ArrayRef<int64_t> dimensions =
      cast<DenseI64ArrayAttr>(op->getAttr("dimensions")).asArrayRef();
  LoopMap loops = loopsOver(group, operand, dimensions);
  ElementBuilder elements(group);
  elements.collect(operand, loops.map);

  llvm::SetVector<Value> inputs;
  for (const Access &access : elements.accesses()) {
    inputs.insert(access.first);
  }
  KernelBuilder kernel(builder, op->getLoc(), name, inputs.getArrayRef(),
                       elements.draws(), {output});
  OpBuilder &body = kernel.body();
  auto element = cast<FloatType>(type.getElementType());
  if (loops.folds()) {
    Value start = neutral(body, op, element);
    linalg::FillOp::create(body, op->getLoc(), start, kernel.output(0));
  }

  SmallVector<AffineMap> maps;
  SmallVector<Value> operands;
  for (const Access &access : elements.accesses()) {
    operands.push_back(kernel.memref(access.first));
    maps.push_back(access.second);
  }
  unsigned leaves = operands.size();
  for (Value word : kernel.keyWords()) {
    operands.push_back(word);
    maps.push_back(AffineMap::get(loops.map.getNumDims(), 0, context));
  }
  maps.push_back(
      AffineMap::get(loops.map.getNumDims(), 0, loops.left, context));
  linalg::GenericOp::create(
      body, op->getLoc(), operands, ValueRange{kernel.output(0)}, maps,
      loops.iterators,
      [&](OpBuilder &inner, Location loc, ValueRange arguments) {
        KeyWords key;
        if (elements.draws()) {
          key = {arguments[leaves], arguments[leaves + 1],
                 arguments[leaves + 2], arguments[leaves + 3]};
        }
        SmallVector<Value> leafValues(arguments.take_front(leaves));
        Value one = elements.build(inner, operand, loops.map, leafValues, key);
        if (isa<nn::SumOp>(op) && loops.equal != 1) {
          Value count = arith::ConstantOp::create(
              inner, loc, inner.getFloatAttr(element, double(loops.equal)));
          one = arith::MulFOp::create(inner, loc, count, one);
        }
        if (loops.folds()) {
          one = combine(inner, op, arguments.back(), one);
        }
        linalg::YieldOp::create(inner, loc, one);
      });
  Kernel done = kernel.finish();
  if (loops.left.empty()) {
    done.anyOrder.insert(inputs.begin(), inputs.end());
    for (const Access &access : elements.accesses()) {
      if (!access.second.isIdentity()) {
        done.anyOrder.erase(access.first);
      }
    }
  }
  kernels.push_back(std::move(done));
}

} // namespace gmc::conversion
