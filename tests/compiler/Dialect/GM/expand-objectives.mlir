// RUN: gmc-opt %s --split-input-file --gm-expand-objectives | FileCheck %s

// A gradient with respect to what stands in `over` and nothing else; the rule
// of sgd without momentum keeps no state.
gm.variable @w : tensor<3xf32> role "parameter" of "N" initial "constant"(1.0, 0.0)
gm.variable @v : tensor<3xf32> role "parameter" of "M" initial "constant"(1.0, 0.0)
// CHECK-NOT: gm.variable @s.
// CHECK-LABEL: gm.entry step @fit
gm.entry step @fit inputs [] batch 1 {
  // CHECK-DAG: %[[W:.*]] = gm.read @w
  // CHECK-DAG: %[[L:.*]] = nn.sum
  %w = gm.read @w : tensor<3xf32>
  %v = gm.read @v : tensor<3xf32>
  %p = nn.mul %w, %v : tensor<3xf32>
  %l = nn.sum %p over [0] : tensor<3xf32> to tensor<f32>
  %lr = gm.scalar 0 : tensor<f64>
  %mu = nn.constant 0.0 : tensor<f64>
  // CHECK: %[[G:.*]] = nn.gradient %[[L]] wrt %[[W]] :
  // CHECK: gm.output norm "N"
  // CHECK-NOT: gm.output norm
  // CHECK: %[[STEP:.*]] = nn.mul %{{.*}}, %[[G]]
  // CHECK: %[[NEW:.*]] = nn.sub %[[W]], %[[STEP]]
  // CHECK: gm.write %[[NEW]] to @w
  // CHECK-NOT: gm.write
  // CHECK: updates = [7]
  gm.minimize %l over [@w] using sgd(%lr, %mu) state "s" updates 7 : tensor<f32>, tensor<f64>, tensor<f64>
}

// -----

// Two minimisers of one entry: both gradients before the first update, each
// with a state of its own. Maximising is minimising the negative.
gm.variable @a : tensor<2xf64> role "parameter" of "A" initial "constant"(1.0, 0.0)
gm.variable @b : tensor<2xf64> role "parameter" of "B" initial "constant"(1.0, 0.0)
// CHECK-DAG: gm.variable @p.a.m {{.*}} role "optimizer" of "A"
// CHECK-DAG: gm.variable @p.a.v
// CHECK-DAG: gm.variable @q.b.v
// CHECK-LABEL: gm.entry step @game
gm.entry step @game inputs [] batch 1 {
  %a = gm.read @a : tensor<2xf64>
  %b = gm.read @b : tensor<2xf64>
  %p = nn.mul %a, %b : tensor<2xf64>
  %l = nn.sum %p over [0] : tensor<2xf64> to tensor<f64>
  %lr = gm.scalar 0 : tensor<f64>
  %c = nn.constant 0.9 : tensor<f64>
  // CHECK: %[[LOSS:.*]] = nn.sum
  // CHECK: nn.gradient %[[LOSS]]
  // CHECK: %[[NEG:.*]] = nn.neg %[[LOSS]]
  // CHECK: nn.gradient %[[NEG]]
  // CHECK: gm.write {{.*}} to @a
  // CHECK: gm.write {{.*}} to @b
  // CHECK: updates = [1, 2]
  gm.minimize %l over [@a] using adam(%lr, %c, %c, %c) state "p" updates 1 : tensor<f64>, tensor<f64>, tensor<f64>, tensor<f64>, tensor<f64>
  gm.minimize %l over [@b] using rmsprop(%lr, %c, %c) state "q" updates 2 maximize : tensor<f64>, tensor<f64>, tensor<f64>, tensor<f64>
}

// -----

// Minimisers that share a state add their gradients and update once; clipping
// scales by the norm over all of them.
gm.variable @w : tensor<2xf64> role "parameter" of "N" initial "constant"(1.0, 0.0)
// CHECK-LABEL: gm.entry step @shared
gm.entry step @shared inputs [] batch 1 {
  %w = gm.read @w : tensor<2xf64>
  %l = nn.sum %w over [0] : tensor<2xf64> to tensor<f64>
  %e = nn.exp %l : tensor<f64>
  %lr = gm.scalar 0 : tensor<f64>
  %mu = nn.constant 0.0 : tensor<f64>
  %clip = nn.constant 5.0 : tensor<f64>
  // CHECK: %[[G1:.*]] = nn.gradient
  // CHECK: %[[G2:.*]] = nn.gradient
  // CHECK: %[[G:.*]] = nn.add %[[G1]], %[[G2]]
  // CHECK: nn.mul %[[G]], %[[G]]
  // CHECK: nn.min
  // CHECK: gm.write
  // CHECK-NOT: gm.write
  // CHECK: updates = [1]
  gm.minimize %l over [@w] using sgd(%lr, %mu) state "s" updates 1 clip %clip : tensor<f64> : tensor<f64>, tensor<f64>, tensor<f64>
  gm.minimize %e over [@w] using sgd(%lr, %mu) state "s" updates 1 clip %clip : tensor<f64> : tensor<f64>, tensor<f64>, tensor<f64>
}

// -----

// `keep` bounds what is written, `when` keeps the old value; the updates are
// counted in a variable, which the condition holds back as well.
gm.variable @w : tensor<3xf32> role "parameter" of "N" initial "constant"(1.0, 0.0)
// CHECK: gm.variable @s.t : tensor<f32> role "optimizer"
// CHECK-LABEL: gm.entry step @gated
gm.entry step @gated inputs [] batch 1 {
  // CHECK-DAG: %[[W:.*]] = gm.read @w
  // CHECK-DAG: %[[T:.*]] = gm.read @s.t
  %w = gm.read @w : tensor<3xf32>
  %l = nn.sum %w over [0] : tensor<3xf32> to tensor<f32>
  %lr = gm.scalar 0 : tensor<f64>
  %c = gm.scalar 1 : tensor<f64>
  %low = nn.constant -1.0 : tensor<f64>
  %high = nn.constant 1.0 : tensor<f64>
  %mu = nn.constant 0.0 : tensor<f64>
  // CHECK: %[[COUNT:.*]] = nn.select %{{.*}}, %{{.*}}, %[[T]] : tensor<f32>
  // CHECK: gm.write %[[COUNT]] to @s.t
  // CHECK: %[[NEW:.*]] = nn.sub %[[W]]
  // CHECK: %[[ABOVE:.*]] = nn.max %[[NEW]]
  // CHECK: %[[IN:.*]] = nn.min %[[ABOVE]]
  // CHECK: %[[KEPT:.*]] = nn.select %{{.*}}, %[[IN]], %[[W]]
  // CHECK: gm.write %[[KEPT]] to @w
  // CHECK: updates = []
  gm.minimize %l over [@w] using sgd(%lr, %mu) state "s" updates -1 keep %low, %high : tensor<f64>, tensor<f64> when %c : tensor<f64> : tensor<f32>, tensor<f64>, tensor<f64>
}

// -----

// An average moves towards the new weights; what a layer keeps is copied.
gm.variable @w : tensor<3xf32> role "parameter" of "N" initial "normal"(0.0, 1.0)
gm.variable @u : tensor<2xf32> role "state" of "N" initial "constant"(1.0, 0.0)
gm.variable @a.w : tensor<3xf32> role "average" of "A" initial "normal"(0.0, 1.0) as "w"
gm.variable @a.u : tensor<2xf32> role "state" of "A" initial "constant"(1.0, 0.0) as "u"
// CHECK-LABEL: gm.entry step @average
gm.entry step @average inputs [] batch 1 {
  // CHECK-DAG: %[[OLD:.*]] = gm.read @a.w
  %w = gm.read @w : tensor<3xf32>
  %u = gm.read @u : tensor<2xf32>
  // CHECK: %[[U:.*]] = nn.exp
  %v = nn.exp %u : tensor<2xf32>
  %l = nn.sum %w over [0] : tensor<3xf32> to tensor<f32>
  %lr = gm.scalar 0 : tensor<f64>
  %mu = nn.constant 0.0 : tensor<f64>
  // CHECK: gm.write %[[NEW:.*]] to @w
  gm.minimize %l over [@w] using sgd(%lr, %mu) state "s" updates 7 : tensor<f32>, tensor<f64>, tensor<f64>
  gm.write %v to @u : tensor<2xf32>
  // CHECK: %[[STAY:.*]] = nn.mul %{{.*}}, %[[OLD]]
  // CHECK: %[[COME:.*]] = nn.mul %{{.*}}, %[[NEW]]
  // CHECK: %[[SUM:.*]] = nn.add %[[STAY]], %[[COME]]
  // CHECK: gm.write %[[SUM]] to @a.w
  // CHECK: gm.write %[[U]] to @a.u
  %d = nn.constant 0.9 : tensor<f64>
  gm.average [@w, @u] into [@a.w, @a.u] decay %d : tensor<f64>
}
