//===- ExpandObjectives.cpp - gradients, norms, clipping, updates ---------===//
//
// From gm.minimize to nn ops: what a training step does beyond its forward
// pass. `nn.gradient` stays; --autodiff-differentiate writes it out.
//
//===----------------------------------------------------------------------===//
#include "compiler/Dialect/GM/Transforms/Arithmetic.h"
#include "compiler/Dialect/GM/Transforms/Optimizers.h"
#include "compiler/Dialect/GM/Transforms/Passes.h"

#include "llvm/ADT/MapVector.h"

#include <limits>

using namespace mlir;

namespace gmc::gm {

#define GEN_PASS_DEF_EXPANDOBJECTIVESPASS
#include "compiler/Dialect/GM/Transforms/Passes.h.inc"

namespace {

/// The gradient of one parameter in an entry.
struct Gradient {
  ReadOp parameter;
  Value value;
  SmallVector<MinimizeOp, 1> minimizers; ///< that it is of
};

/// What squares of gradients add up to. Squares of large numbers overflow, so
/// each sum is taken twice, once of numbers that are scaled by 2^-k; whatever
/// the type holds has then a norm: |g| = 2^k sqrt(sum of (2^-k g)^2).
struct Squares {
  Value plain, scaled; ///< single numbers of one type
};

/// k of Squares: 2^k is so large that the square of the largest number times
/// 2^-k is far from overflow, and small enough that nothing which matters
/// beside a number whose square overflows is lost.
double scaleOf(Type element) { return element.isF64() ? 0x1p-600 : 0x1p-80; }

/// The minimisers of an entry that share one optimiser state.
struct Group {
  SmallVector<MinimizeOp> minimizers;
  llvm::MapVector<StringRef, Gradient> gradients; ///< by parameter
};

class EntryExpander {
public:
  EntryExpander(EntryOp entry, SymbolTable &symbols)
      : symbols(symbols), entry(entry),
        builder(OpBuilder::atBlockEnd(&entry.getBody().front())),
        first(OpBuilder::atBlockBegin(&entry.getBody().front())) {}

  void run();

private:
  ReadOp readOf(StringRef variable, Type type);
  void mergeReads();
  void collectGradients(MinimizeOp minimize, Group &group);
  Squares squaresOf(Value gradient);
  void add(Squares &sum, const Squares &more);
  Value normOf(const Squares &squares, double scale);
  Value outputNorms(Group &group);
  void update(Group &group);
  void update(MinimizeOp minimize, const OptimizerNumbers &numbers,
              StringRef name, Gradient &gradient);
  VariableOp momentVariable(StringRef state, VariableOp parameter,
                            StringRef moment);
  Value countUpdates(MinimizeOp minimize);
  void write(Location loc, Value value, StringRef variable, Value when);
  void move(AverageOp average);

  SymbolTable &symbols;
  EntryOp entry;
  OpBuilder builder;
  OpBuilder first; ///< the start of the entry, where variables are read
  llvm::StringMap<ReadOp> reads;
  llvm::StringMap<Value> conditions; ///< `when` of what trains a parameter
};

/// A gradient is taken with respect to a value, so each variable is read once.
void EntryExpander::mergeReads() {
  for (ReadOp read :
       llvm::make_early_inc_range(entry.getBody().front().getOps<ReadOp>())) {
    auto [it, isNew] = reads.try_emplace(read.getVariable(), read);
    if (!isNew) {
      read.getResult().replaceAllUsesWith(it->second.getResult());
      read.erase();
    }
  }
}

ReadOp EntryExpander::readOf(StringRef variable, Type type) {
  ReadOp &read = reads[variable];
  if (!read) {
    read = ReadOp::create(first, entry.getLoc(), type, variable);
  }
  return read;
}

void EntryExpander::collectGradients(MinimizeOp minimize, Group &group) {
  Location loc = minimize.getLoc();
  Arithmetic a{builder, loc};
  SmallVector<Value> variables;
  for (auto name : minimize.getOver().getAsRange<FlatSymbolRefAttr>()) {
    auto variable = symbols.lookup<VariableOp>(name.getValue());
    variables.push_back(readOf(name.getValue(), variable.getType()));
  }
  Value objective = minimize.getObjective();
  if (minimize.getMaximize()) {
    objective = nn::NegOp::create(builder, loc, objective.getType(), objective);
  }
  auto gradient = nn::GradientOp::create(builder, loc, TypeRange(variables),
                                         objective, variables);
  for (auto [variable, value] :
       llvm::zip_equal(variables, gradient.getGradients())) {
    auto read = variable.getDefiningOp<ReadOp>();
    Gradient &sum = group.gradients[read.getVariable()];
    sum.parameter = read;
    sum.minimizers.push_back(minimize);
    sum.value = sum.value ? a.add(sum.value, value) : value;
  }
}

Squares EntryExpander::squaresOf(Value gradient) {
  Arithmetic a{builder, entry.getLoc()};
  double scale = scaleOf(getElementTypeOrSelf(gradient.getType()));
  Value small = a.mul(gradient, a.over(a.number(scale), gradient));
  return {a.total(a.mul(gradient, gradient)), a.total(a.mul(small, small))};
}

/// Adds `more` to `sum`, which may be empty.
void EntryExpander::add(Squares &sum, const Squares &more) {
  Arithmetic a{builder, entry.getLoc()};
  sum.plain = sum.plain ? a.add(sum.plain, more.plain) : more.plain;
  sum.scaled = sum.scaled ? a.add(sum.scaled, more.scaled) : more.scaled;
}

/// Returns the norm that wide `squares` of scaleOf() `scale` stand for.
Value EntryExpander::normOf(const Squares &squares, double scale) {
  Arithmetic a{builder, entry.getLoc()};
  Value infinity = a.number(std::numeric_limits<double>::infinity());
  Value large = a.mul(a.sqrt(squares.scaled), a.number(1 / scale));
  return a.choose(a.less(squares.plain, infinity), a.sqrt(squares.plain),
                  large);
}

/// Sends each network's norm out and returns that of all, in f64.
Value EntryExpander::outputNorms(Group &group) {
  Arithmetic a{builder, entry.getLoc()};
  llvm::MapVector<StringRef, Squares> networks;
  double scale = 0;
  for (auto &[name, gradient] : group.gradients) {
    scale = scaleOf(getElementTypeOrSelf(gradient.value.getType()));
    add(networks[symbols.lookup<VariableOp>(name).getNetwork()],
        squaresOf(gradient.value));
  }
  Squares total;
  for (auto &[network, squares] : networks) {
    Squares wide{a.over(squares.plain, a.number(0)),
                 a.over(squares.scaled, a.number(0))};
    OutputOp::create(builder, entry.getLoc(), OutputKind::norm, network,
                     normOf(wide, scale));
    add(total, wide);
  }
  return normOf(total, scale);
}

/// Writes `value` to `variable`, or its old value where `when` is 0.
void EntryExpander::write(Location loc, Value value, StringRef variable,
                          Value when) {
  if (when) {
    Arithmetic a{builder, loc};
    value = a.choose(when, value, readOf(variable, value.getType()));
  }
  WriteOp::create(builder, loc, value, variable);
}

/// Returns the number of the update that is made here, in f64: the runtime
/// counts them, or, where a condition decides, the variable `STATE.t`.
Value EntryExpander::countUpdates(MinimizeOp minimize) {
  Location loc = minimize.getLoc();
  auto wide = RankedTensorType::get({}, builder.getF64Type());
  if (minimize.getUpdatesAttr().getInt() >= 0) {
    return ScalarOp::create(builder, loc, wide, minimize.getUpdates());
  }
  Arithmetic a{builder, loc};
  std::string name = (minimize.getState() + ".t").str();
  auto type = RankedTensorType::get(
      {}, cast<RankedTensorType>(minimize.getObjective().getType())
              .getElementType());
  if (!symbols.lookup<VariableOp>(name)) {
    OpBuilder outside(entry);
    symbols.insert(VariableOp::create(
        outside, loc, outside.getStringAttr(name), TypeAttr::get(type),
        outside.getStringAttr("optimizer"), outside.getStringAttr(""),
        outside.getStringAttr("constant"), outside.getF64FloatAttr(0),
        outside.getF64FloatAttr(0), StringAttr(), ArrayAttr()));
  }
  Value old = readOf(name, type);
  Value count = a.add(old, a.over(a.number(1), old));
  write(loc, count, name, minimize.getWhen());
  return a.over(count, a.number(0));
}

VariableOp EntryExpander::momentVariable(StringRef state, VariableOp parameter,
                                         StringRef moment) {
  std::string name =
      (state + "." + parameter.getSymName() + "." + moment).str();
  if (auto known = symbols.lookup<VariableOp>(name)) {
    return known;
  }
  OpBuilder outside(entry);
  auto variable = VariableOp::create(
      outside, parameter.getLoc(), outside.getStringAttr(name),
      parameter.getTypeAttr(), outside.getStringAttr("optimizer"),
      parameter.getNetworkAttr(), outside.getStringAttr("constant"),
      outside.getF64FloatAttr(0), outside.getF64FloatAttr(0), StringAttr(),
      ArrayAttr());
  symbols.insert(variable);
  return variable;
}

void EntryExpander::update(MinimizeOp minimize, const OptimizerNumbers &numbers,
                           StringRef name, Gradient &gradient) {
  auto parameter = symbols.lookup<VariableOp>(name);
  StringRef state = minimize.getState();
  auto momentOf = [&](StringRef moment) -> Value {
    VariableOp variable = momentVariable(state, parameter, moment);
    return readOf(variable.getSymName(), variable.getType());
  };
  auto writeMoment = [&](StringRef moment, Value value) {
    VariableOp variable = momentVariable(state, parameter, moment);
    write(minimize.getLoc(), value, variable.getSymName(), minimize.getWhen());
  };
  Value next =
      updateParameter(builder, minimize.getLoc(), minimize.getOptimizer(),
                      minimize.getNesterov(), numbers, gradient.parameter,
                      gradient.value, momentOf, writeMoment);
  Arithmetic a{builder, minimize.getLoc()};
  for (MinimizeOp maker : gradient.minimizers) {
    if (maker.getLow()) {
      next = a.min(a.max(next, a.over(maker.getLow(), next)),
                   a.over(maker.getHigh(), next));
    }
  }
  conditions[name] = minimize.getWhen();
  write(minimize.getLoc(), next, name, minimize.getWhen());
}

void EntryExpander::move(AverageOp average) {
  Arithmetic a{builder, average.getLoc()};
  Value decay = average.getDecay(), rest = a.sub(a.number(1), decay);
  llvm::StringMap<Value> written;
  for (auto write : entry.getBody().front().getOps<WriteOp>()) {
    written[write.getVariable()] = write.getValue();
  }
  for (auto [source, target] :
       llvm::zip_equal(average.getFrom().getAsRange<FlatSymbolRefAttr>(),
                       average.getTo().getAsRange<FlatSymbolRefAttr>())) {
    auto variable = symbols.lookup<VariableOp>(source.getValue());
    Value value = written.lookup(source.getValue());
    if (!value) {
      value = readOf(source.getValue(), variable.getType());
    }
    if (variable.getRole() != "state") {
      Value old = readOf(target.getValue(), variable.getType());
      Value stays = a.mul(a.over(decay, old), old);
      value = a.add(stays, a.mul(a.over(rest, value), value));
    }
    write(average.getLoc(), value, target.getValue(),
          conditions.lookup(source.getValue()));
  }
}

void EntryExpander::update(Group &group) {
  MinimizeOp lead = group.minimizers.front();
  Arithmetic a{builder, lead.getLoc()};
  Value norm = outputNorms(group);
  if (lead.getClip()) {
    // g * min(1, clip / (|g| + 1e-6)), as torch.nn.utils.clip_grad_norm_. A
    // factor that the type may not hold is applied in two halves.
    Value clip = lead.getClip();
    Value most = a.add(norm, a.number(1e-6));
    Value scale = a.min(a.number(1), a.div(clip, most));
    Value isSmall = a.less(scale, a.number(0x1p-60));
    Value root = a.div(a.sqrt(clip), a.sqrt(most));
    Value half = a.choose(isSmall, root, a.number(1));
    Value rest = a.choose(isSmall, root, scale);
    for (auto &[name, gradient] : group.gradients) {
      Value shrunk = a.mul(gradient.value, a.over(half, gradient.value));
      gradient.value = a.mul(shrunk, a.over(rest, gradient.value));
    }
  }
  OptimizerNumbers numbers;
  numbers.hyper = lead.getHyper();
  numbers.updates = countUpdates(lead);
  for (auto &[name, gradient] : group.gradients) {
    update(lead, numbers, name, gradient);
  }
}

void EntryExpander::run() {
  mergeReads();
  llvm::MapVector<StringRef, Group> groups;
  SmallVector<int64_t> counters;
  for (auto minimize : entry.getBody().front().getOps<MinimizeOp>()) {
    Group &group = groups[minimize.getState()];
    if (group.minimizers.empty() && minimize.getUpdatesAttr().getInt() >= 0) {
      counters.push_back(minimize.getUpdates());
    }
    group.minimizers.push_back(minimize);
  }
  // All gradients before the first update: what follows an update could no
  // longer read the old weights in place.
  for (auto &[state, group] : groups) {
    for (MinimizeOp minimize : group.minimizers) {
      collectGradients(minimize, group);
    }
  }
  for (auto &[state, group] : groups) {
    update(group);
  }
  SmallVector<AverageOp> averages(entry.getBody().front().getOps<AverageOp>());
  for (AverageOp average : averages) {
    move(average);
    average.erase();
  }
  for (auto &[state, group] : groups) {
    for (MinimizeOp minimize : group.minimizers) {
      minimize.erase();
    }
  }
  entry->setAttr("updates", builder.getI64ArrayAttr(counters));
}

struct ExpandObjectivesPass
    : impl::ExpandObjectivesPassBase<ExpandObjectivesPass> {
  using Base::Base;
  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    SmallVector<EntryOp> entries(getOperation().getOps<EntryOp>());
    for (EntryOp entry : entries) {
      EntryExpander(entry, symbols).run();
    }
  }
};

} // namespace

} // namespace gmc::gm
