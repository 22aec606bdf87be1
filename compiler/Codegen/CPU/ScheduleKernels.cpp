//===- ScheduleKernels.cpp - kernels as vector loops over units -----------===//
//
// Sorts the operations of a kernel into statements (elementwise work,
// reductions, products with their epilogue), has each written as loops over
// vectors, and gives the kernel its new signature (lo, hi, flat buffers ..).
//
//===----------------------------------------------------------------------===//
#include "compiler/Codegen/CPU/KernelAttributes.h"
#include "compiler/Codegen/CPU/Passes.h"
#include "compiler/Codegen/CPU/ProductPlan.h"
#include "compiler/Dialect/RT/IR/Kernel.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Action.h"

using namespace mlir;

namespace gmc::cpu {
#define GEN_PASS_DEF_CPUSCHEDULEKERNELS
#include "compiler/Codegen/CPU/Passes.h.inc"

namespace {

bool isReduction(linalg::LinalgOp op) { return op.getNumReductionLoops() > 0; }

/// Whether a statement fills what is next used as what a reduction or a product
/// adds to: then it is part of that one.
bool startsLater(ArrayRef<linalg::LinalgOp> statements, unsigned i) {
  linalg::LinalgOp fill = statements[i];
  if (!isa<linalg::FillOp>(fill)) {
    return false;
  }
  Value from = fill.getDpsInputs()[0], buffer = fill.getDpsInits()[0];
  for (linalg::LinalgOp op : statements.drop_front(i + 1)) {
    if (llvm::is_contained(op->getOperands(), buffer)) {
      return isReduction(op) && llvm::is_contained(op.getDpsInits(), buffer) &&
             !llvm::is_contained(op.getDpsInputs(), buffer) &&
             from.getType() == getElementTypeOrSelf(buffer);
    }
  }
  return false;
}

class KernelScheduler {
public:
  /// `partials` is the global between the phases of a long sum, if any.
  KernelScheduler(func::FuncOp kernel, int64_t lanesF32,
                  Phase phase = Phase::Whole,
                  memref::GlobalOp partials = nullptr)
      : kernel(kernel), writer(kernel, lanesF32), phase(phase),
        partials(partials) {
    for (Operation &op : kernel.getBody().front().without_terminator()) {
      old.push_back(&op);
    }
  }

  LogicalResult schedule() {
    for (Operation *op : old) {
      if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op)) {
        statements.push_back(linalgOp);
      }
    }
    if (llvm::any_of(statements, isConvolution)) {
      if (failed(writeConvolution(writer, statements))) {
        return failure();
      }
      finish();
      return success();
    }
    writer.serial = phase == Phase::Finish || !independent();
    for (unsigned i = 0; i < statements.size(); ++i) {
      if (failed(writeStatement(i))) {
        return failure();
      }
    }
    finish();
    return success();
  }

private:
  /// Several statements run side by side only if all of them are copies into
  /// different places; fills that reductions start from do not count.
  bool independent() {
    unsigned parallel = 0, reductions = 0, fills = 0;
    linalg::LinalgOp reduction;
    for (auto [i, op] : llvm::enumerate(statements)) {
      if (startsLater(statements, i)) {
        continue;
      }
      if (isa<linalg::FillOp>(op)) {
        ++fills;
      } else if (isReduction(op)) {
        ++reductions;
        reduction = op;
      } else {
        ++parallel;
      }
    }
    if (reductions == 1 && fills == 0 && isProduct(reduction)) {
      return parallel == (isTile(reduction) ? 1 : 0);
    }
    if (reductions == 1 && fills == 0 && parallel == 0) {
      return oneNest(reduction);
    }
    return reductions == 0 && (fills == 0 || parallel + fills == 1) &&
           (parallel <= 1 || onlyCopies());
  }

  /// A reduction whose loops are cut in two along a reduced loop adds to its
  /// outputs twice.
  static bool oneNest(linalg::LinalgOp op) {
    FailureOr<std::vector<Nest>> nests = nestsOf(op);
    return failed(nests) || nests->size() == 1;
  }

  bool onlyCopies() {
    return llvm::all_of(statements, [](linalg::LinalgOp op) {
      return llvm::hasSingleElement(*op.getBlock());
    });
  }

  /// Whether what a product makes never reaches memory.
  static bool isTile(linalg::LinalgOp product) {
    return product.getDpsInits()[0].getDefiningOp<memref::AllocOp>() != nullptr;
  }

  LogicalResult writeStatement(unsigned i) {
    linalg::LinalgOp op = statements[i];
    if (startsLater(statements, i)) {
      fills[op.getDpsInits()[0]] = op.getDpsInputs()[0];
      return success();
    }
    if (isProduct(op)) {
      return writeOneProduct(i);
    }
    if (done.contains(op)) {
      return success();
    }
    FailureOr<std::vector<Nest>> nests = nestsOf(op);
    if (failed(nests)) {
      return failure();
    }
    if (!isReduction(op)) {
      for (Nest &nest : *nests) {
        if (failed(writeElementwise(writer, nest))) {
          return failure();
        }
      }
      return success();
    }
    return writeReductions(op, *nests);
  }

  /// What the buffer was filled with, for who adds to it first.
  Value takeFill(Value buffer) {
    Value fill = fills.lookup(buffer);
    fills.erase(buffer);
    return fill;
  }

  LogicalResult writeReductions(linalg::LinalgOp op,
                                MutableArrayRef<Nest> nests) {
    ReductionPlan plan;
    plan.phase = phase;
    if (partials) {
      plan.partials = memref::GetGlobalOp::create(
          writer.builder, writer.loc, partials.getType(), partials.getName());
    }
    for (Value output : op.getDpsInits()) {
      plan.fills.push_back(takeFill(output));
    }
    for (Nest &nest : nests) {
      if (failed(writeReduction(writer, nest, plan))) {
        return failure();
      }
      // The lanes past the last full panel add to what the others gave.
      for (Value &fill : plan.fills) {
        fill = Value();
      }
    }
    return success();
  }

  LogicalResult writeOneProduct(unsigned i) {
    linalg::LinalgOp op = statements[i];
    Product product{op, Value(), nullptr};
    Value result = op.getDpsInitOperand(0)->get();
    product.fill = takeFill(result);
    if (isTile(op)) {
      for (linalg::LinalgOp user : ArrayRef(statements).drop_front(i + 1)) {
        if (!isa<linalg::FillOp>(user) &&
            llvm::is_contained(user->getOperands(), result)) {
          if (product.epilogue || isReduction(user)) {
            return user.emitError("a tile of a product has one elementwise "
                                  "reader at most");
          }
          product.epilogue = user;
        }
      }
      if (!product.epilogue || !product.fill) {
        return op.emitError("its result is never filled, or never read");
      }
      done.insert(product.epilogue);
    }
    return writeProduct(writer, product);
  }

  /// Drops what stood there before and sets the signature.
  void finish() {
    for (Operation *op : llvm::reverse(old)) {
      if (!isa<arith::ConstantOp>(op)) {
        op->erase();
      }
    }
    Block &body = kernel.getBody().front();
    body.eraseArguments(0, writer.oldArguments);
    kernel.removeArgAttrsAttr();
    kernel.setFunctionType(FunctionType::get(
        kernel.getContext(), body.getArgumentTypes(), TypeRange()));
    OpBuilder builder(kernel);
    kernel->setAttr(
        unitsAttr, builder.getI64IntegerAttr(writer.serial ? 1 : writer.units));
  }

  func::FuncOp kernel;
  SmallVector<Operation *> old; ///< before anything is written
  KernelWriter writer;
  Phase phase;
  memref::GlobalOp partials;
  SmallVector<linalg::LinalgOp> statements;
  DenseMap<Value, Value> fills; ///< what outputs start from
  DenseSet<Operation *> done;   ///< epilogues that products took along
};

/// The sum of a kernel that does nothing else but fill its outputs; or null.
linalg::LinalgOp onlySum(func::FuncOp kernel) {
  auto statements = llvm::to_vector(kernel.getOps<linalg::LinalgOp>());
  for (unsigned i = 0; i + 1 < statements.size(); ++i) {
    if (!startsLater(statements, i)) {
      return nullptr;
    }
  }
  bool sums = !statements.empty() && isReduction(statements.back()) &&
              !isProduct(statements.back()) &&
              !isConvolution(statements.back());
  return sums ? statements.back() : nullptr;
}

/// Elements of partials that the sum needs, if it is to be two kernels; else 0.
FailureOr<int64_t> partialElementsOf(linalg::LinalgOp sum, int64_t lanes) {
  FailureOr<std::vector<Nest>> nests = nestsOf(sum);
  if (failed(nests)) {
    return failure();
  }
  return nests->size() == 1 ? partialElements(nests->front(), lanes) : 0;
}

/// Lets who follows the compilation see which kernel is written.
struct ScheduleKernelAction : tracing::ActionImpl<ScheduleKernelAction> {
  using ActionImpl::ActionImpl;
  static constexpr StringLiteral tag = "schedule-kernel";
};

struct ScheduleKernels : impl::CPUScheduleKernelsBase<ScheduleKernels> {
  using Base::Base;

  /// Two kernels in place of one, and memory between them.
  LogicalResult scheduleInPhases(func::FuncOp kernel, linalg::LinalgOp sum,
                                 int64_t elements) {
    OpBuilder builder(kernel);
    auto output = cast<MemRefType>(sum.getDpsInits().front().getType());
    auto partials = memref::GlobalOp::create(
        builder, kernel.getLoc(), (kernel.getName() + ".partials").str(),
        builder.getStringAttr("private"),
        MemRefType::get({elements}, output.getElementType()),
        builder.getUnitAttr(), /*constant=*/false,
        builder.getI64IntegerAttr(64));
    builder.setInsertionPointAfter(kernel);
    auto finish = cast<func::FuncOp>(builder.clone(*kernel));
    finish.setName((kernel.getName() + ".finish").str());
    if (failed(KernelScheduler(kernel, lanes, Phase::Partial, partials)
                   .schedule()) ||
        failed(KernelScheduler(finish, lanes, Phase::Finish, partials)
                   .schedule())) {
      return failure();
    }
    kernel->setAttr(finishAttr, FlatSymbolRefAttr::get(finish));
    return success();
  }

  LogicalResult schedule(func::FuncOp kernel) {
    if (failed(rt::verifyKernel(kernel))) {
      return failure();
    }
    linalg::LinalgOp sum = onlySum(kernel);
    FailureOr<int64_t> elements = sum ? partialElementsOf(sum, lanes) : 0;
    if (failed(elements)) {
      return failure();
    }
    return *elements != 0 ? scheduleInPhases(kernel, sum, *elements)
                          : KernelScheduler(kernel, lanes).schedule();
  }

  void runOnOperation() override {
    // Half of them are lanes of f64.
    if (lanes < 2 || lanes > 64 || !llvm::isPowerOf2_64(lanes)) {
      getOperation().emitError("lanes must be a power of two, from 2 to 64, ")
          << "not " << lanes;
      return signalPassFailure();
    }
    SmallVector<func::FuncOp> kernels;
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (function->hasAttr(kernelAttr)) {
        kernels.push_back(function);
      }
    }
    for (func::FuncOp kernel : kernels) {
      LogicalResult scheduled = success();
      getContext().executeAction<ScheduleKernelAction>(
          [&] { scheduled = schedule(kernel); }, IRUnit(kernel));
      if (failed(scheduled)) {
        return signalPassFailure();
      }
    }
  }
};

} // namespace
} // namespace gmc::cpu
