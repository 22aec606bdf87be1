//===- Objectives.cpp - minimize, over, using, and gradients --------------===//
//
// `minimize L over N` differentiates with respect to the parameters of N and
// nothing else. What is checked here: that L is one number an example, that it
// depends on N, and that no op without a derivative stands between.
//
//===----------------------------------------------------------------------===//
#include "dsl/base/ForeignWords.h"
#include "dsl/program/Formulas.h"
#include "dsl/sema/Library.h"
#include "dsl/sema/Limits.h"

#include <algorithm>

namespace gmc::dsl {
namespace {

/// Returns operands of `node` through which a derivative is taken.
std::vector<ValueId> differentiated(const Node &node) {
  if (node.op == Op::Stop) {
    return {};
  }
  if (node.op == Op::Select) {
    return {node.operands[1], node.operands[2]};
  }
  return node.operands;
}

enum class OpKind : uint8_t {
  Leaf,
  Unary,
  Binary,
  Compare,
  Select,
  Shape,
  Reduction,
  Contraction,
  Random,
  Gradient
};

bool hasNoDerivative(Op op) {
  static constexpr OpKind kinds[] = {
#define GMC_OP(Name, spelling, operands, kind) OpKind::kind,
#include "dsl/program/ops.def"
  };
  return op == Op::Round || kinds[static_cast<size_t>(op)] == OpKind::Compare;
}

/// Says of every node whether it depends on one of `sources`.
std::vector<bool> dependents(const Body &body,
                             const std::vector<bool> &sources) {
  std::vector<bool> depends = sources;
  for (size_t i = 0; i < body.nodes.size(); ++i) {
    for (ValueId operand : differentiated(body.nodes[i])) {
      depends[i] = depends[i] || depends[operand];
    }
  }
  return depends;
}

/// Says of every node whether `y` is computed from it.
std::vector<bool> ancestors(const Body &body, ValueId y) {
  std::vector<bool> needed(body.nodes.size(), false);
  needed[y] = true;
  for (size_t i = body.nodes.size(); i-- > 0;) {
    if (needed[i]) {
      for (ValueId operand : differentiated(body.nodes[i])) {
        needed[operand] = true;
      }
    }
  }
  return needed;
}

/// Names that stand bare in the sums and products of an objective.
void directNames(const ast::Expr &expr, std::vector<std::string> &names) {
  if (const auto *name = ast::as<ast::NameExpr>(expr)) {
    names.push_back(name->text);
  } else if (const auto *unary = ast::as<ast::UnaryExpr>(expr)) {
    directNames(*unary->operand, names);
  } else if (const auto *binary = ast::as<ast::BinaryExpr>(expr)) {
    directNames(*binary->left, names);
    directNames(*binary->right, names);
  }
}

} // namespace

//===----------------------------------------------------------------------===//
// One number an example
//===----------------------------------------------------------------------===//

bool Elaborator::isOneNumber(ValueId value, SourceRange range,
                             const char *what) {
  const Type &type = b.type(value);
  bool onlyBatch = type.axes.empty() ||
                   (type.axes.size() == 1 && type.axes[0].name == "batch");
  auto batch = findAxis(type, "batch");
  if (mode == Mode::Report && batch && !openAxes.empty() &&
      type.axes[*batch].extent != openAxes[0].extent) {
    module.report(Diag::BatchWanted, range, "report")
        .label("is a joined batch")
        .help("`split(.., over: batch)` takes it apart");
    return false;
  }
  if (type.event.empty() && onlyBatch) {
    return true;
  }
  auto builder = module.report(Diag::NotOneNumber, range, what);
  builder.label("is " + dsl::typeText(type));
  std::string text(module.source.text(range));
  if (!type.event.empty()) {
    builder.help(fmt::format("say how it is reduced: `sum({0})` or "
                             "`mean({0})`",
                             text.size() < 40 ? text : ".."));
  } else {
    builder.help(
        fmt::format("say how its axis is reduced: `sum(.., over: {0})` "
                    "or `mean(.., over: {0})`",
                    type.axes.back().name));
  }
  return false;
}

ValueId Elaborator::batchMean(ValueId value) {
  auto axis = findAxis(b.type(value), "batch");
  if (!axis) {
    return value;
  }
  double extent = static_cast<double>(b.type(value).axes[*axis].extent);
  ValueId sum = b.reduce(Op::Sum, value, {static_cast<int64_t>(*axis)});
  return b.binary(Op::Mul, sum, 1 / extent);
}

//===----------------------------------------------------------------------===//
// Optimisers
//===----------------------------------------------------------------------===//

namespace {

struct OptimizerRow {
  std::string_view signature;
  Optimizer::Kind kind;
};

const OptimizerRow *findOptimizer(std::string_view name) {
  using Kind = Optimizer::Kind;
  static const std::map<std::string_view, OptimizerRow> rows = {
      {"sgd", {"sgd(lr, momentum:?, nesterov:?)", Kind::Sgd}},
      {"adam", {"adam(lr, b1?, b2?, eps?)", Kind::Adam}},
      {"adamw", {"adamw(lr, b1?, b2?, eps?, weight_decay:?)", Kind::AdamW}},
      {"rmsprop", {"rmsprop(lr, alpha:?, eps:?)", Kind::RmsProp}},
  };
  auto it = rows.find(name);
  return it == rows.end() ? nullptr : &it->second;
}

/// Reports an argument of the optimiser `state` outside of its range.
bool rateFits(Elaborator &e, const std::string &state,
              const OptimizerArgument &argument, ValueId id,
              SourceRange range) {
  const Limits limits = argument.limits();
  // A rate may end at 0.
  return isWithin(
      e, {fmt::format("`{}.{}`", state, argument.name), limits, true, true}, id,
      range, [&](double number) {
        e.module.report(Diag::OptimizerRange, range, argument.name, number)
            .help("it must be " + spellingOf(limits));
      });
}

/// `state` names what the optimiser keeps.
std::optional<Optimizer> readOptimizer(Elaborator &e, const ast::CallExpr &call,
                                       const std::string &state) {
  const auto *callee = ast::as<ast::NameExpr>(call.callee);
  const OptimizerRow *row = callee ? findOptimizer(callee->text) : nullptr;
  if (!row) {
    const auto *member = ast::as<ast::MemberExpr>(call.callee);
    std::string name = callee   ? callee->text
                       : member ? member->member.text
                                : "this";
    auto builder =
        e.module.report(Diag::UnknownOptimizer, call.callee->range, name);
    if (auto foreign = foreignHelp(name)) {
      builder.help(*foreign);
    } else if (auto help = e.module.nearest(
                   name, {"sgd", "adam", "adamw", "rmsprop"})) {
      builder.help(*help);
    } else {
      builder.help("there are sgd, adam, adamw and rmsprop");
    }
    return std::nullopt;
  }
  CallSite site;
  site.expr = &call;
  site.name = callee->text;
  site.nameRange = callee->range;
  site.range = call.range;
  site.arguments = &call.arguments;
  auto arguments = e.bindArguments(site, row->signature);
  if (!arguments) {
    return std::nullopt;
  }
  Optimizer optimizer;
  optimizer.kind = row->kind;
  optimizer.state = state;
  for (const OptimizerArgument &argument : argumentsOf(row->kind)) {
    const Bound *bound = arguments->find(argument.name);
    if (!bound) {
      optimizer.arguments.push_back(e.b.constant(argument.otherwise));
      continue;
    }
    std::string what = fmt::format("`{}`", argument.name);
    auto id = e.scalarNode(*bound->expr, what.c_str());
    if (!id || !rateFits(e, state, argument, *id, bound->range)) {
      return std::nullopt;
    }
    optimizer.arguments.push_back(*id);
  }
  if (const Bound *nesterov = arguments->find("nesterov")) {
    const auto *word = ast::as<ast::NameExpr>(*nesterov->expr);
    if (!word || (word->text != "true" && word->text != "false")) {
      e.module.report(Diag::FlagWanted, nesterov->range, "nesterov")
          .label("is neither `true` nor `false`");
      return std::nullopt;
    }
    optimizer.nesterov = word->text == "true";
  }
  return optimizer;
}

/// Returns the optimiser of a `using`, its state named.
std::optional<Optimizer> optimizerOf(Elaborator &e,
                                     const ast::MinimizeStmt &stmt) {
  if (const auto *name = ast::as<ast::NameExpr>(stmt.optimizer)) {
    auto it = e.module.values.find(name->text);
    if (it == e.module.values.end() ||
        it->second.kind != FileValue::Kind::Opt) {
      std::vector<std::string> opts;
      for (const auto &[other, value] : e.module.values) {
        if (value.kind == FileValue::Kind::Opt) {
          opts.push_back(other);
        }
      }
      auto builder = e.module.report(Diag::UnknownOpt, name->range, name->text);
      if (auto help = e.module.nearest(name->text, opts)) {
        builder.help(*help);
      } else {
        builder.help("`using adam(lr)`, or the name of an `opt`");
      }
      return std::nullopt;
    }
    e.module.use(it->second.range);
    const auto *call = ast::as<ast::CallExpr>(*it->second.expr);
    if (!call) {
      return std::nullopt;
    }
    return readOptimizer(e, *call, name->text);
  }
  const auto *call = ast::as<ast::CallExpr>(stmt.optimizer);
  if (!call) { // `using torch.adam`
    if (stmt.optimizer->kind == ast::ExprKind::Member) {
      e.module
          .report(Diag::UnknownOpt, stmt.optimizer->range,
                  e.module.source.text(stmt.optimizer->range))
          .help("`using adam(lr)`, or the name of an `opt`");
    }
    return std::nullopt;
  }
  const auto *callee = ast::as<ast::NameExpr>(call->callee);
  std::string kind = callee ? callee->text : "";
  int ordinal = e.root.calls["=" + kind]++;
  return readOptimizer(e, *call,
                       e.body.step + "." + kind +
                           (ordinal == 0 ? "" : std::to_string(ordinal)));
}

//===----------------------------------------------------------------------===//
// Over
//===----------------------------------------------------------------------===//

std::vector<std::string> trainableNames(const Module &module) {
  std::vector<std::string> names;
  for (const Instance &instance : module.instances) {
    if (!instance.averageOf) {
      names.push_back(instance.name);
    }
  }
  for (const auto &[name, value] : module.values) {
    if (value.kind == FileValue::Kind::Param) {
      names.push_back(name);
    }
  }
  return names;
}

/// Adds what `name` owns to `minimize`.
bool addOver(Elaborator &e, const ast::Name &name, Minimize &minimize) {
  Module &module = e.module;
  bool known = false;
  if (auto it = module.functions.find(name.text);
      it != module.functions.end() &&
      it->second.kind == FileFunction::Kind::Net) {
    if (!it->second.instance) {
      module.report(Diag::OverTemplate, name.range, name.text)
          .help("name the instances that `use` makes of it");
      return false;
    }
    if (const Instance *net = it->second.instance->averageOf) {
      module.report(Diag::OverAverage, name.range, name.text)
          .help(fmt::format("train `{}`", net->name));
      return false;
    }
    if (it->second.instance->frozen) {
      module.report(Diag::OverFrozen, name.range, name.text)
          .label(it->second.instance->where, "declared here")
          .help("without `frozen` it is trained from the weights of the file");
      return false;
    }
    if (!module.ensureChecked(*it->second.instance, name.range)) {
      return false;
    }
    it->second.instance->trained = true;
    module.use(it->second.range);
    known = true;
  } else if (auto value = module.values.find(name.text);
             value != module.values.end() &&
             value->second.kind == FileValue::Kind::Param) {
    module.use(value->second.range);
    value->second.trained = true;
    known = true;
  }
  if (!known) {
    auto builder = module.report(Diag::OverUnknown, name.range, name.text);
    if (auto help = module.nearest(name.text, trainableNames(module))) {
      builder.help(*help);
    } else {
      builder.help("`over` takes nets, instances and params");
    }
    return false;
  }
  if (std::find(minimize.networks.begin(), minimize.networks.end(),
                name.text) != minimize.networks.end()) {
    module.report(Diag::OverRepeated, name.range, name.text);
    return false;
  }
  auto owned = module.parametersOf(name.text);
  std::erase_if(owned, [&](uint32_t index) {
    return module.program.parameters[index].role != Parameter::Role::Parameter;
  });
  if (owned.empty()) {
    module.report(Diag::OverNothing, name.range, name.text)
        .help("a net without layers has nothing to train");
    return false;
  }
  minimize.networks.push_back(name.text);
  minimize.parameters.insert(minimize.parameters.end(), owned.begin(),
                             owned.end());
  return true;
}

/// Reports a `grad` through a draw of a Gamma or Beta whose concentration
/// depends on what `depends` says, and which is needed: the draw has a first
/// derivative in it alone.
bool differentiatesDrawTwice(Elaborator &e, const std::vector<bool> &depends,
                             const std::vector<bool> &needed,
                             SourceRange range) {
  const Body &body = e.body;
  if (std::none_of(body.nodes.begin(), body.nodes.end(), [](const Node &node) {
        return node.op == Op::GammaQuantile;
      })) {
    return false;
  }
  for (size_t i = 0; i < body.nodes.size(); ++i) {
    const Node &gradient = body.nodes[i];
    if (gradient.op != Op::Gradient || !needed[i]) {
      continue;
    }
    std::vector<bool> sources(body.nodes.size(), false);
    sources[gradient.operands[1]] = true;
    auto inner = dependents(body, sources);
    auto below = ancestors(body, gradient.operands[0]);
    for (size_t j = 0; j < i; ++j) {
      const Node &node = body.nodes[j];
      if (node.op == Op::GammaQuantile && below[j] && inner[node.operands[1]] &&
          depends[node.operands[1]]) {
        e.module.report(Diag::DrawTwiceDifferentiated, gradient.where)
            .label(node.where, "drawn here")
            .label(range, "differentiates it once more")
            .help("`stop(..)` of the gradient, or of the concentration, makes "
                  "it a constant");
        return true;
      }
    }
  }
  return false;
}

/// Reports what has no derivative between `sources`, those that `depend` on
/// them, and `y` at `range`, which reaches `what` through it.
bool lacksDerivative(Elaborator &e, const std::vector<bool> &sources,
                     const std::vector<bool> &depend, ValueId y,
                     SourceRange range, const std::string &what) {
  auto needed = ancestors(e.body, y);
  if (differentiatesDrawTwice(e, depend, needed, range)) {
    return true;
  }
  for (size_t i = 0; i < sources.size(); ++i) {
    const Node &node = e.body.nodes[i];
    if (sources[i] || !depend[i] || !needed[i] || !hasNoDerivative(node.op)) {
      continue;
    }
    auto drawn = e.discreteDraws.find(static_cast<ValueId>(i));
    if (drawn != e.discreteDraws.end()) {
      e.module.report(Diag::DrawWithoutGradient, node.where, drawn->second)
          .label(range, "needs its gradient")
          .help("`by gumbel(tau)`, `by gumbel(tau, hard)` or `by "
                "straight_through` at the end of its line says whose gradient "
                "to take (of a OneHot or a Bernoulli)")
          .help("or take the expectation in closed form, or observe it");
    } else {
      e.module.report(Diag::NoDerivative, node.where, spellingOf(node.op))
          .label(range, fmt::format("reaches {} through it", what))
          .help("`stop(..)` makes it a constant; `straight_through(hard, "
                "soft)` takes the gradient of another value");
    }
    return true;
  }
  return false;
}

/// Checks that the objective depends on what is trained, by derivatives.
void checkReach(Elaborator &e, const ast::MinimizeStmt &stmt,
                const Minimize &minimize) {
  const Body &body = e.body;
  std::vector<bool> sources(body.nodes.size(), false);
  for (size_t i = 0; i < body.nodes.size(); ++i) {
    const Node &node = body.nodes[i];
    sources[i] =
        node.op == Op::Parameter &&
        std::find(minimize.parameters.begin(), minimize.parameters.end(),
                  node.attrs.index) != minimize.parameters.end();
  }
  auto depends = dependents(body, sources);
  auto needed = ancestors(body, minimize.objective);
  if (lacksDerivative(e, sources, depends, minimize.objective,
                      stmt.objective->range,
                      fmt::format("{}", fmt::join(minimize.networks, ", ")))) {
    return;
  }
  if (!depends[minimize.objective]) {
    e.module
        .report(Diag::ObjectiveReachesNothing, stmt.objective->range,
                fmt::format("{}", fmt::join(minimize.networks, ", ")))
        .label(stmt.over.front().range, "is to be trained by it")
        .help("`stop` and values that left a step are constants");
    return;
  }
  for (uint32_t index : minimize.parameters) {
    bool reached = false;
    for (size_t i = 0; i < body.nodes.size(); ++i) {
      reached = reached || (needed[i] && body.nodes[i].op == Op::Parameter &&
                            body.nodes[i].attrs.index == index);
    }
    if (!reached) {
      const Parameter &parameter = e.module.program.parameters[index];
      e.module.report(Diag::ParameterUnreached, parameter.where, parameter.name)
          .label(stmt.objective->range, "does not depend on it");
    }
  }
}

} // namespace

//===----------------------------------------------------------------------===//
// Minimize
//===----------------------------------------------------------------------===//

bool Elaborator::isMonitored(const std::string &name) const {
  return std::any_of(
      body.monitors.begin(), body.monitors.end(),
      [&](const Output &monitor) { return monitor.name == name; });
}

void Elaborator::addMonitor(const std::string &name, ValueId value) {
  if (!isMonitored(name)) {
    body.monitors.push_back({name, batchMean(value)});
  }
}

/// Adds `loss`, with the nets behind it where the step has several objectives,
/// and with a number where several train the same nets: `loss.C.1`, `loss.C.2`.
void Elaborator::monitorObjective(const Minimize &minimize) {
  if (minimizers <= 1) {
    addMonitor("loss", minimize.objective);
    return;
  }
  std::string name = fmt::format("loss.{}", fmt::join(minimize.networks, "+"));
  const auto before =
      std::count_if(body.minimizers.begin(), body.minimizers.end(),
                    [&](const Minimize &other) {
                      return other.networks == minimize.networks;
                    });
  if (before == 1) {
    std::find_if(body.monitors.begin(), body.monitors.end(),
                 [&](const Output &monitor) { return monitor.name == name; })
        ->name += ".1";
  }
  if (before > 0) {
    name += fmt::format(".{}", before + 1);
  }
  body.monitors.push_back({name, minimize.objective});
}

void Elaborator::monitorTerms(const ast::Expr &objective, ValueId whole) {
  std::vector<std::string> names;
  directNames(objective, names);
  for (const std::string &name : names) {
    auto it = frame->locals.find(name);
    if (it == frame->locals.end() ||
        it->second.value.kind != Value::Kind::Tensor) {
      continue;
    }
    ValueId value = it->second.value.id;
    const Type &type = b.type(value);
    bool perExample = type.event.empty() && type.axes.size() == 1 &&
                      type.axes[0].name == "batch";
    bool isLoss = minimizers <= 1 && name == "loss";
    if ((!perExample && type != Type{}) || (isLoss && value == whole)) {
      continue;
    }
    // A variable does not hide behind what the language shows of its own.
    bool isOwn = isLoss || (elboUsed && (name == "rec" || name == "kl"));
    addMonitor(isOwn ? name + ".term" : name, value);
  }
  if (!elboUsed || elboMonitored) {
    return;
  }
  elboMonitored = true;
  auto add = [&](const std::string &name, ValueId value) {
    addMonitor(isMonitored(name) ? name + ".elbo" : name, value);
  };
  add("rec", *reconstruction());
  if (auto kl = totalDivergence(objective.range)) {
    add("kl", *kl);
  }
}

/// `keep in [low, high]`.
void Elaborator::keepClause(const ast::MinimizeClause &clause,
                            Minimize &result) {
  auto low = scalarNode(*clause.keep->elements[0], "an end of `keep in`");
  auto high = scalarNode(*clause.keep->elements[1], "an end of `keep in`");
  if (!low || !high) {
    return;
  }
  const SourceRange range = clause.keep->range;
  b.setRange(range);
  if (isInterval(*this, inLine(module, "`keep in`", range), *low, *high, range,
                 [&](double a, double c) {
                   module.report(Diag::KeepRange, range, a, c)
                       .help("the lower end comes first: `keep in [-0.01, "
                             "0.01]`");
                 })) {
    result.keep = {*low, *high};
  }
}

void Elaborator::minimize(const ast::MinimizeStmt &stmt) {
  elboUsed = false;
  auto objective = tensor(*stmt.objective);
  Minimize result;
  result.maximize = stmt.maximize;
  result.where = stmt.range;
  bool ok = objective.has_value();
  for (const ast::Name &name : stmt.over) {
    ok = addOver(*this, name, result) && ok;
  }
  auto optimizer = optimizerOf(*this, stmt);
  for (const ast::MinimizeClause &clause : stmt.clauses) {
    if (clause.kind == ast::MinimizeClause::Kind::Keep) {
      keepClause(clause, result);
      continue;
    }
    if (clause.kind == ast::MinimizeClause::Kind::When) {
      result.when = scalarNode(*clause.value, "the condition of `when`");
      continue;
    }
    const SourceRange range = clause.value->range;
    result.clip = scalarNode(*clause.value, "`clip`");
    if (result.clip) {
      isWithin(*this, {inLine(module, "`clip`", range), above(0), true, true},
               *result.clip, range, [&](double limit) {
                 module.report(Diag::ClipRange, range, limit)
                     .help("it must be greater than 0");
               });
    }
  }
  if (!ok || !optimizer ||
      !isOneNumber(*objective, stmt.objective->range,
                   "an objective is one number an example")) {
    return;
  }
  b.setRange(stmt.objective->range);
  result.objective = batchMean(*objective);
  result.optimizer = std::move(*optimizer);
  for (const Minimize &other : body.minimizers) {
    if (other.optimizer.state == result.optimizer.state &&
        other.when != result.when) {
      module.report(Diag::SharedGate, stmt.range, result.optimizer.state)
          .label(other.where, "the other one")
          .help("an optimiser moves as a whole; bind the condition to a name "
                "and give it to both");
      return;
    }
    for (const std::string &name : result.networks) {
      bool both = std::find(other.networks.begin(), other.networks.end(),
                            name) != other.networks.end();
      if (both && other.optimizer.state != result.optimizer.state) {
        module.report(Diag::TwoOptimizers, stmt.range, name)
            .label(other.where, "trained here")
            .help("name one optimiser, `opt og = adam(lr)`, and use it in "
                  "both: gradients add");
        return;
      }
    }
  }
  monitorObjective(result);
  monitorTerms(*stmt.objective, *objective);
  checkReach(*this, stmt, result);
  checkAims(result, stmt.objective->range);
  body.minimizers.push_back(std::move(result));
}

//===----------------------------------------------------------------------===//
// Gradients as values, stops
//===----------------------------------------------------------------------===//

namespace {

/// Returns a node on the path from x to y that mixes examples, if there is one.
std::optional<ValueId> crossing(const Body &body, ValueId x, ValueId y,
                                const std::set<ValueId> &mixing) {
  std::vector<bool> sources(body.nodes.size(), false);
  sources[x] = true;
  auto depends = dependents(body, sources);
  auto needed = ancestors(body, y);
  for (size_t i = x + 1; i < body.nodes.size(); ++i) {
    const Node &node = body.nodes[i];
    bool reduces = node.op == Op::Sum || node.op == Op::ReduceMax ||
                   node.op == Op::ReduceMin;
    if (!depends[i] || !needed[i]) {
      continue;
    }
    if (mixing.count(static_cast<ValueId>(i))) {
      return static_cast<ValueId>(i);
    }
    if (!reduces) {
      continue;
    }
    auto batch = findAxis(body.nodes[node.operands[0]].type, "batch");
    const auto &dims = node.attrs.dims;
    if (batch && std::find(dims.begin(), dims.end(),
                           static_cast<int64_t>(*batch)) != dims.end()) {
      return static_cast<ValueId>(i);
    }
  }
  return std::nullopt;
}

/// Reports several numbers an example: each has a gradient of its own, and that
/// of their sum is another value.
bool isDifferentiated(Elaborator &e, ValueId y, SourceRange range) {
  const Type &type = e.b.type(y);
  bool onlyBatch = type.axes.empty() ||
                   (type.axes.size() == 1 && type.axes[0].name == "batch");
  if (type.event.empty() && onlyBatch) {
    return e.isOneNumber(y, range, "");
  }
  auto builder =
      e.module.report(Diag::NotOneNumber, range,
                      "what `grad` differentiates is one number an example");
  builder.label("is " + typeText(type));
  int64_t rows = type.event.empty() ? type.axes.back().extent : type.event[0];
  builder.help(fmt::format("the gradient of each, a row of the Jacobian: `scan "
                           "i in 0..<{} carry n = 0 {{ n <- n + 1; yield "
                           "grad(h[i], x) }}`",
                           rows));
  return false;
}

/// Reports a net in the place of `x`.
bool isNet(Elaborator &e, const Bound &bound) {
  const auto *name = bound.expr ? ast::as<ast::NameExpr>(*bound.expr) : nullptr;
  auto it = name && !e.frame->locals.count(name->text)
                ? e.module.functions.find(name->text)
                : e.module.functions.end();
  if (it == e.module.functions.end() ||
      it->second.kind != FileFunction::Kind::Net) {
    return false;
  }
  e.module.use(it->second.range);
  e.module.report(Diag::FunctionAsValue, bound.range, name->text)
      .label("a net, not a value")
      .help(fmt::format("`grad` takes a value: a variable, an argument or a "
                        "`param`; `minimize .. over {}` takes the gradient in "
                        "its weights",
                        name->text));
  return true;
}

Value gradCall(Elaborator &e, const CallSite &site, const Arguments &arguments,
               const LibraryEntry &) {
  const Bound &yBound = *arguments.find("y"), &xBound = *arguments.find("x");
  if (isNet(e, xBound)) {
    return {};
  }
  auto y = e.tensor(yBound), x = e.tensor(xBound);
  if (!y || !x || !isDifferentiated(e, *y, yBound.range)) {
    return {};
  }
  std::vector<bool> sources(e.body.nodes.size(), false);
  sources[*x] = true;
  auto depends = dependents(e.body, sources);
  if (!depends[*y]) {
    e.module.report(Diag::GradOfConstant, site.range)
        .label(yBound.range, "is not computed from")
        .label(xBound.range, "this value")
        .help("`x` must be the very value that `y` was computed from; bind it "
              "to a name and use the name in both");
    return {};
  }
  if (lacksDerivative(
          e, sources, depends, *y, yBound.range,
          fmt::format("`{}`", e.module.source.text(xBound.range)))) {
    return {};
  }
  bool perExample = findAxis(e.b.type(*y), "batch").has_value();
  if (perExample) {
    if (auto node = crossing(e.body, *x, *y, e.mixing)) {
      bool norm = e.batchStatistics.count(*node);
      e.module
          .report(norm ? Diag::GradThroughBatchNorm : Diag::GradCrossesBatch,
                  yBound.range)
          .label(e.b.node(*node).where, "mixes the examples here")
          .help(std::string(norm ? "`layer_norm` does not mix them; " : "") +
                "`grad(sum(y, over: batch), x)` is the plain derivative");
      return {};
    }
  }
  e.b.setRange(site.range);
  return Value::ofTensor(e.b.gradient(*y, *x));
}

Value stopCall(Elaborator &e, const CallSite &site, const Arguments &arguments,
               const LibraryEntry &) {
  Value value = e.evaluate(*arguments.find("x"));
  if (value.kind == Value::Kind::Distribution) {
    return Value::ofDistribution(stopped(e.b, *value.distribution));
  }
  auto x = e.toTensor(value, arguments.find("x")->range);
  if (!x) {
    return {};
  }
  e.b.setRange(site.range);
  return Value::ofTensor(e.b.unary(Op::Stop, *x));
}

/// The value of `hard`, the derivative of `soft`: soft + stop(hard - soft).
Value straightThrough(Elaborator &e, const CallSite &site,
                      const Arguments &arguments, const LibraryEntry &) {
  const Bound &hardBound = *arguments.find("hard");
  const Bound &softBound = *arguments.find("soft");
  auto hard = e.tensor(hardBound), soft = e.tensor(softBound);
  if (!hard || !soft ||
      !e.aligned(site.name, site.nameRange, *hard, hardBound.range, *soft,
                 softBound.range)) {
    return {};
  }
  e.b.setRange(site.range);
  ValueId gap = e.b.unary(Op::Stop, e.b.binary(Op::Sub, *hard, *soft));
  return Value::ofTensor(e.b.binary(Op::Add, *soft, gap));
}

constexpr LibraryEntry entries[] = {
    {"grad(y, x)", gradCall},
    {"stop(x)", stopCall},
    {"straight_through(hard, soft)", straightThrough},
};

} // namespace

std::span<const LibraryEntry> gradientEntries() { return entries; }

} // namespace gmc::dsl
