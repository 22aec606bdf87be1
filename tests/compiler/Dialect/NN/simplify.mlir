// RUN: gmc-opt %s --split-input-file --verify-diagnostics --nn-simplify | FileCheck %s

// CHECK-LABEL: func.func @identities
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>
func.func @identities(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  // CHECK-DAG: %[[N:.*]] = nn.neg %[[X]]
  // CHECK-DAG: %[[Q:.*]] = nn.mul %[[X]], %[[X]]
  // CHECK: return %[[X]], %[[X]], %[[N]], %[[Q]]
  %zero = nn.constant 0.0 : tensor<4xf32>
  %one = nn.constant 1.0 : tensor<4xf32>
  %two = nn.constant 2.0 : tensor<4xf32>
  %a = nn.mul %one, %x : tensor<4xf32>
  %b = nn.add %a, %zero : tensor<4xf32>
  %n = nn.neg %x : tensor<4xf32>
  %m = nn.neg %n : tensor<4xf32>
  %s = nn.sub %zero, %x : tensor<4xf32>
  %p = nn.pow %x, %two : tensor<4xf32>
  return %b, %m, %s, %p : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// -----

// x may be infinite: nothing that hides it.
// CHECK-LABEL: func.func @not_finite
func.func @not_finite(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  // CHECK: nn.mul
  // CHECK: nn.sub
  // CHECK: nn.div
  %zero = nn.constant 0.0 : tensor<4xf32>
  %a = nn.mul %zero, %x : tensor<4xf32>
  %b = nn.sub %x, %x : tensor<4xf32>
  %c = nn.div %x, %x : tensor<4xf32>
  return %a, %b, %c : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// -----

// Constants are gathered and evaluated in f32: 3 * (0.5 * -x) / 2.
// CHECK-LABEL: func.func @gathered
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>
func.func @gathered(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: %[[C:.*]] = nn.constant -7.5{{0*}}e-01
  // CHECK-NEXT: %[[Y:.*]] = nn.mul %[[C]], %[[X]]
  // CHECK-NEXT: return %[[Y]]
  %half = nn.constant 5.0e-1 : tensor<4xf32>
  %one = nn.constant 1.0 : tensor<4xf32>
  %two = nn.add %one, %one : tensor<4xf32>
  %three = nn.add %one, %two : tensor<4xf32>
  %n = nn.neg %x : tensor<4xf32>
  %a = nn.mul %half, %n : tensor<4xf32>
  %b = nn.mul %a, %three : tensor<4xf32>
  %c = nn.div %b, %two : tensor<4xf32>
  return %c : tensor<4xf32>
}

// -----

// The seed of ones behind a mean: constants all the way.
// CHECK-LABEL: func.func @seed
func.func @seed() -> tensor<4x3xf32> {
  // CHECK: %[[C:.*]] = nn.constant 2.5{{0*}}e-01 : tensor<4x3xf32>
  // CHECK-NEXT: return %[[C]]
  %one = nn.constant 1.0 : tensor<f32>
  %n = nn.constant 4.0 : tensor<f32>
  %d = nn.div %one, %n : tensor<f32>
  %b = nn.broadcast %d [] : tensor<f32> to tensor<4xf32>
  %c = nn.broadcast %b [0] : tensor<4xf32> to tensor<4x3xf32>
  return %c : tensor<4x3xf32>
}

// -----

// Ops move before broadcasts; what is summed over repetitions is counted.
// CHECK-LABEL: func.func @narrow
// CHECK-SAME: %[[B:.*]]: tensor<3xf32>
func.func @narrow(%b: tensor<3xf32>) -> (tensor<4x3xf32>, tensor<3xf32>) {
  // CHECK: %[[E:.*]] = nn.exp %[[B]] : tensor<3xf32>
  // CHECK: %[[W:.*]] = nn.broadcast %[[E]] [1]
  // CHECK: %[[C:.*]] = nn.constant 4.0
  // CHECK: %[[S:.*]] = nn.mul %[[C]], %[[E]] : tensor<3xf32>
  // CHECK: return %[[W]], %[[S]]
  %w = nn.broadcast %b [1] : tensor<3xf32> to tensor<4x3xf32>
  %e = nn.exp %w : tensor<4x3xf32>
  %s = nn.sum %e over [0] : tensor<4x3xf32> to tensor<3xf32>
  return %e, %s : tensor<4x3xf32>, tensor<3xf32>
}

// -----

// Summed over one of two dimensions along which it is repeated: the other one
// keeps its place.
// CHECK-LABEL: func.func @partly
// CHECK-SAME: %[[X:.*]]: tensor<3xf32>
func.func @partly(%x: tensor<3xf32>) -> tensor<2x3xf32> {
  // CHECK: %[[S:.*]] = nn.mul %{{.*}}, %[[X]] : tensor<3xf32>
  // CHECK: nn.broadcast %[[S]] [1] : tensor<3xf32> to tensor<2x3xf32>
  %b = nn.broadcast %x [2] : tensor<3xf32> to tensor<4x2x3xf32>
  %s = nn.sum %b over [0] : tensor<4x2x3xf32> to tensor<2x3xf32>
  return %s : tensor<2x3xf32>
}

// -----

// An extreme of what is repeated is the extreme, here of the other dimension.
// CHECK-LABEL: func.func @extremes
// CHECK-SAME: %[[X:.*]]: tensor<3xf32>
func.func @extremes(%x: tensor<3xf32>) -> (tensor<3xf32>, tensor<4xf32>) {
  // CHECK: %[[L:.*]] = nn.reduce_min %[[X]] over [0] : tensor<3xf32> to tensor<f32>
  // CHECK: %[[W:.*]] = nn.broadcast %[[L]] [] : tensor<f32> to tensor<4xf32>
  // CHECK: return %[[X]], %[[W]]
  %b = nn.broadcast %x [1] : tensor<3xf32> to tensor<4x3xf32>
  %m = nn.reduce_max %b over [0] : tensor<4x3xf32> to tensor<3xf32>
  %l = nn.reduce_min %b over [1] : tensor<4x3xf32> to tensor<4xf32>
  return %m, %l : tensor<3xf32>, tensor<4xf32>
}

// -----

// CHECK-LABEL: func.func @sums
// CHECK-SAME: %[[X:.*]]: tensor<4x2x3xf32>
func.func @sums(%x: tensor<4x2x3xf32>) -> tensor<2xf32> {
  // CHECK: nn.sum %[[X]] over [0, 2] : tensor<4x2x3xf32> to tensor<2xf32>
  // CHECK-NOT: nn.sum
  %a = nn.sum %x over [2] : tensor<4x2x3xf32> to tensor<4x2xf32>
  %b = nn.sum %a over [0] : tensor<4x2xf32> to tensor<2xf32>
  return %b : tensor<2xf32>
}

// -----

// CHECK-LABEL: func.func @transposes
// CHECK-SAME: %[[X:.*]]: tensor<4x3xf32>, %[[W:.*]]: tensor<5x3xf32>
func.func @transposes(%x: tensor<4x3xf32>, %w: tensor<5x3xf32>) -> (tensor<4x5xf32>, tensor<5x4xf32>) {
  // CHECK-DAG: nn.matmul %[[X]], %[[W]] {transposeB}
  // CHECK-DAG: nn.matmul %[[W]], %[[X]] {transposeB}
  // CHECK-NOT: nn.transpose
  %t = nn.transpose %w [1, 0] : tensor<5x3xf32> to tensor<3x5xf32>
  %y = nn.matmul %x, %t : tensor<4x3xf32>, tensor<3x5xf32> to tensor<4x5xf32>
  %z = nn.matmul %x, %w {transposeB} : tensor<4x3xf32>, tensor<5x3xf32> to tensor<4x5xf32>
  %u = nn.transpose %z [1, 0] : tensor<4x5xf32> to tensor<5x4xf32>
  return %y, %u : tensor<4x5xf32>, tensor<5x4xf32>
}

// -----

// What a split hands back is joined, not padded and added.
// CHECK-LABEL: func.func @split
// CHECK-SAME: %[[A:.*]]: tensor<4x2xf32>, %[[B:.*]]: tensor<4x3xf32>
func.func @split(%a: tensor<4x2xf32>, %b: tensor<4x3xf32>) -> tensor<4x5xf32> {
  // CHECK-NEXT: %[[Y:.*]] = nn.concat %[[A]], %[[B]] along 1
  // CHECK-NEXT: return %[[Y]]
  %p = nn.pad %a along 1 low 0 high 3 : tensor<4x2xf32> to tensor<4x5xf32>
  %q = nn.pad %b along 1 low 2 high 0 : tensor<4x3xf32> to tensor<4x5xf32>
  %y = nn.add %q, %p : tensor<4x5xf32>
  return %y : tensor<4x5xf32>
}

// -----

func.func @too_early(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{must be written out by --autodiff-differentiate before --nn-simplify}}
  %g = nn.gradient %x wrt %x : tensor<4xf32> wrt tensor<4xf32> to tensor<4xf32>
  return %g : tensor<4xf32>
}
