//===- LowerMath.cpp - functions of math as instructions or calls ---------===//
//
// What one instruction does stays for the LLVM dialect. Functions of f32
// vectors become polynomials where the pass is asked for them; every other
// function is a call of libm or of the runtime, one for each lane of a vector.
//
//===----------------------------------------------------------------------===//
#include "compiler/Codegen/CPU/Passes.h"
#include "compiler/Codegen/CPU/Polynomials.h"
#include "compiler/Dialect/RT/IR/RTDialect.h"

#include "mlir/Conversion/MathToLibm/MathToLibm.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Approximation.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Transforms/DialectConversion.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace gmc::cpu {
#define GEN_PASS_DEF_CPULOWERMATH
#include "compiler/Codegen/CPU/Passes.h.inc"

namespace {

/// Writes `call` as calls of its function, one for each lane.
void lowerCall(ModuleOp module, rt::CallOp call) {
  OpBuilder builder(call);
  Location loc = call.getLoc();
  auto lanes = dyn_cast<VectorType>(call.getType());
  Type element = getElementTypeOrSelf(call.getType());
  if (!module.lookupSymbol(call.getCallee())) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(module.getBody());
    func::FuncOp::create(builder, module.getLoc(), call.getCallee(),
                         builder.getFunctionType({element, element}, element))
        .setPrivate();
  }
  auto callOf = [&](Value a, Value b) {
    return func::CallOp::create(builder, loc, call.getCallee(), element,
                                ValueRange{a, b})
        .getResult(0);
  };
  Value result;
  if (!lanes) {
    result = callOf(call.getLhs(), call.getRhs());
  } else {
    result =
        arith::ConstantOp::create(builder, loc, builder.getZeroAttr(lanes));
    for (int64_t lane = 0; lane < lanes.getNumElements(); ++lane) {
      ArrayRef<int64_t> place(lane);
      Value a = vector::ExtractOp::create(builder, loc, call.getLhs(), place);
      Value b = vector::ExtractOp::create(builder, loc, call.getRhs(), place);
      result =
          vector::InsertOp::create(builder, loc, callOf(a, b), result, place);
    }
  }
  call.replaceAllUsesWith(result);
  call.erase();
}

struct LowerMath : impl::CPULowerMathBase<LowerMath> {
  using Base::Base;

  /// Only the functions are rewritten, so only they are visited.
  LogicalResult expand() {
    RewritePatternSet patterns(&getContext());
    populatePolynomials(patterns);
    // Rarer ones as upstream has them.
    populateMathPolynomialApproximationPatterns(patterns, [](StringRef name) {
      return llvm::is_contained({"math.atan", "math.atan2", "math.asin",
                                 "math.acos", "math.erf", "math.erfc",
                                 "math.expm1", "math.cbrt"},
                                name);
    });
    SmallVector<Operation *> ops;
    getOperation().walk([&](Operation *op) {
      if (isa<math::MathDialect>(op->getDialect()) &&
          llvm::any_of(op->getOperandTypes(),
                       [](Type type) { return isa<VectorType>(type); })) {
        ops.push_back(op);
      }
    });
    return applyOpPatternsGreedily(
        ops, std::move(patterns),
        GreedyRewriteConfig().setStrictness(
            GreedyRewriteStrictness::ExistingAndNewOps));
  }

  void runOnOperation() override {
    SmallVector<rt::CallOp> calls;
    getOperation().walk([&](rt::CallOp call) { calls.push_back(call); });
    for (rt::CallOp call : calls) {
      lowerCall(getOperation(), call);
    }
    if (polynomials && failed(expand())) {
      return signalPassFailure();
    }
    RewritePatternSet patterns(&getContext());
    populateMathToLibmConversionPatterns(patterns);
    ConversionTarget target(getContext());
    target.markUnknownOpDynamicallyLegal([](Operation *) { return true; });
    target.addIllegalDialect<math::MathDialect>();
    target.addLegalOp<math::SqrtOp, math::FmaOp, math::AbsFOp, math::AbsIOp,
                      math::FloorOp, math::CeilOp, math::CopySignOp,
                      math::RoundEvenOp, math::TruncOp, math::CtPopOp,
                      math::CountLeadingZerosOp, math::CountTrailingZerosOp,
                      math::IsNaNOp, math::IsInfOp, math::IsFiniteOp,
                      math::IsNormalOp, math::FPowIOp, math::RsqrtOp>();
    if (failed(applyPartialConversion(getOperation(), target,
                                      std::move(patterns)))) {
      signalPassFailure();
    }
  }
};

} // namespace
} // namespace gmc::cpu
