// Whatever is wrong with a command line is exit code 2 and one message that
// names it; what cannot be opened is 5.
#include "runtime/cpu/CpuFeatures.h"
#include "runtime/plan/Json.h"
#include "tests/runtime/train/RunHelpers.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <set>
#include <sstream>

using namespace gmc;
using namespace gmc::runtime;
using namespace gmc::runtime::fake;

namespace {

struct Wrong {
  Words words;
  std::string message; ///< a part of it
  int code = 2;
};

class WrongCommandLine : public testing::TestWithParam<Wrong> {};

TEST_P(WrongCommandLine, saysWhatIsWrong) {
  const Outcome outcome = runHere(GetParam().words);
  EXPECT_EQ(outcome.code, GetParam().code);
  EXPECT_NE(outcome.err.find(GetParam().message), std::string::npos)
      << outcome.err;
  EXPECT_EQ(outcome.err.find("bug"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    Usage, WrongCommandLine,
    testing::Values(
        Wrong{{}, "subcommand is required"},
        Wrong{{"trian"}, "no verb `trian`; did you mean `train`?"},
        Wrong{{"train", "--bogus"}, "--bogus"},
        Wrong{{"train", "more"}, "more"},
        Wrong{{"train", "--set", "lr"}, "NAME=VALUE"},
        Wrong{{"train", "--set", "lrr=1"}, "did you mean `lr`?"},
        Wrong{{"train", "--set", "lr=1x"}, "finite number"},
        Wrong{{"train", "--set", "lr=nan"}, "finite number"},
        Wrong{{"train", "--set", "lr=0"}, "it must be greater than 0"},
        Wrong{{"train", "--set", "lr=-1"}, "it must be greater than 0"},
        Wrong{{"train", "--set", "momentum=1"},
              "it must be at least 0 and less than 1"},
        Wrong{{"train", "--set", "momentum=-0.1"},
              "it must be at least 0 and less than 1"},
        Wrong{{"train", "--set", "latent=3"}, "gmc compile --const latent=3"},
        Wrong{{"train", "--epochs", "-1"}, "--epochs -1"},
        Wrong{{"train", "--steps", "-1"}, "--steps -1"},
        Wrong{{"train", "--steps", "x"}, "--steps"},
        Wrong{{"train", "--save-every", "-3"}, "--save-every -3"},
        Wrong{{"train", "--threads", "-2"}, "--threads -2"},
        Wrong{{"train", "--threads", "two"}, "--threads"},
        Wrong{{"train", "--seed", "-1"}, "--seed -1"},
        Wrong{{"train", "--seed", "18446744073709551616"}, "2^64 - 1"},
        Wrong{{"train", "--max-seconds", "nan"}, "--max-seconds"},
        Wrong{{"train", "--out", ""}, "--out"},
        Wrong{{"train", "--dump-draws", ""}, "--dump-draws"},
        Wrong{{"sample", "-n", "0"}, "whole number from 1"},
        Wrong{{"sample", "-n", "2.5"}, "whole number from 1"},
        Wrong{{"sample", "--scale", "big"}, "finite number"},
        Wrong{{"interpolate", "--k", "4"}, "it shapes the compiled code"},
        Wrong{{"sample", "-n", "all"}, "reads no data"},
        Wrong{{"diagnose"}, "subcommand is required"}));

INSTANTIATE_TEST_SUITE_P(
    Files, WrongCommandLine,
    testing::Values(Wrong{{"eval", "--out", "/no-such"}, "`train --out", 5},
                    Wrong{{"sample", "--out", "/no-such"}, "`train --out", 5},
                    Wrong{{"resume", "--out", "/no-such"}, "`train --out", 5}));

TEST(CommandLine, helpShowsTheKnobsOfTheModel) {
  for (const Words &words : {Words{"--help"}, Words{"train", "--help"}}) {
    const Outcome outcome = runHere(words);
    EXPECT_EQ(outcome.code, 0);
    EXPECT_NE(outcome.out.find("--set lr=0.05"), std::string::npos);
    EXPECT_NE(outcome.out.find("latent = 4"), std::string::npos);
  }
  EXPECT_NE(runHere({"--help"}).out.find("interpolate"), std::string::npos);
  const Outcome sample = runHere({"sample", "--help"});
  EXPECT_NE(sample.out.find("-n,--n TEXT=8"), std::string::npos);
}

/// Returns the names that `help` lists behind `title`: "help" of "-h,--help".
std::set<std::string> listedIn(const std::string &help,
                               const std::string &title) {
  std::set<std::string> names;
  std::istringstream lines(help.substr(help.find(title) + title.size()));
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line) && line.starts_with("  ")) {
    std::istringstream words(line.substr(0, line.find(' ', 2)));
    for (std::string word; std::getline(words, word, ',');) {
      names.insert(word.substr(word.find_first_not_of("- ")));
    }
  }
  return names;
}

// The front end refuses what stands in the table; what does not stand there
// would clash in the trainer.
TEST(CommandLine, namesOfItsOwnAreInTheTable) {
  std::set<std::string> verbs, flags;
#define GMC_VERB(Name, name, help) verbs.insert(name);
#define GMC_FLAG(name, spelling, meaning)                                      \
  flags.merge(listedIn("\n  " spelling " x\n", ""));
#include "runtime/abi/names.def"
  const plan::Plan plan = plan::planFrom(planText());
  std::set<std::string> all = verbs;
  for (const plan::Procedure &procedure : plan.procedures) {
    all.insert(procedure.name);
    std::set<std::string> own = flags;
    for (const plan::ProcedureArgument &argument : procedure.arguments) {
      EXPECT_TRUE(own.insert(argument.name).second) << argument.name;
    }
    EXPECT_EQ(listedIn(runHere({procedure.name, "--help"}).out, "Options:"),
              own);
  }
  EXPECT_EQ(listedIn(runHere({"--help"}).out, "Subcommands:"), all);
}

TEST(CommandLine, infoNeedsNoRun) {
  const Outcome text = runHere({"info", "--out", "/no-such"});
  EXPECT_EQ(text.code, 0);
  EXPECT_NE(text.out.find("129 parameters, batch 8"), std::string::npos);
  const Outcome json = runHere({"info", "--json", "--out", "/no-such"});
  const auto parsed = nlohmann::json::parse(json.out);
  EXPECT_EQ(parsed["parameters"], 129);
  EXPECT_EQ(parsed["networks"]["Enc"]["Enc.linear0.weight"][1], 16);
  EXPECT_EQ(parsed["hypers"]["lr"], 0.05);
  EXPECT_EQ(parsed["features"], nlohmann::json({"sse2"}));
  EXPECT_NE(text.out.find("needs of the processor: sse2\n"), std::string::npos);
}

// C29: the processor is asked before compiled code runs. No processor has both
// features: they are of two makers.
TEST(CommandLine, processorWithoutAFeatureIsNamed) {
  ChangedModel changed;
  std::string &text = changed.artifact;
  text.replace(text.find("\"sse2\""), 6, "\"xop\", \"sse2\", \"avx512er\"");
  TemporaryFolder folder;
  const Outcome outcome =
      runHere({"train", "--out", folder / "r"}, changed.compiled());
  EXPECT_EQ(outcome.code, 8);
  const std::vector<std::string> missing =
      missingCpuFeatures({"xop", "avx512er"});
  EXPECT_NE(outcome.err.find(
                fmt::format("needs {}, which", fmt::join(missing, ", "))),
            std::string::npos)
      << outcome.err;
}

} // namespace
