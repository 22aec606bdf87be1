//===- CheckpointTest.cpp - saving and loading the state of a run
//----------===//

#include "runtime/io/Checkpoint.h"

#include "runtime/core/Tensor.h"
#include "tests/runtime/core/Expect.h"
#include "tests/runtime/core/SampleManifest.h"

#include <cstring>

using namespace gmc::runtime;
using namespace gmc::runtime::test;
using nlohmann::json;

class Checkpoint : public ::testing::Test {
protected:
  Checkpoint()
      : manifest(parseManifest(sampleManifest().dump())),
        state(manifest.stateBytes, '\0') {
    initialState(manifest, 7, state.data());
    run.seed = 0xffffffffffffffff;
    run.step = 1234567890123;
    run.streams["fashion.train"] = {3, 4096};
    run.counters["fit.adam"] = 99;
    run.datasets["fashion.train"] = {60000, std::string(32, 'a')};
    run.hypers["lr"] = 0.1;
  }

  std::filesystem::path save() {
    saveCheckpoint(folder / "c", manifest, state.data(), run);
    return folder / "c";
  }

  /// Expects loading with the manifest `other` to fail and to change nothing.
  void expectForeign(const json &other, std::string_view part,
                     Purpose purpose = Purpose::Resume) {
    Manifest model = parseManifest(other.dump());
    std::string region(model.stateBytes, '\x55'), before = region;
    expectFailure(ExitCheckpoint, part, [&] {
      loadCheckpoint(folder / "c", model, region.data(), purpose);
    });
    EXPECT_EQ(region, before);
  }

  TemporaryFolder folder;
  Manifest manifest;
  std::string state;
  RunState run;
};

TEST_F(Checkpoint, GivesBackTheStateAndTheRun) {
  std::string loaded(state.size(), '\0');
  RunState back =
      loadCheckpoint(save(), manifest, loaded.data(), Purpose::Resume);
  EXPECT_EQ(loaded, state);
  EXPECT_FALSE(back.gmcVersion.empty());
  back.gmcVersion.clear();
  EXPECT_EQ(back, run);
}

TEST_F(Checkpoint, IsAFunctionOfItsContents) {
  save();
  saveCheckpoint(folder / "elsewhere", manifest, state.data(), run);
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
  initialTensor(ScalarType::F32, manifest.tensors[0], 7, dense);
  EXPECT_EQ(std::memcmp(file.tensors[0].bytes.data(), dense.data(), 60), 0);
}

TEST_F(Checkpoint, K8ListsEveryDifference) {
  save();
  json other = sampleManifest();
  other["hash"] = "fedcba9876543210";
  expectForeign(other, "hash: `0123456789abcdef`, the model has "
                       "`fedcba9876543210`");
  other["model"] = "renamed";
  expectForeign(other, "the model has `renamed`");
  other = sampleManifest();
  other["tensors"][1]["shape"] = {6};
  expectForeign(other, "Enc.b: f32 [5], the model has f32 [6]");
  other = sampleManifest();
  other["tensors"][1]["name"] = "Enc.bias";
  expectForeign(other, "Enc.bias: f32 [5], new in the model");
  expectForeign(other, "Enc.b: f32 [5], only in the checkpoint");
  other = sampleManifest();
  other["type"] = "f64";
  other["stateBytes"] = 4096;
  other["tensors"][0]["storage"].erase(1);
  for (int i = 0; i < 4; ++i) {
    other["tensors"][i]["storage"][0]["offset"] = 512 * i;
  }
  expectForeign(other, "Enc.w: f32 [5, 3], the model has f64 [5, 3]");
}

/// A tensor of a net, f32.
static TensorSpec tensorOf(const std::string &name, const Shape &shape,
                           const char *role = "parameter") {
  TensorSpec tensor;
  tensor.name = name;
  tensor.shape = shape;
  tensor.role = role;
  tensor.network = "F";
  tensor.storage = {Storage{}};
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
      Manifest made = manifest;
      made.tensors.clear();
      for (const auto &[name, shape] : tensors) {
        made.tensors.push_back(tensorOf(name, shape));
        made.tensors.push_back(tensorOf("fit.adam." + std::string(name) + ".m",
                                        shape, "optimizer"));
      }
      return made;
    };
    saveCheckpoint(folder / "c", make(edit.before), state.data(), run);
    std::string region(state.size(), '\x55');
    try {
      loadCheckpoint(folder / "c", make(edit.after), region.data(),
                     Purpose::Resume);
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
  for (int i = 0; i < 30; ++i) {
    TensorSpec extra = manifest.tensors[1];
    extra.name = fmt::format("extra{}", i);
    manifest.tensors.push_back(extra);
  }
  save();
  expectForeign(sampleManifest(), "and 10 more");
}

TEST_F(Checkpoint, K12WeightsAloneServeForSampling) {
  Manifest weights = manifest;
  weights.tensors.erase(weights.tensors.begin() + 2);
  saveCheckpoint(folder / "c", weights, state.data(), run);
  std::string region(state.size(), '\0');
  loadCheckpoint(folder / "c", manifest, region.data(), Purpose::Sample);
  EXPECT_EQ(region.substr(0, 276), state.substr(0, 276));
  expectForeign(sampleManifest(),
                "fit.adam.Enc.b.m: f32 [5], new in the model");
}

TEST_F(Checkpoint, K9EveryBitThatFlipsIsDetected) {
  std::string bytes = readFile(save());
  std::string region(state.size(), '\x55'), before = region;
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] ^= static_cast<char>(1 << bit % 8);
    writeFile(folder / "f", flipped);
    try {
      loadCheckpoint(folder / "f", manifest, region.data(), Purpose::Sample);
      ADD_FAILURE() << "bit " << bit << " went unnoticed";
    } catch (const Failure &failure) {
      EXPECT_EQ(failure.exitCode, ExitCheckpoint) << failure.what();
    }
  }
  EXPECT_EQ(region, before);
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
    expectForeign(sampleManifest(), part);
  }
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
  json text = sampleManifest();
  text["type"] = "f64";
  text["stateBytes"] = 4096;
  for (int i = 0; i < 4; ++i) {
    text["tensors"][i]["storage"][0]["offset"] = 512 * i;
  }
  text["tensors"][0]["storage"][1]["offset"] = 2048;
  Manifest model = parseManifest(text.dump());
  std::string before(4096, '\0'), after(4096, '\0');
  initialState(model, 7, before.data());
  saveCheckpoint(folder / "d", model, before.data(), run);
  loadCheckpoint(folder / "d", model, after.data(), Purpose::Resume);
  EXPECT_EQ(after, before);
}
