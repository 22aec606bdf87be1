// RUN: gmc-opt %s --split-input-file --verify-diagnostics --cpu-schedule-kernels
// RUN: gmc-opt %s --split-input-file --verify-diagnostics --cpu-loop-kernels

// What every pass that reads bodies of kernels refuses.

// A map that no strides describe.
// expected-error @below {{argument 0 of a kernel must be a buffer, not 'memref<4xf32, affine_map<(d0) -> (d0 floordiv 2)>>'}}
func.func private @layout(%x: memref<4xf32, affine_map<(a) -> (a floordiv 2)>>)
    attributes {rt.kernel = 0} {
  return
}

// -----

// expected-error @below {{argument 1 of a kernel must be a buffer, not 'i32'}}
func.func private @number(%x: memref<4xf32>, %n: i32) attributes {rt.kernel = 1} {
  return
}

// -----

// As it is once it has been scheduled.
// expected-error @below {{argument 0 of a kernel must be a buffer, not 'index'}}
func.func private @scheduled(%lo: index, %hi: index, %x: memref<4xf32>)
    attributes {rt.kernel = 1, cpu.units = 1} {
  return
}

// -----

// expected-error @below {{argument 0 of a kernel must be a buffer, not 'tensor<4xf32>'}}
func.func private @tensor(%x: tensor<4xf32>) attributes {rt.kernel = 1} {
  return
}

// -----

// expected-error @below {{argument 0 of a kernel must be a buffer, not 'memref<*xf32>'}}
func.func private @unranked(%x: memref<*xf32>) attributes {rt.kernel = 1} {
  return
}

// -----

// expected-error @below {{argument 0 of a kernel must be a buffer, not 'memref<?xf32>'}}
func.func private @any(%x: memref<?xf32>) attributes {rt.kernel = 1} {
  return
}

// -----

// expected-error @below {{argument 0 of a kernel must be a buffer, not 'memref<4xf32, strided<[?]>>'}}
func.func private @strides(%x: memref<4xf32, strided<[?]>>) attributes {rt.kernel = 1} {
  return
}

// -----

// expected-error @below {{argument 0 of a kernel must be a buffer, not 'memref<4xf32, strided<[1], offset: ?>>'}}
func.func private @offset(%x: memref<4xf32, strided<[1], offset: ?>>)
    attributes {rt.kernel = 1} {
  return
}

// -----

// Its last element lies before its first.
// expected-error @below {{argument 0 of a kernel must be a buffer, not 'memref<4xf32, strided<[-1], offset: 3>>'}}
func.func private @backwards(%x: memref<4xf32, strided<[-1], offset: 3>>)
    attributes {rt.kernel = 1} {
  return
}

// -----

// expected-error @below {{argument 0 of a kernel must be a buffer, not 'memref<4xf32, 1 : i32>'}}
func.func private @elsewhere(%x: memref<4xf32, 1 : i32>) attributes {rt.kernel = 1} {
  return
}

// -----

// expected-error @below {{argument 0 of a kernel must be a buffer, not 'memref<4x0xf32>'}}
func.func private @empty(%x: memref<4x0xf32>) attributes {rt.kernel = 1} {
  return
}

// -----

// Its elements cannot be counted.
// expected-error @below {{argument 0 of a kernel must be a buffer, not 'memref<4294967296x4294967296xf32>'}}
func.func private @endless(%x: memref<4294967296x4294967296xf32>)
    attributes {rt.kernel = 1} {
  return
}

// -----

// expected-error @below {{argument 0 of a kernel must be a buffer, not 'memref<4xindex>'}}
func.func private @indices(%x: memref<4xindex>) attributes {rt.kernel = 1} {
  return
}

// -----

// expected-error @below {{argument 0 of a kernel must be a buffer, not 'memref<4xcomplex<f32>>'}}
func.func private @complex(%x: memref<4xcomplex<f32>>) attributes {rt.kernel = 1} {
  return
}

// -----

// A word of the key is one i32.
// expected-error @below {{argument 1 of a kernel must be a buffer, not 'memref<4xi32>'}}
func.func private @words(%k: memref<i32>, %x: memref<4xi32>) attributes {rt.kernel = 1} {
  return
}

// -----

// expected-error @below {{a kernel has no results}}
func.func private @result(%x: memref<4xf32>) -> memref<4xf32>
    attributes {rt.kernel = 0} {
  return %x : memref<4xf32>
}

// -----

// expected-error @below {{a kernel has one block, which returns}}
func.func private @blocks(%x: memref<4xf32>) attributes {rt.kernel = 0} {
  cf.br ^bb1
^bb1:
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%x : memref<4xf32>)
  return
}

// -----

func.func private @calls(%x: memref<4xf32>) attributes {rt.kernel = 1} {
  // expected-error @below {{does not belong into a kernel}}
  func.call @other() : () -> ()
  return
}
func.func private @other()

// -----

func.func private @somewhere(%x: memref<4xf32>) attributes {rt.kernel = 0} {
  %at = arith.constant 1 : index
  // expected-error @below {{no buffer of a kernel is 'memref<2xf32, strided<[1], offset: ?>>'}}
  %part = memref.subview %x[%at] [2] [1]
      : memref<4xf32> to memref<2xf32, strided<[1], offset: ?>>
  return
}

// -----

func.func private @scratch() attributes {rt.kernel = 0} {
  // expected-error @below {{no buffer of a kernel is 'memref<4xindex>'}}
  %t = memref.alloc() : memref<4xindex>
  return
}

// -----

func.func private @beginning(%x: memref<4x4xf32>) attributes {rt.kernel = 0} {
  // expected-error @below {{must give the whole of a buffer another shape}}
  %part = memref.reinterpret_cast %x to offset: [0], sizes: [2, 4], strides: [4, 1]
      : memref<4x4xf32> to memref<2x4xf32>
  return
}

// -----

func.func private @turned(%x: memref<4x4xf32>) attributes {rt.kernel = 0} {
  // expected-error @below {{must give the whole of a buffer another shape}}
  %turned = memref.reinterpret_cast %x to offset: [0], sizes: [4, 4], strides: [1, 4]
      : memref<4x4xf32> to memref<4x4xf32, strided<[1, 4]>>
  return
}

// -----

func.func private @value() attributes {rt.kernel = 0} {
  %zero = arith.constant 0.0 : f32
  %x = arith.constant dense<0.0> : tensor<4xf32>
  // expected-error @below {{a statement of a kernel reads and writes buffers}}
  %y = linalg.fill ins(%zero : f32) outs(%x : tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func private @no_output(%x: memref<4xf32>) attributes {rt.kernel = 1} {
  // expected-error @below {{a statement of a kernel reads and writes buffers}}
  linalg.generic {indexing_maps = [affine_map<(a) -> (a)>],
      iterator_types = ["parallel"]} ins(%x : memref<4xf32>) {
  ^bb0(%p: f32):
    linalg.yield
  }
  return
}

// -----

func.func private @any_of_them(%x: memref<4x4xf32>, %y: memref<4xf32>)
    attributes {rt.kernel = 1} {
  // expected-error @below {{a statement of a kernel writes an element in several turns of a parallel loop}}
  linalg.generic {indexing_maps = [affine_map<(a, b) -> (a, b)>,
      affine_map<(a, b) -> (a)>], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<4x4xf32>) outs(%y : memref<4xf32>) {
  ^bb0(%p: f32, %q: f32):
    linalg.yield %p : f32
  }
  return
}

// -----

// Memory is read by maps alone.
func.func private @captures(%x: memref<4xf32>, %y: memref<4xf32>)
    attributes {rt.kernel = 1} {
  linalg.generic {indexing_maps = [affine_map<(a) -> (a)>],
      iterator_types = ["parallel"]} outs(%y : memref<4xf32>) {
  ^bb0(%q: f32):
    %i = arith.constant 0 : index
    // expected-error @below {{does not belong into a statement of a kernel, which makes numbers of numbers}}
    %0 = memref.load %x[%i] : memref<4xf32>
    linalg.yield %0 : f32
  }
  return
}

// -----

func.func private @branches(%x: memref<4xf32>, %y: memref<4xf32>)
    attributes {rt.kernel = 1} {
  linalg.generic {indexing_maps = [affine_map<(a) -> (a)>,
      affine_map<(a) -> (a)>], iterator_types = ["parallel"]}
      ins(%x : memref<4xf32>) outs(%y : memref<4xf32>) {
  ^bb0(%p: f32, %q: f32):
    %c = arith.constant true
    // expected-error @below {{does not belong into a statement of a kernel, which makes numbers of numbers}}
    %0 = scf.if %c -> f32 {
      scf.yield %p : f32
    } else {
      scf.yield %q : f32
    }
    linalg.yield %0 : f32
  }
  return
}
