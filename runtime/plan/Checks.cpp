//===- Checks.cpp - what must hold of a plan ------------------------------===//
//
// Whatever the runtime uses as an index or an address is checked here against
// what it points into, so nothing behind needs to. In the order of the structs.
//
//===----------------------------------------------------------------------===//
#include "runtime/plan/Node.h"

#include <algorithm>
#include <set>

namespace gmc::plan {

int64_t elementsOf(const Node &node, const Shape &shape) {
  int64_t product = 1;
  for (int64_t extent : shape) {
    if (__builtin_mul_overflow(product, extent, &product) ||
        product > largest) {
      node.complain("the shape [{}] has too many elements",
                    fmt::join(shape, ", "));
    }
  }
  return product;
}

void check(const Node &node, const Tensor &tensor) {
  elementsOf(node, tensor.shape);
}

void check(const Node &node, const Scalar &scalar) {
  using Kind = Scalar::Kind;
  if (scalar.kind == Kind::Hyper || scalar.kind == Kind::Argument ||
      scalar.kind == Kind::Levels) {
    node.at("name");
  } else if (scalar.kind == Kind::Epochs || scalar.kind == Kind::Records) {
    node.at("stream");
  } else if (scalar.kind == Kind::Updates) {
    node.at("counter");
  }
}

void check(const Node &node, const Field &field) {
  elementsOf(node, field.shape);
  if (field.mean.size() != field.deviation.size()) {
    node.complain("{} means and {} deviations", field.mean.size(),
                  field.deviation.size());
  }
  if ((field.flip || field.resize || field.cropFrom > 0) && !field.image) {
    node.complain("only images are cut, resized or mirrored");
  }
  if (field.image && field.shape.size() != 3) {
    node.complain("an image has the shape [{}]", fmt::join(field.shape, ", "));
  }
}

void check(const Node &node, const Dataset &dataset) {
  if (dataset.fields.empty()) {
    node.complain("the data set has no fields");
  }
  const auto &labels = dataset.of.empty() ? dataset.fields : dataset.record;
  for (const std::string &label : {dataset.balance, dataset.filter}) {
    auto isLabel = [&](const Field &field) {
      return field.name == label && field.classes > 0;
    };
    if (!label.empty() && std::ranges::none_of(labels, isLabel)) {
      node.complain("there is no label {}", shown(label));
    }
  }
}

void check(const Node &node, const Slot &slot) { elementsOf(node, slot.shape); }

void check(const Node &node, const Draw &draw) { elementsOf(node, draw.shape); }

void check(const Node &node, const Entry &entry) {
  node.require("batch", entry.batch, 1, largest);
}

void check(const Node &node, const Pool &pool) {
  const Shape &shape = node.plan.tensors[pool.tensor].shape;
  if (shape.empty() || shape[0] < 1) {
    node.complain("a pool needs a tensor with rows, not [{}]",
                  fmt::join(shape, ", "));
  }
}

void check(const Node &node, const Duration &duration) {
  if (!(duration.count >= 0)) {
    node.complain("a duration of {}", duration.count);
  }
}

/// Complains unless `dataset`, named by `node`, has a field `field`.
static void checkField(const Node &node, const std::string &dataset,
                       int64_t field) {
  const Dataset *found = node.plan.findDataset(dataset);
  if (!found) {
    node.complain("there is no data set {}", shown(dataset));
  }
  node.require("field", field, 0, std::ssize(found->fields) - 1);
}

void check(const Node &node, const TurnArgument &argument) {
  using Kind = TurnArgument::Kind;
  if (argument.kind == Kind::Next || argument.kind == Kind::Same) {
    node.at("split");
    checkField(node, argument.dataset, argument.field);
    return;
  }
  node.at("value");
  if (argument.kind == Kind::Pool) {
    node.at("pool");
  }
}

/// What the entry of a turn takes and gives.
static void checkCallee(const Node &node, const Turn &turn) {
  node.at("entry");
  const Entry &entry = node.plan.entries[turn.entry];
  if (turn.arguments.size() != entry.inputs.size()) {
    node.complain("{} takes {} arguments, {} are given", shown(entry.name),
                  entry.inputs.size(), turn.arguments.size());
  }
  if (turn.kind == Turn::Kind::When &&
      (entry.outputs.size() != 1 ||
       elementsOf(node, entry.outputs[0].shape) != 1)) {
    node.complain("the condition {} is one number", shown(entry.name));
  }
}

static void checkDraw(const Node &node, const Turn &turn) {
  for (const TurnArgument &argument : turn.arguments) {
    if (argument.kind == TurnArgument::Kind::Value) {
      node.complain("a draw takes fields of data, and what a pool gives");
    }
  }
  if (turn.results.size() != turn.arguments.size()) {
    node.complain("{} names for {} fields", turn.results.size(),
                  turn.arguments.size());
  }
}

static void checkEvery(const Node &node, const Duration &every) {
  if (!(every.count > 0) || (every.unit == Duration::Unit::Rounds &&
                             every.count != double(int64_t(every.count)))) {
    node.complain("`every` of {} {}", every.count, wordOf(every.unit));
  }
}

void check(const Node &node, const Turn &turn) {
  switch (turn.kind) {
  case Turn::Kind::Call:
  case Turn::Kind::When:
  case Turn::Kind::Once:
    return checkCallee(node, turn);
  case Turn::Kind::Repeat:
    return node.require("count", turn.count, 1, largest);
  case Turn::Kind::Every:
    return checkEvery(node, turn.every);
  case Turn::Kind::Draw:
    return checkDraw(node, turn);
  }
}

void check(const Node &node, const Train &train) {
  node.require("batch", train.batch, 1, largest);
}

void check(const Node &node, const SetWalk &walk) {
  for (int64_t field : walk.fields) {
    checkField(node, walk.dataset, field);
  }
}

/// The entry `end` has an input for each statistic, with the numbers of one
/// example of the output that it is taken of.
static void checkStatistics(const Node &node, const Report &report) {
  node.at("end");
  const Entry &entry = node.plan.entries[report.walk.entry];
  const std::vector<Slot> &inputs = node.plan.entries[report.end].inputs;
  const size_t count = report.statistics.size();
  bool fits = inputs.size() == count && entry.outputs.size() >= count;
  for (size_t i = 0; fits && i < count; ++i) {
    const Slot &output = entry.outputs[entry.outputs.size() - count + i];
    const int64_t numbers = elementsOf(node, output.shape) / entry.batch;
    const int64_t taken = elementsOf(node, inputs[i].shape);
    const bool isDistance = report.statistics[i] == Statistic::Frechet;
    fits = !output.shape.empty() && output.shape[0] == entry.batch &&
           (isDistance ? numbers % 2 == 0 && taken == 1 : numbers == taken);
  }
  if (!fits) {
    node.complain("the entry `end` does not take these statistics");
  }
}

void check(const Node &node, const Report &report) {
  if (!report.statistics.empty()) {
    checkStatistics(node, report);
  }
  const size_t given = report.walk.fields.size() + report.values.size();
  const Entry &entry = node.plan.entries[report.walk.entry];
  if (given != entry.inputs.size()) {
    node.complain("the entry takes {} inputs, {} fields are given",
                  entry.inputs.size(), given);
  }
  if (!report.values.empty()) {
    node.at("train");
  }
}

void check(const Node &node, const Diagnosis &diagnosis) {
  size_t outputs = 0;
  for (const Probe &probe : diagnosis.probes) {
    outputs += probe.outputs();
  }
  const Entry &entry = node.plan.entries[diagnosis.walk.entry];
  if (entry.outputs.size() != outputs ||
      entry.inputs.size() != diagnosis.walk.fields.size()) {
    node.complain("the entry does not fit the probes");
  }
  for (const Slot &output : entry.outputs) {
    if (output.shape.empty() || output.shape[0] != entry.batch) {
      node.complain("{} is not of each example", shown(output.name));
    }
  }
}

/// Checks an argument of a procedure that runs `entry`.
static void checkArgument(const Node &node, const ProcedureArgument &argument,
                          const Entry &entry) {
  using Kind = ProcedureArgument::Kind;
  if (argument.kind == Kind::Data || argument.kind == Kind::File) {
    node.require("input", argument.input, 0, std::ssize(entry.inputs) - 1);
    if (argument.kind == Kind::Data) {
      checkField(node, argument.dataset, argument.field);
    } else {
      node.at("item");
    }
  }
  if ((argument.kind == Kind::Text) == argument.choices.empty()) {
    node.complain("a text has choices, and nothing else has");
  }
  if (argument.kind == Kind::Real || argument.kind == Kind::Text) {
    node.at("scalar");
  }
}

void check(const Node &node, const Procedure &procedure) {
  const Entry &entry = node.plan.entries[procedure.entry];
  for (size_t i = 0; i < procedure.arguments.size(); ++i) {
    checkArgument(node.at("arguments").at(i), procedure.arguments[i], entry);
  }
  for (size_t i = 0; i < procedure.emissions.size(); ++i) {
    const std::vector<int64_t> &outputs = procedure.emissions[i].outputs;
    for (size_t j = 0; j < outputs.size(); ++j) {
      node.at("emissions")
          .at(i)
          .at("outputs")
          .at(j)
          .integer(0, std::ssize(entry.outputs) - 1);
    }
  }
}

void check(const Node &node, const Plan &plan) {
  node.require("batch", plan.batch, 1, largest);
  std::set<std::string_view> names;
  for (const Tensor &tensor : plan.tensors) {
    if (!names.insert(tensor.name).second) {
      node.complain("two tensors are named {}", shown(tensor.name));
    }
  }
  std::set<int64_t> numbers;
  auto number = [&](const Slot &slot) {
    node.require("slots", slot.number, 0, plan.slots - 1);
    if (!numbers.insert(slot.number).second) {
      node.complain("two slots have the number {}", slot.number);
    }
  };
  for (const Entry &entry : plan.entries) {
    for (const auto *slots :
         {&entry.inputs, &entry.outputs, &entry.monitors, &entry.norms}) {
      std::ranges::for_each(*slots, number);
    }
    for (const LimitedSlot &limited : entry.limits) {
      number(limited.slot);
    }
  }
}

/// Complains unless `elements` numbers of `width` bytes at `offset` lie in a
/// region of `limit` bytes.
static void checkRange(const Node &node, int64_t offset, int64_t elements,
                       int64_t width, int64_t limit) {
  if (offset % width != 0) {
    node.complain("offset {} is not a multiple of {}", offset, width);
  }
  if (offset > limit || elements > (limit - offset) / width) {
    node.complain("{} numbers at offset {} end past the region's {} bytes",
                  elements, offset, limit);
  }
}

static void checkStorage(const Node &node, const Storage &storage,
                         const Tensor &tensor, const Artifact &artifact) {
  if (storage.layout == Storage::Layout::Panels) {
    if (tensor.shape.size() != 2) {
      node.complain("panels hold a matrix, the shape is [{}]",
                    fmt::join(tensor.shape, ", "));
    }
    node.require("axis", storage.axis, 0, 1);
    node.require("width", storage.width, 1, 4096);
  }
  if (storage.offset % 64 != 0) {
    node.complain("offset {} is not a multiple of 64", storage.offset);
  }
  checkRange(node, storage.offset, storedElements(tensor.shape, storage),
             node.plan.type == ScalarType::F32 ? 4 : 8, artifact.stateBytes);
}

static void checkAllStorage(const Node &node, const Artifact &artifact) {
  const Plan &plan = node.plan;
  if (artifact.storage.size() != plan.tensors.size()) {
    node.complain("{} storages for {} tensors", artifact.storage.size(),
                  plan.tensors.size());
  }
  for (size_t i = 0; i < plan.tensors.size(); ++i) {
    const Node places = node.at("storage").at(i);
    if (artifact.storage[i].empty()) {
      places.complain("the tensor has no storage");
    }
    for (size_t j = 0; j < artifact.storage[i].size(); ++j) {
      checkStorage(places.at(j), artifact.storage[i][j], plan.tensors[i],
                   artifact);
    }
  }
  for (const Pool &pool : plan.pools) {
    const auto &places = artifact.storage[pool.tensor];
    if (places.size() != 1 || places[0].layout != Storage::Layout::Dense) {
      node.at("storage")
          .at(static_cast<size_t>(pool.tensor))
          .complain("the tensor of a pool lies row by row in one place");
    }
  }
}

void check(const Node &node, const Artifact &artifact) {
  const Plan &plan = node.plan;
  checkAllStorage(node, artifact);
  if (std::ssize(artifact.slots) != plan.slots) {
    node.complain("{} offsets for {} slots", artifact.slots.size(), plan.slots);
  }
  auto checkSlot = [&](const Slot &slot, int64_t width) {
    checkRange(node.at("slots").at(static_cast<size_t>(slot.number)),
               artifact.slots[slot.number], elementsOf(node, slot.shape), width,
               artifact.arenaBytes);
  };
  const int64_t width = plan.type == ScalarType::F32 ? 4 : 8;
  for (const Entry &entry : plan.entries) {
    for (const auto *slots : {&entry.inputs, &entry.outputs, &entry.monitors}) {
      for (const Slot &slot : *slots) {
        checkSlot(slot, width);
      }
    }
    for (const Slot &norm : entry.norms) {
      checkSlot(norm, 8);
    }
    for (const LimitedSlot &limited : entry.limits) {
      checkSlot(limited.slot, width);
    }
  }
}

} // namespace gmc::plan
