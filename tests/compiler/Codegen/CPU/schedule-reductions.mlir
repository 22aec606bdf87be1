// RUN: gmc-opt --cpu-schedule-kernels=lanes=8 --canonicalize --split-input-file --verify-diagnostics %s | FileCheck %s

// Along rows: four accumulators, then halves, quarters .. of one vector.
// CHECK-LABEL: func.func private @rows(
// CHECK: scf.for {{.*}} -> (vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>)
// CHECK: vector.shuffle {{.*}} [4, 5, 6, 7]
// CHECK: vector.shuffle {{.*}} [2, 3]
// CHECK: vector.shuffle {{.*}} [1]
// CHECK: memref.store
func.func private @rows(%x: memref<10x64xf32>, %y: memref<10xf32>)
    attributes {rt.kernel = 1} {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%y : memref<10xf32>)
  linalg.generic {indexing_maps = [affine_map<(a, b) -> (a, b)>,
      affine_map<(a, b) -> (a)>], iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<10x64xf32>) outs(%y : memref<10xf32>) {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.addf %p, %q : f32
    linalg.yield %0 : f32
  }
  return
}

// -----

// Along columns: lanes are columns, nothing is added across lanes.
// CHECK-LABEL: func.func private @columns(
// CHECK-SAME: cpu.units = 2
// CHECK-NOT: vector.shuffle
// CHECK: vector.store
func.func private @columns(%x: memref<10x64xf32>, %y: memref<64xf32>)
    attributes {rt.kernel = 1} {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%y : memref<64xf32>)
  linalg.generic {indexing_maps = [affine_map<(a, b) -> (a, b)>,
      affine_map<(a, b) -> (b)>], iterator_types = ["reduction", "parallel"]}
      ins(%x : memref<10x64xf32>) outs(%y : memref<64xf32>) {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.addf %p, %q : f32
    linalg.yield %0 : f32
  }
  return
}

// -----

// A long sum: units leave a vector each, another kernel adds those up.
// CHECK: memref.global "private" @long.partials : memref<64xf32>
// CHECK-LABEL: func.func private @long(
// CHECK-SAME: cpu.finish = @long.finish
// CHECK-SAME: cpu.units = 8
// CHECK: vector.store
// CHECK-LABEL: func.func private @long.finish(
// CHECK-SAME: cpu.units = 1
// CHECK: vector.load
// CHECK: vector.shuffle
func.func private @long(%x: memref<131072xf32>, %y: memref<f32>)
    attributes {rt.kernel = 1} {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%y : memref<f32>)
  linalg.generic {indexing_maps = [affine_map<(a) -> (a)>,
      affine_map<(a) -> ()>], iterator_types = ["reduction"]}
      ins(%x : memref<131072xf32>) outs(%y : memref<f32>) {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.addf %p, %q : f32
    linalg.yield %0 : f32
  }
  return
}

// -----

func.func private @odd(%x: memref<10xf32>, %y: memref<f32>)
    attributes {rt.kernel = 1} {
  // expected-error@+1 {{output 0 is not reduced by one operation}}
  linalg.generic {indexing_maps = [affine_map<(a) -> (a)>,
      affine_map<(a) -> ()>], iterator_types = ["reduction"]}
      ins(%x : memref<10xf32>) outs(%y : memref<f32>) {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.mulf %q, %q : f32
    %1 = arith.addf %p, %0 : f32
    linalg.yield %1 : f32
  }
  return
}
