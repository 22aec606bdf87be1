//===- Diagnosis.cpp - what `diagnose collapse` looks at ------------------===//
//
// The body of every step that data go into is walked once more, as a report
// is, and the places where generative models break are made outputs: how much
// each unit of a latent says, which entries of a learned table are chosen, how
// far generated examples are spread, how far a critic tells them from data.
// Where a step takes what an earlier one made, from a pool or not, the lines of
// that one are walked first. Of what a report cannot say of a step (a joined
// batch) the program holds the reason.
//
//===----------------------------------------------------------------------===//
#include "dsl/sema/Passes.h"

#include <algorithm>

namespace gmc::dsl {
namespace {

/// What a node is made of, as bits.
enum Origin : uint8_t {
  fromExample = 1, ///< the step's first argument that data fill
  fromDraw = 2,
  fromParameter = 4,
};

std::vector<uint8_t> originsOf(const Body &body, int64_t example) {
  std::vector<uint8_t> origins(body.nodes.size());
  for (size_t i = 0; i < body.nodes.size(); ++i) {
    const Node &node = body.nodes[i];
    if (node.op == Op::Argument && node.attrs.index == example) {
      origins[i] = fromExample;
    } else if (node.op == Op::RandomNormal || node.op == Op::RandomUniform) {
      origins[i] = fromDraw;
    } else if (node.op == Op::Parameter) {
      origins[i] = fromParameter;
    }
    for (ValueId operand : node.operands) {
      origins[i] |= origins[operand];
    }
  }
  return origins;
}

class Diagnoser {
public:
  explicit Diagnoser(Module &module) : module(module) {}

  void walk(const std::vector<Turn> &turns) {
    for (const Turn &turn : turns) {
      walk(turn.turns);
      for (size_t i = 0;
           turn.kind == Turn::Kind::Draw && i < turn.results.size(); ++i) {
        drawn[turn.results[i]] = turn.arguments[i];
      }
      if (turn.kind != Turn::Kind::Call) {
        continue;
      }
      examine(turn);
      for (size_t i = 0; i < turn.results.size(); ++i) {
        made[turn.results[i]] = {&turn, i};
      }
    }
  }

private:
  /// A value of the round: which turn gives it, and as which of its results.
  struct Made {
    const Turn *turn = nullptr;
    size_t result = 0;
  };

  /// What an argument is, a name that `x = next s` bound being its field.
  const TurnArgument &sourceOf(const TurnArgument &given) const {
    auto known = drawn.find(given.value);
    bool isDrawn =
        given.kind == TurnArgument::Kind::Value && known != drawn.end();
    return isDrawn ? known->second : given;
  }

  static bool isData(const TurnArgument &argument) {
    return argument.kind == TurnArgument::Kind::Next ||
           argument.kind == TurnArgument::Kind::Same;
  }

  const ast::StepDecl *declarationOf(const Turn &turn) const {
    auto it = module.functions.find(module.program.steps[turn.entry].step);
    return it == module.functions.end() ||
                   it->second.kind != FileFunction::Kind::Step
               ? nullptr
               : &ast::cast<ast::StepDecl>(*it->second.decl);
  }

  void examine(const Turn &turn) {
    const ast::StepDecl *step = declarationOf(turn);
    bool seesData = std::any_of(
        turn.arguments.begin(), turn.arguments.end(),
        [&](const TurnArgument &given) { return isData(sourceOf(given)); });
    if (!step || !seesData || !seen.insert(step->name.text).second) {
      return; // what it makes is looked at where data stand beside it
    }
    Diagnosis diagnosis;
    diagnosis.step = step->name.text;
    DiagnosticEngine::Trial trial(module.diagnostics);
    Body body;
    body.name = fmt::format("report{}", module.program.reportBodies.size());
    std::string why = probe(turn, *step, diagnosis, body);
    if (why.empty() && trial.failed()) {
      why =
          "it does what a report cannot: it looks at several examples at once";
    }
    if (!why.empty()) {
      module.program.undiagnosed.push_back({diagnosis.step, why});
      return;
    }
    if (diagnosis.probes.empty()) {
      return;
    }
    prune(body);
    diagnosis.walk.entry =
        static_cast<uint32_t>(module.program.reportBodies.size());
    module.program.reportBodies.push_back(std::move(body));
    module.program.diagnoses.push_back(std::move(diagnosis));
  }

  /// Adds the argument that data fill; returns why that cannot be, if so.
  std::string addData(Elaborator &e, const ast::Name &name,
                      const TurnArgument &argument, Diagnosis &diagnosis) {
    if (diagnosis.walk.fields.empty()) {
      diagnosis.walk.dataset = argument.dataset;
      diagnosis.walk.split = argument.split;
    } else if (argument.dataset != diagnosis.walk.dataset ||
               argument.split != diagnosis.walk.split) {
      return fmt::format("it takes examples of `{}.{}` and of `{}.{}`",
                         diagnosis.walk.dataset, diagnosis.walk.split,
                         argument.dataset, argument.split);
    }
    const auto dataset = std::find_if(
        module.program.datasets.begin(), module.program.datasets.end(),
        [&](const Dataset &d) { return d.name == argument.dataset; });
    const Field &field = dataset->fields[argument.field];
    diagnosis.walk.fields.push_back(argument.field);
    e.stepArguments.insert(name.text);
    addArgument(e, name, {e.openAxes, field.shape}, &field);
    return "";
  }

  /// Walks the lines of the steps that give values to `turn`, then binds its
  /// arguments. Returns why that cannot be, if so.
  std::string fill(Elaborator &e, const Turn &turn, const ast::StepDecl &step,
                   Diagnosis &diagnosis, int depth = 0) {
    constexpr int mostSteps = 4;
    std::map<std::string, ValueId> values;
    for (size_t i = 0; i < step.parameters.size(); ++i) {
      const TurnArgument &argument = sourceOf(turn.arguments[i]);
      if (isData(argument)) {
        continue;
      }
      const std::string &name = step.parameters[i].text;
      auto from = made.find(argument.value);
      const ast::StepDecl *maker =
          from == made.end() ? nullptr : declarationOf(*from->second.turn);
      if (!maker || depth == mostSteps) {
        return fmt::format("its `{}` is made by no step of the round", name);
      }
      if (std::string why =
              fill(e, *from->second.turn, *maker, diagnosis, depth + 1);
          !why.empty()) {
        return why;
      }
      e.root.path = "diagnosis/" + maker->name.text;
      e.run(maker->body);
      auto value = e.root.locals.find(maker->outputs[from->second.result].text);
      if (value == e.root.locals.end() ||
          value->second.value.kind != Value::Kind::Tensor) {
        return fmt::format("its `{}` is nothing that a report can make", name);
      }
      values[name] = value->second.value.id;
      forget(e);
    }
    example = static_cast<int64_t>(e.body.arguments.size());
    for (size_t i = 0; i < step.parameters.size(); ++i) {
      const ast::Name &name = step.parameters[i];
      if (auto value = values.find(name.text); value != values.end()) {
        e.bind(name, Value::ofTensor(value->second), "parameter");
      } else if (std::string why =
                     addData(e, name, sourceOf(turn.arguments[i]), diagnosis);
                 !why.empty()) {
        return why;
      }
    }
    return "";
  }

  /// Clears what one step's lines leave, before those of another.
  static void forget(Elaborator &e) {
    e.root.locals.clear();
    e.stepArguments.clear();
    e.argumentFields.clear();
    e.observations.clear();
    e.latents.clear();
  }

  std::string probe(const Turn &turn, const ast::StepDecl &step,
                    Diagnosis &diagnosis, Body &body) {
    Elaborator e(module, body, Elaborator::Mode::Report,
                 "diagnosis/" + diagnosis.step);
    Probing probing;
    e.probing = &probing;
    e.openBatch(module.program.batch);
    if (std::string why = fill(e, turn, step, diagnosis); !why.empty()) {
      return why;
    }
    e.root.path = "diagnosis/" + diagnosis.step;
    const std::vector<int64_t> event = body.arguments[example].type.event;
    e.run(step.body);
    addLatents(e, diagnosis);
    const std::vector<uint8_t> origins = originsOf(body, example);
    addPosteriors(e, origins, diagnosis);
    addCodes(e, probing, origins, diagnosis);
    addNets(e, probing, origins, event, diagnosis);
    return "";
  }

  /// Mean divergence of each unit of a latent from its prior.
  void addLatents(Elaborator &e, Diagnosis &diagnosis) {
    for (const Latent &latent : e.latents) {
      auto units = e.unitDivergence(*latent.guide, *latent.prior);
      if (units && onlyBatch(e, *units)) {
        add(e, diagnosis, Probe::Kind::Latent, latent.name, {*units});
      }
    }
  }

  /// Mean and deviation of codes that the text draws itself: a + s n, with n a
  /// standard normal draw and a made of the example and of parameters.
  void addPosteriors(Elaborator &e, const std::vector<uint8_t> &origins,
                     Diagnosis &diagnosis) {
    for (ValueId i = 0; i < origins.size(); ++i) {
      if (e.b.node(i).op != Op::Add) {
        continue;
      }
      const std::string name = nameOf(e, i);
      bool isKnown = std::any_of(
          e.latents.begin(), e.latents.end(), [&](const Latent &latent) {
            return latent.draw == i || latent.name == name;
          });
      if (name.empty() || isKnown) {
        continue;
      }
      for (int side : {0, 1}) {
        ValueId mean = e.b.node(i).operands[side],
                noise = e.b.node(i).operands[1 - side];
        auto deviation = deviationOf(e, noise);
        constexpr uint8_t both = fromExample | fromParameter;
        if (deviation && origins[mean] == both &&
            !(origins[*deviation] & fromDraw) && onlyBatch(e, mean) &&
            onlyBatch(e, *deviation)) {
          add(e, diagnosis, Probe::Kind::Posterior, name, {mean, *deviation});
        }
      }
    }
  }

  /// Returns the variable of the text that a node is bound to, or nothing.
  static std::string nameOf(const Elaborator &e, ValueId node) {
    for (const auto &[name, local] : e.root.locals) {
      if (local.value.kind == Value::Kind::Tensor && local.value.id == node) {
        return name;
      }
    }
    return e.b.node(node).name;
  }

  /// Returns s of s n, n being a standard normal draw.
  static std::optional<ValueId> deviationOf(const Elaborator &e,
                                            ValueId product) {
    const Node &node = e.b.node(product);
    for (int side : {0, 1}) {
      if (node.op == Op::Mul &&
          e.b.node(node.operands[side]).op == Op::RandomNormal) {
        return node.operands[1 - side];
      }
    }
    return std::nullopt;
  }

  /// How often each entry of a table is chosen, by places that the model makes.
  void addCodes(Elaborator &e, const Probing &probing,
                const std::vector<uint8_t> &origins, Diagnosis &diagnosis) {
    for (const Probing::Pick &pick : probing.picks) {
      const Node &table = e.b.node(pick.table);
      const Type type = e.b.type(pick.places);
      if (table.op != Op::Parameter || !onlyBatch(e, pick.places) ||
          !(origins[pick.places] & fromParameter)) {
        continue;
      }
      std::vector<int64_t> dims;
      double count = 1;
      for (size_t i = 0; i + 1 < type.event.size(); ++i) {
        dims.push_back(static_cast<int64_t>(type.axes.size() + i));
        count *= static_cast<double>(type.event[i]);
      }
      ValueId share = pick.places;
      if (!dims.empty()) {
        share =
            e.b.binary(Op::Mul, e.b.reduce(Op::Sum, share, dims), 1 / count);
      }
      add(e, diagnosis, Probe::Kind::Codes,
          module.program.parameters[table.attrs.index].name, {share});
    }
  }

  /// Nets that make examples of draws, and nets that score both.
  void addNets(Elaborator &e, const Probing &probing,
               const std::vector<uint8_t> &origins,
               const std::vector<int64_t> &example, Diagnosis &diagnosis) {
    std::map<std::string, ValueId> real, fake;
    for (const Probing::Call &call : probing.calls) {
      const uint8_t origin = origins[call.result];
      if (!onlyBatch(e, call.result)) {
        continue;
      }
      const bool isFake = (origin & fromDraw) && !(origin & fromExample);
      const Type &type = e.b.type(call.result);
      if (isFake && type.event == example) {
        add(e, diagnosis, Probe::Kind::Spread, call.net,
            {call.result, argumentOf(e)});
      } else if (isScore(type) && isFake) {
        fake.emplace(call.net, call.result);
      } else if (isScore(type) && (origin & fromExample)) {
        // Between data and samples stands a mixture: the first call counts,
        // unless a later one has no draw in it.
        auto [it, isNew] = real.emplace(call.net, call.result);
        if (!isNew && (origins[it->second] & fromDraw) &&
            !(origin & fromDraw)) {
          it->second = call.result;
        }
      }
    }
    for (const auto &[net, score] : real) {
      auto other = fake.find(net);
      if (other != fake.end()) {
        add(e, diagnosis, Probe::Kind::Critic, net,
            {meanOf(e, score), meanOf(e, other->second)});
      }
    }
  }

  /// One number, or a map of them as a critic of patches has it.
  static bool isScore(const Type &type) {
    return type.event.empty() || type.event.front() == 1;
  }

  /// The mean over the event.
  static ValueId meanOf(Elaborator &e, ValueId value) {
    const Type type = e.b.type(value);
    std::vector<int64_t> dims;
    double count = 1;
    for (size_t i = 0; i < type.event.size(); ++i) {
      dims.push_back(static_cast<int64_t>(type.axes.size() + i));
      count *= static_cast<double>(type.event[i]);
    }
    return dims.empty() ? value
                        : e.b.binary(Op::Mul, e.b.reduce(Op::Sum, value, dims),
                                     1 / count);
  }

  /// Returns whether `value` is of each example of the batch; groups of
  /// examples and joined batches are not.
  static bool onlyBatch(const Elaborator &e, ValueId value) {
    return e.b.type(value).axes == e.openAxes;
  }

  /// The node of the example.
  ValueId argumentOf(const Elaborator &e) const {
    ValueId id = 0;
    while (e.b.node(id).op != Op::Argument ||
           e.b.node(id).attrs.index != example) {
      ++id;
    }
    return id;
  }

  static void add(Elaborator &e, Diagnosis &diagnosis, Probe::Kind kind,
                  const std::string &name, const std::vector<ValueId> &values) {
    for (const Probe &probe : diagnosis.probes) {
      if (probe.kind == kind && probe.name == name) {
        return; // one look at each is enough
      }
    }
    diagnosis.probes.push_back({kind, name});
    for (ValueId value : values) {
      e.body.outputs.push_back(
          {fmt::format("probe{}", e.body.outputs.size()), value});
    }
  }

  Module &module;
  std::set<std::string> seen;                ///< steps
  std::map<std::string, TurnArgument> drawn; ///< by the names in `train`
  std::map<std::string, Made> made;          ///< by the names in `train`
  int64_t example = 0; ///< argument of the body: the step's first data
};

} // namespace

void elaborateDiagnoses(Module &module) {
  Diagnoser diagnoser(module);
  for (const Train &train : module.program.trains) {
    diagnoser.walk(train.turns);
  }
}

} // namespace gmc::dsl
