//===- Optimizers.cpp - rules of update -----------------------------------===//
//
// One function a rule, in the letters of PyTorch's documentation: p parameter,
// g gradient, t number of this update. What depends on single numbers alone is
// computed in f64.
//
//===----------------------------------------------------------------------===//
#include "compiler/Dialect/GM/Transforms/Optimizers.h"
#include "compiler/Dialect/GM/Transforms/Arithmetic.h"

using namespace mlir;

namespace gmc::gm {

namespace {

/// Returns beta * old + (1 - beta) * fresh.
Value movingAverage(const Arithmetic &a, Value beta, Value old, Value fresh) {
  Value rest = a.sub(a.number(1), beta);
  return a.add(a.mul(a.over(beta, old), old),
               a.mul(a.over(rest, fresh), fresh));
}

/// b = mu b + g;  p - lr b  (nesterov: p - lr (g + mu b)).
/// With mu = 0 the buffer is g itself.
Value sgd(const Arithmetic &a, bool nesterov, const OptimizerNumbers &n,
          Value p, Value g, MomentOf momentOf, WriteMoment writeMoment) {
  Value lr = a.over(n.hyper[0], p), mu = n.hyper[1];
  auto fixed = mu.getDefiningOp<nn::ConstantOp>();
  Value direction = g;
  if (!fixed || !fixed.getValue().isZero()) {
    Value b = a.add(a.mul(a.over(mu, p), momentOf("b")), g);
    writeMoment("b", b);
    direction = nesterov ? a.add(g, a.mul(a.over(mu, p), b)) : b;
  }
  return a.sub(p, a.mul(lr, direction));
}

/// m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2;
/// p - lr / (1 - b1^t) * m / (sqrt(v) / sqrt(1 - b2^t) + eps).
Value adam(const Arithmetic &a, const OptimizerNumbers &n, Value p, Value g,
           MomentOf momentOf, WriteMoment writeMoment) {
  Value lr = n.hyper[0], b1 = n.hyper[1], b2 = n.hyper[2], eps = n.hyper[3];
  Value one = a.number(1);
  Value m = movingAverage(a, b1, momentOf("m"), g);
  Value v = movingAverage(a, b2, momentOf("v"), a.mul(g, g));
  writeMoment("m", m);
  writeMoment("v", v);
  Value rate = a.div(lr, a.sub(one, a.pow(b1, n.updates)));
  Value scale = a.div(one, a.sqrt(a.sub(one, a.pow(b2, n.updates))));
  Value bottom = a.add(a.mul(a.sqrt(v), a.over(scale, p)), a.over(eps, p));
  return a.sub(p, a.div(a.mul(a.over(rate, p), m), bottom));
}

/// Adam on p (1 - lr * weight_decay).
Value adamw(const Arithmetic &a, const OptimizerNumbers &n, Value p, Value g,
            MomentOf momentOf, WriteMoment writeMoment) {
  Value keep = a.sub(a.number(1), a.mul(n.hyper[0], n.hyper[4]));
  return adam(a, n, a.mul(a.over(keep, p), p), g, momentOf, writeMoment);
}

/// v = alpha v + (1 - alpha) g^2;  p - lr g / (sqrt(v) + eps).
Value rmsprop(const Arithmetic &a, const OptimizerNumbers &n, Value p, Value g,
              MomentOf momentOf, WriteMoment writeMoment) {
  Value lr = a.over(n.hyper[0], p), eps = a.over(n.hyper[2], p);
  Value v = movingAverage(a, n.hyper[1], momentOf("v"), a.mul(g, g));
  writeMoment("v", v);
  return a.sub(p, a.div(a.mul(lr, g), a.add(a.sqrt(v), eps)));
}

} // namespace

Value updateParameter(OpBuilder &builder, Location loc, OptimizerKind kind,
                      bool nesterov, const OptimizerNumbers &numbers, Value p,
                      Value g, MomentOf momentOf, WriteMoment writeMoment) {
  Arithmetic a{builder, loc};
  switch (kind) {
  case OptimizerKind::sgd:
    return sgd(a, nesterov, numbers, p, g, momentOf, writeMoment);
  case OptimizerKind::adam:
    return adam(a, numbers, p, g, momentOf, writeMoment);
  case OptimizerKind::adamw:
    return adamw(a, numbers, p, g, momentOf, writeMoment);
  case OptimizerKind::rmsprop:
    return rmsprop(a, numbers, p, g, momentOf, writeMoment);
  }
  llvm_unreachable("every kind of optimizer has a rule");
}

} // namespace gmc::gm
