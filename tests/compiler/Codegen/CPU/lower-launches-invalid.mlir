// RUN: gmc-opt %s --split-input-file --verify-diagnostics --cpu-lower-launches

llvm.func @k(%x: !llvm.ptr) attributes {rt.kernel = 0} {
  llvm.return
}
rt.entry @fit {
  %a = rt.buffer arena at 0 : memref<4xf32>
  // expected-error @below {{passes 2 buffers to a kernel of 1}}
  rt.launch @k(%a, %a) : memref<4xf32>, memref<4xf32>
}

// -----

// The range of units is no buffer.
llvm.func @k(%lo: i64, %hi: i64, %x: !llvm.ptr)
    attributes {rt.kernel = 0, cpu.units = 2} {
  llvm.return
}
rt.entry @fit {
  %a = rt.buffer arena at 0 : memref<4xf32>
  // expected-error @below {{passes 2 buffers to a kernel of 1}}
  rt.launch @k(%a, %a) : memref<4xf32>, memref<4xf32>
}

// -----

llvm.func @k(%lo: i64, %hi: i64, %x: !llvm.ptr)
    attributes {rt.kernel = 0, cpu.units = 2, cpu.finish = @missing} {
  llvm.return
}
rt.entry @fit {
  %a = rt.buffer arena at 0 : memref<4xf32>
  // expected-error @below {{missing is not lowered yet}}
  rt.launch @k(%a) : memref<4xf32>
}
