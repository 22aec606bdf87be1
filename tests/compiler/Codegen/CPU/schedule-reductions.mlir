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

// -----

// A fill that the sum does not start from is done where it stands: one kernel,
// one unit.
// CHECK-LABEL: func.func private @behind(
// CHECK-SAME: cpu.units = 1
// CHECK-NOT: func.func
// CHECK: vector.shuffle
// CHECK: memref.store {{.*}} : memref<1xf32>
// CHECK: vector.maskedstore {{.*}} : memref<1xf64>
func.func private @behind(%x: memref<131072xf32>, %y: memref<f32>,
    %z: memref<f64>) attributes {rt.kernel = 1} {
  %zero = arith.constant 0.0 : f64
  linalg.generic {indexing_maps = [affine_map<(a) -> (a)>,
      affine_map<(a) -> ()>], iterator_types = ["reduction"]}
      ins(%x : memref<131072xf32>) outs(%y : memref<f32>) {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.addf %p, %q : f32
    linalg.yield %0 : f32
  }
  linalg.fill ins(%zero : f64) outs(%z : memref<f64>)
  return
}

// -----

// A second sum goes on with what the first one left.
// CHECK-LABEL: func.func private @twice(
// CHECK-SAME: %[[Y:[a-z0-9]+]]: memref<1xf32>)
// CHECK-NOT: memref.load %[[Y]]
// CHECK: memref.store {{.*}}, %[[Y]]
// CHECK: memref.load %[[Y]]
// CHECK: memref.store {{.*}}, %[[Y]]
func.func private @twice(%x: memref<64xf32>, %y: memref<f32>)
    attributes {rt.kernel = 1} {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%y : memref<f32>)
  linalg.reduce { arith.addf } ins(%x : memref<64xf32>) outs(%y : memref<f32>)
      dimensions = [0]
  linalg.reduce { arith.addf } ins(%x : memref<64xf32>) outs(%y : memref<f32>)
      dimensions = [0]
  return
}

// -----

func.func private @windows(%x: memref<5xf32>, %w: memref<2xf32>,
    %y: memref<4xf32>) attributes {rt.kernel = 2} {
  // expected-error@+1 {{map of operand 0 is no projected permutation}}
  linalg.generic {indexing_maps = [affine_map<(a, b) -> (a + b)>,
      affine_map<(a, b) -> (b)>, affine_map<(a, b) -> (a)>],
      iterator_types = ["parallel", "reduction"]}
      ins(%x, %w : memref<5xf32>, memref<2xf32>) outs(%y : memref<4xf32>) {
  ^bb0(%p: f32, %q: f32, %r: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = arith.addf %0, %r : f32
    linalg.yield %1 : f32
  }
  return
}

// -----

// A sum of the sums on the way.
func.func private @running(%x: memref<64xf32>, %y: memref<f32>,
    %z: memref<f32>) attributes {rt.kernel = 1} {
  // expected-error@+1 {{output 0 is not reduced by one operation}}
  linalg.generic {indexing_maps = [affine_map<(a) -> (a)>,
      affine_map<(a) -> ()>, affine_map<(a) -> ()>],
      iterator_types = ["reduction"]}
      ins(%x : memref<64xf32>) outs(%y, %z : memref<f32>, memref<f32>) {
  ^bb0(%p: f32, %q: f32, %r: f32):
    %0 = arith.addf %p, %q : f32
    %1 = arith.addf %0, %r : f32
    linalg.yield %0, %1 : f32, f32
  }
  return
}
