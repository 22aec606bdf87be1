//===- PrinterTest.cpp - canonical text (R-fmt-*) -------------------------===//
#include "dsl/ast/Printer.h"
#include "dsl/lex/Lexer.h"
#include "tests/unit/dsl/CheckText.h"

#include <gtest/gtest.h>

namespace gmc::dsl {
namespace {

using test::Parsed;
using test::parseText;

std::string printed(const std::string &text) {
  Parsed parsed = parseText(text);
  EXPECT_TRUE(parsed.result.ok) << parsed.diagnostics->render();
  return print(parsed.result.file);
}

/// Returns the words of `text` that mean something: all tokens but `;` and a
/// comma before a closing bracket, then all comments.
std::vector<std::string> wordsOf(const std::string &text) {
  SourceFile source("test.gm", text);
  DiagnosticEngine diagnostics(source);
  LexResult lexed = lex(source, diagnostics);
  std::vector<std::string> words;
  for (const Token &token : lexed.tokens) {
    std::string word(source.text(token.range));
    bool closes = word == ")" || word == "]";
    if (closes && !words.empty() && words.back() == ",") {
      words.pop_back();
    }
    if (token.kind != TokenKind::Semicolon) {
      words.push_back(word);
    }
  }
  for (const CommentToken &comment : lexed.comments) {
    words.emplace_back(source.text(comment.range));
  }
  return words;
}

/// Printing keeps every word and comment, and printing again changes nothing.
void checkRoundTrip(const std::string &text) {
  std::string once = printed(text);
  EXPECT_EQ(wordsOf(text), wordsOf(once));
  EXPECT_EQ(once, printed(once));
  EXPECT_TRUE(once.empty() || once.back() == '\n');
  EXPECT_EQ(once.find(" \n"), std::string::npos) << "blanks at a line's end";
}

class RoundTrip : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(RoundTrip, KeepsWordsAndIsAFixedPoint) {
  checkRoundTrip(test::readFile(GetParam()));
}

// Comments may stand at the end of every line.
TEST_P(RoundTrip, KeepsACommentOnEveryLine) {
  std::string text;
  int number = 0;
  for (char c : test::readFile(GetParam())) {
    text += c == '\n' ? " # c" + std::to_string(number++) + "\n"
                      : std::string(1, c);
  }
  checkRoundTrip(text);
}

// And on lines of their own between all lines.
TEST_P(RoundTrip, KeepsCommentsBetweenLines) {
  std::string text;
  int number = 0;
  for (char c : test::readFile(GetParam())) {
    text += c;
    text += c == '\n' ? "# c" + std::to_string(number++) + "\n\n" : "";
  }
  checkRoundTrip(text);
}

INSTANTIATE_TEST_SUITE_P(Models, RoundTrip,
                         testing::ValuesIn(test::programsOf("syntax")),
                         [](const auto &info) {
                           return info.param.stem().string();
                         });

// R-fmt-1: what has one form.
TEST(Printer, WritesOneForm) {
  EXPECT_EQ(printed("const   a=1,b :f32=2\n"), "const a = 1, b : f32 = 2\n");
  EXPECT_EQ(printed("let a=f( x,n:-1 )[ 0 :2,:]\n"),
            "let a = f(x, n: -1)[0:2, :]\n");
  EXPECT_EQ(printed("let a = 2 ^ 3 + 0 ..< n*4\n").substr(0, 21),
            "let a = 2^3 + 0..<n *");
}

// R-fmt-2: what the writer decides.
TEST(Printer, KeepsLineBreaksOfPipesAndOperators) {
  EXPECT_EQ(printed("let a = x\n|> f |> g\n  |> h\n"),
            "let a = x\n  |> f |> g\n  |> h\n");
  EXPECT_EQ(printed("let a = x +\ny\n+ z\n"), "let a = x +\n  y\n  + z\n");
  EXPECT_EQ(printed("let a = f(\nx, y,\nz\n)\n"),
            "let a = f(\n  x, y,\n  z\n)\n");
}

TEST(Printer, KeepsBlankLinesAndOneLineBodies) {
  EXPECT_EQ(printed("\n\nconst a = 1\n\n\n\nconst b = 2\nconst c = 3\n\n"),
            "const a = 1\n\nconst b = 2\nconst c = 3\n");
  EXPECT_EQ(printed("step s(){a=1;b=2}\n"), "step s() { a = 1; b = 2 }\n");
  EXPECT_EQ(printed("step s(){\n\na=1;b=2\n\n\nc=3\n\n}\n"),
            "step s() {\n  a = 1; b = 2\n\n  c = 3\n}\n");
}

TEST(Printer, KeepsCommentsAtTheirPlaces) {
  const std::string text = "# head\n\n# above\nconst a = 1  # beside\n\n"
                           "step s() {  # open\n  # first\n  a = 1\n\n"
                           "  # last\n}  # closed\n\n# end\n";
  EXPECT_EQ(printed(text), text);
}

TEST(Printer, PrintsNothingForNothing) {
  EXPECT_EQ(printed(""), "");
  EXPECT_EQ(printed("\n \n"), "");
  EXPECT_EQ(printed("# c"), "# c\n");
}

} // namespace
} // namespace gmc::dsl
