// RUN: gmc-opt --cpu-loop-kernels --split-input-file --verify-diagnostics %s | FileCheck %s

// Each operation is a nest of loops, and what the kernel allocates is freed.
// CHECK-LABEL: func.func private @double
// CHECK: %[[T:.*]] = memref.alloc()
// CHECK: scf.for
// CHECK: memref.store
// CHECK: scf.for
// CHECK: memref.store
// CHECK: memref.dealloc %[[T]]
// CHECK-NOT: linalg
func.func private @double(%x: memref<4xf32>, %y: memref<4xf32>)
    attributes {rt.kernel = 1} {
  %t = memref.alloc() : memref<4xf32>
  linalg.generic {indexing_maps = [affine_map<(a) -> (a)>,
      affine_map<(a) -> (a)>], iterator_types = ["parallel"]}
      ins(%x : memref<4xf32>) outs(%t : memref<4xf32>) {
  ^bb0(%p: f32, %q: f32):
    linalg.yield %p : f32
  }
  linalg.generic {indexing_maps = [affine_map<(a) -> (a)>,
      affine_map<(a) -> (a)>], iterator_types = ["parallel"]}
      ins(%t : memref<4xf32>) outs(%y : memref<4xf32>) {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.addf %p, %p : f32
    linalg.yield %0 : f32
  }
  return
}

// -----

// expected-error@+1 {{the reference pipeline knows no panels: argument 0 has rt.panels}}
func.func private @panels(%x: memref<4x4xf32> {rt.panels = array<i64: 0, 32>})
    attributes {rt.kernel = 0} {
  return
}
