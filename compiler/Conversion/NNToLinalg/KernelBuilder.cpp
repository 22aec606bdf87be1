//===- KernelBuilder.cpp - a kernel function in the making ----------------===//
#include "compiler/Conversion/NNToLinalg/KernelBuilder.h"

#include "compiler/Dialect/NN/IR/NNDialect.h"
#include "compiler/Dialect/RT/IR/RTDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;

namespace gmc::conversion {

MemRefType memrefOf(Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  return MemRefType::get(type.getShape(), type.getElementType());
}

KernelBuilder::KernelBuilder(OpBuilder &outer, Location loc,
                             llvm::StringRef name, ArrayRef<Value> inputs,
                             bool draws, ArrayRef<Value> outputs)
    : loc(loc), inner(outer.getContext()) {
  kernel.inputs.assign(inputs.begin(), inputs.end());
  kernel.outputs.assign(outputs.begin(), outputs.end());
  kernel.draws = draws;
  SmallVector<Type> types;
  for (Value input : inputs) {
    types.push_back(memrefOf(input));
  }
  if (draws) {
    types.append(4, MemRefType::get({}, outer.getI32Type()));
  }
  int64_t readOnly = types.size();
  for (Value output : outputs) {
    types.push_back(memrefOf(output));
  }
  kernel.function = func::FuncOp::create(
      outer, loc, name, FunctionType::get(outer.getContext(), types, {}));
  kernel.function.setPrivate();
  kernel.function->setAttr(rt::kernelAttr, outer.getI64IntegerAttr(readOnly));
  block = kernel.function.addEntryBlock();
  inner.setInsertionPointToStart(block);
  for (auto [input, argument] : llvm::zip(inputs, block->getArguments())) {
    memrefs[input] = argument;
  }
}

Value KernelBuilder::output(unsigned i) const {
  return block->getArgument(block->getNumArguments() - kernel.outputs.size() +
                            i);
}

ValueRange KernelBuilder::keyWords() const {
  return ValueRange(block->getArguments())
      .slice(kernel.inputs.size(), kernel.draws ? 4 : 0);
}

Kernel KernelBuilder::finish() {
  func::ReturnOp::create(inner, loc);
  return std::move(kernel);
}

Operation *ElementBuilder::inside(Value value) const {
  Operation *op = value.getDefiningOp();
  if (op && (group.ops.contains(op) || isa<nn::ConstantOp>(op))) {
    return op;
  }
  return nullptr;
}

/// Returns the map under which the operands of `op` are read where its result
/// is read under `map`.
AffineMap ElementBuilder::operandMap(Operation *op, AffineMap map) const {
  SmallVector<AffineExpr> results;
  if (auto broadcast = dyn_cast<nn::BroadcastOp>(op)) {
    for (int64_t dimension : broadcast.getDimensions()) {
      results.push_back(map.getResult(dimension));
    }
  } else if (auto transpose = dyn_cast<nn::TransposeOp>(op)) {
    results.resize(map.getNumResults());
    for (auto [i, dimension] : llvm::enumerate(transpose.getPermutation())) {
      results[dimension] = map.getResult(i);
    }
  } else {
    return map;
  }
  return AffineMap::get(map.getNumDims(), 0, results, op->getContext());
}

void ElementBuilder::collect(Value value, AffineMap map) {
  value = group.resolve(value);
  if (!seen.insert({value, map}).second) {
    return;
  }
  Operation *op = inside(value);
  if (op && isa<nn::ConstantOp>(op)) {
    return;
  }
  if (auto iota = dyn_cast_if_present<nn::IotaOp>(op)) {
    AffineExpr along = map.getResult(iota.getDimension());
    counted.insert(cast<AffineDimExpr>(along).getPosition());
    return;
  }
  if (op && isa<nn::RandomNormalOp, nn::RandomUniformOp>(op)) {
    needsKey = true;
    return;
  }
  if (op && (isElementwise(op) || isa<nn::BroadcastOp, nn::TransposeOp>(op))) {
    AffineMap inner = operandMap(op, map);
    for (Value operand : op->getOperands()) {
      collect(operand, inner);
    }
    return;
  }
  leaves.insert({value, map});
}

bool ElementBuilder::readsAlong(unsigned dimension) const {
  return needsKey || counted.contains(dimension) ||
         llvm::any_of(leaves, [&](const Access &access) {
           return access.second.isFunctionOfDim(dimension);
         });
}

namespace {

/// Returns the row-major position of the element that `map` gives within
/// `shape`, as an index.
Value linearIndex(OpBuilder &builder, Location loc, ArrayRef<int64_t> shape,
                  AffineMap map) {
  Value sum = arith::ConstantIndexOp::create(builder, loc, 0);
  for (auto [extent, result] : llvm::zip(shape, map.getResults())) {
    Value step = arith::ConstantIndexOp::create(builder, loc, extent);
    Value position = linalg::IndexOp::create(
        builder, loc, cast<AffineDimExpr>(result).getPosition());
    sum = arith::AddIOp::create(
        builder, loc, arith::MulIOp::create(builder, loc, sum, step), position);
  }
  return sum;
}

Value buildIota(OpBuilder &builder, nn::IotaOp op, AffineMap map) {
  auto type = cast<RankedTensorType>(op.getType());
  Value index = linalg::IndexOp::create(
      builder, op.getLoc(),
      cast<AffineDimExpr>(map.getResult(op.getDimension())).getPosition());
  Value word = arith::IndexCastOp::create(builder, op.getLoc(),
                                          builder.getI32Type(), index);
  return arith::UIToFPOp::create(builder, op.getLoc(), type.getElementType(),
                                 word);
}

} // namespace

Value ElementBuilder::build(OpBuilder &builder, Value value, AffineMap map,
                            ArrayRef<Value> leafValues, const KeyWords &key) {
  value = group.resolve(value);
  Access access{value, map};
  if (Value known = built.lookup(access)) {
    return known;
  }
  const auto *leaf = llvm::find(leaves, access);
  if (leaf != leaves.end()) {
    return built[access] = leafValues[leaf - leaves.begin()];
  }
  Operation *op = inside(value);
  auto type = cast<RankedTensorType>(value.getType());
  Value result;
  if (auto constant = dyn_cast<nn::ConstantOp>(op)) {
    result = arith::ConstantOp::create(
        builder, op->getLoc(),
        builder.getFloatAttr(type.getElementType(),
                             constant.getValue().convertToDouble()));
  } else if (auto iota = dyn_cast<nn::IotaOp>(op)) {
    result = buildIota(builder, iota, map);
  } else if (isa<nn::RandomNormalOp, nn::RandomUniformOp>(op)) {
    result =
        buildDraw(builder, op, key,
                  linearIndex(builder, op->getLoc(), type.getShape(), map));
  } else {
    AffineMap inner = operandMap(op, map);
    SmallVector<Value> operands;
    for (Value operand : op->getOperands()) {
      operands.push_back(build(builder, operand, inner, leafValues, key));
    }
    result = isa<nn::BroadcastOp, nn::TransposeOp>(op)
                 ? operands[0]
                 : buildScalar(builder, op, operands);
  }
  return built[access] = result;
}

void addPointwise(KernelBuilder &kernel, ElementBuilder &elements,
                  ArrayRef<int64_t> shape, ArrayRef<Value> values,
                  ValueRange destinations,
                  const llvm::DenseMap<Value, Value> &locals) {
  OpBuilder &builder = kernel.body();
  MLIRContext *context = builder.getContext();
  AffineMap identity = AffineMap::getMultiDimIdentityMap(shape.size(), context);
  SmallVector<Value> operands;
  SmallVector<AffineMap> maps;
  for (const Access &access : elements.accesses()) {
    Value local = locals.lookup(access.first);
    operands.push_back(local ? local : kernel.memref(access.first));
    maps.push_back(access.second);
  }
  unsigned leaves = operands.size();
  for (Value word : kernel.keyWords()) {
    operands.push_back(word);
    maps.push_back(AffineMap::get(shape.size(), 0, context));
  }
  maps.append(destinations.size(), identity);
  SmallVector<utils::IteratorType> iterators(shape.size(),
                                             utils::IteratorType::parallel);
  linalg::GenericOp::create(
      builder, kernel.location(), operands, destinations, maps, iterators,
      [&](OpBuilder &inner, Location loc, ValueRange arguments) {
        KeyWords key;
        if (elements.draws()) {
          key = {arguments[leaves], arguments[leaves + 1],
                 arguments[leaves + 2], arguments[leaves + 3]};
        }
        SmallVector<Value> leafValues(arguments.take_front(leaves));
        SmallVector<Value> results;
        for (Value value : values) {
          results.push_back(
              elements.build(inner, value, identity, leafValues, key));
        }
        linalg::YieldOp::create(inner, loc, results);
      });
}

} // namespace gmc::conversion
