// RUN: gmc-opt %s --split-input-file --form-kernels=lanes=32 | FileCheck %s

// A weight that products read forwards and backwards is stored in panels both
// ways; its update writes one, a kernel behind it the other.
// CHECK: gm.variable @w {{.*}} storage [array<i64: 0, 0, 32>, array<i64: [[$SECOND:[0-9]+]], 1, 32>]
gm.variable @w : tensor<40x24xf32> role "parameter" of "N" initial "constant"(0.0, 0.0)
// CHECK-LABEL: rt.entry @fit {
gm.entry step @fit inputs ["x", "g"] batch 8 {
^bb0(%x: tensor<8x24xf32>, %g: tensor<8x40xf32>):
  %w = gm.read @w : tensor<40x24xf32>
  // CHECK: rt.buffer state at 0 panels [0, 32] : memref<40x24xf32>
  // CHECK: rt.launch @fit.0.matmul
  %y = nn.matmul %x, %w {transposeB} : tensor<8x24xf32>, tensor<40x24xf32> to tensor<8x40xf32>
  // CHECK: rt.buffer state at [[$SECOND]] panels [1, 32] : memref<40x24xf32>
  // CHECK: rt.launch @fit.1.matmul
  %dx = nn.matmul %g, %w : tensor<8x40xf32>, tensor<40x24xf32> to tensor<8x24xf32>
  // CHECK: rt.buffer arena at {{.*}} panels [0, 32] : memref<40x24xf32>
  // CHECK: rt.launch @fit.2.matmul
  %dw = nn.matmul %g, %x {transposeA} : tensor<8x40xf32>, tensor<8x24xf32> to tensor<40x24xf32>
  // CHECK: rt.launch @fit.3.sub
  %new = nn.sub %w, %dw : tensor<40x24xf32>
  // CHECK: rt.buffer state at [[$SECOND]] panels [1, 32] : memref<40x24xf32>
  // CHECK: rt.launch @fit.after.0
  gm.write %new to @w : tensor<40x24xf32>
  gm.output value "y" %y : tensor<8x40xf32>
  gm.output value "dx" %dx : tensor<8x24xf32>
}

// -----

// Anything that looks at a weight by rows and columns keeps it row-major.
// CHECK: gm.variable @w {{.*}} storage [array<i64: 0, 0, 0>]
gm.variable @w : tensor<40x24xf32> role "parameter" of "N" initial "constant"(0.0, 0.0)
gm.entry report @look inputs ["x"] batch 8 {
^bb0(%x: tensor<8x24xf32>):
  %w = gm.read @w : tensor<40x24xf32>
  %y = nn.matmul %x, %w {transposeB} : tensor<8x24xf32>, tensor<40x24xf32> to tensor<8x40xf32>
  %n = nn.sum %w over [1] : tensor<40x24xf32> to tensor<40xf32>
  gm.output value "y" %y : tensor<8x40xf32>
  gm.output value "n" %n : tensor<40xf32>
}

// -----

// A weight that products alone touch and nothing writes.
// CHECK: gm.variable @w {{.*}} storage [array<i64: 0, 0, 32>]
gm.variable @w : tensor<40x24xf32> role "parameter" of "N" initial "constant"(0.0, 0.0)
gm.entry report @look inputs ["x"] batch 8 {
^bb0(%x: tensor<8x24xf32>):
  %w = gm.read @w : tensor<40x24xf32>
  %y = nn.matmul %x, %w {transposeB} : tensor<8x24xf32>, tensor<40x24xf32> to tensor<8x40xf32>
  gm.output value "y" %y : tensor<8x40xf32>
}
