// RUN: gmc-opt %s --split-input-file --form-kernels | FileCheck %s

// A group behind a product: the product goes to a memref of the kernel's own.
// CHECK-LABEL: func.func private @p.0.fused
// CHECK-SAME: (%[[X:.*]]: memref<4x3xf32>, %[[W:.*]]: memref<5x3xf32>, %[[B:.*]]: memref<5xf32>, %[[Y:.*]]: memref<4x5xf32>)
// CHECK: %[[T:.*]] = memref.alloc() : memref<4x5xf32>
// CHECK: linalg.fill {{.*}} outs(%[[T]]
// CHECK: linalg.generic {{.*}}"parallel", "parallel", "reduction"{{.*}} ins(%[[X]], %[[W]]
// CHECK: linalg.generic {{.*}}"parallel", "parallel"]} ins(%[[T]], %[[B]]
// CHECK: arith.addf
// CHECK: arith.cmpf ogt
// CHECK: arith.select
gm.entry report @p inputs ["x", "w", "b"] batch 4 {
^bb0(%x: tensor<4x3xf32>, %w: tensor<5x3xf32>, %b: tensor<5xf32>):
  %y = nn.fused(%x, %w, %b) {
  ^bb0(%i: tensor<4x3xf32>, %j: tensor<5x3xf32>, %k: tensor<5xf32>):
    %m = nn.matmul %i, %j {transposeB} : tensor<4x3xf32>, tensor<5x3xf32> to tensor<4x5xf32>
    %c = nn.broadcast %k [1] : tensor<5xf32> to tensor<4x5xf32>
    %a = nn.add %m, %c : tensor<4x5xf32>
    %r = nn.relu %a : tensor<4x5xf32>
    nn.yield %r : tensor<4x5xf32>
  } : (tensor<4x3xf32>, tensor<5x3xf32>, tensor<5xf32>) -> tensor<4x5xf32>
  gm.output value "y" %y : tensor<4x5xf32>
}

// -----

// Constants and broadcasts are read in the loops, not from memory; a reduction
// of a group computes its operand on the fly, before the group's own values.
// CHECK-LABEL: func.func private @g.0.fused.r0
// CHECK: linalg.generic {{.*}}"parallel", "reduction"
// CHECK: arith.constant 2.000000e+00
// CHECK: arith.mulf
// CHECK: arith.addf
// CHECK-LABEL: func.func private @g.0.fused.e1
// CHECK: linalg.generic
// CHECK: arith.mulf
gm.entry report @g inputs ["x"] batch 4 {
^bb0(%x: tensor<4x3xf32>):
  %s, %y = nn.fused(%x) {
  ^bb0(%i: tensor<4x3xf32>):
    %two = nn.constant 2.0 : tensor<4x3xf32>
    %d = nn.mul %i, %two : tensor<4x3xf32>
    %t = nn.sum %d over [1] : tensor<4x3xf32> to tensor<4xf32>
    nn.yield %t, %d : tensor<4xf32>, tensor<4x3xf32>
  } : (tensor<4x3xf32>) -> (tensor<4xf32>, tensor<4x3xf32>)
  gm.output value "s" %s : tensor<4xf32>
  gm.output value "y" %y : tensor<4x3xf32>
}

// -----

// What is repeated is no loop of a reduction, whose extents come from what is
// read: a sum of four equal elements is four times one, an extreme is the
// element. Without loops to fold, nothing is filled.
// CHECK-DAG: #[[$ALL:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG: #[[$LEFT:.*]] = affine_map<(d0, d1) -> (d1)>
// CHECK-LABEL: func.func private @repeated.0.fused.r0
// CHECK-SAME: memref<4x3xf32>
// CHECK: linalg.fill
// CHECK: linalg.generic {indexing_maps = [#[[$ALL]], #[[$LEFT]]], iterator_types = ["reduction", "parallel"]}
// CHECK: %[[SQUARE:.*]] = arith.mulf
// CHECK: %[[FOUR:.*]] = arith.constant 4.000000e+00
// CHECK: arith.mulf %[[FOUR]], %[[SQUARE]]
// CHECK: arith.addf
// CHECK-LABEL: func.func private @repeated.0.fused.r1
// CHECK-NOT: linalg.fill
// CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "parallel"]
// CHECK-NOT: arith.maximumf
// CHECK: return
gm.entry report @repeated inputs ["x"] batch 4 {
^bb0(%x: tensor<4x3xf32>):
  %s, %t = nn.fused(%x) {
  ^bb0(%i: tensor<4x3xf32>):
    %b = nn.broadcast %i [0, 1] : tensor<4x3xf32> to tensor<4x3x2x2xf32>
    %q = nn.mul %b, %b : tensor<4x3x2x2xf32>
    %u = nn.sum %q over [0, 2, 3] : tensor<4x3x2x2xf32> to tensor<3xf32>
    %v = nn.reduce_max %q over [2, 3] : tensor<4x3x2x2xf32> to tensor<4x3xf32>
    nn.yield %u, %v : tensor<3xf32>, tensor<4x3xf32>
  } : (tensor<4x3xf32>) -> (tensor<3xf32>, tensor<4x3xf32>)
  gm.output value "s" %s : tensor<3xf32>
  gm.output value "t" %t : tensor<4x3xf32>
}

// -----

// Padding and joining are fills and copies between views.
// CHECK-LABEL: func.func private @m.0.pad
// CHECK: linalg.fill
// CHECK: memref.subview {{.*}}[0, 1] [2, 3] [1, 1]
// CHECK-LABEL: func.func private @m.1.concat
// CHECK: memref.subview {{.*}}[0, 0] [2, 5]
// CHECK: memref.subview {{.*}}[0, 5] [2, 3]
// CHECK-LABEL: func.func private @m.2.slice
// CHECK: memref.subview {{.*}}[0, 2] [2, 4]
gm.entry report @m inputs ["x"] batch 2 {
^bb0(%x: tensor<2x3xf32>):
  %p = nn.pad %x along 1 low 1 high 1 : tensor<2x3xf32> to tensor<2x5xf32>
  %c = nn.concat %p, %x along 1 : tensor<2x5xf32>, tensor<2x3xf32> to tensor<2x8xf32>
  %s = nn.slice %c along 1 from 2 to 6 : tensor<2x8xf32> to tensor<2x4xf32>
  gm.output value "s" %s : tensor<2x4xf32>
}
