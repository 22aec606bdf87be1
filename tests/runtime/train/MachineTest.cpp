// A model is chosen for its processor, and nothing of it is shared: several
// machines of one model, and of two, run side by side in one process.
#include "runtime/train/Machine.h"

#include "runtime/core/Status.h"
#include "tests/runtime/core/Expect.h"
#include "tests/runtime/train/FakeModel.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <vector>

using namespace gmc;
using namespace gmc::runtime;
using namespace gmc::runtime::fake;

namespace {

using Bytes = std::vector<std::byte>;

Bytes stateOf(Machine &machine) {
  Bytes all;
  for (size_t i = 0; i < machine.plan.tensors.size(); ++i) {
    Bytes tensor(size_t(machine.state().bytes(i)));
    machine.state().fetch(i, tensor);
    all.insert(all.end(), tensor.begin(), tensor.end());
  }
  return all;
}

void begin(Machine &machine, uint64_t seed) {
  machine.seed = seed;
  machine.state().initialise(seed);
}

/// Executes `fit` once, on a batch that the seed decides.
void step(Machine &machine, uint64_t execution) {
  const plan::Slot &x = machine.plan.entries[0].inputs[0];
  for (int64_t i = 0; i < elementsOf(x.shape); ++i) {
    machine.setNumber(x, i, double(i * machine.seed % 7) / 7);
  }
  machine.runEntry(0, execution);
}

Bytes trainedAlone(const Model &model, uint64_t seed) {
  Machine machine(model, 2);
  begin(machine, seed);
  for (uint64_t i = 0; i < 5; ++i) {
    step(machine, i);
  }
  return stateOf(machine);
}

/// The model at another rate, whose plan and artifact are its own.
Model slowModel() {
  ChangedModel slow;
  const size_t place = slow.plan.find("0.05");
  slow.plan.replace(place, 4, "0.01");
  return readModel(slow.compiled());
}

TEST(Machines, SeveralRunInOneProcess) {
  const Model fast = readModel(model()), slow = slowModel();
  const Bytes wanted[] = {trainedAlone(fast, 1), trainedAlone(fast, 2),
                          trainedAlone(slow, 1)};
  EXPECT_NE(wanted[0], wanted[1]);
  EXPECT_NE(wanted[0], wanted[2]);
  Machine first(fast, 2), second(fast, 2), third(slow, 2);
  begin(first, 1);
  begin(second, 2);
  begin(third, 1);
  for (uint64_t i = 0; i < 5; ++i) {
    for (Machine *machine : {&first, &second, &third}) {
      step(*machine, i);
    }
  }
  EXPECT_EQ(stateOf(first), wanted[0]);
  EXPECT_EQ(stateOf(second), wanted[1]);
  EXPECT_EQ(stateOf(third), wanted[2]);
}

TEST(Machines, TheFirstArtifactThatRunsIsChosen) {
  auto described = [](std::string_view processor,
                      const std::vector<std::string> &features) {
    auto json = nlohmann::json::parse(artifactText());
    json["processor"] = processor;
    json["features"] = features;
    return json.dump();
  };
  // No processor has both of the first: they are of two makers.
  const std::string texts[] = {described("wide", {"xop", "avx512er"}),
                               described("plain", {"sse2"}),
                               described("other", {"sse2"})};
  std::vector<GmArtifact> artifacts;
  for (const std::string &text : texts) {
    artifacts.push_back({text.data(), int64_t(text.size()),
                         model().artifacts[0]->entries, nullptr});
  }
  const GmArtifact *list[] = {&artifacts[0], &artifacts[1], &artifacts[2]};
  EXPECT_EQ(readModel({planText(), list}).artifact.processor, "plain");
  // Where none runs, the last one is what is refused.
  const Model refused = readModel({planText(), {list, 1}});
  EXPECT_EQ(refused.artifact.processor, "wide");
  test::expectFailure(ExitDevice, "which this one",
                      [&] { Machine(refused, 1); });
}

} // namespace
