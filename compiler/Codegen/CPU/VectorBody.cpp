//===- VectorBody.cpp - memory and bodies at vector type ------------------===//
#include "compiler/Codegen/CPU/VectorBody.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace gmc::cpu {

KernelWriter::KernelWriter(func::FuncOp kernel, int64_t lanesF32)
    : builder(kernel.getContext()), loc(kernel.getLoc()), kernel(kernel),
      oldArguments(kernel.getNumArguments()), lanesF32(lanesF32) {
  Block &body = kernel.getBody().front();
  SmallVector<Type> types(2, builder.getIndexType());
  for (unsigned i = 0; i < oldArguments; ++i) {
    auto type = cast<MemRefType>(kernel.getArgument(i).getType());
    types.push_back(MemRefType::get(
        {storageElements(type, panelsOf(kernel, i))}, type.getElementType()));
  }
  body.addArguments(types, SmallVector<Location>(types.size(), loc));
  builder.setInsertionPoint(body.getTerminator());
}

Value KernelWriter::entryArgument(unsigned i) {
  return kernel.getBody().getArgument(oldArguments + i);
}

Value KernelWriter::buffer(unsigned argument) {
  return entryArgument(2 + argument);
}

Value KernelWriter::constant(int64_t value) {
  return arith::ConstantIndexOp::create(builder, loc, value);
}

Value KernelWriter::add(Value a, Value b) {
  return builder.createOrFold<arith::AddIOp>(loc, a, b);
}

Value KernelWriter::mul(Value a, int64_t b) {
  return builder.createOrFold<arith::MulIOp>(loc, a, constant(b));
}

Value KernelWriter::min(Value a, int64_t b) {
  return builder.createOrFold<arith::MinSIOp>(loc, a, constant(b));
}

std::pair<Value, Value> KernelWriter::divide(Value a, int64_t b) {
  return {builder.createOrFold<arith::DivUIOp>(loc, a, constant(b)),
          builder.createOrFold<arith::RemUIOp>(loc, a, constant(b))};
}

Value KernelWriter::evaluate(const Linear &form, ValueRange indices) {
  Value sum = constant(form.offset);
  for (auto [coefficient, index] : llvm::zip(form.coefficients, indices)) {
    if (coefficient != 0) {
      sum = add(sum, mul(index, coefficient));
    }
  }
  return sum;
}

Value KernelWriter::table(ArrayRef<int64_t> numbers) {
  OpBuilder outside(kernel);
  auto type = MemRefType::get({static_cast<int64_t>(numbers.size())},
                              builder.getI64Type());
  auto values = DenseElementsAttr::get(
      RankedTensorType::get(type.getShape(), type.getElementType()), numbers);
  auto global = memref::GlobalOp::create(
      outside, loc, (kernel.getName() + ".table" + Twine(tables++)).str(),
      builder.getStringAttr("private"), type, values, /*constant=*/true,
      IntegerAttr());
  return memref::GetGlobalOp::create(builder, loc, type, global.getName());
}

Value KernelWriter::entryOf(Value table, Value index) {
  Value number = memref::LoadOp::create(builder, loc, table, index);
  return arith::IndexCastOp::create(builder, loc, builder.getIndexType(),
                                    number);
}

int64_t KernelWriter::lanesOf(Type type) const {
  return type.getIntOrFloatBitWidth() > 32 ? lanesF32 / 2 : lanesF32;
}

std::pair<Value, Value> KernelWriter::takeUnits(int64_t count) {
  if (serial) {
    return {constant(0), constant(count)};
  }
  int64_t before = units;
  units += count;
  Value lo = entryArgument(0), hi = entryArgument(1);
  if (before == 0) {
    return {lo, min(hi, count)};
  }
  auto clamp = [&](Value bound) {
    Value shifted = add(bound, -before);
    Value positive =
        builder.createOrFold<arith::MaxSIOp>(loc, shifted, constant(0));
    return min(positive, count);
  };
  return {clamp(lo), clamp(hi)};
}

SmallVector<Value>
KernelWriter::loop(Value lo, Value hi, int64_t step, ValueRange iterArgs,
                   function_ref<SmallVector<Value>(Value, ValueRange)> body) {
  auto made = scf::ForOp::create(
      builder, loc, lo, hi, constant(step), iterArgs,
      [&](OpBuilder &nested, Location, Value index, ValueRange carried) {
        OpBuilder::InsertPoint outside = builder.saveInsertionPoint();
        builder.restoreInsertionPoint(nested.saveInsertionPoint());
        SmallVector<Value> next = body(index, carried);
        scf::YieldOp::create(builder, loc, next);
        builder.restoreInsertionPoint(outside);
      });
  return SmallVector<Value>(made.getResults());
}

void KernelWriter::loop(Value lo, Value hi, int64_t step,
                        function_ref<void(Value)> body) {
  loop(lo, hi, step, ValueRange(), [&](Value index, ValueRange) {
    body(index);
    return SmallVector<Value>();
  });
}

void KernelWriter::when(Value condition, function_ref<void()> body) {
  auto made = scf::IfOp::create(builder, loc, condition);
  OpBuilder::InsertPoint outside = builder.saveInsertionPoint();
  builder.setInsertionPointToStart(made.thenBlock());
  body();
  builder.restoreInsertionPoint(outside);
}

static Value zeroVector(KernelWriter &writer, VectorType type) {
  return arith::ConstantOp::create(writer.builder, writer.loc,
                                   writer.builder.getZeroAttr(type));
}

Value makeMask(KernelWriter &writer, Lanes lanes) {
  SmallVector<bool> bits(lanes.count, false);
  std::fill_n(bits.begin(), lanes.valid, true);
  auto type = VectorType::get(lanes.count, writer.builder.getI1Type());
  return arith::ConstantOp::create(writer.builder, writer.loc,
                                   DenseElementsAttr::get(type, bits));
}

Value load(KernelWriter &writer, const Operand &operand, Value index,
           int64_t stride, Lanes lanes) {
  if (operand.value) {
    return operand.value;
  }
  OpBuilder &builder = writer.builder;
  Value buffer = writer.buffer(operand.argument);
  auto type = VectorType::get(lanes.count, operand.type);
  if (stride == 0) {
    return memref::LoadOp::create(builder, writer.loc, buffer, index);
  }
  if (stride == 1 && lanes.full()) {
    return vector::LoadOp::create(builder, writer.loc, type, buffer, index);
  }
  if (stride == 1) {
    return vector::MaskedLoadOp::create(builder, writer.loc, type, buffer,
                                        index, makeMask(writer, lanes),
                                        zeroVector(writer, type));
  }
  // Neither side by side nor the same: one load for each lane.
  Value gathered = zeroVector(writer, type);
  for (int64_t lane = 0; lane < lanes.valid; ++lane) {
    Value element = memref::LoadOp::create(builder, writer.loc, buffer,
                                           writer.add(index, lane * stride));
    gathered = vector::InsertOp::create(builder, writer.loc, element, gathered,
                                        ArrayRef<int64_t>{lane});
  }
  return gathered;
}

void store(KernelWriter &writer, const Operand &operand, Value index,
           int64_t stride, Lanes lanes, Value value) {
  OpBuilder &builder = writer.builder;
  Value buffer = writer.buffer(operand.argument);
  if (!isa<VectorType>(value.getType())) {
    memref::StoreOp::create(builder, writer.loc, value, buffer, index);
  } else if (stride == 1 && lanes.full()) {
    vector::StoreOp::create(builder, writer.loc, value, buffer, index);
  } else if (stride == 1) {
    vector::MaskedStoreOp::create(builder, writer.loc, buffer, index,
                                  makeMask(writer, lanes), value);
  } else {
    for (int64_t lane = 0; lane < lanes.valid; ++lane) {
      Value element = vector::ExtractOp::create(builder, writer.loc, value,
                                                ArrayRef<int64_t>{lane});
      memref::StoreOp::create(builder, writer.loc, element, buffer,
                              writer.add(index, lane * stride));
    }
  }
}

Value broadcast(KernelWriter &writer, Value value, int64_t lanes) {
  if (isa<VectorType>(value.getType())) {
    return value;
  }
  return vector::BroadcastOp::create(writer.builder, writer.loc,
                                     VectorType::get(lanes, value.getType()),
                                     value);
}

namespace {

class BodyCloner {
public:
  BodyCloner(KernelWriter &writer, linalg::LinalgOp op, ValueRange arguments,
             function_ref<LaneIndex(unsigned)> index, int64_t lanes)
      : writer(writer), builder(writer.builder), op(op), index(index),
        lanes(lanes) {
    mapping.map(op.getBlock()->getArguments(), arguments);
  }

  FailureOr<SmallVector<Value>> clone() {
    for (Operation &inner : op.getBlock()->without_terminator()) {
      if (failed(cloneOp(inner))) {
        return failure();
      }
    }
    SmallVector<Value> results;
    for (Value value : op.getBlock()->getTerminator()->getOperands()) {
      results.push_back(broadcast(writer, lookup(value), lanes));
    }
    return results;
  }

private:
  /// What stands for a value of the body; values from outside stand for
  /// themselves.
  Value lookup(Value value) {
    if (auto found = laneIndices.find(value); found != laneIndices.end()) {
      return lanesFrom(found->second, builder.getIndexType());
    }
    if (Value found = mapping.lookupOrNull(value)) {
      return found;
    }
    return value;
  }

  /// base + perLane * [0, 1, 2 ..] in the given integer type.
  Value lanesFrom(LaneIndex from, Type type) {
    Value base = from.base;
    if (base.getType() != type) {
      base = arith::IndexCastOp::create(builder, writer.loc, type, base);
    }
    if (from.perLane == 0) {
      return base;
    }
    SmallVector<Attribute> steps;
    for (int64_t lane = 0; lane < lanes; ++lane) {
      steps.push_back(builder.getIntegerAttr(type, lane * from.perLane));
    }
    Value step = arith::ConstantOp::create(
        builder, writer.loc,
        DenseElementsAttr::get(VectorType::get(lanes, type), steps));
    return arith::AddIOp::create(builder, writer.loc,
                                 broadcast(writer, base, lanes), step);
  }

  /// An index that grows evenly along the lanes, or is the same in all.
  std::optional<LaneIndex> evenIndex(Value value) {
    if (auto found = laneIndices.find(value); found != laneIndices.end()) {
      return found->second;
    }
    Value same = lookup(value);
    if (same.getType().isIndex()) {
      return LaneIndex{same, 0};
    }
    return std::nullopt;
  }

  /// Sums and multiples of such indices are again such: 64-bit lanes are only
  /// made where nothing else will do.
  bool keepEven(Operation &inner) {
    if (!isa<arith::AddIOp, arith::MulIOp>(inner) ||
        !inner.getResult(0).getType().isIndex()) {
      return false;
    }
    std::optional<LaneIndex> a = evenIndex(inner.getOperand(0));
    std::optional<LaneIndex> b = evenIndex(inner.getOperand(1));
    if (!a || !b) {
      return false;
    }
    LaneIndex &result = laneIndices[inner.getResult(0)];
    if (isa<arith::AddIOp>(inner)) {
      result = {writer.add(a->base, b->base), a->perLane + b->perLane};
      return true;
    }
    if (a->perLane == 0) {
      std::swap(a, b);
    }
    std::optional<int64_t> factor = getConstantIntValue(b->base);
    if (b->perLane != 0 || !factor) {
      laneIndices.erase(inner.getResult(0));
      return false;
    }
    result = {writer.mul(a->base, *factor), a->perLane * *factor};
    return true;
  }

  LogicalResult cloneOp(Operation &inner) {
    if (keepEven(inner)) {
      return success();
    }
    if (auto indexOp = dyn_cast<linalg::IndexOp>(inner)) {
      laneIndices[indexOp.getResult()] = index(indexOp.getDim());
      return success();
    }
    // The index in the type that is asked for, instead of in 64 bits first.
    if (isa<arith::IndexCastOp, arith::IndexCastUIOp>(inner) &&
        inner.getResult(0).getType().isInteger()) {
      auto found = laneIndices.find(inner.getOperand(0));
      if (found != laneIndices.end()) {
        mapping.map(inner.getResult(0),
                    lanesFrom(found->second, inner.getResult(0).getType()));
        return success();
      }
    }
    SmallVector<Value> operands;
    for (Value operand : inner.getOperands()) {
      operands.push_back(lookup(operand));
    }
    bool varies = llvm::any_of(operands, [](Value operand) {
      return isa<VectorType>(operand.getType());
    });
    if (varies && !OpTrait::hasElementwiseMappableTraits(&inner)) {
      return inner.emitError("cannot be done on vectors");
    }
    SmallVector<Type> types(inner.getResultTypes());
    if (varies) {
      for (Value &operand : operands) {
        operand = broadcast(writer, operand, lanes);
      }
      for (Type &type : types) {
        type = VectorType::get(lanes, type);
      }
    }
    OperationState state(writer.loc, inner.getName(), operands, types,
                         inner.getAttrs());
    Operation *made = builder.create(state);
    mapping.map(inner.getResults(), made->getResults());
    return success();
  }

  KernelWriter &writer;
  OpBuilder &builder;
  linalg::LinalgOp op;
  function_ref<LaneIndex(unsigned)> index;
  int64_t lanes;
  IRMapping mapping;
  DenseMap<Value, LaneIndex> laneIndices;
};

} // namespace

FailureOr<SmallVector<Value>>
cloneBody(KernelWriter &writer, linalg::LinalgOp op, ValueRange arguments,
          function_ref<LaneIndex(unsigned)> index, int64_t lanes) {
  // A body is written once for whole vectors and once for what is left; what is
  // wrong with it is said once.
  if (writer.refused) {
    return failure();
  }
  auto results = BodyCloner(writer, op, arguments, index, lanes).clone();
  writer.refused = failed(results);
  return results;
}

} // namespace gmc::cpu
