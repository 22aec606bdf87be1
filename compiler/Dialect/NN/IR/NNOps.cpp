//===- NNOps.cpp - what the ops of nn promise, and folding ----------------===//
//
// Verifiers of the ops whose types are not equal by trait, and the folds that
// need no new op: identities of shape ops and sums over nothing.
//
//===----------------------------------------------------------------------===//
#include "compiler/Dialect/NN/IR/NNDialect.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/OpImplementation.h"

#include "llvm/Support/CheckedArithmetic.h"

using namespace mlir;
using namespace gmc::nn;

#define GET_OP_CLASSES
#include "compiler/Dialect/NN/IR/NNOps.cpp.inc"

namespace {

RankedTensorType tensorType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// Returns the sum, or nothing where it overflows.
std::optional<int64_t> sumOf(ArrayRef<int64_t> terms) {
  std::optional<int64_t> sum = 0;
  for (int64_t term : terms) {
    sum = sum ? llvm::checkedAdd(*sum, term) : sum;
  }
  return sum;
}

/// Returns the number of elements, or nothing where it overflows.
std::optional<int64_t> elementsOf(RankedTensorType type) {
  std::optional<int64_t> count = 1;
  for (int64_t extent : type.getShape()) {
    count = count ? llvm::checkedMul(*count, extent) : count;
  }
  return count;
}

/// Returns whether `dimensions` ascend strictly within [0, rank).
bool ascendWithin(ArrayRef<int64_t> dimensions, int64_t rank) {
  int64_t least = 0;
  for (int64_t dimension : dimensions) {
    if (dimension < least || dimension >= rank) {
      return false;
    }
    least = dimension + 1;
  }
  return true;
}

/// Returns whether two types agree in all extents but that of `dimension`.
bool agreeExcept(RankedTensorType a, RankedTensorType b, int64_t dimension) {
  if (a.getElementType() != b.getElementType() || a.getRank() != b.getRank() ||
      dimension < 0 || dimension >= a.getRank()) {
    return false;
  }
  for (int64_t i = 0; i < a.getRank(); ++i) {
    if (i != dimension && a.getDimSize(i) != b.getDimSize(i)) {
      return false;
    }
  }
  return true;
}

template <typename ReductionOp> LogicalResult verifyReduction(ReductionOp op) {
  RankedTensorType from = tensorType(op.getOperand());
  RankedTensorType to = tensorType(op.getResult());
  ArrayRef<int64_t> dimensions = op.getDimensions();
  if (!ascendWithin(dimensions, from.getRank())) {
    return op.emitOpError("dimensions must ascend within the operand's rank");
  }
  SmallVector<int64_t> left;
  for (int64_t i = 0; i < from.getRank(); ++i) {
    if (!llvm::is_contained(dimensions, i)) {
      left.push_back(from.getDimSize(i));
    }
  }
  if (to.getShape() != ArrayRef<int64_t>(left) ||
      to.getElementType() != from.getElementType()) {
    return op.emitOpError("result must have the dimensions that are left");
  }
  return success();
}

} // namespace

LogicalResult IotaOp::verify() {
  if (getDimension() >=
      static_cast<uint64_t>(tensorType(getResult()).getRank())) {
    return emitOpError("dimension is outside the result's rank");
  }
  return success();
}

OpFoldResult ConvertOp::fold(FoldAdaptor) {
  if (getOperand().getType() == getResult().getType()) {
    return getOperand();
  }
  return {};
}

LogicalResult BroadcastOp::verify() {
  RankedTensorType from = tensorType(getOperand());
  RankedTensorType to = tensorType(getResult());
  ArrayRef<int64_t> dimensions = getDimensions();
  if (static_cast<int64_t>(dimensions.size()) != from.getRank() ||
      !ascendWithin(dimensions, to.getRank()) ||
      from.getElementType() != to.getElementType()) {
    return emitOpError("needs one ascending result dimension for each operand "
                       "dimension, and one element type");
  }
  for (auto [i, dimension] : llvm::enumerate(dimensions)) {
    if (from.getDimSize(i) != to.getDimSize(dimension)) {
      return emitOpError("operand dimension ")
             << i << " has extent " << from.getDimSize(i)
             << " but result dimension " << dimension << " has "
             << to.getDimSize(dimension);
    }
  }
  return success();
}

OpFoldResult BroadcastOp::fold(FoldAdaptor) {
  if (getOperand().getType() == getResult().getType()) {
    return getOperand();
  }
  return {};
}

LogicalResult ReshapeOp::verify() {
  RankedTensorType from = tensorType(getOperand());
  RankedTensorType to = tensorType(getResult());
  std::optional<int64_t> count = elementsOf(from);
  if (!count || count != elementsOf(to) ||
      from.getElementType() != to.getElementType()) {
    return emitOpError("operand and result must hold the same elements");
  }
  return success();
}

OpFoldResult ReshapeOp::fold(FoldAdaptor) {
  if (getOperand().getType() == getResult().getType()) {
    return getOperand();
  }
  if (auto inner = getOperand().getDefiningOp<ReshapeOp>()) {
    getOperandMutable().assign(inner.getOperand());
    return getResult();
  }
  return {};
}

LogicalResult TransposeOp::verify() {
  RankedTensorType from = tensorType(getOperand());
  RankedTensorType to = tensorType(getResult());
  ArrayRef<int64_t> permutation = getPermutation();
  SmallVector<int64_t> sorted(permutation);
  llvm::sort(sorted);
  if (from.getElementType() != to.getElementType() ||
      from.getRank() != to.getRank() ||
      static_cast<int64_t>(sorted.size()) != from.getRank()) {
    return emitOpError("operand, result and permutation must have one rank");
  }
  bool permutes = true;
  for (int64_t i = 0; i < from.getRank(); ++i) {
    permutes &= sorted[i] == i;
  }
  for (int64_t i = 0; permutes && i < from.getRank(); ++i) {
    permutes = to.getDimSize(i) == from.getDimSize(permutation[i]);
  }
  if (!permutes) {
    return emitOpError("result must be the operand's dimensions, permuted");
  }
  return success();
}

OpFoldResult TransposeOp::fold(FoldAdaptor) {
  for (auto [i, dimension] : llvm::enumerate(getPermutation())) {
    if (static_cast<int64_t>(i) != dimension) {
      return {};
    }
  }
  return getOperand();
}

LogicalResult SliceOp::verify() {
  RankedTensorType from = tensorType(getOperand());
  RankedTensorType to = tensorType(getResult());
  int64_t dimension = getDimension(), begin = getBegin(), end = getEnd();
  if (!agreeExcept(from, to, dimension) || begin < 0 || end <= begin ||
      end > from.getDimSize(dimension) ||
      to.getDimSize(dimension) != end - begin) {
    return emitOpError("range [")
           << begin << ", " << end << ") of dimension " << dimension
           << " does not lead from " << from << " to " << to;
  }
  return success();
}

OpFoldResult SliceOp::fold(FoldAdaptor) {
  if (getOperand().getType() == getResult().getType()) {
    return getOperand();
  }
  return {};
}

LogicalResult PadOp::verify() {
  RankedTensorType from = tensorType(getOperand());
  RankedTensorType to = tensorType(getResult());
  int64_t dimension = getDimension(), low = getLow(), high = getHigh();
  if (!agreeExcept(from, to, dimension) || low < 0 || high < 0 ||
      sumOf({low, from.getDimSize(dimension), high}) !=
          to.getDimSize(dimension)) {
    return emitOpError("does not lead from ") << from << " to " << to;
  }
  return success();
}

LogicalResult ConcatOp::verify() {
  RankedTensorType a = tensorType(getLhs()), b = tensorType(getRhs());
  RankedTensorType to = tensorType(getResult());
  int64_t dimension = getDimension();
  if (!agreeExcept(a, b, dimension) || !agreeExcept(a, to, dimension) ||
      sumOf({a.getDimSize(dimension), b.getDimSize(dimension)}) !=
          to.getDimSize(dimension)) {
    return emitOpError("does not lead from ")
           << a << " and " << b << " to " << to;
  }
  return success();
}

LogicalResult SumOp::verify() { return verifyReduction(*this); }
LogicalResult ReduceMaxOp::verify() { return verifyReduction(*this); }
LogicalResult ReduceMinOp::verify() { return verifyReduction(*this); }

OpFoldResult SumOp::fold(FoldAdaptor) {
  if (getDimensions().empty()) {
    return getOperand();
  }
  return {};
}

LogicalResult MatmulOp::verify() {
  RankedTensorType a = tensorType(getLhs()), b = tensorType(getRhs());
  RankedTensorType c = tensorType(getResult());
  if (a.getRank() != 2 || b.getRank() != 2 || c.getRank() != 2 ||
      a.getElementType() != b.getElementType() ||
      a.getElementType() != c.getElementType()) {
    return emitOpError("needs matrices of one element type");
  }
  int64_t m = a.getDimSize(getTransposeA() ? 1 : 0);
  int64_t ka = a.getDimSize(getTransposeA() ? 0 : 1);
  int64_t kb = b.getDimSize(getTransposeB() ? 1 : 0);
  int64_t n = b.getDimSize(getTransposeB() ? 0 : 1);
  if (ka != kb) {
    return emitOpError("sums over ")
           << ka << " terms on the left but " << kb << " on the right";
  }
  if (c.getDimSize(0) != m || c.getDimSize(1) != n) {
    return emitOpError("result must be ") << m << " by " << n;
  }
  return success();
}

namespace {

/// Checks x, w and y of a convolution against each other.
LogicalResult verifyConvolution(Operation *op, Value x, Value w, Value y) {
  Convolution c = describeConvolution(op);
  if (c.strides.size() != 2 || c.pads.size() != 4 || c.dilations.size() != 2 ||
      c.groups < 1) {
    return op->emitOpError("needs 2 strides, 4 pads, 2 dilations and groups");
  }
  if (llvm::any_of(c.strides, [](int64_t step) { return step < 1; }) ||
      llvm::any_of(c.dilations, [](int64_t step) { return step < 1; }) ||
      llvm::any_of(c.pads, [](int64_t zeros) { return zeros < 0; })) {
    return op->emitOpError(
        "strides and dilations must be at least 1, pads at least 0");
  }
  Type element = tensorType(x).getElementType();
  if (tensorType(x).getRank() != 4 || tensorType(y).getRank() != 4 ||
      tensorType(w).getRank() != (c.channelsLast ? 6 : 4) ||
      tensorType(w).getElementType() != element ||
      tensorType(y).getElementType() != element) {
    return op->emitOpError("needs images of rank 4 and weights of rank ")
           << (c.channelsLast ? 6 : 4) << ", of one element type";
  }
  bool fits = c.images == tensorType(y).getDimSize(0) &&
              c.xChannels % c.groups == 0 && c.yChannels % c.groups == 0;
  SmallVector<int64_t> weights(tensorType(w).getShape());
  if (c.channelsLast) {
    bool isInput = isa<ConvInputOp>(op);
    int64_t lanes = (isInput ? c.xChannels : c.yChannels) / c.groups;
    int64_t others = (isInput ? c.yChannels : c.xChannels) / c.groups;
    fits &= weights[0] == c.groups && weights[1] * weights[5] == lanes &&
            weights[4] == others;
  } else {
    fits &= weights[0] == c.yChannels && weights[1] == c.xChannels / c.groups;
  }
  for (int d : {0, 1}) {
    std::optional<int64_t> padded =
        sumOf({c.extents[d], c.pads[2 * d], c.pads[2 * d + 1]});
    std::optional<int64_t> reach =
        llvm::checkedMul(c.dilations[d], c.taps[d] - 1);
    fits &= c.taps[d] >= 1 && padded && reach && *padded > *reach &&
            (*padded - *reach - 1) / c.strides[d] + 1 == c.windows[d];
  }
  if (!fits) {
    return op->emitOpError("does not fit: x ")
           << x.getType() << ", w " << w.getType() << ", y " << y.getType();
  }
  return success();
}

} // namespace

Convolution gmc::nn::describeConvolution(Operation *op) {
  Value lhs = op->getOperand(0), rhs = op->getOperand(1);
  Value x = isa<ConvInputOp>(op) ? op->getResult(0) : lhs;
  Value w = isa<ConvWeightOp>(op) ? op->getResult(0) : rhs;
  Value y = isa<ConvOp>(op)        ? op->getResult(0)
            : isa<ConvInputOp>(op) ? lhs
                                   : rhs;
  Convolution c;
  auto array = [&](StringRef name) {
    return op->getAttrOfType<DenseI64ArrayAttr>(name).asArrayRef();
  };
  c.strides = array("strides");
  c.pads = array("pads");
  c.dilations = array("dilations");
  c.groups = op->getAttrOfType<IntegerAttr>("groups").getInt();
  c.channelsLast = op->hasAttr("channelsLast");
  ArrayRef<int64_t> image = tensorType(x).getShape();
  ArrayRef<int64_t> result = tensorType(y).getShape();
  ArrayRef<int64_t> weight = tensorType(w).getShape();
  if (image.size() != 4 || result.size() != 4 || weight.size() < 4) {
    return c; // the verifier says so
  }
  c.images = image[0];
  c.xChannels = image[c.channelsLast ? 3 : 1];
  c.yChannels = result[c.channelsLast ? 3 : 1];
  for (int d : {0, 1}) {
    c.extents[d] = image[(c.channelsLast ? 1 : 2) + d];
    c.windows[d] = result[(c.channelsLast ? 1 : 2) + d];
    c.taps[d] = weight[2 + d];
  }
  return c;
}

LogicalResult ConvOp::verify() {
  return verifyConvolution(*this, getLhs(), getRhs(), getResult());
}
LogicalResult ConvInputOp::verify() {
  return verifyConvolution(*this, getResult(), getRhs(), getLhs());
}
LogicalResult ConvWeightOp::verify() {
  return verifyConvolution(*this, getLhs(), getResult(), getRhs());
}

LogicalResult PolygammaOp::verify() {
  auto order = static_cast<int64_t>(getOrder());
  if (order < 0 || order > std::numeric_limits<int>::max()) {
    return emitOpError("order must be from 0 to 2^31 - 1, not ") << order;
  }
  return success();
}

LogicalResult GradientOp::verify() {
  if (getVariables().empty()) {
    return emitOpError("needs a variable");
  }
  if (getVariables().getTypes() != getGradients().getTypes()) {
    return emitOpError("each gradient must have its variable's type");
  }
  return success();
}

LogicalResult FusedOp::verify() {
  Block &block = getBody().front();
  if (block.getArgumentTypes() != getInputs().getTypes()) {
    return emitOpError("block arguments must have the inputs' types");
  }
  auto yield = block.empty() ? YieldOp() : dyn_cast<YieldOp>(block.back());
  if (!yield || yield.getValues().empty() ||
      yield.getValues().getTypes() != getResults().getTypes()) {
    return emitOpError("must yield its results' types, of one result or more");
  }
  int64_t products = 0;
  for (Operation &op : block) {
    if (!isa<NNDialect>(op.getDialect()) || isa<FusedOp, GradientOp>(op)) {
      return op.emitOpError("cannot stand in nn.fused");
    }
    products += isProduct(&op) || isConvolution(&op);
  }
  if (products > 1) {
    return emitOpError("has more than one product");
  }
  return success();
}
