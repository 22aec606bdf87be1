//===- CheckText.h - runs the front end over a text -------------*- C++ -*-===//
#ifndef GMC_TESTS_UNIT_DSL_CHECKTEXT_H
#define GMC_TESTS_UNIT_DSL_CHECKTEXT_H

#include "dsl/base/DiagnosticEngine.h"
#include "dsl/parse/Parser.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace gmc::dsl::test {

/// A text with all that was found out about it.
struct Parsed {
  std::unique_ptr<SourceFile> source;
  std::unique_ptr<DiagnosticEngine> diagnostics;
  ParseResult result;

  /// Returns the codes of the diagnostics, "E0122 E0129".
  std::string codes() const;
};

/// Parses `text`.
Parsed parseText(std::string text, std::string name = "test.gm");

/// Returns everything that is said about `text`: parses it and, where that is
/// good, checks it.
std::string checkText(std::string text, const std::string &name);

/// Returns the bytes of `path`.
std::string readFile(const std::filesystem::path &path);

/// Returns the files of `folder` of tests/dsl that end in `.gm`, in order.
std::vector<std::filesystem::path> programsOf(const char *folder);

} // namespace gmc::dsl::test

#endif // GMC_TESTS_UNIT_DSL_CHECKTEXT_H
