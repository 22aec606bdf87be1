//===- StatusTest.cpp - text that is safe to print ------------------------===//

#include "runtime/core/Status.h"

#include <gtest/gtest.h>

using namespace gmc::runtime;

TEST(Printable, LettersOfAnyScriptStay) {
  for (const char *text : {"a/b.csv", "caf\u00e9/Gr\u00f6\u00dfe.npy",
                           "\u0434\u0430\u043d\u043d\u044b\u0435",
                           "\u6570\u636e", "\U0001f600.png", "a b"}) {
    EXPECT_EQ(printable(text), text);
  }
}

TEST(Printable, WhatCouldDriveTheTerminalIsWrittenOut) {
  EXPECT_EQ(printable("a\nb\x1b[2J\x7f"), "a\\x0ab\\x1b[2J\\x7f");
  EXPECT_EQ(printable(std::string("\0", 1)), "\\x00");
  EXPECT_EQ(printable("\u009b\u202e\u200b\ufeff"),
            "\\u{9b}\\u{202e}\\u{200b}\\u{feff}");
  // Cut, longer than needed, a surrogate, above the last character.
  EXPECT_EQ(printable("\xc3"), "\\xc3");
  EXPECT_EQ(printable("\xc3(\xff"), "\\xc3(\\xff");
  EXPECT_EQ(printable("\xc0\x80"), "\\xc0\\x80");
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
}

TEST(Printable, ALongTextIsCutBetweenCharacters) {
  EXPECT_EQ(printable("\u00e9\u00e9\u00e9", 3), "\u00e9\u00e9...");
  EXPECT_EQ(printable("abc", 3), "abc");
}
