//===- ManifestTest.cpp - the manifest is read whole and checked
//-----------===//

#include "runtime/core/Manifest.h"

#include "runtime/core/Status.h"
#include "runtime/core/Tensor.h"
#include "tests/runtime/core/SampleManifest.h"

#include <gtest/gtest.h>

#include <cstring>

using namespace gmc::runtime;
using gmc::runtime::test::sampleManifest;
using nlohmann::json;

TEST(Manifest, ReadsEveryMember) {
  Manifest m = parseManifest(sampleManifest().dump());
  EXPECT_EQ(m.model, "vae");
  EXPECT_EQ(m.hash, "0123456789abcdef");
  EXPECT_EQ(m.type, ScalarType::F32);
  EXPECT_EQ(m.features, std::vector<std::string>{"avx2"});
  EXPECT_EQ(m.batch, 4);
  EXPECT_EQ(m.constants.at("latent"), 20);
  ASSERT_EQ(m.tensors.size(), 4u);
  EXPECT_EQ(m.tensors[0].storage[1].offset, 128);
  EXPECT_EQ(m.tensors[0].storage[1].axis, 1);
  EXPECT_EQ(m.tensors[0].storage[1].layout, Storage::Layout::Panels);
  EXPECT_EQ(m.tensors[0].init.kind, Initial::Kind::Uniform);
  EXPECT_EQ(m.tensors[0].init.b, 0.5);
  EXPECT_EQ(m.tensors[3].network, "");
  ASSERT_EQ(m.scalars.size(), 6u);
  EXPECT_EQ(m.scalars[0].value, 0.001);
  EXPECT_EQ(m.scalars[0].limits.low, 0.0);
  EXPECT_TRUE(m.scalars[0].limits.open);
  EXPECT_FALSE(m.scalars[0].limits.high);
  EXPECT_EQ(m.scalars[2].stream, "fashion.train");
  EXPECT_EQ(m.scalars[5].kind, ScalarSpec::Kind::Argument);
  EXPECT_EQ(m.scalars[5].procedure, "interpolate");
  ASSERT_NE(m.findDataset("fashion"), nullptr);
  EXPECT_EQ(m.findDataset("fashion")->fields[0].shape, (Shape{1, 28, 28}));
  EXPECT_TRUE(m.findDataset("fashion")->fields[0].image);
  EXPECT_EQ(m.findDataset("other"), nullptr);
  ASSERT_EQ(m.entries.size(), 3u);
  EXPECT_EQ(m.entries[0].monitors[0].offset, 128);
  EXPECT_EQ(m.entries[0].norms[0].network, "Enc");
  EXPECT_EQ(m.entries[0].norms[0].offset, 192);
  EXPECT_EQ(m.entries[0].flops, 7);
  EXPECT_EQ(m.entries[2].kind, EntrySpec::Kind::Procedure);
  EXPECT_EQ(m.kernels[0].k, 3);
  const TrainSpec &train = m.trains.at(0);
  EXPECT_EQ(train.turns[0].results[0], "w");
  EXPECT_EQ(train.turns[0].arguments[0].split, "train");
  EXPECT_EQ(train.turns[1].kind, Turn::Kind::Repeat);
  EXPECT_EQ(train.turns[1].turns[0].every.count, 16);
  EXPECT_EQ(train.duration.count, 50);
  EXPECT_FALSE(m.reports[0].atEnd);
  EXPECT_EQ(m.reports[0].every.unit, "epochs");
  EXPECT_TRUE(m.reports[1].atEnd);
  EXPECT_EQ(m.procedures[0].arguments[1].scalar, 5);
  EXPECT_EQ(m.procedures[0].emits[0].kind, "grid");
}

TEST(Manifest, InitialStateFillsEveryPlace) {
  Manifest m = parseManifest(sampleManifest().dump());
  std::vector<float> state(m.stateBytes / 4, -7);
  char *region = reinterpret_cast<char *>(state.data());
  initialState(m, 11, region);
  // Element (row 4, column 2) of Enc.w in both layouts.
  EXPECT_EQ(state[(1 * 3 + 2) * 4 + 0], state[32 + (0 * 5 + 4) * 4 + 2]);
  EXPECT_EQ(state[80], 0.0f);
  EXPECT_EQ(state[96], 0.5f);
  EXPECT_EQ(state[97], -7.0f);
}

/// A change of the sample and what the message must name.
struct Breach {
  const char *pointer; ///< JSON pointer of the member that is replaced
  json value;          ///< null removes it
  const char *expected;
};

TEST(Manifest, NamesTheMemberThatIsWrong) {
  const Breach breaches[] = {
      {"/abi", 3, "ABI version 3"},
      {"/model", nullptr, "`model` is missing"},
      {"/type", "f16", "`type`: `f16`"},
      {"/batch", 0, "`batch`: 0 is not between"},
      {"/stateBytes", 256, "`tensors[1].storage[0]`"},
      {"/tensors/0/storage/0/offset", 32, "not a multiple of 64"},
      {"/tensors/0/storage/0/offset", -64, "tensors[0].storage[0].offset"},
      {"/tensors/0/storage/0/axis", 2, "tensors[0].storage[0].axis"},
      {"/tensors/0/storage/0/width", 0, "tensors[0].storage[0].width"},
      {"/tensors/0/storage", json::array(), "no storage"},
      {"/tensors/0/shape", {5}, "panels hold a matrix"},
      {"/tensors/1/shape", {5.5}, "expected an integer"},
      {"/tensors/1/shape", {1ull << 63}, "expected an integer"},
      {"/tensors/1/name", "Enc.w", "two tensors are named `Enc.w`"},
      {"/tensors/0/init/kind", "xavier", "`xavier` is not known"},
      {"/scalars/4/counter", 1, "scalars[4].counter"},
      {"/datasets/0/fields", json::array(), "no fields"},
      {"/datasets/0/fields/0/shape", {784}, "an image has the shape [784]"},
      {"/entries/0/inputs/0/offset", 2, "not a multiple of 4"},
      {"/entries/0/inputs/0/offset", 4084, "end past the region"},
      {"/entries/0/monitors/0/offset", 4096, "end past the region"},
      {"/entries/0/kind", "model", "entries[0].kind"},
      {"/entries/0/counters", {1}, "entries[0].counters[0]"},
      {"/kernels/0/entry", 3, "kernels[0].entry"},
      {"/trains/0/turns/0/entry", -1, "trains[0].turns[0].entry"},
      {"/trains/0/turns/0/arguments", json::array(), "takes 1 arguments"},
      {"/trains/0/turns/0/arguments/0/dataset", "m", "no data set `m`"},
      {"/trains/0/turns/0/arguments/0/field", 1, "arguments[0].field"},
      {"/trains/0/duration/unit", "days", "`days` is not known"},
      {"/reports/0/fields", {1}, "has no field 1"},
      {"/reports/0/fields", json::array(), "0 fields are given"},
      {"/reports/0/statistics", {"median"}, "`median` is not known"},
      {"/reports/0/statistics", {"mean"}, "`end` is missing"},
      {"/reports/0/every", nullptr, "`every` is missing"},
      {"/procedures/0/arguments/1/scalar", 6, "arguments[1].scalar"},
      {"/procedures/0/emits/0/outputs", {1}, "emits[0].outputs[0]"},
  };
  for (const Breach &breach : breaches) {
    json manifest = sampleManifest();
    json::json_pointer pointer(breach.pointer);
    if (breach.value.is_null()) {
      manifest[pointer.parent_pointer()].erase(pointer.back());
    } else {
      manifest[pointer] = breach.value;
    }
    try {
      parseManifest(manifest.dump());
      ADD_FAILURE() << breach.pointer << " was taken";
    } catch (const Failure &failure) {
      EXPECT_EQ(failure.exitCode, ExitInternal);
      EXPECT_NE(std::string(failure.what()).find(breach.expected),
                std::string::npos)
          << breach.pointer << ": " << failure.what();
    }
  }
}

TEST(Manifest, RefusesWhatIsNotJson) {
  for (const char *text : {"", "{", "[]", "{\"abi\": 1,}", "\xff"}) {
    EXPECT_THROW(parseManifest(text), Failure) << text;
  }
}

TEST(Elements, OverflowIsAnError) {
  EXPECT_EQ(elementsOf({}), 1);
  EXPECT_EQ(elementsOf({3, 0}), 0);
  EXPECT_THROW(elementsOf({1ll << 31, 1ll << 31, 2}), Failure);
  EXPECT_THROW(elementsOf({-1}), Failure);
}
