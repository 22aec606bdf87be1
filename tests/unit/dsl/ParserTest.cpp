//===- ParserTest.cpp - the grammar (R-syn-*) and recovery ----------------===//
#include "dsl/ast/Printer.h"
#include "dsl/lex/Lexer.h"
#include "tests/unit/dsl/CheckText.h"

#include <gtest/gtest.h>

#include <random>

namespace gmc::dsl {
namespace {

using namespace ast;
using test::Parsed;
using test::parseText;

/// Returns the expression of `let a = TEXT`.
struct ParsedExpr {
  Parsed parsed;
  const Expr *expr = nullptr;

  explicit ParsedExpr(const std::string &text)
      : parsed(parseText("let a = " + text + "\n")) {
    EXPECT_TRUE(parsed.result.ok) << parsed.diagnostics->render();
    if (parsed.result.ok) {
      auto &value = cast<ValueDecl>(*parsed.result.file.declarations.at(0));
      expr = value.bindings.at(0).value.get();
    }
  }
};

/// Writes an expression with all its parentheses.
std::string grouped(const Expr &expr) {
  switch (expr.kind) {
  case ExprKind::Name:
    return cast<NameExpr>(expr).text;
  case ExprKind::Number:
    return cast<NumberExpr>(expr).text +
           (cast<NumberExpr>(expr).percent ? "%" : "");
  case ExprKind::Unary: {
    auto &unary = cast<UnaryExpr>(expr);
    const char *op = unary.op == UnaryOp::Not ? "not " : "-";
    return "(" + (op + grouped(*unary.operand)) + ")";
  }
  case ExprKind::Binary: {
    auto &binary = cast<BinaryExpr>(expr);
    return "(" + grouped(*binary.left) + " " + spellingOf(binary.op) + " " +
           grouped(*binary.right) + ")";
  }
  case ExprKind::Pipe: {
    std::string out = "(";
    for (const ExprPtr &stage : cast<PipeExpr>(expr).stages) {
      out += (out.size() > 1 ? " |> " : "") + grouped(*stage);
    }
    return out + ")";
  }
  case ExprKind::If: {
    auto &choice = cast<IfExpr>(expr);
    return "(if " + grouped(*choice.condition) + " then " +
           grouped(*choice.thenValue) + " else " + grouped(*choice.elseValue) +
           ")";
  }
  case ExprKind::Comprehension: {
    auto &loop = cast<ComprehensionExpr>(expr);
    return "(" + grouped(*loop.element) + " for " + loop.variable.text +
           " in " + grouped(*loop.source) + ")";
  }
  case ExprKind::Span: {
    auto &span = cast<SpanExpr>(expr);
    return "(" + grouped(*span.from) + (span.exclusive ? "..<" : "..") +
           grouped(*span.to) + ")";
  }
  case ExprKind::Member: {
    auto &member = cast<MemberExpr>(expr);
    return grouped(*member.object) + "." + member.member.text;
  }
  case ExprKind::Call: {
    auto &call = cast<CallExpr>(expr);
    return grouped(*call.callee) + "(" +
           (call.arguments.empty() ? "" : grouped(*call.arguments[0].value)) +
           ")";
  }
  default:
    return "?";
  }
}

std::string groupedText(const std::string &text) {
  ParsedExpr parsed(text);
  return parsed.expr ? grouped(*parsed.expr) : "";
}

// R-syn-3: precedence, loosest first.
TEST(Parser, BindsByPrecedence) {
  EXPECT_EQ(groupedText("a + b * c"), "(a + (b * c))");
  EXPECT_EQ(groupedText("a - b - c"), "((a - b) - c)");
  EXPECT_EQ(groupedText("-a^2"), "(-(a ^ 2))");
  EXPECT_EQ(groupedText("a^-b"), "(a ^ (-b))");
  EXPECT_EQ(groupedText("2^3^4"), "(2 ^ (3 ^ 4))");
  EXPECT_EQ(groupedText("-a * b"), "((-a) * b)");
  EXPECT_EQ(groupedText("a @ b / c % d"), "(((a @ b) / c) % d)");
  EXPECT_EQ(groupedText("not a == b and c"), "((not (a == b)) and c)");
  EXPECT_EQ(groupedText("a or b and c"), "(a or (b and c))");
  EXPECT_EQ(groupedText("0..n + 1"), "(0..(n + 1))");
  EXPECT_EQ(groupedText("a < n - 1"), "(a < (n - 1))");
  EXPECT_EQ(groupedText("a + b |> f |> g"), "((a + b) |> f |> g)");
  EXPECT_EQ(groupedText("if a then b |> f else c |> g"),
            "(if a then (b |> f) else (c |> g))");
  EXPECT_EQ(groupedText("if a then b else c for t in s"),
            "((if a then b else c) for t in s)");
  EXPECT_EQ(groupedText("f(x).y(z)"), "f(x).y(z)");
  EXPECT_EQ(groupedText("-f(x).mu^2"), "(-(f(x).mu ^ 2))");
}

// R-syn-4: `10%` is a tenth, `10 % 3` a remainder.
TEST(Parser, TellsPercentFromRemainder) {
  EXPECT_EQ(groupedText("10%"), "10%");
  EXPECT_EQ(groupedText("10 % 3"), "(10 % 3)");
  EXPECT_EQ(groupedText("10%3"), "(10 % 3)");
  EXPECT_EQ(groupedText("10% + 1"), "(10% + 1)");
  ParsedExpr percent("10%");
  EXPECT_EQ(cast<NumberExpr>(*percent.expr).value, 0.1);
}

/// Returns the number of statements of a body made of `lines`.
size_t statements(const std::string &lines) {
  Parsed parsed = parseText("step s() {\n" + lines + "\n}\n");
  EXPECT_TRUE(parsed.result.ok) << parsed.diagnostics->render();
  return cast<StepDecl>(*parsed.result.file.declarations.at(0))
      .body.statements.size();
}

// R-syn-1: where a newline ends a statement.
TEST(Parser, EndsStatementsAtNewlines) {
  EXPECT_EQ(statements("a = 1\nb = 2"), 2u);
  EXPECT_EQ(statements("a = 1; b = 2;"), 2u);
  EXPECT_EQ(statements("a = 1 +\n 2"), 1u);
  EXPECT_EQ(statements("a = 1\n + 2"), 1u);
  EXPECT_EQ(statements("a = x\n |> f\n |> g"), 1u);
  EXPECT_EQ(statements("a = f(1,\n\n 2\n)"), 1u);
  EXPECT_EQ(statements("a = [1\n, 2]"), 1u);
  EXPECT_EQ(statements("a =\n 1"), 1u);
  EXPECT_EQ(statements("a = b\n(c)"), 2u);
  EXPECT_EQ(statements("a = b\n[c]"), 2u);
  EXPECT_EQ(statements("minimize a\n over G\n using adam(1)"), 1u);
}

// R-syn-2: at the begin of a line `- x` goes on and `-x` begins anew.
TEST(Parser, TellsMinusFromNegation) {
  EXPECT_EQ(statements("a = b\n - c"), 1u);
  EXPECT_EQ(statements("a = b\n -c"), 2u);
  EXPECT_EQ(statements("a = (b\n -c)"), 1u);
}

TEST(Parser, ReadsDrawsAndSlices) {
  EXPECT_EQ(statements("z[k: 50] ~ q"), 1u);
  EXPECT_EQ(statements("h[a:b]"), 1u);
  EXPECT_EQ(statements("h[:, 1:T, new, i]"), 1u);
}

TEST(Parser, ReadsTheModels) {
  for (const auto &path : test::programsOf("syntax")) {
    Parsed parsed = parseText(test::readFile(path));
    EXPECT_TRUE(parsed.result.ok) << path << parsed.diagnostics->render();
    EXPECT_GT(parsed.result.file.declarations.size(), 0u);
  }
}

TEST(Parser, TakesEmptyFiles) {
  for (const char *text : {"", "\n", "# a comment", "  \t\r\n", ";"}) {
    Parsed parsed = parseText(text);
    EXPECT_TRUE(parsed.result.ok);
    EXPECT_TRUE(parsed.result.file.declarations.empty());
  }
}

// R-syn-6: the limits of nesting.
TEST(Parser, RefusesDeepNesting) {
  const size_t many = 100000;
  auto repeated = [&](const std::string &piece) {
    std::string out;
    for (size_t i = 0; i < many; ++i) {
      out += piece;
    }
    return out;
  };
  for (const char *piece :
       {"(", "[", "-", "f(", "a[", "not ", "skip {", "if a then ", "repeat 2 {",
        "2^", "(a, ", "scan t in s carry h = 0 {", "x |> repeat 2 {"}) {
    EXPECT_EQ(parseText("let a = " + repeated(piece)).codes(), "E0120")
        << piece;
  }
  EXPECT_EQ(parseText("train " + repeated("{ repeat 2 ")).codes(), "E0120");
}

TEST(Parser, RefusesLongChains) {
  auto chain = [](const std::string &link, size_t length) {
    std::string out = "let a = x";
    for (size_t i = 0; i < length; ++i) {
      out += link;
    }
    return parseText(out).codes();
  };
  for (const char *link : {"+ x", "(1)", ".b", "[0]", " for t in s"}) {
    EXPECT_EQ(chain(link, 900), "") << link;
    EXPECT_EQ(chain(link, 100000), "E0121") << link;
  }
  // Pipes are flat.
  EXPECT_EQ(chain("|> f", 5000), "");
}

// Nests at the limit are fine.
TEST(Parser, TakesNestsOfTheLimit) {
  std::string nest = std::string(190, '(') + "x" + std::string(190, ')');
  EXPECT_EQ(parseText("let a = " + nest).codes(), "");
}

// One error a statement; the next statement is read again.
TEST(Parser, RecoversAtStatements) {
  Parsed parsed = parseText("step s(x) {\n  a = )\n  b = 1\n  c = * 2\n}\n"
                            "const n = 1\n");
  EXPECT_EQ(parsed.codes(), "E0122 E0122");
  ASSERT_EQ(parsed.result.file.declarations.size(), 2u);
  EXPECT_EQ(parsed.result.file.declarations[1]->kind, DeclKind::Value);
}

TEST(Parser, RecoversFromAMissingBrace) {
  Parsed parsed = parseText("step s(x) {\n  a = 1\n\nnet F(x: f32) -> f32 {\n"
                            "  x\n}\n");
  EXPECT_EQ(parsed.codes(), "E0129");
  EXPECT_EQ(parsed.result.file.declarations.size(), 2u);
}

TEST(Parser, StopsAfterTwentyErrors) {
  std::string text;
  for (int i = 0; i < 1000; ++i) {
    text += "const = 1\n";
  }
  Parsed parsed = parseText(text);
  EXPECT_EQ(parsed.diagnostics->errorCount(), DiagnosticEngine::errorLimit);
  EXPECT_NE(parsed.diagnostics->render().find("stopped after 20 errors"),
            std::string::npos);
}

/// Parses a damaged text: whatever it is, every message has its place and there
/// are few. What is accepted prints and parses again.
void checkDamaged(const std::string &text) {
  Parsed parsed = parseText(text);
  ASSERT_LE(parsed.diagnostics->errorCount(), DiagnosticEngine::errorLimit);
  ASSERT_EQ(parsed.result.ok, !parsed.diagnostics->hasErrors()) << text;
  if (parsed.result.ok) {
    std::string printed = print(parsed.result.file);
    ASSERT_TRUE(parseText(printed).result.ok) << text << "\n---\n" << printed;
    return;
  }
  std::string rendered = parsed.diagnostics->render();
  ASSERT_NE(rendered.find("--> test.gm:"), std::string::npos) << rendered;
}

/// The text with its tokens [first, last) replaced.
std::string spliced(const std::string &text, const std::vector<Token> &tokens,
                    size_t first, size_t last, const std::string &with) {
  return text.substr(0, tokens[first].range.begin) + with +
         text.substr(tokens[last - 1].range.end);
}

class Damage : public testing::TestWithParam<std::filesystem::path> {};

// Every token of the models left out, said twice, swapped with the next.
TEST_P(Damage, EndsInMessages) {
  std::string text = test::readFile(GetParam());
  SourceFile source("test.gm", text);
  DiagnosticEngine diagnostics(source);
  std::vector<Token> tokens = lex(source, diagnostics).tokens;
  tokens.pop_back();
  unsigned damaged = 0;
  for (size_t i = 0; i < tokens.size(); ++i) {
    std::string word(source.text(tokens[i].range));
    checkDamaged(spliced(text, tokens, i, i + 1, ""));
    checkDamaged(spliced(text, tokens, i, i + 1, word + " " + word));
    if (i + 1 < tokens.size()) {
      std::string next(source.text(tokens[i + 1].range));
      checkDamaged(spliced(text, tokens, i, i + 2, next + " " + word));
    }
    damaged += 3;
    if (HasFatalFailure()) {
      return;
    }
  }
  RecordProperty("damaged", damaged);
}

// Every prefix of the models.
TEST_P(Damage, EndsInMessagesWhenCutShort) {
  std::string text = test::readFile(GetParam());
  for (size_t length = 0; length < text.size(); length += 7) {
    checkDamaged(text.substr(0, length));
    if (HasFatalFailure()) {
      return;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Models, Damage,
                         testing::ValuesIn(test::programsOf("syntax")),
                         [](const auto &info) {
                           return info.param.stem().string();
                         });

TEST(Parser, TakesRandomBytes) {
  std::mt19937 random(7);
  for (int round = 0; round < 500; ++round) {
    std::string text(random() % 300, ' ');
    for (char &c : text) {
      c = static_cast<char>(random());
    }
    checkDamaged(text);
  }
}

TEST(Parser, TakesRandomTokens) {
  static const char *const words[] = {
#define GMC_MARK(Name, spelling) spelling,
#define GMC_WORD(Name, spelling) spelling,
#include "dsl/lex/tokens.def"
      "x", "f", "10", "1e-3", "\"s\"", "at", "next", "from", "\n", "\n", "\n"};
  std::mt19937 random(11);
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (unsigned i = random() % 60; i-- > 0;) {
      text += words[random() % std::size(words)];
      text += ' ';
    }
    checkDamaged(text);
    if (HasFatalFailure()) {
      return;
    }
  }
}

} // namespace
} // namespace gmc::dsl
