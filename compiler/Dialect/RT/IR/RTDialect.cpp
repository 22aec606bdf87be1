//===- RTDialect.cpp - registration of the rt dialect ---------------------===//
#include "compiler/Dialect/RT/IR/RTDialect.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

#include "llvm/Support/CheckedArithmetic.h"

using namespace gmc;
using namespace mlir;

#include "compiler/Dialect/RT/IR/RTDialect.cpp.inc"
#include "compiler/Dialect/RT/IR/RTEnums.cpp.inc"

#define GET_OP_CLASSES
#include "compiler/Dialect/RT/IR/RTOps.cpp.inc"

void rt::RTDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "compiler/Dialect/RT/IR/RTOps.cpp.inc"
      >();
}

namespace gmc::rt {

/// More than any machine has. Schedules multiply counts of elements with each
/// other's widths and bytes, which does not overflow below it.
static constexpr int64_t mostElements = int64_t(1) << 48;
/// Lanes of a panel: far more than a vector's.
static constexpr int64_t widestPanel = 4096;

/// Returns the places from a memref's start to behind its last element, or
/// nothing where these are not known, lie before the start or overflow.
static std::optional<int64_t> placesOf(MemRefType type) {
  SmallVector<int64_t> strides;
  int64_t offset = 0;
  if (!type.hasStaticShape() ||
      failed(type.getStridesAndOffset(strides, offset)) || offset < 0) {
    return std::nullopt;
  }
  std::optional<int64_t> places = llvm::checkedAdd<int64_t>(offset, 1);
  for (auto [extent, stride] : llvm::zip_equal(type.getShape(), strides)) {
    // A dynamic stride is a negative number.
    if (extent < 1 || stride < 1) {
      return std::nullopt;
    }
    places = places ? llvm::checkedMulAdd(extent - 1, stride, *places) : places;
  }
  return places;
}

bool isBuffer(Type type) {
  auto memref = dyn_cast<MemRefType>(type);
  std::optional<int64_t> places = memref ? placesOf(memref) : std::nullopt;
  if (!places || *places > mostElements || memref.getMemorySpace()) {
    return false;
  }
  Type element = memref.getElementType();
  return element.isF32() || element.isF64() ||
         (element.isInteger(32) && memref.getNumElements() == 1);
}

/// Checks that a tensor of type `type` can be stored in these panels.
static LogicalResult
verifyPanels(llvm::function_ref<InFlightDiagnostic()> emitError,
             ArrayRef<int64_t> panels, Type type) {
  auto memref = dyn_cast<MemRefType>(type);
  if (!memref || memref.getRank() != 2 || !memref.getLayout().isIdentity()) {
    return emitError() << "panels store matrices, not " << type;
  }
  if (panels.size() != 2 || panels[0] < 0 || panels[0] > 1 || panels[1] < 1 ||
      panels[1] > widestPanel) {
    return emitError() << "panels must be an axis, 0 or 1, and a width, not ["
                       << panels << "]";
  }
  return success();
}

/// Checks the numbers that say what a convolution is.
static LogicalResult verifyConvolution(Operation *op, Attribute attribute) {
  static constexpr int64_t least[] = {0, 1, 1, 0, 0, 1, 1};
  auto numbers = dyn_cast<DenseI64ArrayAttr>(attribute);
  bool fits = numbers && numbers.size() == std::ssize(least) && numbers[0] <= 2;
  for (int64_t i = 0; fits && i < std::ssize(least); ++i) {
    fits = numbers[i] >= least[i] && numbers[i] <= mostElements;
  }
  if (!fits) {
    return op->emitOpError("rt.convolution must be a role (0, 1 or 2), "
                           "strides, zeros at top and left, and dilations, "
                           "not ")
           << attribute;
  }
  return success();
}

LogicalResult RTDialect::verifyOperationAttribute(Operation *op,
                                                  NamedAttribute attribute) {
  if (attribute.getName() == convolutionAttr) {
    return verifyConvolution(op, attribute.getValue());
  }
  if (attribute.getName() != kernelAttr) {
    return success();
  }
  auto function = dyn_cast<FunctionOpInterface>(op);
  auto inputs = dyn_cast<IntegerAttr>(attribute.getValue());
  if (!function || !inputs || !inputs.getType().isInteger(64)) {
    return op->emitOpError("rt.kernel must be an i64 on a function");
  }
  if (function.isExternal()) {
    return op->emitOpError("rt.kernel is on a function without a body");
  }
  if (inputs.getInt() < 0 || inputs.getInt() > function.getNumArguments()) {
    return op->emitOpError("rt.kernel has ")
           << inputs.getInt() << " inputs of " << function.getNumArguments()
           << " arguments";
  }
  return success();
}

LogicalResult RTDialect::verifyRegionArgAttribute(Operation *op, unsigned,
                                                  unsigned index,
                                                  NamedAttribute attribute) {
  if (attribute.getName() != panelsAttr) {
    return success();
  }
  auto panels = dyn_cast<DenseI64ArrayAttr>(attribute.getValue());
  if (!panels) {
    return op->emitOpError("rt.panels must be an array of i64");
  }
  Type type = cast<FunctionOpInterface>(op).getArgumentTypes()[index];
  // Lowered kernels have pointers.
  return isa<MemRefType>(type)
             ? verifyPanels([op] { return op->emitOpError(); }, panels, type)
             : success();
}

LogicalResult EntryOp::verifyRegions() {
  for (Operation &op : getBody().front()) {
    if (!isa<BufferOp, LaunchOp>(op)) {
      return op.emitError("does not belong into an rt.entry, which has buffers "
                          "and launches");
    }
  }
  return success();
}

LogicalResult BufferOp::verify() {
  MemRefType type = getResult().getType();
  int64_t bytes = type.getElementTypeBitWidth() / 8;
  auto offset = static_cast<int64_t>(getOffset());
  if (offset < 0 || offset % bytes != 0) {
    return emitOpError("offset must be a multiple of the element's ")
           << bytes << " bytes, not " << offset;
  }
  bool single = type.getNumElements() == 1;
  if (getSpace() == Space::scalars &&
      !(single && type.getElementType().isF64())) {
    return emitOpError("a scalar is one f64, not ") << type;
  }
  // isBuffer() has seen to it that an i32 is a single one.
  if ((getSpace() == Space::key) != type.getElementType().isInteger(32)) {
    return emitOpError("the key is words of one i32, all else f32 or f64, not ")
           << type;
  }
  std::optional<ArrayRef<int64_t>> panels = getPanels();
  return panels ? verifyPanels([this] { return emitOpError(); }, *panels, type)
                : success();
}

/// Checks that a kernel's argument is what the launch passes for it.
static LogicalResult verifyArgument(LaunchOp launch, FunctionOpInterface kernel,
                                    unsigned index) {
  Value buffer = launch.getBuffers()[index];
  Type type = kernel.getArgumentTypes()[index];
  if (type != buffer.getType()) {
    return launch.emitOpError("buffer ")
           << index << " has type " << buffer.getType() << ", "
           << launch.getKernelAttr() << " takes " << type;
  }
  DenseI64ArrayAttr passed = buffer.getDefiningOp<BufferOp>().getPanelsAttr();
  auto taken = kernel.getArgAttrOfType<DenseI64ArrayAttr>(index, panelsAttr);
  if (passed != taken) {
    return launch.emitOpError("buffer ")
           << index << " is stored in other panels than "
           << launch.getKernelAttr() << " takes";
  }
  return success();
}

LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &symbols) {
  for (auto [index, buffer] : llvm::enumerate(getBuffers())) {
    if (!buffer.getDefiningOp<BufferOp>()) {
      return emitOpError("argument ") << index << " is no rt.buffer";
    }
  }
  auto kernel = symbols.lookupNearestSymbolFrom<FunctionOpInterface>(
      *this, getKernelAttr());
  if (!kernel || !kernel->hasAttr(kernelAttr)) {
    return emitOpError("launches ")
           << getKernelAttr() << ", which is no kernel";
  }
  ArrayRef<Type> types = kernel.getArgumentTypes();
  if (!llvm::all_of(types, llvm::IsaPred<MemRefType>)) {
    return success(); // a target adds arguments and makes buffers pointers
  }
  if (types.size() != getBuffers().size()) {
    return emitOpError("passes ")
           << getBuffers().size() << " buffers to " << getKernelAttr()
           << ", which takes " << types.size();
  }
  for (unsigned index = 0; index < types.size(); ++index) {
    if (failed(verifyArgument(*this, kernel, index))) {
      return failure();
    }
  }
  return success();
}

} // namespace gmc::rt
