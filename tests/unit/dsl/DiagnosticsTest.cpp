//===- DiagnosticsTest.cpp - how messages look ----------------------------===//
#include "dsl/base/DiagnosticEngine.h"
#include "dsl/base/SpellingHint.h"
#include "dsl/base/Unicode.h"

#include <gtest/gtest.h>

#include <set>

namespace gmc::dsl {
namespace {

/// Returns the range of the first `word` in `file` after `from`.
SourceRange rangeOf(const SourceFile &file, std::string_view word,
                    size_t from = 0) {
  uint32_t begin = file.text().find(word, from);
  return {begin, static_cast<uint32_t>(begin + word.size())};
}

TEST(Diagnostics, ShowsBothOperandsOnOneLine) {
  SourceFile file("cyclegan.gm", "const a = 1\n  cyc = l1(Gba(fb), Gab(a)) + "
                                 "l1(Gab(fa), b)\n");
  DiagnosticEngine diagnostics(file);
  diagnostics.report(Diag::ExpectedDeclaration, rangeOf(file, "Gba(fb)"), "l1")
      .label("image[3,128,128]")
      .label(rangeOf(file, "Gab(a)"), "image[3,256,256]")
      .note("`b` comes from folder(\"trainB\")")
      .help("give data `a` and `b` the same `size`");
  EXPECT_EQ(diagnostics.render(),
            "error[E0124]: `l1` begins no declaration\n"
            " --> cyclegan.gm:2:12\n"
            "  |\n"
            "2 |   cyc = l1(Gba(fb), Gab(a)) + l1(Gab(fa), b)\n"
            "  |            ^^^^^^^  ^^^^^^\n"
            "  |            image[3,128,128]   image[3,256,256]\n"
            "  = note: `b` comes from folder(\"trainB\")\n"
            "  = help: give data `a` and `b` the same `size`\n");
}

TEST(Diagnostics, ShowsOtherLines) {
  std::string text = "one {\n";
  for (int i = 2; i < 12; ++i) {
    text += "line\n";
  }
  SourceFile file("a.gm", text + "last\n");
  DiagnosticEngine diagnostics(file);
  diagnostics.report(Diag::UnmatchedBrace, rangeOf(file, "last"))
      .label("here")
      .label(rangeOf(file, "{"), "opened here");
  EXPECT_EQ(diagnostics.render(), "error[E0130]: this `}` closes nothing\n"
                                  "  --> a.gm:12:1\n"
                                  "   |\n"
                                  " 1 | one {\n"
                                  "   |     ^\n"
                                  "   |     opened here\n"
                                  "...\n"
                                  "12 | last\n"
                                  "   | ^^^^\n"
                                  "   | here\n");
}

TEST(Diagnostics, PutsLongLabelsOnLinesOfTheirOwn) {
  SourceFile file("a.gm", "aaaa bbbb cccc\n");
  DiagnosticEngine diagnostics(file);
  std::string words(50, 'w');
  diagnostics.report(Diag::UnmatchedBrace, rangeOf(file, "aaaa"))
      .label(words + "1")
      .label(rangeOf(file, "cccc"), words + "2");
  std::string rendered = diagnostics.render();
  EXPECT_NE(rendered.find("  | ^^^^      ^^^^\n"
                          "  | |         " +
                          words +
                          "2\n"
                          "  | " +
                          words + "1\n"),
            std::string::npos)
      << rendered;
}

// Tabs take columns up to the next multiple of four, wide characters two.
TEST(Diagnostics, AlignsTabsAndWideCharacters) {
  SourceFile file("a.gm", "\tx = \"\xE4\xB8\xAD\xC3\xA9\" y\n");
  DiagnosticEngine diagnostics(file);
  diagnostics.report(Diag::UnmatchedBrace, rangeOf(file, "y"));
  EXPECT_EQ(diagnostics.render(), "error[E0130]: this `}` closes nothing\n"
                                  " --> a.gm:1:11\n"
                                  "  |\n"
                                  "1 |     x = \"\xE4\xB8\xAD\xC3\xA9\" y\n"
                                  "  |               ^\n");
}

TEST(Diagnostics, ShowsHiddenCharactersByName) {
  SourceFile file("a.gm", "a \xE2\x80\xAE b\n");
  DiagnosticEngine diagnostics(file);
  diagnostics.report(Diag::HiddenCharacter, {2, 5}, "U+202E",
                     "right-to-left override");
  EXPECT_NE(diagnostics.render().find("1 | a <U+202E> b\n  |   ^^^^^^^^\n"),
            std::string::npos)
      << diagnostics.render();
}

TEST(Diagnostics, CutsLongLines) {
  std::string text(1000000, 'x');
  text += " here " + std::string(1000000, 'y');
  SourceFile file("a.gm", text);
  DiagnosticEngine diagnostics(file);
  diagnostics.report(Diag::UnmatchedBrace, rangeOf(file, "here"))
      .label("this")
      .label({0, 4}, "far away");
  std::string rendered = diagnostics.render();
  EXPECT_LT(rendered.size(), 700u);
  EXPECT_NE(rendered.find(" here "), std::string::npos);
  EXPECT_NE(rendered.find("note: 1:1: `xxxx`: far away"), std::string::npos)
      << rendered;
}

TEST(Diagnostics, PointsPastTheEnd) {
  SourceFile file("a.gm", "");
  DiagnosticEngine diagnostics(file);
  diagnostics.report(Diag::UnmatchedBrace, {0, 0});
  EXPECT_EQ(diagnostics.render(), "error[E0130]: this `}` closes nothing\n"
                                  " --> a.gm:1:1\n"
                                  "  |\n"
                                  "1 |\n"
                                  "  | ^\n");
}

TEST(Diagnostics, SaysNothingTwice) {
  SourceFile file("a.gm", "abc\n");
  DiagnosticEngine diagnostics(file);
  diagnostics.report(Diag::UnmatchedBrace, {0, 1});
  diagnostics.report(Diag::UnmatchedBrace, {0, 1}).note("dropped");
  EXPECT_EQ(diagnostics.errorCount(), 1u);
  EXPECT_TRUE(diagnostics.diagnostics()[0].notes.empty());
}

// Codes and names of the table are used once, and the texts follow the style.
TEST(Diagnostics, TableIsInOrder) {
  std::set<std::string> codes;
  for (unsigned i = 0; i < diagCount(); ++i) {
    const DiagInfo &info = infoOf(static_cast<Diag>(i));
    EXPECT_TRUE(codes.insert(info.code).second) << info.code;
    std::string text = info.text;
    EXPECT_NE(text.back(), '.') << text;
    bool warning = info.severity == Severity::Warning;
    EXPECT_EQ(info.code[0], warning ? 'W' : 'E') << info.code;
  }
}

TEST(Diagnostics, FindsTheNearestWord) {
  const std::vector<std::string> words = {"net", "step", "report", "latent"};
  EXPECT_EQ(nearestSpelling("latnt", words), "latent");
  EXPECT_EQ(nearestSpelling("Latent", words), "latent");
  EXPECT_EQ(nearestSpelling("setp", words), "step");
  EXPECT_EQ(nearestSpelling("nte", words), "net");
  EXPECT_EQ(nearestSpelling("banana", words), std::nullopt);
  EXPECT_EQ(nearestSpelling("step", words), std::nullopt) << "itself";
  EXPECT_EQ(editDistance("kitten", "sitting", 5), 3u);
  EXPECT_EQ(editDistance("ab", "ba", 5), 1u);
}

TEST(Diagnostics, ForgetsWhatATrialReports) {
  SourceFile file("a.gm", "x = y\n");
  DiagnosticEngine diagnostics(file);
  {
    DiagnosticEngine::Trial outer(diagnostics);
    {
      DiagnosticEngine::Trial inner(diagnostics);
      diagnostics.report(Diag::UnknownName, {0, 1}, "x").help("none");
      EXPECT_TRUE(inner.failed());
    }
    EXPECT_FALSE(outer.failed());
  }
  EXPECT_FALSE(diagnostics.hasErrors());
  EXPECT_EQ(diagnostics.render(), "");
  diagnostics.report(Diag::UnknownName, {0, 1}, "x");
  EXPECT_EQ(diagnostics.errorCount(), 1u);
}

TEST(Diagnostics, CountsLinesAndColumns) {
  SourceFile file("a.gm", "\xEF\xBB\xBF"
                          "a\r\n\xC3\xA9x\n");
  EXPECT_EQ(file.lineCount(), 3u);
  EXPECT_EQ(file.lineColumn(3), (LineColumn{2, 1}));
  EXPECT_EQ(file.lineColumn(5), (LineColumn{2, 2}));
  EXPECT_EQ(file.text(file.lineRange(1)), "a");
  EXPECT_EQ(file.text(file.lineRange(3)), "");
  EXPECT_EQ(file.lineRange(9).begin, file.text().size());
}

} // namespace
} // namespace gmc::dsl
