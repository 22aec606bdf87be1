// Only the generator is trained: no weight gradient of the discriminator and no
// gradient of the latent draw is left.
// RUN: gmc-opt %s --autodiff-differentiate --nn-prune | FileCheck %s

// CHECK-LABEL: func.func @generator_step
// CHECK-SAME: %[[G:.*]]: tensor<6x2xf32>, %[[D:.*]]: tensor<1x6xf32>
func.func @generator_step(%g: tensor<6x2xf32>, %d: tensor<1x6xf32>) -> tensor<6x2xf32> {
  // CHECK: %[[Z:.*]] = nn.random_normal
  // CHECK: nn.matmul %[[Z]], %[[G]] {transposeB}
  // The score itself is not needed, nor are d/dD and d/dz.
  // CHECK: nn.tanh
  // CHECK: %[[DX:.*]] = nn.matmul %{{.*}}, %[[D]] :
  // CHECK: nn.matmul %{{.*}}, %[[Z]] {transposeA}
  // CHECK-NOT: nn.matmul
  // CHECK: return
  %z = nn.random_normal site 1 : tensor<4x2xf32>
  %a = nn.matmul %z, %g {transposeB} : tensor<4x2xf32>, tensor<6x2xf32> to tensor<4x6xf32>
  %x = nn.tanh %a : tensor<4x6xf32>
  %s = nn.matmul %x, %d {transposeB} : tensor<4x6xf32>, tensor<1x6xf32> to tensor<4x1xf32>
  %all:3 = nn.gradient %s wrt %g, %d, %z : tensor<4x1xf32> wrt tensor<6x2xf32>, tensor<1x6xf32>, tensor<4x2xf32> to tensor<6x2xf32>, tensor<1x6xf32>, tensor<4x2xf32>
  return %all#0 : tensor<6x2xf32>
}
