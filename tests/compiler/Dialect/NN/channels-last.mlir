// RUN: gmc-opt %s --split-input-file --pass-pipeline="builtin.module(func.func(nn-channels-last{width=16},cse))" | FileCheck %s

// The bias and the rectifier between two convolutions see [N,H,W,C]; the
// images go in and out as they were.
// CHECK-LABEL: func.func @forward
// CHECK-SAME: %[[X:.*]]: tensor<2x3x8x8xf32>, %[[W:.*]]: tensor<16x3x3x3xf32>, %[[B:.*]]: tensor<16xf32>, %[[V:.*]]: tensor<5x16x1x1xf32>
func.func @forward(%x: tensor<2x3x8x8xf32>, %w: tensor<16x3x3x3xf32>, %b: tensor<16xf32>, %v: tensor<5x16x1x1xf32>) -> tensor<2x5x8x8xf32> {
  // CHECK-DAG: %[[XL:.*]] = nn.transpose %[[X]] [0, 2, 3, 1]
  // CHECK-DAG: %[[WC:.*]] = nn.reshape %[[W]] : tensor<16x3x3x3xf32> to tensor<1x1x16x3x3x3xf32>
  // CHECK-DAG: %[[WL:.*]] = nn.transpose %[[WC]] [0, 1, 4, 5, 3, 2]
  // CHECK: %[[Y:.*]] = nn.conv %[[XL]], %[[WL]] {{.*}} {channelsLast} : {{.*}} to tensor<2x8x8x16xf32>
  // CHECK: %[[BL:.*]] = nn.broadcast %[[B]] [3] : tensor<16xf32> to tensor<2x8x8x16xf32>
  // CHECK: %[[A:.*]] = nn.add %[[Y]], %[[BL]]
  // CHECK: %[[R:.*]] = nn.relu %[[A]]
  // CHECK-NOT: nn.transpose %[[R]]
  // CHECK: %[[Z:.*]] = nn.conv %[[R]], {{.*}} {channelsLast} : {{.*}} to tensor<2x8x8x5xf32>
  // CHECK: %[[F:.*]] = nn.transpose %[[Z]] [0, 3, 1, 2]
  // CHECK: return %[[F]]
  %y = nn.conv %x, %w strides [1, 1] pads [1, 1, 1, 1] dilations [1, 1] groups 1 : tensor<2x3x8x8xf32>, tensor<16x3x3x3xf32> to tensor<2x16x8x8xf32>
  %bb = nn.broadcast %b [1] : tensor<16xf32> to tensor<2x16x8x8xf32>
  %a = nn.add %y, %bb : tensor<2x16x8x8xf32>
  %r = nn.relu %a : tensor<2x16x8x8xf32>
  %z = nn.conv %r, %v strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1 : tensor<2x16x8x8xf32>, tensor<5x16x1x1xf32> to tensor<2x5x8x8xf32>
  return %z : tensor<2x5x8x8xf32>
}

// -----

// A weight gradient comes back in PyTorch's layout, a bias gradient needs no
// transpose.
// CHECK-LABEL: func.func @gradients
func.func @gradients(%x: tensor<2x4x8x8xf32>, %w: tensor<16x4x3x3xf32>) -> (tensor<16x4x3x3xf32>, tensor<16xf32>) {
  // CHECK: %[[Y:.*]] = nn.conv {{.*}} {channelsLast}
  // CHECK: %[[T:.*]] = nn.tanh %[[Y]] : tensor<2x8x8x16xf32>
  // CHECK: %[[G:.*]] = nn.conv_weight {{.*}}, %[[T]] {{.*}} to tensor<1x1x3x3x4x16xf32>
  // CHECK: %[[P:.*]] = nn.transpose %[[G]] [0, 1, 5, 4, 2, 3]
  // CHECK: %[[R:.*]] = nn.reshape %[[P]] : tensor<1x1x16x4x3x3xf32> to tensor<16x4x3x3xf32>
  // CHECK: %[[S:.*]] = nn.sum %[[T]] over [0, 1, 2] : tensor<2x8x8x16xf32> to tensor<16xf32>
  // CHECK: return %[[R]], %[[S]]
  %y = nn.conv %x, %w strides [1, 1] pads [1, 1, 1, 1] dilations [1, 1] groups 1 : tensor<2x4x8x8xf32>, tensor<16x4x3x3xf32> to tensor<2x16x8x8xf32>
  %t = nn.tanh %y : tensor<2x16x8x8xf32>
  %g = nn.conv_weight %x, %t strides [1, 1] pads [1, 1, 1, 1] dilations [1, 1] groups 1 : tensor<2x4x8x8xf32>, tensor<2x16x8x8xf32> to tensor<16x4x3x3xf32>
  %s = nn.sum %t over [0, 2, 3] : tensor<2x16x8x8xf32> to tensor<16xf32>
  return %g, %s : tensor<16x4x3x3xf32>, tensor<16xf32>
}

// -----

// Pooling cuts and joins space alone: its windows are reduced channels-last.
// An image of one channel is moved nowhere.
// CHECK-LABEL: func.func @pooled
func.func @pooled(%x: tensor<2x1x8x8xf32>, %w: tensor<16x1x1x1xf32>) -> tensor<2x16x4x4xf32> {
  // CHECK-DAG: nn.reshape %{{.*}} : tensor<2x1x8x8xf32> to tensor<2x8x8x1xf32>
  // CHECK: %[[C:.*]] = nn.reshape %{{.*}} : tensor<2x8x8x16xf32> to tensor<2x4x2x4x2x16xf32>
  // CHECK: %[[M:.*]] = nn.reduce_max %[[C]] over [2, 4] : tensor<2x4x2x4x2x16xf32> to tensor<2x4x4x16xf32>
  // CHECK: nn.transpose %[[M]] [0, 3, 1, 2]
  %y = nn.conv %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1 : tensor<2x1x8x8xf32>, tensor<16x1x1x1xf32> to tensor<2x16x8x8xf32>
  %c = nn.reshape %y : tensor<2x16x8x8xf32> to tensor<2x16x4x2x4x2xf32>
  %m = nn.reduce_max %c over [3, 5] : tensor<2x16x4x2x4x2xf32> to tensor<2x16x4x4xf32>
  return %m : tensor<2x16x4x4xf32>
}

// -----

// The sum over `others` runs along the lanes where a single channel would.
// CHECK-LABEL: func.func @one_channel
func.func @one_channel(%y: tensor<2x32x4x4xf32>, %w: tensor<32x3x4x4xf32>) -> tensor<2x3x8x8xf32> {
  // CHECK: nn.conv_input {{.*}} {channelsLast} : tensor<2x4x4x32xf32>, tensor<1x3x4x4x32x1xf32> to tensor<2x8x8x3xf32>
  %x = nn.conv_input %y, %w strides [2, 2] pads [1, 1, 1, 1] dilations [1, 1] groups 1 : tensor<2x32x4x4xf32>, tensor<32x3x4x4xf32> to tensor<2x3x8x8xf32>
  return %x : tensor<2x3x8x8xf32>
}
