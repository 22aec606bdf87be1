//===- Kernel.cpp - what every kernel is ----------------------------------===//
#include "compiler/Dialect/RT/IR/Kernel.h"

#include "compiler/Dialect/RT/IR/RTDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;

namespace gmc::rt {

static bool isNumber(Type type) { return type.isIntOrIndexOrFloat(); }

/// Checks that `op`, within a statement, makes numbers of numbers: then memory
/// is read and written where the statement's maps say so, and nowhere else.
static LogicalResult verifyInner(Operation &op) {
  if (op.getNumRegions() == 0 && llvm::all_of(op.getOperandTypes(), isNumber) &&
      llvm::all_of(op.getResultTypes(), isNumber)) {
    return success();
  }
  return op.emitError("does not belong into a statement of a kernel, which "
                      "makes numbers of numbers");
}

static LogicalResult verifyStatement(linalg::LinalgOp op) {
  bool onBuffers = llvm::all_of(op->getOperandTypes(), [](Type type) {
    return isNumber(type) || isa<MemRefType>(type);
  });
  if (!onBuffers || op.getNumDpsInits() == 0) {
    return op.emitError("a statement of a kernel reads and writes buffers");
  }
  // Else the last turn to write would count, and turns have no order.
  SmallVector<unsigned> kept;
  op.getParallelDims(kept);
  for (OpOperand &output : op.getDpsInitsMutable()) {
    AffineMap map = op.getMatchingIndexingMap(&output);
    if (!llvm::all_of(kept,
                      [&](unsigned d) { return map.isFunctionOfDim(d); })) {
      return op.emitError("a statement of a kernel writes an element in "
                          "several turns of a parallel loop");
    }
  }
  for (Operation &inner : *op.getBlock()) {
    if (failed(verifyInner(inner))) {
      return failure();
    }
  }
  return success();
}

/// Whether `op` gives a buffer, row-major before and after, another shape.
static bool isWhole(memref::ReinterpretCastOp op) {
  auto from = dyn_cast<MemRefType>(op.getSource().getType());
  MemRefType to = op.getType();
  return from && isBuffer(to) && from.getLayout().isIdentity() &&
         to.getLayout().isIdentity() &&
         from.getNumElements() == to.getNumElements();
}

static LogicalResult verifyOp(Operation &op) {
  if (auto statement = dyn_cast<linalg::LinalgOp>(op)) {
    return verifyStatement(statement);
  }
  if (isa<arith::ConstantOp>(op)) {
    return success();
  }
  if (!isa<memref::AllocOp, memref::SubViewOp, memref::CastOp,
           memref::ReinterpretCastOp>(op)) {
    return op.emitError("does not belong into a kernel");
  }
  auto recast = dyn_cast<memref::ReinterpretCastOp>(op);
  if (recast && !isWhole(recast)) {
    return op.emitError("must give the whole of a buffer another shape");
  }
  Type type = op.getResult(0).getType();
  if (!isBuffer(type)) {
    return op.emitError("no buffer of a kernel is ") << type;
  }
  return success();
}

LogicalResult verifyKernel(func::FuncOp kernel) {
  if (kernel.getNumResults() != 0) {
    return kernel.emitError("a kernel has no results");
  }
  for (auto [i, type] : llvm::enumerate(kernel.getArgumentTypes())) {
    if (!isBuffer(type)) {
      return kernel.emitError("argument ")
             << i << " of a kernel must be a buffer, not " << type;
    }
  }
  if (!kernel.getBody().hasOneBlock() ||
      !isa<func::ReturnOp>(kernel.getBody().front().getTerminator())) {
    return kernel.emitError("a kernel has one block, which returns");
  }
  for (Operation &op : kernel.getBody().front().without_terminator()) {
    if (failed(verifyOp(op))) {
      return failure();
    }
  }
  return success();
}

} // namespace gmc::rt
