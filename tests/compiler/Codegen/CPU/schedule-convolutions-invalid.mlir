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
  // expected-error @below {{reads no argument of the kernel}}
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
