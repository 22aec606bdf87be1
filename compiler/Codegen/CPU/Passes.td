//===- Passes.td - from linalg kernels to the LLVM dialect ----------------===//
#ifndef GMC_CODEGEN_CPU_PASSES
#define GMC_CODEGEN_CPU_PASSES

include "mlir/Pass/PassBase.td"

def CPULoopKernels : Pass<"cpu-loop-kernels", "mlir::func::FuncOp"> {
  let summary = "turns the linalg operations of a kernel into plain loops";
  let description = [{
    The reference way: one scalar loop nest for each operation, nothing fused,
    nothing reordered. Buffers that the kernel allocates are freed at its end.

    ```mlir
    linalg.generic .. ins(%x : memref<4xf32>) outs(%y : memref<4xf32>) {..}
    // becomes
    scf.for %i = %c0 to %c4 step %c1 { .. memref.store %v, %y[%i] }
    ```
  }];
  let dependentDialects = ["mlir::affine::AffineDialect",
    "mlir::memref::MemRefDialect", "mlir::scf::SCFDialect"];
}

def CPUScheduleKernels : Pass<"cpu-schedule-kernels", "mlir::ModuleOp"> {
  let summary = "writes kernels as loops over vectors and units";
  let description = [{
    Units are pieces of a kernel of about equal work, cut the same way for any
    number of threads; the kernel gets the range of them to run and its buffers
    flat. A long sum into one element becomes two kernels, `cpu.finish` of the
    first names the second. Elementwise work, reductions and products each have their schedule
    (ElementwiseKernels.cpp, ReductionKernels.cpp, ProductKernels.cpp).

    ```mlir
    func.func private @k(%x: memref<8x8xf32>, %y: memref<8x8xf32>)
        attributes {rt.kernel = 1}
    // becomes
    func.func private @k(%lo: index, %hi: index, %x: memref<64xf32>,
        %y: memref<64xf32>) attributes {rt.kernel = 1, cpu.units = 1}
    ```
  }];
  let options = [
    Option<"lanes", "lanes", "int64_t", "8", "lanes of f32 in a vector">];
  let dependentDialects = ["mlir::arith::ArithDialect",
    "mlir::memref::MemRefDialect", "mlir::scf::SCFDialect",
    "mlir::vector::VectorDialect"];
}

def CPULowerMath : Pass<"cpu-lower-math", "mlir::ModuleOp"> {
  let summary = "turns functions of math into polynomials or calls of libm";
  let description = [{
    Operations that are one instruction (sqrt, fma, abs, floor ..) stay; f32
    vectors take the polynomials of Polynomials.cpp and of upstream if
    `polynomials` is set; everything else becomes calls of libm, one for each
    lane.

    ```mlir
    %y = math.exp %x : f64
    // becomes
    %y = func.call @exp(%x) : (f64) -> f64
    ```
  }];
  let options = [Option<"polynomials", "polynomials", "bool", "false",
                        "polynomials for f32 vectors">];
  let dependentDialects = ["mlir::arith::ArithDialect",
    "mlir::func::FuncDialect", "mlir::vector::VectorDialect",
    "mlir::LLVM::LLVMDialect"];
}

def CPULowerToLLVM : Pass<"cpu-lower-to-llvm", "mlir::ModuleOp"> {
  let summary = "lowers every kernel to the LLVM dialect, in one conversion";
  let description = [{
    A buffer is passed as one bare pointer, so its type has to be static.

    ```mlir
    func.func private @k(%x: memref<4xf32>)
    // becomes
    llvm.func internal @k(%x: !llvm.ptr)
    ```
  }];
  let dependentDialects = ["mlir::LLVM::LLVMDialect",
    "mlir::cf::ControlFlowDialect", "mlir::affine::AffineDialect",
    "mlir::arith::ArithDialect", "mlir::memref::MemRefDialect"];
}

def CPULowerLaunches : Pass<"cpu-lower-launches", "mlir::ModuleOp"> {
  let summary = "turns entries into functions of the frame";
  let description = [{
    `rt.entry @e` becomes `gm_entry_e`, which every thread of the pool calls. A
    kernel with `cpu.units = U` takes a range of its units first: thread t of T
    runs [U*t/T, U*(t+1)/T). A kernel of one unit, or without units, runs on
    thread 0 alone. A barrier stands before a launch that touches bytes which
    another thread may have written (or still reads) since the last barrier.

    ```mlir
    rt.entry @fit { %x = rt.buffer arena at 64 : memref<4xf32>
                    rt.launch @k(%x) : memref<4xf32> }
    // becomes
    llvm.func @gm_entry_fit(%frame: !llvm.ptr) {
      .. llvm.call @k(%lo, %hi, %x) ..
    }
    ```
  }];
  let dependentDialects = ["mlir::LLVM::LLVMDialect"];
}

#endif // GMC_CODEGEN_CPU_PASSES
