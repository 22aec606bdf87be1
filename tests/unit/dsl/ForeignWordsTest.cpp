//===- ForeignWordsTest.cpp - remedies are texts that hold ----------------===//
#include "dsl/base/ForeignWords.h"

#include "dsl/base/SpellingHint.h"
#include "tests/unit/dsl/CheckText.h"

#include <gtest/gtest.h>

#include <cctype>
#include <set>

namespace gmc::dsl {
namespace {

using Place = ForeignWord::Place;

bool mentions(std::string_view text, std::string_view name) {
  auto isPart = [&](size_t i) {
    return i < text.size() &&
           (std::isalnum(static_cast<unsigned char>(text[i])) ||
            text[i] == '_');
  };
  for (size_t at = text.find(name); at != text.npos;
       at = text.find(name, at + 1)) {
    if (!(at > 0 && isPart(at - 1)) && !isPart(at + name.size())) {
      return true;
    }
  }
  return false;
}

/// The names that remedies use, and lines that give them values.
const std::pair<const char *, const char *> variables[] = {
    {"t", "exp(x)"},
    {"p", "softmax(x)"},
    {"v", "exp(x)"},
    {"r", "x^2"},
    {"m", "reshape(concat(x, x, x), 6, 3)"},
    {"n", "reshape(concat(x, x, x), 3, 6)"},
    {"w", "reshape(iota(48), 6, 8)"},
    {"l", "mean(D(x))"}};

/// A text with the remedy of `row` in its place.
std::string textWith(const ForeignWord &row) {
  const std::string remedy(row.remedy);
  const bool image = row.place == Place::ImageLayer;
  const bool layer = image || row.place == Place::Layer;
  const bool line = row.place == Place::Line;
  const bool trains = line && remedy.starts_with("minimize");
  const bool labels = mentions(remedy, "y");
  const std::string event = image ? "f32[3,8,8]" : "f32[6]";
  std::string text = "data c : npy(\"x.npy\") as (x: " + event + " in [0,1]" +
                     (labels ? ", y: label[6])\n" : ")\n") +
                     "net D(x: " + event +
                     ") -> f32[6] { x |> flatten |> linear(6) }\n";
  if (layer) {
    text += "net N(x: " + event + ") -> map { x |> " + remedy + " }\n";
  }
  text += std::string("step fit(x") + (labels ? ", y" : "") + ")" +
          (trains ? ""
           : line ? " -> z"
                  : " -> value") +
          " {\n";
  for (const auto &[name, value] : variables) {
    if (!layer && mentions(remedy, name)) {
      text += std::string("  ") + name + " = " + value + "\n";
    }
  }
  if (line) {
    text += "  " + remedy + "\n";
  } else {
    bool optimises = row.place == Place::Optimizer;
    text += "  value = " + (layer ? "N(x)" : optimises ? "x" : remedy) + "\n";
  }
  if (!trains) {
    text += "  minimize mean(D(x)) over D using " +
            (row.place == Place::Optimizer ? remedy : "sgd(0.1)") + "\n";
  }
  return text + "}\ntrain { fit(next c.train) } for 100 rounds, batch 4\n";
}

TEST(ForeignWords, RemediesHold) {
  for (const ForeignWord &row : foreignWords()) {
    if (row.place == Place::Label || row.place == Place::None) {
      continue;
    }
    std::string text = textWith(row);
    std::string said = test::checkText(text, "remedy.gm");
    EXPECT_EQ(said.find("error["), std::string::npos) << row.word << "\n"
                                                      << text << said;
  }
}

TEST(ForeignWords, RowsAreWellFormed) {
  std::set<std::string> seen;
  for (const ForeignWord &row : foreignWords()) {
    EXPECT_EQ(row.word, plainSpelling(row.word));
    if (row.place == Place::Label) {
      continue;
    }
    EXPECT_TRUE(seen.emplace(row.word).second) << row.word << " stands twice";
    EXPECT_EQ(row.remedy.empty(), row.place == Place::None) << row.word;
    EXPECT_FALSE(row.remedy.empty() && row.note.empty()) << row.word;
  }
}

TEST(ForeignWords, AreFoundInEveryCase) {
  EXPECT_EQ(foreignHelp("detach"), "`detach` is written `stop(x)`");
  for (const char *word :
       {"LogSoftmax", "BatchNorm2d", "BCEWithLogitsLoss", "clip_grad_norm_",
        "ones_like", "mse_loss", "MSELoss", "True", "stop_gradient", "Dense",
        "no_grad", "cat", "view", "unsqueeze", "cosh", "tan", "atan"}) {
    EXPECT_TRUE(foreignHelp(word)) << word;
  }
  for (const char *word : {"latent", "Enc", "wibble", "h"}) {
    EXPECT_FALSE(foreignHelp(word)) << word;
  }
  EXPECT_TRUE(foreignLabel("dim", {"x", "over"}));
  EXPECT_FALSE(foreignLabel("dim", {"x", "n"}));
}

//===----------------------------------------------------------------------===//
// Where they are told
//===----------------------------------------------------------------------===//

/// What is said of a step with `line`, whose value is `v`.
std::string saidOf(const std::string &line) {
  return test::checkText(
      "data c : npy(\"x.npy\") as f32[6]\n"
      "net D(x: f32[6]) -> f32[6] { x |> linear(6) }\n" +
          std::string(mentions(line, "twice") ? "def twice(f, x) = f + x\n"
                                              : "") +
          "step fit(x) -> v {\n  " + line +
          "\n  minimize mean(D(x)) over D using sgd(0.1)\n}\n"
          "train { fit(next c.train) } for 10 rounds, batch 4\n",
      "test.gm");
}

TEST(ForeignWords, HelpWhereTheyStand) {
  const std::pair<const char *, const char *> cases[] = {
      {"v = detach(x)", "`stop(x)`"},
      {"v = x.detach()", "`stop(x)`"},
      {"v = torch.where(x > 0, x, 0)", "`if x > 0 then x else t`"},
      {"v = jnp.where(x > 0, x, 0)", "`if x > 0 then x else t`"},
      {"v = where(x > 0, x, 0)", "`if x > 0 then x else t`"},
      {"v = x.view(2, 3)", "`reshape(x, 2, 3)`"},
      {"v = permute(x, 0, 2, 1)", "`transpose(m, 1, 0)`"},
      {"v = cat(x, x)", "`concat(x, t)`"},
      {"v = cosh(x)", "`(exp(x) + exp(-x)) / 2`"},
      {"v = tan(x)", "`sin(x) / cos(x)`"},
      {"v = log2(x)", "`log(x) / log(2)`"},
      {"v = log10(x)", "`log(x) / log(10)`"},
      {"v = torch.exp(x)", "by its name alone: `exp(..)`"},
      {"v = F.relu(x)", "by its name alone: `relu(..)`"},
      {"v = x.mean()", "by its name alone: `mean(..)`"},
      {"v = x |> nn.ReLU", "did you mean `relu(..)`"},
      {"v = nn.functional.mse_loss(x, x)", "`mean(mse(x, t))`"},
      {"v = F.binary_cross_entropy_with_logits(x, x)",
       "`mean(bce(logits: x, target: t))`"},
      {"v = x.shape", "`count(batch)`"},
      {"v = x.size(0)", "`count(batch)`"},
      {"v = x.T", "`transpose(m)`"},
      {"v = torch.pi * x", "`3.141592653589793`"},
      {"v = randn(6)", "`z ~ Normal(0, 1)[6]`"},
      {"v = x ** 2", "`a^2`"},
      {"v = x // 2", "`(a - a % b) / b`"},
      {"v = x > 0 && x < 1", "`and`"},
      {"v = x > 0 || x < 1", "`or`"},
      {"v = !x", "`not`"},
      {"v = sum(x, dim: 0)", "`dim:` is written `over:`"},
      {"v = concat(x, x, dim: 0)", "`dim:` is written `axis:`"},
      {"v = True", "`true` or `false`"},
      {"v = x[:, None]", "`new`"},
      {"v = x if x > 0 else 0", "`if c then a else b`"},
      {"v = x\n  v.backward()\n  u = 1",
       "`minimize l over D using adam(1e-3)`"},
      {"v = x\n  for i in range(3):", "`scan i in 0..<5"},
      {"v = x\n  v += 1", "`k <- k + 1`"},
  };
  for (const auto &[line, help] : cases) {
    std::string said = saidOf(line);
    EXPECT_NE(said.find(help), std::string::npos) << line << "\n" << said;
  }
}

TEST(ForeignWords, NetsAndGradientsAreNotReplaced) {
  const std::pair<const char *, const char *> cases[] = {
      {"v = D.linear0.weight", "weights are no values of the text"},
      {"v = sum(D)", "its weights are no value"},
      {"v = grad(mean(x), D)", "`minimize .. over D` takes the gradient"},
      {"v = twice(D, x)", "call `D` by its name within the `def`"},
      {"v = twice(relu, x)", "call `relu` by its name within the `def`"},
      {"v = grad(x^2, x)", "a row of the Jacobian"},
      {"v = stack(grad(x[i]^2, x) for i in 0..<6, over: i)",
       "a row of the Jacobian"},
      {"h = x^2\n  v = stack(grad(h[i], x) for i in 0..<6, over: i)",
       "`scan i in 0..<6 carry n = 0 { n <- n + 1; yield grad(h[i], x) }`"}};
  for (const auto &[line, help] : cases) {
    std::string said = saidOf(line);
    EXPECT_NE(said.find(help), std::string::npos) << line << "\n" << said;
    EXPECT_EQ(said.find("mean(.., over: i)"), std::string::npos) << said;
    EXPECT_EQ(said.find("call it"), std::string::npos) << said;
  }
  // The remedy does what it says.
  EXPECT_EQ(saidOf("h = x^2\n  v = scan i in 0..<6 carry n = 0 { n <- n + 1; "
                   "yield grad(h[i], x) }")
                .find("error"),
            std::string::npos);
}

// It was accepted, and nothing was trained.
TEST(ForeignWords, AMemberIsNoOptimiser) {
  for (const char *optimizer :
       {"torch.adam", "optim.Adam(1e-3)", "torch.optim.SGD(0.1)"}) {
    std::string said = test::checkText(
        "param a : f32 = 1\nstep fit() { minimize a^2 over a using " +
            std::string(optimizer) + " }\ntrain { fit() } for 10 rounds\n",
        "test.gm");
    EXPECT_NE(said.find("error[E040"), std::string::npos) << said;
  }
}

TEST(ForeignWords, AForgottenNextIsOneError) {
  for (const char *turns :
       {"fit(c.train)", "fit(c)", "fit(next(c.train))", "fit(c.test)"}) {
    std::string said = test::checkText(
        "data c : npy(\"x.npy\") as f32[6]\n"
        "net D(x: f32[6]) -> f32[6] { x |> linear(6) }\n"
        "let lr = ramp(1 -> 0, over 1 epochs)\n"
        "step fit(x) { minimize mean(D(x)) over D using sgd(lr) }\ntrain { " +
            std::string(turns) + " } for 10 epochs, batch 4\n",
        "test.gm");
    EXPECT_NE(said.find("help: `next c."), std::string::npos) << said;
    EXPECT_EQ(said.find("error["), said.rfind("error[")) << said;
  }
  EXPECT_NE(test::checkText("train { x = c.train } for 1 rounds", "test.gm")
                .find("`next c.train`"),
            std::string::npos);
}

} // namespace
} // namespace gmc::dsl
