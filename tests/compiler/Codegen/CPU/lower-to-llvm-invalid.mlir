// RUN: gmc-opt %s --split-input-file --verify-diagnostics --cpu-lower-to-llvm

// A bare pointer tells no extents.
// expected-error @below {{failed to legalize operation 'func.func'}}
func.func private @extents(%x: memref<?xf32>) attributes {rt.kernel = 0} {
  return
}

// -----

func.func private @unscheduled(%x: memref<4xf32>) attributes {rt.kernel = 0} {
  %zero = arith.constant 0.0 : f32
  // expected-error @below {{failed to legalize operation 'linalg.fill'}}
  linalg.fill ins(%zero : f32) outs(%x : memref<4xf32>)
  return
}
