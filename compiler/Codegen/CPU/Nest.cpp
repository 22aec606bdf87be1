//===- Nest.cpp - loops over flat memory from linalg operations -----------===//
#include "compiler/Codegen/CPU/Nest.h"

#include "compiler/Codegen/CPU/KernelAttributes.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;

namespace gmc::cpu {

std::optional<Panels> panelsOf(func::FuncOp kernel, unsigned argument) {
  auto values =
      kernel.getArgAttrOfType<DenseI64ArrayAttr>(argument, panelsAttr);
  if (!values || values.size() != 2) {
    return std::nullopt;
  }
  return Panels{values[0], values[1]};
}

int64_t storageElements(MemRefType type, std::optional<Panels> panels) {
  if (panels) {
    int64_t count =
        llvm::divideCeil(type.getDimSize(panels->axis), panels->width);
    return count * panels->width * type.getDimSize(1 - panels->axis);
  }
  auto [strides, last] = type.getStridesAndOffset();
  for (auto [extent, stride] : llvm::zip_equal(type.getShape(), strides)) {
    last += (extent - 1) * stride;
  }
  return last + 1;
}

static View viewOfArgument(BlockArgument argument) {
  auto kernel = cast<func::FuncOp>(argument.getOwner()->getParentOp());
  auto type = cast<MemRefType>(argument.getType());
  View view{argument.getArgNumber(), 0, {}, {}, std::nullopt};
  view.shape.assign(type.getShape().begin(), type.getShape().end());
  view.panels = panelsOf(kernel, argument.getArgNumber());
  std::tie(view.strides, view.offset) = type.getStridesAndOffset();
  return view;
}

static FailureOr<View> viewOfSubview(memref::SubViewOp op) {
  FailureOr<View> source = viewOf(op.getSource());
  if (failed(source)) {
    return failure();
  }
  if (source->panels) {
    return op.emitError("a part of a matrix in panels is not supported");
  }
  View view{source->argument, source->offset, {}, {}, std::nullopt};
  llvm::SmallBitVector dropped = op.getDroppedDims();
  for (unsigned d = 0; d < source->strides.size(); ++d) {
    view.offset += op.getStaticOffsets()[d] * source->strides[d];
    if (!dropped[d]) {
      view.strides.push_back(op.getStaticStrides()[d] * source->strides[d]);
      view.shape.push_back(op.getStaticSizes()[d]);
    }
  }
  return view;
}

FailureOr<View> viewOf(Value buffer) {
  if (auto argument = dyn_cast<BlockArgument>(buffer)) {
    return viewOfArgument(argument);
  }
  Operation *op = buffer.getDefiningOp();
  if (auto subview = dyn_cast<memref::SubViewOp>(op)) {
    return viewOfSubview(subview);
  }
  if (auto cast = dyn_cast<memref::CastOp>(op)) {
    return viewOf(cast.getSource());
  }
  return op->emitError("is no buffer that a schedule can follow to an "
                       "argument of the kernel");
}

int64_t Nest::extentOf(bool reduction) const {
  int64_t extent = 1;
  for (const Loop &loop : loops) {
    extent *= loop.reduction == reduction ? loop.extent : 1;
  }
  return extent;
}

template <typename T>
static void rotateToEnd(SmallVectorImpl<T> &values, unsigned from) {
  std::rotate(values.begin() + from, values.begin() + from + 1, values.end());
}

/// Every linear form of a nest.
static SmallVector<Linear *> forms(Nest &nest) {
  SmallVector<Linear *> all;
  for (Operand &operand : nest.operands) {
    all.push_back(&operand.place);
  }
  for (Linear &index : nest.indices) {
    all.push_back(&index);
  }
  return all;
}

void Nest::moveLast(unsigned from) {
  rotateToEnd(loops, from);
  for (Linear *form : forms(*this)) {
    rotateToEnd(form->coefficients, from);
  }
}

namespace {

/// Splits the loops that run along a panel axis and builds the nests.
class NestBuilder {
public:
  explicit NestBuilder(linalg::LinalgOp op) : op(op) {}

  FailureOr<std::vector<Nest>> build() {
    extents = op.getStaticLoopRanges();
    widths.assign(extents.size(), 0);
    for (OpOperand &operand : op->getOpOperands()) {
      if (failed(addOperand(operand))) {
        return failure();
      }
    }
    std::vector<Nest> nests;
    SmallVector<bool> inTail(extents.size(), false);
    addNests(0, inTail, nests);
    return nests;
  }

private:
  LogicalResult addOperand(OpOperand &operand) {
    if (!isa<MemRefType>(operand.get().getType())) {
      views.push_back(std::nullopt);
      return success();
    }
    AffineMap map = op.getMatchingIndexingMap(&operand);
    if (!map.isProjectedPermutation(/*allowZeroInResults=*/true)) {
      return op.emitError("map of operand ")
             << operand.getOperandNumber() << " is no projected permutation";
    }
    FailureOr<View> view = viewOf(operand.get());
    if (failed(view)) {
      return failure();
    }
    if (view->panels) {
      auto dim = dyn_cast<AffineDimExpr>(map.getResult(view->panels->axis));
      if (!dim) {
        return op.emitError("one lane of a matrix in panels: not supported");
      }
      int64_t &width = widths[dim.getPosition()];
      if (width != 0 && width != view->panels->width) {
        return op.emitError("panels of different widths along one loop");
      }
      width = view->panels->width;
    }
    views.push_back(*view);
    return success();
  }

  /// Full panels first, then the lanes past them, for each split loop.
  void addNests(unsigned d, SmallVectorImpl<bool> &inTail,
                std::vector<Nest> &nests) {
    if (d == extents.size()) {
      nests.push_back(makeNest(inTail));
      return;
    }
    if (widths[d] == 0 || extents[d] >= widths[d]) {
      inTail[d] = false;
      addNests(d + 1, inTail, nests);
    }
    if (widths[d] != 0 && extents[d] % widths[d] != 0) {
      inTail[d] = true;
      addNests(d + 1, inTail, nests);
    }
  }

  Nest makeNest(ArrayRef<bool> inTail) {
    Nest nest;
    nest.op = op;
    nest.inputs = op.getNumDpsInputs();
    auto kinds = op.getIteratorTypesArray();
    for (unsigned d = 0; d < extents.size(); ++d) {
      bool reduction = kinds[d] == utils::IteratorType::reduction;
      if (widths[d] == 0) {
        nest.loops.push_back({extents[d], reduction});
        continue;
      }
      int64_t full = extents[d] / widths[d];
      nest.loops.push_back({inTail[d] ? 1 : full, reduction});
      nest.loops.push_back(
          {inTail[d] ? extents[d] % widths[d] : widths[d], reduction});
    }
    for (OpOperand &operand : op->getOpOperands()) {
      nest.operands.push_back(makeOperand(operand, inTail));
    }
    for (unsigned d = 0; d < extents.size(); ++d) {
      Linear index;
      for (unsigned e = 0; e < extents.size(); ++e) {
        addStrides(index, e, e == d ? widths[e] : 0, e == d ? 1 : 0, inTail);
      }
      nest.indices.push_back(index);
    }
    return nest;
  }

  /// Appends the coefficients of iteration dimension d.
  void addStrides(Linear &form, unsigned d, int64_t panelStride, int64_t stride,
                  ArrayRef<bool> inTail) {
    if (widths[d] == 0) {
      form.coefficients.push_back(stride);
      return;
    }
    form.coefficients.append({panelStride, stride});
    if (inTail[d]) {
      form.offset += extents[d] / widths[d] * panelStride;
    }
  }

  Operand makeOperand(OpOperand &operand, ArrayRef<bool> inTail) {
    const std::optional<View> &view = views[operand.getOperandNumber()];
    Operand made;
    if (!view) {
      made.value = operand.get();
      made.type = operand.get().getType();
      for (unsigned d = 0; d < extents.size(); ++d) {
        addStrides(made.place, d, 0, 0, inTail);
      }
      return made;
    }
    made.argument = view->argument;
    made.place.offset = view->offset;
    made.type = cast<MemRefType>(operand.get().getType()).getElementType();
    AffineMap map = op.getMatchingIndexingMap(&operand);
    for (unsigned d = 0; d < extents.size(); ++d) {
      int64_t stride = 0, panelStride = 0;
      for (unsigned r = 0; r < map.getNumResults(); ++r) {
        auto dim = dyn_cast<AffineDimExpr>(map.getResult(r));
        if (!dim || dim.getPosition() != d) {
          continue;
        }
        if (!view->panels) {
          stride = view->strides[r];
          panelStride = stride * widths[d];
        } else if (view->panels->axis == static_cast<int64_t>(r)) {
          stride = 1;
          panelStride = view->shape[1 - r] * view->panels->width;
        } else {
          stride = view->panels->width;
          panelStride = stride * widths[d];
        }
      }
      addStrides(made.place, d, panelStride, stride, inTail);
    }
    return made;
  }

  linalg::LinalgOp op;
  SmallVector<int64_t> extents;
  SmallVector<int64_t> widths; ///< of panels along a dimension, 0: none
  std::vector<std::optional<View>> views;
};

void eraseLoop(Nest &nest, unsigned d) {
  nest.loops.erase(nest.loops.begin() + d);
  for (Linear *form : forms(nest)) {
    form->coefficients.erase(form->coefficients.begin() + d);
  }
}

/// Loops a and b can be one with b inside: a step of a is all of b.
bool mergeable(Nest &nest, unsigned a, unsigned b) {
  int64_t extent = nest.loops[b].extent;
  return nest.loops[a].reduction == nest.loops[b].reduction &&
         llvm::all_of(forms(nest), [&](Linear *form) {
           return form->coefficients[a] == form->coefficients[b] * extent;
         });
}

/// Indices that the body never asks for must not keep loops apart.
void dropUnusedIndices(Nest &nest) {
  llvm::SmallBitVector used(nest.indices.size());
  nest.op->walk([&](linalg::IndexOp index) { used.set(index.getDim()); });
  for (unsigned d = 0; d < nest.indices.size(); ++d) {
    if (!used[d]) {
      nest.indices[d].offset = 0;
      for (int64_t &coefficient : nest.indices[d].coefficients) {
        coefficient = 0;
      }
    }
  }
}

bool mergeOnce(Nest &nest) {
  for (unsigned a = 0; a < nest.loops.size(); ++a) {
    for (unsigned b = 0; b < nest.loops.size(); ++b) {
      if (a != b && mergeable(nest, a, b)) {
        nest.loops[b].extent *= nest.loops[a].extent;
        eraseLoop(nest, a);
        return true;
      }
    }
  }
  return false;
}

void mergeLoops(Nest &nest) {
  dropUnusedIndices(nest);
  for (unsigned d = nest.loops.size(); d-- > 0;) {
    if (nest.loops[d].extent == 1) {
      eraseLoop(nest, d);
    }
  }
  while (mergeOnce(nest)) {
  }
}

} // namespace

FailureOr<std::vector<Nest>> nestsOf(linalg::LinalgOp op) {
  FailureOr<std::vector<Nest>> nests = NestBuilder(op).build();
  if (succeeded(nests)) {
    for (Nest &nest : *nests) {
      mergeLoops(nest);
    }
  }
  return nests;
}

unsigned chooseLanes(const Nest &nest, int64_t lanes) {
  unsigned best = 0;
  double least = 0;
  for (unsigned d = 0; d < nest.loops.size(); ++d) {
    int64_t extent = nest.loops[d].extent;
    double vectors = double(llvm::divideCeil(extent, lanes)) / extent;
    double cost = 0.5 * vectors;
    for (const Operand &operand : nest.operands) {
      int64_t stride = operand.place.coefficients[d];
      cost += stride == 0 ? 0.1 * vectors : stride == 1 ? vectors : 1.0;
    }
    if (d == 0 || cost < least) {
      best = d;
      least = cost;
    }
  }
  return best;
}

} // namespace gmc::cpu
