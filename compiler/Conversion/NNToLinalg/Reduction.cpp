//===- Reduction.cpp - kernels of sums and extremes -----------------------===//
//
// The output is filled with the neutral element, then one linalg.generic over
// the operand's shape adds each element of it, computed on the fly from what
// the group reads.
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

} // namespace

void buildReduction(OpBuilder &builder, const Group &group, Operation *op,
                    Value output, llvm::StringRef name,
                    llvm::SmallVectorImpl<Kernel> &kernels) {
  MLIRContext *context = builder.getContext();
  Value operand = op->getOperand(0);
  auto type = cast<RankedTensorType>(operand.getType());
  ArrayRef<int64_t> dimensions =
      cast<DenseI64ArrayAttr>(op->getAttr("dimensions")).asArrayRef();
  AffineMap identity =
      AffineMap::getMultiDimIdentityMap(type.getRank(), context);
  ElementBuilder elements(group);
  elements.collect(operand, identity);

  llvm::SetVector<Value> inputs;
  for (const Access &access : elements.accesses()) {
    inputs.insert(access.first);
  }
  KernelBuilder kernel(builder, op->getLoc(), name, inputs.getArrayRef(),
                       elements.draws(), {output});
  OpBuilder &body = kernel.body();
  Value start =
      neutral(body, op, cast<FloatType>(type.getElementType()));
  linalg::FillOp::create(body, op->getLoc(), start, kernel.output(0));

  SmallVector<AffineMap> maps;
  SmallVector<Value> operands;
  for (const Access &access : elements.accesses()) {
    operands.push_back(kernel.memref(access.first));
    maps.push_back(access.second);
  }
  unsigned leaves = operands.size();
  for (Value word : kernel.keyWords()) {
    operands.push_back(word);
    maps.push_back(AffineMap::get(type.getRank(), 0, context));
  }
  SmallVector<AffineExpr> left;
  SmallVector<utils::IteratorType> iterators;
  for (int64_t i = 0; i < type.getRank(); ++i) {
    bool reduced = llvm::is_contained(dimensions, i);
    iterators.push_back(reduced ? utils::IteratorType::reduction
                                : utils::IteratorType::parallel);
    if (!reduced) {
      left.push_back(identity.getResult(i));
    }
  }
  maps.push_back(AffineMap::get(type.getRank(), 0, left, context));
  linalg::GenericOp::create(
      body, op->getLoc(), operands, ValueRange{kernel.output(0)}, maps,
      iterators, [&](OpBuilder &inner, Location loc, ValueRange arguments) {
        KeyWords key;
        if (elements.draws()) {
          key = {arguments[leaves], arguments[leaves + 1],
                 arguments[leaves + 2], arguments[leaves + 3]};
        }
        SmallVector<Value> leafValues(arguments.take_front(leaves));
        Value element =
            elements.build(inner, operand, identity, leafValues, key);
        linalg::YieldOp::create(
            inner, loc, combine(inner, op, arguments.back(), element));
      });
  Kernel done = kernel.finish();
  if (left.empty()) {
    done.anyOrder.insert(inputs.begin(), inputs.end());
    for (const Access &access : elements.accesses()) {
      if (access.second != identity) {
        done.anyOrder.erase(access.first);
      }
    }
  }
  kernels.push_back(std::move(done));
}

} // namespace gmc::conversion
