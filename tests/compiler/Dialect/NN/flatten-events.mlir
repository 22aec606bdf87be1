// RUN: gmc-opt %s --split-input-file --nn-flatten-events | FileCheck %s

// A decoder's image: the loss is computed on rows of pixels.
// CHECK-LABEL: func.func @sink
// CHECK-SAME: %[[L:.*]]: tensor<4x12xf32>, %[[X:.*]]: tensor<4x1x3x4xf32>
func.func @sink(%l: tensor<4x12xf32>, %x: tensor<4x1x3x4xf32>) -> tensor<4xf32> {
  // CHECK: %[[XF:.*]] = nn.reshape %[[X]] : tensor<4x1x3x4xf32> to tensor<4x12xf32>
  // CHECK: %[[D:.*]] = nn.sub %[[L]], %[[XF]] : tensor<4x12xf32>
  // CHECK: %[[Q:.*]] = nn.mul %[[D]], %[[D]] : tensor<4x12xf32>
  // CHECK: %[[S:.*]] = nn.sum %[[Q]] over [1] : tensor<4x12xf32> to tensor<4xf32>
  // CHECK: return %[[S]]
  %i = nn.reshape %l : tensor<4x12xf32> to tensor<4x1x3x4xf32>
  %d = nn.sub %i, %x : tensor<4x1x3x4xf32>
  %q = nn.mul %d, %d : tensor<4x1x3x4xf32>
  %s = nn.sum %q over [1, 2, 3] : tensor<4x1x3x4xf32> to tensor<4xf32>
  return %s : tensor<4xf32>
}

// -----

// CHECK-LABEL: func.func @hoist
// CHECK-SAME: %[[X:.*]]: tensor<4x1x3x4xf32>, %[[B:.*]]: tensor<4xf32>
func.func @hoist(%x: tensor<4x1x3x4xf32>, %b: tensor<4xf32>) -> tensor<4x12xf32> {
  // CHECK-DAG: %[[XF:.*]] = nn.reshape %[[X]]
  // CHECK-DAG: %[[BW:.*]] = nn.broadcast %[[B]] [0] : tensor<4xf32> to tensor<4x12xf32>
  // CHECK-DAG: %[[E:.*]] = nn.random_normal site 3 : tensor<4x12xf32>
  // CHECK-NOT: nn.reshape
  // CHECK: return
  %w = nn.broadcast %b [0] : tensor<4xf32> to tensor<4x1x3x4xf32>
  %e = nn.random_normal site 3 : tensor<4x1x3x4xf32>
  %n = nn.mul %w, %e : tensor<4x1x3x4xf32>
  %y = nn.add %x, %n : tensor<4x1x3x4xf32>
  %f = nn.reshape %y : tensor<4x1x3x4xf32> to tensor<4x12xf32>
  return %f : tensor<4x12xf32>
}

// -----

// One number a channel would have to be repeated in memory first: left alone.
// CHECK-LABEL: func.func @channels
func.func @channels(%x: tensor<4x12xf32>, %c: tensor<3xf32>) -> tensor<4x3x4xf32> {
  // CHECK: %[[Y:.*]] = nn.add %{{.*}} : tensor<4x3x4xf32>
  // CHECK: return %[[Y]]
  %r = nn.reshape %x : tensor<4x12xf32> to tensor<4x3x4xf32>
  %w = nn.broadcast %c [1] : tensor<3xf32> to tensor<4x3x4xf32>
  %y = nn.add %r, %w : tensor<4x3x4xf32>
  return %y : tensor<4x3x4xf32>
}
