//===- Diagnosis.cpp - what `diagnose collapse` looks at ------------------===//
//
// The body of every step that data go into is walked once more, as a report
// is, and the places where generative models break are made outputs: how much
// each unit of a latent says, which entries of a learned table are chosen, how
// far generated examples are spread, how far a critic tells them from data.
// What a report cannot say of a step (a joined batch) is left out in silence.
//
//===----------------------------------------------------------------------===//
#include "dsl/sema/Passes.h"

#include <algorithm>

namespace gmc::dsl {
namespace {

/// What a node is made of, as bits.
enum Origin : uint8_t {
  fromExample = 1, ///< the first argument of the step
  fromDraw = 2,
  fromParameter = 4,
};

std::vector<uint8_t> originsOf(const Body &body) {
  std::vector<uint8_t> origins(body.nodes.size());
  for (size_t i = 0; i < body.nodes.size(); ++i) {
    const Node &node = body.nodes[i];
    if (node.op == Op::Argument && node.attrs.index == 0) {
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
      walk(turn.body);
      for (size_t i = 0;
           turn.kind == Turn::Kind::Draw && i < turn.results.size(); ++i) {
        drawn[turn.results[i]] = turn.arguments[i];
      }
      if (turn.kind == Turn::Kind::Call && seen.insert(turn.step).second) {
        examine(turn);
      }
    }
  }

private:
  void examine(const Turn &turn) {
    Diagnosis diagnosis;
    for (const TurnArgument &given : turn.arguments) {
      auto known = drawn.find(given.value);
      bool isDrawn =
          given.kind == TurnArgument::Kind::Value && known != drawn.end();
      const TurnArgument &argument = isDrawn ? known->second : given;
      bool isData = argument.kind == TurnArgument::Kind::Next ||
                    argument.kind == TurnArgument::Kind::Same;
      bool isFirst = diagnosis.fields.empty();
      if (!isData || (!isFirst && (argument.dataset != diagnosis.dataset ||
                                   argument.split != diagnosis.split))) {
        return;
      }
      diagnosis.dataset = argument.dataset;
      diagnosis.split = argument.split;
      diagnosis.fields.push_back(argument.field);
    }
    auto it = module.functions.find(module.program.steps[turn.step].name);
    if (diagnosis.fields.empty() || it == module.functions.end() ||
        it->second.kind != FileFunction::Kind::Step) {
      return;
    }
    diagnosis.step = it->first;
    DiagnosticEngine::Trial trial(module.diagnostics);
    Body body;
    body.name = fmt::format("report{}", module.program.reportBodies.size());
    probe(ast::cast<ast::StepDecl>(*it->second.decl), diagnosis, body);
    if (trial.failed() || diagnosis.probes.empty()) {
      return;
    }
    prune(body);
    diagnosis.body = static_cast<uint32_t>(module.program.reportBodies.size());
    module.program.reportBodies.push_back(std::move(body));
    module.program.diagnoses.push_back(std::move(diagnosis));
  }

  void probe(const ast::StepDecl &step, Diagnosis &diagnosis, Body &body) {
    const auto dataset = std::find_if(
        module.program.datasets.begin(), module.program.datasets.end(),
        [&](const Dataset &d) { return d.name == diagnosis.dataset; });
    Elaborator e(module, body, Elaborator::Mode::Report,
                 "diagnosis/" + diagnosis.step);
    Probing probing;
    e.probing = &probing;
    e.openBatch(module.program.batch);
    for (size_t i = 0; i < step.parameters.size(); ++i) {
      const DataField &field = dataset->fields[diagnosis.fields[i]];
      e.stepArguments.insert(step.parameters[i].text);
      addArgument(e, step.parameters[i], {e.openAxes, field.event}, &field);
    }
    const std::vector<int64_t> example = body.arguments[0].type.event;
    e.run(step.body);
    addLatents(e, diagnosis);
    const std::vector<uint8_t> origins = originsOf(body);
    addCodes(e, probing, origins, diagnosis);
    addNets(e, probing, origins, example, diagnosis);
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
      } else if (type.event.empty() && isFake) {
        fake.emplace(call.net, call.result);
      } else if (type.event.empty() && (origin & fromExample)) {
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
        add(e, diagnosis, Probe::Kind::Critic, net, {score, other->second});
      }
    }
  }

  /// Returns whether `value` is of each example of the batch; groups of
  /// examples and joined batches are not.
  static bool onlyBatch(const Elaborator &e, ValueId value) {
    return e.b.type(value).axes == e.openAxes;
  }

  /// The node of the first argument.
  static ValueId argumentOf(const Elaborator &e) {
    ValueId id = 0;
    while (e.b.node(id).op != Op::Argument || e.b.node(id).attrs.index != 0) {
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
  std::set<uint32_t> seen;
  std::map<std::string, TurnArgument> drawn; ///< by the names in `train`
};

} // namespace

void elaborateDiagnoses(Module &module) {
  Diagnoser diagnoser(module);
  for (const Train &train : module.program.trains) {
    diagnoser.walk(train.turns);
  }
}

} // namespace gmc::dsl
