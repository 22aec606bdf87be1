// RUN: gmc-opt %s --rt-merge-kernels | FileCheck %s

// Kernels that differ in their name alone become the first of them.
// CHECK: func.func private @a
// CHECK-NOT: @b
func.func private @a(%x: memref<4xf32>, %y: memref<4xf32>) attributes {rt.kernel = 1 : i64} {
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%x : memref<4xf32>) outs(%y : memref<4xf32>) {
  ^bb0(%e: f32, %o: f32):
    %n = arith.negf %e : f32
    linalg.yield %n : f32
  }
  return
}
func.func private @b(%x: memref<4xf32>, %y: memref<4xf32>) attributes {rt.kernel = 1 : i64} {
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%x : memref<4xf32>) outs(%y : memref<4xf32>) {
  ^bb0(%e: f32, %o: f32):
    %n = arith.negf %e : f32
    linalg.yield %n : f32
  }
  return
}

// Another op in a body, another operand, another layout: each stays.
// CHECK: func.func private @op
func.func private @op(%x: memref<4xf32>, %y: memref<4xf32>) attributes {rt.kernel = 1 : i64} {
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%x : memref<4xf32>) outs(%y : memref<4xf32>) {
  ^bb0(%e: f32, %o: f32):
    %n = math.absf %e : f32
    linalg.yield %n : f32
  }
  return
}
// CHECK: func.func private @operand
func.func private @operand(%x: memref<4xf32>, %y: memref<4xf32>) attributes {rt.kernel = 1 : i64} {
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%x : memref<4xf32>) outs(%y : memref<4xf32>) {
  ^bb0(%e: f32, %o: f32):
    %n = arith.negf %o : f32
    linalg.yield %n : f32
  }
  return
}
// CHECK: func.func private @plain
func.func private @plain(%x: memref<4x4xf32>, %y: memref<4x4xf32>) attributes {rt.kernel = 1 : i64} {
  linalg.copy ins(%x : memref<4x4xf32>) outs(%y : memref<4x4xf32>)
  return
}
// CHECK: func.func private @layout
func.func private @layout(%x: memref<4x4xf32> {rt.panels = array<i64: 0, 4>}, %y: memref<4x4xf32>) attributes {rt.kernel = 1 : i64} {
  linalg.copy ins(%x : memref<4x4xf32>) outs(%y : memref<4x4xf32>)
  return
}

// CHECK-LABEL: rt.entry @fit
rt.entry @fit {
  %0 = rt.buffer arena at 0 : memref<4xf32>
  %1 = rt.buffer arena at 64 : memref<4xf32>
  // CHECK: rt.launch @a(
  // CHECK-NEXT: rt.launch @a(
  // CHECK-NEXT: rt.launch @op(
  // CHECK-NEXT: rt.launch @operand(
  // CHECK: rt.launch @plain(
  // CHECK: rt.launch @layout(
  rt.launch @a(%0, %1) : memref<4xf32>, memref<4xf32>
  rt.launch @b(%1, %0) : memref<4xf32>, memref<4xf32>
  rt.launch @op(%0, %1) : memref<4xf32>, memref<4xf32>
  rt.launch @operand(%0, %1) : memref<4xf32>, memref<4xf32>
  %2 = rt.buffer arena at 128 : memref<4x4xf32>
  %3 = rt.buffer arena at 192 panels [0, 4] : memref<4x4xf32>
  %4 = rt.buffer arena at 256 : memref<4x4xf32>
  rt.launch @plain(%2, %4) : memref<4x4xf32>, memref<4x4xf32>
  rt.launch @layout(%3, %4) : memref<4x4xf32>, memref<4x4xf32>
}
