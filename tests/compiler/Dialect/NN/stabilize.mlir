// RUN: gmc-opt %s --split-input-file --nn-stabilize --nn-prune | FileCheck %s

// CHECK-LABEL: func.func @log_sigmoid
// CHECK-SAME: %[[U:.*]]: tensor<4xf32>
func.func @log_sigmoid(%u: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: %[[N:.*]] = nn.neg %[[U]]
  // CHECK: %[[P:.*]] = nn.softplus %[[N]]
  // CHECK: %[[Y:.*]] = nn.neg %[[P]]
  // CHECK: return %[[Y]]
  %s = nn.sigmoid %u : tensor<4xf32>
  %y = nn.log %s : tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// A generator's and a discriminator's loss, through the reshape that drops the
// last dimension of a net.
// CHECK-LABEL: func.func @complement
// CHECK-SAME: %[[U:.*]]: tensor<4x1xf32>
func.func @complement(%u: tensor<4x1xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  // CHECK-NOT: nn.log
  // CHECK-NOT: nn.sigmoid
  // CHECK: %[[P:.*]] = nn.softplus %[[U]] : tensor<4x1xf32>
  // CHECK: %[[N:.*]] = nn.neg %[[P]]
  // CHECK: %[[Y:.*]] = nn.reshape %[[N]]
  // CHECK-NOT: nn.log
  %s = nn.sigmoid %u : tensor<4x1xf32>
  %d = nn.reshape %s : tensor<4x1xf32> to tensor<4xf32>
  %one = nn.constant 1.0 : tensor<4xf32>
  %c = nn.sub %one, %d : tensor<4xf32>
  %y = nn.log %c : tensor<4xf32>
  %n = nn.neg %d : tensor<4xf32>
  %z = nn.log1p %n : tensor<4xf32>
  return %y, %z : tensor<4xf32>, tensor<4xf32>
}

// -----

// CHECK-LABEL: func.func @softmax
// CHECK-SAME: %[[D:.*]]: tensor<4x3xf32>
func.func @softmax(%d: tensor<4x3xf32>) -> tensor<4x3xf32> {
  // CHECK: %[[E:.*]] = nn.exp %[[D]]
  // CHECK: %[[S:.*]] = nn.sum %[[E]]
  // CHECK: %[[B:.*]] = nn.broadcast %[[S]]
  // CHECK: %[[L:.*]] = nn.log %[[B]]
  // CHECK: %[[Y:.*]] = nn.sub %[[D]], %[[L]]
  // CHECK: return %[[Y]]
  %e = nn.exp %d : tensor<4x3xf32>
  %s = nn.sum %e over [1] : tensor<4x3xf32> to tensor<4xf32>
  %b = nn.broadcast %s [0] : tensor<4xf32> to tensor<4x3xf32>
  %p = nn.div %e, %b : tensor<4x3xf32>
  %y = nn.log %p : tensor<4x3xf32>
  return %y : tensor<4x3xf32>
}

// -----

// A sigmoid and a softplus written by hand.
// CHECK-LABEL: func.func @by_hand
// CHECK-SAME: %[[U:.*]]: tensor<4xf32>
func.func @by_hand(%u: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  // CHECK-DAG: %[[S:.*]] = nn.sigmoid %[[U]]
  // CHECK-DAG: %[[P:.*]] = nn.softplus %[[U]]
  // CHECK: return %[[S]], %[[P]]
  %one = nn.constant 1.0 : tensor<4xf32>
  %n = nn.neg %u : tensor<4xf32>
  %en = nn.exp %n : tensor<4xf32>
  %d = nn.add %one, %en : tensor<4xf32>
  %s = nn.div %one, %d : tensor<4xf32>
  %e = nn.exp %u : tensor<4xf32>
  %a = nn.add %e, %one : tensor<4xf32>
  %p = nn.log %a : tensor<4xf32>
  return %s, %p : tensor<4xf32>, tensor<4xf32>
}

// -----

// CHECK-LABEL: func.func @cross_entropy
// CHECK-SAME: %[[U:.*]]: tensor<4xf32>, %[[T:.*]]: tensor<4xf32>
func.func @cross_entropy(%u: tensor<4xf32>, %t: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: %[[L:.*]] = nn.mul %[[T]], %[[U]]
  // CHECK: %[[P:.*]] = nn.softplus %[[U]]
  // CHECK: %[[Y:.*]] = nn.sub %[[L]], %[[P]]
  // CHECK: return %[[Y]]
  %one = nn.constant 1.0 : tensor<4xf32>
  %s = nn.sigmoid %u : tensor<4xf32>
  %ls = nn.log %s : tensor<4xf32>
  %hit = nn.mul %t, %ls : tensor<4xf32>
  %c = nn.sub %one, %s : tensor<4xf32>
  %lc = nn.log %c : tensor<4xf32>
  %r = nn.sub %one, %t : tensor<4xf32>
  %miss = nn.mul %r, %lc : tensor<4xf32>
  %y = nn.add %hit, %miss : tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// The gradient is asked for with respect to the probability: it stays.
// CHECK-LABEL: func.func @variable
func.func @variable(%u: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: %[[S:.*]] = nn.sigmoid
  // CHECK: nn.log %[[S]]
  %s = nn.sigmoid %u : tensor<4xf32>
  %y = nn.log %s : tensor<4xf32>
  %g = nn.gradient %y wrt %s : tensor<4xf32> wrt tensor<4xf32> to tensor<4xf32>
  return %g : tensor<4xf32>
}
