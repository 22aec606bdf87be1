//===- semaRefusalsTest.cpp - kinds of errors, each in many places --------===//
//
// Tables of one line each: what stands in a text, and the codes that it gives.
//
//===----------------------------------------------------------------------===//
#include "dsl/sema/Sema.h"
#include "tests/unit/dsl/CheckText.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace gmc::dsl {
namespace {

/// Returns the codes that are said of `text`, and whether it gave a program.
struct Said {
  std::string codes, messages;
  bool program = false;
};

Said saidOf(const std::string &text) {
  test::Parsed parsed = test::parseText(text);
  Said said;
  if (parsed.result.ok) {
    said.program = check(parsed.result.file, *parsed.source, Options(),
                         *parsed.diagnostics)
                       .has_value();
  }
  said.codes = parsed.codes();
  said.messages = parsed.diagnostics->render();
  return said;
}

struct Row {
  const char *text, *codes;
};

/// Returns the first error of `said`, or "".
std::string errorOf(const Said &said) {
  const size_t place = said.codes.find('E');
  return place == std::string::npos ? "" : said.codes.substr(place, 5);
}

/// A program is made or something is said, never neither.
void expectCodes(const Row &row, const std::string &text) {
  const Said said = saidOf(text);
  EXPECT_EQ(said.codes, row.codes) << text << said.messages;
  EXPECT_NE(said.program, said.codes.find('E') != std::string::npos) << text;
}

//===----------------------------------------------------------------------===//
// Constants that are none
//===----------------------------------------------------------------------===//

// What needs a number that is known when compiling is given a name whose value
// is known later, or never.
TEST(Refusals, ConstantsOfLaterValues) {
  const std::string model =
      "data c : npy(\"x.npy\") as f32[3] in [0,1]\n"
      "param a : f32 = 1\nstate s : f32 = 1\nopt o = sgd(1e-3)\n"
      "net F(x: f32[3]) -> f32 {{ linear(x, 1) }}\n"
      "{}\n"
      "step fit(x) {{ minimize a^2 * sum(x^2) + F(x) + s over a, F "
      "using o }}\n"
      "train {{ fit(next c.train) }} for 4 rounds, batch 2\n";
  for (const Row &row : {
           Row{"hyper h = h", "E0208"},
           Row{"hyper h : f32 = h", "E0208"},
           Row{"hyper h = q, q = h", "E0208"},
           Row{"hyper h = q, q = 1e-3", "E0301"},
           Row{"hyper h = q * 2, q = 1e-3", "E0302"},
           Row{"const h = h", "E0208"},
           Row{"const h : int = h", "E0208"},
           Row{"const h = q\nconst q = h", "E0208"},
           Row{"hyper h = l\nlet l = h", "E0208"},
           Row{"const h = q\nhyper q = h", "E0208"},
           Row{"hyper h = a", "E0302"},
           Row{"hyper h = s", "E0302"},
           Row{"const h = a", "E0302"},
           Row{"const h = s + 1", "E0302"},
           Row{"const h = l\nlet l = 2 * a", "E0302"},
           Row{"param b : f32 = b", "E0302"},
           Row{"param b : f32 = a", "E0302"},
           Row{"param b : f32[a] = 0", "E0302"},
           Row{"param b : f32 ~ Normal(0, t)\nstate t : f32 = 1", "E0302"},
           Row{"state t : f32 = s", "E0302"},
           Row{"state t : f32 = t", "E0302"},
           Row{"pool P(s)", "E0302"},
           Row{"pool P(4, replace: t)\nstate t : f32 = 1", "E0302"},
           Row{"init linear : weight = t\nstate t : f32 = 1", "E0302"},
           Row{"const h = c", "E0209"},
           Row{"const h = o", "E0210"},
           Row{"const h = F", "E0211"},
           Row{"const h = fit", "E0211"},
           Row{"data u : rest of u", "E0556"},
           Row{"data u : rest of v\n"
               "data v : npy(\"x.npy\") as f32[3], subset(2)",
               "E0556"},
       }) {
    expectCodes(row, fmt::format(fmt::runtime(model), row.text));
  }
}

//===----------------------------------------------------------------------===//
// Names of the trainer
//===----------------------------------------------------------------------===//

TEST(Refusals, NamesOfTheTrainer) {
  const std::string model =
      "data c : npy(\"x.npy\") as (x: f32[3], y: label[3])\n"
      "param a : f32 = 1\n"
      "step fit(x, y) {{ minimize a^2 * sum(x^2) * y over a using sgd(1e-3) "
      "}}\n"
      "train {{ fit(next c.train) }} for 4 rounds, batch 2\n"
      "{}\n";
  for (const Row &row : {
           Row{"proc eval(n = 4) batch n { emit csv(a) }", "E0230"},
           Row{"proc resume(n = 4) batch n { emit csv(a) }", "E0230"},
           Row{"proc info(n = 4) batch n { emit csv(a) }", "E0230"},
           Row{"proc bench(n = 4) batch n { emit csv(a) }", "E0230"},
           Row{"proc diagnose(n = 4) batch n { emit csv(a) }", "E0230"},
           Row{"proc p(seed = 3) batch 4 { emit csv(a * seed) }", "E0230"},
           Row{"proc p(set = 3) batch 4 { emit csv(ones(set)) }", "E0230"},
           Row{"proc p(out from c.test, n = all) batch 4 { emit csv(out) }",
               "E0230"},
           Row{"proc p(threads: label[3] = 1) batch 4 { emit csv(threads) }",
               "E0230"},
           Row{"proc p(output = \"b\") batch 4 { emit csv(output == \"b\") }",
               "E0230"},
           Row{"proc p(help = 4) batch help { emit csv(a) }", "E0230"},
           Row{"proc p(h = 3) batch 4 { emit csv(a * h) }", "E0230"},
           Row{"proc p(o = 3) batch 4 { emit csv(a * o) }", "E0230"},
           Row{"report epoch = a every 1 round", "E0230"},
           Row{"report seconds = a at end", "E0230"},
           Row{"report final = a of fit on c.test at end", "E0230"},
           // What is free: it never stands beside them.
           Row{"proc epoch(n = 4, train_on = 2, O = 1, H = 2, steps = 2) batch "
               "n { emit csv(a + train_on + O + H + steps) }",
               ""},
           Row{"proc help(n = 4) batch n { seed = a; emit csv(seed: seed) }",
               ""},
           Row{"proc gradients(n = 4) batch n { emit csv(a) }", ""},
           Row{"report eval = a, out = 2 * a every 1 round", ""},
       }) {
    expectCodes(row, fmt::format(fmt::runtime(model), row.text));
  }
}

//===----------------------------------------------------------------------===//
// Derivatives that are not there
//===----------------------------------------------------------------------===//

// `minimize` and `grad` say the same of a way, in steps, reports, procedures.
TEST(Refusals, WaysWithoutADerivative) {
  for (const Row &row : {
           Row{"y = sum(round(u))", "E0404"},
           Row{"y = sum(cumsum(round(u)))", "E0404"},
           Row{"y = sum(u > 0.3)", "E0404"},
           Row{"y = sum((u > 0.3) * u)", "E0404"},
           Row{"y = sum(u == 1)", "E0404"},
           Row{"y = argmax(u)", "E0404"},
           Row{"y = sum(onehot(round(sum(u)), 3))", "E0404"},
           Row{"b ~ Bernoulli(logits: u); y = sum(b)", "E0405"},
           Row{"b ~ Categorical(logits: u); y = b", "E0405"},
           Row{"b ~ OneHot(logits: u); y = sum(b * iota(3))", "E0405"},
           Row{"b ~ Mixture(Normal(lift(iota(3), 0 as m), 1), logits: lift(u, "
               "0 as m), over: m); y = b",
               "E0405"},
           Row{"y = F(round(u))", "E0404"},
           Row{"y = sum(stop(u))", "none"},
           Row{"y = sum(relu(u))", ""},
           Row{"y = sum(max(u, 0.5))", ""},
           Row{"y = sum(if u > 0 then u else 2 * u)", ""},
           Row{"y = sum(straight_through(round(u), u))", ""},
           Row{"y = sum(u) + sum(stop(round(u)))", ""},
           Row{"y = sum(u % 0.3)", ""},
           Row{"y = u[argmax(stop(u))]", ""},
           Row{"b ~ Bernoulli(logits: u) by straight_through; y = sum(b)", ""},
           Row{"b ~ OneHot(logits: u) by gumbel(0.5); y = sum(b * iota(3))",
               ""},
       }) {
    const std::string lines = row.text;
    const bool none = std::string(row.codes) == "none";
    const std::string file =
        "data c : npy(\"x.npy\") as f32[3] in [0,1]\n"
        "param a : f32[3] = 1\n"
        "net F(x: f32[3]) -> f32 { linear(x, 1) }\n"
        "step train_f(x) { minimize F(x)^2 + sum(a^2) over F, a using "
        "sgd(1e-3) }\n";
    const std::string end =
        "train { train_f(next c.train) } for 2 rounds, batch 2\n";
    const std::string minimized = file + "step fit(x) { u = x * a; " + lines +
                                  "; minimize y over a using sgd(1e-3) }\n" +
                                  "train t { train_f(next c.train); fit(same "
                                  "c.train) } for 2 rounds, batch 2\n";
    Said said = saidOf(minimized);
    EXPECT_EQ(errorOf(said), none ? "E0403" : row.codes)
        << lines << said.messages;
    const std::string slope = "{ u = 2 * x; " + lines + "; ";
    for (const std::string &text :
         {file + end + "proc p(x from c.train, n = all) batch 4 " + slope +
              "emit csv(grad(y, u)) }\n",
          file + "step fit(x) " + slope +
              "minimize sum(a^2) * sum(grad(y, u)^2) over a using sgd(1e-3) "
              "}\ntrain t { train_f(next c.train); fit(same c.train) } for 2 "
              "rounds, batch 2\n",
          file + "step fit(x) " + slope + "minimize sum(a^2) * stop(y) " +
              "over a using sgd(1e-3) }\n" +
              "train t { train_f(next c.train); fit(same c.train) } for 2 "
              "rounds, batch 2\nreport r = sum(grad(y, u)) of fit on c.train "
              "every 1 round\n"}) {
      said = saidOf(text);
      EXPECT_EQ(errorOf(said), none ? "E0416" : row.codes)
          << text << said.messages;
    }
  }
}

//===----------------------------------------------------------------------===//
// Numbers outside of their ranges
//===----------------------------------------------------------------------===//

// A place with a range has it for constants, defaults of hypers and schedules.
TEST(Refusals, NumbersOutsideOfTheirRanges) {
  struct Place {
    const char *over, *lines, *good, *bad, *code;
  };
  const char *none = "", *plain = "sgd(1e-3)";
  for (const Place &place : {
           Place{"sgd({})", none, "1", "-1", "E0409"},
           Place{"sgd(1, momentum: {})", none, "0.5", "1", "E0409"},
           Place{"adam(1, b2: {})", none, "0.5", "-1", "E0409"},
           Place{"sgd(1), clip {}", none, "1", "-1", "E0410"},
           Place{"sgd(1), keep in [0, {}]", none, "1", "-1", "E0585"},
           Place{"sgd(1), keep in [{}, 1]", none, "0.5", "2", "E0585"},
           Place{plain, "z ~ Bernoulli({})", "1", "1.5", "E0423"},
           Place{plain, "z ~ Bernoulli({})", "0", "-1", "E0423"},
           Place{plain, "z ~ Uniform(0, {})", "1", "-1", "E0424"},
           Place{plain, "z ~ Uniform({}, 2)", "1", "3", "E0424"},
           Place{plain, "z ~ Normal(0, {})", "1", "-1", "E0422"},
           Place{plain, "z ~ Normal(0, var: {})", "1", "-1", "E0422"},
           Place{plain, "z ~ Laplace(0, {})", "1", "-1", "E0422"},
           Place{plain, "z ~ Gamma({}, 1)", "1", "-1", "E0422"},
           Place{plain, "z ~ Gamma(2, {})", "1", "-1", "E0422"},
           Place{plain, "z ~ Beta({}, 1)", "1", "-1", "E0422"},
           Place{plain, "z ~ Beta(1, {})", "1", "-1", "E0422"},
           Place{plain, "z = log_prob(Normal(0, {}), 1)", "1", "-1", "E0422"},
           Place{plain, "z ~ Bernoulli(logits: a) by gumbel({})", "1", "-1",
                 "E0448"},
           Place{plain, "z = ramp(0 -> 1, over {} rounds)", "1", "-1", "E0519"},
           Place{plain, "z = ramp({} -> 1, over 9 rounds, shape: exp)", "1",
                 "-1", "E0458"},
           Place{plain, "z = ramp(-2 -> {}, over 9 rounds, shape: exp)", "-1",
                 "1", "E0458"},
       }) {
    const bool hasLines = *place.lines != 0;
    const auto codesOf = [&](const std::string &declared,
                             const std::string &number,
                             const std::string &lasts) {
      const Said said = saidOf(fmt::format(
          "data c : npy(\"x.npy\") as f32[3]\n"
          "param a : f32 = 1\n{}\n"
          "step fit(x) {{\n  {}\n  minimize a^2 * sum(x^2){} over a using {}\n"
          "}}\ntrain {{ fit(next c.train) }} for {}, batch 2\n",
          declared, fmt::format(fmt::runtime(place.lines), number),
          hasLines ? " + z" : "", fmt::format(fmt::runtime(place.over), number),
          lasts));
      return errorOf(said);
    };
    const std::string shown = std::string(place.over) + " " + place.lines + " ";
    const std::string long_ = "1000 rounds", counted = "5 epochs";
    EXPECT_EQ(codesOf("", place.good, long_), "") << shown;
    EXPECT_EQ(codesOf("", place.bad, long_), place.code) << shown;
    const auto of = [](const char *how, const Place &p) {
      return fmt::format(fmt::runtime(how), fmt::arg("good", p.good),
                         fmt::arg("bad", p.bad));
    };
    EXPECT_EQ(codesOf(of("hyper h = {good}", place), "h", long_), "") << shown;
    EXPECT_EQ(codesOf(of("hyper h = {bad}", place), "h", long_), place.code)
        << shown;
    EXPECT_EQ(
        codesOf(of("hyper h = 2 * {bad}\nlet l = h / 2", place), "l", long_),
        "E0482")
        << shown;
    for (const std::string &lasts : {long_, counted}) {
      EXPECT_EQ(
          codesOf(of("let l = ramp({good} -> {good}, over 3 rounds)", place),
                  "l", lasts),
          "")
          << shown;
      for (const char *moving :
           {"let l = ramp({good} -> {bad}, over 3 rounds)",
            "let l = ramp({bad} -> {good}, over 3 rounds)",
            "let l = ramp({good} -> {bad}, over 3 rounds, shape: cosine)",
            "hyper h = {bad}\nlet l = ramp({good} -> h, over 3 rounds)",
            "let l = piecewise({good}, {bad} at 3 rounds, {good} at 4 "
            "rounds)"}) {
        EXPECT_EQ(codesOf(of(moving, place), "l", lasts), "E0482")
            << shown << moving << " of " << lasts;
      }
    }
  }
}

// What ends where a range begins does not leave it; nor does what is never
// reached, or what gives the number that trains.
TEST(Refusals, NumbersAtTheirRanges) {
  for (const Row &row : {
           Row{"clip ramp(1 -> 0, over 3 rounds)", ""},
           Row{"clip ramp(1 -> -1, over 2000 rounds)", ""},
           Row{"clip ramp(1 -> -1, over 2000 rounds, from 1 rounds)", ""},
           Row{"clip ramp(1 -> -1, over 1900 rounds)", "E0482"},
           Row{"clip ramp(2 -> 1, over 3 rounds) - 1.5", "E0482"},
           Row{"clip abs(a)", ""},
           Row{"clip s", ""},
           Row{"clip 2 * s", ""},
           Row{"keep in [-h, h]", ""},
           Row{"keep in [h, -h]", "E0482"},
           Row{"keep in [h, h]", "E0585"},
       }) {
    const Said said = saidOf(fmt::format(
        "hyper h = 1\nparam a : f32 = 1\nstate s : f32 = 1\n"
        "step fit() {{ minimize a^2 + s * h over a using sgd(1), {} }}\n"
        "train {{ fit() }} for 1000 rounds\n",
        row.text));
    EXPECT_EQ(errorOf(said), row.codes) << row.text << said.messages;
  }
}

// What is declared without a range is held to [0, 1] where that is the support.
TEST(Meaning, DataAreHeldToTheSupport) {
  const std::pair<const char *, bool> objectives[] = {
      {"sum(bce(logits: a * x, target: x))", true},
      {"sum(bce(probs: sigmoid(a), target: x))", true},
      {"sum(bce(logits: a[0], target: x[1:]))", true},
      {"-log_prob(Bernoulli(logits: a, grey: true), x)", true},
      {"-log_prob(Beta(exp(a), 2), x)", true},
      {"-log_prob(Normal(a, 1), x)", false},
      {"sum(mse(a, x))", false},
      {"-log_prob(Gamma(exp(a), 2), x)", false},
  };
  for (const auto &[objective, held] : objectives) {
    SCOPED_TRACE(objective);
    test::Parsed parsed = test::parseText(
        fmt::format("data m : npy(\"x.npy\") as f32[3]\nparam a : f32[3] = 1\n"
                    "step fit(x) {{ minimize {} over a using sgd(0.1) }}\n"
                    "train {{ fit(next m.train) }} for 2 rounds, batch 2\n",
                    objective));
    auto program = check(parsed.result.file, *parsed.source, Options(),
                         *parsed.diagnostics);
    ASSERT_TRUE(program) << parsed.diagnostics->render();
    EXPECT_EQ(program->datasets[0].fields[0].bounded, held);
  }
}

} // namespace
} // namespace gmc::dsl
