//===- ReadManifestTest.cpp - what no trainer could read is told ----------===//
#include "compiler/Driver/ReadManifest.h"

#include "tests/runtime/core/SampleManifest.h"

#include <gtest/gtest.h>

using gmc::driver::troubleOfManifest;

namespace {

TEST(ReadManifestTest, acceptsWhatATrainerReads) {
  EXPECT_EQ(troubleOfManifest(gmc::runtime::test::sampleManifest().dump()), "");
}

TEST(ReadManifestTest, saysWhatATrainerWouldRefuse) {
  EXPECT_NE(troubleOfManifest(""), "");
  EXPECT_NE(troubleOfManifest("{}"), "");
  auto manifest = gmc::runtime::test::sampleManifest();
  manifest["entries"][0]["batch"] = -1;
  EXPECT_NE(troubleOfManifest(manifest.dump()).find("entries[0].batch"),
            std::string::npos);
}

} // namespace
