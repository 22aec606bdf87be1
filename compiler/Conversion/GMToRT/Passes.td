//===- Passes.td - from values to places ----------------------------------===//
#ifndef GMC_CONVERSION_GMTORT_PASSES
#define GMC_CONVERSION_GMTORT_PASSES

include "mlir/Pass/PassBase.td"

def FormKernelsPass : Pass<"form-kernels", "::mlir::ModuleOp"> {
  let summary = "turns entries of nn ops into launches of kernels on planned memory";
  let description = [{
    Every nn op with memory behind it (a fused group, or an op alone) becomes a
    kernel function of linalg on memrefs; every value gets a place: variables in
    the state, the rest in one arena that values share when their lives do not
    overlap. A written value takes its variable's place where no later launch
    reads the old one, so nothing is copied. With `lanes` > 0, matrices that
    products read are stored in panels of that many lanes.

    ```mlir
    gm.entry step @fit inputs ["x"] batch 4 {
    ^bb0(%x: tensor<4x3xf32>):
      %y = nn.exp %x : tensor<4x3xf32>
      gm.output value "y" %y : tensor<4x3xf32>
    }
    // becomes
    rt.entry @fit {
      %0 = rt.buffer arena at 0 : memref<4x3xf32>
      %1 = rt.buffer arena at 64 : memref<4x3xf32>
      rt.launch @fit.0.exp(%0, %1) : memref<4x3xf32>, memref<4x3xf32>
    }
    ```
  }];
  let options = [Option<"lanes", "lanes", "int64_t", "0",
                        "lanes of a panel; 0: every tensor row-major">];
  let dependentDialects = [
    "::gmc::rt::RTDialect", "::mlir::func::FuncDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::memref::MemRefDialect",
    "::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
}

#endif // GMC_CONVERSION_GMTORT_PASSES
