// RUN: gmc-opt %s --split-input-file --verify-diagnostics

// Of all types, only static tensors of f32 or f64.
func.func @integers(%u: tensor<4xi32>) {
  // expected-error @below {{operand #0 must be statically shaped tensor of 32-bit float or 64-bit float values, but got 'tensor<4xi32>'}}
  %y = nn.neg %u : tensor<4xi32>
  return
}

// -----

func.func @half() {
  // expected-error @below {{result #0 must be statically shaped tensor of 32-bit float or 64-bit float values, but got 'tensor<4xbf16>'}}
  %y = nn.constant 1.0 : tensor<4xbf16>
  return
}

// -----

func.func @dynamic(%u: tensor<?x3xf32>) {
  // expected-error @below {{operand #0 must be statically shaped tensor}}
  %y = nn.exp %u : tensor<?x3xf32>
  return
}

// -----

func.func @unranked(%u: tensor<*xf32>) {
  // expected-error @below {{invalid kind of type specified}}
  %y = nn.exp %u : tensor<*xf32>
  return
}

// -----

func.func @not_a_tensor(%u: f32) {
  // expected-error @below {{operand #0 must be statically shaped tensor}}
  %y = "nn.exp"(%u) : (f32) -> tensor<f32>
  return
}

// -----

func.func @memory(%u: memref<4xf32>) {
  // expected-error @below {{operand #0 must be statically shaped tensor}}
  %y = "nn.exp"(%u) : (memref<4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @matmul_of_integers(%a: tensor<2x2xf32>, %b: tensor<2x2xi64>) {
  // expected-error @below {{operand #1 must be statically shaped tensor}}
  %y = nn.matmul %a, %b : tensor<2x2xf32>, tensor<2x2xi64> to tensor<2x2xf32>
  return
}

// -----

func.func @gradient_of_integers(%u: tensor<4xf32>, %n: tensor<4xi32>) {
  // expected-error @below {{operand #1 must be variadic of statically shaped tensor}}
  %y = nn.gradient %u wrt %n : tensor<4xf32> wrt tensor<4xi32> to tensor<4xi32>
  return
}

// -----

// Element by element: nothing is broadcast silently, not even one number.
func.func @shapes_differ(%a: tensor<4xf32>, %b: tensor<3xf32>) {
  // expected-error @below {{must have the same shape}}
  %y = "nn.add"(%a, %b) : (tensor<4xf32>, tensor<3xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @scalar_differs(%a: tensor<4xf32>, %b: tensor<f32>) {
  // expected-error @below {{must have the same shape}}
  %y = "nn.mul"(%a, %b) : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  return
}

// -----

func.func @one_differs(%a: tensor<4x3xf32>, %b: tensor<1x3xf32>) {
  // expected-error @below {{must have the same shape}}
  %y = "nn.sub"(%a, %b) : (tensor<4x3xf32>, tensor<1x3xf32>) -> tensor<4x3xf32>
  return
}

// -----

func.func @precisions_differ(%a: tensor<4xf32>, %b: tensor<4xf64>) {
  // expected-error @below {{requires the same type for all operands and results}}
  %y = "nn.max"(%a, %b) : (tensor<4xf32>, tensor<4xf64>) -> tensor<4xf32>
  return
}

// -----

func.func @result_differs(%u: tensor<4xf32>) {
  // expected-error @below {{requires the same type for all operands and results}}
  %y = "nn.tanh"(%u) : (tensor<4xf32>) -> tensor<4xf64>
  return
}

// -----

func.func @condition_differs(%c: tensor<4xf64>, %a: tensor<4xf32>) {
  // expected-error @below {{requires the same type for all operands and results}}
  %y = "nn.select"(%c, %a, %a) : (tensor<4xf64>, tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

// The one type that is written is that of all operands.
// expected-note @below {{prior use here}}
func.func @as_written(%a: tensor<4xf32>, %b: tensor<3xf32>) {
  // expected-error @below {{expects different type than prior uses}}
  %y = nn.add %a, %b : tensor<4xf32>
  return
}

// -----

func.func @predicate(%a: tensor<4xf32>) {
  // expected-error @below {{expected string or keyword containing one of the following enum values}}
  %y = nn.compare unequal %a, %a : tensor<4xf32>
  return
}

// -----

func.func @slope(%u: tensor<4xf32>) {
  // expected-error @below {{requires attribute 'slope'}}
  %y = "nn.leaky_relu"(%u) : (tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @order(%u: tensor<4xf32>) {
  // expected-error @below {{Invalid attribute `order` in property conversion}}
  %y = "nn.polygamma"(%u) <{order = 1.0}> : (tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

// The number of a constant is an f64 for every element type.
func.func @constant_single() {
  // expected-error @below {{attribute 'value' failed to satisfy constraint: 64-bit float attribute}}
  %y = "nn.constant"() <{value = 1.0 : f32}> : () -> tensor<4xf32>
  return
}

// -----

func.func @iota_above() {
  // expected-error @below {{dimension is outside the result's rank}}
  %y = nn.iota along 2 : tensor<4x3xf32>
  return
}

// -----

func.func @iota_below() {
  // expected-error @below {{dimension is outside the result's rank}}
  %y = nn.iota along -1 : tensor<4x3xf32>
  return
}

// -----

// A scalar has no dimension.
func.func @iota_scalar() {
  // expected-error @below {{dimension is outside the result's rank}}
  %y = nn.iota along 0 : tensor<f32>
  return
}

// -----

func.func @convert_shape(%u: tensor<4xf32>) {
  // expected-error @below {{must have the same shape}}
  %y = nn.convert %u : tensor<4xf32> to tensor<3xf64>
  return
}

// -----

func.func @convert_rank(%u: tensor<4xf32>) {
  // expected-error @below {{must have the same shape}}
  %y = nn.convert %u : tensor<4xf32> to tensor<4x1xf64>
  return
}

// -----

func.func @broadcast_few(%m: tensor<4x3xf32>) {
  // expected-error @below {{needs one ascending result dimension for each operand dimension, and one element type}}
  %y = nn.broadcast %m [1] : tensor<4x3xf32> to tensor<4x3xf32>
  return
}

// -----

func.func @broadcast_many(%v: tensor<3xf32>) {
  // expected-error @below {{needs one ascending result dimension for each operand dimension}}
  %y = nn.broadcast %v [0, 1] : tensor<3xf32> to tensor<3x3xf32>
  return
}

// -----

// That would be a transpose.
func.func @broadcast_descends(%m: tensor<4x3xf32>) {
  // expected-error @below {{needs one ascending result dimension for each operand dimension}}
  %y = nn.broadcast %m [1, 0] : tensor<4x3xf32> to tensor<3x4xf32>
  return
}

// -----

func.func @broadcast_twice(%m: tensor<3x3xf32>) {
  // expected-error @below {{needs one ascending result dimension for each operand dimension}}
  %y = nn.broadcast %m [1, 1] : tensor<3x3xf32> to tensor<4x3xf32>
  return
}

// -----

func.func @broadcast_above(%v: tensor<3xf32>) {
  // expected-error @below {{needs one ascending result dimension for each operand dimension}}
  %y = nn.broadcast %v [2] : tensor<3xf32> to tensor<4x3xf32>
  return
}

// -----

func.func @broadcast_below(%v: tensor<3xf32>) {
  // expected-error @below {{needs one ascending result dimension for each operand dimension}}
  %y = nn.broadcast %v [-1] : tensor<3xf32> to tensor<4x3xf32>
  return
}

// -----

func.func @broadcast_precision(%v: tensor<3xf32>) {
  // expected-error @below {{needs one ascending result dimension for each operand dimension}}
  %y = nn.broadcast %v [1] : tensor<3xf32> to tensor<4x3xf64>
  return
}

// -----

func.func @broadcast_extent(%m: tensor<4x3xf32>) {
  // expected-error @below {{operand dimension 1 has extent 3 but result dimension 2 has 5}}
  %y = nn.broadcast %m [0, 2] : tensor<4x3xf32> to tensor<4x3x5xf32>
  return
}

// -----

// A dimension of extent 1 is not repeated: only new ones are.
func.func @broadcast_one(%m: tensor<1x3xf32>) {
  // expected-error @below {{operand dimension 0 has extent 1 but result dimension 0 has 4}}
  %y = nn.broadcast %m [0, 1] : tensor<1x3xf32> to tensor<4x3xf32>
  return
}

// -----

func.func @reshape_count(%m: tensor<4x3xf32>) {
  // expected-error @below {{operand and result must hold the same elements}}
  %y = nn.reshape %m : tensor<4x3xf32> to tensor<11xf32>
  return
}

// -----

func.func @reshape_precision(%m: tensor<4x3xf32>) {
  // expected-error @below {{operand and result must hold the same elements}}
  %y = nn.reshape %m : tensor<4x3xf32> to tensor<12xf64>
  return
}

// -----

func.func @transpose_rank(%m: tensor<4x3xf32>) {
  // expected-error @below {{operand, result and permutation must have one rank}}
  %y = nn.transpose %m [1, 0] : tensor<4x3xf32> to tensor<3x4x1xf32>
  return
}

// -----

func.func @transpose_few(%m: tensor<4x3xf32>) {
  // expected-error @below {{operand, result and permutation must have one rank}}
  %y = nn.transpose %m [0] : tensor<4x3xf32> to tensor<4x3xf32>
  return
}

// -----

func.func @transpose_many(%m: tensor<4x3xf32>) {
  // expected-error @below {{operand, result and permutation must have one rank}}
  %y = nn.transpose %m [0, 1, 2] : tensor<4x3xf32> to tensor<4x3xf32>
  return
}

// -----

func.func @transpose_precision(%m: tensor<4x3xf32>) {
  // expected-error @below {{operand, result and permutation must have one rank}}
  %y = nn.transpose %m [1, 0] : tensor<4x3xf32> to tensor<3x4xf64>
  return
}

// -----

// The extents fit, but one dimension is taken twice.
func.func @transpose_twice(%m: tensor<3x3xf32>) {
  // expected-error @below {{result must be the operand's dimensions, permuted}}
  %y = nn.transpose %m [0, 0] : tensor<3x3xf32> to tensor<3x3xf32>
  return
}

// -----

func.func @transpose_extents(%m: tensor<4x3xf32>) {
  // expected-error @below {{result must be the operand's dimensions, permuted}}
  %y = nn.transpose %m [1, 0] : tensor<4x3xf32> to tensor<4x3xf32>
  return
}

// -----

func.func @transpose_last(%t: tensor<2x3x5xf32>) {
  // expected-error @below {{result must be the operand's dimensions, permuted}}
  %y = nn.transpose %t [2, 0, 1] : tensor<2x3x5xf32> to tensor<5x2x4xf32>
  return
}

// -----

func.func @slice_dimension_above(%m: tensor<4x3xf32>) {
  // expected-error @below {{range [0, 2) of dimension 2 does not lead from 'tensor<4x3xf32>' to 'tensor<4x2xf32>'}}
  %y = nn.slice %m along 2 from 0 to 2 : tensor<4x3xf32> to tensor<4x2xf32>
  return
}

// -----

func.func @slice_dimension_below(%m: tensor<4x3xf32>) {
  // expected-error @below {{range [0, 2) of dimension -1 does not lead from 'tensor<4x3xf32>'}}
  %y = nn.slice %m along -1 from 0 to 2 : tensor<4x3xf32> to tensor<4x2xf32>
  return
}

// -----

func.func @slice_rank(%m: tensor<4x3xf32>) {
  // expected-error @below {{range [0, 2) of dimension 1 does not lead from 'tensor<4x3xf32>'}}
  %y = nn.slice %m along 1 from 0 to 2 : tensor<4x3xf32> to tensor<4x2x1xf32>
  return
}

// -----

func.func @slice_other_extent(%m: tensor<4x3xf32>) {
  // expected-error @below {{range [0, 2) of dimension 1 does not lead from 'tensor<4x3xf32>'}}
  %y = nn.slice %m along 1 from 0 to 2 : tensor<4x3xf32> to tensor<3x2xf32>
  return
}

// -----

func.func @slice_precision(%m: tensor<4x3xf32>) {
  // expected-error @below {{range [0, 2) of dimension 1 does not lead from 'tensor<4x3xf32>'}}
  %y = nn.slice %m along 1 from 0 to 2 : tensor<4x3xf32> to tensor<4x2xf64>
  return
}

// -----

// This range and the next have the result's extent, but leave the operand.
func.func @slice_before(%m: tensor<4x3xf32>) {
  // expected-error @below {{range [-1, 2) of dimension 1 does not lead from 'tensor<4x3xf32>'}}
  %y = nn.slice %m along 1 from -1 to 2 : tensor<4x3xf32> to tensor<4x3xf32>
  return
}

// -----

func.func @slice_behind(%m: tensor<4x3xf32>) {
  // expected-error @below {{range [2, 4) of dimension 1 does not lead from 'tensor<4x3xf32>'}}
  %y = nn.slice %m along 1 from 2 to 4 : tensor<4x3xf32> to tensor<4x2xf32>
  return
}

// -----

// A slice has at least one element.
func.func @slice_empty(%m: tensor<4x3xf32>) {
  // expected-error @below {{range [2, 2) of dimension 1 does not lead from 'tensor<4x3xf32>'}}
  %y = nn.slice %m along 1 from 2 to 2 : tensor<4x3xf32> to tensor<4x0xf32>
  return
}

// -----

func.func @slice_extent(%m: tensor<4x3xf32>) {
  // expected-error @below {{range [0, 2) of dimension 1 does not lead from 'tensor<4x3xf32>'}}
  %y = nn.slice %m along 1 from 0 to 2 : tensor<4x3xf32> to tensor<4x3xf32>
  return
}

// -----

func.func @pad_dimension(%m: tensor<4x3xf32>) {
  // expected-error @below {{does not lead from 'tensor<4x3xf32>' to 'tensor<4x4xf32>'}}
  %y = nn.pad %m along 2 low 0 high 1 : tensor<4x3xf32> to tensor<4x4xf32>
  return
}

// -----

func.func @pad_rank(%m: tensor<4x3xf32>) {
  // expected-error @below {{does not lead from 'tensor<4x3xf32>' to 'tensor<4x4x1xf32>'}}
  %y = nn.pad %m along 1 low 0 high 1 : tensor<4x3xf32> to tensor<4x4x1xf32>
  return
}

// -----

func.func @pad_other_extent(%m: tensor<4x3xf32>) {
  // expected-error @below {{does not lead from 'tensor<4x3xf32>' to 'tensor<5x4xf32>'}}
  %y = nn.pad %m along 1 low 0 high 1 : tensor<4x3xf32> to tensor<5x4xf32>
  return
}

// -----

func.func @pad_precision(%m: tensor<4x3xf32>) {
  // expected-error @below {{does not lead from 'tensor<4x3xf32>' to 'tensor<4x4xf64>'}}
  %y = nn.pad %m along 1 low 0 high 1 : tensor<4x3xf32> to tensor<4x4xf64>
  return
}

// -----

// The sums fit, but zeros cannot be fewer than none.
func.func @pad_low(%m: tensor<4x3xf32>) {
  // expected-error @below {{does not lead from 'tensor<4x3xf32>' to 'tensor<4x4xf32>'}}
  %y = nn.pad %m along 1 low -1 high 2 : tensor<4x3xf32> to tensor<4x4xf32>
  return
}

// -----

func.func @pad_high(%m: tensor<4x3xf32>) {
  // expected-error @below {{does not lead from 'tensor<4x3xf32>' to 'tensor<4x4xf32>'}}
  %y = nn.pad %m along 1 low 2 high -1 : tensor<4x3xf32> to tensor<4x4xf32>
  return
}

// -----

func.func @pad_extent(%m: tensor<4x3xf32>) {
  // expected-error @below {{does not lead from 'tensor<4x3xf32>' to 'tensor<4x4xf32>'}}
  %y = nn.pad %m along 1 low 1 high 1 : tensor<4x3xf32> to tensor<4x4xf32>
  return
}

// -----

func.func @concat_dimension(%a: tensor<3xf32>, %b: tensor<3xf32>) {
  // expected-error @below {{does not lead from 'tensor<3xf32>' and 'tensor<3xf32>' to 'tensor<6xf32>'}}
  %y = nn.concat %a, %b along 1 : tensor<3xf32>, tensor<3xf32> to tensor<6xf32>
  return
}

// -----

func.func @concat_operands(%a: tensor<4x3xf32>, %b: tensor<5x3xf32>) {
  // expected-error @below {{does not lead from 'tensor<4x3xf32>' and 'tensor<5x3xf32>'}}
  %y = nn.concat %a, %b along 1 : tensor<4x3xf32>, tensor<5x3xf32> to tensor<4x6xf32>
  return
}

// -----

func.func @concat_precision(%a: tensor<3xf32>, %b: tensor<3xf64>) {
  // expected-error @below {{does not lead from 'tensor<3xf32>' and 'tensor<3xf64>'}}
  %y = nn.concat %a, %b along 0 : tensor<3xf32>, tensor<3xf64> to tensor<6xf32>
  return
}

// -----

func.func @concat_result_rank(%a: tensor<3xf32>, %b: tensor<3xf32>) {
  // expected-error @below {{does not lead from 'tensor<3xf32>' and 'tensor<3xf32>'}}
  %y = nn.concat %a, %b along 0 : tensor<3xf32>, tensor<3xf32> to tensor<6x1xf32>
  return
}

// -----

func.func @concat_result_extents(%a: tensor<4x3xf32>, %b: tensor<4x3xf32>) {
  // expected-error @below {{does not lead from 'tensor<4x3xf32>' and 'tensor<4x3xf32>'}}
  %y = nn.concat %a, %b along 1 : tensor<4x3xf32>, tensor<4x3xf32> to tensor<5x6xf32>
  return
}

// -----

func.func @concat_result_precision(%a: tensor<3xf32>, %b: tensor<3xf32>) {
  // expected-error @below {{does not lead from 'tensor<3xf32>' and 'tensor<3xf32>'}}
  %y = nn.concat %a, %b along 0 : tensor<3xf32>, tensor<3xf32> to tensor<6xf64>
  return
}

// -----

func.func @concat_sum(%a: tensor<3xf32>, %b: tensor<3xf32>) {
  // expected-error @below {{does not lead from 'tensor<3xf32>' and 'tensor<3xf32>'}}
  %y = nn.concat %a, %b along 0 : tensor<3xf32>, tensor<3xf32> to tensor<5xf32>
  return
}

// -----

func.func @sum_descends(%m: tensor<4x3xf32>) {
  // expected-error @below {{dimensions must ascend within the operand's rank}}
  %y = nn.sum %m over [1, 0] : tensor<4x3xf32> to tensor<f32>
  return
}

// -----

func.func @sum_twice(%m: tensor<4x3xf32>) {
  // expected-error @below {{dimensions must ascend within the operand's rank}}
  %y = nn.sum %m over [1, 1] : tensor<4x3xf32> to tensor<4xf32>
  return
}

// -----

func.func @sum_above(%m: tensor<4x3xf32>) {
  // expected-error @below {{dimensions must ascend within the operand's rank}}
  %y = nn.sum %m over [2] : tensor<4x3xf32> to tensor<4xf32>
  return
}

// -----

func.func @sum_below(%m: tensor<4x3xf32>) {
  // expected-error @below {{dimensions must ascend within the operand's rank}}
  %y = nn.sum %m over [-1] : tensor<4x3xf32> to tensor<4xf32>
  return
}

// -----

// What is summed over vanishes; no 1 is left.
func.func @sum_kept(%m: tensor<4x3xf32>) {
  // expected-error @below {{result must have the dimensions that are left}}
  %y = nn.sum %m over [1] : tensor<4x3xf32> to tensor<4x1xf32>
  return
}

// -----

func.func @sum_other(%m: tensor<4x3xf32>) {
  // expected-error @below {{result must have the dimensions that are left}}
  %y = nn.sum %m over [1] : tensor<4x3xf32> to tensor<3xf32>
  return
}

// -----

func.func @sum_precision(%m: tensor<4x3xf32>) {
  // expected-error @below {{result must have the dimensions that are left}}
  %y = nn.sum %m over [1] : tensor<4x3xf32> to tensor<4xf64>
  return
}

// -----

func.func @max_above(%m: tensor<4x3xf32>) {
  // expected-error @below {{dimensions must ascend within the operand's rank}}
  %y = nn.reduce_max %m over [0, 2] : tensor<4x3xf32> to tensor<3xf32>
  return
}

// -----

func.func @max_other(%m: tensor<4x3xf32>) {
  // expected-error @below {{result must have the dimensions that are left}}
  %y = nn.reduce_max %m over [0] : tensor<4x3xf32> to tensor<4xf32>
  return
}

// -----

func.func @min_descends(%m: tensor<4x3xf32>) {
  // expected-error @below {{dimensions must ascend within the operand's rank}}
  %y = nn.reduce_min %m over [1, 0] : tensor<4x3xf32> to tensor<f32>
  return
}

// -----

func.func @min_other(%m: tensor<4x3xf32>) {
  // expected-error @below {{result must have the dimensions that are left}}
  %y = nn.reduce_min %m over [0, 1] : tensor<4x3xf32> to tensor<1xf32>
  return
}

// -----

func.func @matmul_left(%a: tensor<1x4x3xf32>, %b: tensor<3x5xf32>) {
  // expected-error @below {{needs matrices of one element type}}
  %y = nn.matmul %a, %b : tensor<1x4x3xf32>, tensor<3x5xf32> to tensor<4x5xf32>
  return
}

// -----

func.func @matmul_right(%a: tensor<4x3xf32>, %b: tensor<3xf32>) {
  // expected-error @below {{needs matrices of one element type}}
  %y = nn.matmul %a, %b : tensor<4x3xf32>, tensor<3xf32> to tensor<4x1xf32>
  return
}

// -----

func.func @matmul_result(%a: tensor<4x3xf32>, %b: tensor<3x5xf32>) {
  // expected-error @below {{needs matrices of one element type}}
  %y = nn.matmul %a, %b : tensor<4x3xf32>, tensor<3x5xf32> to tensor<1x4x5xf32>
  return
}

// -----

func.func @matmul_right_precision(%a: tensor<4x3xf32>, %b: tensor<3x5xf64>) {
  // expected-error @below {{needs matrices of one element type}}
  %y = nn.matmul %a, %b : tensor<4x3xf32>, tensor<3x5xf64> to tensor<4x5xf32>
  return
}

// -----

func.func @matmul_result_precision(%a: tensor<4x3xf32>, %b: tensor<3x5xf32>) {
  // expected-error @below {{needs matrices of one element type}}
  %y = nn.matmul %a, %b : tensor<4x3xf32>, tensor<3x5xf32> to tensor<4x5xf64>
  return
}

// -----

func.func @matmul_inner(%a: tensor<4x3xf32>, %b: tensor<5x3xf32>) {
  // expected-error @below {{sums over 3 terms on the left but 5 on the right}}
  %y = nn.matmul %a, %b : tensor<4x3xf32>, tensor<5x3xf32> to tensor<4x3xf32>
  return
}

// -----

// Fits but for the transpose.
func.func @matmul_inner_left(%a: tensor<4x3xf32>, %b: tensor<3x5xf32>) {
  // expected-error @below {{sums over 4 terms on the left but 3 on the right}}
  %y = nn.matmul %a, %b {transposeA} : tensor<4x3xf32>, tensor<3x5xf32> to tensor<3x5xf32>
  return
}

// -----

func.func @matmul_inner_right(%a: tensor<4x3xf32>, %b: tensor<3x5xf32>) {
  // expected-error @below {{sums over 3 terms on the left but 5 on the right}}
  %y = nn.matmul %a, %b {transposeB} : tensor<4x3xf32>, tensor<3x5xf32> to tensor<4x5xf32>
  return
}

// -----

func.func @matmul_rows(%a: tensor<4x3xf32>, %b: tensor<3x5xf32>) {
  // expected-error @below {{result must be 4 by 5}}
  %y = nn.matmul %a, %b : tensor<4x3xf32>, tensor<3x5xf32> to tensor<3x5xf32>
  return
}

// -----

func.func @matmul_columns(%a: tensor<4x3xf32>, %b: tensor<3x5xf32>) {
  // expected-error @below {{result must be 4 by 5}}
  %y = nn.matmul %a, %b : tensor<4x3xf32>, tensor<3x5xf32> to tensor<4x3xf32>
  return
}

// -----

func.func @matmul_transposed(%a: tensor<3x4xf32>, %b: tensor<5x3xf32>) {
  // expected-error @below {{result must be 4 by 5}}
  %y = nn.matmul %a, %b {transposeA, transposeB}
      : tensor<3x4xf32>, tensor<5x3xf32> to tensor<5x4xf32>
  return
}

// -----

// A flag is there or not; it has no value.
func.func @matmul_flag(%a: tensor<3x3xf32>) {
  // expected-error @below {{attribute 'transposeA' failed to satisfy constraint: unit attribute}}
  %y = nn.matmul %a, %a {transposeA = false} : tensor<3x3xf32>, tensor<3x3xf32> to tensor<3x3xf32>
  return
}

// -----

func.func @conv_strides(%x: tensor<1x4x5x5xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @below {{needs 2 strides, 4 pads, 2 dilations and groups}}
  %y = nn.conv %x, %w strides [1] pads [0, 0, 0, 0] dilations [1, 1] groups 1
      : tensor<1x4x5x5xf32>, tensor<6x4x3x3xf32> to tensor<1x6x3x3xf32>
  return
}

// -----

func.func @conv_pads(%x: tensor<1x4x5x5xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @below {{needs 2 strides, 4 pads, 2 dilations and groups}}
  %y = nn.conv %x, %w strides [1, 1] pads [0, 0] dilations [1, 1] groups 1
      : tensor<1x4x5x5xf32>, tensor<6x4x3x3xf32> to tensor<1x6x3x3xf32>
  return
}

// -----

func.func @conv_dilations(%x: tensor<1x4x5x5xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @below {{needs 2 strides, 4 pads, 2 dilations and groups}}
  %y = nn.conv %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1, 1] groups 1
      : tensor<1x4x5x5xf32>, tensor<6x4x3x3xf32> to tensor<1x6x3x3xf32>
  return
}

// -----

func.func @conv_no_groups(%x: tensor<1x4x5x5xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @below {{needs 2 strides, 4 pads, 2 dilations and groups}}
  %y = nn.conv %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 0
      : tensor<1x4x5x5xf32>, tensor<6x4x3x3xf32> to tensor<1x6x3x3xf32>
  return
}

// -----

func.func @conv_input_strides(%y: tensor<1x6x3x3xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @below {{needs 2 strides, 4 pads, 2 dilations and groups}}
  %r = nn.conv_input %y, %w strides [1, 1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1
      : tensor<1x6x3x3xf32>, tensor<6x4x3x3xf32> to tensor<1x4x5x5xf32>
  return
}

// -----

func.func @conv_weight_pads(%x: tensor<1x4x5x5xf32>, %y: tensor<1x6x3x3xf32>) {
  // expected-error @below {{needs 2 strides, 4 pads, 2 dilations and groups}}
  %r = nn.conv_weight %x, %y strides [1, 1] pads [] dilations [1, 1] groups 1
      : tensor<1x4x5x5xf32>, tensor<1x6x3x3xf32> to tensor<6x4x3x3xf32>
  return
}

// -----

func.func @conv_image_rank(%x: tensor<4x5x5xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @below {{needs images of rank 4 and weights of rank 4, of one element type}}
  %y = nn.conv %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1
      : tensor<4x5x5xf32>, tensor<6x4x3x3xf32> to tensor<1x6x3x3xf32>
  return
}

// -----

func.func @conv_result_rank(%x: tensor<1x4x5x5xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @below {{needs images of rank 4 and weights of rank 4, of one element type}}
  %y = nn.conv %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1
      : tensor<1x4x5x5xf32>, tensor<6x4x3x3xf32> to tensor<6x3x3xf32>
  return
}

// -----

// Weights as with channels last, which the op is not.
func.func @conv_weights_rank(%x: tensor<1x4x5x5xf32>, %w: tensor<1x1x6x4x3x3xf32>) {
  // expected-error @below {{needs images of rank 4 and weights of rank 4, of one element type}}
  %y = nn.conv %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1
      : tensor<1x4x5x5xf32>, tensor<1x1x6x4x3x3xf32> to tensor<1x6x3x3xf32>
  return
}

// -----

func.func @conv_weights_rank_low(%x: tensor<1x4x5x5xf32>, %w: tensor<6x4x3xf32>) {
  // expected-error @below {{needs images of rank 4 and weights of rank 4, of one element type}}
  %y = nn.conv %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1
      : tensor<1x4x5x5xf32>, tensor<6x4x3xf32> to tensor<1x6x3x3xf32>
  return
}

// -----

func.func @conv_weights_precision(%x: tensor<1x4x5x5xf32>, %w: tensor<6x4x3x3xf64>) {
  // expected-error @below {{needs images of rank 4 and weights of rank 4, of one element type}}
  %y = nn.conv %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1
      : tensor<1x4x5x5xf32>, tensor<6x4x3x3xf64> to tensor<1x6x3x3xf32>
  return
}

// -----

func.func @conv_result_precision(%x: tensor<1x4x5x5xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @below {{needs images of rank 4 and weights of rank 4, of one element type}}
  %y = nn.conv %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1
      : tensor<1x4x5x5xf32>, tensor<6x4x3x3xf32> to tensor<1x6x3x3xf64>
  return
}

// -----

func.func @conv_weights_rank_last(%x: tensor<1x5x5x4xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @below {{needs images of rank 4 and weights of rank 6, of one element type}}
  %y = nn.conv %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1 {channelsLast}
      : tensor<1x5x5x4xf32>, tensor<6x4x3x3xf32> to tensor<1x3x3x6xf32>
  return
}

// -----

func.func @conv_input_rank(%y: tensor<1x6x3x3xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @below {{needs images of rank 4 and weights of rank 4, of one element type}}
  %r = nn.conv_input %y, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1
      : tensor<1x6x3x3xf32>, tensor<6x4x3x3xf32> to tensor<1x5x5xf32>
  return
}

// -----

func.func @conv_weight_rank_of_weights(%x: tensor<1x4x5x5xf32>, %y: tensor<1x6x3x3xf32>) {
  // expected-error @below {{needs images of rank 4 and weights of rank 4, of one element type}}
  %r = nn.conv_weight %x, %y strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1
      : tensor<1x4x5x5xf32>, tensor<1x6x3x3xf32> to tensor<6x36xf32>
  return
}

// -----

func.func @conv_images(%x: tensor<1x4x5x5xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @below {{does not fit: x 'tensor<1x4x5x5xf32>', w 'tensor<6x4x3x3xf32>', y 'tensor<2x6x3x3xf32>'}}
  %y = nn.conv %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1
      : tensor<1x4x5x5xf32>, tensor<6x4x3x3xf32> to tensor<2x6x3x3xf32>
  return
}

// -----

// Three groups cannot share the four channels of x, nor can four groups share the six of y.
func.func @conv_groups_of_x(%x: tensor<1x4x5x5xf32>, %w: tensor<6x1x3x3xf32>) {
  // expected-error @below {{does not fit: x 'tensor<1x4x5x5xf32>', w 'tensor<6x1x3x3xf32>'}}
  %y = nn.conv %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 3
      : tensor<1x4x5x5xf32>, tensor<6x1x3x3xf32> to tensor<1x6x3x3xf32>
  return
}

// -----

func.func @conv_groups_of_y(%x: tensor<1x4x5x5xf32>, %w: tensor<6x1x3x3xf32>) {
  // expected-error @below {{does not fit: x 'tensor<1x4x5x5xf32>', w 'tensor<6x1x3x3xf32>'}}
  %y = nn.conv %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 4
      : tensor<1x4x5x5xf32>, tensor<6x1x3x3xf32> to tensor<1x6x3x3xf32>
  return
}

// -----

func.func @conv_channels_of_y(%x: tensor<1x4x5x5xf32>, %w: tensor<5x4x3x3xf32>) {
  // expected-error @below {{does not fit: x 'tensor<1x4x5x5xf32>', w 'tensor<5x4x3x3xf32>'}}
  %y = nn.conv %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1
      : tensor<1x4x5x5xf32>, tensor<5x4x3x3xf32> to tensor<1x6x3x3xf32>
  return
}

// -----

func.func @conv_channels_of_x(%x: tensor<1x4x5x5xf32>, %w: tensor<6x3x3x3xf32>) {
  // expected-error @below {{does not fit: x 'tensor<1x4x5x5xf32>', w 'tensor<6x3x3x3xf32>'}}
  %y = nn.conv %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1
      : tensor<1x4x5x5xf32>, tensor<6x3x3x3xf32> to tensor<1x6x3x3xf32>
  return
}

// -----

// With groups, a filter has the channels of one group only.
func.func @conv_channels_of_group(%x: tensor<1x4x5x5xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @below {{does not fit: x 'tensor<1x4x5x5xf32>', w 'tensor<6x4x3x3xf32>'}}
  %y = nn.conv %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 2
      : tensor<1x4x5x5xf32>, tensor<6x4x3x3xf32> to tensor<1x6x3x3xf32>
  return
}

// -----

func.func @conv_height(%x: tensor<1x4x5x5xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @below {{does not fit: x 'tensor<1x4x5x5xf32>', w 'tensor<6x4x3x3xf32>'}}
  %y = nn.conv %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1
      : tensor<1x4x5x5xf32>, tensor<6x4x3x3xf32> to tensor<1x6x4x3xf32>
  return
}

// -----

func.func @conv_width(%x: tensor<1x4x5x5xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @below {{does not fit: x 'tensor<1x4x5x5xf32>', w 'tensor<6x4x3x3xf32>'}}
  %y = nn.conv %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1
      : tensor<1x4x5x5xf32>, tensor<6x4x3x3xf32> to tensor<1x6x3x2xf32>
  return
}

// -----

// Fits with a stride of 2 in the height, not in the width.
func.func @conv_stride_height(%x: tensor<1x4x6x6xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @below {{does not fit: x 'tensor<1x4x6x6xf32>', w 'tensor<6x4x3x3xf32>'}}
  %y = nn.conv %x, %w strides [1, 2] pads [0, 0, 0, 0] dilations [1, 1] groups 1
      : tensor<1x4x6x6xf32>, tensor<6x4x3x3xf32> to tensor<1x6x3x2xf32>
  return
}

// -----

// Top, bottom, left, right: these are zeros above and below.
func.func @conv_pads_order(%x: tensor<1x4x5x5xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @below {{does not fit: x 'tensor<1x4x5x5xf32>', w 'tensor<6x4x3x3xf32>'}}
  %y = nn.conv %x, %w strides [1, 1] pads [1, 2, 0, 0] dilations [1, 1] groups 1
      : tensor<1x4x5x5xf32>, tensor<6x4x3x3xf32> to tensor<1x6x3x6xf32>
  return
}

// -----

func.func @conv_dilation_height(%x: tensor<1x4x5x5xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @below {{does not fit: x 'tensor<1x4x5x5xf32>', w 'tensor<6x4x3x3xf32>'}}
  %y = nn.conv %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [2, 1] groups 1
      : tensor<1x4x5x5xf32>, tensor<6x4x3x3xf32> to tensor<1x6x3x1xf32>
  return
}

// -----

// The image is smaller than the filter: a result of no windows does not fit either.
func.func @conv_no_window(%x: tensor<1x4x2x5xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @below {{does not fit: x 'tensor<1x4x2x5xf32>', w 'tensor<6x4x3x3xf32>'}}
  %y = nn.conv %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1
      : tensor<1x4x2x5xf32>, tensor<6x4x3x3xf32> to tensor<1x6x0x3xf32>
  return
}

// -----

// Channels last: groups, panels and lanes, and the other channels.
func.func @conv_last_groups(%x: tensor<1x5x5x4xf32>, %w: tensor<1x3x3x3x2x1xf32>) {
  // expected-error @below {{does not fit: x 'tensor<1x5x5x4xf32>', w 'tensor<1x3x3x3x2x1xf32>'}}
  %y = nn.conv %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 2 {channelsLast}
      : tensor<1x5x5x4xf32>, tensor<1x3x3x3x2x1xf32> to tensor<1x3x3x6xf32>
  return
}

// -----

func.func @conv_last_lanes(%x: tensor<1x5x5x4xf32>, %w: tensor<2x3x3x3x2x2xf32>) {
  // expected-error @below {{does not fit: x 'tensor<1x5x5x4xf32>', w 'tensor<2x3x3x3x2x2xf32>'}}
  %y = nn.conv %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 2 {channelsLast}
      : tensor<1x5x5x4xf32>, tensor<2x3x3x3x2x2xf32> to tensor<1x3x3x6xf32>
  return
}

// -----

func.func @conv_last_panels(%x: tensor<1x5x5x4xf32>, %w: tensor<2x2x3x3x2x1xf32>) {
  // expected-error @below {{does not fit: x 'tensor<1x5x5x4xf32>', w 'tensor<2x2x3x3x2x1xf32>'}}
  %y = nn.conv %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 2 {channelsLast}
      : tensor<1x5x5x4xf32>, tensor<2x2x3x3x2x1xf32> to tensor<1x3x3x6xf32>
  return
}

// -----

func.func @conv_last_others(%x: tensor<1x5x5x4xf32>, %w: tensor<2x3x3x3x4x1xf32>) {
  // expected-error @below {{does not fit: x 'tensor<1x5x5x4xf32>', w 'tensor<2x3x3x3x4x1xf32>'}}
  %y = nn.conv %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 2 {channelsLast}
      : tensor<1x5x5x4xf32>, tensor<2x3x3x3x4x1xf32> to tensor<1x3x3x6xf32>
  return
}

// -----

// The images are still in PyTorch's layout.
func.func @conv_last_layout(%x: tensor<1x4x5x5xf32>, %w: tensor<2x3x3x3x2x1xf32>) {
  // expected-error @below {{does not fit: x 'tensor<1x4x5x5xf32>', w 'tensor<2x3x3x3x2x1xf32>'}}
  %y = nn.conv %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 2 {channelsLast}
      : tensor<1x4x5x5xf32>, tensor<2x3x3x3x2x1xf32> to tensor<1x6x3x3xf32>
  return
}

// -----

// The lanes of nn.conv_input are x's channels, here they are y's.
func.func @conv_input_last_lanes(%y: tensor<1x3x3x6xf32>, %w: tensor<2x3x3x3x2x1xf32>) {
  // expected-error @below {{does not fit: x 'tensor<1x5x5x4xf32>', w 'tensor<2x3x3x3x2x1xf32>'}}
  %r = nn.conv_input %y, %w strides [1, 1] pads [0, 0, 0, 0]
      dilations [1, 1] groups 2 {channelsLast}
      : tensor<1x3x3x6xf32>, tensor<2x3x3x3x2x1xf32> to tensor<1x5x5x4xf32>
  return
}

// -----

// The lanes of nn.conv_weight are y's channels, here they are x's.
func.func @conv_weight_last_lanes(%x: tensor<1x5x5x4xf32>, %y: tensor<1x3x3x6xf32>) {
  // expected-error @below {{does not fit: x 'tensor<1x5x5x4xf32>', w 'tensor<2x1x3x3x3x2xf32>'}}
  %r = nn.conv_weight %x, %y strides [1, 1] pads [0, 0, 0, 0]
      dilations [1, 1] groups 2 {channelsLast}
      : tensor<1x5x5x4xf32>, tensor<1x3x3x6xf32> to tensor<2x1x3x3x3x2xf32>
  return
}

// -----

func.func @conv_input_channels(%y: tensor<1x6x3x3xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @below {{does not fit: x 'tensor<1x5x5x5xf32>', w 'tensor<6x4x3x3xf32>'}}
  %r = nn.conv_input %y, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1
      : tensor<1x6x3x3xf32>, tensor<6x4x3x3xf32> to tensor<1x5x5x5xf32>
  return
}

// -----

func.func @conv_input_height(%y: tensor<1x6x3x3xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @below {{does not fit: x 'tensor<1x4x6x5xf32>', w 'tensor<6x4x3x3xf32>'}}
  %r = nn.conv_input %y, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1
      : tensor<1x6x3x3xf32>, tensor<6x4x3x3xf32> to tensor<1x4x6x5xf32>
  return
}

// -----

func.func @conv_weight_taps(%x: tensor<1x4x5x5xf32>, %y: tensor<1x6x3x3xf32>) {
  // expected-error @below {{does not fit: x 'tensor<1x4x5x5xf32>', w 'tensor<6x4x3x2xf32>'}}
  %r = nn.conv_weight %x, %y strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1
      : tensor<1x4x5x5xf32>, tensor<1x6x3x3xf32> to tensor<6x4x3x2xf32>
  return
}

// -----

func.func @conv_weight_channels(%x: tensor<1x4x5x5xf32>, %y: tensor<1x6x3x3xf32>) {
  // expected-error @below {{does not fit: x 'tensor<1x4x5x5xf32>', w 'tensor<4x6x3x3xf32>'}}
  %r = nn.conv_weight %x, %y strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1
      : tensor<1x4x5x5xf32>, tensor<1x6x3x3xf32> to tensor<4x6x3x3xf32>
  return
}

// -----

func.func @site() {
  // expected-error @below {{floating point value not valid for specified type}}
  %y = nn.random_normal site 1.0 : tensor<4xf32>
  return
}

// -----

func.func @no_site() {
  // expected-error @below {{requires attribute 'site'}}
  %y = "nn.random_uniform"() : () -> tensor<4xf32>
  return
}

// -----

func.func @gradient_type(%x: tensor<4x3xf32>) {
  // expected-error @below {{each gradient must have its variable's type}}
  %y = nn.gradient %x wrt %x : tensor<4x3xf32> wrt tensor<4x3xf32> to tensor<3x4xf32>
  return
}

// -----

// The types are there, in the other order.
func.func @gradient_order(%x: tensor<4x3xf32>, %b: tensor<3xf32>) {
  // expected-error @below {{each gradient must have its variable's type}}
  %g:2 = nn.gradient %x wrt %x, %b
      : tensor<4x3xf32> wrt tensor<4x3xf32>, tensor<3xf32> to tensor<3xf32>, tensor<4x3xf32>
  return
}

// -----

func.func @gradient_count(%x: tensor<4x3xf32>, %b: tensor<3xf32>) {
  // expected-error @below {{each gradient must have its variable's type}}
  %y = nn.gradient %x wrt %x, %b
      : tensor<4x3xf32> wrt tensor<4x3xf32>, tensor<3xf32> to tensor<4x3xf32>
  return
}

// -----

func.func @fused_argument_type(%x: tensor<3xf32>) {
  // expected-error @below {{block arguments must have the inputs' types}}
  %y = nn.fused(%x) {
  ^bb0(%u: tensor<4xf32>):
    nn.yield %u : tensor<4xf32>
  } : (tensor<3xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @fused_argument_missing(%x: tensor<3xf32>) {
  // expected-error @below {{block arguments must have the inputs' types}}
  %y = nn.fused(%x, %x) {
  ^bb0(%u: tensor<3xf32>):
    nn.yield %u : tensor<3xf32>
  } : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return
}

// -----

func.func @fused_argument_unknown(%x: tensor<3xf32>) {
  // expected-error @below {{block arguments must have the inputs' types}}
  %y = nn.fused() {
  ^bb0(%u: tensor<3xf32>):
    nn.yield %u : tensor<3xf32>
  } : () -> tensor<3xf32>
  return
}

// -----

func.func @fused_result_type(%x: tensor<3xf32>) {
  // expected-error @below {{must yield its results' types}}
  %y = nn.fused(%x) {
  ^bb0(%u: tensor<3xf32>):
    nn.yield %u : tensor<3xf32>
  } : (tensor<3xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @fused_result_missing(%x: tensor<3xf32>) {
  // expected-error @below {{must yield its results' types}}
  %y = nn.fused(%x) {
  ^bb0(%u: tensor<3xf32>):
    nn.yield %u, %u : tensor<3xf32>, tensor<3xf32>
  } : (tensor<3xf32>) -> tensor<3xf32>
  return
}

// -----

func.func @fused_result_unknown(%x: tensor<3xf32>) {
  // expected-error @below {{must yield its results' types}}
  nn.fused(%x) {
  ^bb0(%u: tensor<3xf32>):
    nn.yield %u : tensor<3xf32>
  } : (tensor<3xf32>) -> ()
  return
}

// -----

// What the body reads it is given.
func.func @fused_from_above(%x: tensor<3xf32>) {
  // expected-note @below {{required by region isolation constraints}}
  %y = nn.fused() {
    // expected-error @below {{using value defined outside the region}}
    nn.yield %x : tensor<3xf32>
  } : () -> tensor<3xf32>
  return
}

// -----

func.func @fused_empty(%x: tensor<3xf32>) {
  // expected-error @below {{expects a non-empty block}}
  nn.fused() {
  } : () -> ()
  return
}

// -----

func.func @fused_two_blocks(%x: tensor<3xf32>) {
  // expected-error @below {{expects region #0 to have 0 or 1 blocks}}
  %y = nn.fused(%x) {
  ^bb0(%u: tensor<3xf32>):
    nn.yield %u : tensor<3xf32>
  ^bb1(%v: tensor<3xf32>):
    nn.yield %v : tensor<3xf32>
  } : (tensor<3xf32>) -> tensor<3xf32>
  return
}

// -----

func.func @yield_early(%x: tensor<3xf32>) {
  %y = nn.fused(%x) {
  ^bb0(%u: tensor<3xf32>):
    // expected-error @below {{must be the last operation in the parent block}}
    nn.yield %u : tensor<3xf32>
    nn.yield %u : tensor<3xf32>
  } : (tensor<3xf32>) -> tensor<3xf32>
  return
}

// -----

func.func @yield_alone(%x: tensor<3xf32>) {
  // expected-error @below {{expects parent op 'nn.fused'}}
  nn.yield %x : tensor<3xf32>
  return
}

// -----

// Each part of a permutation is looked at before it is used.
func.func @f(%a: tensor<4x3xf32>) {
  // expected-error @below {{result must be the operand's dimensions, permuted}}
  %y = nn.transpose %a [4000000000000, 0] : tensor<4x3xf32> to tensor<4x3xf32>
  return
}

// -----

func.func @f(%x: tensor<1x1x4x4xf32>, %w: tensor<1x1x1x1xf32>) {
  // expected-error @below {{strides and dilations must be at least 1, pads at least 0}}
  %y = nn.conv %x, %w strides [0, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1
      : tensor<1x1x4x4xf32>, tensor<1x1x1x1xf32> to tensor<1x1x4x4xf32>
  return
}

// -----

func.func @f(%x: tensor<1x1x4x4xf32>, %w: tensor<1x1x1x1xf32>) {
  // expected-error @below {{strides and dilations must be at least 1, pads at least 0}}
  %y = nn.conv_input %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 0] groups 1
      : tensor<1x1x4x4xf32>, tensor<1x1x1x1xf32> to tensor<1x1x4x4xf32>
  return
}

// -----

func.func @f(%x: tensor<1x1x4x4xf32>, %y: tensor<1x1x4x4xf32>) {
  // expected-error @below {{strides and dilations must be at least 1, pads at least 0}}
  %w = nn.conv_weight %x, %y strides [1, 1] pads [-1, 0, 0, 0] dilations [1, 1] groups 1
      : tensor<1x1x4x4xf32>, tensor<1x1x4x4xf32> to tensor<1x1x1x1xf32>
  return
}

// -----

// A filter without taps.
func.func @f(%x: tensor<1x1x4x4xf32>, %w: tensor<1x1x0x0xf32>) {
  // expected-error @below {{does not fit}}
  %y = nn.conv %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1
      : tensor<1x1x4x4xf32>, tensor<1x1x0x0xf32> to tensor<1x1x5x5xf32>
  return
}

// -----

// Sums and products that would wrap around to what fits.
func.func @f(%a: tensor<4xf32>) {
  // expected-error @below {{does not lead from}}
  %y = nn.pad %a along 0 low 9223372036854775807 high 9223372036854775807
      : tensor<4xf32> to tensor<2xf32>
  return
}

// -----

func.func @f(%a: tensor<4294967296x4294967296xf32>) {
  // expected-error @below {{operand and result must hold the same elements}}
  %y = nn.reshape %a : tensor<4294967296x4294967296xf32> to tensor<0xf32>
  return
}

// -----

func.func @f(%x: tensor<1x1x4x4xf32>, %w: tensor<1x1x3x3xf32>) {
  // expected-error @below {{does not fit}}
  %y = nn.conv %x, %w strides [1, 1] pads [0, 0, 0, 0]
      dilations [9223372036854775807, 1] groups 1
      : tensor<1x1x4x4xf32>, tensor<1x1x3x3xf32> to tensor<1x1x2x2xf32>
  return
}

// -----

func.func @f(%a: tensor<4xf32>) {
  // expected-error @below {{order must be from 0 to 2^31 - 1, not -3}}
  %y = nn.polygamma %a order -3 : tensor<4xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @below {{needs a variable}}
  "nn.gradient"(%x) : (tensor<4xf32>) -> ()
  return
}

// -----

// The body ends in another op, in another terminator, in a yield of nothing.
func.func @f(%x: tensor<4xf32>) {
  // expected-error @below {{must yield its results' types}}
  nn.fused(%x) {
  ^bb0(%a: tensor<4xf32>):
    %y = nn.exp %a : tensor<4xf32>
  } : (tensor<4xf32>) -> ()
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @below {{must yield its results' types}}
  nn.fused(%x) {
  ^bb0(%a: tensor<4xf32>):
    func.return
  } : (tensor<4xf32>) -> ()
  return
}

// -----

func.func @f() {
  // expected-error @below {{must yield its results' types, of one result or more}}
  "nn.fused"() ({ "nn.yield"() : () -> () }) : () -> ()
  return
}

// -----

func.func @f(%x: tensor<4x4xf32>) {
  // expected-error @below {{has more than one product}}
  %y = nn.fused(%x) {
  ^bb0(%a: tensor<4x4xf32>):
    %p = nn.matmul %a, %a : tensor<4x4xf32>, tensor<4x4xf32> to tensor<4x4xf32>
    %q = nn.matmul %p, %a : tensor<4x4xf32>, tensor<4x4xf32> to tensor<4x4xf32>
    nn.yield %q : tensor<4x4xf32>
  } : (tensor<4x4xf32>) -> tensor<4x4xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  %y = nn.fused(%x) {
  ^bb0(%a: tensor<4xf32>):
    // expected-error @below {{cannot stand in nn.fused}}
    %c = arith.constant 1.0 : f32
    nn.yield %a : tensor<4xf32>
  } : (tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @use_of_one(%a: tensor<4x3xf32>, %b: tensor<3x5xf32>) {
  // expected-error @below {{a product reads two different factors, not `weight` twice}}
  %y = nn.matmul %a, %b {use = #nn.use<"w" call 0 order 0 : weight, weight>} : tensor<4x3xf32>, tensor<3x5xf32> to tensor<4x5xf32>
  return
}

// -----

func.func @use_counts(%a: tensor<4x3xf32>, %b: tensor<3x5xf32>) {
  // expected-error @below {{calls and orders are counted from 0}}
  %y = nn.matmul %a, %b {use = #nn.use<"w" call -1 order 0 : input, weight>} : tensor<4x3xf32>, tensor<3x5xf32> to tensor<4x5xf32>
  return
}

// -----

func.func @use_of_nothing(%a: tensor<4x3xf32>, %b: tensor<3x5xf32>) {
  // expected-error @below {{expected ::gmc::nn::Factor to be one of: output, input, weight}}
  // expected-error @below {{failed to parse NN_UseAttr parameter 'rhs'}}
  %y = nn.matmul %a, %b {use = #nn.use<"w" call 0 order 0 : input, bias>} : tensor<4x3xf32>, tensor<3x5xf32> to tensor<4x5xf32>
  return
}
