// RUN: gmc-opt %s --split-input-file --nn-fuse | FileCheck %s

// CHECK-LABEL: func.func @layer
// CHECK-SAME: %[[X:.*]]: tensor<4x3xf32>, %[[W:.*]]: tensor<5x3xf32>, %[[B:.*]]: tensor<5xf32>
func.func @layer(%x: tensor<4x3xf32>, %w: tensor<5x3xf32>, %b: tensor<5xf32>) -> tensor<4x5xf32> {
  // CHECK-NEXT: %[[Y:.*]] = nn.fused(%[[X]], %[[W]], %[[B]]) {
  // CHECK: nn.matmul
  // CHECK-NEXT: nn.broadcast
  // CHECK-NEXT: nn.add
  // CHECK-NEXT: %[[R:.*]] = nn.relu
  // CHECK-NEXT: nn.yield %[[R]]
  // CHECK: return %[[Y]]
  %p = nn.matmul %x, %w {transposeB} : tensor<4x3xf32>, tensor<5x3xf32> to tensor<4x5xf32>
  %c = nn.broadcast %b [1] : tensor<5xf32> to tensor<4x5xf32>
  %a = nn.add %p, %c : tensor<4x5xf32>
  %y = nn.relu %a : tensor<4x5xf32>
  return %y : tensor<4x5xf32>
}

// -----

// The mask of a relu is computed where it is used; the sum over the batch is
// not the product's, but a group of its own.
// CHECK-LABEL: func.func @masked
func.func @masked(%g: tensor<4x5xf32>, %w: tensor<5x3xf32>, %h: tensor<4x3xf32>) -> (tensor<4x3xf32>, tensor<3xf32>) {
  // CHECK: %[[D:.*]] = nn.fused
  // CHECK: nn.matmul
  // CHECK: nn.compare greater
  // CHECK-NEXT: nn.select
  // CHECK-NEXT: nn.yield
  // CHECK: %[[S:.*]] = nn.fused(%[[D]])
  // CHECK: nn.sum
  // CHECK: return %[[D]], %[[S]]
  %zero = nn.constant 0.0 : tensor<4x3xf32>
  %m = nn.compare greater %h, %zero : tensor<4x3xf32>
  %p = nn.matmul %g, %w : tensor<4x5xf32>, tensor<5x3xf32> to tensor<4x3xf32>
  %d = nn.select %m, %p, %zero : tensor<4x3xf32>
  %s = nn.sum %d over [0] : tensor<4x3xf32> to tensor<3xf32>
  return %d, %s : tensor<4x3xf32>, tensor<3xf32>
}

// -----

// Reductions join what computes their operand.
// CHECK-LABEL: func.func @reduced
func.func @reduced(%x: tensor<4x3xf32>, %y: tensor<4x3xf32>) -> (tensor<4x3xf32>, tensor<4xf32>) {
  // CHECK: %[[R:.*]]:2 = nn.fused
  // CHECK: nn.sub
  // CHECK: nn.mul
  // CHECK: nn.sum
  // CHECK: nn.yield
  // CHECK-NOT: nn.fused
  // CHECK: return %[[R]]#0, %[[R]]#1
  %d = nn.sub %x, %y : tensor<4x3xf32>
  %q = nn.mul %d, %d : tensor<4x3xf32>
  %s = nn.sum %q over [1] : tensor<4x3xf32> to tensor<4xf32>
  return %d, %s : tensor<4x3xf32>, tensor<4xf32>
}

// -----

// A weight gradient is in no group. A norm stands between it and its use
// (clipping): two groups, and the squares go with the sum.
// CHECK-LABEL: func.func @clipped
func.func @clipped(%a: tensor<4x3xf32>, %b: tensor<4x3xf32>, %p: tensor<3x3xf32>) -> tensor<3x3xf32> {
  // CHECK-NEXT: %[[G:.*]] = nn.matmul {{.*}} {transposeA}
  // CHECK-NEXT: nn.fused(%[[G]])
  // CHECK: nn.mul
  // CHECK-NEXT: nn.sum
  // CHECK: nn.fused
  // CHECK: nn.sqrt
  // CHECK: nn.fused
  // CHECK: nn.broadcast
  // CHECK: nn.mul
  // CHECK: nn.sub
  // CHECK-NOT: nn.fused
  %g = nn.matmul %a, %b {transposeA} : tensor<4x3xf32>, tensor<4x3xf32> to tensor<3x3xf32>
  %q = nn.mul %g, %g : tensor<3x3xf32>
  %s = nn.sum %q over [0, 1] : tensor<3x3xf32> to tensor<f32>
  %n = nn.sqrt %s : tensor<f32>
  %w = nn.broadcast %n [] : tensor<f32> to tensor<3x3xf32>
  %c = nn.mul %g, %w : tensor<3x3xf32>
  %y = nn.sub %p, %c : tensor<3x3xf32>
  return %y : tensor<3x3xf32>
}

// -----

// A product reads whole operands: relu(x) is not its epilogue's, though the
// residual sum reads both.
// CHECK-LABEL: func.func @residual
func.func @residual(%x: tensor<4x4xf32>, %w: tensor<4x4xf32>) -> tensor<4x4xf32> {
  // CHECK: %[[H:.*]] = nn.fused
  // CHECK: nn.relu
  // CHECK: nn.fused(%[[H]]
  // CHECK: nn.matmul
  // CHECK-NEXT: nn.add
  %h = nn.relu %x : tensor<4x4xf32>
  %p = nn.matmul %h, %w : tensor<4x4xf32>, tensor<4x4xf32> to tensor<4x4xf32>
  %y = nn.add %p, %h : tensor<4x4xf32>
  return %y : tensor<4x4xf32>
}

// -----

// Two products and one sum of both: the second takes the sum.
// CHECK-LABEL: func.func @two_products
func.func @two_products(%x: tensor<4x3xf32>, %w: tensor<3x5xf32>, %v: tensor<3x5xf32>) -> tensor<4x5xf32> {
  // CHECK: %[[P:.*]] = nn.fused
  // CHECK: nn.matmul
  // CHECK-NEXT: nn.yield
  // CHECK: nn.fused({{.*}}%[[P]])
  // CHECK: nn.matmul
  // CHECK-NEXT: nn.add
  %p = nn.matmul %x, %w : tensor<4x3xf32>, tensor<3x5xf32> to tensor<4x5xf32>
  %q = nn.matmul %x, %v : tensor<4x3xf32>, tensor<3x5xf32> to tensor<4x5xf32>
  %y = nn.add %p, %q : tensor<4x5xf32>
  return %y : tensor<4x5xf32>
}

// -----

// 1 - x is repeated in both groups rather than written.
// CHECK-LABEL: func.func @repeated
func.func @repeated(%x: tensor<4x3xf32>, %w: tensor<3x3xf32>) -> (tensor<4x3xf32>, tensor<4x3xf32>) {
  // CHECK: %[[A:.*]] = nn.fused
  // CHECK: nn.matmul
  // CHECK: nn.sub
  // CHECK: nn.mul
  // CHECK: nn.yield %{{[^,]*}} :
  // CHECK: nn.fused
  // CHECK: nn.matmul
  // CHECK: nn.sub
  // CHECK: nn.mul
  // CHECK: nn.yield %{{[^,]*}} :
  %one = nn.constant 1.0 : tensor<4x3xf32>
  %c = nn.sub %one, %x : tensor<4x3xf32>
  %p = nn.matmul %x, %w : tensor<4x3xf32>, tensor<3x3xf32> to tensor<4x3xf32>
  %a = nn.mul %p, %c : tensor<4x3xf32>
  %q = nn.matmul %a, %w : tensor<4x3xf32>, tensor<3x3xf32> to tensor<4x3xf32>
  %b = nn.mul %q, %c : tensor<4x3xf32>
  return %a, %b : tensor<4x3xf32>, tensor<4x3xf32>
}

// -----

// Broadcasts and draws that something else reads are computed by themselves.
// CHECK-LABEL: func.func @leftover
func.func @leftover(%b: tensor<3xf32>) -> (tensor<4x3xf32>, tensor<4x3xf32>) {
  // CHECK: %[[W:.*]] = nn.fused
  // CHECK: nn.broadcast
  // CHECK-NEXT: nn.yield
  // CHECK: %[[E:.*]] = nn.random_uniform
  // CHECK: return %[[W]], %[[E]]
  %w = nn.broadcast %b [1] : tensor<3xf32> to tensor<4x3xf32>
  %e = nn.random_uniform site 1 : tensor<4x3xf32>
  return %w, %e : tensor<4x3xf32>, tensor<4x3xf32>
}
