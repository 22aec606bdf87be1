// RUN: gmc-opt --cpu-lower-math=polynomials %s | FileCheck %s --check-prefixes=CHECK,POLY
// RUN: gmc-opt --cpu-lower-math %s | FileCheck %s --check-prefixes=CHECK,LIBM

// CHECK-LABEL: func.func @vectors
// POLY-NOT: call
// POLY: arith.shli
// LIBM-COUNT-4: call @expf
func.func @vectors(%x: vector<4xf32>) -> vector<4xf32> {
  %0 = math.exp %x : vector<4xf32>
  return %0 : vector<4xf32>
}

// Numbers of 64 bits and scalars are libm's in either case.
// CHECK-LABEL: func.func @others
// CHECK-COUNT-2: call @log1p(
// CHECK: call @tanhf(
// CHECK: math.sqrt
func.func @others(%x: vector<2xf64>, %y: f32) -> (vector<2xf64>, f32, f32) {
  %0 = math.log1p %x : vector<2xf64>
  %1 = math.tanh %y : f32
  %2 = math.sqrt %y : f32
  return %0, %1, %2 : vector<2xf64>, f32, f32
}

// Functions of the runtime take doubles, one lane at a time.
// CHECK-LABEL: func.func @runtime
// CHECK-COUNT-3: call @gmLogGammaQuantile({{.*}}) : (f64, f64) -> f64
func.func @runtime(%u: vector<2xf64>, %a: f64) -> (vector<2xf64>, f64) {
  %0 = rt.call "gmLogGammaQuantile"(%u, %u) : vector<2xf64>
  %1 = rt.call "gmLogGammaQuantile"(%a, %a) : f64
  return %0, %1 : vector<2xf64>, f64
}
