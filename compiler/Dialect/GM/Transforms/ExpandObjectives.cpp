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

using namespace mlir;

namespace gmc::gm {

#define GEN_PASS_DEF_EXPANDOBJECTIVESPASS
#include "compiler/Dialect/GM/Transforms/Passes.h.inc"

namespace {

/// The gradient of one parameter in an entry.
struct Gradient {
  ReadOp parameter;
  Value value;
};

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
  Value outputNorms(Group &group);
  void update(Group &group);
  void update(MinimizeOp minimize, const OptimizerNumbers &numbers,
              StringRef name, Gradient &gradient);
  VariableOp momentVariable(StringRef state, VariableOp parameter,
                            StringRef moment);

  SymbolTable &symbols;
  EntryOp entry;
  OpBuilder builder;
  OpBuilder first; ///< the start of the entry, where variables are read
  llvm::StringMap<ReadOp> reads;
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
    sum.value = sum.value ? a.add(sum.value, value) : value;
  }
}

/// Sends each network's sum of squares out and returns the sum of all, in f64.
Value EntryExpander::outputNorms(Group &group) {
  Arithmetic a{builder, entry.getLoc()};
  llvm::MapVector<StringRef, Value> norms;
  for (auto &[name, gradient] : group.gradients) {
    StringRef network = symbols.lookup<VariableOp>(name).getNetwork();
    Value squares = a.total(a.mul(gradient.value, gradient.value));
    Value &sum = norms[network];
    sum = sum ? a.add(sum, squares) : squares;
  }
  Value total;
  for (auto &[network, norm] : norms) {
    OutputOp::create(builder, entry.getLoc(), OutputKind::norm, network, norm);
    Value wide = a.over(norm, a.number(0));
    total = total ? a.add(total, wide) : wide;
  }
  return total;
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
      outside.getF64FloatAttr(0), outside.getF64FloatAttr(0), ArrayAttr());
  symbols.insert(variable);
  return variable;
}

void EntryExpander::update(MinimizeOp minimize,
                           const OptimizerNumbers &numbers, StringRef name,
                           Gradient &gradient) {
  auto parameter = symbols.lookup<VariableOp>(name);
  StringRef state = minimize.getState();
  auto momentOf = [&](StringRef moment) -> Value {
    VariableOp variable = momentVariable(state, parameter, moment);
    return readOf(variable.getSymName(), variable.getType());
  };
  auto writeMoment = [&](StringRef moment, Value value) {
    VariableOp variable = momentVariable(state, parameter, moment);
    WriteOp::create(builder, minimize.getLoc(), value, variable.getSymName());
  };
  Value next = updateParameter(builder, minimize.getLoc(),
                               minimize.getOptimizer(), minimize.getNesterov(),
                               numbers, gradient.parameter, gradient.value,
                               momentOf, writeMoment);
  WriteOp::create(builder, minimize.getLoc(), next, name);
}

void EntryExpander::update(Group &group) {
  MinimizeOp lead = group.minimizers.front();
  Arithmetic a{builder, lead.getLoc()};
  Value squares = outputNorms(group);
  if (lead.getClip()) {
    // g * min(1, clip / (|g| + 1e-6)), as torch.nn.utils.clip_grad_norm_.
    Value norm = a.add(a.sqrt(squares), a.number(1e-6));
    Value scale = a.min(a.number(1), a.div(lead.getClip(), norm));
    for (auto &[name, gradient] : group.gradients) {
      gradient.value =
          a.mul(gradient.value, a.over(scale, gradient.value));
    }
  }
  OptimizerNumbers numbers;
  numbers.hyper = lead.getHyper();
  numbers.updates = ScalarOp::create(
      builder, lead.getLoc(),
      RankedTensorType::get({}, builder.getF64Type()), lead.getUpdates());
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
    if (group.minimizers.empty()) {
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
