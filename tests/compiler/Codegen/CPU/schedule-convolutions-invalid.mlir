// RUN: gmc-opt %s --split-input-file --verify-diagnostics --cpu-schedule-kernels

func.func private @copy(%x: memref<1xf32>, %y: memref<1xf32>)
    attributes {rt.kernel = 1} {
  // expected-error @below {{is no sum of a convolution}}
  linalg.generic {indexing_maps = [affine_map<(a) -> (a)>,
      affine_map<(a) -> (a)>, affine_map<(a) -> (a)>],
      iterator_types = ["parallel"]}
      ins(%x, %x : memref<1xf32>, memref<1xf32>) outs(%y : memref<1xf32>)
      attrs = {rt.convolution = array<i64: 0, 1, 1, 0, 0, 1, 1>} {
  ^bb0(%p: f32, %q: f32, %r: f32):
    linalg.yield %p : f32
  }
  return
}

// -----

func.func private @own_image(%w: memref<1x1x1x1x1x1xf32>, %y: memref<1x1x1x1x1x1xf32>)
    attributes {rt.kernel = 1} {
  %x = memref.alloc() : memref<1x1x1x1x1xf32>
  // expected-error @below {{reads what is no argument of the kernel}}
  linalg.generic {indexing_maps = [
      affine_map<(n, g, q, i, j, l, k, m, b) -> (n, i + k, j + m, g, b)>,
      affine_map<(n, g, q, i, j, l, k, m, b) -> (g, q, k, m, b, l)>,
      affine_map<(n, g, q, i, j, l, k, m, b) -> (n, i, j, g, q, l)>],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel",
          "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : memref<1x1x1x1x1xf32>, memref<1x1x1x1x1x1xf32>)
      outs(%y : memref<1x1x1x1x1x1xf32>)
      attrs = {rt.convolution = array<i64: 0, 1, 1, 0, 0, 1, 1>} {
  ^bb0(%p: f32, %q: f32, %s: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = arith.addf %s, %0 : f32
    linalg.yield %1 : f32
  }
  return
}

// -----

func.func private @own_weights(%x: memref<1x1x1x1x1xf32>, %y: memref<1x1x1x1x1x1xf32>)
    attributes {rt.kernel = 1} {
  %w = memref.alloc() : memref<1x1x1x1x1x1xf32>
  // expected-error @below {{reads what is no argument of the kernel}}
  linalg.generic {indexing_maps = [
      affine_map<(n, g, q, i, j, l, k, m, b) -> (n, i + k, j + m, g, b)>,
      affine_map<(n, g, q, i, j, l, k, m, b) -> (g, q, k, m, b, l)>,
      affine_map<(n, g, q, i, j, l, k, m, b) -> (n, i, j, g, q, l)>],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel",
          "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : memref<1x1x1x1x1xf32>, memref<1x1x1x1x1x1xf32>)
      outs(%y : memref<1x1x1x1x1x1xf32>)
      attrs = {rt.convolution = array<i64: 0, 1, 1, 0, 0, 1, 1>} {
  ^bb0(%p: f32, %q: f32, %s: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = arith.addf %s, %0 : f32
    linalg.yield %1 : f32
  }
  return
}

// -----

func.func private @channels_first(%x: memref<1x1x1x1x1xf32>, %w: memref<1x1x1x1x1xf32>,
    %y: memref<1x1x1x1x1x1xf32>) attributes {rt.kernel = 2} {
  // expected-error @below {{only channels-last convolutions have a schedule}}
  linalg.generic {indexing_maps = [
      affine_map<(n, g, q, i, j, l, k, m, b) -> (n, i + k, j + m, g, b)>,
      affine_map<(n, g, q, i, j, l, k, m, b) -> (g, l, b, k, m)>,
      affine_map<(n, g, q, i, j, l, k, m, b) -> (n, i, j, g, q, l)>],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel",
          "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : memref<1x1x1x1x1xf32>, memref<1x1x1x1x1xf32>)
      outs(%y : memref<1x1x1x1x1x1xf32>)
      attrs = {rt.convolution = array<i64: 0, 1, 1, 0, 0, 1, 1>} {
  ^bb0(%p: f32, %q: f32, %s: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = arith.addf %s, %0 : f32
    linalg.yield %1 : f32
  }
  return
}

// -----

func.func private @unread(%x: memref<1x1x1x1x1xf32>, %w: memref<1x1x1x1x1x1xf32>)
    attributes {rt.kernel = 2} {
  %y = memref.alloc() : memref<1x1x1x1x1x1xf32>
  // expected-error @below {{its result is never read, element by element}}
  linalg.generic {indexing_maps = [
      affine_map<(n, g, q, i, j, l, k, m, b) -> (n, i + k, j + m, g, b)>,
      affine_map<(n, g, q, i, j, l, k, m, b) -> (g, q, k, m, b, l)>,
      affine_map<(n, g, q, i, j, l, k, m, b) -> (n, i, j, g, q, l)>],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel",
          "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : memref<1x1x1x1x1xf32>, memref<1x1x1x1x1x1xf32>)
      outs(%y : memref<1x1x1x1x1x1xf32>)
      attrs = {rt.convolution = array<i64: 0, 1, 1, 0, 0, 1, 1>} {
  ^bb0(%p: f32, %q: f32, %s: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = arith.addf %s, %0 : f32
    linalg.yield %1 : f32
  }
  return
}

// -----

func.func private @epilogue(%x: memref<1x1x1x1x1xf32>, %w: memref<1x1x1x1x1x1xf32>,
    %b: memref<1x1xf32>, %z: memref<1x1x1x1xf32>) attributes {rt.kernel = 3} {
  %t = memref.alloc() : memref<1x1x1x1xf32>
  %y = memref.reinterpret_cast %t to offset: [0], sizes: [1, 1, 1, 1, 1, 1],
      strides: [1, 1, 1, 1, 1, 1]
      : memref<1x1x1x1xf32> to memref<1x1x1x1x1x1xf32>
  linalg.generic {indexing_maps = [
      affine_map<(n, g, q, i, j, l, k, m, b) -> (n, i + k, j + m, g, b)>,
      affine_map<(n, g, q, i, j, l, k, m, b) -> (g, q, k, m, b, l)>,
      affine_map<(n, g, q, i, j, l, k, m, b) -> (n, i, j, g, q, l)>],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel",
          "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : memref<1x1x1x1x1xf32>, memref<1x1x1x1x1x1xf32>)
      outs(%y : memref<1x1x1x1x1x1xf32>)
      attrs = {rt.convolution = array<i64: 0, 1, 1, 0, 0, 1, 1>} {
  ^bb0(%p: f32, %q: f32, %s: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = arith.addf %s, %0 : f32
    linalg.yield %1 : f32
  }
  // expected-error @below {{map of operand 1 is not supported}}
  linalg.generic {indexing_maps = [affine_map<(n, i, j, c) -> (n, i, j, c)>,
      affine_map<(n, i, j, c) -> (0, c)>, affine_map<(n, i, j, c) -> (n, i, j, c)>],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%t, %b : memref<1x1x1x1xf32>, memref<1x1xf32>)
      outs(%z : memref<1x1x1x1xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %0 = arith.addf %p, %q : f32
    linalg.yield %0 : f32
  }
  return
}

// -----

func.func private @operands(%x: memref<1xf32>, %y: memref<1xf32>)
    attributes {rt.kernel = 1} {
  // expected-error @below {{is no sum of a convolution}}
  linalg.generic {indexing_maps = [affine_map<(a) -> (a)>,
      affine_map<(a) -> (a)>], iterator_types = ["parallel"]}
      ins(%x : memref<1xf32>) outs(%y : memref<1xf32>)
      attrs = {rt.convolution = array<i64: 0, 1, 1, 0, 0, 1, 1>} {
  ^bb0(%p: f32, %r: f32):
    linalg.yield %r : f32
  }
  return
}

// -----

func.func private @difference(%x: memref<1x4x4x1x1xf32>,
    %w: memref<1x1x1x1x1x1xf32>, %y: memref<1x4x4x1x1x1xf32>)
    attributes {rt.kernel = 2} {
  // expected-error @below {{is no sum of a convolution}}
  linalg.generic {indexing_maps = [
      affine_map<(n, g, q, i, j, l, k, m, b) -> (n, i + k, j + m, g, b)>,
      affine_map<(n, g, q, i, j, l, k, m, b) -> (g, q, k, m, b, l)>,
      affine_map<(n, g, q, i, j, l, k, m, b) -> (n, i, j, g, q, l)>],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel",
          "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : memref<1x4x4x1x1xf32>, memref<1x1x1x1x1x1xf32>)
      outs(%y : memref<1x4x4x1x1x1xf32>)
      attrs = {rt.convolution = array<i64: 0, 1, 1, 0, 0, 1, 1>} {
  ^bb0(%p: f32, %q: f32, %s: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = arith.subf %s, %0 : f32
    linalg.yield %1 : f32
  }
  return
}

// -----

// The maps say a stride of 1.
func.func private @strides(%x: memref<1x4x4x1x1xf32>,
    %w: memref<1x1x1x1x1x1xf32>, %y: memref<1x4x4x1x1x1xf32>)
    attributes {rt.kernel = 2} {
  // expected-error @below {{only channels-last convolutions have a schedule}}
  linalg.generic {indexing_maps = [
      affine_map<(n, g, q, i, j, l, k, m, b) -> (n, i + k, j + m, g, b)>,
      affine_map<(n, g, q, i, j, l, k, m, b) -> (g, q, k, m, b, l)>,
      affine_map<(n, g, q, i, j, l, k, m, b) -> (n, i, j, g, q, l)>],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel",
          "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : memref<1x4x4x1x1xf32>, memref<1x1x1x1x1x1xf32>)
      outs(%y : memref<1x4x4x1x1x1xf32>)
      attrs = {rt.convolution = array<i64: 0, 2, 1, 0, 0, 1, 1>} {
  ^bb0(%p: f32, %q: f32, %s: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = arith.addf %s, %0 : f32
    linalg.yield %1 : f32
  }
  return
}

// -----

// As a data gradient, the maps would be others.
func.func private @role(%x: memref<1x4x4x1x1xf32>,
    %w: memref<1x1x1x1x1x1xf32>, %y: memref<1x4x4x1x1x1xf32>)
    attributes {rt.kernel = 2} {
  // expected-error @below {{only channels-last convolutions have a schedule}}
  linalg.generic {indexing_maps = [
      affine_map<(n, g, q, i, j, l, k, m, b) -> (n, i + k, j + m, g, b)>,
      affine_map<(n, g, q, i, j, l, k, m, b) -> (g, q, k, m, b, l)>,
      affine_map<(n, g, q, i, j, l, k, m, b) -> (n, i, j, g, q, l)>],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel",
          "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : memref<1x4x4x1x1xf32>, memref<1x1x1x1x1x1xf32>)
      outs(%y : memref<1x4x4x1x1x1xf32>)
      attrs = {rt.convolution = array<i64: 1, 1, 1, 0, 0, 1, 1>} {
  ^bb0(%p: f32, %q: f32, %s: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = arith.addf %s, %0 : f32
    linalg.yield %1 : f32
  }
  return
}

// -----

// Nothing puts zeros around the image.
func.func private @margin(%x: memref<1x4x4x1x1xf32>,
    %w: memref<1x1x1x1x1x1xf32>, %y: memref<1x4x4x1x1x1xf32>)
    attributes {rt.kernel = 2} {
  // expected-error @below {{has other zeros around its image than rt.convolution says}}
  linalg.generic {indexing_maps = [
      affine_map<(n, g, q, i, j, l, k, m, b) -> (n, i + k, j + m, g, b)>,
      affine_map<(n, g, q, i, j, l, k, m, b) -> (g, q, k, m, b, l)>,
      affine_map<(n, g, q, i, j, l, k, m, b) -> (n, i, j, g, q, l)>],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel",
          "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : memref<1x4x4x1x1xf32>, memref<1x1x1x1x1x1xf32>)
      outs(%y : memref<1x4x4x1x1x1xf32>)
      attrs = {rt.convolution = array<i64: 0, 1, 1, 1, 1, 1, 1>} {
  ^bb0(%p: f32, %q: f32, %s: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = arith.addf %s, %0 : f32
    linalg.yield %1 : f32
  }
  return
}

// -----

func.func private @part(%all: memref<1x4x4x1x2xf32>,
    %w: memref<1x1x1x1x1x1xf32>, %y: memref<1x4x4x1x1x1xf32>)
    attributes {rt.kernel = 2} {
  %x = memref.subview %all[0, 0, 0, 0, 0] [1, 4, 4, 1, 1] [1, 1, 1, 1, 1]
      : memref<1x4x4x1x2xf32> to memref<1x4x4x1x1xf32, strided<[32, 8, 2, 2, 1]>>
  // expected-error @below {{reads what is no argument of the kernel}}
  linalg.generic {indexing_maps = [
      affine_map<(n, g, q, i, j, l, k, m, b) -> (n, i + k, j + m, g, b)>,
      affine_map<(n, g, q, i, j, l, k, m, b) -> (g, q, k, m, b, l)>,
      affine_map<(n, g, q, i, j, l, k, m, b) -> (n, i, j, g, q, l)>],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel",
          "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : memref<1x4x4x1x1xf32, strided<[32, 8, 2, 2, 1]>>, memref<1x1x1x1x1x1xf32>)
      outs(%y : memref<1x4x4x1x1x1xf32>)
      attrs = {rt.convolution = array<i64: 0, 1, 1, 0, 0, 1, 1>} {
  ^bb0(%p: f32, %q: f32, %s: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = arith.addf %s, %0 : f32
    linalg.yield %1 : f32
  }
  return
}

// -----

// Rows lie apart.
func.func private @rows(%x: memref<1x4x4x1x1xf32, strided<[32, 8, 1, 1, 1]>>,
    %w: memref<1x1x1x1x1x1xf32>, %y: memref<1x4x4x1x1x1xf32>)
    attributes {rt.kernel = 2} {
  // expected-error @below {{reads what is no argument of the kernel}}
  linalg.generic {indexing_maps = [
      affine_map<(n, g, q, i, j, l, k, m, b) -> (n, i + k, j + m, g, b)>,
      affine_map<(n, g, q, i, j, l, k, m, b) -> (g, q, k, m, b, l)>,
      affine_map<(n, g, q, i, j, l, k, m, b) -> (n, i, j, g, q, l)>],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel",
          "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : memref<1x4x4x1x1xf32, strided<[32, 8, 1, 1, 1]>>, memref<1x1x1x1x1x1xf32>)
      outs(%y : memref<1x4x4x1x1x1xf32>)
      attrs = {rt.convolution = array<i64: 0, 1, 1, 0, 0, 1, 1>} {
  ^bb0(%p: f32, %q: f32, %s: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = arith.addf %s, %0 : f32
    linalg.yield %1 : f32
  }
  return
}

// -----

// A convolution starts from zeros.
func.func private @ones(%x: memref<1x4x4x1x1xf32>,
    %w: memref<1x1x1x1x1x1xf32>, %y: memref<1x4x4x1x1x1xf32>)
    attributes {rt.kernel = 2} {
  %one = arith.constant 1.0 : f32
  // expected-error @below {{does not belong into the kernel of a convolution, or not there}}
  linalg.fill ins(%one : f32) outs(%y : memref<1x4x4x1x1x1xf32>)
  linalg.generic {indexing_maps = [
      affine_map<(n, g, q, i, j, l, k, m, b) -> (n, i + k, j + m, g, b)>,
      affine_map<(n, g, q, i, j, l, k, m, b) -> (g, q, k, m, b, l)>,
      affine_map<(n, g, q, i, j, l, k, m, b) -> (n, i, j, g, q, l)>],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel",
          "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : memref<1x4x4x1x1xf32>, memref<1x1x1x1x1x1xf32>)
      outs(%y : memref<1x4x4x1x1x1xf32>)
      attrs = {rt.convolution = array<i64: 0, 1, 1, 0, 0, 1, 1>} {
  ^bb0(%p: f32, %q: f32, %s: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = arith.addf %s, %0 : f32
    linalg.yield %1 : f32
  }
  return
}

// -----

func.func private @besides(%x: memref<1x4x4x1x1xf32>,
    %w: memref<1x1x1x1x1x1xf32>, %y: memref<1x4x4x1x1x1xf32>, %z: memref<4xf32>)
    attributes {rt.kernel = 2} {
  %zero = arith.constant 0.0 : f32
  linalg.generic {indexing_maps = [
      affine_map<(n, g, q, i, j, l, k, m, b) -> (n, i + k, j + m, g, b)>,
      affine_map<(n, g, q, i, j, l, k, m, b) -> (g, q, k, m, b, l)>,
      affine_map<(n, g, q, i, j, l, k, m, b) -> (n, i, j, g, q, l)>],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel",
          "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : memref<1x4x4x1x1xf32>, memref<1x1x1x1x1x1xf32>)
      outs(%y : memref<1x4x4x1x1x1xf32>)
      attrs = {rt.convolution = array<i64: 0, 1, 1, 0, 0, 1, 1>} {
  ^bb0(%p: f32, %q: f32, %s: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = arith.addf %s, %0 : f32
    linalg.yield %1 : f32
  }
  // expected-error @below {{does not belong into the kernel of a convolution, or not there}}
  linalg.fill ins(%zero : f32) outs(%z : memref<4xf32>)
  return
}

// -----

// The epilogue turns the image.
func.func private @turned(%x: memref<1x4x4x1x1xf32>,
    %w: memref<1x1x1x1x1x1xf32>, %z: memref<1x4x4x1xf32>)
    attributes {rt.kernel = 2} {
  %t = memref.alloc() : memref<1x4x4x1xf32>
  %y = memref.reinterpret_cast %t to offset: [0], sizes: [1, 4, 4, 1, 1, 1],
      strides: [16, 4, 1, 1, 1, 1]
      : memref<1x4x4x1xf32> to memref<1x4x4x1x1x1xf32>
  linalg.generic {indexing_maps = [
      affine_map<(n, g, q, i, j, l, k, m, b) -> (n, i + k, j + m, g, b)>,
      affine_map<(n, g, q, i, j, l, k, m, b) -> (g, q, k, m, b, l)>,
      affine_map<(n, g, q, i, j, l, k, m, b) -> (n, i, j, g, q, l)>],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel",
          "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : memref<1x4x4x1x1xf32>, memref<1x1x1x1x1x1xf32>)
      outs(%y : memref<1x4x4x1x1x1xf32>)
      attrs = {rt.convolution = array<i64: 0, 1, 1, 0, 0, 1, 1>} {
  ^bb0(%p: f32, %q: f32, %s: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = arith.addf %s, %0 : f32
    linalg.yield %1 : f32
  }
  // expected-error @below {{map of operand 0 is not supported}}
  linalg.generic {indexing_maps = [affine_map<(n, i, j, c) -> (n, j, i, c)>,
      affine_map<(n, i, j, c) -> (n, i, j, c)>],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%t : memref<1x4x4x1xf32>) outs(%z : memref<1x4x4x1xf32>) {
  ^bb0(%p: f32, %o: f32):
    linalg.yield %p : f32
  }
  return
}
