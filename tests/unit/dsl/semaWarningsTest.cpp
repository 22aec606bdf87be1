//===- semaWarningsTest.cpp - what a good text is warned of ---------------===//
//
// Scores that are taken for what they are not, and objectives that go the wrong
// way: each expression with the codes that are said of it, in a text that has
// nothing else to say.
//
//===----------------------------------------------------------------------===//
#include "dsl/sema/Sema.h"
#include "tests/unit/dsl/CheckText.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace gmc::dsl {
namespace {

/// The codes of all that is said of `text`, without repetitions.
std::string codesOf(const std::string &text) {
  test::Parsed parsed = test::parseText(text);
  if (parsed.result.ok) {
    check(parsed.result.file, *parsed.source, Options(), *parsed.diagnostics);
  }
  std::string codes;
  for (const Diagnostic &diagnostic : parsed.diagnostics->diagnostics()) {
    std::string code = diagnostic.code();
    if (codes.find(code) == std::string::npos) {
      codes += (codes.empty() ? "" : " ") + code;
    }
  }
  return codes;
}

//===----------------------------------------------------------------------===//
// logits and probs
//===----------------------------------------------------------------------===//

/// Nets by the letter that an objective calls them by.
const std::pair<char, const char *> nets[] = {
    {'D', "net D(x: f32[6]) -> f32[6] { x |> linear(6) |> sigmoid }\n"},
    {'S', "net S(x: f32[6]) -> f32[6] { x |> linear(6) |> softmax }\n"},
    {'L', "net L(x: f32[6]) -> f32[6] { x |> linear(6) }\n"},
    {'T', "net T(x: f32[6]) -> f32[6] { x |> linear(6) |> tanh }\n"},
    {'R', "net R(x: f32[6]) -> p: f32[6], q: f32[6] { h = linear(x, 6); "
          "p = sigmoid(h); q = relu(h) }\n"},
    {'G', "net G(x: f32[6]) -> logits: f32[6] { "
          "logits = x |> linear(6) |> sigmoid }\n"},
    {'P', "net P(x: f32[6]) -> probs: f32[6] { probs = x |> linear(6) }\n"},
};

/// A text that minimises `objective` over the nets that it calls.
std::string textOf(const std::string &objective, const char *clause = "") {
  std::string text = "data c : npy(\"x.npy\") as (x: f32[6] in {0,1}, y: "
                     "label[6]), binarize(each epoch)\n";
  std::string over;
  for (const auto &[letter, net] : nets) {
    if (objective.find(std::string(1, letter) + "(x)") != std::string::npos) {
      text += net;
      over += (over.empty() ? "" : ", ") + std::string(1, letter);
    }
  }
  return text + "step fit(x, y) {\n  minimize " + objective + " + 0 * y over " +
         over + " using sgd(0.1)" + clause +
         "\n}\ntrain { fit(next c.train) } for 1 rounds, batch 2\n";
}

/// Where `%` stands in `form`, `score`.
std::string filled(std::string form, const std::string &score) {
  return form.replace(form.find('%'), 1, score);
}

void expectCodes(const char *codes, const std::vector<std::string> &forms,
                 const std::vector<std::string> &scores) {
  for (const std::string &form : forms) {
    for (const std::string &score : scores) {
      std::string objective = filled(form, score);
      EXPECT_EQ(codesOf(textOf(objective)), codes) << objective;
    }
  }
}

const std::vector<std::string> bitLogits = {
    "sum(bce(logits: %, target: x))", "-log_prob(Bernoulli(logits: %), x)"};
const std::vector<std::string> bitProbs = {"sum(bce(probs: %, target: x))",
                                           "-log_prob(Bernoulli(%), x)"};
const std::vector<std::string> classLogits = {
    "xent(logits: %, label: y)", "-log_prob(Categorical(logits: %), y)",
    "-log_prob(OneHot(logits: %), onehot(y, 6))"};
const std::vector<std::string> classProbs = {
    "-log_prob(Categorical(%), y)", "-log_prob(OneHot(%), onehot(y, 6))"};

TEST(Scores, LogitsThatAreProbabilities) {
  expectCodes("W0606", bitLogits,
              {"D(x)", "reshape(D(x), 6)", "R(x).p", "S(x)", "1 - D(x)",
               "(D(x) |> reshape(2, 3) |> reshape(6))", "D(x)^2",
               "clamp(D(x), 0.001, 0.999)", "0.5 * (D(x) + S(x))",
               "max(D(x), 0.01)", "if x > 0 then D(x) else S(x)",
               "exp(log_sigmoid(L(x)))"});
  expectCodes("W0606", classLogits,
              {"S(x)", "D(x)", "softmax(L(x))", "R(x).p", "exp(log(S(x)))",
               "(S(x) |> reshape(2, 3) |> reshape(6))",
               "clamp(S(x), 1e-6, 1)"});
  EXPECT_EQ(codesOf(textOf("-log_prob(Bernoulli(G(x)), x)")), "W0606");
  EXPECT_EQ(codesOf(textOf("-log_prob(Mixture(Normal(lift(L(x), 0 as m), 1), "
                           "logits: lift(S(x), 0 as m), over: m), 0.3)")),
            "W0606");
}

// Classes take logarithms of probabilities for logits, bits do not.
TEST(Scores, LogitsThatAreLogarithms) {
  const std::vector<std::string> logs = {"log(D(x))", "log(1 - D(x))",
                                         "log_sigmoid(L(x))", "log(S(x))",
                                         "(L(x) - logsumexp(L(x)))"};
  expectCodes("W0606", bitLogits, logs);
  expectCodes("", classLogits, logs);
}

TEST(Scores, LogitsThatMayBeAnything) {
  const std::vector<std::string> free = {
      "L(x)",          "2 * D(x) - 1", "T(x)",     "3 * D(x)",    "R(x).q",
      "(L(x) * D(x))", "D(x) / 0.1",   "5 * T(x)", "L(x) + D(x)", "-D(x)"};
  expectCodes("", bitLogits, free);
  expectCodes("", classLogits, free);
  expectCodes("", bitLogits, {"log(D(x)) - log(1 - D(x))"});
}

TEST(Scores, ProbsThatLayersGive) {
  expectCodes("W0607", bitProbs,
              {"L(x)", "T(x)", "relu(L(x))", "exp(L(x))", "2 * D(x)",
               "(L(x) |> reshape(2, 3) |> reshape(6))", "D(x) - 0.5",
               "softplus(L(x))", "R(x).q", "L(x) + 1"});
  expectCodes("W0607", classProbs, {"L(x)", "T(x)", "D(x) - 0.5"});
  EXPECT_EQ(codesOf(textOf("-log_prob(Bernoulli(P(x)), x)")), "W0607");
  EXPECT_EQ(codesOf(textOf("-log_prob(Mixture(Normal(lift(D(x), 0 as m), 1), "
                           "probs: lift(L(x), 0 as m), over: m), 0.3)")),
            "W0607");
}

TEST(Scores, ProbsThatLieBetween0And1) {
  expectCodes("", bitProbs,
              {"D(x)", "S(x)", "clamp(L(x), 0, 1)", "relu(T(x))",
               "0.5 * T(x) + 0.5", "(T(x) + 1) / 2", "exp(-softplus(L(x)))",
               "1 - D(x)", "(D(x) * S(x))", "(D(x) - D(x) * S(x))",
               "0.9 * D(x) + 0.05", "abs(T(x))"});
  expectCodes("", classProbs, {"S(x)", "relu(L(x))", "exp(L(x))", "D(x)"});
  // Weights that a clause holds may well give probabilities.
  EXPECT_EQ(
      codesOf(textOf("-log_prob(Bernoulli(L(x)), x)", ", keep in [0, 0.1]")),
      "");
}

//===----------------------------------------------------------------------===//
// Which way an objective goes
//===----------------------------------------------------------------------===//

/// A VAE with `lines` for its objectives; ` !` is its nets and an optimiser.
std::string vaeWith(std::string lines) {
  for (size_t at; (at = lines.find(" !")) != std::string::npos;) {
    lines.replace(at, 2, " over Enc, Dec using adam(1e-3)");
  }
  std::string hyper =
      lines.find("w *") == std::string::npos ? "" : "hyper w = 0.5\n";
  return "data c : npy(\"x.npy\") as f32[6] in {0,1}, binarize(each epoch)\n" +
         hyper +
         "net Enc(x: f32[6]) -> mu: f32[2], logvar: f32[2] {\n"
         "  mu = linear(x, 2); logvar = linear(x, 2)\n}\n"
         "net Dec(z: f32[2]) -> f32[6] { z |> linear(6) }\n"
         "step fit(x) {\n"
         "  z ~ Normal(0, 1)[2] via Normal(Enc(x))\n"
         "  x ~ Bernoulli(logits: Dec(z))\n  " +
         lines + "\n}\ntrain { fit(next c.train) } for 9 rounds, batch 2\n";
}

TEST(Aims, ObjectivesThatGoTheWrongWay) {
  for (const char *lines :
       {"minimize elbo !", "maximize -elbo !", "minimize elbo(beta: 2) !",
        "minimize 0.1 * elbo + 1 !", "minimize -(-elbo) !",
        "a = elbo\n  minimize a !", "a = -elbo\n  b = a\n  maximize b !",
        "minimize iwae(5) !", "maximize nll(importance: 5) !",
        "minimize -nll(importance: 5) !", "maximize bpd(importance: 2) !",
        "minimize log_prob(x) + kl(z) !", "minimize -log_prob(x) - w * kl(z) !",
        "a = log_prob(x)\n  b = a - kl(z)\n  minimize b !",
        "minimize mean(elbo, over: batch) !", "minimize elbo / 6 !",
        "minimize ramp(0.1 -> 1, over 5 rounds) * elbo !",
        "maximize kl(z) over Enc using sgd(0.1)",
        "minimize log_prob(Bernoulli(logits: Dec(z)), x) !"}) {
    std::string codes = codesOf(vaeWith(lines));
    EXPECT_NE(codes.find("W0608"), std::string::npos) << lines << codes;
    EXPECT_EQ(codes.find('E'), std::string::npos) << lines << codes;
  }
  EXPECT_EQ(codesOf(vaeWith("minimize elbo over Enc using adam(1e-3)\n"
                            "  minimize elbo over Dec using sgd(0.1)")),
            "W0608");
}

TEST(Aims, ObjectivesThatGoTheirWay) {
  for (const char *lines :
       {"minimize -elbo !", "maximize elbo !", "maximize iwae(5) !",
        "minimize -log_prob(x) + w * kl(z) !", "minimize nll(importance: 5) !",
        "minimize abs(kl(z) - 3) - log_prob(x) !", "minimize exp(elbo) !",
        "minimize max(0, 3 - kl(z)) - log_prob(x) !",
        "minimize -log_prob(x) + max(kl(z), 1) !",
        "minimize bpd(importance: 2) !",
        // One plays against the other.
        "minimize elbo over Enc using adam(1e-3)\n"
        "  maximize elbo over Dec using adam(1e-3)"}) {
    EXPECT_EQ(codesOf(vaeWith(lines)), "") << lines;
  }
}

// What the domain classifier learns, the features unlearn.
TEST(Aims, AdversariesMoveSomeParametersOnly) {
  EXPECT_EQ(codesOf("data c : npy(\"x.npy\") as (x: f32[6], y: label[3])\n"
                    "net F(x: f32[6]) -> f32[4] { x |> linear(4) }\n"
                    "net C(h: f32[4]) -> f32[3] { h |> linear(3) }\n"
                    "step fit(x, y) {\n"
                    "  l = log_prob(Categorical(logits: C(F(x))), y)\n"
                    "  maximize l over C using sgd(0.1)\n"
                    "  minimize l over F using sgd(0.1)\n}\n"
                    "train { fit(next c.train) } for 9 rounds, batch 2\n"),
            "");
}

} // namespace
} // namespace gmc::dsl
