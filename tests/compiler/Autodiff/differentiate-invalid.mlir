// RUN: gmc-opt %s --split-input-file --verify-diagnostics --autodiff-differentiate

func.func @rounded(%x: tensor<4xf32>) -> tensor<4xf32> {
  %e = nn.exp %x : tensor<4xf32>
  // expected-error @below {{`nn.round` has no derivative, but a gradient is needed through it}}
  %r = nn.round %e : tensor<4xf32>
  // expected-note @below {{it reaches the result by way of `nn.tanh`}}
  %y = nn.tanh %r : tensor<4xf32>
  %other = nn.sin %r : tensor<4xf32>
  // expected-note @below {{the gradient is asked for here}}
  %g = nn.gradient %y wrt %x : tensor<4xf32> wrt tensor<4xf32> to tensor<4xf32>
  return %g : tensor<4xf32>
}

// -----

// Not needed: no gradient passes through the rounding.
func.func @unneeded(%x: tensor<4xf32>) -> tensor<4xf32> {
  %s = nn.stop %x : tensor<4xf32>
  %r = nn.round %s : tensor<4xf32>
  %y = nn.mul %r, %x : tensor<4xf32>
  %g = nn.gradient %y wrt %x : tensor<4xf32> wrt tensor<4xf32> to tensor<4xf32>
  return %g : tensor<4xf32>
}

// -----

func.func @within(%x: tensor<4xf32>, %c: i1) -> tensor<4xf32> {
  %y = nn.exp %x : tensor<4xf32>
  %r = scf.if %c -> tensor<4xf32> {
    // expected-error @below {{'nn.gradient' op not supported yet: a gradient in one of several blocks, or in a region within another}}
    %g = nn.gradient %y wrt %x : tensor<4xf32> wrt tensor<4xf32> to tensor<4xf32>
    scf.yield %g : tensor<4xf32>
  } else {
    scf.yield %x : tensor<4xf32>
  }
  return %r : tensor<4xf32>
}

// -----

// %e depends on %x by way of %y, which the block of the request does not have.
func.func @by_way(%x: tensor<4xf32>, %c: i1) -> tensor<4xf32> {
  %y = nn.mul %x, %x : tensor<4xf32>
  %r = scf.if %c -> tensor<4xf32> {
    %e = nn.exp %y : tensor<4xf32>
    // expected-error @below {{a gradient in one of several blocks, or in a region within another}}
    %g = nn.gradient %e wrt %x : tensor<4xf32> wrt tensor<4xf32> to tensor<4xf32>
    scf.yield %g : tensor<4xf32>
  } else {
    scf.yield %x : tensor<4xf32>
  }
  return %r : tensor<4xf32>
}

// -----

// %z is %y.
func.func @branch(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = nn.mul %x, %x : tensor<4xf32>
  cf.br ^bb1(%y : tensor<4xf32>)
^bb1(%z: tensor<4xf32>):
  // expected-error @below {{a gradient in one of several blocks, or in a region within another}}
  %g = nn.gradient %z wrt %x : tensor<4xf32> wrt tensor<4xf32> to tensor<4xf32>
  return %g : tensor<4xf32>
}
