// RUN: gmc-opt %s --split-input-file --verify-diagnostics --cpu-schedule-kernels

func.func private @part(%x: memref<4x4xf32> {rt.panels = array<i64: 0, 4>})
    attributes {rt.kernel = 0} {
  %zero = arith.constant 0.0 : f32
  // expected-error @below {{a part of a matrix in panels is not supported}}
  %part = memref.subview %x[0, 0] [2, 4] [1, 1]
      : memref<4x4xf32> to memref<2x4xf32, strided<[4, 1]>>
  linalg.fill ins(%zero : f32) outs(%part : memref<2x4xf32, strided<[4, 1]>>)
  return
}

// -----

func.func private @own(%x: memref<4xf32>) attributes {rt.kernel = 0} {
  // expected-error @below {{is no buffer that a schedule can follow to an argument of the kernel}}
  %own = memref.alloc() : memref<4xf32>
  linalg.generic {indexing_maps = [affine_map<(a) -> (a)>,
      affine_map<(a) -> (a)>], iterator_types = ["parallel"]}
      ins(%own : memref<4xf32>) outs(%x : memref<4xf32>) {
  ^bb0(%p: f32, %q: f32):
    linalg.yield %p : f32
  }
  return
}

// -----

func.func private @windows(%x: memref<5xf32>, %y: memref<4x2xf32>)
    attributes {rt.kernel = 1} {
  // expected-error @below {{map of operand 0 is no projected permutation}}
  linalg.generic {indexing_maps = [affine_map<(a, b) -> (a + b)>,
      affine_map<(a, b) -> (a, b)>], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<5xf32>) outs(%y : memref<4x2xf32>) {
  ^bb0(%p: f32, %q: f32):
    linalg.yield %p : f32
  }
  return
}

// -----

func.func private @lane(%x: memref<1x4xf32> {rt.panels = array<i64: 0, 4>},
    %y: memref<2x4xf32>) attributes {rt.kernel = 1} {
  // expected-error @below {{one lane of a matrix in panels: not supported}}
  linalg.generic {indexing_maps = [affine_map<(a, b) -> (0, b)>,
      affine_map<(a, b) -> (a, b)>], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<1x4xf32>) outs(%y : memref<2x4xf32>) {
  ^bb0(%p: f32, %q: f32):
    linalg.yield %p : f32
  }
  return
}

// -----

func.func private @widths(%x: memref<4x4xf32> {rt.panels = array<i64: 0, 4>},
    %y: memref<4x4xf32> {rt.panels = array<i64: 0, 8>})
    attributes {rt.kernel = 1} {
  // expected-error @below {{panels of different widths along one loop}}
  linalg.generic {indexing_maps = [affine_map<(a, b) -> (a, b)>,
      affine_map<(a, b) -> (a, b)>], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<4x4xf32>) outs(%y : memref<4x4xf32>) {
  ^bb0(%p: f32, %q: f32):
    linalg.yield %p : f32
  }
  return
}

// -----

func.func private @call(%x: memref<4xf32>, %y: memref<4xf32>)
    attributes {rt.kernel = 1} {
  linalg.generic {indexing_maps = [affine_map<(a) -> (a)>,
      affine_map<(a) -> (a)>], iterator_types = ["parallel"]}
      ins(%x : memref<4xf32>) outs(%y : memref<4xf32>) {
  ^bb0(%p: f32, %q: f32):
    // expected-error @below {{cannot be done on vectors}}
    %0 = func.call @f(%p) : (f32) -> f32
    linalg.yield %0 : f32
  }
  return
}
func.func private @f(f32) -> f32

// -----

func.func private @difference(%x: memref<4xf32>, %y: memref<f32>)
    attributes {rt.kernel = 1} {
  linalg.generic {indexing_maps = [affine_map<(a) -> (a)>,
      affine_map<(a) -> ()>], iterator_types = ["reduction"]}
      ins(%x : memref<4xf32>) outs(%y : memref<f32>) {
  ^bb0(%p: f32, %q: f32):
    // expected-error @below {{is no reduction that a schedule knows}}
    %0 = arith.subf %q, %p : f32
    linalg.yield %0 : f32
  }
  return
}

// -----

func.func private @twice(%x: memref<4x4xf32>, %y: memref<4x4xf32>,
    %z: memref<4x4xf32>) attributes {rt.kernel = 1} {
  %zero = arith.constant 0.0 : f32
  %t = memref.alloc() : memref<4x4xf32>
  linalg.fill ins(%zero : f32) outs(%t : memref<4x4xf32>)
  linalg.matmul ins(%x, %x : memref<4x4xf32>, memref<4x4xf32>)
      outs(%t : memref<4x4xf32>)
  linalg.exp ins(%t : memref<4x4xf32>) outs(%y : memref<4x4xf32>)
  // expected-error @below {{a tile of a product has one elementwise reader at most}}
  linalg.exp ins(%t : memref<4x4xf32>) outs(%z : memref<4x4xf32>)
  return
}

// -----

func.func private @unread(%x: memref<4x4xf32>) attributes {rt.kernel = 1} {
  %zero = arith.constant 0.0 : f32
  %t = memref.alloc() : memref<4x4xf32>
  linalg.fill ins(%zero : f32) outs(%t : memref<4x4xf32>)
  // expected-error @below {{its result is never filled, or never read}}
  linalg.matmul ins(%x, %x : memref<4x4xf32>, memref<4x4xf32>)
      outs(%t : memref<4x4xf32>)
  return
}

// -----

func.func private @unfilled(%x: memref<4x4xf32>, %y: memref<4x4xf32>)
    attributes {rt.kernel = 1} {
  %t = memref.alloc() : memref<4x4xf32>
  // expected-error @below {{its result is never filled, or never read}}
  linalg.matmul ins(%x, %x : memref<4x4xf32>, memref<4x4xf32>)
      outs(%t : memref<4x4xf32>)
  linalg.exp ins(%t : memref<4x4xf32>) outs(%y : memref<4x4xf32>)
  return
}

// -----

func.func private @transposed(%x: memref<4x4xf32>, %y: memref<4x4xf32>)
    attributes {rt.kernel = 1} {
  %zero = arith.constant 0.0 : f32
  %t = memref.alloc() : memref<4x4xf32>
  linalg.fill ins(%zero : f32) outs(%t : memref<4x4xf32>)
  linalg.matmul ins(%x, %x : memref<4x4xf32>, memref<4x4xf32>)
      outs(%t : memref<4x4xf32>)
  // expected-error @below {{reads the product and its transpose}}
  linalg.generic {indexing_maps = [affine_map<(a, b) -> (a, b)>,
      affine_map<(a, b) -> (b, a)>, affine_map<(a, b) -> (a, b)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%t, %t : memref<4x4xf32>, memref<4x4xf32>)
      outs(%y : memref<4x4xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %0 = arith.addf %p, %q : f32
    linalg.yield %0 : f32
  }
  return
}

// -----

func.func private @copies(%x: memref<4x4xf32>, %y: memref<4x4x2xf32>)
    attributes {rt.kernel = 1} {
  %zero = arith.constant 0.0 : f32
  %t = memref.alloc() : memref<4x4xf32>
  linalg.fill ins(%zero : f32) outs(%t : memref<4x4xf32>)
  linalg.matmul ins(%x, %x : memref<4x4xf32>, memref<4x4xf32>)
      outs(%t : memref<4x4xf32>)
  // expected-error @below {{does not read the product, element by element}}
  linalg.broadcast ins(%t : memref<4x4xf32>) outs(%y : memref<4x4x2xf32>)
      dimensions = [2]
  return
}

// -----

func.func private @diagonals(%x: memref<4x4xf32>, %b: memref<7xf32>,
    %y: memref<4x4xf32>) attributes {rt.kernel = 2} {
  %zero = arith.constant 0.0 : f32
  %t = memref.alloc() : memref<4x4xf32>
  linalg.fill ins(%zero : f32) outs(%t : memref<4x4xf32>)
  linalg.matmul ins(%x, %x : memref<4x4xf32>, memref<4x4xf32>)
      outs(%t : memref<4x4xf32>)
  // expected-error @below {{map of operand 1 is not supported}}
  linalg.generic {indexing_maps = [affine_map<(a, b) -> (a, b)>,
      affine_map<(a, b) -> (a + b)>, affine_map<(a, b) -> (a, b)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%t, %b : memref<4x4xf32>, memref<7xf32>)
      outs(%y : memref<4x4xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %0 = arith.addf %p, %q : f32
    linalg.yield %0 : f32
  }
  return
}

// -----

// Its rows repeat one row of the product.
func.func private @repeats(%x: memref<1x4xf32>, %w: memref<4x4xf32>,
    %y: memref<3x4xf32>) attributes {rt.kernel = 2} {
  %zero = arith.constant 0.0 : f32
  %t = memref.alloc() : memref<1x4xf32>
  linalg.fill ins(%zero : f32) outs(%t : memref<1x4xf32>)
  linalg.matmul ins(%x, %w : memref<1x4xf32>, memref<4x4xf32>)
      outs(%t : memref<1x4xf32>)
  // expected-error @below {{does not read the product, element by element}}
  linalg.generic {indexing_maps = [affine_map<(a, b) -> (0, b)>,
      affine_map<(a, b) -> (a, b)>], iterator_types = ["parallel", "parallel"]}
      ins(%t : memref<1x4xf32>) outs(%y : memref<3x4xf32>) {
  ^bb0(%p: f32, %o: f32):
    linalg.yield %p : f32
  }
  return
}

// -----

func.func private @row(%x: memref<4x4xf32>, %b: memref<4x4xf32>,
    %y: memref<4x4xf32>) attributes {rt.kernel = 2} {
  %zero = arith.constant 0.0 : f32
  %t = memref.alloc() : memref<4x4xf32>
  linalg.fill ins(%zero : f32) outs(%t : memref<4x4xf32>)
  linalg.matmul ins(%x, %x : memref<4x4xf32>, memref<4x4xf32>)
      outs(%t : memref<4x4xf32>)
  // expected-error @below {{map of operand 1 is not supported}}
  linalg.generic {indexing_maps = [affine_map<(a, b) -> (a, b)>,
      affine_map<(a, b) -> (2, b)>, affine_map<(a, b) -> (a, b)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%t, %b : memref<4x4xf32>, memref<4x4xf32>)
      outs(%y : memref<4x4xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %0 = arith.addf %p, %q : f32
    linalg.yield %0 : f32
  }
  return
}

// -----

// Maps of no product: a reduction, which knows no diagonals.
func.func private @diagonal(%x: memref<4x4xf32>, %y: memref<7x4xf32>)
    attributes {rt.kernel = 1} {
  // expected-error @below {{map of operand 2 is no projected permutation}}
  linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>,
      affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m + n, n)>],
      iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %x : memref<4x4xf32>, memref<4x4xf32>)
      outs(%y : memref<7x4xf32>) {
  ^bb0(%p: f32, %q: f32, %s: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = arith.addf %s, %0 : f32
    linalg.yield %1 : f32
  }
  return
}

// -----

// The tile is all that a kernel keeps to itself.
func.func private @second(%x: memref<4x4xf32>, %y: memref<4x4xf32>)
    attributes {rt.kernel = 1} {
  %zero = arith.constant 0.0 : f32
  %t = memref.alloc() : memref<4x4xf32>
  // expected-error @below {{is no buffer that a schedule can follow to an argument of the kernel}}
  %u = memref.alloc() : memref<4x4xf32>
  linalg.fill ins(%zero : f32) outs(%t : memref<4x4xf32>)
  linalg.matmul ins(%x, %x : memref<4x4xf32>, memref<4x4xf32>)
      outs(%t : memref<4x4xf32>)
  linalg.add ins(%t, %u : memref<4x4xf32>, memref<4x4xf32>)
      outs(%y : memref<4x4xf32>)
  return
}

// -----

func.func private @keeps(%x: memref<4x4xf32>) attributes {rt.kernel = 1} {
  %zero = arith.constant 0.0 : f32
  // expected-error @below {{is no buffer that a schedule can follow to an argument of the kernel}}
  %t = memref.alloc() : memref<4x4xf32>
  linalg.fill ins(%zero : f32) outs(%t : memref<4x4xf32>)
  linalg.matmul ins(%x, %x : memref<4x4xf32>, memref<4x4xf32>)
      outs(%t : memref<4x4xf32>)
  linalg.exp ins(%t : memref<4x4xf32>) outs(%t : memref<4x4xf32>)
  return
}

// -----

// Said once, of vectors and of what is left of them.
func.func private @often(%x: memref<9xf32>, %y: memref<9xf32>)
    attributes {rt.kernel = 1} {
  linalg.generic {indexing_maps = [affine_map<(a) -> (a)>,
      affine_map<(a) -> (a)>], iterator_types = ["parallel"]}
      ins(%x : memref<9xf32>) outs(%y : memref<9xf32>) {
  ^bb0(%p: f32, %q: f32):
    // expected-error @below {{cannot be done on vectors}}
    %0 = func.call @f(%p) : (f32) -> f32
    linalg.yield %0 : f32
  }
  return
}
func.func private @f(f32) -> f32
