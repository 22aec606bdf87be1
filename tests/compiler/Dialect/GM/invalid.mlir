// RUN: gmc-opt %s --split-input-file --verify-diagnostics

// expected-error @below {{role must be parameter, optimizer, state or average, not "weight"}}
gm.variable @w : tensor<4xf32> role "weight" of "N" initial "constant"(0.0, 0.0)

// -----

// expected-error @below {{initial must be constant, normal, uniform or orthogonal, not "zeros"}}
gm.variable @w : tensor<4xf32> role "parameter" of "N" initial "zeros"(0.0, 0.0)

// -----

// expected-error @below {{names 2 inputs for 1 arguments}}
gm.entry step @fit inputs ["x", "y"] batch 8 {
^bb0(%x: tensor<4xf32>):
}

// -----

// expected-error @below {{batch must be at least 1}}
gm.entry step @fit inputs [] batch 0 {
}

// -----

// expected-error @below {{input 1 must be a static tensor of f32 or f64, not 'i32'}}
gm.entry step @fit inputs ["x", "n"] batch 8 {
^bb0(%x: tensor<4xf32>, %n: i32):
}

// -----

// expected-error @below {{input 0 must be a static tensor of f32 or f64, not 'tensor<?xf32>'}}
gm.entry step @fit inputs ["x"] batch 8 {
^bb0(%x: tensor<?xf32>):
}

// -----

// expected-error @below {{input 0 must be a static tensor of f32 or f64, not 'tensor<*xf32>'}}
gm.entry step @fit inputs ["x"] batch 8 {
^bb0(%x: tensor<*xf32>):
}

// -----

// expected-error @below {{input 0 must be a static tensor of f32 or f64, not 'tensor<4xindex>'}}
gm.entry step @fit inputs ["x"] batch 8 {
^bb0(%x: tensor<4xindex>):
}

// -----

gm.entry step @fit inputs ["x"] batch 8 {
^bb0(%x: tensor<4xf32>):
  // expected-error @below {{does not belong into a gm.entry, where all arithmetic is of nn}}
  %y = arith.addf %x, %x : tensor<4xf32>
  gm.output value "y" %y : tensor<4xf32>
}

// -----

gm.entry step @fit inputs ["x"] batch 8 {
^bb0(%x: tensor<4xf32>):
  // expected-error @below {{monitor must be a single number, not 'tensor<4xf32>'}}
  gm.output monitor "loss" %x : tensor<4xf32>
}

// -----

gm.entry step @fit inputs ["x"] batch 8 {
^bb0(%x: tensor<f32>):
  // expected-error @below {{norm must be f64, not 'f32'}}
  gm.output norm "N" %x : tensor<f32>
}

// -----

gm.entry step @fit inputs [] batch 8 {
  // expected-error @below {{names @w, which is no gm.variable}}
  %w = gm.read @w : tensor<4xf32>
}

// -----

// Another symbol is no variable either.
func.func private @f()
gm.entry step @fit inputs ["x"] batch 8 {
^bb0(%x: tensor<4xf32>):
  // expected-error @below {{names @f, which is no gm.variable}}
  gm.write %x to @f : tensor<4xf32>
}

// -----

gm.variable @w : tensor<4xf32> role "parameter" of "N" initial "constant"(0.0, 0.0)
gm.entry step @fit inputs [] batch 8 {
  // expected-error @below {{has type 'tensor<5xf32>', but @w has 'tensor<4xf32>'}}
  %w = gm.read @w : tensor<5xf32>
}

// -----

gm.variable @w : tensor<4xf32> role "parameter" of "N" initial "constant"(0.0, 0.0)
gm.entry step @fit inputs ["x"] batch 8 {
^bb0(%x: tensor<4xf64>):
  // expected-error @below {{has type 'tensor<4xf64>', but @w has 'tensor<4xf32>'}}
  gm.write %x to @w : tensor<4xf64>
}

// -----

gm.variable @w : tensor<4xf32> role "parameter" of "N" initial "constant"(0.0, 0.0)
gm.entry step @fit inputs ["x"] batch 8 {
^bb0(%x: tensor<4xf32>):
  %lr = gm.scalar 0 : tensor<f64>
  // expected-error @below {{objective must be a single number, not 'tensor<4xf32>'}}
  gm.minimize %x over [@w] using sgd(%lr, %lr) state "s" updates 1 : tensor<4xf32>, tensor<f64>, tensor<f64>
}

// -----

gm.variable @w : tensor<4xf32> role "parameter" of "N" initial "constant"(0.0, 0.0)
gm.entry step @fit inputs [] batch 8 {
  %lr = gm.scalar 0 : tensor<f64>
  // expected-error @below {{adam has 4 hyper-parameters, not 2}}
  gm.minimize %lr over [@w] using adam(%lr, %lr) state "s" updates 1 : tensor<f64>, tensor<f64>, tensor<f64>
}

// -----

gm.variable @w : tensor<4xf32> role "parameter" of "N" initial "constant"(0.0, 0.0)
gm.entry step @fit inputs ["x"] batch 8 {
^bb0(%x: tensor<4xf64>):
  %lr = gm.scalar 0 : tensor<f64>
  // expected-error @below {{bounds and conditions must be single numbers, not 'tensor<4xf64>'}}
  gm.minimize %lr over [@w] using sgd(%lr, %lr) state "s" updates 1 clip %x : tensor<4xf64> : tensor<f64>, tensor<f64>, tensor<f64>
}

// -----

gm.variable @w : tensor<4xf32> role "state" of "N" initial "constant"(0.0, 0.0)
gm.entry step @fit inputs [] batch 8 {
  %lr = gm.scalar 0 : tensor<f64>
  // expected-error @below {{trains @w, whose role is "state"}}
  gm.minimize %lr over [@w] using sgd(%lr, %lr) state "s" updates 1 : tensor<f64>, tensor<f64>, tensor<f64>
}

// -----

gm.entry step @fit inputs [] batch 8 {
  %lr = gm.scalar 0 : tensor<f64>
  // expected-error @below {{names @w, which is no gm.variable}}
  gm.minimize %lr over [@w] using sgd(%lr, %lr) state "s" updates 1 : tensor<f64>, tensor<f64>, tensor<f64>
}

// -----

gm.variable @w : tensor<4xf32> role "parameter" of "N" initial "constant"(0.0, 0.0)
gm.entry step @fit inputs [] batch 8 {
  %d = gm.scalar 0 : tensor<f64>
  // expected-error @below {{averages 1 variables into 0}}
  gm.average [@w] into [] decay %d : tensor<f64>
}

// -----

gm.variable @w : tensor<4xf32> role "parameter" of "N" initial "constant"(0.0, 0.0)
gm.variable @m : tensor<5xf32> role "average" of "M" initial "constant"(0.0, 0.0)
gm.entry step @fit inputs [] batch 8 {
  %d = gm.scalar 0 : tensor<f64>
  // expected-error @below {{has type 'tensor<4xf32>', but @m has 'tensor<5xf32>'}}
  gm.average [@w] into [@m] decay %d : tensor<f64>
}

// -----

gm.variable @w : tensor<4xf32> role "parameter" of "N" initial "constant"(0.0, 0.0)
gm.entry step @fit inputs ["d"] batch 8 {
^bb0(%d: tensor<4xf64>):
  // expected-error @below {{decay must be a single number, not 'tensor<4xf64>'}}
  gm.average [@w] into [@w] decay %d : tensor<4xf64>
}
