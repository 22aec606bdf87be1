// RUN: gmc-opt %s --verify-diagnostics --cpu-lower-math

// Neither one instruction nor a function of libm.
func.func @power(%x: i32) -> i32 {
  // expected-error @below {{failed to legalize operation 'math.ipowi' that was explicitly marked illegal}}
  %0 = math.ipowi %x, %x : i32
  return %0 : i32
}
