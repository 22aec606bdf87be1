// The gradients and updates of one VAE step: every product with what is computed
// from it, every elementwise chain with its sums, nothing else.
// RUN: gmc-opt %s --nn-stabilize --autodiff-differentiate --nn-simplify --cse \
// RUN:   --nn-flatten-events --nn-simplify --cse --nn-prune --nn-fuse | FileCheck %s

func.func @step(%x: tensor<128x1x28x28xf32>,
    %w1: tensor<400x784xf32>, %b1: tensor<400xf32>,
    %wm: tensor<20x400xf32>, %bm: tensor<20xf32>,
    %wl: tensor<20x400xf32>, %bl: tensor<20xf32>,
    %w2: tensor<400x20xf32>, %b2: tensor<400xf32>,
    %w3: tensor<784x400xf32>, %b3: tensor<784xf32>)
    -> (tensor<f32>, tensor<400x784xf32>, tensor<400xf32>, tensor<20x400xf32>, tensor<20xf32>, tensor<20x400xf32>, tensor<20xf32>, tensor<400x20xf32>, tensor<400xf32>, tensor<784x400xf32>, tensor<784xf32>) {
  // The first layer, whole.
  // CHECK: %[[X:.*]] = nn.reshape %{{.*}} : tensor<128x1x28x28xf32> to tensor<128x784xf32>
  // CHECK: %[[H1:.*]] = nn.fused(%[[X]],
  // CHECK: nn.matmul
  // CHECK: nn.add
  // CHECK: nn.relu
  // CHECK-NEXT: nn.yield %{{[^,]*}} : tensor<128x400xf32>

  // Of the two heads, one product stands alone; the other has the draw.
  // CHECK: %[[PM:.*]] = nn.fused(%[[H1]],
  // CHECK: nn.matmul
  // CHECK-NEXT: nn.yield
  // CHECK: %[[E:.*]] = nn.random_normal
  // CHECK: %[[Z:.*]]:3 = nn.fused(%[[H1]],
  // CHECK: nn.matmul
  // CHECK: nn.exp
  // CHECK: nn.yield
  // CHECK: %[[H2:.*]] = nn.fused(%[[Z]]#2,
  // CHECK: nn.relu

  // The logits and their derivative, (sigmoid(l) - x) / 128, in one group: the
  // sigmoid never reaches memory.
  // CHECK: %[[L:.*]]:2 = nn.fused(%[[H2]],{{.*}}%[[X]])
  // CHECK: nn.matmul
  // CHECK-NOT: nn.log
  // CHECK: nn.sigmoid
  // CHECK: nn.yield %{{[^,]*}}, %{{[^,]*}} : tensor<128x784xf32>, tensor<128x784xf32>

  // The reconstruction's sum reads the logits.
  // CHECK: nn.fused(%[[X]], %[[L]]#0)
  // CHECK: nn.softplus
  // CHECK: nn.sum {{.*}} over [1]

  // A bias gradient, a weight gradient (alone), and the gradient of the layer's
  // input with the mask of the relu.
  // CHECK: nn.fused(%[[L]]#1)
  // CHECK-NOT: nn.matmul
  // CHECK: nn.sum {{.*}} over [0]
  // CHECK: nn.matmul %[[L]]#1, %[[H2]] {transposeA}
  // CHECK: nn.fused(%[[L]]#1, %{{.*}}, %[[H2]])
  // CHECK: nn.matmul
  // CHECK: nn.compare greater
  // CHECK-NEXT: nn.select
  // CHECK-NEXT: nn.yield

  // Both heads' gradients behind one product.
  // CHECK: nn.fused({{.*}}%[[E]]
  // CHECK: nn.matmul
  // CHECK: nn.yield

  // The gradient of the data is nobody's: the last product is dW1.
  // CHECK: nn.matmul {{.*}} {transposeA} : tensor<128x400xf32>, tensor<128x784xf32> to tensor<400x784xf32>
  // CHECK-NOT: nn.matmul
  // CHECK: return

  // Encoder.
  %xf = nn.reshape %x : tensor<128x1x28x28xf32> to tensor<128x784xf32>
  %p1 = nn.matmul %xf, %w1 {transposeB} : tensor<128x784xf32>, tensor<400x784xf32> to tensor<128x400xf32>
  %c1 = nn.broadcast %b1 [1] : tensor<400xf32> to tensor<128x400xf32>
  %a1 = nn.add %p1, %c1 : tensor<128x400xf32>
  %h1 = nn.relu %a1 : tensor<128x400xf32>
  %pm = nn.matmul %h1, %wm {transposeB} : tensor<128x400xf32>, tensor<20x400xf32> to tensor<128x20xf32>
  %cm = nn.broadcast %bm [1] : tensor<20xf32> to tensor<128x20xf32>
  %mu = nn.add %pm, %cm : tensor<128x20xf32>
  %pl = nn.matmul %h1, %wl {transposeB} : tensor<128x400xf32>, tensor<20x400xf32> to tensor<128x20xf32>
  %cl = nn.broadcast %bl [1] : tensor<20xf32> to tensor<128x20xf32>
  %lv = nn.add %pl, %cl : tensor<128x20xf32>
  // z = mu + e^(lv / 2) e
  %half = nn.constant 5.0e-1 : tensor<128x20xf32>
  %hl = nn.mul %half, %lv : tensor<128x20xf32>
  %sd = nn.exp %hl : tensor<128x20xf32>
  %e = nn.random_normal site 1 : tensor<128x20xf32>
  %se = nn.mul %sd, %e : tensor<128x20xf32>
  %z = nn.add %mu, %se : tensor<128x20xf32>
  // Decoder.
  %p2 = nn.matmul %z, %w2 {transposeB} : tensor<128x20xf32>, tensor<400x20xf32> to tensor<128x400xf32>
  %c2 = nn.broadcast %b2 [1] : tensor<400xf32> to tensor<128x400xf32>
  %a2 = nn.add %p2, %c2 : tensor<128x400xf32>
  %h2 = nn.relu %a2 : tensor<128x400xf32>
  %p3 = nn.matmul %h2, %w3 {transposeB} : tensor<128x400xf32>, tensor<784x400xf32> to tensor<128x784xf32>
  %c3 = nn.broadcast %b3 [1] : tensor<784xf32> to tensor<128x784xf32>
  %a3 = nn.add %p3, %c3 : tensor<128x784xf32>
  %l = nn.reshape %a3 : tensor<128x784xf32> to tensor<128x1x28x28xf32>
  // The textbook's cross entropy of s = sigmoid(l): x log s + (1 - x) log(1 - s)
  %one = nn.constant 1.0 : tensor<128x1x28x28xf32>
  %s = nn.sigmoid %l : tensor<128x1x28x28xf32>
  %ls = nn.log %s : tensor<128x1x28x28xf32>
  %xls = nn.mul %x, %ls : tensor<128x1x28x28xf32>
  %ms = nn.sub %one, %s : tensor<128x1x28x28xf32>
  %lms = nn.log %ms : tensor<128x1x28x28xf32>
  %mx = nn.sub %one, %x : tensor<128x1x28x28xf32>
  %mxl = nn.mul %mx, %lms : tensor<128x1x28x28xf32>
  %ll = nn.add %xls, %mxl : tensor<128x1x28x28xf32>
  %rec = nn.sum %ll over [1, 2, 3] : tensor<128x1x28x28xf32> to tensor<128xf32>
  // kl = -1/2 sum(1 + lv - mu^2 - e^lv)
  %two = nn.constant 2.0 : tensor<128x20xf32>
  %onel = nn.constant 1.0 : tensor<128x20xf32>
  %k1 = nn.add %onel, %lv : tensor<128x20xf32>
  %mm = nn.pow %mu, %two : tensor<128x20xf32>
  %k2 = nn.sub %k1, %mm : tensor<128x20xf32>
  %el = nn.exp %lv : tensor<128x20xf32>
  %k3 = nn.sub %k2, %el : tensor<128x20xf32>
  %ks = nn.sum %k3 over [1] : tensor<128x20xf32> to tensor<128xf32>
  %mhalf = nn.constant -5.0e-1 : tensor<128xf32>
  %kl = nn.mul %mhalf, %ks : tensor<128xf32>
  %loss = nn.sub %kl, %rec : tensor<128xf32>
  %total = nn.sum %loss over [0] : tensor<128xf32> to tensor<f32>
  %n = nn.constant 128.0 : tensor<f32>
  %mean = nn.div %total, %n : tensor<f32>
  %g:10 = nn.gradient %mean wrt %w1, %b1, %wm, %bm, %wl, %bl, %w2, %b2, %w3, %b3 : tensor<f32>
    wrt tensor<400x784xf32>, tensor<400xf32>, tensor<20x400xf32>, tensor<20xf32>, tensor<20x400xf32>, tensor<20xf32>, tensor<400x20xf32>, tensor<400xf32>, tensor<784x400xf32>, tensor<784xf32>
    to tensor<400x784xf32>, tensor<400xf32>, tensor<20x400xf32>, tensor<20xf32>, tensor<20x400xf32>, tensor<20xf32>, tensor<400x20xf32>, tensor<400xf32>, tensor<784x400xf32>, tensor<784xf32>
  return %mean, %g#0, %g#1, %g#2, %g#3, %g#4, %g#5, %g#6, %g#7, %g#8, %g#9 : tensor<f32>, tensor<400x784xf32>, tensor<400xf32>, tensor<20x400xf32>, tensor<20xf32>, tensor<20x400xf32>, tensor<20xf32>, tensor<400x20xf32>, tensor<400xf32>, tensor<784x400xf32>, tensor<784xf32>
}
