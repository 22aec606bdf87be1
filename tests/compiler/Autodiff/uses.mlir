// RUN: gmc-opt %s --split-input-file --autodiff-differentiate --nn-merge-equal --nn-prune | FileCheck %s
// What a product computes of its layer goes along with its derivatives, of any
// order; whichever operand the weight is.

// CHECK-LABEL: func.func @layer
// CHECK: nn.matmul {{.*}}<"w" call 3 order 0 : input, weight>
// CHECK: nn.matmul {{.*}}<"w" call 3 order 1 : output, weight>
// CHECK: nn.matmul {{.*}}<"w" call 3 order 1 : output, input>
func.func @layer(%x: tensor<4x3xf32>, %w: tensor<5x3xf32>) -> (tensor<4x3xf32>, tensor<5x3xf32>) {
  %h = nn.matmul %x, %w {transposeB, use = #nn.use<"w" call 3 order 0 : input, weight>} : tensor<4x3xf32>, tensor<5x3xf32> to tensor<4x5xf32>
  %y = nn.tanh %h : tensor<4x5xf32>
  %g:2 = nn.gradient %y wrt %x, %w : tensor<4x5xf32> wrt tensor<4x3xf32>, tensor<5x3xf32> to tensor<4x3xf32>, tensor<5x3xf32>
  return %g#0, %g#1 : tensor<4x3xf32>, tensor<5x3xf32>
}

// -----

// CHECK-LABEL: func.func @leftWeight
// CHECK: nn.matmul {{.*}}<"w" call 0 order 0 : weight, input>
// CHECK: nn.matmul {{.*}}<"w" call 0 order 1 : output, input>
func.func @leftWeight(%x: tensor<3x4xf32>, %w: tensor<5x3xf32>) -> tensor<5x3xf32> {
  %h = nn.matmul %w, %x {use = #nn.use<"w" call 0 order 0 : weight, input>} : tensor<5x3xf32>, tensor<3x4xf32> to tensor<5x4xf32>
  %y = nn.tanh %h : tensor<5x4xf32>
  %g = nn.gradient %y wrt %w : tensor<5x4xf32> wrt tensor<5x3xf32> to tensor<5x3xf32>
  return %g : tensor<5x3xf32>
}

// -----

// A gradient of the input, as in a gradient penalty, then one in the weight.
// CHECK-LABEL: func.func @penalty
// CHECK: nn.conv %{{.*}}<"w" call 0 order 0 : input, weight>
// CHECK: nn.conv_input %{{.*}}<"w" call 0 order 1 : output, weight>
// CHECK-DAG: nn.conv_weight %{{.*}}<"w" call 0 order 2 : input, output>
// CHECK-DAG: nn.conv %{{.*}}<"w" call 0 order 2 : input, weight>
// CHECK-DAG: nn.conv_weight %{{.*}}<"w" call 0 order 1 : input, output>
func.func @penalty(%x: tensor<2x1x4x4xf32>, %w: tensor<3x1x3x3xf32>) -> tensor<3x1x3x3xf32> {
  %h = nn.conv %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1 {use = #nn.use<"w" call 0 order 0 : input, weight>} : tensor<2x1x4x4xf32>, tensor<3x1x3x3xf32> to tensor<2x3x2x2xf32>
  %y = nn.tanh %h : tensor<2x3x2x2xf32>
  %d = nn.gradient %y wrt %x : tensor<2x3x2x2xf32> wrt tensor<2x1x4x4xf32> to tensor<2x1x4x4xf32>
  %p = nn.mul %d, %d : tensor<2x1x4x4xf32>
  %g = nn.gradient %p wrt %w : tensor<2x1x4x4xf32> wrt tensor<3x1x3x3xf32> to tensor<3x1x3x3xf32>
  return %g : tensor<3x1x3x3xf32>
}

// -----

// Two calls that are handed one gradient: one product, the first one's.
// CHECK-LABEL: func.func @equal
// CHECK: %[[ONE:.*]] = nn.matmul {{.*}}<"w" call 0 order 1 : output, weight>
// CHECK-NOT: nn.matmul
// CHECK: return %[[ONE]], %[[ONE]]
func.func @equal(%g: tensor<4x5xf32>, %w: tensor<5x3xf32>) -> (tensor<4x3xf32>, tensor<4x3xf32>) {
  %a = nn.matmul %g, %w {use = #nn.use<"w" call 0 order 1 : output, weight>} : tensor<4x5xf32>, tensor<5x3xf32> to tensor<4x3xf32>
  %b = nn.matmul %g, %w {use = #nn.use<"w" call 1 order 1 : output, weight>} : tensor<4x5xf32>, tensor<5x3xf32> to tensor<4x3xf32>
  return %a, %b : tensor<4x3xf32>, tensor<4x3xf32>
}
