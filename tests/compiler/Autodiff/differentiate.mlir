// RUN: gmc-opt %s --split-input-file --autodiff-differentiate --cse | FileCheck %s

// Forward values are reused: g y for exp, y (1 - y) for sigmoid.
// CHECK-LABEL: func.func @reuse
func.func @reuse(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: %[[S:.*]] = nn.sigmoid %{{.*}}
  // CHECK: %[[Y:.*]] = nn.exp %[[S]]
  // CHECK: %[[ONES:.*]] = nn.constant 1.0
  // CHECK: %[[GS:.*]] = nn.mul %[[ONES]], %[[Y]]
  // CHECK: %[[REST:.*]] = nn.sub %[[ONES]], %[[S]]
  // CHECK: %[[SLOPE:.*]] = nn.mul %[[S]], %[[REST]]
  // CHECK: %[[G:.*]] = nn.mul %[[GS]], %[[SLOPE]]
  // CHECK: return %[[G]]
  %s = nn.sigmoid %x : tensor<4xf32>
  %y = nn.exp %s : tensor<4xf32>
  %g = nn.gradient %y wrt %x : tensor<4xf32> wrt tensor<4xf32> to tensor<4xf32>
  return %g : tensor<4xf32>
}

// -----

// Two users of one value: their gradients are added.
// CHECK-LABEL: func.func @accumulate
func.func @accumulate(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK-DAG: %[[SIN:.*]] = nn.sin
  // CHECK-DAG: %[[COS:.*]] = nn.cos
  // CHECK: nn.add
  // CHECK-NOT: nn.gradient
  %a = nn.sin %x : tensor<4xf32>
  %y = nn.mul %a, %x : tensor<4xf32>
  %g = nn.gradient %y wrt %x : tensor<4xf32> wrt tensor<4xf32> to tensor<4xf32>
  return %g : tensor<4xf32>
}

// -----

// Weights that are stored transposed get their gradient stored transposed, and
// only what is asked for is built.
// CHECK-LABEL: func.func @linear
// CHECK-SAME: %[[X:.*]]: tensor<4x3xf32>, %[[W:.*]]: tensor<5x3xf32>
func.func @linear(%x: tensor<4x3xf32>, %w: tensor<5x3xf32>) -> tensor<5x3xf32> {
  // CHECK: %[[G:.*]] = nn.constant 1.0{{.*}} : tensor<4x5xf32>
  // CHECK-NEXT: %[[GW:.*]] = nn.matmul %[[G]], %[[X]] {transposeA}
  // CHECK-NEXT: return %[[GW]]
  %y = nn.matmul %x, %w {transposeB} : tensor<4x3xf32>, tensor<5x3xf32> to tensor<4x5xf32>
  %g = nn.gradient %y wrt %w : tensor<4x5xf32> wrt tensor<5x3xf32> to tensor<5x3xf32>
  return %g : tensor<5x3xf32>
}

// -----

// A gradient of a gradient: d/dx of sum((3 x^2)) is 6 x.
// CHECK-LABEL: func.func @second
func.func @second(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK-NOT: nn.gradient
  // CHECK: return
  %xx = nn.mul %x, %x : tensor<4xf32>
  %xxx = nn.mul %xx, %x : tensor<4xf32>
  %g = nn.gradient %xxx wrt %x : tensor<4xf32> wrt tensor<4xf32> to tensor<4xf32>
  %h = nn.gradient %g wrt %x : tensor<4xf32> wrt tensor<4xf32> to tensor<4xf32>
  return %h : tensor<4xf32>
}

// -----

// With respect to a value between: what it came from does not matter.
// CHECK-LABEL: func.func @between
func.func @between(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: nn.exp
  // CHECK: %[[AT:.*]] = nn.add
  // CHECK: nn.cos %[[AT]]
  // CHECK-NOT: nn.exp
  // CHECK: return
  %e = nn.exp %x : tensor<4xf32>
  %at = nn.add %e, %x : tensor<4xf32>
  %y = nn.sin %at : tensor<4xf32>
  %g = nn.gradient %y wrt %at : tensor<4xf32> wrt tensor<4xf32> to tensor<4xf32>
  return %g : tensor<4xf32>
}

// -----

// A stop, a comparison and what y does not reach have gradients of zeros; the
// stop is gone afterwards.
// CHECK-LABEL: func.func @zero
func.func @zero(%x: tensor<4xf32>, %o: tensor<2xf32>) -> (tensor<4xf32>, tensor<2xf32>) {
  // CHECK-DAG: %[[ZX:.*]] = nn.constant 0.0{{.*}} : tensor<4xf32>
  // CHECK-DAG: %[[ZO:.*]] = nn.constant 0.0{{.*}} : tensor<2xf32>
  // CHECK-NOT: nn.stop
  // CHECK: return %[[ZX]], %[[ZO]]
  %s = nn.stop %x : tensor<4xf32>
  %c = nn.compare less %x, %s : tensor<4xf32>
  %y = nn.mul %s, %c : tensor<4xf32>
  %g:2 = nn.gradient %y wrt %x, %o : tensor<4xf32> wrt tensor<4xf32>, tensor<2xf32> to tensor<4xf32>, tensor<2xf32>
  return %g#0, %g#1 : tensor<4xf32>, tensor<2xf32>
}

// -----

// What is not taken hands on 0, whatever the slope of log is there.
// CHECK-LABEL: func.func @branch
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>, %[[C:.*]]: tensor<4xf32>
func.func @branch(%x: tensor<4xf32>, %c: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: %[[ZERO:.*]] = nn.constant 0.0
  // CHECK: %[[GIVEN:.*]] = nn.select %[[C]], %{{.*}}, %[[ZERO]]
  // CHECK: %[[SLOPE:.*]] = nn.div %[[GIVEN]], %[[X]]
  // CHECK: %[[TAKEN:.*]] = nn.compare not_equal %[[C]], %[[ZERO]]
  // CHECK: %[[SAFE:.*]] = nn.select %[[TAKEN]], %[[SLOPE]], %[[ZERO]]
  // CHECK: return %[[SAFE]]
  %log = nn.log %x : tensor<4xf32>
  %zero = nn.constant 0.0 : tensor<4xf32>
  %y = nn.select %c, %log, %zero : tensor<4xf32>
  %g = nn.gradient %y wrt %x : tensor<4xf32> wrt tensor<4xf32> to tensor<4xf32>
  return %g : tensor<4xf32>
}

// -----

// A slope that is finite everywhere needs no mask; nor does one behind which both
// branches are taken.
// CHECK-LABEL: func.func @finite
func.func @finite(%x: tensor<4xf32>, %c: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK-COUNT-3: nn.select
  // CHECK-NOT: nn.select
  // CHECK: return
  %u = nn.log %x : tensor<4xf32>
  %s = nn.sigmoid %c : tensor<4xf32>
  %y = nn.select %c, %u, %u : tensor<4xf32>
  %z = nn.mul %y, %s : tensor<4xf32>
  %g = nn.gradient %z wrt %x : tensor<4xf32> wrt tensor<4xf32> to tensor<4xf32>
  return %g : tensor<4xf32>
}

// -----

// The branch of a whole example reaches past a product of matrices: rows that are
// not taken do not spoil the sum over examples.
// CHECK-LABEL: func.func @rows
func.func @rows(%x: tensor<4x3xf32>, %w: tensor<5x3xf32>, %c: tensor<4x5xf32>) -> tensor<5x3xf32> {
  // CHECK: %[[LOG:.*]] = nn.log
  // CHECK: %[[TAKEN:.*]] = nn.compare not_equal
  // CHECK: %[[ROWS:.*]] = nn.reduce_max %[[TAKEN]] over [1]
  // CHECK: %[[MASK:.*]] = nn.broadcast %[[ROWS]] [0]
  // CHECK: %[[SAFE:.*]] = nn.select %[[MASK]], %[[LOG]]
  // CHECK: nn.matmul %{{.*}}, %[[SAFE]] {transposeA}
  %log = nn.log %x : tensor<4x3xf32>
  %p = nn.matmul %log, %w {transposeB} : tensor<4x3xf32>, tensor<5x3xf32> to tensor<4x5xf32>
  %zero = nn.constant 0.0 : tensor<4x5xf32>
  %y = nn.select %c, %p, %zero : tensor<4x5xf32>
  %g = nn.gradient %y wrt %w : tensor<4x5xf32> wrt tensor<5x3xf32> to tensor<5x3xf32>
  return %g : tensor<5x3xf32>
}
