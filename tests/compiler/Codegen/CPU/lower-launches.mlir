// RUN: gmc-opt --cpu-lower-launches --split-input-file --verify-diagnostics %s | FileCheck %s

llvm.func @many(%lo: i64, %hi: i64, %x: !llvm.ptr, %y: !llvm.ptr)
    attributes {rt.kernel = 1, cpu.units = 10} {
  llvm.return
}
llvm.func @one(%lo: i64, %hi: i64, %x: !llvm.ptr, %y: !llvm.ptr)
    attributes {rt.kernel = 1, cpu.units = 1} {
  llvm.return
}

// CHECK: llvm.func internal @many
// CHECK-NOT: rt.kernel

// The second launch reads other bytes than the first wrote: no barrier. The
// third reads what the first wrote. The last two are both thread 0's.
// CHECK-LABEL: llvm.func @gm_entry_fit(
// CHECK: llvm.call @many(
// CHECK-NOT: gmBarrier
// CHECK: llvm.call @many(
// CHECK: llvm.call @gmBarrier(
// CHECK: llvm.call @one(
// CHECK-NOT: gmBarrier
// CHECK: llvm.call @one(
// CHECK-NOT: gmBarrier
// CHECK: llvm.return
rt.entry @fit {
  %a = rt.buffer arena at 0 : memref<16xf32>
  %b = rt.buffer arena at 64 : memref<16xf32>
  %c = rt.buffer arena at 128 : memref<16xf32>
  %d = rt.buffer state at 0 : memref<16xf32>
  rt.launch @many(%a, %b) : memref<16xf32>, memref<16xf32>
  rt.launch @many(%a, %c) : memref<16xf32>, memref<16xf32>
  rt.launch @one(%b, %d) : memref<16xf32>, memref<16xf32>
  rt.launch @one(%d, %d) : memref<16xf32>, memref<16xf32>
}

// -----

llvm.func @many(%lo: i64, %hi: i64, %x: !llvm.ptr, %y: !llvm.ptr)
    attributes {rt.kernel = 1, cpu.units = 10} {
  llvm.return
}

// Panels of 32 take more bytes than the matrix: the next buffer is in them.
// CHECK-LABEL: llvm.func @gm_entry_pads(
// CHECK: llvm.call @many(
// CHECK: llvm.call @gmBarrier(
// CHECK: llvm.call @many(
rt.entry @pads {
  %a = rt.buffer arena at 0 : memref<16xf32>
  %b = rt.buffer arena at 64 panels [0, 32] : memref<16x2xf32>
  %c = rt.buffer arena at 256 : memref<16xf32>
  rt.launch @many(%a, %b) : memref<16xf32>, memref<16x2xf32>
  rt.launch @many(%a, %c) : memref<16xf32>, memref<16xf32>
}

// -----

llvm.func @sum(%lo: i64, %hi: i64, %x: !llvm.ptr, %y: !llvm.ptr)
    attributes {rt.kernel = 1, cpu.units = 10, cpu.finish = @sum.finish} {
  llvm.return
}
llvm.func @sum.finish(%lo: i64, %hi: i64, %x: !llvm.ptr, %y: !llvm.ptr)
    attributes {rt.kernel = 1, cpu.units = 1} {
  llvm.return
}

// A long sum's second kernel waits for the first, and the next one, which uses
// the same memory in between, waits for the second.
// CHECK-LABEL: llvm.func @gm_entry_sums(
// CHECK: llvm.call @sum(
// CHECK: llvm.call @gmBarrier(
// CHECK: llvm.call @sum.finish(
// CHECK: llvm.call @gmBarrier(
// CHECK: llvm.call @sum(
// CHECK: llvm.call @gmBarrier(
// CHECK: llvm.call @sum.finish(
rt.entry @sums {
  %a = rt.buffer arena at 0 : memref<131072xf32>
  %b = rt.buffer state at 0 : memref<f32>
  %c = rt.buffer state at 64 : memref<f32>
  rt.launch @sum(%a, %b) : memref<131072xf32>, memref<f32>
  rt.launch @sum(%a, %c) : memref<131072xf32>, memref<f32>
}

// -----

func.func private @raw(%x: memref<16xf32>) attributes {rt.kernel = 0} {
  return
}
rt.entry @wrong {
  %a = rt.buffer arena at 0 : memref<16xf32>
  // expected-error@+1 {{raw is not lowered yet}}
  rt.launch @raw(%a) : memref<16xf32>
}
