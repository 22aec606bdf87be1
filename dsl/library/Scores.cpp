//===- Scores.cpp - whether scores are logits or probabilities ------------===//
//
// A score is traced back through changes of shape, growing functions and
// arithmetic with constants to what it is made of, with the interval that it
// fills. Whatever else stands on the way ends the search without a word.
//
//===----------------------------------------------------------------------===//
#include "dsl/library/Scores.h"

#include "dsl/program/ScalarMath.h"

#include <algorithm>
#include <cmath>

namespace gmc::dsl {
namespace {

constexpr double infinity = INFINITY;

/// What a score is made of, and between which numbers it lies.
struct Trace {
  double low, high;
  std::optional<ValueId> source; ///< nothing: a constant
  bool isLayer = false;          ///< the source is a layer, else probabilities
  bool exact = true;             ///< all of the interval is reached
};

bool isShapeChange(Op op) {
  return op == Op::Reshape || op == Op::Broadcast || op == Op::Transpose ||
         op == Op::Slice || op == Op::Stop;
}

bool grows(Op op) {
  return op == Op::Exp || op == Op::Tanh || op == Op::Erf || op == Op::Relu ||
         op == Op::LeakyRelu || op == Op::Softplus || op == Op::Round ||
         op == Op::Sign;
}

class Tracer {
public:
  Tracer(const Program &program, const Body &body)
      : program(program), body(body) {}

  std::optional<Trace> trace(ValueId id) {
    auto [it, isNew] = seen.emplace(id, std::nullopt);
    // So deep no text hides a sigmoid, and the walk is a recursion.
    constexpr int deepest = 64;
    if (!isNew || depth == deepest) {
      return it->second;
    }
    ++depth;
    auto found = look(id);
    --depth;
    return seen[id] = found;
  }

  /// Whether it is the logarithm of a probability; then, of what.
  std::optional<ValueId> logOfProbability(ValueId id) const {
    id = below(id);
    const Node &node = body.nodes[id];
    if (node.op == Op::Neg && at(node.operands[0]).op == Op::Softplus) {
      return id; // log(sigmoid(u)) = -softplus(-u)
    }
    if (node.op == Op::Log && isSoftmax(below(node.operands[0]))) {
      return id;
    }
    return isLogSoftmax(id) ? std::optional(id) : std::nullopt;
  }

private:
  const Node &at(ValueId id) const { return body.nodes[below(id)]; }

  /// What stands below changes of shape.
  ValueId below(ValueId id) const {
    while (isShapeChange(body.nodes[id].op)) {
      id = body.nodes[id].operands[0];
    }
    return id;
  }

  /// e / sum(e) with e = exp(..).
  bool isSoftmax(ValueId id) const {
    const Node &node = body.nodes[id];
    if (node.op != Op::Div) {
      return false;
    }
    const Node &sum = at(node.operands[1]);
    return body.nodes[node.operands[0]].op == Op::Exp && sum.op == Op::Sum &&
           below(sum.operands[0]) == below(node.operands[0]);
  }

  /// x - logsumexp(x), the latter being m + log(sum(exp(x - m))).
  bool isLogSoftmax(ValueId id) const {
    const Node &node = body.nodes[id];
    const Node *norm = node.op == Op::Sub ? &at(node.operands[1]) : nullptr;
    const Node *log =
        norm && norm->op == Op::Add ? &at(norm->operands[1]) : nullptr;
    const Node *sum =
        log && log->op == Op::Log ? &at(log->operands[0]) : nullptr;
    const Node *exp =
        sum && sum->op == Op::Sum ? &at(sum->operands[0]) : nullptr;
    const Node *shifted =
        exp && exp->op == Op::Exp ? &at(exp->operands[0]) : nullptr;
    return shifted && shifted->op == Op::Sub &&
           below(shifted->operands[0]) == below(node.operands[0]);
  }

  /// Of a layer; a `param` may be anything that its text makes of it.
  bool isWeight(ValueId id) const {
    const Node &node = at(id);
    if (node.op == Op::Div) { // by the norm of `: spectral_norm`
      return isWeight(node.operands[0]);
    }
    return node.op == Op::Parameter &&
           program.parameters[node.attrs.index].name.ends_with(".weight");
  }

  /// A product with weights, or that plus a bias.
  bool isLayer(const Node &node) const {
    if (node.op == Op::Add) {
      const Node &bias = at(node.operands[1]);
      const Node &product = at(node.operands[0]);
      return bias.op == Op::Parameter && product.op != Op::Add &&
             isLayer(product);
    }
    bool product = node.op == Op::Matmul || node.op == Op::Conv ||
                   node.op == Op::ConvInput;
    return product && isWeight(node.operands[1]);
  }

  std::optional<Trace> look(ValueId id) {
    const Node &node = body.nodes[id];
    if (node.op == Op::Constant) {
      return Trace{node.attrs.value, node.attrs.value, std::nullopt};
    }
    if (node.op == Op::Sigmoid || isSoftmax(id)) {
      return Trace{0, 1, id};
    }
    if (node.op == Op::Exp) {
      if (auto of = logOfProbability(node.operands[0])) {
        return Trace{0, 1, of};
      }
    }
    if (isLayer(node)) {
      return Trace{-infinity, infinity, id, true};
    }
    if (node.op == Op::Select) {
      return joined(
          trace(node.operands[1]), trace(node.operands[2]),
          [](double a, double c) { return std::min(a, c); },
          [](double a, double c) { return std::max(a, c); });
    }
    if (node.operands.size() == 1) {
      auto a = trace(node.operands[0]);
      return a ? ofUnary(node, *a) : std::nullopt;
    }
    return node.operands.size() == 2 ? ofBinary(node) : std::nullopt;
  }

  std::optional<Trace> ofUnary(const Node &node, Trace a) const {
    if (isShapeChange(node.op) || node.op == Op::ReduceMax ||
        node.op == Op::ReduceMin) {
      return a;
    }
    if (grows(node.op)) {
      a.low = computeUnary(node.op, a.low, node.attrs.value);
      a.high = computeUnary(node.op, a.high, node.attrs.value);
      return a;
    }
    if (node.op == Op::Neg) {
      std::swap(a.low, a.high);
      a.low = -a.low;
      a.high = -a.high;
      return a;
    }
    if (node.op == Op::Sum) {
      auto count =
          static_cast<double>(body.nodes[node.operands[0]].type.elements()) /
          static_cast<double>(node.type.elements());
      a.low *= count;
      a.high *= count;
      return a;
    }
    return std::nullopt;
  }

  /// Two values at once reach all of the joined interval only where at most
  /// one of them varies.
  template <typename Low, typename High>
  static std::optional<Trace> joined(const std::optional<Trace> &a,
                                     const std::optional<Trace> &c, Low low,
                                     High high) {
    if (!a || !c) {
      return std::nullopt;
    }
    Trace result = a->source ? *a : *c;
    result.low = low(a->low, c->low);
    result.high = high(a->high, c->high);
    result.exact = a->exact && c->exact && !(a->source && c->source);
    return result;
  }

  std::optional<Trace> ofBinary(const Node &node) {
    auto a = trace(node.operands[0]), c = trace(node.operands[1]);
    if (!a || !c) {
      return std::nullopt;
    }
    auto compute = [op = node.op](double u, double v) {
      return computeBinary(op, u, v);
    };
    switch (node.op) {
    case Op::Add:
    case Op::Min:
    case Op::Max:
      return joined(a, c, compute, compute);
    case Op::Concat:
      return joined(
          a, c, [](double u, double v) { return std::min(u, v); },
          [](double u, double v) { return std::max(u, v); });
    case Op::Sub:
      std::swap(c->low, c->high);
      return joined(a, c, compute, compute);
    case Op::Mul:
    case Op::Div: {
      // By a constant, or of two probabilities.
      bool divides = node.op == Op::Div;
      if (divides ? c->source || c->low == 0
                  : a->source && c->source && (a->low < 0 || c->low < 0)) {
        return std::nullopt;
      }
      double ends[] = {compute(a->low, c->low), compute(a->high, c->high),
                       compute(a->low, c->high), compute(a->high, c->low)};
      if (std::any_of(std::begin(ends), std::end(ends),
                      [](double end) { return std::isnan(end); })) {
        return std::nullopt;
      }
      const double low = std::ranges::min(ends), high = std::ranges::max(ends);
      return joined(
          a, c, [&](double, double) { return low; },
          [&](double, double) { return high; });
    }
    default:
      return std::nullopt;
    }
  }

  const Program &program;
  const Body &body;
  std::map<ValueId, std::optional<Trace>> seen;
  int depth = 0;
};

/// A mean of numbers up to 1 may be rounded to a little more.
bool isProbability(const Trace &trace) {
  constexpr double rounding = 1e-9;
  return trace.low >= -rounding && trace.high <= 1 + rounding;
}

/// Whether a `keep in` holds weights of the layer `source` in an interval.
bool isKept(const Elaborator &e, ValueId source) {
  const Body &body = e.body;
  std::set<std::string> owners;
  std::vector<ValueId> open = {source};
  while (!open.empty()) {
    const Node &node = body.nodes[open.back()];
    open.pop_back();
    if (node.op == Op::Parameter) {
      owners.insert(e.module.program.parameters[node.attrs.index].network);
    } else if (node.op == Op::Add || isShapeChange(node.op)) {
      open.insert(open.end(), node.operands.begin(), node.operands.end());
    } else if (node.op == Op::Div) {
      open.push_back(node.operands[0]);
    } else if (node.operands.size() == 2) {
      open.push_back(node.operands[1]);
    }
  }
  for (const auto &decl : e.module.file.declarations) {
    const auto *step = ast::as<ast::StepDecl>(decl);
    for (size_t i = 0; step && i < step->body.statements.size(); ++i) {
      const auto *stmt = ast::as<ast::MinimizeStmt>(step->body.statements[i]);
      if (!stmt || std::none_of(stmt->clauses.begin(), stmt->clauses.end(),
                                [](const ast::MinimizeClause &clause) {
                                  return clause.kind ==
                                         ast::MinimizeClause::Kind::Keep;
                                })) {
        continue;
      }
      for (const ast::Name &name : stmt->over) {
        if (owners.count(name.text)) {
          return true;
        }
      }
    }
  }
  return false;
}

} // namespace

void warnOfLogits(Elaborator &e, const CallSite &site, ValueId logits,
                  SourceRange range, Scores kind, bool takesProbs) {
  Tracer tracer(e.module.program, e.body);
  auto trace = tracer.trace(logits);
  std::string instead =
      takesProbs
          ? fmt::format("`{}(probs: ..)` takes probabilities; ", site.name)
          : "";
  if (trace && trace->source && !trace->isLayer && isProbability(*trace)) {
    SourceRange made = e.body.nodes[*trace->source].where;
    auto builder = e.module.report(Diag::LogitsOfProbability, range, site.name,
                                   "probabilities");
    builder.label("lies between 0 and 1");
    if (made != range) {
      builder.label(made, "by this");
    }
    builder.help(instead + "logits are what goes into the sigmoid or softmax");
    return;
  }
  auto log =
      kind == Scores::Bits ? tracer.logOfProbability(logits) : std::nullopt;
  if (log) {
    SourceRange made = e.body.nodes[*log].where;
    auto builder = e.module.report(Diag::LogitsOfProbability, range, site.name,
                                   "logarithms of probabilities");
    builder.label("is never above 0");
    if (made != range) {
      builder.label(made, "by this");
    }
    builder.help(instead + "the logit of p is `log(p) - log(1 - p)`");
  }
}

void warnOfProbs(Elaborator &e, const CallSite &site, ValueId probs,
                 SourceRange range, Scores kind) {
  auto trace = Tracer(e.module.program, e.body).trace(probs);
  if (!trace || !trace->source || !trace->exact) {
    return;
  }
  const bool above = kind == Scores::Bits && trace->high > 1 + 1e-9;
  const bool negative = trace->low < 0;
  if ((!above && !negative) || isKept(e, *trace->source)) {
    return;
  }
  SourceRange made = e.body.nodes[*trace->source].where;
  auto builder = e.module.report(Diag::ProbsUnbounded, range, site.name);
  builder.label(negative ? "may be negative" : "may be above 1");
  if (made != range) {
    builder.label(made, "made by this");
  }
  builder.help(
      fmt::format("`{}(logits: ..)` takes any number; {} makes probabilities",
                  site.name, kind == Scores::Bits ? "`sigmoid`" : "`softmax`"));
}

} // namespace gmc::dsl
