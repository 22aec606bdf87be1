// RUN: gmc-opt %s --split-input-file --verify-diagnostics --form-kernels=lanes=8

gm.variable @w : tensor<4xf32> role "parameter" of "N" initial "constant"(0.0, 0.0)
gm.entry step @fit inputs [] batch 8 {
  %w = gm.read @w : tensor<4xf32>
  %s = nn.sum %w over [0] : tensor<4xf32> to tensor<f32>
  %lr = gm.scalar 0 : tensor<f64>
  // expected-error @below {{is not written out: --gm-expand-objectives is to run first}}
  gm.minimize %s over [@w] using sgd(%lr, %lr) state "fit" updates 1 : tensor<f32>, tensor<f64>, tensor<f64>
}

// -----

gm.variable @w : tensor<4xf32> role "parameter" of "N" initial "constant"(0.0, 0.0)
gm.variable @m : tensor<4xf32> role "average" of "N" initial "constant"(0.0, 0.0)
gm.entry step @fit inputs [] batch 8 {
  %d = gm.scalar 0 : tensor<f64>
  // expected-error @below {{is not written out: --gm-expand-objectives is to run first}}
  gm.average [@w] into [@m] decay %d : tensor<f64>
}

// -----

gm.entry step @fit inputs ["x"] batch 8 {
^bb0(%x: tensor<4xf32>):
  // expected-error @below {{is not written out: --autodiff-differentiate is to run first}}
  %g = nn.gradient %x wrt %x : tensor<4xf32> wrt tensor<4xf32> to tensor<4xf32>
  gm.output value "g" %g : tensor<4xf32>
}

// -----

// expected-error @below {{no memory holds 'tensor<0x4xf32>'}}
gm.variable @w : tensor<0x4xf32> role "parameter" of "N" initial "constant"(0.0, 0.0)
gm.entry step @fit inputs ["x"] batch 8 {
^bb0(%x: tensor<2x4xf32>):
  %w = gm.read @w : tensor<0x4xf32>
  %c = nn.matmul %x, %w {transposeB} : tensor<2x4xf32>, tensor<0x4xf32> to tensor<2x0xf32>
  gm.output value "c" %c : tensor<2x0xf32>
}

// -----

// expected-error @below {{no memory holds 'tensor<0xf32>'}}
gm.entry step @fit inputs ["x"] batch 8 {
^bb0(%x: tensor<0xf32>):
}

// -----

gm.entry step @fit inputs ["x"] batch 8 {
^bb0(%x: tensor<4xf32>):
  // expected-error @below {{no memory holds 'tensor<4294967296x4294967296xf32>'}}
  %y = nn.constant 1.0 : tensor<4294967296x4294967296xf32>
}

// -----

// A slice is a kernel of its own.
gm.entry step @fit inputs ["x"] batch 8 {
^bb0(%x: tensor<4xf32>):
  // expected-error @below {{is no group that kernels compute: one of them reads a value from inside of it}}
  %y = nn.fused(%x) {
  ^bb0(%a: tensor<4xf32>):
    %r = nn.slice %a along 0 from 0 to 2 : tensor<4xf32> to tensor<2xf32>
    nn.yield %r : tensor<2xf32>
  } : (tensor<4xf32>) -> tensor<2xf32>
  gm.output value "g" %y : tensor<2xf32>
}

// -----

// A reduction is the last thing that a kernel does.
gm.entry step @fit inputs ["x"] batch 8 {
^bb0(%x: tensor<4x4xf32>):
  // expected-error @below {{is no group that kernels compute: one of them reads a value from inside of it}}
  %y = nn.fused(%x) {
  ^bb0(%a: tensor<4x4xf32>):
    %b = nn.sum %a over [1] : tensor<4x4xf32> to tensor<4xf32>
    %c = nn.exp %b : tensor<4xf32>
    nn.yield %c : tensor<4xf32>
  } : (tensor<4x4xf32>) -> tensor<4xf32>
  gm.output value "g" %y : tensor<4xf32>
}

// -----

// A product is the first.
gm.entry step @fit inputs ["x"] batch 8 {
^bb0(%x: tensor<4x4xf32>):
  // expected-error @below {{is no group that kernels compute: one of them reads a value from inside of it}}
  %y = nn.fused(%x) {
  ^bb0(%a: tensor<4x4xf32>):
    %b = nn.exp %a : tensor<4x4xf32>
    %c = nn.matmul %b, %a : tensor<4x4xf32>, tensor<4x4xf32> to tensor<4x4xf32>
    nn.yield %c : tensor<4x4xf32>
  } : (tensor<4x4xf32>) -> tensor<4x4xf32>
  gm.output value "g" %y : tensor<4x4xf32>
}
