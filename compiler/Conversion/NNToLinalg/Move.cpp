//===- Move.cpp - kernels of slices, padding and concatenation ------------===//
//
// Copies between views of the kernel's arguments.
//
//===----------------------------------------------------------------------===//
#include "compiler/Conversion/NNToLinalg/KernelBuilder.h"
#include "compiler/Dialect/NN/IR/NNDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;

namespace gmc::conversion {

namespace {

/// Returns the view of `extent` elements from `begin` on of one dimension.
Value viewOf(KernelBuilder &kernel, Value memref, int64_t dimension,
             int64_t begin, int64_t extent) {
  OpBuilder &builder = kernel.body();
  auto type = cast<MemRefType>(memref.getType());
  SmallVector<OpFoldResult> offsets(type.getRank(), builder.getIndexAttr(0));
  SmallVector<OpFoldResult> strides(type.getRank(), builder.getIndexAttr(1));
  SmallVector<OpFoldResult> sizes;
  for (int64_t size : type.getShape()) {
    sizes.push_back(builder.getIndexAttr(size));
  }
  offsets[dimension] = builder.getIndexAttr(begin);
  sizes[dimension] = builder.getIndexAttr(extent);
  return memref::SubViewOp::create(builder, kernel.location(), memref, offsets,
                                   sizes, strides);
}

void addCopy(KernelBuilder &kernel, Value from, Value to) {
  OpBuilder &builder = kernel.body();
  unsigned rank = cast<MemRefType>(from.getType()).getRank();
  AffineMap identity =
      AffineMap::getMultiDimIdentityMap(rank, builder.getContext());
  SmallVector<utils::IteratorType> iterators(rank,
                                             utils::IteratorType::parallel);
  linalg::GenericOp::create(
      builder, kernel.location(), ValueRange{from}, ValueRange{to},
      ArrayRef<AffineMap>{identity, identity}, iterators,
      [&](OpBuilder &inner, Location loc, ValueRange arguments) {
        linalg::YieldOp::create(inner, loc, arguments[0]);
      });
}

void addZeros(KernelBuilder &kernel, Value to) {
  OpBuilder &builder = kernel.body();
  auto element = cast<MemRefType>(to.getType()).getElementType();
  Value zero = arith::ConstantOp::create(builder, kernel.location(),
                                         builder.getFloatAttr(element, 0));
  linalg::FillOp::create(builder, kernel.location(), zero, to);
}

int64_t extentOf(Value value, int64_t dimension) {
  return cast<RankedTensorType>(value.getType()).getDimSize(dimension);
}

} // namespace

void buildMove(OpBuilder &builder, Operation *op, llvm::StringRef name,
               llvm::SmallVectorImpl<Kernel> &kernels) {
  llvm::SetVector<Value> inputs;
  inputs.insert(op->operand_begin(), op->operand_end());
  KernelBuilder kernel(builder, op->getLoc(), name, inputs.getArrayRef(),
                       /*draws=*/false, {op->getResult(0)});
  Value to = kernel.output(0);
  Value from = kernel.memref(op->getOperand(0));
  if (auto slice = dyn_cast<nn::SliceOp>(op)) {
    int64_t begin = slice.getBegin(), end = slice.getEnd();
    addCopy(kernel, viewOf(kernel, from, slice.getDimension(), begin,
                           end - begin),
            to);
  } else if (auto pad = dyn_cast<nn::PadOp>(op)) {
    int64_t dimension = pad.getDimension();
    addZeros(kernel, to);
    addCopy(kernel, from,
            viewOf(kernel, to, dimension, pad.getLow(),
                   extentOf(pad.getOperand(), dimension)));
  } else {
    auto concat = cast<nn::ConcatOp>(op);
    int64_t dimension = concat.getDimension();
    int64_t first = extentOf(concat.getLhs(), dimension);
    addCopy(kernel, from, viewOf(kernel, to, dimension, 0, first));
    addCopy(kernel, kernel.memref(concat.getRhs()),
            viewOf(kernel, to, dimension, first,
                   extentOf(concat.getRhs(), dimension)));
  }
  kernels.push_back(kernel.finish());
}

} // namespace gmc::conversion
