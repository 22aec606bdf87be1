//===- Training.cpp - train blocks and the steps they call ----------------===//
//
// Turns are calls of steps. An expression in `train`, a condition or a new
// value of a state, becomes a step of its own, whose inputs are the values of
// earlier turns that it names. So do the lines `at start of` a step, which run
// once in front of its first call.
//
//===----------------------------------------------------------------------===//
#include "dsl/sema/Passes.h"

#include <algorithm>

namespace gmc::dsl {

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

void addArgument(Elaborator &e, const ast::Name &name, const Type &type,
                 const Field *field) {
  auto index = static_cast<int64_t>(e.body.arguments.size());
  e.body.arguments.push_back({name.text, type});
  ValueId id = e.b.leaf(Op::Argument, index, type);
  e.b.setName(id, name.text);
  e.bind(name, Value::ofTensor(id), "parameter");
  if (field) {
    e.argumentFields.emplace(
        name.text, ArgumentField{*field, e.module.datasetWith(field)});
  }
}

void addTurnValue(Elaborator &e, const std::string &name,
                  const TurnValue &value) {
  auto index = static_cast<int64_t>(e.body.arguments.size());
  e.body.arguments.push_back({name, value.type});
  ValueId id = e.b.leaf(Op::Argument, index, value.type);
  e.root.locals.emplace(
      name, Local{value.failed ? Value{} : Value::ofTensor(id), value.where});
  if (value.field) {
    e.argumentFields.emplace(
        name, ArgumentField{*value.field, e.module.datasetWith(value.field)});
  }
}

namespace {

/// What fills one parameter of a step.
struct Filling {
  TurnArgument argument;
  Type type;
  const Field *field = nullptr;
  SourceRange range;
};

class TrainWalker {
public:
  explicit TrainWalker(Module &module) : module(module) {}

  /// What every round of the `train` walked last gives.
  const TurnValues &values() const { return results; }

  /// Walks the turns of one `train`: values live within it.
  std::vector<Turn> walkTrain(const ast::TurnBlock &block, int64_t itsBatch) {
    batch = itsBatch;
    results.clear();
    bound.clear();
    drawn.clear();
    return walk(block);
  }

private:
  std::vector<Turn> walk(const ast::TurnBlock &block) {
    std::vector<Turn> turns;
    auto add = [&](std::optional<Turn> turn) {
      if (turn) {
        turns.push_back(std::move(*turn));
      }
    };
    for (const auto &turn : block.turns) {
      if (const auto *call = ast::as<ast::CallTurn>(turn)) {
        std::optional<Turn> made = walkCall(*call, turns);
        add(std::move(made));
      } else if (const auto *draw = ast::as<ast::DrawTurn>(turn)) {
        add(walkDraw(*draw));
      } else if (const auto *update = ast::as<ast::UpdateTurn>(turn)) {
        add(expressionTurn("update", [&](Elaborator &e) {
          e.update(update->names, *update->value);
        }));
      } else if (const auto *when = ast::as<ast::WhenTurn>(turn)) {
        add(walkWhen(*when));
      } else if (const auto *repeat = ast::as<ast::RepeatTurn>(turn)) {
        auto count =
            module.evaluateInteger(*repeat->count, "the count of `repeat`");
        if (count && isCountOfTurns(*count, repeat->count->range)) {
          Turn made;
          made.kind = Turn::Kind::Repeat;
          made.count = *count;
          made.turns = walk(repeat->body);
          turns.push_back(std::move(made));
        }
      } else if (const auto *every = ast::as<ast::EveryTurn>(turn)) {
        add(walkEvery(*every));
      }
    }
    return turns;
  }

  /// Walks turns that not every round runs: what they give, and that they drew,
  /// counts within them alone.
  std::vector<Turn> walkSometimes(const ast::TurnBlock &block) {
    auto before = results;
    auto drawnBefore = drawn;
    std::vector<Turn> turns = walk(block);
    results = std::move(before);
    drawn = std::move(drawnBefore);
    return turns;
  }

  /// Binds the name of a turn's value, once in its `train`.
  void bindResult(const ast::Name &name, TurnValue result) {
    result.where = name.range;
    auto [it, isNew] = bound.emplace(name.text, name.range);
    if (!isNew) {
      module.report(Diag::BoundTwice, name.range, name.text)
          .label("a second time here")
          .label(it->second, "first here")
          .help("a name is bound once; give this value a name of its own");
    }
    results[name.text] = std::move(result);
  }

  std::optional<Turn> walkDraw(const ast::DrawTurn &draw) {
    Turn turn;
    turn.kind = Turn::Kind::Draw;
    for (const ast::Name &name : draw.names) {
      module.turnResults.emplace(name.text, name.range);
    }
    auto filled = streamFillings(draw.stream, !draw.same, draw.range);
    if (filled && filled->size() != draw.names.size()) {
      module.report(Diag::RecordNames, draw.names.front().range,
                    draw.names.size(), filled->size());
      filled.reset();
    }
    if (!filled) {
      poison(draw.names);
      return std::nullopt;
    }
    for (size_t i = 0; i < filled->size(); ++i) {
      Filling &filling = (*filled)[i];
      bindResult(draw.names[i], {filling.type, filling.field, {}, false});
      turn.arguments.push_back(std::move(filling.argument));
      turn.results.push_back(draw.names[i].text);
    }
    return turn;
  }

  std::optional<Turn> walkWhen(const ast::WhenTurn &when) {
    auto turn = expressionTurn("when", [&](Elaborator &e) {
      if (auto id = e.scalarNode(*when.condition, "the condition of `when`")) {
        e.body.outputs.push_back({"condition", *id});
      }
    });
    std::vector<Turn> turns = walkSometimes(when.body);
    if (turn) {
      turn->kind = Turn::Kind::When;
      turn->turns = std::move(turns);
    }
    return turn;
  }

  /// Makes a step of an expression in `train`; `fill` writes its body.
  template <typename Fill>
  std::optional<Turn> expressionTurn(const char *kind, Fill fill) {
    unsigned errors = module.diagnostics.errorCount();
    Body body;
    body.name = body.step = fmt::format("train.{}{}", kind, expressions++);
    Elaborator e(module, body, Elaborator::Mode::Step, body.name);
    e.openBatch(batch);
    for (const auto &[name, result] : results) {
      addTurnValue(e, name, result);
    }
    fill(e);
    if (module.diagnostics.errorCount() != errors) {
      return std::nullopt;
    }
    prune(body);
    dropUnusedArguments(body);
    Turn turn;
    turn.entry = static_cast<uint32_t>(module.program.steps.size());
    for (const Argument &argument : body.arguments) {
      TurnArgument filled;
      filled.kind = TurnArgument::Kind::Value;
      filled.value = argument.name;
      turn.arguments.push_back(std::move(filled));
    }
    module.program.steps.push_back(std::move(body));
    return turn;
  }

  bool isCountOfTurns(int64_t count, SourceRange range) {
    if (count < 1) {
      module.report(Diag::TurnCount, range, count)
          .help("a count of turns is at least 1");
    }
    return count >= 1;
  }

  /// Rounds are whole; the other clocks pass a multiple between two rounds.
  std::optional<Turn> walkEvery(const ast::EveryTurn &every) {
    const ast::DurationExpr &period = *every.period;
    Turn turn;
    turn.kind = Turn::Kind::Every;
    if (period.unit == ast::DurationUnit::Rounds) {
      auto count =
          module.evaluateInteger(*period.count, "the period of `every`");
      if (!count || !isCountOfTurns(*count, period.range)) {
        return std::nullopt;
      }
      turn.every.unit = Duration::Unit::Rounds;
      turn.every.count = static_cast<double>(*count);
    } else if (auto duration = readDuration(module, period)) {
      turn.every = std::move(*duration);
    } else {
      return std::nullopt;
    }
    turn.turns = walkSometimes(every.body);
    return turn;
  }

  const ast::StepDecl *findStep(const ast::Name &name) {
    auto it = module.functions.find(name.text);
    if (it != module.functions.end() &&
        it->second.kind == FileFunction::Kind::Step) {
      module.use(it->second.range);
      return &ast::cast<ast::StepDecl>(*it->second.decl);
    }
    std::vector<std::string> steps;
    for (const auto &[other, function] : module.functions) {
      if (function.kind == FileFunction::Kind::Step) {
        steps.push_back(other);
      }
    }
    auto builder = module.report(Diag::UnknownStep, name.range, name.text);
    if (auto help = module.nearest(name.text, steps)) {
      builder.help(*help);
    }
    return nullptr;
  }

  /// Returns what `next s` or `same s` gives: a value for each field.
  std::optional<std::vector<Filling>>
  streamFillings(const ast::Path &path, bool isNext, SourceRange range) {
    auto stream = resolveStream(module, path);
    if (!stream) {
      return std::nullopt;
    }
    if (!isNext && !drawn.count(stream->path())) {
      module.report(Diag::SameBeforeNext, range, stream->path())
          .help(fmt::format("`next {}` comes first", stream->path()));
      return std::nullopt;
    }
    drawn.insert(stream->path());
    std::vector<Filling> all;
    for (uint32_t i = 0; i < stream->dataset->fields.size(); ++i) {
      Filling filling;
      filling.argument.kind =
          isNext ? TurnArgument::Kind::Next : TurnArgument::Kind::Same;
      filling.argument.dataset = stream->name;
      filling.argument.split = stream->split;
      filling.argument.field = i;
      filling.field = &stream->dataset->fields[i];
      filling.type = {{{"batch", batch}}, filling.field->shape};
      filling.range = range;
      all.push_back(std::move(filling));
    }
    return all;
  }

  /// Returns the value of an earlier turn.
  std::optional<Filling> valueFilling(const ast::NameExpr &name,
                                      SourceRange range) {
    auto it = results.find(name.text);
    if (it == results.end()) {
      std::vector<std::string> names;
      for (const auto &[other, result] : results) {
        names.push_back(other);
      }
      auto builder = module.report(Diag::UnknownResult, name.range, name.text);
      if (auto help = module.nearest(name.text, names)) {
        builder.help(*help);
      } else if (bound.count(name.text)) {
        builder.label(bound[name.text], "given here, but not in every round");
      }
      return std::nullopt;
    }
    if (it->second.failed) {
      return std::nullopt;
    }
    Filling filling;
    filling.argument.kind = TurnArgument::Kind::Value;
    filling.argument.value = name.text;
    filling.type = it->second.type;
    filling.field = it->second.field;
    filling.range = range;
    return filling;
  }

  /// Returns what `P.swap(v)` gives: as many examples as v, some of them older.
  std::optional<Filling> swapFilling(const ast::MemberExpr &callee,
                                     const ast::NameExpr &name,
                                     SourceRange range) {
    const auto *object = ast::as<ast::NameExpr>(callee.object);
    auto it = object ? module.values.find(object->text) : module.values.end();
    if (it == module.values.end() || it->second.kind != FileValue::Kind::Pool) {
      module
          .report(Diag::UnknownPool, callee.object->range,
                  module.source.text(callee.object->range))
          .help("`pool P(50)` declares one");
      return std::nullopt;
    }
    module.use(it->second.range);
    auto filling = valueFilling(name, range);
    if (!filling || it->second.failed) {
      return std::nullopt;
    }
    if (filling->type.axes.size() != 1 ||
        filling->type.axes[0].name != "batch") {
      module.report(Diag::PoolValue, name.range)
          .label("is " + typeText(filling->type))
          .help("what the step gives is one value for the whole batch");
      return std::nullopt;
    }
    Pool &pool = module.pools[*it->second.index];
    std::vector<int64_t> shape{pool.capacity};
    shape.insert(shape.end(), filling->type.event.begin(),
                 filling->type.event.end());
    auto &planned = module.program.pools;
    if (!pool.planned) {
      Parameter storage;
      storage.role = Parameter::Role::State;
      storage.name = pool.name + ".items";
      storage.network = pool.name;
      storage.shape = shape;
      storage.where = it->second.range;
      pool.planned = static_cast<uint32_t>(planned.size());
      planned.push_back(
          {pool.name, module.parameter(std::move(storage)), pool.replace});
    }
    const int64_t items = planned[*pool.planned].tensor;
    const auto &held = module.program.parameters[items].shape;
    if (held != shape) {
      module
          .report(Diag::PoolShape, range, pool.name,
                  typeText({{}, {held.begin() + 1, held.end()}}),
                  typeText({{}, filling->type.event}))
          .help("a second pool can hold these");
      return std::nullopt;
    }
    filling->argument.kind = TurnArgument::Kind::Pool;
    filling->argument.pool = *pool.planned;
    return filling;
  }

  /// Returns an argument of a turn, and adds to `before` what computes it.
  std::optional<Filling> oneFilling(const ast::TurnArgument &argument,
                                    std::vector<Turn> &before) {
    const auto *name = ast::as<ast::NameExpr>(argument.value);
    if (name &&
        (results.count(name->text) || !module.values.count(name->text))) {
      return valueFilling(*name, argument.range);
    }
    if (auto path = streamWithoutNext(module, *argument.value)) {
      std::string data = path->substr(0, path->find('.'));
      module.use(module.values.at(data).range);
      module.report(Diag::DataAsValue, argument.range, data)
          .label("draws no record")
          .help(fmt::format("`next {}`", *path));
      return std::nullopt;
    }
    const auto *call = ast::as<ast::CallExpr>(argument.value);
    const auto *callee =
        call ? ast::as<ast::MemberExpr>(call->callee) : nullptr;
    const auto *value = callee && callee->member.text == "swap" &&
                                call->arguments.size() == 1 &&
                                !call->arguments[0].label
                            ? ast::as<ast::NameExpr>(call->arguments[0].value)
                            : nullptr;
    if (value) {
      return swapFilling(*callee, *value, argument.range);
    }
    if (callee && callee->member.text == "swap") {
      module.report(Diag::TurnValueUnsupported, argument.range)
          .help("`P.swap(v)` takes a value that an earlier turn gave, by its "
                "name");
      return std::nullopt;
    }
    return computedFilling(*argument.value, argument.range, before);
  }

  /// An expression as argument: a step of its own computes it.
  std::optional<Filling> computedFilling(const ast::Expr &expr,
                                         SourceRange range,
                                         std::vector<Turn> &before) {
    auto turn = expressionTurn("value", [&](Elaborator &e) {
      if (auto id = e.tensor(expr)) {
        e.body.outputs.push_back({"value", *id});
      }
    });
    if (!turn) {
      return std::nullopt;
    }
    const Body &body = module.program.steps[turn->entry];
    Filling filling;
    filling.argument.kind = TurnArgument::Kind::Value;
    filling.argument.value = body.name;
    filling.type = body.nodes[body.outputs[0].value].type;
    filling.range = range;
    turn->results = {body.name};
    before.push_back(std::move(*turn));
    return filling;
  }

  std::optional<std::vector<Filling>>
  fillings(const std::vector<ast::TurnArgument> &arguments,
           std::vector<Turn> &before) {
    std::vector<Filling> all;
    for (const auto &argument : arguments) {
      if (argument.kind == ast::TurnArgument::Kind::Value) {
        auto one = oneFilling(argument, before);
        if (!one) {
          return std::nullopt;
        }
        all.push_back(std::move(*one));
        continue;
      }
      auto some = streamFillings(argument.stream,
                                 argument.kind == ast::TurnArgument::Kind::Next,
                                 argument.range);
      if (!some) {
        return std::nullopt;
      }
      std::move(some->begin(), some->end(), std::back_inserter(all));
    }
    return all;
  }

  /// Returns the call, and adds to `turns` what stands in front of it.
  std::optional<Turn> walkCall(const ast::CallTurn &call,
                               std::vector<Turn> &turns) {
    for (const ast::Name &name : call.results) {
      module.turnResults.emplace(name.text, name.range);
    }
    const ast::StepDecl *step = findStep(call.step);
    auto filled = fillings(call.arguments, turns);
    if (!step || !filled) {
      poison(call.results);
      return std::nullopt;
    }
    if (filled->size() != step->parameters.size()) {
      module
          .report(Diag::StepArity, call.step.range, call.step.text,
                  step->parameters.size(), filled->size())
          .label(step->name.range, "declared here");
      poison(call.results);
      return std::nullopt;
    }
    auto index = ensureStep(*step, *filled);
    if (!index) {
      poison(call.results);
      return std::nullopt;
    }
    if (auto start = module.starts.find(step->name.text);
        start != module.starts.end()) {
      addStart(*step, *start->second, *filled, turns);
    }
    Turn turn;
    turn.entry = *index;
    for (Filling &filling : *filled) {
      turn.arguments.push_back(std::move(filling.argument));
    }
    const Body &body = module.program.steps[*index];
    if (!call.results.empty() && call.results.size() != body.outputs.size()) {
      module
          .report(Diag::StepResults, call.results.front().range,
                  call.results.size(), step->name.text, body.outputs.size())
          .label(step->name.range, "declared here");
      return std::nullopt;
    }
    for (size_t i = 0; i < call.results.size(); ++i) {
      turn.results.push_back(call.results[i].text);
      bindResult(call.results[i],
                 {body.nodes[body.outputs[i].value].type, nullptr, {}, false});
    }
    return turn;
  }

  /// Binds the results of a turn that failed, so that later turns do not
  /// complain of unknown names.
  void poison(const std::vector<ast::Name> &names) {
    for (const ast::Name &name : names) {
      results.emplace(name.text, TurnValue{{}, nullptr, name.range, true});
    }
  }

  std::optional<uint32_t> ensureStep(const ast::StepDecl &step,
                                     const std::vector<Filling> &filled) {
    auto &bodies = steps[step.name.text];
    if (auto it = bodies.find(batch); it != bodies.end()) {
      if (!it->second) {
        return std::nullopt;
      }
      const Body &body = module.program.steps[*it->second];
      for (size_t i = 0; i < filled.size(); ++i) {
        if (filled[i].type != body.arguments[i].type) {
          module
              .report(Diag::StepArgumentType, filled[i].range,
                      step.parameters[i].text, step.name.text)
              .label("is " + typeText(filled[i].type))
              .help("its first call gave " + typeText(body.arguments[i].type));
          return std::nullopt;
        }
      }
      return it->second;
    }
    std::optional<uint32_t> index;
    std::string name = nameOf(step.name.text, bodies);
    if (auto body = elaborateStep(step, std::move(name), filled)) {
      index = static_cast<uint32_t>(module.program.steps.size());
      module.program.steps.push_back(std::move(*body));
    }
    bodies[batch] = index;
    return index;
  }

  /// Returns the name of a body of `step`, which has `bodies` already: the
  /// first is named as the step, another one after its batch.
  std::string
  nameOf(const std::string &step,
         const std::map<int64_t, std::optional<uint32_t>> &bodies) const {
    return bodies.empty() ? step : fmt::format("{}.batch{}", step, batch);
  }

  /// Adds the lines at the start of `step` to `turns`, for the arguments of a
  /// call of it. Those that are drawn get names, so that both take the same.
  void addStart(const ast::StepDecl &step, const ast::AtDecl &start,
                std::vector<Filling> &filled, std::vector<Turn> &turns) {
    auto index = ensureStart(step, start, filled);
    if (!index) {
      return;
    }
    Turn draw;
    draw.kind = Turn::Kind::Draw;
    for (Filling &filling : filled) {
      if (filling.argument.kind == TurnArgument::Kind::Value) {
        continue;
      }
      TurnArgument named;
      named.kind = TurnArgument::Kind::Value;
      named.value = fmt::format("{}.{}", step.name.text, expressions++);
      draw.results.push_back(named.value);
      draw.arguments.push_back(std::exchange(filling.argument, named));
    }
    if (!draw.results.empty()) {
      turns.push_back(std::move(draw));
    }
    Turn once;
    once.kind = Turn::Kind::Once;
    once.entry = *index;
    for (const Argument &argument : module.program.steps[*index].arguments) {
      for (size_t i = 0; i < filled.size(); ++i) {
        if (step.parameters[i].text == argument.name) {
          once.arguments.push_back(filled[i].argument);
        }
      }
    }
    turns.push_back(std::move(once));
  }

  std::optional<uint32_t> ensureStart(const ast::StepDecl &step,
                                      const ast::AtDecl &start,
                                      const std::vector<Filling> &filled) {
    auto &bodies = starts[step.name.text];
    if (auto it = bodies.find(batch); it != bodies.end()) {
      return it->second;
    }
    unsigned errors = module.diagnostics.errorCount();
    Body body;
    body.step = step.name.text + ".start";
    body.name = nameOf(body.step, bodies);
    Elaborator e(module, body, Elaborator::Mode::Step, body.name);
    e.atStart = true;
    e.openBatch(batch);
    for (size_t i = 0; i < step.parameters.size(); ++i) {
      addArgument(e, step.parameters[i], filled[i].type, filled[i].field);
    }
    e.run(start.body);
    givesNoValue(start.body);
    if (body.updates.empty() && module.diagnostics.errorCount() == errors) {
      module.report(Diag::StartNothing, start.step.range, step.name.text)
          .help("its lines say where states and params begin: `k <- e`");
    }
    std::optional<uint32_t> index;
    if (module.diagnostics.errorCount() == errors) {
      prune(body);
      dropUnusedArguments(body);
      index = static_cast<uint32_t>(module.program.steps.size());
      module.program.steps.push_back(std::move(body));
    }
    bodies[batch] = index;
    return index;
  }

  /// Reports an expression at the end of a step's lines.
  void givesNoValue(const ast::Body &body) {
    if (!body.statements.empty() &&
        body.statements.back()->kind == ast::StmtKind::Expression) {
      module.report(Diag::StepValue, body.statements.back()->range)
          .label("goes nowhere")
          .help("values leave a step through its signature: `step fit(x) -> "
                "w`");
    }
  }

  std::optional<Body> elaborateStep(const ast::StepDecl &step, std::string name,
                                    const std::vector<Filling> &filled) {
    unsigned errors = module.diagnostics.errorCount();
    Body body;
    body.name = std::move(name);
    body.step = step.name.text;
    Elaborator e(module, body, Elaborator::Mode::Step, body.name);
    e.openBatch(batch);
    for (size_t i = 0; i < step.parameters.size(); ++i) {
      e.stepArguments.insert(step.parameters[i].text);
      addArgument(e, step.parameters[i], filled[i].type, filled[i].field);
    }
    for (const auto &stmt : step.body.statements) {
      if (const auto *minimize = ast::as<ast::MinimizeStmt>(stmt)) {
        ++e.minimizers;
        for (const ast::Name &name : minimize->over) {
          e.trainedHere.insert(name.text);
        }
      }
    }
    e.run(step.body);
    e.finishStates();
    e.finishAims();
    givesNoValue(step.body);
    for (const ast::Name &output : step.outputs) {
      auto it = e.frame->locals.find(output.text);
      if (it == e.frame->locals.end()) {
        module.report(Diag::StepOutput, output.range, output.text)
            .help(fmt::format("a line of the step bears its name: `{} = ..`",
                              output.text));
        continue;
      }
      module.use(it->second.declared);
      if (auto id = e.toTensor(it->second.value, output.range)) {
        body.outputs.push_back({output.text, *id});
      }
    }
    if (module.diagnostics.errorCount() != errors) {
      return std::nullopt;
    }
    prune(body);
    return body;
  }

  Module &module;
  /// Bodies by step and batch; nothing for one with an error.
  using Bodies =
      std::map<std::string, std::map<int64_t, std::optional<uint32_t>>>;
  Bodies steps;
  Bodies starts;     ///< of these steps
  int64_t batch = 1; ///< of the `train` that is walked
  TurnValues results;
  std::map<std::string, SourceRange> bound; ///< names that turns gave
  std::set<std::string> drawn;
  int expressions = 0; ///< of `train`, so far
};

/// Warns of nets that no `over` names, and of states that several steps start.
void checkTrained(Module &module) {
  std::map<std::string, std::pair<std::string, SourceRange>> states;
  for (const Body &body : module.program.steps) {
    for (const Minimize &minimize : body.minimizers) {
      for (const std::string &network : minimize.networks) {
        auto [it, isNew] = states.emplace(
            network, std::pair(minimize.optimizer.state, minimize.where));
        if (!isNew && it->second.first != minimize.optimizer.state) {
          module.report(Diag::TwoStates, minimize.where, network)
              .label(it->second.second, "trained here too")
              .help("share one: `opt og = adam(lr)`");
        }
      }
    }
  }
  for (const Instance &instance : module.instances) {
    bool owns = !module.parametersOf(instance.name).empty();
    if (!instance.trained && owns && !instance.averageOf && !instance.frozen) {
      module.report(Diag::NeverTrained, instance.where, instance.name)
          .label("stands in no `over`");
    }
  }
  for (const auto &[name, value] : module.values) {
    if (value.kind == FileValue::Kind::Param && !value.trained) {
      module.report(Diag::NeverTrained, value.range, name)
          .label("stands in no `over`");
    }
  }
}

} // namespace

void elaborateTraining(Module &module) {
  TrainWalker walker(module);
  std::set<std::string> names;
  for (const auto &decl : module.file.declarations) {
    const auto *train = ast::as<ast::TrainDecl>(decl);
    if (!train) {
      continue;
    }
    Train result;
    result.name = train->name ? train->name->text : "";
    if (!names.insert(result.name).second) {
      module.report(Diag::TrainTwice, train->range)
          .help("several are told apart by names: `train pre { .. } for ..`");
    }
    result.batch = module.trainBatches[module.program.trains.size()];
    result.turns = walker.walkTrain(train->body, result.batch);
    module.turnValues.push_back(walker.values());
    auto duration = readDuration(module, *train->duration);
    if (duration) {
      result.duration = *duration;
    }
    module.program.trains.push_back(std::move(result));
  }
  if (!module.diagnostics.hasErrors()) {
    checkTrained(module);
  }
}

} // namespace gmc::dsl
