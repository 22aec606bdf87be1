//===- LexerTest.cpp - letters, numbers, strings (R-lex-*) ----------------===//
#include "dsl/lex/Lexer.h"
#include "tests/unit/dsl/CheckText.h"

#include <gtest/gtest.h>

#include <ctime>

namespace gmc::dsl {
namespace {

struct Lexed {
  SourceFile source;
  DiagnosticEngine diagnostics;
  LexResult result;

  explicit Lexed(std::string text)
      : source("test.gm", std::move(text)), diagnostics(source) {
    if (checkEncoding(source, diagnostics)) {
      result = lex(source, diagnostics);
    }
  }
  /// The tokens' texts with blanks between them; `/` before one that begins a
  /// line.
  std::string shown() const {
    std::string out;
    for (const Token &token : result.tokens) {
      if (token.kind != TokenKind::EndOfFile) {
        out += out.empty() ? "" : token.onNewLine ? " / " : " ";
        out += source.text(token.range);
      }
    }
    return out;
  }
  std::string codes() const {
    std::string out;
    for (const Diagnostic &diagnostic : diagnostics.diagnostics()) {
      out += out.empty() ? "" : " ";
      out += diagnostic.code();
    }
    return out;
  }
};

/// Parses `const a = TEXT` and returns the codes.
std::string codesOfNumber(const std::string &text) {
  return test::parseText("const a = " + text + "\n").codes();
}

// R-lex-1: UTF-8; a byte order mark, CR LF and a missing last newline are fine.
TEST(Lexer, AcceptsLineEndsAndByteOrderMark) {
  EXPECT_EQ(Lexed("\xEF\xBB\xBF"
                  "a\r\nb")
                .shown(),
            "a / b");
  EXPECT_EQ(Lexed("a\nb\n").shown(), "a / b");
  EXPECT_EQ(Lexed("").result.tokens.size(), 1u);
  EXPECT_EQ(Lexed("# only a comment").result.comments.size(), 1u);
}

TEST(Lexer, RefusesWhatIsNoText) {
  EXPECT_EQ(Lexed("a\xFFz").codes(), "E0101");
  EXPECT_EQ(Lexed("\xC0\x80").codes(), "E0101") << "overlong";
  EXPECT_EQ(Lexed("\xED\xA0\x80").codes(), "E0101") << "surrogate";
  EXPECT_EQ(Lexed("\xF5\x80\x80\x80").codes(), "E0101") << "past U+10FFFF";
  EXPECT_EQ(Lexed("\xE2\x82").codes(), "E0101") << "cut short";
  EXPECT_EQ(Lexed(std::string("a\0b", 3)).codes(), "E0102");
  EXPECT_EQ(Lexed("a\x01").codes(), "E0103");
  EXPECT_EQ(Lexed("a\rb").codes(), "E0105");
  EXPECT_EQ(Lexed("# bidi \xE2\x80\xAE").codes(), "E0104");
  EXPECT_EQ(Lexed("\"zero\xE2\x80\x8Bwidth\"").codes(), "E0104");
}

TEST(Lexer, NamesTheByteOffset) {
  Lexed lexed(std::string("const a = 1\nb\0", 14));
  ASSERT_EQ(lexed.diagnostics.errorCount(), 1u);
  EXPECT_EQ(lexed.diagnostics.diagnostics()[0].message,
            "NUL byte at offset 13");
}

TEST(Lexer, RefusesHugeFiles) {
  Lexed lexed(std::string((64u << 20) + 1, ' '));
  EXPECT_EQ(lexed.codes(), "E0106");
}

// R-lex-2: comments.
TEST(Lexer, KeepsComments) {
  Lexed lexed("a # one \n\n# two\nb");
  EXPECT_EQ(lexed.shown(), "a / b");
  ASSERT_EQ(lexed.result.comments.size(), 2u);
  EXPECT_EQ(lexed.source.text(lexed.result.comments[0].range), "# one");
  EXPECT_FALSE(lexed.result.comments[0].ownLine);
  EXPECT_TRUE(lexed.result.comments[1].ownLine);
  EXPECT_TRUE(lexed.result.comments[1].blankBefore);
}

// R-lex-3: names.
TEST(Lexer, TakesAsciiNames) {
  EXPECT_EQ(Lexed("main __cuda x_1").shown(), "main __cuda x_1");
  EXPECT_EQ(Lexed("\xCE\xB2").codes(), "E0108");
  EXPECT_EQ(Lexed(std::string(255, 'a')).codes(), "");
  EXPECT_EQ(Lexed(std::string(256, 'a')).codes(), "E0109");
}

// R-lex-4: reserved words.
TEST(Lexer, KnowsReservedWords) {
  Lexed lexed("net at step batch");
  ASSERT_EQ(lexed.result.tokens.size(), 5u);
  EXPECT_EQ(lexed.result.tokens[0].kind, TokenKind::NetWord);
  EXPECT_EQ(lexed.result.tokens[1].kind, TokenKind::Name);
  EXPECT_EQ(lexed.result.tokens[2].kind, TokenKind::StepWord);
  EXPECT_EQ(lexed.result.tokens[3].kind, TokenKind::Name);
}

// R-lex-5: numbers.
TEST(Lexer, ReadsNumbers) {
  EXPECT_EQ(Lexed("20 1e-3 0.5 1E+2 0 0..3 1..<n").shown(),
            "20 1e-3 0.5 1E+2 0 0 .. 3 1 ..< n");
  EXPECT_EQ(numberValue("1e-3").value, 1e-3);
  EXPECT_FALSE(numberValue("1e3").integer);
  EXPECT_TRUE(numberValue("1000").integer);
}

TEST(Lexer, RefusesNumbersOutOfRange) {
  EXPECT_EQ(codesOfNumber("9007199254740992"), "");
  EXPECT_EQ(codesOfNumber("9007199254740994"), "E0113");
  EXPECT_EQ(codesOfNumber("99999999999999999999"), "E0113");
  EXPECT_EQ(codesOfNumber(std::string(400, '9')), "E0113");
  EXPECT_EQ(codesOfNumber("1e999"), "E0114");
  EXPECT_EQ(codesOfNumber("1.5e308"), "");
  EXPECT_EQ(codesOfNumber("1e-400"), "E0115");
  EXPECT_EQ(codesOfNumber("1e-310"), "E0115");
  EXPECT_EQ(codesOfNumber("0." + std::string(400, '0') + "1"), "E0115");
  EXPECT_EQ(codesOfNumber("0e-999"), "");
}

TEST(Lexer, RefusesNumbersOfOtherForms) {
  EXPECT_EQ(codesOfNumber("0x1F"), "E0110");
  EXPECT_EQ(codesOfNumber("1__0"), "E0110");
  EXPECT_EQ(codesOfNumber("1e"), "E0110");
  EXPECT_EQ(codesOfNumber("3x"), "E0110");
  EXPECT_EQ(codesOfNumber("08"), "E0112");
  EXPECT_EQ(codesOfNumber(".5"), "E0111");
}

// R-lex-6: strings.
TEST(Lexer, ReadsStrings) {
  EXPECT_EQ(Lexed("\"a # b\" c").shown(), "\"a # b\" c");
  EXPECT_EQ(stringValue("\"a\\\"b\\\\c\\n\\t\""), "a\"b\\c\n\t");
  EXPECT_EQ(Lexed("\"\xC3\xA9\"").codes(), "");
  EXPECT_EQ(Lexed("\"open\nx").codes(), "E0116");
  EXPECT_EQ(Lexed("\"open").codes(), "E0116");
  EXPECT_EQ(Lexed("\"open\\").codes(), "E0116");
  EXPECT_EQ(Lexed("\"\\q\"").codes(), "E0117");
}

// R-lex-7: the longest mark wins.
TEST(Lexer, TakesTheLongestMark) {
  EXPECT_EQ(Lexed("a<-b->c|>d<=e..<f..g.h!=i==j=k<l").shown(),
            "a <- b -> c |> d <= e ..< f .. g . h != i == j = k < l");
  EXPECT_EQ(Lexed("a & b").codes(), "E0107");
  EXPECT_EQ(Lexed("!a").codes(), "E0107");
}

// Ten megabytes of anything take time in proportion, and end in one message.
/// Seconds of the processor for a text of `size` bytes that repeats `piece`.
double secondsToLex(const char *piece, size_t size) {
  std::string text;
  while (text.size() < size) {
    text += piece;
  }
  std::clock_t start = std::clock();
  Lexed lexed(std::move(text));
  std::string message = lexed.diagnostics.render();
  EXPECT_LT(message.size(), 2000u) << "long texts are cut: " << piece;
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

// Sixteen times the text may take 64 times as long, not 256 times.
TEST(Lexer, TakesLinearTime) {
  for (const char *piece :
       {"a", "9", "\"", "#", ".", "\n", " ", "(", "\xC3\xA9"}) {
    double small = secondsToLex(piece, 640u << 10);
    double large = secondsToLex(piece, 10u << 20);
    EXPECT_LT(large, 64 * small + 0.5) << piece;
  }
}

} // namespace
} // namespace gmc::dsl
