//===- Training.cpp - train blocks and the steps they call ----------------===//
#include "dsl/sema/Passes.h"

#include <algorithm>
#include <cmath>

namespace gmc::dsl {

//===----------------------------------------------------------------------===//
// Batch and clock
//===----------------------------------------------------------------------===//

namespace {

void streamsOf(const ast::TurnBlock &block,
               std::vector<const ast::Path *> &streams) {
  for (const auto &turn : block.turns) {
    if (const auto *call = ast::as<ast::CallTurn>(turn)) {
      for (const auto &argument : call->arguments) {
        if (argument.kind != ast::TurnArgument::Kind::Value) {
          streams.push_back(&argument.stream);
        }
      }
    } else if (const auto *draw = ast::as<ast::DrawTurn>(turn)) {
      streams.push_back(&draw->stream);
    } else if (const auto *repeat = ast::as<ast::RepeatTurn>(turn)) {
      streamsOf(repeat->body, streams);
    } else if (const auto *every = ast::as<ast::EveryTurn>(turn)) {
      streamsOf(every->body, streams);
    } else if (const auto *when = ast::as<ast::WhenTurn>(turn)) {
      streamsOf(when->body, streams);
    }
  }
}

void readBatch(Module &module, const ast::TrainDecl &train, bool usesData) {
  int64_t batch = 1;
  SourceRange range = train.duration->range;
  if (train.batch) {
    range = train.batch->range;
    auto given = module.evaluateInteger(*train.batch, "the batch");
    if (!given) {
      return;
    }
    batch = *given;
  } else if (usesData && !module.options.batch) {
    module.report(Diag::NoBatch, range).help("`.. for 10 epochs, batch 128`");
    return;
  }
  batch = module.options.batch.value_or(batch);
  if (batch < 1 || batch > 1 << 24) {
    module.report(Diag::BatchRange, range, batch)
        .help("a batch has 1 to 16777216 examples");
    return;
  }
  if (module.program.batch != 0 && module.program.batch != batch) {
    module.report(Diag::BatchesUnsupported, range, batch, module.program.batch);
    return;
  }
  module.program.batch = batch;
}

} // namespace

void findBatchAndClock(Module &module) {
  std::vector<const ast::Path *> streams;
  std::optional<ast::Name> named;
  bool any = false;
  for (const auto &decl : module.file.declarations) {
    if (const auto *train = ast::as<ast::TrainDecl>(decl)) {
      any = true;
      size_t before = streams.size();
      streamsOf(train->body, streams);
      readBatch(module, *train, streams.size() != before);
      if (train->duration->stream && !named) {
        named = train->duration->stream;
      }
    }
  }
  if (!any) {
    module.report(Diag::NoTrain, SourceRange{})
        .help("`train { fit(next fashion.train) } for 10 epochs, batch 128`");
  }
  std::set<std::string> paths;
  for (const ast::Path *path : streams) {
    if (path->parts.size() == 2) {
      paths.insert(path->parts[0].text + "." + path->parts[1].text);
    }
  }
  if (named) {
    module.epochStream = named->text + ".train";
  } else if (paths.size() == 1) {
    module.epochStream = *paths.begin();
  }
}

std::optional<std::string> Module::streamOf(const ast::DurationExpr &duration) {
  if (duration.stream) {
    const std::string &name = duration.stream->text;
    auto it = values.find(name);
    if (it == values.end() || it->second.kind != FileValue::Kind::Data) {
      report(Diag::EpochsOfUnknown, duration.stream->range, name);
      return std::nullopt;
    }
    use(it->second.range);
    return name + ".train";
  }
  if (!epochStream) {
    report(Diag::EpochOwner, duration.range)
        .label("of which data set?")
        .help("`10 epochs of a`, or `1000 rounds`");
  }
  return epochStream;
}

std::optional<Duration> readDuration(Module &module,
                                     const ast::DurationExpr &duration) {
  Duration result;
  auto count = module.evaluateConstant(*duration.count);
  if (!count) {
    return std::nullopt;
  }
  if (!(*count > 0) || !std::isfinite(*count)) {
    module.report(Diag::DurationRange, duration.count->range, *count)
        .help("a duration is greater than 0");
    return std::nullopt;
  }
  result.count = *count;
  switch (duration.unit) {
  case ast::DurationUnit::Rounds:
    result.unit = Duration::Unit::Rounds;
    break;
  case ast::DurationUnit::Examples:
    result.unit = Duration::Unit::Examples;
    break;
  case ast::DurationUnit::Epochs: {
    result.unit = Duration::Unit::Epochs;
    auto stream = module.streamOf(duration);
    if (!stream) {
      return std::nullopt;
    }
    result.stream = *stream;
    break;
  }
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

void addArgument(Elaborator &e, const ast::Name &name, const Type &type,
                 const DataField *field) {
  auto index = static_cast<int64_t>(e.body.arguments.size());
  e.body.arguments.push_back({name.text, type});
  ValueId id = e.b.leaf(Op::Argument, index, type);
  e.b.setName(id, name.text);
  e.bind(name, Value::ofTensor(id), "parameter");
  if (field) {
    e.argumentFields.emplace(name.text, *field);
  }
}

namespace {

/// What fills one parameter of a step.
struct Filling {
  TurnArgument argument;
  Type type;
  const DataField *field = nullptr;
  SourceRange range;
};

class TrainWalker {
public:
  explicit TrainWalker(Module &module) : module(module) {}

  std::vector<Turn> walk(const ast::TurnBlock &block) {
    std::vector<Turn> turns;
    for (const auto &turn : block.turns) {
      if (const auto *call = ast::as<ast::CallTurn>(turn)) {
        if (auto one = walkCall(*call)) {
          turns.push_back(std::move(*one));
        }
      } else if (const auto *repeat = ast::as<ast::RepeatTurn>(turn)) {
        auto count =
            module.evaluateInteger(*repeat->count, "the count of `repeat`");
        addGroup(turns, Turn::Kind::Repeat, count, repeat->count->range,
                 repeat->body);
      } else if (const auto *every = ast::as<ast::EveryTurn>(turn)) {
        if (every->period->unit != ast::DurationUnit::Rounds) {
          module.report(Diag::EveryUnsupported, every->period->range)
              .help("`every 16 rounds { .. }`");
          continue;
        }
        auto count = module.evaluateInteger(*every->period->count,
                                            "the period of `every`");
        addGroup(turns, Turn::Kind::Every, count, every->period->range,
                 every->body);
      } else if (turn->kind == ast::TurnKind::Draw) {
        module.report(Diag::DrawTurnUnsupported, turn->range)
            .help("write `next` in the call: `fit(next fashion.train)`");
      } else if (turn->kind == ast::TurnKind::Update) {
        module.report(Diag::UpdateTurnUnsupported, turn->range);
      } else {
        module.report(Diag::WhenTurnUnsupported, turn->range);
      }
    }
    return turns;
  }

private:
  void addGroup(std::vector<Turn> &turns, Turn::Kind kind,
                std::optional<int64_t> count, SourceRange range,
                const ast::TurnBlock &block) {
    if (!count) {
      return;
    }
    if (*count < 1) {
      module.report(Diag::TurnCount, range, *count)
          .help("a count of turns is at least 1");
      return;
    }
    Turn turn;
    turn.kind = kind;
    turn.count = *count;
    turn.body = walk(block);
    turns.push_back(std::move(turn));
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

  std::optional<std::vector<Filling>>
  fillings(const std::vector<ast::TurnArgument> &arguments) {
    std::vector<Filling> all;
    for (const auto &argument : arguments) {
      if (argument.kind == ast::TurnArgument::Kind::Value) {
        const auto *name = ast::as<ast::NameExpr>(argument.value);
        if (!name) {
          module.report(Diag::TurnValueUnsupported, argument.range)
              .help("a turn passes `next s.train`, `same s.train` or a value "
                    "that a step gave");
          return std::nullopt;
        }
        auto it = results.find(name->text);
        if (it == results.end()) {
          std::vector<std::string> names;
          for (const auto &[other, type] : results) {
            names.push_back(other);
          }
          auto builder =
              module.report(Diag::UnknownResult, name->range, name->text);
          if (auto help = module.nearest(name->text, names)) {
            builder.help(*help);
          }
          return std::nullopt;
        }
        Filling filling;
        filling.argument.kind = TurnArgument::Kind::Value;
        filling.argument.value = name->text;
        filling.type = it->second;
        filling.range = argument.range;
        all.push_back(std::move(filling));
        continue;
      }
      bool isNext = argument.kind == ast::TurnArgument::Kind::Next;
      auto stream = resolveStream(module, argument.stream);
      if (!stream) {
        return std::nullopt;
      }
      if (!isNext && !drawn.count(stream->path())) {
        module.report(Diag::SameBeforeNext, argument.range, stream->path())
            .help(fmt::format("`next {}` comes first", stream->path()));
        return std::nullopt;
      }
      drawn.insert(stream->path());
      for (uint32_t i = 0; i < stream->dataset->fields.size(); ++i) {
        Filling filling;
        filling.argument.kind =
            isNext ? TurnArgument::Kind::Next : TurnArgument::Kind::Same;
        filling.argument.dataset = stream->name;
        filling.argument.split = stream->split;
        filling.argument.field = i;
        filling.field = &stream->dataset->fields[i];
        filling.type = {{{"batch", std::max<int64_t>(module.program.batch, 1)}},
                        filling.field->event};
        filling.range = argument.range;
        all.push_back(std::move(filling));
      }
    }
    return all;
  }

  std::optional<Turn> walkCall(const ast::CallTurn &call) {
    for (const ast::Name &name : call.results) {
      module.turnResults.insert(name.text);
    }
    const ast::StepDecl *step = findStep(call.step);
    auto filled = fillings(call.arguments);
    if (!step || !filled) {
      poison(call);
      return std::nullopt;
    }
    if (filled->size() != step->parameters.size()) {
      module
          .report(Diag::StepArity, call.step.range, call.step.text,
                  step->parameters.size(), filled->size())
          .label(step->name.range, "declared here");
      poison(call);
      return std::nullopt;
    }
    auto index = ensureStep(*step, *filled);
    if (!index) {
      poison(call);
      return std::nullopt;
    }
    Turn turn;
    turn.step = *index;
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
      results[call.results[i].text] = body.nodes[body.outputs[i].value].type;
    }
    return turn;
  }

  /// Gives the results of a call that failed some type, so that later turns
  /// do not complain of unknown names.
  void poison(const ast::CallTurn &call) {
    for (const ast::Name &name : call.results) {
      results.emplace(name.text, Type{});
    }
  }

  std::optional<uint32_t> ensureStep(const ast::StepDecl &step,
                                     const std::vector<Filling> &filled) {
    if (auto it = steps.find(step.name.text); it != steps.end()) {
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
    if (auto body = elaborateStep(step, filled)) {
      index = static_cast<uint32_t>(module.program.steps.size());
      module.program.steps.push_back(std::move(*body));
    }
    steps[step.name.text] = index;
    return index;
  }

  std::optional<Body> elaborateStep(const ast::StepDecl &step,
                                    const std::vector<Filling> &filled) {
    unsigned errors = module.diagnostics.errorCount();
    Body body;
    body.name = step.name.text;
    Elaborator e(module, body, Elaborator::Mode::Step, step.name.text);
    e.openAxes = {{"batch", std::max<int64_t>(module.program.batch, 1)}};
    for (size_t i = 0; i < step.parameters.size(); ++i) {
      e.stepArguments.insert(step.parameters[i].text);
      addArgument(e, step.parameters[i], filled[i].type, filled[i].field);
    }
    for (const auto &stmt : step.body.statements) {
      e.minimizers += stmt->kind == ast::StmtKind::Minimize;
    }
    e.run(step.body);
    if (!step.body.statements.empty() &&
        step.body.statements.back()->kind == ast::StmtKind::Expression) {
      module.report(Diag::StepValue, step.body.statements.back()->range)
          .label("goes nowhere")
          .help("values leave a step through its signature: `step fit(x) -> "
                "w`");
    }
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
  std::map<std::string, std::optional<uint32_t>> steps;
  std::map<std::string, Type> results;
  std::set<std::string> drawn;
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
    if (!instance.trained && owns) {
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
    result.turns = walker.walk(train->body);
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
