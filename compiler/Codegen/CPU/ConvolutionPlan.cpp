//===- ConvolutionPlan.cpp - what a convolution's schedule knows ----------===//
#include "compiler/Codegen/CPU/ConvolutionPlan.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

#include <numeric>

using namespace mlir;

namespace gmc::cpu {

/// What NNToLinalg says of the sum: role, strides, zeros at top and left,
/// dilations.
static constexpr char convolutionAttr[] = "rt.convolution";

bool isConvolution(linalg::LinalgOp op) { return op->hasAttr(convolutionAttr); }

SmallVector<LaneSet> laneSets(int64_t columns, int64_t width) {
  SmallVector<LaneSet> sets;
  if (columns >= width) {
    sets.push_back({0, columns / width, width});
  }
  if (columns % width != 0) {
    sets.push_back({columns / width * width, 1, columns % width});
  }
  return sets;
}

int64_t imagesTogether(int64_t images, int64_t most) {
  int64_t together = std::clamp<int64_t>(most, 1, images);
  while (images % together != 0) {
    --together;
  }
  return together;
}

SmallVector<AxisClass, 2> classesOf(const ConvolutionPlan &plan, int d) {
  int64_t stride = plan.strides[d], dilation = plan.dilations[d];
  if (plan.role == ConvolutionPlan::Forward) {
    return {{plan.windows[d], 0, 1, -plan.low[d], stride, plan.taps[d], 0, 1,
             dilation}};
  }
  // x at place i = first + stride q sees the windows (i + low - k dilation) /
  // stride for the taps k where that is whole: every `tapStep`th.
  SmallVector<AxisClass, 2> classes;
  int64_t common = std::gcd(stride, dilation);
  for (int64_t first = 0; first < std::min(stride, plan.extents[d]); ++first) {
    AxisClass one{};
    one.count = llvm::divideCeil(plan.extents[d] - first, stride);
    one.first = first;
    one.step = stride;
    one.stride = 1;
    one.tapStep = stride / common;
    one.reach = -dilation / common;
    int64_t tap = 0;
    while (tap < plan.taps[d] &&
           (first + plan.low[d] - tap * dilation) % stride != 0) {
      ++tap;
    }
    if (tap < plan.taps[d]) {
      one.tapFirst = tap;
      one.taps = llvm::divideCeil(plan.taps[d] - tap, one.tapStep);
      one.from = (first + plan.low[d] - tap * dilation) / stride;
    }
    classes.push_back(one);
  }
  return classes;
}

SmallVector<AlikeClasses, 2> alikeOf(ArrayRef<AxisClass> classes) {
  auto form = [](const AxisClass &one) {
    return std::tuple(one.count, one.step, one.stride, one.taps, one.tapStep,
                      one.reach);
  };
  SmallVector<AlikeClasses, 2> alike;
  for (const AxisClass &one : classes) {
    auto it = llvm::find_if(alike, [&](const AlikeClasses &others) {
      return form(others.front()) == form(one);
    });
    if (it == alike.end()) {
      alike.push_back({one});
    } else {
      it->push_back(one);
    }
  }
  return alike;
}

namespace {

/// The memref that casts and subviews start from.
Value rootOf(Value buffer) {
  while (true) {
    if (auto cast = buffer.getDefiningOp<memref::ReinterpretCastOp>()) {
      buffer = cast.getSource();
    } else if (auto subview = buffer.getDefiningOp<memref::SubViewOp>()) {
      buffer = subview.getSource();
    } else {
      return buffer;
    }
  }
}

class Planner {
public:
  Planner(ArrayRef<linalg::LinalgOp> statements, int64_t lanesF32)
      : statements(statements), lanesF32(lanesF32) {}

  FailureOr<ConvolutionPlan> plan() {
    form = *llvm::find_if(statements, isConvolution);
    auto numbers = form->getAttrOfType<DenseI64ArrayAttr>(convolutionAttr);
    Value operands[] = {form->getOperand(0), form->getOperand(1),
                        form->getOperand(2)};
    if (!numbers || numbers.size() != 7 || form.getNumLoops() != 9) {
      return form.emitError("is no sum of a convolution");
    }
    made.role = static_cast<ConvolutionPlan::Role>(numbers[0]);
    for (int d : {0, 1}) {
      made.strides[d] = numbers[1 + d];
      made.low[d] = numbers[3 + d];
      made.dilations[d] = numbers[5 + d];
    }
    bool isWeight = made.role == ConvolutionPlan::Weight;
    bool isInput = made.role == ConvolutionPlan::Input;
    Value w = operands[isWeight ? 2 : 1];
    Value y = operands[isInput ? 0 : isWeight ? 1 : 2];
    Value x = operands[isInput ? 2 : 0];
    if (failed(readShapes(w, y))) {
      return failure();
    }
    Value image = unpadded(rootOf(x), isInput);
    if (!image) {
      return form.emitError("reads no argument of the kernel");
    }
    auto shape = cast<MemRefType>(image.getType()).getShape();
    made.extents[0] = shape[1];
    made.extents[1] = shape[2];
    Value lhs = isInput ? rootOf(y) : image;
    Value rhs = isWeight ? rootOf(y) : rootOf(w);
    Value result = isInput ? image : rootOf(isWeight ? w : y);
    if (!isa<BlockArgument>(lhs) || !isa<BlockArgument>(rhs)) {
      return form.emitError("reads what is no argument of the kernel");
    }
    made.lhs = cast<BlockArgument>(lhs).getArgNumber();
    made.rhs = cast<BlockArgument>(rhs).getArgNumber();
    made.lanes =
        made.type.getIntOrFloatBitWidth() > 32 ? lanesF32 / 2 : lanesF32;
    made.wideRegisters = lanesF32 == 16;
    if (failed(readResult(result))) {
      return failure();
    }
    return made;
  }

private:
  LogicalResult readShapes(Value w, Value y) {
    auto weights = cast<MemRefType>(w.getType());
    auto map =
        form.getIndexingMapsArray()[made.role == ConvolutionPlan::Weight ? 2
                                                                         : 1];
    if (weights.getRank() != 6 || !map.isProjectedPermutation()) {
      return form.emitError("only channels-last convolutions have a schedule");
    }
    ArrayRef<int64_t> shape = weights.getShape();
    made.type = weights.getElementType();
    made.groups = shape[0];
    made.panels = shape[1];
    made.taps[0] = shape[2];
    made.taps[1] = shape[3];
    made.others = shape[4];
    made.lanesOfPanel = shape[5];
    ArrayRef<int64_t> image = cast<MemRefType>(y.getType()).getShape();
    made.images = image[0];
    made.windows[0] = image[1];
    made.windows[1] = image[2];
    return success();
  }

  /// The image that `x` is, or is copied from or to with zeros around it.
  Value unpadded(Value x, bool isInput) const {
    if (isa<BlockArgument>(x)) {
      return x;
    }
    for (linalg::LinalgOp op : statements) {
      bool copies = op.getNumDpsInputs() == 1 && op.getNumDpsInits() == 1 &&
                    !isa<linalg::FillOp>(op) && !isConvolution(op);
      if (!copies) {
        continue;
      }
      Value from = op->getOperand(0), to = op->getOperand(1);
      if (isInput && rootOf(from) == x &&
          isa_and_nonnull<memref::SubViewOp>(from.getDefiningOp())) {
        return to;
      }
      if (!isInput && rootOf(to) == x) {
        return from;
      }
    }
    return isInput ? x : Value();
  }

  LogicalResult readResult(Value result) {
    if (isa<BlockArgument>(result)) {
      FailureOr<View> view = viewOf(result);
      if (failed(view)) {
        return failure();
      }
      ImageOperand output;
      output.argument = view->argument;
      output.offset = view->offset;
      output.type = made.type;
      if (view->strides.size() == 4) {
        std::copy_n(view->strides.begin(), 4, output.strides);
      }
      made.outputs.push_back(output);
      return success();
    }
    for (linalg::LinalgOp op : statements) {
      if (!isa<linalg::FillOp>(op) && !isConvolution(op) &&
          llvm::is_contained(op.getDpsInputs(), result)) {
        made.epilogue = op;
      }
    }
    if (!made.epilogue || made.epilogue.getNumLoops() != 4) {
      return form.emitError("its result is never read, element by element");
    }
    for (OpOperand &operand : made.epilogue->getOpOperands()) {
      FailureOr<ImageOperand> one = epilogueOperand(operand, result);
      if (failed(one)) {
        return failure();
      }
      (made.epilogue.isDpsInput(&operand) ? made.inputs : made.outputs)
          .push_back(*one);
    }
    return success();
  }

  FailureOr<ImageOperand> epilogueOperand(OpOperand &operand, Value tile) {
    ImageOperand one;
    Value buffer = operand.get();
    auto type = dyn_cast<MemRefType>(buffer.getType());
    if (!type) {
      one.kind = ImageOperand::Scalar;
      one.value = buffer;
      one.type = buffer.getType();
      return one;
    }
    one.type = type.getElementType();
    if (buffer == tile) {
      one.kind = ImageOperand::Tile;
      return one;
    }
    FailureOr<View> view = viewOf(buffer);
    AffineMap map = made.epilogue.getMatchingIndexingMap(&operand);
    if (failed(view) || view->panels || !map.isProjectedPermutation()) {
      return made.epilogue.emitError("map of operand ")
             << operand.getOperandNumber() << " is not supported";
    }
    one.argument = view->argument;
    one.offset = view->offset;
    for (unsigned axis = 0; axis < map.getNumResults(); ++axis) {
      one.strides[map.getDimPosition(axis)] = view->strides[axis];
    }
    return one;
  }

  ArrayRef<linalg::LinalgOp> statements;
  int64_t lanesF32;
  linalg::LinalgOp form;
  ConvolutionPlan made;
};

} // namespace

FailureOr<ConvolutionPlan>
planConvolution(ArrayRef<linalg::LinalgOp> statements, int64_t lanesF32) {
  return Planner(statements, lanesF32).plan();
}

} // namespace gmc::cpu
