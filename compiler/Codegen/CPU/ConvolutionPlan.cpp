//===- ConvolutionPlan.cpp - what a convolution's schedule knows ----------===//
#include "compiler/Codegen/CPU/ConvolutionPlan.h"

#include "compiler/Dialect/RT/IR/RTDialect.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/Matchers.h"

#include <numeric>

using namespace mlir;

namespace gmc::cpu {

bool isConvolution(linalg::LinalgOp op) {
  return op->hasAttr(rt::convolutionAttr);
}

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

/// The memref that is here under another shape.
Value rootOf(Value buffer) {
  while (auto cast = buffer.getDefiningOp<memref::ReinterpretCastOp>()) {
    buffer = cast.getSource();
  }
  return buffer;
}

/// Whether a statement copies one buffer to another of its shape.
bool isCopy(linalg::LinalgOp op) {
  Block *body = op.getBlock();
  return op.getNumDpsInputs() == 1 && op.getNumDpsInits() == 1 &&
         llvm::hasSingleElement(*body) &&
         body->getTerminator()->getOperand(0) == body->getArgument(0) &&
         llvm::all_of(op.getIndexingMapsArray(),
                      [](AffineMap map) { return map.isIdentity(); });
}

class Planner {
public:
  Planner(ArrayRef<linalg::LinalgOp> statements, int64_t lanesF32)
      : statements(statements), lanesF32(lanesF32) {}

  FailureOr<ConvolutionPlan> plan() {
    form = *llvm::find_if(statements, isConvolution);
    if (form.getNumLoops() != 9 || !sumsProducts(form)) {
      return form.emitError("is no sum of a convolution");
    }
    readNumbers();
    if (form.getIndexingMapsArray() != mapsOfForm()) {
      return form.emitError("only channels-last convolutions have a schedule");
    }
    Value x = form->getOperand(isInput ? 2 : 0);
    Value y = form->getOperand(isInput ? 0 : isWeight ? 1 : 2);
    Value w = form->getOperand(isWeight ? 2 : 1);
    readShapes(w, y);
    FailureOr<Value> image = readImage(x);
    if (failed(image)) {
      return failure();
    }
    std::optional<unsigned> lhs = argumentOf(isInput ? rootOf(y) : *image);
    std::optional<unsigned> rhs = argumentOf(rootOf(isWeight ? y : w));
    if (!lhs || !rhs) {
      return form.emitError("reads what is no argument of the kernel");
    }
    made.lhs = *lhs;
    made.rhs = *rhs;
    made.lanes =
        made.type.getIntOrFloatBitWidth() > 32 ? lanesF32 / 2 : lanesF32;
    made.wideRegisters = lanesF32 == 16;
    Value result = isInput ? *image : rootOf(isWeight ? w : y);
    if (failed(readResult(result)) || failed(verifyOthers())) {
      return failure();
    }
    return made;
  }

private:
  /// Loops of the form, in order (README.md of Dialect/RT).
  enum Loop { N, G, Q, I, J, L, K, M, B };

  void readNumbers() {
    ArrayRef<int64_t> numbers =
        form->getAttrOfType<DenseI64ArrayAttr>(rt::convolutionAttr);
    made.role = static_cast<ConvolutionPlan::Role>(numbers[0]);
    for (int d : {0, 1}) {
      made.strides[d] = numbers[1 + d];
      made.low[d] = numbers[3 + d];
      made.dilations[d] = numbers[5 + d];
    }
    isInput = made.role == ConvolutionPlan::Input;
    isWeight = made.role == ConvolutionPlan::Weight;
  }

  /// The maps of a channels-last form of these numbers: all else that is read
  /// here follows from them and from the shapes.
  SmallVector<AffineMap> mapsOfForm() {
    MLIRContext *context = form.getContext();
    auto mapTo = [&](ArrayRef<AffineExpr> results) {
      return AffineMap::get(9, 0, results, context);
    };
    auto loop = [&](unsigned i) { return getAffineDimExpr(i, context); };
    auto window = [&](int d) {
      return loop(I + d) * made.strides[d] + loop(K + d) * made.dilations[d];
    };
    auto image = [&](AffineExpr row, AffineExpr column, bool hasLanes) {
      return hasLanes ? mapTo({loop(N), row, column, loop(G), loop(Q), loop(L)})
                      : mapTo({loop(N), row, column, loop(G), loop(B)});
    };
    AffineMap x = image(window(0), window(1), isInput);
    AffineMap y = image(loop(I), loop(J), !isInput);
    AffineMap w = mapTo({loop(G), loop(Q), loop(K), loop(M), loop(B), loop(L)});
    return {isInput ? y : x, isWeight ? y : w, isInput ? x : isWeight ? w : y};
  }

  void readShapes(Value w, Value y) {
    auto weights = cast<MemRefType>(w.getType());
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
  }

  /// Whether `part` is an image within one that has zeros around it, and that
  /// is `x` under another shape.
  bool isInside(memref::SubViewOp part, Value x) const {
    if (!part || part.getSource() != rootOf(x) || !part.hasUnitStride() ||
        part.getType().getRank() != 4 || part.getSourceType().getRank() != 4) {
      return false;
    }
    ArrayRef<int64_t> inner = part.getType().getShape();
    ArrayRef<int64_t> outer = part.getSourceType().getShape();
    ArrayRef<int64_t> recast = cast<MemRefType>(x.getType()).getShape();
    return inner[0] == outer[0] && inner[3] == outer[3] &&
           outer.take_front(3) == recast.take_front(3);
  }

  /// The image that `x` is, or is copied from or to with zeros around it.
  FailureOr<Value> readImage(Value x) {
    ArrayRef<int64_t> shape = cast<MemRefType>(x.getType()).getShape();
    SmallVector<int64_t> offsets(4, 0);
    Value image = rootOf(x);
    for (linalg::LinalgOp op : statements) {
      Value inner = op->getOperand(isInput ? 0 : op->getNumOperands() - 1);
      auto part = inner.getDefiningOp<memref::SubViewOp>();
      if (isInside(part, x) && isCopy(op)) {
        copy = op;
        image = op->getOperand(isInput ? 1 : 0);
        shape = part.getType().getShape();
        offsets = SmallVector<int64_t>(part.getStaticOffsets());
      }
    }
    if (offsets != SmallVector<int64_t>{0, made.low[0], made.low[1], 0}) {
      return form.emitError("has other zeros around its image than ")
             << rt::convolutionAttr << " says";
    }
    made.extents[0] = shape[1];
    made.extents[1] = shape[2];
    return image;
  }

  /// The argument that a buffer is, if it lies as its shape says.
  std::optional<unsigned> argumentOf(Value buffer) const {
    auto argument = dyn_cast<BlockArgument>(buffer);
    auto kernel = form->getParentOfType<func::FuncOp>();
    if (!argument || panelsOf(kernel, argument.getArgNumber()) ||
        !cast<MemRefType>(buffer.getType()).getLayout().isIdentity()) {
      return std::nullopt;
    }
    return argument.getArgNumber();
  }

  LogicalResult readResult(Value result) {
    int64_t channels = made.groups * made.panels * made.lanesOfPanel;
    const int64_t *places = isInput ? made.extents : made.windows;
    SmallVector<int64_t> shape = {made.images, places[0], places[1], channels};
    if (std::optional<unsigned> argument = argumentOf(result)) {
      ImageOperand output;
      output.argument = *argument;
      output.type = made.type;
      if (!isWeight) {
        llvm::copy(computeSuffixProduct(shape), output.strides);
      }
      made.outputs.push_back(output);
      return success();
    }
    for (linalg::LinalgOp op : statements) {
      if (op != form && op != copy &&
          llvm::is_contained(op.getDpsInputs(), result)) {
        made.epilogue = op;
      }
    }
    if (!made.epilogue || made.epilogue.getNumLoops() != 4 || isWeight ||
        cast<MemRefType>(result.getType()).getShape() != ArrayRef(shape)) {
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

  /// The schedule writes nothing but what the plan has: zeros, the copy, the
  /// form and the epilogue, each in its place.
  LogicalResult verifyOthers() {
    for (linalg::LinalgOp op : statements) {
      bool early = op->isBeforeInBlock(form);
      bool known = op == form || (op == copy && early != isInput) ||
                   (op == made.epilogue && !early);
      if (isa<linalg::FillOp>(op)) {
        known = early && matchPattern(op.getDpsInputs()[0], m_AnyZeroFloat());
      }
      if (!known) {
        return op.emitError("does not belong into the kernel of a convolution, "
                            "or not there");
      }
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
    AffineMap map = made.epilogue.getMatchingIndexingMap(&operand);
    if (buffer == tile) {
      one.kind = ImageOperand::Tile;
      bool inPlace = made.epilogue.isDpsInput(&operand) && map.isIdentity();
      return inPlace ? FailureOr(one) : refuse(operand);
    }
    FailureOr<View> view = viewOf(buffer);
    if (failed(view)) {
      return failure();
    }
    if (view->panels || !map.isProjectedPermutation()) {
      return refuse(operand);
    }
    one.argument = view->argument;
    one.offset = view->offset;
    for (unsigned axis = 0; axis < map.getNumResults(); ++axis) {
      one.strides[map.getDimPosition(axis)] = view->strides[axis];
    }
    return one;
  }

  FailureOr<ImageOperand> refuse(OpOperand &operand) {
    return made.epilogue.emitError("map of operand ")
           << operand.getOperandNumber() << " is not supported";
  }

  ArrayRef<linalg::LinalgOp> statements;
  int64_t lanesF32;
  linalg::LinalgOp form;
  linalg::LinalgOp copy; ///< between the image and what has zeros around it
  bool isInput = false, isWeight = false;
  ConvolutionPlan made;
};

} // namespace

FailureOr<ConvolutionPlan>
planConvolution(ArrayRef<linalg::LinalgOp> statements, int64_t lanesF32) {
  return Planner(statements, lanesF32).plan();
}

} // namespace gmc::cpu
