//===- Losses.cpp - losses, one number an element -------------------------===//
#include "dsl/library/Entries.h"
#include "dsl/library/Scores.h"
#include "dsl/program/Formulas.h"
#include "dsl/sema/Gather.h"
#include "dsl/sema/Support.h"

namespace gmc::dsl {
namespace {

/// Binary cross-entropy -(t log p + (1 - t) log(1 - p)); of logits l, and where
/// p is a sigmoid of l, in the form softplus(l) - t l, finite for all l.
Value bce(Elaborator &e, const CallSite &site, const Arguments &arguments,
          const LibraryEntry &) {
  const Bound *logits = arguments.find("logits");
  const Bound *probs = arguments.find("probs");
  if ((logits != nullptr) == (probs != nullptr)) {
    e.module.report(Diag::LogitsOrProbs, site.range, site.name)
        .help("what a net ends in without `sigmoid` are logits");
    return {};
  }
  const Bound &score = logits ? *logits : *probs;
  const Bound &target = *arguments.find("target");
  auto s = e.tensor(score), t = e.tensor(target);
  if (!s || !t ||
      !e.aligned(site.name, site.nameRange, *s, score.range, *t,
                 target.range)) {
    return {};
  }
  if (!fitsUnit(e, *t, target.range)) {
    return {};
  }
  if (logits) {
    warnOfLogits(e, site, *s, score.range, Scores::Bits);
  } else {
    warnOfProbs(e, site, *s, score.range, Scores::Bits);
  }
  BodyBuilder &b = e.b;
  b.setRange(site.range);
  auto l = logits ? s : b.sigmoidArgument(*s);
  if (l && b.constantValue(*t) == 0.0) {
    return Value::ofTensor(b.unary(Op::Softplus, *l));
  }
  if (l) {
    return Value::ofTensor(b.binary(Op::Sub, b.unary(Op::Softplus, *l),
                                    b.binary(Op::Mul, *t, *l)));
  }
  ValueId hit = b.binary(Op::Xlogy, *t, *s);
  ValueId miss = b.binary(Op::Xlogy, b.binary(Op::Sub, 1.0, *t),
                          b.binary(Op::Sub, 1.0, *s));
  return Value::ofTensor(b.unary(Op::Neg, b.binary(Op::Add, hit, miss)));
}

/// Cross-entropy of a label: -log softmax(l)[y]. The classes stand along the
/// last event axis of `logits`, which `label` lacks.
Value xent(Elaborator &e, const CallSite &site, const Arguments &arguments,
           const LibraryEntry &) {
  const Bound &score = *arguments.find("logits");
  const Bound &target = *arguments.find("label");
  auto l = e.tensor(score), y = e.tensor(target);
  if (!l || !y) {
    return {};
  }
  BodyBuilder &b = e.b;
  std::vector<int64_t> event = b.type(*l).event;
  const int64_t classes = event.empty() ? 0 : event.back();
  if (!event.empty()) {
    event.pop_back();
  }
  if (classes == 0 || b.type(*y).event != event ||
      !unitedAxes(b.type(*l).axes, b.type(*y).axes)) {
    e.module.report(Diag::XentShape, site.range)
        .label(score.range, typeText(b.type(*l)))
        .label(target.range, typeText(b.type(*y)))
        .help("`logits` has an axis more than `label`, the last: the classes");
    return {};
  }
  if (!labelFits(e, *y, target.range, site.name, classes, score.range) ||
      !fitsClasses(e, *y, target.range, classes, score.range)) {
    return {};
  }
  warnOfLogits(e, site, *l, score.range, Scores::Classes, false);
  b.setRange(site.range);
  return Value::ofTensor(
      b.unary(Op::Neg, logOfLabel(b, logSoftmaxOf(b, *l), *y,
                                  isLabelOf(e, *y, classes))));
}

std::optional<ValueId> difference(Elaborator &e, const CallSite &site,
                                  const Arguments &arguments) {
  const Bound &left = *arguments.find("a"), &right = *arguments.find("b");
  auto x = e.tensor(left), y = e.tensor(right);
  if (!x || !y ||
      !e.aligned(site.name, site.nameRange, *x, left.range, *y, right.range)) {
    return std::nullopt;
  }
  e.b.setRange(site.range);
  return e.b.binary(Op::Sub, *x, *y);
}

// (a - b)^2
Value mse(Elaborator &e, const CallSite &site, const Arguments &arguments,
          const LibraryEntry &) {
  auto d = difference(e, site, arguments);
  return d ? Value::ofTensor(e.b.binary(Op::Pow, *d, 2.0)) : Value{};
}

// |d| <= 1: d^2 / 2, else |d| - 1/2
Value huber(Elaborator &e, const CallSite &site, const Arguments &arguments,
            const LibraryEntry &) {
  auto d = difference(e, site, arguments);
  if (!d) {
    return {};
  }
  BodyBuilder &b = e.b;
  ValueId size = b.unary(Op::Abs, *d);
  ValueId near = b.binary(Op::Mul, b.binary(Op::Pow, *d, 2.0), 0.5);
  ValueId far = b.binary(Op::Sub, size, 0.5);
  return Value::ofTensor(
      b.select(b.binary(Op::LessEqual, size, 1.0), near, far));
}

constexpr LibraryEntry entries[] = {
    {"bce(logits:?, probs:?, target:)", bce},
    {"xent(logits:, label:)", xent},
    {"mse(a, b)", mse},
    {"huber(a, b)", huber},
};

} // namespace

std::span<const LibraryEntry> lossEntries() { return entries; }

} // namespace gmc::dsl
