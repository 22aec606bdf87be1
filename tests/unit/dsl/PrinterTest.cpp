//===- PrinterTest.cpp - canonical text (R-fmt-*) -------------------------===//
#include "dsl/ast/Printer.h"

#include "dsl/lex/Lexer.h"
#include "tests/unit/dsl/CheckText.h"

#include <gtest/gtest.h>

#include <sstream>

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

TEST(Printer, KeepsLineBreaksAfterCommasAndBeforeClauses) {
  EXPECT_EQ(printed("hyper a = 1,\nb = 2\n"), "hyper a = 1,\n  b = 2\n");
  EXPECT_EQ(printed("let a = [1,\n2]\n"), "let a = [1,\n  2]\n");
  EXPECT_EQ(printed("let a = if b\nthen 1\nelse 2\n"),
            "let a = if b\n  then 1\n  else 2\n");
  EXPECT_EQ(printed("report a,\nb\n of f on d.test\nevery 1 epoch\n"),
            "report a,\n  b\n  of f on d.test\n  every 1 epoch\n");
  EXPECT_EQ(printed("report a\n of f on d.test,\nd.train every 1 epoch\n"),
            "report a\n  of f on d.test, d.train every 1 epoch\n");
  EXPECT_EQ(printed("step s() {\n  z ~ Normal(0, 1)\nvia Normal(a)\n"
                    "minimize z\nover G,\n D\n using adam(lr),\nclip 1\n}\n"),
            "step s() {\n  z ~ Normal(0, 1)\n    via Normal(a)\n"
            "  minimize z\n    over G, D\n    using adam(lr),\n"
            "    clip 1\n}\n");
  EXPECT_EQ(printed("block b of x {\n  x |> repeat 2 {\nf |> g\n}\n}\n"),
            "block b of x {\n  x |> repeat 2 {\n      f |> g\n    }\n}\n");
}

// What gmc ships has the form that it asks for.
class Shipped : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(Shipped, IsFormatted) {
  std::string text = test::readFile(GetParam());
  EXPECT_EQ(printed(text), text);
}

INSTANTIATE_TEST_SUITE_P(Models, Shipped,
                         testing::ValuesIn(test::programsOf("../../models")),
                         [](const auto &info) {
                           return info.param.stem().string();
                         });

/// The texts between fences of a document, which stand at the margin.
std::vector<std::string> fencedTexts(const std::string &document) {
  std::vector<std::string> texts;
  bool inside = false;
  std::istringstream lines(document);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("```")) {
      inside = !inside;
      if (inside) {
        texts.emplace_back();
      }
    } else if (inside) {
      texts.back() += line + "\n";
    }
  }
  return texts;
}

// What of a document reads as a file is written as gmc fmt writes it.
TEST(Printer, FilesOfTheDocumentsAreFormatted) {
  const std::filesystem::path root = GMC_DSL_TESTS "/../..";
  int files = 0;
  for (const char *folder :
       {"", "dsl", "compiler", "models", "runtime", "tests"}) {
    for (const auto &entry :
         std::filesystem::directory_iterator(root / folder)) {
      if (entry.path().extension() != ".md") {
        continue;
      }
      for (const std::string &text :
           fencedTexts(test::readFile(entry.path()))) {
        Parsed parsed = parseText(text);
        if (parsed.result.ok && !parsed.result.file.declarations.empty()) {
          ++files;
          EXPECT_EQ(print(parsed.result.file), text) << entry.path();
        }
      }
    }
  }
  EXPECT_GE(files, 2) << "README.md has two";
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
