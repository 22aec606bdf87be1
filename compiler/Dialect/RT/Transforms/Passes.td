//===- Passes.td - passes on the rt dialect -------------------------------===//
#ifndef GMC_DIALECT_RT_TRANSFORMS_PASSES
#define GMC_DIALECT_RT_TRANSFORMS_PASSES

include "mlir/Pass/PassBase.td"

def MergeKernelsPass : Pass<"rt-merge-kernels", "::mlir::ModuleOp"> {
  let summary = "keeps one of several equal kernels";
  let description = [{
    Kernels are equal that differ in name and location alone. Their launches name
    the first of them, the others are erased. Layers of one shape, the tensors of
    an optimiser and the steps of a recurrence share kernels this way.

    ```mlir
    func.func private @a(%x: memref<4xf32>, %y: memref<4xf32>) { .. }
    func.func private @b(%x: memref<4xf32>, %y: memref<4xf32>) { .. as in @a .. }
    rt.launch @b(%0, %1) : memref<4xf32>, memref<4xf32>
    // becomes
    rt.launch @a(%0, %1) : memref<4xf32>, memref<4xf32>
    ```
  }];
}

#endif // GMC_DIALECT_RT_TRANSFORMS_PASSES
