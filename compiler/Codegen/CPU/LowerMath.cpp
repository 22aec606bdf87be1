//===- LowerMath.cpp - functions of math as instructions or calls ---------===//
//
// What one instruction does stays for the LLVM dialect; every other function
// becomes a call of libm, one for each lane of a vector.
//
//===----------------------------------------------------------------------===//
#include "compiler/Codegen/CPU/Passes.h"

#include "mlir/Conversion/MathToLibm/MathToLibm.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Transforms/DialectConversion.h"

using namespace mlir;

namespace gmc::cpu {
#define GEN_PASS_DEF_CPULOWERMATH
#include "compiler/Codegen/CPU/Passes.h.inc"

namespace {

struct LowerMath : impl::CPULowerMathBase<LowerMath> {
  void runOnOperation() override {
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
