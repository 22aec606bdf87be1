// RUN: gmc-opt %s --split-input-file --verify-diagnostics

rt.entry @fit {
  // expected-error @below {{offset must be a multiple of the element's 4 bytes, not 6}}
  %x = rt.buffer arena at 6 : memref<4xf32>
}

// -----

rt.entry @fit {
  // expected-error @below {{offset must be a multiple of the element's 8 bytes, not -8}}
  %x = rt.buffer arena at -8 : memref<4xf64>
}

// -----

rt.entry @fit {
  // expected-error @below {{a scalar is one f64, not 'memref<f32>'}}
  %x = rt.buffer scalars at 0 : memref<f32>
}

// -----

rt.entry @fit {
  // expected-error @below {{the key is words of one i32, all else f32 or f64, not 'memref<f32>'}}
  %x = rt.buffer key at 0 : memref<f32>
}

// -----

rt.entry @fit {
  // expected-error @below {{the key is words of one i32, all else f32 or f64, not 'memref<i32>'}}
  %x = rt.buffer arena at 0 : memref<i32>
}

// -----

rt.entry @fit {
  // expected-error @below {{result #0 must be memref of f32 or f64 or one i32, at static places, not empty, but got 'memref<4xi32>'}}
  %x = rt.buffer key at 0 : memref<4xi32>
}

// -----

rt.entry @fit {
  // expected-error @below {{not empty, but got 'memref<4x0xf32>'}}
  %x = rt.buffer arena at 0 : memref<4x0xf32>
}

// -----

rt.entry @fit {
  // expected-error @below {{not empty, but got 'memref<4xindex>'}}
  %x = rt.buffer arena at 0 : memref<4xindex>
}

// -----

rt.entry @fit {
  // expected-error @below {{not empty, but got 'memref<4xcomplex<f32>>'}}
  %x = rt.buffer arena at 0 : memref<4xcomplex<f32>>
}

// -----

rt.entry @fit {
  // expected-error @below {{not empty, but got 'memref<4xvector<4xf32>>'}}
  %x = rt.buffer arena at 0 : memref<4xvector<4xf32>>
}

// -----

rt.entry @fit {
  // expected-error @below {{not empty, but got 'memref<4xmemref<4xf32>>'}}
  %x = rt.buffer arena at 0 : memref<4xmemref<4xf32>>
}

// -----

rt.entry @fit {
  // expected-error @below {{not empty, but got 'memref<4xi0>'}}
  %x = rt.buffer arena at 0 : memref<4xi0>
}

// -----

// A launch's bytes have to be known.
rt.entry @fit {
  // expected-error @below {{not empty, but got 'memref<4xf32, strided<[?]>>'}}
  %x = rt.buffer arena at 0 : memref<4xf32, strided<[?]>>
}

// -----

rt.entry @fit {
  // expected-error @below {{not empty, but got 'memref<4xf32, strided<[1], offset: ?>>'}}
  %x = rt.buffer arena at 0 : memref<4xf32, strided<[1], offset: ?>>
}

// -----

rt.entry @fit {
  // expected-error @below {{not empty, but got 'memref<4xf32, affine_map<(d0) -> (d0 floordiv 2)>>'}}
  %x = rt.buffer arena at 0 : memref<4xf32, affine_map<(a) -> (a floordiv 2)>>
}

// -----

rt.entry @fit {
  // expected-error @below {{panels store matrices, not 'memref<4xf32>'}}
  %x = rt.buffer state at 0 panels [0, 32] : memref<4xf32>
}

// -----

rt.entry @fit {
  // expected-error @below {{panels must be an axis, 0 or 1, and a width, not [2, 32]}}
  %x = rt.buffer state at 0 panels [2, 32] : memref<4x4xf32>
}

// -----

rt.entry @fit {
  // expected-error @below {{panels must be an axis, 0 or 1, and a width, not [0, 0]}}
  %x = rt.buffer state at 0 panels [0, 0] : memref<4x4xf32>
}

// -----

rt.entry @fit {
  // expected-error @below {{panels must be an axis, 0 or 1, and a width, not [1]}}
  %x = rt.buffer state at 0 panels [1] : memref<4x4xf32>
}

// -----

rt.entry @fit {
  // expected-error @below {{panels must be an axis, 0 or 1, and a width, not [0, 9223372036854775807]}}
  %x = rt.buffer state at 0 panels [0, 9223372036854775807] : memref<4x4xf32>
}

// -----

// Panels are a layout of their own.
rt.entry @fit {
  // expected-error @below {{panels store matrices, not 'memref<4x4xf32, strided<[8, 1]>>'}}
  %x = rt.buffer state at 0 panels [0, 32] : memref<4x4xf32, strided<[8, 1]>>
}

// -----

rt.entry @fit {
  // expected-error @below {{does not belong into an rt.entry, which has buffers and launches}}
  %x = memref.alloc() : memref<4xf32>
}

// -----

rt.entry @fit {
  %x = rt.buffer arena at 0 : memref<4xf32>
  // expected-error @below {{launches @missing, which is no kernel}}
  rt.launch @missing(%x) : memref<4xf32>
}

// -----

// Without rt.kernel a function is none.
func.func private @f(%x: memref<4xf32>) {
  return
}
rt.entry @fit {
  %x = rt.buffer arena at 0 : memref<4xf32>
  // expected-error @below {{launches @f, which is no kernel}}
  rt.launch @f(%x) : memref<4xf32>
}

// -----

func.func private @k(%x: memref<4xf32>) attributes {rt.kernel = 0 : i64} {
  return
}
rt.entry @fit {
  %x = rt.buffer arena at 0 : memref<4xf32>
  // expected-error @below {{passes 2 buffers to @k, which takes 1}}
  rt.launch @k(%x, %x) : memref<4xf32>, memref<4xf32>
}

// -----

func.func private @k(%x: memref<4xf32>) attributes {rt.kernel = 0 : i64} {
  return
}
rt.entry @fit {
  %x = rt.buffer arena at 0 : memref<2x2xf32>
  // expected-error @below {{buffer 0 has type 'memref<2x2xf32>', @k takes 'memref<4xf32>'}}
  rt.launch @k(%x) : memref<2x2xf32>
}

// -----

func.func private @k(%x: memref<4x4xf32> {rt.panels = array<i64: 0, 2>}) attributes {rt.kernel = 0 : i64} {
  return
}
rt.entry @fit {
  %x = rt.buffer arena at 0 panels [1, 2] : memref<4x4xf32>
  // expected-error @below {{buffer 0 is stored in other panels than @k takes}}
  rt.launch @k(%x) : memref<4x4xf32>
}

// -----

func.func private @k(%x: memref<4xf32>) attributes {rt.kernel = 0 : i64} {
  return
}
func.func @outside(%x: memref<4xf32>) {
  // expected-error @below {{argument 0 is no rt.buffer}}
  rt.launch @k(%x) : memref<4xf32>
  return
}

// -----

// expected-error @below {{rt.kernel must be an i64 on a function}}
module attributes {rt.kernel = 0 : i64} {
}

// -----

// expected-error @below {{rt.kernel must be an i64 on a function}}
func.func private @k(%x: memref<4xf32>) attributes {rt.kernel = "x"} {
  return
}

// -----

// expected-error @below {{rt.kernel has 2 inputs of 1 arguments}}
func.func private @k(%x: memref<4xf32>) attributes {rt.kernel = 2 : i64} {
  return
}

// -----

// expected-error @below {{rt.panels must be an array of i64}}
func.func private @k(%x: memref<4x4xf32> {rt.panels = 32 : i64}) attributes {rt.kernel = 0 : i64} {
  return
}

// -----

// expected-error @below {{panels store matrices, not 'memref<4xf32>'}}
func.func private @k(%x: memref<4xf32> {rt.panels = array<i64: 0, 2>}) attributes {rt.kernel = 0 : i64} {
  return
}

// -----

func.func @f(%x: i32) {
  // expected-error @below {{must be floating-point}}
  %y = rt.call "gmLogGammaQuantile"(%x, %x) : i32
  return
}

// -----

// A function without a body has arguments as well.
// expected-error @below {{panels store matrices, not 'memref<4xf32>'}}
func.func private @k(memref<4xf32> {rt.panels = array<i64: 0, 2>})

// -----

// expected-error @below {{rt.kernel is on a function without a body}}
func.func private @k(memref<4xf32>) attributes {rt.kernel = 0 : i64}

// -----

// Lowered kernels have a body too.
// expected-error @below {{rt.kernel is on a function without a body}}
llvm.func @k(!llvm.ptr) attributes {rt.kernel = 0 : i64}

// -----

// expected-error @below {{rt.convolution must be a role (0, 1 or 2), strides, zeros at top and left, and dilations, not array<i64: 7, 1, 1, 0, 0, 1, 1>}}
module attributes {rt.convolution = array<i64: 7, 1, 1, 0, 0, 1, 1>} {
}

// -----

// expected-error @below {{and dilations, not array<i64: -1, 1, 1, 0, 0, 1, 1>}}
module attributes {rt.convolution = array<i64: -1, 1, 1, 0, 0, 1, 1>} {
}

// -----

// expected-error @below {{and dilations, not array<i64: 1, 0, 1, 0, 0, 1, 1>}}
module attributes {rt.convolution = array<i64: 1, 0, 1, 0, 0, 1, 1>} {
}

// -----

// expected-error @below {{and dilations, not array<i64: 1, 1, 1, 0, -1, 1, 1>}}
module attributes {rt.convolution = array<i64: 1, 1, 1, 0, -1, 1, 1>} {
}

// -----

// expected-error @below {{and dilations, not array<i64: 1, 1, 1, 0, 0, 1, 0>}}
module attributes {rt.convolution = array<i64: 1, 1, 1, 0, 0, 1, 0>} {
}

// -----

// expected-error @below {{and dilations, not array<i64: 1, 1, 1, 0, 0, 1>}}
module attributes {rt.convolution = array<i64: 1, 1, 1, 0, 0, 1>} {
}

// -----

// expected-error @below {{and dilations, not unit}}
module attributes {rt.convolution} {
}
