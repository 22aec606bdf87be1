//===- CheckpointTest.cpp - saving and loading the state of a run
//----------===//

#include "runtime/io/Checkpoint.h"

#include "runtime/abi/gmAbi.h"
#include "runtime/core/Tensor.h"
#include "runtime/plan/Json.h"
#include "tests/runtime/core/Expect.h"
#include "tests/runtime/plan/SamplePlan.h"

#include <cstring>

using namespace gmc;
using namespace gmc::runtime;
using namespace gmc::runtime::test;
using nlohmann::json;

namespace {

/// A model and its state region; every tensor has one dense place, but those of
/// the sample as it is.
struct Model {
  explicit Model(plan::Plan plan) : plan(std::move(plan)) {
    for (const plan::Tensor &tensor : this->plan.tensors) {
      artifact.storage.push_back({{artifact.stateBytes}});
      artifact.stateBytes +=
          (bytesOf(this->plan.type, tensor.shape) + 63) / 64 * 64;
    }
    region.resize(artifact.stateBytes);
  }
  Model(plan::Plan plan, plan::Artifact artifact)
      : plan(std::move(plan)), artifact(std::move(artifact)),
        region(this->artifact.stateBytes, '\0') {}

  State state() { return {plan, artifact, region.data()}; }

  plan::Plan plan;
  plan::Artifact artifact;
  std::string region;
};

Model sampleModel() {
  plan::Plan plan = plan::planFrom(samplePlan().dump());
  plan::Artifact artifact =
      plan::artifactFrom(sampleArtifact().dump(), plan, GM_ABI_VERSION);
  return {std::move(plan), std::move(artifact)};
}

} // namespace

class Checkpoint : public ::testing::Test {
protected:
  Checkpoint() : model(sampleModel()) {
    model.state().initialise(7);
    run.seed = 0xffffffffffffffff;
    run.step = 1234567890123;
    run.streams["fashion.train"] = {3, 4096};
    run.counters["fit.adam"] = 99;
    run.datasets["fashion.train"] = {60000, std::string(32, 'a')};
    run.hypers["lr"] = 0.1;
  }

  std::filesystem::path save() {
    saveCheckpoint(folder / "c", model.state(), run);
    return folder / "c";
  }

  /// Expects loading with the plan `other` to fail and to change nothing.
  void expectForeign(const json &other, std::string_view part,
                     Purpose purpose = Purpose::Resume) {
    Model made(plan::planFrom(other.dump()));
    std::ranges::fill(made.region, '\x55');
    const std::string before = made.region;
    expectFailure(ExitCheckpoint, part,
                  [&] { loadCheckpoint(folder / "c", made.state(), purpose); });
    EXPECT_EQ(made.region, before);
  }

  TemporaryFolder folder;
  Model model;
  RunState run;
};

TEST_F(Checkpoint, GivesBackTheStateAndTheRun) {
  Model loaded = sampleModel();
  RunState back = loadCheckpoint(save(), loaded.state(), Purpose::Resume);
  EXPECT_EQ(loaded.region, model.region);
  EXPECT_FALSE(back.gmcVersion.empty());
  back.gmcVersion.clear();
  EXPECT_EQ(back, run);
}

TEST_F(Checkpoint, IsAFunctionOfItsContents) {
  save();
  saveCheckpoint(folder / "elsewhere", model.state(), run);
  EXPECT_EQ(readFile(folder / "c"), readFile(folder / "elsewhere"));
}

TEST_F(Checkpoint, HoldsTensorsInLogicalOrder) {
  SafetensorsFile file = readSafetensors(save());
  std::vector<std::string> names;
  for (const StoredTensor &tensor : file.tensors) {
    names.push_back(tensor.name);
  }
  EXPECT_EQ(names, (std::vector<std::string>{"Enc.w", "Enc.b",
                                             "fit.adam.Enc.b.m", "k"}));
  std::vector<std::byte> dense(60);
  initialTensor(ScalarType::F32, model.plan.tensors[0], 7, dense);
  EXPECT_EQ(std::memcmp(file.tensors[0].bytes.data(), dense.data(), 60), 0);
}

TEST_F(Checkpoint, K8ListsEveryDifference) {
  save();
  json other = samplePlan();
  other["hash"] = "fedcba9876543210";
  expectForeign(other, "hash: `0123456789abcdef`, the model has "
                       "`fedcba9876543210`");
  other["model"] = "renamed";
  expectForeign(other, "the model has `renamed`");
  other = samplePlan();
  other["tensors"][1]["shape"] = {6};
  expectForeign(other, "Enc.b: f32 [5], the model has f32 [6]");
  other = samplePlan();
  other["tensors"][1]["name"] = "Enc.bias";
  expectForeign(other, "Enc.bias: f32 [5], new in the model");
  expectForeign(other, "Enc.b: f32 [5], only in the checkpoint");
  other = samplePlan();
  other["type"] = "f64";
  expectForeign(other, "Enc.w: f32 [5, 3], the model has f64 [5, 3]");
}

/// A tensor of a net, f32.
static plan::Tensor
tensorOf(const std::string &name, const Shape &shape,
         plan::Tensor::Role role = plan::Tensor::Role::Parameter) {
  plan::Tensor tensor;
  tensor.name = name;
  tensor.shape = shape;
  tensor.role = role;
  tensor.network = "F";
  return tensor;
}

// Layers are named after what they are bound to, so a text that was edited may
// give its tensors other names.
TEST_F(Checkpoint, SaysWhichNamesAreGoneAndWhichAreNew) {
  struct Edit {
    std::vector<std::pair<const char *, Shape>> before, after;
    std::vector<const char *> says, saysNot;
  };
  const Edit edits[] = {
      {{{"F.linear1.weight", {5}}},
       {{"F.m1.weight", {5}}},
       {"F.linear1.weight: f32 [5], only in the checkpoint",
        "F.m1.weight: f32 [5], new in the model",
        "perhaps renamed: F.linear1.weight is F.m1.weight\n",
        "2 tensors of optimisers"},
       {"fit.adam.F"}},
      // Of another shape, of another net, of another word: no renaming.
      {{{"F.linear1.weight", {5}}},
       {{"F.m1.weight", {6}}},
       {"only in the checkpoint", "new in the model"},
       {"renamed"}},
      {{{"F.linear1.weight", {5}}},
       {{"G.linear1.weight", {5}}},
       {"only in the checkpoint", "new in the model"},
       {"renamed"}},
      {{{"F.linear1.weight", {5}}},
       {{"F.m1.bias", {5}}},
       {"only in the checkpoint", "new in the model"},
       {"renamed"}},
      {{{"F.w", {5}}}, {{"F.v", {5}}}, {"renamed: F.w is F.v\n"}, {}},
      {{{"F.a.w", {5}}}, {{"F.a.v", {5}}}, {"renamed: F.a.w is F.a.v\n"}, {}},
      {{{"F.w", {5}}},
       {},
       {"F.w: f32 [5], only in the checkpoint"},
       {"renamed", "new in the model"}},
      {{},
       {{"F.w", {5}}},
       {"F.w: f32 [5], new in the model"},
       {"renamed", "only in the checkpoint"}},
      {{{"F.w", {5}}},
       {{"F.w", {6}}},
       {"F.w: f32 [5], the model has f32 [6]"},
       {"renamed", "only in", "new in"}},
      // Two of one shape keep their order.
      {{{"F.linear0.weight", {5}}, {"F.linear1.weight", {5}}},
       {{"F.a.weight", {5}}, {"F.b.weight", {5}}},
       {"F.linear0.weight is F.a.weight, F.linear1.weight is F.b.weight"},
       {}},
  };
  for (const Edit &edit : edits) {
    const auto make = [&](const auto &tensors) {
      plan::Plan made = model.plan;
      made.tensors.clear();
      for (const auto &[name, shape] : tensors) {
        made.tensors.push_back(tensorOf(name, shape));
        made.tensors.push_back(tensorOf("fit.adam." + std::string(name) + ".m",
                                        shape, plan::Tensor::Role::Optimizer));
      }
      return Model(made);
    };
    saveCheckpoint(folder / "c", make(edit.before).state(), run);
    try {
      loadCheckpoint(folder / "c", make(edit.after).state(), Purpose::Resume);
      ADD_FAILURE() << "was loaded";
    } catch (const Failure &failure) {
      const std::string said = failure.what();
      for (const char *part : edit.says) {
        EXPECT_NE(said.find(part), std::string::npos) << part << "\n" << said;
      }
      for (const char *part : edit.saysNot) {
        EXPECT_EQ(said.find(part), std::string::npos) << part << "\n" << said;
      }
    }
  }
}

TEST_F(Checkpoint, K8ALongListIsCut) {
  plan::Plan many = model.plan;
  for (int i = 0; i < 30; ++i) {
    many.tensors.push_back(many.tensors[1]);
    many.tensors.back().name = fmt::format("extra{}", i);
  }
  saveCheckpoint(folder / "c", Model(many).state(), run);
  expectForeign(samplePlan(), "and 10 more");
}

TEST_F(Checkpoint, K12WeightsAloneServeForSampling) {
  Model weights = model;
  weights.plan.tensors.erase(weights.plan.tensors.begin() + 2);
  weights.artifact.storage.erase(weights.artifact.storage.begin() + 2);
  saveCheckpoint(folder / "c", weights.state(), run);
  Model loaded = sampleModel();
  loadCheckpoint(folder / "c", loaded.state(), Purpose::Sample);
  EXPECT_EQ(loaded.region.substr(0, 276), model.region.substr(0, 276));
  expectForeign(samplePlan(), "fit.adam.Enc.b.m: f32 [5], new in the model");
}

TEST_F(Checkpoint, K9EveryBitThatFlipsIsDetected) {
  std::string bytes = readFile(save());
  Model loaded = sampleModel();
  const std::string before = loaded.region;
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] ^= static_cast<char>(1 << bit % 8);
    writeFile(folder / "f", flipped);
    try {
      loadCheckpoint(folder / "f", loaded.state(), Purpose::Sample);
      ADD_FAILURE() << "bit " << bit << " went unnoticed";
    } catch (const Failure &failure) {
      EXPECT_EQ(failure.exitCode, ExitCheckpoint) << failure.what();
    }
  }
  EXPECT_EQ(loaded.region, before);
}

TEST_F(Checkpoint, MetadataThatAreNotNumbersAreNamed) {
  for (auto [key, value, part] :
       {std::tuple{"step", "12x", "`step` is `12x`, not a number"},
        std::tuple{"seed", "-1", "`seed` is `-1`, not a number"},
        std::tuple{"stream.s", "12", "not two words"},
        std::tuple{"counter.c", "18446744073709551616", "not a number"}}) {
    SafetensorsFile file = readSafetensors(save());
    Metadata metadata = file.metadata;
    metadata[key] = value;
    std::vector<TensorView> views;
    for (const StoredTensor &tensor : file.tensors) {
      views.push_back({tensor.name, tensor.shape, tensor.bytes});
    }
    writeSafetensors(folder / "c", ScalarType::F32, metadata, views);
    expectForeign(samplePlan(), part);
  }
}

// Earlier versions wrote the ABI of the executable, which no tensor depends on.
TEST_F(Checkpoint, AnotherAbiIsNoOtherModel) {
  SafetensorsFile file = readSafetensors(save());
  Metadata metadata = file.metadata;
  metadata["abi"] = "1";
  std::vector<TensorView> views;
  for (const StoredTensor &tensor : file.tensors) {
    views.push_back({tensor.name, tensor.shape, tensor.bytes});
  }
  writeSafetensors(folder / "c", ScalarType::F32, metadata, views);
  Model loaded = sampleModel();
  loadCheckpoint(folder / "c", loaded.state(), Purpose::Resume);
  EXPECT_EQ(loaded.region, model.region);
}

TEST_F(Checkpoint, K11OtherDataAreShown) {
  checkDatasets(run, run.datasets);
  auto other = run.datasets;
  other["fashion.train"].items = 10;
  expectFailure(ExitCheckpoint, "10 items, digest aaaa",
                [&] { checkDatasets(run, other); });
  expectFailure(ExitCheckpoint, "not at hand", [&] { checkDatasets(run, {}); });
  other = run.datasets;
  other["b.train"] = {1, ""};
  expectFailure(ExitCheckpoint, "b.train: not used by the run",
                [&] { checkDatasets(run, other); });
}

TEST_F(Checkpoint, ADoubleModelKeepsAllBits) {
  json text = samplePlan();
  text["type"] = "f64";
  Model before(plan::planFrom(text.dump()));
  Model after(before.plan);
  before.state().initialise(7);
  saveCheckpoint(folder / "d", before.state(), run);
  loadCheckpoint(folder / "d", after.state(), Purpose::Resume);
  EXPECT_EQ(after.region, before.region);
}

// The places of a tensor are those of the processor, the checkpoint is not.
TEST_F(Checkpoint, KnowsNoLayout) {
  save();
  Model dense(model.plan);
  loadCheckpoint(folder / "c", dense.state(), Purpose::Resume);
  saveCheckpoint(folder / "d", dense.state(), run);
  EXPECT_EQ(readFile(folder / "c"), readFile(folder / "d"));
}
