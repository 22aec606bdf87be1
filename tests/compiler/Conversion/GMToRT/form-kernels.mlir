// RUN: gmc-opt %s --split-input-file --form-kernels | FileCheck %s

// A written value is computed into its variable's place; nothing is copied.
gm.variable @w : tensor<4xf32> role "parameter" of "N" initial "constant"(0.0, 0.0)
// CHECK: func.func private @fit.0.neg({{.*}}) attributes {rt.kernel = 1 : i64}
// CHECK-LABEL: rt.entry @fit
gm.entry step @fit inputs [] batch 1 {
  %w = gm.read @w : tensor<4xf32>
  // CHECK: %[[OLD:.*]] = rt.buffer state at 0 : memref<4xf32>
  // CHECK: %[[NEW:.*]] = rt.buffer state at 0 : memref<4xf32>
  // CHECK: rt.launch @fit.0.neg(%[[OLD]], %[[NEW]])
  // CHECK-NOT: rt.launch
  %n = nn.neg %w : tensor<4xf32>
  gm.write %n to @w : tensor<4xf32>
}

// -----

// A launch behind the one that computes the new value reads the old one: the
// new one waits in the arena and is copied at the end.
gm.variable @w : tensor<4xf32> role "parameter" of "N" initial "constant"(0.0, 0.0)
// CHECK-LABEL: rt.entry @late
gm.entry step @late inputs [] batch 1 {
  %w = gm.read @w : tensor<4xf32>
  // CHECK: rt.buffer state at 0
  // CHECK: %[[NEW:.*]] = rt.buffer arena
  // CHECK: rt.launch @late.0.neg(%{{.*}}, %[[NEW]])
  %n = nn.neg %w : tensor<4xf32>
  // CHECK: rt.launch @late.1.exp
  %e = nn.exp %w : tensor<4xf32>
  // CHECK: %[[STATE:.*]] = rt.buffer state at 0
  // CHECK: rt.launch @late.after.0(%{{.*}}, %[[STATE]])
  gm.write %n to @w : tensor<4xf32>
  gm.output value "e" %e : tensor<4xf32>
}

// -----

// An output that is a variable's old value is saved before the first launch.
gm.variable @w : tensor<4xf32> role "parameter" of "N" initial "constant"(0.0, 0.0)
// CHECK-LABEL: rt.entry @old
gm.entry step @old inputs [] batch 1 {
  // CHECK: rt.launch @old.before.0
  // CHECK: rt.launch @old.0.neg
  %w = gm.read @w : tensor<4xf32>
  %n = nn.neg %w : tensor<4xf32>
  gm.write %n to @w : tensor<4xf32>
  gm.output value "w" %w : tensor<4xf32>
}

// -----

// A variable takes the old value of another one that changes too: it is saved
// before the first launch. What nobody changes is copied from where it is.
gm.variable @a : tensor<4xf32> role "state" of "" initial "constant"(0.0, 0.0)
gm.variable @b : tensor<4xf32> role "state" of "" initial "constant"(0.0, 0.0)
gm.variable @c : tensor<4xf32> role "state" of "" initial "constant"(0.0, 0.0)
gm.variable @d : tensor<4xf32> role "state" of "" initial "constant"(0.0, 0.0)
// CHECK-LABEL: rt.entry @shift
gm.entry step @shift inputs [] batch 1 {
  %a = gm.read @a : tensor<4xf32>
  %c = gm.read @c : tensor<4xf32>
  // CHECK: %[[OLD:.*]] = rt.buffer state at 0
  // CHECK: %[[SAVED:.*]] = rt.buffer arena at [[PLACE:.*]] : memref<4xf32>
  // CHECK: rt.launch @shift.before.0(%[[OLD]], %[[SAVED]])
  // CHECK: rt.launch @shift.0.exp
  %n = nn.exp %a : tensor<4xf32>
  gm.write %n to @a : tensor<4xf32>
  // CHECK: %[[KEPT:.*]] = rt.buffer arena at [[PLACE]] : memref<4xf32>
  // CHECK: %[[B:.*]] = rt.buffer state at 64
  // CHECK: rt.launch @shift.after.0(%[[KEPT]], %[[B]])
  gm.write %a to @b : tensor<4xf32>
  // CHECK: %[[C:.*]] = rt.buffer state at 128
  // CHECK: %[[D:.*]] = rt.buffer state at 192
  // CHECK: rt.launch @shift.after.1(%[[C]], %[[D]])
  gm.write %c to @d : tensor<4xf32>
}

// -----

// Two variables change places: both are saved.
gm.variable @a : tensor<4xf32> role "state" of "" initial "constant"(0.0, 0.0)
gm.variable @b : tensor<4xf32> role "state" of "" initial "constant"(1.0, 0.0)
// CHECK-LABEL: rt.entry @swap
gm.entry step @swap inputs [] batch 1 {
  %a = gm.read @a : tensor<4xf32>
  %b = gm.read @b : tensor<4xf32>
  // CHECK: rt.buffer arena at [[B:.*]] : memref<4xf32>
  // CHECK: rt.launch @swap.before.0
  // CHECK: rt.buffer arena at [[A:.*]] : memref<4xf32>
  // CHECK: rt.launch @swap.before.1
  // CHECK: %[[SB:.*]] = rt.buffer arena at [[B]] : memref<4xf32>
  // CHECK: rt.launch @swap.after.0(%[[SB]]
  // CHECK: %[[SA:.*]] = rt.buffer arena at [[A]] : memref<4xf32>
  // CHECK: rt.launch @swap.after.1(%[[SA]]
  gm.write %b to @a : tensor<4xf32>
  gm.write %a to @b : tensor<4xf32>
}

// -----

// Values whose lives do not overlap share memory; inputs keep theirs; a
// reshape has none of its own.
// CHECK: rt.arena_bytes = 192
// CHECK-LABEL: rt.entry @chain
gm.entry report @chain inputs ["x"] batch 2 {
^bb0(%x: tensor<2x8xf32>):
  // CHECK: rt.buffer arena at 0 : memref<2x8xf32>
  // CHECK: %[[A:.*]] = rt.buffer arena at [[FIRST:.*]] : memref<2x8xf32>
  // CHECK: rt.launch @chain.0.exp(%{{.*}}, %[[A]])
  %a = nn.exp %x : tensor<2x8xf32>
  // CHECK: rt.buffer arena at [[FIRST]] : memref<16xf32>
  %r = nn.reshape %a : tensor<2x8xf32> to tensor<16xf32>
  %b = nn.exp %r : tensor<16xf32>
  gm.output value "b" %b : tensor<16xf32>
}

// -----

// A draw reads the four words of the execution's key.
// CHECK-LABEL: rt.entry @draw
gm.entry procedure @draw inputs [] batch 1 {
  // CHECK: rt.buffer key at 0 : memref<i32>
  // CHECK: rt.buffer key at 4 : memref<i32>
  // CHECK: rt.buffer key at 8 : memref<i32>
  // CHECK: rt.buffer key at 12 : memref<i32>
  %z = nn.random_normal site 42 : tensor<1x3xf32>
  gm.output value "z" %z : tensor<1x3xf32>
}

// -----

// A product reads its operands from memory, a constant as well, and what is a
// reshape of one: it is written out before.
gm.variable @w : tensor<4x3xf32> role "parameter" of "N" initial "constant"(0.0, 0.0)
// CHECK: func.func private @ones.0.constant(%{{.*}}: memref<6xf32>)
// CHECK-LABEL: rt.entry @ones
gm.entry report @ones inputs [] batch 2 {
  %w = gm.read @w : tensor<4x3xf32>
  %one = nn.constant 1.0 : tensor<6xf32>
  %x = nn.reshape %one : tensor<6xf32> to tensor<2x3xf32>
  // CHECK: %[[ONES:.*]] = rt.buffer arena at [[PLACE:.*]] : memref<6xf32>
  // CHECK: rt.launch @ones.0.constant(%[[ONES]])
  // CHECK: %[[X:.*]] = rt.buffer arena at [[PLACE]] : memref<2x3xf32>
  // CHECK: rt.launch @ones.0.matmul(%[[X]]
  %y = nn.matmul %x, %w {transposeB} : tensor<2x3xf32>, tensor<4x3xf32> to tensor<2x4xf32>
  gm.output value "y" %y : tensor<2x4xf32>
}
