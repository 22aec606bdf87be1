//===- EmitEntry.cpp - places for values, launches on them ----------------===//
//
// A value's place, in this order of choice: an input's in the arena; a read
// variable's in the state; a written variable's, where nobody reads the old
// value later; an output's in the arena, its own to the end; else a shared
// stretch of the arena (ArenaPlan). What is left over is copied at the end; old
// values that leave or move are saved before the first launch.
//
//===----------------------------------------------------------------------===//
#include "compiler/Conversion/GMToRT/ArenaPlan.h"
#include "compiler/Conversion/GMToRT/EntryPlan.h"

#include "llvm/ADT/StringMap.h"

using namespace mlir;

namespace gmc::conversion {

namespace {

struct Place {
  rt::Space space = rt::Space::arena;
  int64_t offset = 0;
  Layout layout;
};

/// A copy before or after the launches.
struct Copy {
  Value from;
  Place to;
  std::optional<Place> source; ///< where `from` was saved, if it was
};

class EntryEmitter {
public:
  EntryEmitter(OpBuilder &builder, EntryPlan &plan,
               const VariablePlans &variables)
      : builder(builder), plan(plan), variables(variables),
        end(plan.launches.size()) {}

  int64_t run();

private:
  void placeInputs();
  void placeReads();
  void placeWrites();
  std::optional<Place> savedOld(Value written);
  void placeOutputs();
  void placeTemporaries();
  bool mayReplace(Value written, StringRef variable) const;
  Layout layoutOf(Value root) const { return plan.layouts.lookup(root); }
  int64_t takePinned(Value value);

  void emitLaunch(Kernel &kernel, ArrayRef<Place> outputs,
                  const std::optional<Place> &source = std::nullopt);
  void emitCopies(ArrayRef<Copy> these, StringRef when);
  void emitProducts();
  Value bufferAt(const Place &place, RankedTensorType type);
  Value keyWord(int64_t i);
  Place placeOf(Value value, Kernel &kernel) const;
  SmallVector<Place> placesOf(const Kernel &kernel) const;
  void setAttributes(rt::EntryOp target);

  OpBuilder &builder;
  EntryPlan &plan;
  const VariablePlans &variables;
  const int64_t end;
  llvm::DenseMap<Value, Place> places; ///< by root
  llvm::DenseMap<Value, int64_t> firstUse, lastUse;
  SmallVector<Copy> early; ///< of what the launches may write over
  SmallVector<Copy> copies;
  SmallVector<Attribute> inputs, outputs;
  int64_t pinned = 0; ///< bytes of the arena that are never shared
  int64_t arenaBytes = 0;
  int64_t flops = 0;
};

int64_t EntryEmitter::takePinned(Value value) {
  int64_t offset = pinned;
  pinned += alignUp(bytesOf(cast<RankedTensorType>(value.getType()), Layout()));
  return offset;
}

Attribute shapeAttribute(OpBuilder &builder, Value value) {
  return builder.getDenseI64ArrayAttr(
      cast<RankedTensorType>(value.getType()).getShape());
}

void EntryEmitter::placeInputs() {
  Block &block = plan.entry.getBody().front();
  for (auto [argument, name] :
       llvm::zip(block.getArguments(), plan.entry.getInputs())) {
    Place place{rt::Space::arena, takePinned(argument), Layout()};
    places[argument] = place;
    inputs.push_back(builder.getDictionaryAttr(
        {builder.getNamedAttr("name", name),
         builder.getNamedAttr("offset",
                              builder.getI64IntegerAttr(place.offset)),
         builder.getNamedAttr("shape", shapeAttribute(builder, argument))}));
  }
}

void EntryEmitter::placeReads() {
  for (Operation &op : plan.entry.getBody().front()) {
    if (auto read = dyn_cast<gm::ReadOp>(op)) {
      const VariablePlan &variable = variables.find(read.getVariable())->second;
      places[read.getResult()] = {rt::Space::state, variable.offsets[0],
                                  variable.layouts[0]};
    } else if (auto scalar = dyn_cast<gm::ScalarOp>(op)) {
      places[scalar.getResult()] = {rt::Space::scalars,
                                    static_cast<int64_t>(scalar.getIndex()) * 8,
                                    Layout()};
    }
  }
}

/// Returns whether `written` can be computed into the place of `variable`:
/// no launch after the one that computes it, and nothing in that one but the
/// very element, reads the old value.
bool EntryEmitter::mayReplace(Value written, StringRef variable) const {
  auto first = firstUse.find(written);
  if (first == firstUse.end() || places.contains(written)) {
    return false;
  }
  const Kernel &maker = plan.launches[first->second];
  for (auto read : plan.entry.getBody().front().getOps<gm::ReadOp>()) {
    if (read.getVariable() != variable) {
      continue;
    }
    Value old = read.getResult();
    auto last = lastUse.find(old);
    if (last == lastUse.end()) {
      continue;
    }
    bool inside =
        llvm::any_of(maker.inputs, [&](Value v) { return rootOf(v) == old; });
    if (last->second > first->second ||
        (inside && !maker.inPlace.contains(old))) {
      return false;
    }
  }
  return true;
}

/// Returns where the old value of a variable that this entry writes is saved
/// before the launches, when `written` is one: after them it may be gone.
std::optional<Place> EntryEmitter::savedOld(Value written) {
  auto read = rootOf(written).getDefiningOp<gm::ReadOp>();
  bool changes =
      read && llvm::any_of(plan.entry.getBody().front().getOps<gm::WriteOp>(),
                           [&](gm::WriteOp write) {
                             return write.getVariable() == read.getVariable();
                           });
  if (!changes) {
    return std::nullopt;
  }
  Place place{rt::Space::arena, takePinned(written), Layout()};
  early.push_back({written, place, std::nullopt});
  return place;
}

void EntryEmitter::placeWrites() {
  for (auto write : plan.entry.getBody().front().getOps<gm::WriteOp>()) {
    const VariablePlan &variable = variables.find(write.getVariable())->second;
    Value root = rootOf(write.getValue());
    Place first{rt::Space::state, variable.offsets[0], variable.layouts[0]};
    bool direct = root == write.getValue() && layoutOf(root) == first.layout &&
                  mayReplace(root, write.getVariable());
    std::optional<Place> source;
    if (direct) {
      places[root] = first;
    } else {
      source = savedOld(write.getValue());
      copies.push_back({write.getValue(), first, source});
    }
    for (size_t i = 1; i < variable.offsets.size(); ++i) {
      copies.push_back(
          {write.getValue(),
           {rt::Space::state, variable.offsets[i], variable.layouts[i]},
           source});
    }
  }
}

void EntryEmitter::placeOutputs() {
  for (auto output : plan.entry.getBody().front().getOps<gm::OutputOp>()) {
    Value value = output.getValue(), root = rootOf(value);
    int64_t offset;
    auto known = places.find(root);
    bool shared = known != places.end() &&
                  known->second.space == rt::Space::arena &&
                  !isa<BlockArgument>(root);
    if (shared) {
      offset = known->second.offset;
    } else {
      offset = takePinned(value);
      Place place{rt::Space::arena, offset, Layout()};
      if (known == places.end() && firstUse.contains(root)) {
        places[root] = place;
      } else {
        bool old = isa<BlockArgument>(root) || root.getDefiningOp<gm::ReadOp>();
        (old ? early : copies).push_back({value, place, std::nullopt});
      }
    }
    outputs.push_back(builder.getDictionaryAttr(
        {builder.getNamedAttr("kind", builder.getStringAttr(stringifyOutputKind(
                                          output.getKind()))),
         builder.getNamedAttr("name", output.getNameAttr()),
         builder.getNamedAttr("offset", builder.getI64IntegerAttr(offset)),
         builder.getNamedAttr("shape", shapeAttribute(builder, value))}));
  }
}

void EntryEmitter::placeTemporaries() {
  std::vector<Lifetime> lifetimes;
  SmallVector<Value> roots;
  for (auto [index, kernel] : llvm::enumerate(plan.launches)) {
    for (Value root : kernel.outputs) {
      if (places.contains(root)) {
        continue;
      }
      auto type = cast<RankedTensorType>(root.getType());
      auto last = lastUse.find(root);
      lifetimes.push_back(
          {bytesOf(type, layoutOf(root)), static_cast<int64_t>(index),
           last == lastUse.end() ? static_cast<int64_t>(index) : last->second});
      roots.push_back(root);
    }
  }
  ArenaPlan arena = planArena(lifetimes);
  for (auto [root, offset] : llvm::zip(roots, arena.offsets)) {
    places[root] = {rt::Space::arena, pinned + offset, layoutOf(root)};
  }
  arenaBytes = pinned + arena.bytes;
}

Value EntryEmitter::bufferAt(const Place &place, RankedTensorType type) {
  auto memref = MemRefType::get(type.getShape(), type.getElementType());
  DenseI64ArrayAttr panels;
  if (place.layout.width != 0) {
    panels =
        builder.getDenseI64ArrayAttr({place.layout.axis, place.layout.width});
  }
  return rt::BufferOp::create(builder, plan.entry.getLoc(), memref, place.space,
                              place.offset, panels);
}

Value EntryEmitter::keyWord(int64_t i) {
  return rt::BufferOp::create(builder, plan.entry.getLoc(),
                              MemRefType::get({}, builder.getI32Type()),
                              rt::Space::key, 4 * i, DenseI64ArrayAttr());
}

/// Returns the place from which `kernel` reads `value`: a product takes the
/// copy of a variable whose lanes run along the product's columns.
Place EntryEmitter::placeOf(Value value, Kernel &kernel) const {
  Place place = places.lookup(rootOf(value));
  auto read = value.getDefiningOp<gm::ReadOp>();
  if (!read || kernel.product.empty()) {
    return place;
  }
  const VariablePlan &variable = variables.find(read.getVariable())->second;
  auto shape = cast<RankedTensorType>(value.getType()).getShape();
  for (auto [layout, offset] : llvm::zip(variable.layouts, variable.offsets)) {
    if (layout.width != 0 && kernel.columnAxis == layout.axis &&
        shape.size() == 2) {
      place = {rt::Space::state, offset, layout};
    }
  }
  return place;
}

/// Returns the places of what `kernel` computes.
SmallVector<Place> EntryEmitter::placesOf(const Kernel &kernel) const {
  SmallVector<Place> result;
  for (Value output : kernel.outputs) {
    result.push_back(places.lookup(output));
  }
  return result;
}

/// Emits the launch of `kernel`; `source`, if given, is the place of its only
/// input.
void EntryEmitter::emitLaunch(Kernel &kernel, ArrayRef<Place> outputPlaces,
                              const std::optional<Place> &source) {
  SmallVector<Value> buffers;
  auto add = [&](const Place &place, Value value) {
    if (place.layout.width != 0) {
      kernel.function.setArgAttr(buffers.size(), rt::panelsAttr,
                                 builder.getDenseI64ArrayAttr(
                                     {place.layout.axis, place.layout.width}));
    }
    buffers.push_back(bufferAt(place, cast<RankedTensorType>(value.getType())));
  };
  for (Value input : kernel.inputs) {
    add(source ? *source : placeOf(input, kernel), input);
  }
  for (int64_t i = 0; kernel.draws && i < 4; ++i) {
    buffers.push_back(keyWord(i));
  }
  for (auto [place, output] : llvm::zip(outputPlaces, kernel.outputs)) {
    add(place, output);
  }
  rt::LaunchOp::create(builder, kernel.function.getLoc(),
                       kernel.function.getSymName(), buffers);
}

void EntryEmitter::emitCopies(ArrayRef<Copy> these, StringRef when) {
  for (auto [i, copy] : llvm::enumerate(these)) {
    std::string name =
        (plan.entry.getSymName() + "." + when + "." + llvm::Twine(i)).str();
    OpBuilder outside(plan.entry);
    Kernel kernel = buildCopyKernel(outside, copy.from, name);
    emitLaunch(kernel, {copy.to}, copy.source);
  }
}

void EntryEmitter::setAttributes(rt::EntryOp target) {
  target->setAttr(
      "kind", builder.getStringAttr(stringifyEntryKind(plan.entry.getKind())));
  target->setAttr("batch", plan.entry.getBatchAttr());
  target->setAttr("inputs", builder.getArrayAttr(inputs));
  target->setAttr("outputs", builder.getArrayAttr(outputs));
  target->setAttr("flops", builder.getI64IntegerAttr(flops));
  if (Attribute updates = plan.entry->getAttr("updates")) {
    target->setAttr("updates", updates);
  }
}

/// Returns what a product is for; `calls` says how often each weight's layer is
/// called.
std::string productName(Kernel &kernel, const llvm::StringMap<int64_t> &calls) {
  return kernel.use
             ? kernel.use.describe(calls.lookup(kernel.use.getTensor()) > 0)
             : kernel.function.getSymName().str();
}

void EntryEmitter::emitProducts() {
  llvm::StringMap<int64_t> lastCall;
  for (const Kernel &kernel : plan.launches) {
    if (kernel.use) {
      int64_t &last = lastCall[kernel.use.getTensor()];
      last = std::max(last, kernel.use.getCall());
    }
  }
  for (Kernel &kernel : plan.launches) {
    if (kernel.product.empty()) {
      continue;
    }
    auto alone =
        rt::EntryOp::create(builder, kernel.function.getLoc(),
                            ("bench." + kernel.function.getSymName()).str());
    alone->setAttr("kind", builder.getStringAttr("kernel"));
    alone->setAttr("of", plan.entry.getSymNameAttr());
    alone->setAttr("name",
                   builder.getStringAttr(productName(kernel, lastCall)));
    alone->setAttr("flops", builder.getI64IntegerAttr(kernel.flops));
    alone->setAttr("product", builder.getDenseI64ArrayAttr(kernel.product));
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(&alone.getBody().emplaceBlock());
    emitLaunch(kernel, placesOf(kernel));
  }
}

int64_t EntryEmitter::run() {
  for (auto [index, kernel] : llvm::enumerate(plan.launches)) {
    for (Value input : kernel.inputs) {
      lastUse[rootOf(input)] = index;
    }
    for (Value output : kernel.outputs) {
      firstUse[output] = index;
    }
    if (!kernel.product.empty()) {
      flops += kernel.flops;
    }
  }
  placeInputs();
  placeReads();
  placeWrites();
  placeOutputs();
  for (const Copy &copy : copies) {
    lastUse[rootOf(copy.from)] = end;
  }
  placeTemporaries();

  auto target = rt::EntryOp::create(builder, plan.entry.getLoc(),
                                    plan.entry.getSymName());
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(&target.getBody().emplaceBlock());
    emitCopies(early, "before");
    for (Kernel &kernel : plan.launches) {
      emitLaunch(kernel, placesOf(kernel));
    }
    emitCopies(copies, "after");
  }
  setAttributes(target);
  if (plan.entry.getKind() == gm::EntryKind::step) {
    emitProducts();
  }
  return arenaBytes;
}

} // namespace

int64_t emitEntry(OpBuilder &builder, EntryPlan &plan,
                  const VariablePlans &variables) {
  return EntryEmitter(builder, plan, variables).run();
}

} // namespace gmc::conversion
