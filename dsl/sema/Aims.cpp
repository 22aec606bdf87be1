//===- Aims.cpp - objectives that go the wrong way ------------------------===//
//
// Training makes bounds and log densities of a step's model larger, divergences
// of its latents and `nll` smaller. An objective is read as a sum: of a term
// that stands in it with the other sign gmc warns. That is certain only where
// every parameter behind the term is trained so: an adversary moves some.
//
//===----------------------------------------------------------------------===//
#include "dsl/sema/Aims.h"

#include "dsl/sema/Elaborator.h"
#include "dsl/sema/Intervals.h"

#include <algorithm>

namespace gmc::dsl {
namespace {

/// The sign of a number of the run, hypers being what the text says: 1, -1, or
/// 0 where it is not known. Looks `left` ops deep.
int signOf(const Elaborator &e, ValueId id, int left = 8) {
  const Node &node = e.body.nodes[id];
  auto sign = [&](size_t i) {
    return left == 0 ? 0 : signOf(e, node.operands[i], left - 1);
  };
  switch (node.op) {
  case Op::Scalar: {
    const Scalar &scalar = e.module.program.scalars[node.attrs.index];
    bool isHyper = scalar.kind == Scalar::Kind::Hyper;
    return !isHyper ? 0 : scalar.value > 0 ? 1 : scalar.value < 0 ? -1 : 0;
  }
  case Op::Mul:
  case Op::Div:
    return sign(0) * sign(1);
  case Op::Add:
    return sign(0) == sign(1) ? sign(0) : 0;
  case Op::Neg:
    return -sign(0);
  case Op::Broadcast:
    return sign(0);
  default: {
    Interval interval = intervalOf(e.body, id);
    return interval.low >= 0 && interval.high > 0   ? 1
           : interval.high <= 0 && interval.low < 0 ? -1
                                                    : 0;
  }
  }
}

/// Adds to `signs` how often each aim stands in the sum that `id` is.
class Terms {
public:
  explicit Terms(const Elaborator &e) : e(e) {}

  void add(ValueId id, int sign) {
    const Node &node = e.body.nodes[id];
    if (++visited > most || sign == 0) {
      return;
    }
    if (e.aims.count(id)) {
      signs[id] += sign;
      return;
    }
    switch (node.op) {
    case Op::Add:
    case Op::Concat:
      add(node.operands[0], sign);
      return add(node.operands[1], sign);
    case Op::Sub:
      add(node.operands[0], sign);
      return add(node.operands[1], -sign);
    case Op::Neg:
      return add(node.operands[0], -sign);
    case Op::Sum:
    case Op::Broadcast:
    case Op::Reshape:
    case Op::Transpose:
    case Op::Slice:
      return add(node.operands[0], sign);
    case Op::Mul:
      add(node.operands[0], sign * signOf(e, node.operands[1]));
      return add(node.operands[1], sign * signOf(e, node.operands[0]));
    case Op::Div:
      return add(node.operands[0], sign * signOf(e, node.operands[1]));
    default:
      return;
    }
  }

  /// Whether the sum was too long to be read.
  bool failed() const { return visited > most; }

  std::map<ValueId, int> signs;

private:
  // A recursion, and shared nodes are gone through once for each use.
  static constexpr int most = 10000;
  const Elaborator &e;
  int visited = 0;
};

/// The parameters that `id` has a derivative in.
std::set<int64_t> parametersBehind(const Body &body, ValueId id) {
  std::set<int64_t> found;
  std::vector<bool> seen(id + 1, false);
  seen[id] = true;
  for (size_t i = id + 1; i-- > 0;) {
    const Node &node = body.nodes[i];
    if (!seen[i] || node.op == Op::Stop) {
      continue;
    }
    if (node.op == Op::Parameter) {
      found.insert(node.attrs.index);
    }
    for (ValueId operand : node.operands) {
      seen[operand] = true;
    }
  }
  return found;
}

std::string negated(const std::string &text) {
  return text.starts_with('-') ? text.substr(1) : "-" + text;
}

} // namespace

void Elaborator::aim(ValueId value, SourceRange range, bool larger,
                     bool ofData) {
  Aim aim;
  aim.text = module.source.text(range);
  aim.larger = larger;
  aim.ofData = ofData;
  aims.emplace(value, aim);
  // - -u is u.
  if (b.node(value).op == Op::Neg) {
    aim.text = "-" + aim.text;
    aim.larger = !larger;
    aims.emplace(b.node(value).operands[0], std::move(aim));
  }
}

void Elaborator::copyAim(ValueId from, ValueId to) {
  if (auto it = aims.find(from); it != aims.end() && from != to) {
    aims.emplace(to, Aim(it->second));
  }
}

void Elaborator::checkAims(const Minimize &minimize, SourceRange objective) {
  Terms terms(*this);
  terms.add(minimize.objective, minimize.maximize ? 1 : -1);
  if (terms.failed()) {
    return;
  }
  // Densities of some data may fall where those of others rise.
  bool contrasts = false;
  for (auto [id, sign] : terms.signs) {
    contrasts = contrasts || (aims.at(id).ofData && sign > 0);
  }
  for (auto [id, sign] : terms.signs) {
    Aim &aim = aims.at(id);
    if (sign != 0 && (sign > 0) != aim.larger && !(aim.ofData && contrasts)) {
      aim.reversedOver.insert(minimize.parameters.begin(),
                              minimize.parameters.end());
      aim.reversedIn.push_back(objective);
      aim.verb = minimize.maximize ? "maximize" : "minimize";
    }
  }
}

void Elaborator::finishAims() {
  for (const auto &[id, aim] : aims) {
    if (aim.reversedIn.empty()) {
      continue;
    }
    std::set<int64_t> behind = parametersBehind(body, id);
    std::erase_if(behind, [&](int64_t index) {
      return module.program.parameters[index].role !=
             Parameter::Role::Parameter;
    });
    if (!std::includes(aim.reversedOver.begin(), aim.reversedOver.end(),
                       behind.begin(), behind.end())) {
      continue;
    }
    for (SourceRange range : aim.reversedIn) {
      auto builder = module.report(Diag::AimReversed, range, aim.verb, aim.text,
                                   aim.larger ? "smaller" : "larger");
      bool minimizes = aim.verb == "minimize";
      builder.label(fmt::format("has it with a {}",
                                aim.larger == minimizes ? "plus" : "minus"));
      std::string_view text = module.source.text(range);
      bool isTerm = text.find(aim.text) != std::string_view::npos &&
                    text.size() > aim.text.size() + 1;
      std::string minus = isTerm ? ".. - " + aim.text : negated(aim.text);
      std::string plus = isTerm ? ".. + " + aim.text : aim.text;
      builder.help(
          fmt::format("training makes it {}: `minimize {}` or `maximize {}`",
                      aim.larger ? "larger" : "smaller",
                      aim.larger ? minus : plus, aim.larger ? plus : minus));
    }
  }
}

} // namespace gmc::dsl
