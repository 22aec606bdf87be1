//===- LowerLaunches.cpp - entries as functions of the frame --------------===//
//
// Every thread of the pool runs an entry from its first launch to its last: it
// finds its own units of each kernel from its number, so nothing is handed out
// and results do not depend on timing. Threads meet at a barrier only where a
// launch touches what another thread may have written or still reads.
//
//===----------------------------------------------------------------------===//
#include "compiler/Codegen/CPU/CPUPipeline.h"
#include "compiler/Codegen/CPU/KernelAttributes.h"
#include "compiler/Codegen/CPU/Passes.h"
#include "compiler/Dialect/RT/IR/RTDialect.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace gmc::cpu {
#define GEN_PASS_DEF_CPULOWERLAUNCHES
#include "compiler/Codegen/CPU/Passes.h.inc"

namespace {

/// Members of GmFrame in runtime/abi/gmAbi.h, in order.
enum FrameMember { Thread, Threads, State, Arena, Scalars, Key, Pool };

/// Bytes from the start of a buffer to the end of its last element.
int64_t storageBytes(rt::BufferOp buffer) {
  MemRefType type = buffer.getResult().getType();
  int64_t element = (type.getElementTypeBitWidth() + 7) / 8;
  if (std::optional<ArrayRef<int64_t>> panels = buffer.getPanels()) {
    int64_t axis = (*panels)[0], width = (*panels)[1];
    int64_t count = llvm::divideCeil(type.getDimSize(axis), width);
    return count * width * type.getDimSize(1 - axis) * element;
  }
  auto [strides, last] = type.getStridesAndOffset();
  for (auto [extent, stride] : llvm::zip_equal(type.getShape(), strides)) {
    last += (extent - 1) * stride;
  }
  return (last + 1) * element;
}

/// Stands for memory of the compiled code itself; a place in it is a kernel.
constexpr int64_t partialsSpace = -1;

/// Bytes that a launch reads or writes.
struct Access {
  int64_t space; ///< rt::Space, or partialsSpace
  int64_t begin, end;
  bool writes;
  bool firstThreadOnly;

  bool conflictsWith(const Access &other) const {
    return space == other.space && begin < other.end && other.begin < end &&
           (writes || other.writes) &&
           !(firstThreadOnly && other.firstThreadOnly);
  }
};

/// Writes the function of one entry.
class EntryWriter {
public:
  EntryWriter(rt::EntryOp entry, SymbolTable &symbols)
      : entry(entry), symbols(symbols), builder(entry), loc(entry.getLoc()) {
    pointer = LLVM::LLVMPointerType::get(entry.getContext());
    i64 = builder.getI64Type();
  }

  LogicalResult write() {
    auto type = LLVM::LLVMFunctionType::get(
        LLVM::LLVMVoidType::get(entry.getContext()), {pointer});
    function = LLVM::LLVMFuncOp::create(
        builder, loc, (entryPrefix + entry.getSymName()).str(), type);
    // A list of calls gains nothing from instruction scheduling and register
    // allocation, whose time grows faster than its length.
    function.setOptimizeNone(true);
    function.setNoInline(true);
    builder.setInsertionPointToStart(function.addEntryBlock(builder));
    readFrame();
    for (Operation &op : entry.getBody().front()) {
      if (auto buffer = dyn_cast<rt::BufferOp>(op)) {
        writeBuffer(buffer);
      } else if (failed(writeLaunch(cast<rt::LaunchOp>(op)))) {
        return failure();
      }
    }
    LLVM::ReturnOp::create(builder, loc, ValueRange());
    return success();
  }

private:
  void readFrame() {
    Type members[] = {i64, i64, pointer, pointer, pointer, pointer, pointer};
    auto frameType =
        LLVM::LLVMStructType::getLiteral(entry.getContext(), members);
    for (int member = Thread; member < Pool; ++member) {
      Value address = LLVM::GEPOp::create(
          builder, loc, pointer, frameType, function.getArgument(0),
          ArrayRef<LLVM::GEPArg>{0, member}, LLVM::GEPNoWrapFlags::inbounds);
      frame[member] =
          LLVM::LoadOp::create(builder, loc, members[member], address);
    }
    zero = constant(0);
    isFirst = LLVM::ICmpOp::create(builder, loc, LLVM::ICmpPredicate::eq,
                                   frame[Thread], zero);
  }

  Value constant(int64_t value) {
    return LLVM::ConstantOp::create(builder, loc, i64, value);
  }

  Value basePointer(rt::Space space) {
    switch (space) {
    case rt::Space::state:
      return frame[State];
    case rt::Space::arena:
      return frame[Arena];
    case rt::Space::scalars:
      return frame[Scalars];
    case rt::Space::key:
      return frame[Key];
    }
    llvm_unreachable("unknown space");
  }

  void writeBuffer(rt::BufferOp buffer) {
    pointers[buffer.getResult()] = LLVM::GEPOp::create(
        builder, loc, pointer, builder.getI8Type(),
        basePointer(buffer.getSpace()),
        ArrayRef<LLVM::GEPArg>{constant(buffer.getOffset())},
        LLVM::GEPNoWrapFlags::inbounds);
  }

  /// What the first `count` buffers of a launch are touched for.
  static void accessesOf(rt::LaunchOp launch, int64_t inputs, size_t count,
                         bool firstThreadOnly,
                         SmallVectorImpl<Access> &accesses) {
    for (auto [i, value] :
         llvm::enumerate(launch.getBuffers().take_front(count))) {
      auto buffer = value.getDefiningOp<rt::BufferOp>();
      int64_t begin = buffer.getOffset();
      accesses.push_back({static_cast<int64_t>(buffer.getSpace()), begin,
                          begin + storageBytes(buffer),
                          static_cast<int64_t>(i) >= inputs, firstThreadOnly});
    }
  }

  /// A barrier, if the accesses have to wait for others; notes them.
  void orderAfterOthers(ArrayRef<Access> accesses) {
    bool waits = llvm::any_of(accesses, [&](const Access &access) {
      return llvm::any_of(open, [&](const Access &before) {
        return access.conflictsWith(before);
      });
    });
    if (waits) {
      LLVM::CallOp::create(builder, loc, barrier(),
                           ValueRange{function.getArgument(0)});
      open.clear();
    }
    open.append(accesses.begin(), accesses.end());
  }

  /// Memory between the two kernels of a long sum.
  Access partialsOf(LLVM::LLVMFuncOp kernel, bool writes) {
    int64_t number = partials.insert({kernel, partials.size()}).first->second;
    return {partialsSpace, number, number + 1, writes, !writes};
  }

  LLVM::LLVMFuncOp barrier() {
    StringRef name = "gmBarrier";
    if (auto found = symbols.lookup<LLVM::LLVMFuncOp>(name)) {
      return found;
    }
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPoint(function);
    auto type = LLVM::LLVMFunctionType::get(
        LLVM::LLVMVoidType::get(entry.getContext()), {pointer});
    auto declared = LLVM::LLVMFuncOp::create(builder, loc, name, type);
    symbols.insert(declared);
    return declared;
  }

  /// The function of that name, or null and an error.
  LLVM::LLVMFuncOp lowered(rt::LaunchOp launch, StringRef name) {
    auto kernel = symbols.lookup<LLVM::LLVMFuncOp>(name);
    if (!kernel) {
      launch.emitError() << name << " is not lowered yet";
    }
    return kernel;
  }

  LogicalResult writeLaunch(rt::LaunchOp launch) {
    LLVM::LLVMFuncOp kernel = lowered(launch, launch.getKernel());
    if (!kernel) {
      return failure();
    }
    auto inputs = kernel->getAttrOfType<IntegerAttr>(kernelAttr);
    auto finish = kernel->getAttrOfType<FlatSymbolRefAttr>(finishAttr);
    bool single = unitsOf(kernel) <= 1;
    SmallVector<Access> accesses;
    // The first of two kernels touches inputs and partials alone.
    size_t count = finish ? inputs.getInt() : launch.getBuffers().size();
    accessesOf(launch, inputs.getInt(), count, single, accesses);
    if (finish) {
      accesses.push_back(partialsOf(kernel, /*writes=*/true));
    }
    orderAfterOthers(accesses);
    if (failed(callOn(kernel, launch))) {
      return failure();
    }
    if (!finish) {
      return success();
    }
    LLVM::LLVMFuncOp second = lowered(launch, finish.getValue());
    if (!second) {
      return failure();
    }
    accesses = {partialsOf(kernel, /*writes=*/false)};
    accessesOf(launch, inputs.getInt(), launch.getBuffers().size(),
               /*firstThreadOnly=*/true, accesses);
    orderAfterOthers(accesses);
    return callOn(second, launch);
  }

  /// 0: the kernel takes no range of units.
  static int64_t unitsOf(LLVM::LLVMFuncOp kernel) {
    auto units = kernel->getAttrOfType<IntegerAttr>(unitsAttr);
    return units ? units.getInt() : 0;
  }

  LogicalResult callOn(LLVM::LLVMFuncOp kernel, rt::LaunchOp launch) {
    SmallVector<Value> arguments;
    int64_t units = unitsOf(kernel);
    if (units != 0) {
      pushRange(units, arguments);
    }
    for (Value buffer : launch.getBuffers()) {
      arguments.push_back(pointers[buffer]);
    }
    if (arguments.size() != kernel.getNumArguments()) {
      return launch.emitError("passes ")
             << launch.getBuffers().size() << " buffers to a kernel of "
             << kernel.getNumArguments() - (units ? 2 : 0);
    }
    call(kernel, arguments, units <= 1);
    return success();
  }

  /// The units of this thread: [units * t / T, units * (t + 1) / T).
  void pushRange(int64_t units, SmallVectorImpl<Value> &arguments) {
    if (units <= 1) {
      arguments.append({zero, constant(units)});
      return;
    }
    Value count = constant(units);
    Value next = LLVM::AddOp::create(builder, loc, frame[Thread], constant(1));
    for (Value thread : {frame[Thread], next}) {
      Value product = LLVM::MulOp::create(builder, loc, count, thread);
      arguments.push_back(
          LLVM::UDivOp::create(builder, loc, product, frame[Threads]));
    }
  }

  void call(LLVM::LLVMFuncOp kernel, ValueRange arguments, bool single) {
    if (!single) {
      LLVM::CallOp::create(builder, loc, kernel, arguments);
      return;
    }
    Block *before = builder.getInsertionBlock();
    Block *rest = before->splitBlock(builder.getInsertionPoint());
    Block *then = builder.createBlock(rest);
    LLVM::CallOp::create(builder, loc, kernel, arguments);
    LLVM::BrOp::create(builder, loc, rest);
    builder.setInsertionPointToEnd(before);
    LLVM::CondBrOp::create(builder, loc, isFirst, then, rest);
    builder.setInsertionPointToStart(rest);
  }

  rt::EntryOp entry;
  SymbolTable &symbols;
  OpBuilder builder;
  Location loc;
  Type pointer, i64;
  LLVM::LLVMFuncOp function;
  Value frame[Pool];
  Value zero, isFirst;
  DenseMap<Value, Value> pointers;
  SmallVector<Access> open;
  DenseMap<Operation *, int64_t> partials;
};

struct LowerLaunches : impl::CPULowerLaunchesBase<LowerLaunches> {
  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    SmallVector<rt::EntryOp> entries(getOperation().getOps<rt::EntryOp>());
    for (rt::EntryOp entry : entries) {
      if (failed(EntryWriter(entry, symbols).write())) {
        return signalPassFailure();
      }
      entry.erase();
    }
    for (auto kernel : getOperation().getOps<LLVM::LLVMFuncOp>()) {
      if (kernel->hasAttr(kernelAttr)) {
        tidy(kernel);
      }
    }
  }

  /// Kernels are seen in this module only, and need our attributes no more.
  static void tidy(LLVM::LLVMFuncOp kernel) {
    kernel.setLinkage(LLVM::Linkage::Internal);
    kernel.setDsoLocal(true);
    kernel->removeAttr(kernelAttr);
    kernel->removeAttr(unitsAttr);
    kernel->removeAttr(finishAttr);
    for (unsigned i = 0; i < kernel.getNumArguments(); ++i) {
      kernel.removeArgAttr(i, panelsAttr);
    }
  }
};

} // namespace
} // namespace gmc::cpu
