//===- State.cpp - what is kept between steps -----------------------------===//
//
// `state` and `<-`, averages of weights, the vectors that spectral_norm keeps.
// All of them are read as they were at the start of a body and land at its end.
//
//===----------------------------------------------------------------------===//
#include "dsl/sema/Limits.h"

#include <algorithm>

namespace gmc::dsl {

//===----------------------------------------------------------------------===//
// Updates
//===----------------------------------------------------------------------===//

namespace {

/// Returns the state that `name` is, or the param where these move as well;
/// reports otherwise.
const FileValue *findState(Module &module, const ast::Name &name,
                           bool orParam) {
  auto it = module.values.find(name.text);
  bool isParam =
      it != module.values.end() && it->second.kind == FileValue::Kind::Param;
  if (it != module.values.end() &&
      (it->second.kind == FileValue::Kind::State || (orParam && isParam))) {
    module.use(it->second.range);
    return &it->second;
  }
  std::vector<std::string> states;
  for (const auto &[other, value] : module.values) {
    if (value.kind == FileValue::Kind::State) {
      states.push_back(other);
    }
  }
  auto builder = module.report(Diag::UpdateTarget, name.range, name.text);
  if (isParam) {
    builder.label(it->second.range, "a `param` is moved by `minimize`");
  } else if (auto help = module.nearest(name.text, states)) {
    builder.help(*help);
  } else {
    builder.help(fmt::format("`<-` moves what the file declares: `state {} : "
                             "f32 = 0`",
                             name.text));
  }
  return nullptr;
}

} // namespace

/// Returns what `state` becomes, of its type; reports what has another.
std::optional<ValueId> Elaborator::nextOfState(const ast::Name &name,
                                               uint32_t state,
                                               const Value &value,
                                               SourceRange range) {
  auto next = toTensor(value, range);
  if (!next) {
    return std::nullopt;
  }
  const Parameter &tensor = module.program.parameters[state];
  Type type{{}, tensor.shape};
  const Type &given = b.type(*next);
  if (!given.axes.empty()) {
    module.report(Diag::UpdateAxes, range, name.text, given.axes.front().name)
        .label("is " + dsl::typeText(given) + ", one of each " +
               (given.axes.front().name == "batch" ? "example" : "turn"))
        .help(fmt::format("one for all is `mean(.., over: {0})` or "
                          "`sum(.., over: {0})`",
                          given.axes.front().name));
    return std::nullopt;
  }
  if (given.event != type.event && !given.event.empty()) {
    module
        .report(Diag::UpdateShape, range, name.text, dsl::typeText(type),
                dsl::typeText(given))
        .label(tensor.where, "declared here");
    return std::nullopt;
  }
  b.setRange(range);
  return b.broadcast(*next, type);
}

void Elaborator::updateFileState(const ast::Name &name, const Value &value,
                                 SourceRange range) {
  const FileValue *state = findState(module, name, atStart);
  if (!state || !state->index) {
    return;
  }
  for (const Update &other : body.updates) {
    if (other.parameter == *state->index) {
      module.report(Diag::UpdateTwice, name.range, name.text)
          .label(other.where, "first here")
          .help("both would land at the step's end; write one, or two steps");
      return;
    }
  }
  if (auto next = nextOfState(name, *state->index, value, range)) {
    body.updates.push_back({*state->index, *next, name.range});
  }
}

/// A state of the net moves as what layers keep: where the net is trained, once
/// a call, from where the call before left it.
void Elaborator::updateOne(const ast::Name &name, const Value &value,
                           SourceRange range) {
  auto own = frame->states.find(name.text);
  if (own == frame->states.end()) {
    updateFileState(name, value, range);
    return;
  }
  OwnState &state = own->second;
  if (state.moved) {
    module.report(Diag::UpdateTwice, name.range, name.text)
        .label(*state.moved, "first here")
        .help("a call moves it once");
    return;
  }
  state.moved = name.range;
  auto next = nextOfState(name, state.parameter, value, range);
  if (next && advancesStates()) {
    advanced[state.parameter] = b.unary(Op::Stop, *next);
  }
}

void Elaborator::update(const std::vector<ast::Name> &names,
                        const ast::Expr &expr) {
  Value value = evaluate(expr);
  if (names.size() == 1) {
    updateOne(names[0], value, expr.range);
    return;
  }
  if (value.isError()) {
    return;
  }
  if (value.elements.size() != names.size()) {
    module
        .report(Diag::CountMismatch, expr.range, names.size(),
                value.elements.empty() ? 1 : value.elements.size())
        .label(typeText(value));
    return;
  }
  for (size_t i = 0; i < names.size(); ++i) {
    updateOne(names[i], value.elements[i], expr.range);
  }
}

//===----------------------------------------------------------------------===//
// Averages
//===----------------------------------------------------------------------===//

namespace {

/// Returns the decay as a node: 0, a plain copy, before `from`.
std::optional<ValueId> decayOf(Elaborator &e, const ast::EmaDecl &ema) {
  auto decay = e.scalarNode(*ema.decay, "a decay");
  if (!decay) {
    return std::nullopt;
  }
  const SourceRange range = ema.decay->range;
  std::string what = fmt::format("the decay of `{}`", ema.name.text);
  if (!isWithin(e, {inLine(e.module, what, range), {0, 1}, false, true}, *decay,
                range, [&](double number) {
                  e.module.report(Diag::EmaDecay, range, number)
                      .help("it must be at least 0 and less than 1");
                })) {
    return std::nullopt;
  }
  if (!ema.from) {
    return decay;
  }
  auto clock = e.clockOf(*ema.from);
  auto start = e.scalarNode(*ema.from->count, "a duration");
  if (!clock || !start) {
    return std::nullopt;
  }
  ValueId early = e.b.binary(Op::Less, *clock, *start);
  return e.b.select(early, e.b.constant(0), *decay);
}

} // namespace

void Elaborator::moveAverages() {
  for (Instance &average : module.instances) {
    const Instance *net = average.averageOf;
    if (!net || !trainedHere.count(net->name) ||
        !module.ensureChecked(average, average.where)) {
      continue;
    }
    auto decay = decayOf(*this, *average.ema);
    if (!decay) {
      continue;
    }
    AverageMove move;
    move.name = average.name;
    move.decay = *decay;
    move.to = module.parametersOf(average.name);
    for (uint32_t to : move.to) {
      const std::string &name = module.program.parameters[to].initial.drawnAs;
      move.from.push_back(*module.findParameter(name));
    }
    body.averages.push_back(std::move(move));
  }
}

void Elaborator::finishStates() {
  for (const auto &[parameter, value] : advanced) {
    body.updates.push_back(
        {parameter, value, module.program.parameters[parameter].where});
  }
  moveAverages();
}

//===----------------------------------------------------------------------===//
// Parameters of nets
//===----------------------------------------------------------------------===//

uint32_t Elaborator::netParameter(const std::string &name,
                                  std::vector<int64_t> shape, Initial initial,
                                  SourceRange range, Parameter::Role role) {
  const Instance &instance = *frame->instance;
  if (frame->inScan) {
    module.report(Diag::ScanLayer, range)
        .label("would have weights of its own for every turn")
        .help("name it before the scan, `use f : linear(8)`, and call `f(x)` "
              "in it");
  }
  Parameter parameter;
  parameter.role = role;
  parameter.name = name;
  parameter.network = instance.name;
  parameter.shape = std::move(shape);
  parameter.initial = initial;
  parameter.where = range;
  if (instance.averageOf) {
    parameter.initial.drawnAs =
        instance.averageOf->name + name.substr(instance.name.size());
    if (role == Parameter::Role::Parameter) {
      parameter.role = Parameter::Role::Average;
    }
  }
  const std::vector<int64_t> wanted = parameter.shape;
  uint32_t index = module.parameter(parameter);
  const std::vector<int64_t> &first = module.program.parameters[index].shape;
  if (first != wanted) {
    module
        .report(Diag::PartShape, range, name, dsl::typeText({{}, first}),
                dsl::typeText({{}, wanted}))
        .help("a layer that `use` names has one size: a second `use` makes "
              "another layer");
    // The walk goes on with one of this size, be it the third or a later one.
    do {
      parameter.name += "?";
      index = module.parameter(parameter);
    } while (module.program.parameters[index].shape != wanted);
  }
  return index;
}

ValueId Elaborator::parameterLeaf(uint32_t index) {
  ValueId leaf = b.leaf(Op::Parameter, index,
                        {{}, module.program.parameters[index].shape});
  return frozen ? b.unary(Op::Stop, leaf) : leaf;
}

ValueId Elaborator::stateLeaf(uint32_t index) {
  auto known = advanced.find(index);
  return known == advanced.end()
             ? b.leaf(Op::Parameter, index,
                      {{}, module.program.parameters[index].shape})
             : known->second;
}

bool Elaborator::inTraining() const {
  bool inStep = mode == Mode::Step || mode == Mode::Network;
  return callMode == CallMode::OfPlace ? inStep && !frozen
                                       : callMode == CallMode::Training;
}

bool Elaborator::advancesStates() const {
  return mode == Mode::Step && !frozen && inTraining() &&
         trainedHere.count(frame->instance->name);
}

//===----------------------------------------------------------------------===//
// Spectral norm
//===----------------------------------------------------------------------===//

namespace {

/// x / max(|x|, 1e-12), as torch.nn.functional.normalize.
ValueId normalized(BodyBuilder &b, ValueId x) {
  ValueId squares = b.reduceEvent(Op::Sum, b.binary(Op::Mul, x, x));
  ValueId length = b.binary(Op::Max, b.unary(Op::Sqrt, squares), 1e-12);
  return b.binary(Op::Div, x, b.broadcast(length, b.type(x)));
}

} // namespace

/// Miyato et al. 2018: W / s with s = u' W v, u and v near the first singular
/// vectors. Where the net is trained, one turn of the power iteration moves u:
/// v = W' u / |W' u|, u = W v / |W v|; elsewhere u stays. u and v are constants
/// to derivatives. A weight of more axes is read as [out, rest], out being the
/// extent of its axis `axis`.
ValueId Elaborator::spectralNormalized(ValueId weight,
                                       const std::string &prefix, int64_t axis,
                                       SourceRange range) {
  Type type = b.type(weight);
  int64_t rows = type.event[axis];
  b.setRange(range);
  ValueId matrix = weight;
  if (axis > 0) {
    std::vector<int64_t> order{axis};
    for (int64_t i = 0; i < static_cast<int64_t>(type.event.size()); ++i) {
      if (i != axis) {
        order.push_back(i);
      }
    }
    matrix = b.transposeEvent(matrix, order);
  }
  matrix = b.reshapeEvent(matrix, {rows, type.elements() / rows});
  uint32_t index =
      netParameter(prefix + "weight_u", {rows}, {Initial::Kind::Normal, 0, 1},
                   range, Parameter::Role::State);
  ValueId u = normalized(b, stateLeaf(index));
  ValueId fixed = b.unary(Op::Stop, matrix);
  ValueId v = b.unary(Op::Stop, normalized(b, b.matmul(u, fixed, false)));
  if (advancesStates()) {
    u = normalized(b, b.matmul(v, fixed, true));
    advanced[index] = u;
  }
  ValueId product = b.matmul(v, matrix, true);
  ValueId sigma =
      b.reduceEvent(Op::Sum, b.binary(Op::Mul, b.unary(Op::Stop, u), product));
  return b.binary(Op::Div, weight, b.broadcast(sigma, type));
}

} // namespace gmc::dsl
