// RUN: gmc-opt --cpu-schedule-kernels=lanes=16 --canonicalize --split-input-file --verify-diagnostics %s | FileCheck %s

// Equal shapes and maps: one loop over flat memory, the rest under a mask.
// CHECK-LABEL: func.func private @relu(
// CHECK-SAME: index, %{{.*}}: index, %[[X:.*]]: memref<9009xf32>, %[[Y:.*]]: memref<9009xf32>)
// CHECK-SAME: cpu.units = 3
// CHECK: vector.load %[[X]]
// CHECK: arith.select {{.*}} : vector<16xi1>, vector<16xf32>
// CHECK: vector.store {{.*}}, %[[Y]]
// CHECK: vector.maskedload %[[X]]
// CHECK: vector.maskedstore %[[Y]]
func.func private @relu(%x: memref<91x99xf32>, %y: memref<91x99xf32>)
    attributes {rt.kernel = 1} {
  %zero = arith.constant 0.0 : f32
  linalg.generic {indexing_maps = [affine_map<(a, b) -> (a, b)>,
      affine_map<(a, b) -> (a, b)>], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<91x99xf32>) outs(%y : memref<91x99xf32>) {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.cmpf ogt, %p, %zero : f32
    %1 = arith.select %0, %p, %zero : f32
    linalg.yield %1 : f32
  }
  return
}

// -----

// What depends on scalars alone stays scalar, outside of the loops.
// CHECK-LABEL: func.func private @scale(
// CHECK: memref.load
// CHECK: scf.for
// CHECK: math.powf {{.*}} : f64
// CHECK: arith.mulf {{.*}} : vector<16xf32>
func.func private @scale(%x: memref<64xf32>, %s: memref<f64>,
    %y: memref<64xf32>) attributes {rt.kernel = 2} {
  linalg.generic {indexing_maps = [affine_map<(a) -> (a)>,
      affine_map<(a) -> ()>, affine_map<(a) -> (a)>],
      iterator_types = ["parallel"]}
      ins(%x, %s : memref<64xf32>, memref<f64>) outs(%y : memref<64xf32>) {
  ^bb0(%p: f32, %q: f64, %o: f32):
    %0 = math.powf %q, %q : f64
    %1 = arith.truncf %0 : f64 to f32
    %2 = arith.mulf %p, %1 : f32
    linalg.yield %2 : f32
  }
  return
}

// -----

// A matrix and its transpose: blocks, transposed by shuffles.
// CHECK-LABEL: func.func private @transpose(
// CHECK: memref.alloca() {{.*}} : memref<256xf32>
// CHECK-COUNT-64: vector.shuffle
// CHECK-NOT: vector.insert
func.func private @transpose(%x: memref<32x48xf32>, %y: memref<48x32xf32>)
    attributes {rt.kernel = 1} {
  linalg.generic {indexing_maps = [affine_map<(a, b) -> (a, b)>,
      affine_map<(a, b) -> (b, a)>], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<32x48xf32>) outs(%y : memref<48x32xf32>) {
  ^bb0(%p: f32, %q: f32):
    linalg.yield %p : f32
  }
  return
}
