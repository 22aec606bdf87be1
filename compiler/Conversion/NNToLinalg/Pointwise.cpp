//===- Pointwise.cpp - kernels of element-by-element values ---------------===//
#include "compiler/Conversion/NNToLinalg/KernelBuilder.h"

using namespace mlir;

namespace gmc::conversion {

namespace {

/// Returns the distinct values behind accesses, in order.
SmallVector<Value> valuesOf(ArrayRef<Access> accesses) {
  llvm::SetVector<Value> values;
  for (const Access &access : accesses) {
    values.insert(access.first);
  }
  return values.takeVector();
}

} // namespace

void buildPointwise(OpBuilder &builder, Location loc, const Group &group,
                    ArrayRef<Value> values, ArrayRef<Value> outputs,
                    llvm::StringRef name,
                    llvm::SmallVectorImpl<Kernel> &kernels) {
  auto shape = cast<RankedTensorType>(values[0].getType()).getShape();
  AffineMap identity =
      AffineMap::getMultiDimIdentityMap(shape.size(), builder.getContext());
  ElementBuilder elements(group);
  for (Value value : values) {
    elements.collect(value, identity);
  }
  SmallVector<Value> inputs = valuesOf(elements.accesses());
  KernelBuilder kernel(builder, loc, name, inputs, elements.draws(), outputs);
  SmallVector<Value> destinations;
  for (unsigned i = 0; i < outputs.size(); ++i) {
    destinations.push_back(kernel.output(i));
  }
  addPointwise(kernel, elements, shape, values, destinations,
               /*locals=*/llvm::DenseMap<Value, Value>());
  Kernel done = kernel.finish();
  done.inPlace.insert(inputs.begin(), inputs.end());
  for (const Access &access : elements.accesses()) {
    if (access.second != identity) {
      done.inPlace.erase(access.first);
    }
  }
  kernels.push_back(std::move(done));
}

Kernel buildCopyKernel(OpBuilder &builder, Value value, llvm::StringRef name) {
  SmallVector<Kernel, 1> kernels;
  buildPointwise(builder, value.getLoc(), Group(), {value}, {value}, name,
                 kernels);
  return std::move(kernels[0]);
}

} // namespace gmc::conversion
