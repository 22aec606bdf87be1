//===- Product.cpp - kernels of matrix products ---------------------------===//
//
// C[m,n] = sum over k of A[m,k] B[k,n], with what the group makes of each
// element of C behind it: the product goes into a memref of the kernel's own,
// which a target keeps in registers, unless it is itself the only output.
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

void addContraction(KernelBuilder &kernel, nn::MatmulOp matmul, Value a,
                    Value b, Value c) {
  OpBuilder &builder = kernel.body();
  Location loc = matmul.getLoc();
  auto element =
      cast<FloatType>(cast<MemRefType>(c.getType()).getElementType());
  Value zero =
      arith::ConstantOp::create(builder, loc, builder.getFloatAttr(element, 0));
  linalg::FillOp::create(builder, loc, zero, c);
  AffineExpr m, n, k;
  bindDims(builder.getContext(), m, n, k);
  auto map = [&](AffineExpr row, AffineExpr column) {
    return AffineMap::get(3, 0, {row, column}, builder.getContext());
  };
  SmallVector<AffineMap> maps{matmul.getTransposeA() ? map(k, m) : map(m, k),
                              matmul.getTransposeB() ? map(n, k) : map(k, n),
                              map(m, n)};
  SmallVector<utils::IteratorType> iterators{utils::IteratorType::parallel,
                                             utils::IteratorType::parallel,
                                             utils::IteratorType::reduction};
  linalg::GenericOp::create(
      builder, loc, ValueRange{a, b}, ValueRange{c}, maps, iterators,
      [&](OpBuilder &inner, Location at, ValueRange arguments) {
        Value term =
            arith::MulFOp::create(inner, at, arguments[0], arguments[1]);
        Value sum = arith::AddFOp::create(inner, at, arguments[2], term);
        linalg::YieldOp::create(inner, at, sum);
      });
}

} // namespace

void buildProduct(OpBuilder &builder, const Group &group, Operation *op,
                  ArrayRef<Value> values, ArrayRef<Value> outputs,
                  llvm::StringRef name,
                  llvm::SmallVectorImpl<Kernel> &kernels) {
  auto matmul = cast<nn::MatmulOp>(op);
  Value product = matmul.getResult();
  auto type = cast<RankedTensorType>(product.getType());
  Value a = group.resolve(matmul.getLhs()), b = group.resolve(matmul.getRhs());
  AffineMap identity =
      AffineMap::getMultiDimIdentityMap(2, builder.getContext());
  bool alone = values.size() == 1 && values[0] == product;
  ElementBuilder elements(group);
  llvm::SetVector<Value> inputs;
  inputs.insert(a);
  inputs.insert(b);
  if (!alone) {
    for (Value value : values) {
      elements.collect(value, identity);
    }
    for (const Access &access : elements.accesses()) {
      if (access.first != product) {
        inputs.insert(access.first);
      }
    }
  }
  KernelBuilder kernel(builder, op->getLoc(), name, inputs.getArrayRef(),
                       elements.draws(), outputs);
  Value target = kernel.output(0);
  if (!alone) {
    target = memref::AllocOp::create(
        kernel.body(), op->getLoc(),
        MemRefType::get(type.getShape(), type.getElementType()));
  }
  addContraction(kernel, matmul, kernel.memref(a), kernel.memref(b), target);
  if (!alone) {
    SmallVector<Value> destinations;
    for (unsigned i = 0; i < outputs.size(); ++i) {
      destinations.push_back(kernel.output(i));
    }
    llvm::DenseMap<Value, Value> locals;
    locals[product] = target;
    addPointwise(kernel, elements, type.getShape(), values, destinations,
                 locals);
  }
  Kernel done = kernel.finish();
  auto left = cast<RankedTensorType>(a.getType()).getShape();
  done.product = {type.getDimSize(0), type.getDimSize(1),
                  left[matmul.getTransposeA() ? 0 : 1]};
  done.flops = 2 * done.product[0] * done.product[1] * done.product[2];
  done.bare = alone;
  done.use = matmul.getUseAttr();
  done.columnAxis = matmul.getTransposeB() ? 0 : 1;
  kernels.push_back(std::move(done));
}

} // namespace gmc::conversion
