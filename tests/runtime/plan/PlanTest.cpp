//===- PlanTest.cpp - the plan is written, read whole and checked ---------===//

#include "runtime/plan/Json.h"
#include "tests/runtime/core/Expect.h"
#include "tests/runtime/plan/SamplePlan.h"

#include <gtest/gtest.h>

#include <cstdlib>

using namespace gmc::plan;
using gmc::runtime::test::sampleArtifact;
using gmc::runtime::test::samplePlan;
using nlohmann::json;

static constexpr int64_t abiVersion = 3;

static Plan sample() { return planFrom(samplePlan().dump()); }

TEST(Plan, ReadsEveryMember) {
  const Plan plan = sample();
  EXPECT_EQ(plan.model, "vae");
  EXPECT_EQ(plan.hash, "0123456789abcdef");
  EXPECT_EQ(plan.type, ScalarType::F32);
  EXPECT_EQ(plan.batch, 4);
  EXPECT_EQ(plan.constants.at("latent"), 20);
  ASSERT_EQ(plan.tensors.size(), 4u);
  EXPECT_EQ(plan.tensors[0].initial.kind, Initial::Kind::Uniform);
  EXPECT_EQ(plan.tensors[0].initial.b, 0.5);
  EXPECT_EQ(plan.tensors[2].role, Tensor::Role::Optimizer);
  EXPECT_EQ(plan.tensors[3].network, "");
  ASSERT_EQ(plan.scalars.size(), 6u);
  EXPECT_EQ(plan.scalars[0].value, 0.001);
  EXPECT_EQ(plan.scalars[0].limits.low, 0.0);
  EXPECT_TRUE(plan.scalars[0].limits.open);
  EXPECT_FALSE(plan.scalars[0].limits.high);
  EXPECT_EQ(plan.scalars[2].stream, "fashion.train");
  EXPECT_EQ(plan.scalars[5].kind, Scalar::Kind::Argument);
  EXPECT_EQ(plan.scalars[5].procedure, "interpolate");
  ASSERT_NE(plan.findDataset("fashion"), nullptr);
  EXPECT_EQ(plan.findDataset("fashion")->fields[0].shape, (Shape{1, 28, 28}));
  EXPECT_TRUE(plan.findDataset("fashion")->fields[0].image);
  EXPECT_EQ(plan.findDataset("other"), nullptr);
  ASSERT_EQ(plan.entries.size(), 3u);
  EXPECT_EQ(plan.entries[0].norms[0].name, "Enc");
  EXPECT_EQ(plan.entries[0].norms[0].number, 3);
  EXPECT_EQ(plan.entries[0].flops, 7);
  EXPECT_EQ(plan.entries[2].kind, Entry::Kind::Procedure);
  const Train &train = plan.trains.at(0);
  EXPECT_EQ(train.turns[0].results[0], "w");
  EXPECT_EQ(train.turns[0].arguments[0].split, "train");
  EXPECT_EQ(train.turns[1].kind, Turn::Kind::Repeat);
  EXPECT_EQ(train.turns[1].turns[0].every.count, 16);
  EXPECT_EQ(train.turns[1].turns[0].every.unit, Duration::Unit::Rounds);
  EXPECT_EQ(train.duration.count, 50);
  EXPECT_EQ(plan.reports[0].every->unit, Duration::Unit::Epochs);
  EXPECT_FALSE(plan.reports[1].every);
  EXPECT_EQ(plan.procedures[0].arguments[1].scalar, 5);
  EXPECT_EQ(plan.procedures[0].emissions[0].kind, Emission::Kind::Grid);
  const Artifact artifact =
      artifactFrom(sampleArtifact().dump(), plan, abiVersion);
  EXPECT_EQ(artifact.features, std::vector<std::string>{"avx2"});
  EXPECT_EQ(artifact.storage[0][1].offset, 128);
  EXPECT_EQ(artifact.storage[0][1].axis, 1);
  EXPECT_EQ(artifact.storage[0][1].layout, Storage::Layout::Panels);
  EXPECT_EQ(artifact.slots[2], 128);
  EXPECT_EQ(artifact.kernels[0].k, 3);
}

TEST(Plan, IsReadAsItWasWritten) {
  Plan plan = sample();
  EXPECT_EQ(planFrom(toJson(plan)), plan);
  const Artifact artifact =
      artifactFrom(sampleArtifact().dump(), plan, abiVersion);
  EXPECT_EQ(artifactFrom(toJson(artifact), plan, abiVersion), artifact);
  // Names are any text; numbers keep their bits.
  plan.entries[0].draws.push_back(
      {"\"\\\n", 0xfedcba9876543210, Draw::Kind::Uniform, {}});
  plan.scalars[0].value = 0.1 + 0.2;
  plan.trains[0].turns[1].turns[0].turns.resize(1);
  plan.trains[0].turns[1].turns[0].turns[0].kind = Turn::Kind::Draw;
  EXPECT_EQ(planFrom(toJson(plan)), plan);
  plan.model = "\xff";
  EXPECT_EQ(planFrom(toJson(plan)).model, "\xef\xbf\xbd");
}

/// A change of the sample and what the message must name.
struct Breach {
  const char *pointer; ///< JSON pointer of the member that is replaced
  json value;          ///< null removes it
  const char *expected;
};

static json changed(json document, const Breach &breach) {
  const json::json_pointer pointer(breach.pointer);
  if (breach.value.is_null()) {
    document[pointer.parent_pointer()].erase(pointer.back());
  } else {
    document[pointer] = breach.value;
  }
  return document;
}

template <typename Read>
static void expectBroken(const Breach &breach, const Read &read) {
  try {
    read();
    ADD_FAILURE() << breach.pointer << " was taken";
  } catch (const Broken &broken) {
    EXPECT_NE(std::string(broken.what()).find(breach.expected),
              std::string::npos)
        << breach.pointer << ": " << broken.what();
  }
}

TEST(Plan, NamesTheMemberThatIsWrong) {
  const Breach breaches[] = {
      {"/version", 2, "plan version 2"},
      {"/model", nullptr, "`model` is missing"},
      {"/modell", "vae", "\"modell\" is not known"},
      {"/type", "f16", "`type`: \"f16\""},
      {"/batch", 0, "`batch`: 0 is not between"},
      {"/tensors/1/shape", {5.5}, "expected an integer"},
      {"/tensors/1/shape", {1ull << 63}, "expected an integer"},
      {"/tensors/1/shape", {1ll << 61, 4}, "too many elements"},
      {"/tensors/1/name", "Enc.w", "two tensors are named \"Enc.w\""},
      {"/tensors/0/initial/kind", "xavier", "\"xavier\" is not known"},
      {"/tensors/0/storage", json::array(), "\"storage\" is not known"},
      {"/scalars/4/counter", 1, "scalars[4].counter"},
      {"/scalars/4/counter", nullptr, "`counter` is missing"},
      {"/scalars/2/stream", nullptr, "`stream` is missing"},
      {"/datasets/0/fields", json::array(), "no fields"},
      {"/datasets/0/fields/0/shape", {784}, "an image has the shape [784]"},
      {"/datasets/0/balance", "label", "no label \"label\""},
      {"/entries/0/kind", "model", "entries[0].kind"},
      {"/entries/0/counters", {1}, "entries[0].counters[0]"},
      {"/entries/0/inputs/0/number", 7, "7 is not between 0 and 6"},
      {"/entries/0/inputs/0/number", 1, "two slots have the number 1"},
      {"/trains/0/turns/0/entry", -1, "trains[0].turns[0].entry"},
      {"/trains/0/turns/0/entry", nullptr, "`entry` is missing"},
      {"/trains/0/turns/0/arguments", json::array(), "takes 1 arguments"},
      {"/trains/0/turns/0/arguments/0/dataset", "m", "no data set \"m\""},
      {"/trains/0/turns/0/arguments/0/field", 1, "arguments[0].field"},
      {"/trains/0/turns/1/count", 0, "turns[1].count"},
      {"/trains/0/turns/1/turns/0/every/count", 1.5, "1.5 rounds"},
      {"/trains/0/duration/unit", "days", "\"days\" is not known"},
      {"/reports/0/walk/fields", {1}, "reports[0].walk.field"},
      {"/reports/0/walk/fields", json::array(), "0 fields are given"},
      {"/reports/0/statistics", {"median"}, "\"median\" is not known"},
      {"/reports/0/statistics", {"mean"}, "`end` is missing"},
      {"/procedures/0/arguments/1/scalar", 6, "arguments[1].scalar"},
      {"/procedures/0/emissions/0/outputs", {1}, "emissions[0].outputs[0]"},
  };
  for (const Breach &breach : breaches) {
    expectBroken(breach,
                 [&] { (void)planFrom(changed(samplePlan(), breach).dump()); });
  }
}

TEST(Artifact, NamesTheMemberThatIsWrong) {
  const Breach breaches[] = {
      {"/abi", 2, "ABI version 2"},
      {"/stateBytes", 256, "`storage[1][0]`"},
      {"/storage/0/0/offset", 32, "not a multiple of 64"},
      {"/storage/0/0/offset", -64, "storage[0][0].offset"},
      {"/storage/0/0/axis", 2, "storage[0][0].axis"},
      {"/storage/0/0/width", 0, "storage[0][0].width"},
      {"/storage/0", json::array(), "no storage"},
      {"/storage/1/0/layout", "panels", "panels hold a matrix"},
      {"/storage", json::array(), "0 storages for 4 tensors"},
      {"/slots", {0}, "1 offsets for 7 slots"},
      {"/slots/0", 2, "not a multiple of 4"},
      {"/slots/0", 4084, "end past the region"},
      {"/slots/2", 4096, "end past the region"},
      {"/kernels/0/entry", 3, "kernels[0].entry"},
  };
  const Plan plan = sample();
  for (const Breach &breach : breaches) {
    expectBroken(breach, [&] {
      (void)artifactFrom(changed(sampleArtifact(), breach).dump(), plan,
                         abiVersion);
    });
  }
}

TEST(Plan, RefusesWhatIsNotJson) {
  for (const char *text : {"", "{", "[]", "{\"version\": 3,}", "\xff"}) {
    EXPECT_THROW(planFrom(text), Broken) << text;
    EXPECT_THROW(artifactFrom(text, sample(), abiVersion), Broken) << text;
  }
}

TEST(Plan, SaysWhatATrainerWouldRefuse) {
  const std::string plan = samplePlan().dump();
  EXPECT_EQ(troubleOf(plan, {sampleArtifact().dump()}, abiVersion), "");
  EXPECT_NE(troubleOf("{}", {}, abiVersion), "");
  EXPECT_NE(troubleOf(plan, {sampleArtifact().dump(), "{}"}, abiVersion), "");
}

TEST(Plan, ThePageIsThatOfTheStructs) {
  const char *file = GMC_SOURCE_ROOT "/runtime/plan/plan.md";
  if (std::getenv("GMC_UPDATE_EXPECTED") != nullptr) {
    gmc::runtime::test::writeFile(file, referencePage());
  }
  EXPECT_EQ(gmc::runtime::test::readFile(file), referencePage())
      << "GMC_UPDATE_EXPECTED=1 writes it anew";
}
