// RUN: gmc-opt %s | gmc-opt | FileCheck %s

// Every op of the dialect is printed as it was read.

// Element by element, of one operand.
// CHECK-LABEL: func.func @unary
// CHECK-SAME: %[[U:[a-z0-9]+]]: tensor<2xf32>
// CHECK-SAME: %[[D:[a-z0-9]+]]: tensor<4x3xf64>
func.func @unary(%u: tensor<2xf32>, %d: tensor<4x3xf64>) {
  // CHECK-NEXT: %{{.*}} = nn.neg %[[U]] : tensor<2xf32>
  %r1 = nn.neg %u : tensor<2xf32>
  // CHECK-NEXT: %{{.*}} = nn.exp %[[U]] : tensor<2xf32>
  %r2 = nn.exp %u : tensor<2xf32>
  // CHECK-NEXT: %{{.*}} = nn.log %[[U]] : tensor<2xf32>
  %r3 = nn.log %u : tensor<2xf32>
  // CHECK-NEXT: %{{.*}} = nn.log1p %[[U]] : tensor<2xf32>
  %r4 = nn.log1p %u : tensor<2xf32>
  // CHECK-NEXT: %{{.*}} = nn.sqrt %[[U]] : tensor<2xf32>
  %r5 = nn.sqrt %u : tensor<2xf32>
  // CHECK-NEXT: %{{.*}} = nn.abs %[[U]] : tensor<2xf32>
  %r6 = nn.abs %u : tensor<2xf32>
  // CHECK-NEXT: %{{.*}} = nn.sign %[[U]] : tensor<2xf32>
  %r7 = nn.sign %u : tensor<2xf32>
  // CHECK-NEXT: %{{.*}} = nn.sin %[[U]] : tensor<2xf32>
  %r8 = nn.sin %u : tensor<2xf32>
  // CHECK-NEXT: %{{.*}} = nn.cos %[[U]] : tensor<2xf32>
  %r9 = nn.cos %u : tensor<2xf32>
  // CHECK-NEXT: %{{.*}} = nn.tanh %[[U]] : tensor<2xf32>
  %r10 = nn.tanh %u : tensor<2xf32>
  // CHECK-NEXT: %{{.*}} = nn.erf %[[U]] : tensor<2xf32>
  %r11 = nn.erf %u : tensor<2xf32>
  // CHECK-NEXT: %{{.*}} = nn.lgamma %[[U]] : tensor<2xf32>
  %r12 = nn.lgamma %u : tensor<2xf32>
  // CHECK-NEXT: %{{.*}} = nn.sigmoid %[[U]] : tensor<2xf32>
  %r13 = nn.sigmoid %u : tensor<2xf32>
  // CHECK-NEXT: %{{.*}} = nn.softplus %[[U]] : tensor<2xf32>
  %r14 = nn.softplus %u : tensor<2xf32>
  // CHECK-NEXT: %{{.*}} = nn.relu %[[U]] : tensor<2xf32>
  %r15 = nn.relu %u : tensor<2xf32>
  // CHECK-NEXT: %{{.*}} = nn.round %[[U]] : tensor<2xf32>
  %r16 = nn.round %u : tensor<2xf32>
  // CHECK-NEXT: %{{.*}} = nn.stop %[[U]] : tensor<2xf32>
  %r17 = nn.stop %u : tensor<2xf32>
  // CHECK-NEXT: %{{.*}} = nn.exp %[[D]] : tensor<4x3xf64>
  %r18 = nn.exp %d : tensor<4x3xf64>
  // CHECK-NEXT: return
  return
}

// Element by element, of one operand and a number.
// CHECK-LABEL: func.func @unary_with_number
// CHECK-SAME: %[[U:[a-z0-9]+]]: tensor<2xf32>
// CHECK-SAME: %[[D:[a-z0-9]+]]: tensor<4x3xf64>
func.func @unary_with_number(%u: tensor<2xf32>, %d: tensor<4x3xf64>) {
  // CHECK-NEXT: %{{.*}} = nn.leaky_relu %[[U]] slope 2.0{{0*}}e-01 : tensor<2xf32>
  %r1 = nn.leaky_relu %u slope 2.0e-1 : tensor<2xf32>
  // CHECK-NEXT: %{{.*}} = nn.polygamma %[[U]] order 0 : tensor<2xf32>
  %r2 = nn.polygamma %u order 0 : tensor<2xf32>
  // CHECK-NEXT: %{{.*}} = nn.polygamma %[[D]] order 3 : tensor<4x3xf64>
  %r3 = nn.polygamma %d order 3 : tensor<4x3xf64>
  // CHECK-NEXT: return
  return
}

// Element by element, of two operands, whose order is kept; also with an attribute that is
// no op's own.
// CHECK-LABEL: func.func @binary
// CHECK-SAME: %[[A:[a-z0-9]+]]: tensor<2xf32>
// CHECK-SAME: %[[B:[a-z0-9]+]]: tensor<2xf32>
// CHECK-SAME: %[[S:[a-z0-9]+]]: tensor<f64>
func.func @binary(%a: tensor<2xf32>, %b: tensor<2xf32>, %s: tensor<f64>) {
  // CHECK-NEXT: %{{.*}} = nn.add %[[A]], %[[B]] : tensor<2xf32>
  %r1 = nn.add %a, %b : tensor<2xf32>
  // CHECK-NEXT: %{{.*}} = nn.sub %[[A]], %[[B]] : tensor<2xf32>
  %r2 = nn.sub %a, %b : tensor<2xf32>
  // CHECK-NEXT: %{{.*}} = nn.mul %[[A]], %[[B]] : tensor<2xf32>
  %r3 = nn.mul %a, %b : tensor<2xf32>
  // CHECK-NEXT: %{{.*}} = nn.div %[[A]], %[[B]] : tensor<2xf32>
  %r4 = nn.div %a, %b : tensor<2xf32>
  // CHECK-NEXT: %{{.*}} = nn.pow %[[A]], %[[B]] : tensor<2xf32>
  %r5 = nn.pow %a, %b : tensor<2xf32>
  // CHECK-NEXT: %{{.*}} = nn.xlogy %[[A]], %[[B]] : tensor<2xf32>
  %r6 = nn.xlogy %a, %b : tensor<2xf32>
  // CHECK-NEXT: %{{.*}} = nn.min %[[A]], %[[B]] : tensor<2xf32>
  %r7 = nn.min %a, %b : tensor<2xf32>
  // CHECK-NEXT: %{{.*}} = nn.max %[[A]], %[[B]] : tensor<2xf32>
  %r8 = nn.max %a, %b : tensor<2xf32>
  // CHECK-NEXT: %{{.*}} = nn.gamma_quantile %[[A]], %[[B]] : tensor<2xf32>
  %r9 = nn.gamma_quantile %a, %b : tensor<2xf32>
  // CHECK-NEXT: %{{.*}} = nn.gamma_quantile_slope %[[A]], %[[B]] : tensor<2xf32>
  %r10 = nn.gamma_quantile_slope %a, %b : tensor<2xf32>
  // CHECK-NEXT: %{{.*}} = nn.add %[[S]], %[[S]] {note = "kept"} : tensor<f64>
  %r11 = nn.add %s, %s {note = "kept"} : tensor<f64>
  // CHECK-NEXT: return
  return
}

// Comparisons, with each predicate, and the choice by one.
// CHECK-LABEL: func.func @compare
// CHECK-SAME: %[[A:[a-z0-9]+]]: tensor<2xf32>
// CHECK-SAME: %[[B:[a-z0-9]+]]: tensor<2xf32>
// CHECK-SAME: %[[C:[a-z0-9]+]]: tensor<2xf32>
func.func @compare(%a: tensor<2xf32>, %b: tensor<2xf32>, %c: tensor<2xf32>) {
  // CHECK-NEXT: %{{.*}} = nn.compare less %[[A]], %[[B]] : tensor<2xf32>
  %r1 = nn.compare less %a, %b : tensor<2xf32>
  // CHECK-NEXT: %{{.*}} = nn.compare less_equal %[[A]], %[[B]] : tensor<2xf32>
  %r2 = nn.compare less_equal %a, %b : tensor<2xf32>
  // CHECK-NEXT: %{{.*}} = nn.compare greater %[[A]], %[[B]] : tensor<2xf32>
  %r3 = nn.compare greater %a, %b : tensor<2xf32>
  // CHECK-NEXT: %{{.*}} = nn.compare greater_equal %[[A]], %[[B]] : tensor<2xf32>
  %r4 = nn.compare greater_equal %a, %b : tensor<2xf32>
  // CHECK-NEXT: %{{.*}} = nn.compare equal %[[A]], %[[B]] : tensor<2xf32>
  %r5 = nn.compare equal %a, %b : tensor<2xf32>
  // CHECK-NEXT: %{{.*}} = nn.compare not_equal %[[A]], %[[B]] : tensor<2xf32>
  %r6 = nn.compare not_equal %a, %b : tensor<2xf32>
  // CHECK-NEXT: %{{.*}} = nn.select %[[C]], %[[A]], %[[B]] : tensor<2xf32>
  %r7 = nn.select %c, %a, %b : tensor<2xf32>
  // CHECK-NEXT: return
  return
}

// Leaves, with numbers that have no decimal form too (infinity, NaN), and precisions.
// CHECK-LABEL: func.func @leaves
// CHECK-SAME: %[[U:[a-z0-9]+]]: tensor<f64>
// CHECK-SAME: %[[V:[a-z0-9]+]]: tensor<2x3xf32>
func.func @leaves(%u: tensor<f64>, %v: tensor<2x3xf32>) {
  // CHECK-NEXT: %{{.*}} = nn.constant 5.0{{0*}}e-01 : tensor<4x3xf32>
  %r1 = nn.constant 5.0e-1 : tensor<4x3xf32>
  // CHECK-NEXT: %{{.*}} = nn.constant -0.0{{0*}}e+00 : tensor<f32>
  %r2 = nn.constant -0.0 : tensor<f32>
  // CHECK-NEXT: %{{.*}} = nn.constant 1.0{{0*}}e+300 : tensor<0xf64>
  %r3 = nn.constant 1.0e+300 : tensor<0xf64>
  // CHECK-NEXT: %{{.*}} = nn.constant 0x7FF0000000000000 : tensor<2xf32>
  %r4 = nn.constant 0x7FF0000000000000 : tensor<2xf32>
  // CHECK-NEXT: %{{.*}} = nn.constant 0x7FF8000000000000 : tensor<2xf64>
  %r5 = nn.constant 0x7FF8000000000000 : tensor<2xf64>
  // CHECK-NEXT: %{{.*}} = nn.iota along 0 : tensor<4xf64>
  %r6 = nn.iota along 0 : tensor<4xf64>
  // CHECK-NEXT: %{{.*}} = nn.iota along 1 : tensor<4x3xf32>
  %r7 = nn.iota along 1 : tensor<4x3xf32>
  // CHECK-NEXT: %{{.*}} = nn.convert %[[U]] : tensor<f64> to tensor<f32>
  %r8 = nn.convert %u : tensor<f64> to tensor<f32>
  // CHECK-NEXT: %{{.*}} = nn.convert %[[V]] : tensor<2x3xf32> to tensor<2x3xf64>
  %r9 = nn.convert %v : tensor<2x3xf32> to tensor<2x3xf64>
  // CHECK-NEXT: return
  return
}

// Shapes, each at the bounds that its verifier allows as well.
// CHECK-LABEL: func.func @shapes
// CHECK-SAME: %[[S:[a-z0-9]+]]: tensor<f32>
// CHECK-SAME: %[[B:[a-z0-9]+]]: tensor<3xf32>
// CHECK-SAME: %[[M:[a-z0-9]+]]: tensor<4x3xf32>
// CHECK-SAME: %[[T:[a-z0-9]+]]: tensor<2x3x5xf64>
// CHECK-SAME: %[[I:[a-z0-9]+]]: tensor<4x1x28x28xf32>
// CHECK-SAME: %[[Z:[a-z0-9]+]]: tensor<0xf32>
func.func @shapes(%s: tensor<f32>, %b: tensor<3xf32>, %m: tensor<4x3xf32>, %t: tensor<2x3x5xf64>,
                  %i: tensor<4x1x28x28xf32>, %z: tensor<0xf32>) {
  // CHECK-NEXT: %{{.*}} = nn.broadcast %[[B]] [1] : tensor<3xf32> to tensor<4x3xf32>
  %r1 = nn.broadcast %b [1] : tensor<3xf32> to tensor<4x3xf32>
  // CHECK-NEXT: %{{.*}} = nn.broadcast %[[S]] [] : tensor<f32> to tensor<4x3xf32>
  %r2 = nn.broadcast %s [] : tensor<f32> to tensor<4x3xf32>
  // CHECK-NEXT: %{{.*}} = nn.broadcast %[[M]] [0, 2] : tensor<4x3xf32> to tensor<4x7x3xf32>
  %r3 = nn.broadcast %m [0, 2] : tensor<4x3xf32> to tensor<4x7x3xf32>
  // CHECK-NEXT: %{{.*}} = nn.reshape %[[I]] : tensor<4x1x28x28xf32> to tensor<4x784xf32>
  %r4 = nn.reshape %i : tensor<4x1x28x28xf32> to tensor<4x784xf32>
  // CHECK-NEXT: %{{.*}} = nn.reshape %[[S]] : tensor<f32> to tensor<1x1xf32>
  %r5 = nn.reshape %s : tensor<f32> to tensor<1x1xf32>
  // CHECK-NEXT: %{{.*}} = nn.reshape %[[Z]] : tensor<0xf32> to tensor<3x0xf32>
  %r6 = nn.reshape %z : tensor<0xf32> to tensor<3x0xf32>
  // CHECK-NEXT: %{{.*}} = nn.transpose %[[M]] [1, 0] : tensor<4x3xf32> to tensor<3x4xf32>
  %r7 = nn.transpose %m [1, 0] : tensor<4x3xf32> to tensor<3x4xf32>
  // CHECK-NEXT: %{{.*}} = nn.transpose %[[T]] [2, 0, 1] : tensor<2x3x5xf64> to tensor<5x2x3xf64>
  %r8 = nn.transpose %t [2, 0, 1] : tensor<2x3x5xf64> to tensor<5x2x3xf64>
  // CHECK-NEXT: %{{.*}} = nn.transpose %[[S]] [] : tensor<f32> to tensor<f32>
  %r9 = nn.transpose %s [] : tensor<f32> to tensor<f32>
  // CHECK-NEXT: %{{.*}} = nn.slice %[[M]] along 1 from 0 to 2 : tensor<4x3xf32> to tensor<4x2xf32>
  %r10 = nn.slice %m along 1 from 0 to 2 : tensor<4x3xf32> to tensor<4x2xf32>
  // CHECK-NEXT: %{{.*}} = nn.slice %[[M]] along 0 from 3 to 4 : tensor<4x3xf32> to tensor<1x3xf32>
  %r11 = nn.slice %m along 0 from 3 to 4 : tensor<4x3xf32> to tensor<1x3xf32>
  // CHECK-NEXT: %{{.*}} = nn.pad %[[M]] along 1 low 0 high 1 : tensor<4x3xf32> to tensor<4x4xf32>
  %r12 = nn.pad %m along 1 low 0 high 1 : tensor<4x3xf32> to tensor<4x4xf32>
  // CHECK-NEXT: %{{.*}} = nn.pad %[[M]] along 0 low 2 high 0 : tensor<4x3xf32> to tensor<6x3xf32>
  %r13 = nn.pad %m along 0 low 2 high 0 : tensor<4x3xf32> to tensor<6x3xf32>
  // CHECK-NEXT: %{{.*}} = nn.concat %[[M]], %[[M]] along 1
  // CHECK-SAME: : tensor<4x3xf32>, tensor<4x3xf32> to tensor<4x6xf32>
  %r14 = nn.concat %m, %m along 1
      : tensor<4x3xf32>, tensor<4x3xf32> to tensor<4x6xf32>
  // CHECK-NEXT: %{{.*}} = nn.concat %[[B]], %[[Z]] along 0
  // CHECK-SAME: : tensor<3xf32>, tensor<0xf32> to tensor<3xf32>
  %r15 = nn.concat %b, %z along 0
      : tensor<3xf32>, tensor<0xf32> to tensor<3xf32>
  // CHECK-NEXT: return
  return
}

// Reductions, over one, several and no dimensions.
// CHECK-LABEL: func.func @reductions
// CHECK-SAME: %[[M:[a-z0-9]+]]: tensor<4x3xf32>
// CHECK-SAME: %[[T:[a-z0-9]+]]: tensor<2x3x5xf64>
func.func @reductions(%m: tensor<4x3xf32>, %t: tensor<2x3x5xf64>) {
  // CHECK-NEXT: %{{.*}} = nn.sum %[[M]] over [1] : tensor<4x3xf32> to tensor<4xf32>
  %r1 = nn.sum %m over [1] : tensor<4x3xf32> to tensor<4xf32>
  // CHECK-NEXT: %{{.*}} = nn.sum %[[T]] over [0, 2] : tensor<2x3x5xf64> to tensor<3xf64>
  %r2 = nn.sum %t over [0, 2] : tensor<2x3x5xf64> to tensor<3xf64>
  // CHECK-NEXT: %{{.*}} = nn.sum %[[M]] over [] : tensor<4x3xf32> to tensor<4x3xf32>
  %r3 = nn.sum %m over [] : tensor<4x3xf32> to tensor<4x3xf32>
  // CHECK-NEXT: %{{.*}} = nn.reduce_max %[[M]] over [0] : tensor<4x3xf32> to tensor<3xf32>
  %r4 = nn.reduce_max %m over [0] : tensor<4x3xf32> to tensor<3xf32>
  // CHECK-NEXT: %{{.*}} = nn.reduce_max %[[T]] over [0, 1, 2] : tensor<2x3x5xf64> to tensor<f64>
  %r5 = nn.reduce_max %t over [0, 1, 2] : tensor<2x3x5xf64> to tensor<f64>
  // CHECK-NEXT: %{{.*}} = nn.reduce_min %[[M]] over [0, 1] : tensor<4x3xf32> to tensor<f32>
  %r6 = nn.reduce_min %m over [0, 1] : tensor<4x3xf32> to tensor<f32>
  // CHECK-NEXT: %{{.*}} = nn.reduce_min %[[T]] over [1] : tensor<2x3x5xf64> to tensor<2x5xf64>
  %r7 = nn.reduce_min %t over [1] : tensor<2x3x5xf64> to tensor<2x5xf64>
  // CHECK-NEXT: return
  return
}

// Products of matrices, with each operand as it is or transposed.
// CHECK-LABEL: func.func @matmul
// CHECK-SAME: %[[A:[a-z0-9]+]]: tensor<4x3xf32>
// CHECK-SAME: %[[B:[a-z0-9]+]]: tensor<3x5xf32>
// CHECK-SAME: %[[C:[a-z0-9]+]]: tensor<5x3xf32>
// CHECK-SAME: %[[D:[a-z0-9]+]]: tensor<3x4xf32>
// CHECK-SAME: %[[E:[a-z0-9]+]]: tensor<4x3xf64>
func.func @matmul(%a: tensor<4x3xf32>, %b: tensor<3x5xf32>, %c: tensor<5x3xf32>,
                  %d: tensor<3x4xf32>, %e: tensor<4x3xf64>) {
  // CHECK-NEXT: %{{.*}} = nn.matmul %[[A]], %[[B]]
  // CHECK-SAME: : tensor<4x3xf32>, tensor<3x5xf32> to tensor<4x5xf32>
  %r1 = nn.matmul %a, %b
      : tensor<4x3xf32>, tensor<3x5xf32> to tensor<4x5xf32>
  // CHECK-NEXT: %{{.*}} = nn.matmul %[[A]], %[[C]] {transposeB}
  // CHECK-SAME: : tensor<4x3xf32>, tensor<5x3xf32> to tensor<4x5xf32>
  %r2 = nn.matmul %a, %c {transposeB}
      : tensor<4x3xf32>, tensor<5x3xf32> to tensor<4x5xf32>
  // CHECK-NEXT: %{{.*}} = nn.matmul %[[D]], %[[B]] {transposeA}
  // CHECK-SAME: : tensor<3x4xf32>, tensor<3x5xf32> to tensor<4x5xf32>
  %r3 = nn.matmul %d, %b {transposeA}
      : tensor<3x4xf32>, tensor<3x5xf32> to tensor<4x5xf32>
  // CHECK-NEXT: %{{.*}} = nn.matmul %[[D]], %[[C]] {transposeA, transposeB}
  // CHECK-SAME: : tensor<3x4xf32>, tensor<5x3xf32> to tensor<4x5xf32>
  %r4 = nn.matmul %d, %c {transposeA, transposeB}
      : tensor<3x4xf32>, tensor<5x3xf32> to tensor<4x5xf32>
  // CHECK-NEXT: nn.matmul {{.*}} {use = #nn.use<"G.w" call 2 order 1 : output, weight>}
  %u1 = nn.matmul %a, %b {use = #nn.use<"G.w" call 2 order 1 : output, weight>}
      : tensor<4x3xf32>, tensor<3x5xf32> to tensor<4x5xf32>
  // CHECK-NEXT: %{{.*}} = nn.matmul %[[E]], %[[E]] {transposeA}
  // CHECK-SAME: : tensor<4x3xf64>, tensor<4x3xf64> to tensor<3x3xf64>
  %r5 = nn.matmul %e, %e {transposeA}
      : tensor<4x3xf64>, tensor<4x3xf64> to tensor<3x3xf64>
  // CHECK-NEXT: return
  return
}

// Convolutions with PyTorch's layouts, every number another one for heights and widths. The
// last row of x is in no window.
// CHECK-LABEL: func.func @convolutions
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<2x10x9x10xf32>
// CHECK-SAME: %[[W:[a-z0-9]+]]: tensor<12x5x3x2xf32>
// CHECK-SAME: %[[Y:[a-z0-9]+]]: tensor<2x12x4x13xf32>
func.func @convolutions(%x: tensor<2x10x9x10xf32>, %w: tensor<12x5x3x2xf32>,
                        %y: tensor<2x12x4x13xf32>) {
  // CHECK-NEXT: %{{.*}} = nn.conv %[[X]], %[[W]] strides [2, 1] pads [1, 0, 2, 3]
  // CHECK-SAME: dilations [1, 2] groups 2
  // CHECK-SAME: : tensor<2x10x9x10xf32>, tensor<12x5x3x2xf32> to tensor<2x12x4x13xf32>
  %r1 = nn.conv %x, %w strides [2, 1] pads [1, 0, 2, 3]
      dilations [1, 2] groups 2
      : tensor<2x10x9x10xf32>, tensor<12x5x3x2xf32> to tensor<2x12x4x13xf32>
  // CHECK-NEXT: %{{.*}} = nn.conv_input %[[Y]], %[[W]] strides [2, 1] pads [1, 0, 2, 3]
  // CHECK-SAME: dilations [1, 2] groups 2
  // CHECK-SAME: : tensor<2x12x4x13xf32>, tensor<12x5x3x2xf32> to tensor<2x10x9x10xf32>
  %r2 = nn.conv_input %y, %w strides [2, 1] pads [1, 0, 2, 3]
      dilations [1, 2] groups 2
      : tensor<2x12x4x13xf32>, tensor<12x5x3x2xf32> to tensor<2x10x9x10xf32>
  // CHECK-NEXT: %{{.*}} = nn.conv_weight %[[X]], %[[Y]] strides [2, 1] pads [1, 0, 2, 3]
  // CHECK-SAME: dilations [1, 2] groups 2
  // CHECK-SAME: : tensor<2x10x9x10xf32>, tensor<2x12x4x13xf32> to tensor<12x5x3x2xf32>
  %r3 = nn.conv_weight %x, %y strides [2, 1] pads [1, 0, 2, 3]
      dilations [1, 2] groups 2
      : tensor<2x10x9x10xf32>, tensor<2x12x4x13xf32> to tensor<12x5x3x2xf32>
  // CHECK-NEXT: return
  return
}

// The same with channels last: two groups of weights whose lanes are y's channels (three
// panels of two) or x's (one panel of five).
// CHECK-LABEL: func.func @channels_last
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<2x9x10x10xf32>
// CHECK-SAME: %[[V:[a-z0-9]+]]: tensor<2x3x3x2x5x2xf32>
// CHECK-SAME: %[[W:[a-z0-9]+]]: tensor<2x1x3x2x6x5xf32>
// CHECK-SAME: %[[Y:[a-z0-9]+]]: tensor<2x4x13x12xf32>
func.func @channels_last(%x: tensor<2x9x10x10xf32>, %v: tensor<2x3x3x2x5x2xf32>,
                         %w: tensor<2x1x3x2x6x5xf32>, %y: tensor<2x4x13x12xf32>) {
  // CHECK-NEXT: %{{.*}} = nn.conv %[[X]], %[[V]] strides [2, 1] pads [1, 0, 2, 3]
  // CHECK-SAME: dilations [1, 2] groups 2 {channelsLast}
  // CHECK-SAME: : tensor<2x9x10x10xf32>, tensor<2x3x3x2x5x2xf32> to tensor<2x4x13x12xf32>
  %r1 = nn.conv %x, %v strides [2, 1] pads [1, 0, 2, 3]
      dilations [1, 2] groups 2 {channelsLast}
      : tensor<2x9x10x10xf32>, tensor<2x3x3x2x5x2xf32> to tensor<2x4x13x12xf32>
  // CHECK-NEXT: %{{.*}} = nn.conv_input %[[Y]], %[[W]] strides [2, 1] pads [1, 0, 2, 3]
  // CHECK-SAME: dilations [1, 2] groups 2 {channelsLast}
  // CHECK-SAME: : tensor<2x4x13x12xf32>, tensor<2x1x3x2x6x5xf32> to tensor<2x9x10x10xf32>
  %r2 = nn.conv_input %y, %w strides [2, 1] pads [1, 0, 2, 3]
      dilations [1, 2] groups 2 {channelsLast}
      : tensor<2x4x13x12xf32>, tensor<2x1x3x2x6x5xf32> to tensor<2x9x10x10xf32>
  // CHECK-NEXT: %{{.*}} = nn.conv_weight %[[X]], %[[Y]] strides [2, 1] pads [1, 0, 2, 3]
  // CHECK-SAME: dilations [1, 2] groups 2 {channelsLast}
  // CHECK-SAME: : tensor<2x9x10x10xf32>, tensor<2x4x13x12xf32> to tensor<2x3x3x2x5x2xf32>
  %r3 = nn.conv_weight %x, %y strides [2, 1] pads [1, 0, 2, 3]
      dilations [1, 2] groups 2 {channelsLast}
      : tensor<2x9x10x10xf32>, tensor<2x4x13x12xf32> to tensor<2x3x3x2x5x2xf32>
  // CHECK-NEXT: return
  return
}

// A window as large as the image with its zeros, in double precision.
// CHECK-LABEL: func.func @one_window
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<1x1x2x3xf64>
// CHECK-SAME: %[[W:[a-z0-9]+]]: tensor<1x1x4x3xf64>
func.func @one_window(%x: tensor<1x1x2x3xf64>, %w: tensor<1x1x4x3xf64>) {
  // CHECK-NEXT: %{{.*}} = nn.conv %[[X]], %[[W]] strides [1, 1] pads [1, 1, 0, 0]
  // CHECK-SAME: dilations [1, 1] groups 1
  // CHECK-SAME: : tensor<1x1x2x3xf64>, tensor<1x1x4x3xf64> to tensor<1x1x1x1xf64>
  %r1 = nn.conv %x, %w strides [1, 1] pads [1, 1, 0, 0]
      dilations [1, 1] groups 1
      : tensor<1x1x2x3xf64>, tensor<1x1x4x3xf64> to tensor<1x1x1x1xf64>
  // CHECK-NEXT: return
  return
}

// Draws; a site is any number of 64 bits.
// CHECK-LABEL: func.func @draws
func.func @draws() {
  // CHECK-NEXT: %{{.*}} = nn.random_normal site 42 : tensor<4x3xf32>
  %r1 = nn.random_normal site 42 : tensor<4x3xf32>
  // CHECK-NEXT: %{{.*}} = nn.random_normal site -9223372036854775808 : tensor<f64>
  %r2 = nn.random_normal site -9223372036854775808 : tensor<f64>
  // CHECK-NEXT: %{{.*}} = nn.random_uniform site 0 : tensor<2xf64>
  %r3 = nn.random_uniform site 0 : tensor<2xf64>
  // CHECK-NEXT: return
  return
}

// Gradients, of one variable and of two.
// CHECK-LABEL: func.func @gradients
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<4x3xf32>
// CHECK-SAME: %[[W:[a-z0-9]+]]: tensor<2xf64>
func.func @gradients(%x: tensor<4x3xf32>, %w: tensor<2xf64>) {
  // CHECK-NEXT: %[[Y:.*]] = nn.exp %[[X]] : tensor<4x3xf32>
  %y = nn.exp %x : tensor<4x3xf32>
  // CHECK-NEXT: %{{.*}} = nn.gradient %[[Y]] wrt %[[X]]
  // CHECK-SAME: : tensor<4x3xf32> wrt tensor<4x3xf32> to tensor<4x3xf32>
  %r1 = nn.gradient %y wrt %x
      : tensor<4x3xf32> wrt tensor<4x3xf32> to tensor<4x3xf32>
  // CHECK-NEXT: %{{.*}}:2 = nn.gradient %[[Y]] wrt %[[X]], %[[W]]
  // CHECK-SAME: : tensor<4x3xf32> wrt tensor<4x3xf32>, tensor<2xf64>
  // CHECK-SAME: to tensor<4x3xf32>, tensor<2xf64>
  %r2:2 = nn.gradient %y wrt %x, %w
      : tensor<4x3xf32> wrt tensor<4x3xf32>, tensor<2xf64>
      to tensor<4x3xf32>, tensor<2xf64>
  // CHECK-NEXT: return
  return
}

// Groups of ops that one loop nest computes: with two inputs and two results, and with no input
// at all. The body is a scope of its own.
// CHECK-LABEL: func.func @fused
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<4x3xf32>
// CHECK-SAME: %[[B:[a-z0-9]+]]: tensor<3xf32>
func.func @fused(%x: tensor<4x3xf32>, %b: tensor<3xf32>) {
  // CHECK-NEXT: %{{.*}}:2 = nn.fused(%[[X]], %[[B]]) {
  // CHECK-NEXT: ^bb0(%[[U:[a-z0-9]+]]: tensor<4x3xf32>, %[[C:[a-z0-9]+]]: tensor<3xf32>):
  // CHECK-NEXT: %[[W:.*]] = nn.broadcast %[[C]] [1] : tensor<3xf32> to tensor<4x3xf32>
  // CHECK-NEXT: %[[S:.*]] = nn.add %[[U]], %[[W]] : tensor<4x3xf32>
  // CHECK-NEXT: %[[R:.*]] = nn.sum %[[S]] over [1] : tensor<4x3xf32> to tensor<4xf32>
  // CHECK-NEXT: nn.yield %[[S]], %[[R]] : tensor<4x3xf32>, tensor<4xf32>
  // CHECK-NEXT: } : (tensor<4x3xf32>, tensor<3xf32>) -> (tensor<4x3xf32>, tensor<4xf32>)
  %y:2 = nn.fused(%x, %b) {
  ^bb0(%u: tensor<4x3xf32>, %c: tensor<3xf32>):
    %w = nn.broadcast %c [1] : tensor<3xf32> to tensor<4x3xf32>
    %s = nn.add %u, %w : tensor<4x3xf32>
    %r = nn.sum %s over [1] : tensor<4x3xf32> to tensor<4xf32>
    nn.yield %s, %r : tensor<4x3xf32>, tensor<4xf32>
  } : (tensor<4x3xf32>, tensor<3xf32>) -> (tensor<4x3xf32>, tensor<4xf32>)
  // CHECK-NEXT: %{{.*}} = nn.fused() {
  // CHECK-NEXT: %[[E:.*]] = nn.random_normal site 1 : tensor<2xf64>
  // CHECK-NEXT: nn.yield %[[E]] : tensor<2xf64>
  // CHECK-NEXT: } {note = "kept"} : () -> tensor<2xf64>
  %z = nn.fused() {
    %e = nn.random_normal site 1 : tensor<2xf64>
    nn.yield %e : tensor<2xf64>
  } {note = "kept"} : () -> tensor<2xf64>
  // CHECK-NEXT: return
  return
}
