//===- semaProgramsTest.cpp - what good programs are written out as -------===//
//
// Every tests/dsl/programs/NAME.gm is written out as NAME.program. After a
// deliberate change run with GMC_UPDATE_EXPECTED=1 and read the difference.
//
//===----------------------------------------------------------------------===//
#include "dsl/parse/Parser.h"
#include "dsl/program/Dump.h"
#include "dsl/sema/Sema.h"
#include "tests/unit/dsl/CheckText.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>

namespace gmc::dsl {
namespace {

/// A text, checked: its program and what was said about it.
struct Checked {
  std::optional<Program> program;
  std::string messages;
  std::set<std::string> codes;
};

Checked checked(const std::string &text, const std::string &name = "test.gm",
                const Options &options = {}) {
  SourceFile source(name, text);
  DiagnosticEngine diagnostics(source);
  ParseResult parsed = parse(source, diagnostics);
  Checked result;
  if (parsed.ok) {
    result.program = check(parsed.file, source, options, diagnostics);
  }
  result.messages = diagnostics.render();
  for (const Diagnostic &diagnostic : diagnostics.diagnostics()) {
    result.codes.insert(diagnostic.code());
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Whole programs
//===----------------------------------------------------------------------===//

class GoodProgram : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(GoodProgram, IsWrittenOut) {
  Checked result =
      checked(test::readFile(GetParam()), GetParam().filename().string());
  ASSERT_TRUE(result.program) << result.messages;
  EXPECT_EQ(result.messages, "");
  std::string text = dump(*result.program);
  std::filesystem::path expected = GetParam();
  expected.replace_extension(".program");
  if (std::getenv("GMC_UPDATE_EXPECTED")) {
    std::ofstream(expected, std::ios::binary) << text;
    return;
  }
  ASSERT_TRUE(std::filesystem::exists(expected)) << expected;
  EXPECT_EQ(test::readFile(expected), text);
}

std::string nameOf(const testing::TestParamInfo<std::filesystem::path> &info) {
  return info.param.stem().string();
}

INSTANTIATE_TEST_SUITE_P(All, GoodProgram,
                         testing::ValuesIn(test::programsOf("programs")),
                         nameOf);

class ShippedModel : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(ShippedModel, ChecksWithoutAWord) {
  Checked result = checked(test::readFile(GetParam()));
  EXPECT_TRUE(result.program);
  EXPECT_EQ(result.messages, "");
}

INSTANTIATE_TEST_SUITE_P(All, ShippedModel,
                         testing::ValuesIn(test::programsOf("../../models")),
                         nameOf);

/// Every node has operands before it, and as many as its op says.
TEST(Programs, AreInOrder) {
  static constexpr unsigned arity[] = {
#define GMC_OP(Name, spelling, operands, kind) operands,
#include "dsl/program/ops.def"
  };
  for (const auto &path : test::programsOf("programs")) {
    Checked result = checked(test::readFile(path));
    ASSERT_TRUE(result.program) << path;
    const Program &program = *result.program;
    for (const auto *bodies :
         {&program.steps, &program.reportBodies, &program.procedureBodies}) {
      for (const Body &body : *bodies) {
        for (ValueId id = 0; id < body.nodes.size(); ++id) {
          const Node &node = body.nodes[id];
          EXPECT_EQ(node.operands.size(), arity[size_t(node.op)]);
          for (ValueId operand : node.operands) {
            EXPECT_LT(operand, id);
          }
        }
      }
    }
  }
}

//===----------------------------------------------------------------------===//
// Messages
//===----------------------------------------------------------------------===//

TEST(Messages, EachRowIsUsed) {
  std::set<std::string> seen;
  for (const auto &path : test::programsOf("bad")) {
    seen.merge(checked(test::readFile(path)).codes);
  }
  Options options;
  options.constants["latnt"] = 3;
  seen.merge(
      checked(test::readFile(test::programsOf("programs").back()), "", options)
          .codes);
  // A file of 64 MiB is made in LexerTest.cpp.
  seen.insert(infoOf(Diag::FileTooLarge).code);
  for (unsigned i = 0; i < diagCount(); ++i) {
    const DiagInfo &info = infoOf(static_cast<Diag>(i));
    EXPECT_TRUE(seen.count(info.code)) << info.code << " " << info.name;
  }
}

TEST(Messages, RowsHaveCodesOfTheirOwn) {
  std::set<std::string> codes, texts;
  for (unsigned i = 0; i < diagCount(); ++i) {
    const DiagInfo &info = infoOf(static_cast<Diag>(i));
    EXPECT_TRUE(codes.insert(info.code).second) << info.code;
    EXPECT_TRUE(texts.insert(info.text).second) << info.text;
  }
}

//===----------------------------------------------------------------------===//
// Rules of meaning, by their numbers in dsl/language.md
//===----------------------------------------------------------------------===//

const std::string head = "param a : f32 = 1\nparam b : f32 = 2\n"
                         "net F(u: f32[3]) -> f32 { u |> linear(1) }\n"
                         "net G(u: f32[3]) -> f32[3] { u |> linear(3) }\n";
const std::string tail =
    "}\nstep other() { minimize sum(G(zeros(3))) * a * b * F(zeros(3)) over "
    "a, b, F, G using og }\nopt og = sgd(0.1)\n"
    "train { fit(); other() } for 5 rounds, batch 4\n";

Checked stepOf(const std::string &lines) {
  return checked(head + "step fit() {\n" + lines + tail);
}

const Minimize &firstOf(const Checked &result) {
  return result.program->steps[0].minimizers[0];
}

TEST(Meaning, Rule1OverNamesWhatIsTrained) {
  Checked result = stepOf("z ~ Normal(0, 1)[3]\n"
                          "minimize -F(G(z)) over G using og\n");
  ASSERT_TRUE(result.program) << result.messages;
  for (uint32_t index : firstOf(result).parameters) {
    EXPECT_EQ(result.program->parameters[index].network, "G");
  }
}

TEST(Meaning, Rule2AValueThatLeftAStepIsAnArgument) {
  Checked result =
      checked("param a : f32 = 1\n"
              "step one() -> w { w = 2 * a\n minimize w over a using og }\n"
              "step two(w) { minimize (a - w)^2 over a using og }\n"
              "opt og = sgd(0.1)\ntrain { w = one(); two(w) } for 5 rounds\n");
  ASSERT_TRUE(result.program) << result.messages;
  EXPECT_EQ(result.program->steps[1].arguments.size(), 1u);
  EXPECT_EQ(result.program->trains[0].turns[1].arguments[0].value, "w");
}

TEST(Meaning, Rule3NothingCrossesTheBatchUnsaid) {
  Checked result = stepOf("z ~ Normal(0, 1)[3]\ny = norm(z)\n"
                          "minimize F(z) * y over F using og\n");
  ASSERT_TRUE(result.program) << result.messages;
  for (const Node &node : result.program->steps[0].nodes) {
    if (node.name == "y") {
      ASSERT_EQ(node.type.axes.size(), 1u);
      EXPECT_EQ(node.type.axes[0].name, "batch");
    }
  }
}

// What gives a single number serves for each number of an event.
TEST(Meaning, Rule4ADistributionIsRepeatedOverTheEvent) {
  for (const char *family :
       {"Normal(a, 1)", "Laplace(a, 1)", "Gamma(a, 1)", "Beta(a, 1)",
        "Bernoulli(logits: a)", "Bernoulli(probs: sigmoid(a))",
        "Categorical(logits: G(ones(3)))",
        "Categorical(probs: softmax(G(ones(3))))"}) {
    const auto with = [&](const char *repeated) {
      return stepOf(
          fmt::format("q ~ {0}[2]\n"
                      "minimize log_prob({0}{1}, stop(q)) + kl({0}[2], {0}{1})"
                      " over a, G using og\n",
                      family, repeated));
    };
    Checked single = with(""), repeated = with("[2]");
    ASSERT_TRUE(single.program && repeated.program)
        << family << single.messages << repeated.messages;
    EXPECT_EQ(dump(*single.program), dump(*repeated.program)) << family;
  }
}

TEST(Meaning, Rule4DensitiesSumOverTheEvent) {
  Checked result =
      stepOf("z ~ Normal(0, 1)[3]\n"
             "minimize log_prob(Normal(0, a^2)[3], z) over a using og\n");
  EXPECT_TRUE(result.program) << result.messages;
}

TEST(Meaning, Rule5OneNetUnderTwoMinimizersSharesItsOptimizer) {
  EXPECT_TRUE(stepOf("minimize a^2 over a using og\n"
                     "minimize (a - 1)^2 over a using og\n")
                  .program);
  EXPECT_TRUE(stepOf("minimize a^2 over a using sgd(0.1)\n"
                     "minimize (a - 1)^2 over a using sgd(0.1)\n")
                  .codes.count(infoOf(Diag::TwoOptimizers).code));
}

TEST(Meaning, Rule7EachCallIsOneEvaluation) {
  // Two names of equal values stay two values, so a gradient has a meaning.
  Checked result = stepOf("p = 2 * a\nq = 2 * a\n"
                          "minimize p + grad(p * q, p) over a using og\n");
  ASSERT_TRUE(result.program) << result.messages;
  int named = 0;
  for (const Node &node : result.program->steps[0].nodes) {
    named += node.name == "p" || node.name == "q";
  }
  EXPECT_EQ(named, 2);
}

uint64_t siteOfDraw(const Checked &result, const std::string &name) {
  for (const Node &node : result.program->steps[0].nodes) {
    if (node.name == name) {
      return node.attrs.site;
    }
  }
  return 0;
}

TEST(Meaning, Rule9ALineMoreChangesNoOtherDraw) {
  std::string use = "minimize F(z) over F using og\n";
  Checked few = stepOf("z ~ Normal(0, 1)[3]\n" + use);
  Checked more = stepOf("e ~ Normal(0, 1)[3]\nz ~ Normal(0, 1)[3]\n"
                        "minimize F(z) + sum(e) over F using og\n");
  ASSERT_TRUE(few.program && more.program) << more.messages;
  EXPECT_NE(siteOfDraw(few, "z"), 0u);
  EXPECT_EQ(siteOfDraw(few, "z"), siteOfDraw(more, "z"));
  EXPECT_NE(siteOfDraw(more, "e"), siteOfDraw(more, "z"));
}

TEST(Meaning, Rule10DropoutFollowsThePlaceOfTheCall) {
  Checked result =
      checked("net F(u: f32[3]) -> f32[3] { u |> linear(3) |> dropout(0.5) }\n"
              "step fit() { minimize sum(F(zeros(3))) over F using sgd(0.1) }\n"
              "train { fit() } for 5 rounds\n"
              "proc show(n = 2) batch n { emit npy(F(ones(3))) }\n");
  ASSERT_TRUE(result.program) << result.messages;
  auto draws = [](const Body &body) {
    return std::count_if(
        body.nodes.begin(), body.nodes.end(),
        [](const Node &node) { return node.op == Op::RandomUniform; });
  };
  EXPECT_EQ(draws(result.program->steps[0]), 1);
  EXPECT_EQ(draws(result.program->procedureBodies[0]), 0);
}

TEST(Meaning, Rule11AHyperIsAScalarOfTheRun) {
  Checked result = checked("hyper lr = 0.5\nparam a : f32 = 1\n"
                           "step fit() { minimize a^2 over a using sgd(lr) }\n"
                           "train { fit() } for 5 rounds\n");
  ASSERT_TRUE(result.program) << result.messages;
  const Body &body = result.program->steps[0];
  ValueId rate = body.minimizers[0].optimizer.arguments[0];
  EXPECT_EQ(body.nodes[rate].op, Op::Scalar);
  EXPECT_EQ(result.program->scalars[0].value, 0.5);
}

TEST(Meaning, Rule11AConstIsSetFromOutside) {
  Options options;
  options.constants["n"] = 5;
  Checked result =
      checked("const n = 3\nnet F(u: f32[n]) -> f32[n] { u |> linear(n) }\n"
              "step fit() { minimize sum(F(zeros(n))) over F using sgd(0.1) }\n"
              "train { fit() } for 5 rounds\n",
              "test.gm", options);
  ASSERT_TRUE(result.program) << result.messages;
  EXPECT_EQ(result.program->parameters[0].shape, (std::vector<int64_t>{5, 5}));
}

TEST(Meaning, Rule12AFunctionAndAValueMayShareAName) {
  EXPECT_TRUE(stepOf("norm = norm(a * ones(3))\n"
                     "minimize norm over a using og\n")
                  .program);
}

TEST(Meaning, Rule13AnyOtherNewNameIsADrawWithoutATerm) {
  Checked result =
      checked("data d : idx(\"m\") as f32[3] in [0,1]\n"
              "net F(u: f32[3]) -> f32[3] { u |> linear(3) }\n"
              "step fit(x) {\n  e ~ Normal(0, 1)[3]\n  x ~ Normal(F(e), 1)\n"
              "  minimize -elbo over F using adam(1e-3)\n}\n"
              "train { fit(next d.train) } for 1 epoch, batch 2\n");
  ASSERT_TRUE(result.program) << result.messages;
  std::vector<std::string> names;
  for (const Output &monitor : result.program->steps[0].monitors) {
    names.push_back(monitor.name);
  }
  EXPECT_EQ(names, (std::vector<std::string>{"loss", "rec"}));
}

TEST(Meaning, Rule14SchedulesMoveOnTheStreamsEpochs) {
  Checked result =
      checked("data d : idx(\"m\") as f32[3] in [0,1]\n"
              "param a : f32[3] = 0\nlet w = ramp(0 -> 1, over 2 epochs)\n"
              "step fit(x) { minimize w * sum(a * x) over a using sgd(0.1) }\n"
              "train { fit(next d.train) } for 4 epochs, batch 2\n");
  ASSERT_TRUE(result.program) << result.messages;
  ASSERT_EQ(result.program->scalars.size(), 1u);
  EXPECT_EQ(result.program->scalars[0].kind, Scalar::Kind::Epochs);
  EXPECT_EQ(result.program->scalars[0].stream, "d.train");
}

TEST(Meaning, RVal5WhatConstantsMakeIsFinite) {
  const std::pair<const char *, Diag> rows[] = {
      {"1 / (2 - 2)", Diag::DivisionByZero},
      {"a / 0", Diag::DivisionByZero},
      {"a / zeros(3)", Diag::DivisionByZero},
      {"0 ^ -1", Diag::DomainError},
      {"zeros(3) ^ -1", Diag::DomainError},
      {"(-2) ^ 0.5", Diag::DomainError},
      {"pow(0 - ones(3), 0.5)", Diag::DomainError},
      {"1e300 * 1e300", Diag::DomainError},
      {"log(zeros(3))", Diag::DomainError},
      {"sqrt(0 - ones(3))", Diag::DomainError},
      {"exp(1000 * ones(3))", Diag::DomainError},
  };
  for (const auto &[text, diag] : rows) {
    Checked result = stepOf(std::string("v = ") + text +
                            "\nminimize a^2 + sum(v * ones(1)) over a using "
                            "og\n");
    EXPECT_EQ(result.codes, std::set<std::string>{infoOf(diag).code})
        << text << "\n"
        << result.messages;
  }
  EXPECT_TRUE(stepOf("v = 0 ^ 0 + sqrt(0) + a / 2\n"
                     "minimize v^2 over a using og\n")
                  .program);
}

TEST(Meaning, ROpt1AHyperRemembersWhatItsOptimiserTakes) {
  Checked result =
      checked("hyper lr = 0.5, m = 0.5, w = 1\nparam a : f32 = 1\n"
              "step fit() {\n"
              "  minimize w * a^2 over a using sgd(lr, momentum: m)\n}\n"
              "train { fit() } for 5 rounds\n");
  ASSERT_TRUE(result.program) << result.messages;
  for (const Scalar &scalar : result.program->scalars) {
    EXPECT_EQ(scalar.limits.low.has_value(), scalar.name != "w");
    EXPECT_EQ(scalar.limits.open, scalar.name == "lr");
    EXPECT_EQ(scalar.limits.high.has_value(), scalar.name == "m");
  }
}

//===----------------------------------------------------------------------===//
// Data, by the numbers R-data
//===----------------------------------------------------------------------===//

/// A step on `data`, whose record has the parameters `names`.
Checked dataOf(const std::string &data, const std::string &names) {
  return checked(data + "\nparam a : f32 = 1\nstep fit(" + names +
                 ") { minimize a * sum(" + names.substr(0, 1) +
                 ") over a using sgd(0.1) }\n"
                 "train { fit(next d.train) } for 5 rounds, batch 4\n");
}

/// Those of `parts`, a word and a text each, whose word stands in `lines`: what
/// nothing reads is an error.
std::string
partsFor(const std::string &lines,
         const std::vector<std::pair<const char *, const char *>> &parts) {
  std::string text;
  for (const auto &[word, part] : parts) {
    text += lines.find(word) == std::string::npos ? "" : part;
  }
  return text;
}

/// What step `s` with these lines shows of itself.
std::string shownBy(const std::string &lines) {
  const std::string parts = partsFor(
      lines,
      {{"C(", "net C(x: f32[2]) -> f32 { x |> linear(1) }\n"},
       {"D(", "net D(x: f32[2]) -> f32 { x |> linear(1) }\n"},
       {"E(",
        "net E(x: f32[2]) -> mu: f32[1], std: f32[1] { mu = linear(x, 1); "
        "std = softplus(linear(x, 1)) + 0.1 }\n"},
       {"F(", "net F(z: f32[1]) -> f32[2] { z |> linear(2) }\n"},
       {"using o", "opt o = sgd(1e-3)\n"},
       {"using p", "opt p = sgd(1e-3)\n"}});
  Checked result =
      checked("data d : ring() as f32[2]\n" + parts + "step s(x) {\n" + lines +
              "\n}\ntrain { s(next d.train) } for 1 rounds, batch "
              "4\n");
  EXPECT_TRUE(result.program) << lines << result.messages;
  std::vector<std::string> names;
  for (const Output &monitor : result.program
                                   ? result.program->steps[0].monitors
                                   : std::vector<Output>()) {
    names.push_back(monitor.name);
  }
  return fmt::format("{}", fmt::join(names, " "));
}

// Every objective has a column of its own, and no name stands for another
// quantity than it says.
TEST(Meaning, RTrain2EachObjectiveIsShown) {
  const std::pair<const char *, const char *> cases[] = {
      {"minimize C(x)^2 over C using o", "loss"},
      {"minimize C(x)^2 over C using o; minimize D(x)^2 over D using p",
       "loss.C loss.D"},
      {"minimize C(x)^2 over C using o; minimize 100 * (C(x) - 1)^2 over C "
       "using o",
       "loss.C.1 loss.C.2"},
      {"minimize C(x)^2 over C using o; maximize C(x) over C using o; minimize "
       "(C(x) - 1)^2 over C using o",
       "loss.C.1 loss.C.2 loss.C.3"},
      {"minimize C(x)^2 over C using o; minimize D(x)^2 over D using p; "
       "minimize (C(x) - 1)^2 over C using o",
       "loss.C.1 loss.D loss.C.2"},
      {"minimize C(x)^2 + D(x)^2 over C, D using o; minimize D(x)^2 over D "
       "using o",
       "loss.C+D loss.D"},
      {"minimize C(x)^2 + D(x)^2 over C, D using o; minimize D(x)^2 + C(x) "
       "over C, D using o",
       "loss.C+D.1 loss.C+D.2"},
      // Variables that an objective is made of.
      {"a = C(x)^2; b = C(x); minimize a + 2 * b over C using o", "loss a b"},
      {"a = C(x)^2; minimize a over C using o; minimize a + C(x) over C using "
       "o",
       "loss.C.1 a loss.C.2"},
      {"loss = C(x)^2; minimize loss over C using o", "loss"},
      {"loss = C(x)^2; minimize loss + C(x) over C using o", "loss loss.term"},
      {"kl = C(x)^2; minimize kl + C(x) over C using o", "loss kl"},
      {"z ~ Normal(0, 1)[1] via Normal(E(x)); x ~ Normal(F(z), 1)\n"
       "minimize -elbo over E, F using o",
       "loss rec kl"},
      {"z ~ Normal(0, 1)[1] via Normal(E(x)); x ~ Normal(F(z), 1)\n"
       "kl = C(x)^2\nminimize kl - elbo over E, F, C using o",
       "loss kl.term rec kl"},
      {"kl = C(x)^2; minimize kl + C(x) over C using o\n"
       "z ~ Normal(0, 1)[1] via Normal(E(x)); x ~ Normal(F(z), 1)\n"
       "minimize -elbo over E, F using p",
       "loss.C kl loss.E+F rec kl.elbo"},
  };
  for (const auto &[lines, names] : cases) {
    EXPECT_EQ(shownBy(lines), names) << lines;
  }
}

/// What `diagnose collapse` looks at, and of what it can say nothing.
std::string lookedAtIn(const std::string &lines) {
  Checked result =
      checked(partsFor(lines, {{"d.train", "data d : ring() as f32[2]\n"},
                               {"m.train", "data m : moons() as f32[2]\n"}}) +
              lines);
  EXPECT_TRUE(result.program) << lines << result.messages;
  if (!result.program) {
    return "";
  }
  std::string text;
  for (const Diagnosis &diagnosis : result.program->diagnoses) {
    for (const Probe &probe : diagnosis.probes) {
      text += fmt::format("{}:{} {}; ", diagnosis.step, wordOf(probe.kind),
                          probe.name);
    }
  }
  for (const Undiagnosed &step : result.program->undiagnosed) {
    text += fmt::format("{}: {}; ", step.step, step.why);
  }
  return text;
}

TEST(Diagnosis, FindsThePlacesWhereModelsBreak) {
  const std::string nets =
      "net E(x: f32[2]) -> mu: f32[3], std: f32[3] { mu = linear(x, 3); std = "
      "softplus(linear(x, 3)) }\n"
      "net F(z: f32[3]) -> f32[2] { z |> linear(2) }\n"
      "step fit(x) {\n";
  const std::string rest =
      "\nminimize sum((x - F(z))^2) over E, F using sgd(1)\n}\n"
      "train { fit(next d.train) } for 1 rounds, batch 4\n";
  const auto by = [](const std::string &turns) {
    return "net G(z: f32[2]) -> f32[2] { z |> linear(2) }\n"
           "net D(x: f32[2]) -> f32 { x |> linear(1) }\n" +
           partsFor(
               turns,
               {{"P.swap", "pool P(8)\n"},
                {"gen(", "step gen() -> f { z ~ Normal(0, 1)[2]; f = G(z); "
                         "minimize -D(f) over G using sgd(1) }\n"},
                {"map_(", "step map_(x) -> f { f = G(x); minimize -D(f) over "
                          "G using sgd(1) }\n"},
                {"disc(", "step disc(x, f) { minimize D(f) - D(x) over D "
                          "using sgd(1) }\n"},
                {"swapped(", "step swapped(f, x) { minimize D(f) - D(x) "
                             "over D using sgd(1) }\n"}}) +
           "train { " + turns + " } for 1 rounds, batch 4\n";
  };
  const std::string both = "disc:spread G; disc:critic D; ";
  const std::pair<std::string, std::string> cases[] = {
      {by("f = gen(); disc(next d.train, f)"), both},
      {by("f = gen(); disc(next d.train, P.swap(f))"), both},
      {by("f = gen(); x = next d.train; disc(x, P.swap(f))"), both},
      {by("f = gen(); swapped(P.swap(f), next d.train)"),
       "swapped:spread G; swapped:critic D; "},
      {by("f = map_(next m.train); disc(next d.train, f)"),
       "disc: it takes examples of `m.train` and of `d.train`; "},
      // Codes that the text draws itself.
      {nets + "q = E(x); n ~ Normal(0, 1)[3]; z = q.mu + q.std * n" + rest,
       "fit:posterior z; "},
      {nets + "q = E(x); n ~ Normal(0, 1)[3]; z = n * q.std + q.mu" + rest,
       "fit:posterior z; "},
      {nets + "q = E(x); n ~ Normal(0, 1)[3]; z = q.mu + exp(0.5 * q.std) * n" +
           rest,
       "fit:posterior z; "},
      // Noise on the data is no code, and a code without noise has no prior.
      {nets +
           "n ~ Normal(0, 1)[2]; y = x + 0.1 * n; q = E(y); z = q.mu + q.std" +
           rest,
       ""},
      {nets + "q = E(x); z = q.mu + q.std" + rest, ""},
      // A draw from the guide is a code too, its divergence being by hand.
      {nets + "q = E(x); z ~ Normal(q.mu, q.std)" + rest, "fit:posterior z; "},
  };
  for (const auto &[text, expected] : cases) {
    EXPECT_EQ(lookedAtIn(text), expected) << text;
  }
}

TEST(Meaning, RData1AFieldWithoutANameIsX) {
  Checked result = dataOf("data d : idx(\"m\") as image[1,4,4] in [-1,1]", "u");
  ASSERT_TRUE(result.program) << result.messages;
  const Field &field = result.program->datasets[0].fields[0];
  EXPECT_EQ(field.name, "x");
  EXPECT_TRUE(field.bounded);
  EXPECT_EQ(field.shownRange(), std::pair(-1.0, 1.0));
}

TEST(Meaning, RData2AToyHasAllItsSettings) {
  Checked result = dataOf("data d : grid(side: 3) as f32[2]", "x");
  ASSERT_TRUE(result.program) << result.messages;
  EXPECT_EQ(result.program->datasets[0].settings,
            (std::map<std::string, double>{{"side", 3},
                                           {"spacing", 2},
                                           {"std", 0.05},
                                           {"train", 100000},
                                           {"test", 10000},
                                           {"seed", 0}}));
}

TEST(Meaning, RData3NormalizeComesLast) {
  Checked result = dataOf("data d : idx(\"m\") as image[1,4,4] in [0,1], "
                          "normalize(mean: 0.5, std: 0.25), flip",
                          "x");
  ASSERT_TRUE(result.program) << result.messages;
  const Field &field = result.program->datasets[0].fields[0];
  EXPECT_EQ(field.shownRange(), std::pair(-2.0, 2.0));
  EXPECT_TRUE(field.flip);
}

TEST(Meaning, RData4ARestHasTheFieldsOfItsWhole) {
  Checked result = dataOf("data l : ring() as (p: f32[2], k: label[8]), "
                          "subset(16, balanced)\ndata d : rest of l",
                          "u, v");
  EXPECT_EQ(result.codes, std::set<std::string>{"E0207"}); // `l`, `v` unused
  result = dataOf("data l : ring() as (p: f32[2], k: label[8]), "
                  "subset(16, balanced)\ndata d : rest of l as (p: f32[2])",
                  "u");
  ASSERT_TRUE(result.program) << result.messages;
  const Dataset &rest = result.program->datasets[1];
  EXPECT_EQ(rest.of, "l");
  EXPECT_EQ(rest.fields.size(), 1u);
  EXPECT_EQ(rest.record.size(), 2u);
  EXPECT_EQ(rest.balance, "k");
}

TEST(Meaning, RProc1AnArgumentTakesTheFieldOfItsName) {
  Checked result = checked(
      "data d : ring() as (p: f32[2], k: label[8])\nparam a : f32 = 1\n"
      "step fit(p, k) { minimize a * sum(p) * k over a using sgd(0.1) }\n"
      "train { fit(next d.train) } for 5 rounds, batch 4\n"
      "proc show(k from d.test, q from d.test, y: label[3] = 2) batch 4 {\n"
      "  emit csv(q * k * y * a) }\n");
  ASSERT_TRUE(result.program) << result.messages;
  const auto &arguments = result.program->procedures[0].arguments;
  EXPECT_EQ(arguments[0].field, 1u);
  EXPECT_EQ(arguments[1].field, 0u);
  EXPECT_EQ(arguments[2].classes, 3);
}

} // namespace
} // namespace gmc::dsl
