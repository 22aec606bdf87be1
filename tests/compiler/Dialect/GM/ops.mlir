// RUN: gmc-opt %s | gmc-opt | FileCheck %s

// Variables, with and without what is optional.
// CHECK: gm.variable @w : tensor<4xf32> role "parameter" of "N" initial "uniform"(-1.000000e-01, 1.000000e-01)
gm.variable @w : tensor<4xf32> role "parameter" of "N" initial "uniform"(-0.1, 0.1)
// CHECK: gm.variable @m : tensor<4xf32> role "average" of "M" initial "uniform"({{.*}}) as "w"
gm.variable @m : tensor<4xf32> role "average" of "M" initial "uniform"(-0.1, 0.1) as "w"
// CHECK: gm.variable @s : tensor<f32> role "state" of "" initial "constant"({{.*}}) storage [array<i64: 0, -1, 0>]
gm.variable @s : tensor<f32> role "state" of "" initial "constant"(1.0, 0.0) storage [array<i64: 0, -1, 0>]
// CHECK: gm.variable @o : tensor<4xf32> role "optimizer" of "N" initial "normal"
gm.variable @o : tensor<4xf32> role "optimizer" of "N" initial "normal"(0.0, 1.0)
// CHECK: gm.variable @q : tensor<4x4xf64> role "parameter" of "N" initial "orthogonal"
gm.variable @q : tensor<4x4xf64> role "parameter" of "N" initial "orthogonal"(1.0, 0.0)

// CHECK: gm.entry step @fit inputs ["x"] batch 8 {
gm.entry step @fit inputs ["x"] batch 8 {
// CHECK: ^bb0(%{{.*}}: tensor<4xf32>):
^bb0(%x: tensor<4xf32>):
  // CHECK: %[[W:.*]] = gm.read @w : tensor<4xf32>
  %w = gm.read @w : tensor<4xf32>
  // CHECK: %[[RATE:.*]] = gm.scalar 0 : tensor<f64>
  %lr = gm.scalar 0 : tensor<f64>
  %p = nn.mul %w, %x : tensor<4xf32>
  %l = nn.sum %p over [0] : tensor<4xf32> to tensor<f32>
  // CHECK: gm.minimize %{{.*}} over [@w] using sgd(%[[RATE]], %[[RATE]]) state "a" updates 1 : tensor<f32>, tensor<f64>, tensor<f64>
  gm.minimize %l over [@w] using sgd(%lr, %lr) state "a" updates 1 : tensor<f32>, tensor<f64>, tensor<f64>
  // CHECK: gm.minimize {{.*}} using adam({{.*}}) state "b" updates 2 clip %{{.*}} : tensor<f64> maximize : tensor<f32>
  gm.minimize %l over [@w] using adam(%lr, %lr, %lr, %lr) state "b" updates 2 clip %lr : tensor<f64> maximize : tensor<f32>, tensor<f64>, tensor<f64>, tensor<f64>, tensor<f64>
  // CHECK: gm.minimize {{.*}} over [@w, @q] using adamw({{.*}}) state "c" updates -1 keep %{{.*}}, %{{.*}} : tensor<f64>, tensor<f64> when %{{.*}} : tensor<f64> :
  gm.minimize %l over [@w, @q] using adamw(%lr, %lr, %lr, %lr, %lr) state "c" updates -1 keep %lr, %lr : tensor<f64>, tensor<f64> when %lr : tensor<f64> : tensor<f32>, tensor<f64>, tensor<f64>, tensor<f64>, tensor<f64>, tensor<f64>
  // CHECK: gm.minimize {{.*}} using rmsprop({{.*}}) state "d" updates 3 nesterov :
  gm.minimize %l over [@w] using rmsprop(%lr, %lr, %lr) state "d" updates 3 nesterov : tensor<f32>, tensor<f64>, tensor<f64>, tensor<f64>
  // CHECK: gm.average [@w] into [@m] decay %[[RATE]] : tensor<f64>
  gm.average [@w] into [@m] decay %lr : tensor<f64>
  // CHECK: gm.write %{{.*}} to @s : tensor<f32>
  gm.write %l to @s : tensor<f32>
  // CHECK: gm.output monitor "loss" %{{.*}} : tensor<f32>
  gm.output monitor "loss" %l : tensor<f32>
  // CHECK: gm.output norm "N" %{{.*}} : tensor<f64>
  gm.output norm "N" %lr : tensor<f64>
  // CHECK: gm.output value "y" %{{.*}} : tensor<4xf32>
  gm.output value "y" %p : tensor<4xf32>
}

// CHECK: gm.entry report @r inputs [] batch 1 {
gm.entry report @r inputs [] batch 1 {
}
// CHECK: gm.entry procedure @p inputs [] batch 1 {
gm.entry procedure @p inputs [] batch 1 {
}
