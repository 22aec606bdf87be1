// RUN: gmc-opt --cpu-schedule-kernels=lanes=16 --canonicalize %s | FileCheck %s --check-prefixes=CHECK,WIDE
// RUN: gmc-opt --cpu-schedule-kernels=lanes=8 --canonicalize %s | FileCheck %s --check-prefixes=CHECK,NARROW

// A tile is 8 x 32 with AVX-512 and 6 x 16 or 4 x 16 with AVX2; it never
// reaches memory, and the epilogue is applied to it.
// CHECK-LABEL: func.func private @dense(
// CHECK-NOT: memref.alloc
// WIDE: scf.for {{.*}} -> ({{(vector<16xf32>, ){15}vector<16xf32>}})
// WIDE-COUNT-16: vector.fma {{.*}} : vector<16xf32>
// WIDE-NOT: vector.fma
// NARROW: scf.for {{.*}} -> ({{(vector<8xf32>, ){11}vector<8xf32>}})
// NARROW-COUNT-12: vector.fma {{.*}} : vector<8xf32>
// CHECK: arith.addf
// CHECK: vector.store
func.func private @dense(%x: memref<64x100xf32>,
    %w: memref<64x100xf32> {rt.panels = array<i64: 0, 32>}, %b: memref<64xf32>,
    %y: memref<64x64xf32>) attributes {rt.kernel = 3} {
  %zero = arith.constant 0.0 : f32
  %t = memref.alloc() : memref<64x64xf32>
  linalg.fill ins(%zero : f32) outs(%t : memref<64x64xf32>)
  linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>,
      affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>],
      iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : memref<64x100xf32>, memref<64x100xf32>)
      outs(%t : memref<64x64xf32>) {
  ^bb0(%p: f32, %q: f32, %s: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = arith.addf %s, %0 : f32
    linalg.yield %1 : f32
  }
  linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>,
      affine_map<(m, n) -> (n)>, affine_map<(m, n) -> (m, n)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%t, %b : memref<64x64xf32>, memref<64xf32>)
      outs(%y : memref<64x64xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %0 = arith.addf %p, %q : f32
    linalg.yield %0 : f32
  }
  return
}
