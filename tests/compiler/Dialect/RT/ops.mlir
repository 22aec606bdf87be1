// RUN: gmc-opt %s | gmc-opt | FileCheck %s

// CHECK: func.func private @k(%{{.*}}: memref<40x24xf32> {rt.panels = array<i64: 0, 32>}, %{{.*}}: memref<f64>, %{{.*}}: memref<i32>, %{{.*}}: memref<f64>) attributes {rt.kernel = 3 : i64}
func.func private @k(%w: memref<40x24xf32> {rt.panels = array<i64: 0, 32>}, %s: memref<f64>, %k: memref<i32>, %y: memref<f64>) attributes {rt.kernel = 3 : i64} {
  %u = memref.load %s[] : memref<f64>
  // CHECK: rt.call "gmLogGammaQuantile"(%{{.*}}, %{{.*}}) : f64
  %q = rt.call "gmLogGammaQuantile"(%u, %u) : f64
  memref.store %q, %y[] : memref<f64>
  return
}

// CHECK-LABEL: rt.entry @fit {
rt.entry @fit {
  // CHECK: %[[W:.*]] = rt.buffer state at 4096 panels [0, 32] : memref<40x24xf32>
  %w = rt.buffer state at 4096 panels [0, 32] : memref<40x24xf32>
  // CHECK: %[[S:.*]] = rt.buffer scalars at 8 : memref<f64>
  %s = rt.buffer scalars at 8 : memref<f64>
  // CHECK: %[[K:.*]] = rt.buffer key at 4 : memref<i32>
  %k = rt.buffer key at 4 : memref<i32>
  // A scalar under another shape.
  // CHECK: rt.buffer scalars at 16 : memref<1x1xf64>
  %t = rt.buffer scalars at 16 : memref<1x1xf64>
  // CHECK: %[[Y:.*]] = rt.buffer arena at 0 : memref<f64>
  %y = rt.buffer arena at 0 : memref<f64>
  // CHECK: rt.launch @k(%[[W]], %[[S]], %[[K]], %[[Y]]) : memref<40x24xf32>, memref<f64>, memref<i32>, memref<f64>
  rt.launch @k(%w, %s, %k, %y) : memref<40x24xf32>, memref<f64>, memref<i32>, memref<f64>
}

// A target adds arguments and makes buffers pointers.
llvm.func @lowered(%lo: i64, %hi: i64, %x: !llvm.ptr) attributes {rt.kernel = 1 : i64} {
  llvm.return
}
// CHECK-LABEL: rt.entry @later
rt.entry @later {
  %x = rt.buffer arena at 0 : memref<4xf32>
  // CHECK: rt.launch @lowered
  rt.launch @lowered(%x) : memref<4xf32>
}
