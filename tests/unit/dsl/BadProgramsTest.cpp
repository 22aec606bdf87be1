//===- BadProgramsTest.cpp - whole messages, as people see them -----------===//
//
// Every tests/dsl/bad/NAME.gm gives exactly NAME.expected. After a deliberate
// change of a message run the test with GMC_UPDATE_EXPECTED=1 and read the
// difference.
//
//===----------------------------------------------------------------------===//
#include "tests/unit/dsl/CheckText.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>

namespace gmc::dsl {
namespace {

std::string transcriptOf(const std::filesystem::path &path) {
  return test::checkText(test::readFile(path), path.filename().string());
}

class BadProgram : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(BadProgram, GivesItsMessage) {
  std::filesystem::path expected = GetParam();
  expected.replace_extension(".expected");
  std::string transcript = transcriptOf(GetParam());
  ASSERT_FALSE(transcript.empty()) << "nothing is wrong with " << GetParam();
  if (std::getenv("GMC_UPDATE_EXPECTED")) {
    std::ofstream(expected, std::ios::binary) << transcript;
    return;
  }
  ASSERT_TRUE(std::filesystem::exists(expected)) << expected;
  EXPECT_EQ(test::readFile(expected), transcript);
}

INSTANTIATE_TEST_SUITE_P(All, BadProgram,
                         testing::ValuesIn(test::programsOf("bad")),
                         [](const auto &info) {
                           std::string name = info.param.stem().string();
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(BadPrograms, SayDifferentThings) {
  std::map<std::string, std::string> byMessage;
  for (const auto &path : test::programsOf("bad")) {
    std::string transcript = transcriptOf(path);
    std::string first = transcript.substr(0, transcript.find('\n'));
    auto [other, fresh] = byMessage.emplace(first, path.filename().string());
    EXPECT_TRUE(fresh) << path << " and " << other->second << " both say\n"
                       << first;
  }
}

// Every message of the blocks of letters and grammar has its bad program.
TEST(BadPrograms, CoverTheSyntaxMessages) {
  std::string all;
  for (const auto &path : test::programsOf("bad")) {
    all += transcriptOf(path);
  }
  for (unsigned i = 0; i < diagCount(); ++i) {
    const DiagInfo &info = infoOf(static_cast<Diag>(i));
    std::string code = info.code;
    // A file of 64 MiB is made in LexerTest.cpp.
    bool elsewhere = std::string(info.name) == "FileTooLarge";
    if (code.substr(0, 3) == "E01" && !elsewhere) {
      EXPECT_NE(all.find("error[" + code + "]"), std::string::npos)
          << info.name;
    }
  }
}

} // namespace
} // namespace gmc::dsl
