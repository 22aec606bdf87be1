//===- CheckText.cpp - runs the front end over a text ---------------------===//
#include "tests/unit/dsl/CheckText.h"
#ifdef GMC_DSL_HAS_SEMA
#include "dsl/sema/Sema.h"
#endif

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

namespace gmc::dsl::test {

std::string Parsed::codes() const {
  std::string codes;
  for (const Diagnostic &diagnostic : diagnostics->diagnostics()) {
    codes += codes.empty() ? "" : " ";
    codes += diagnostic.code();
  }
  return codes;
}

Parsed parseText(std::string text, std::string name) {
  Parsed parsed;
  parsed.source =
      std::make_unique<SourceFile>(std::move(name), std::move(text));
  parsed.diagnostics = std::make_unique<DiagnosticEngine>(*parsed.source);
  parsed.result = parse(*parsed.source, *parsed.diagnostics);
  return parsed;
}

std::string checkText(std::string text, const std::string &name) {
  Parsed parsed = parseText(std::move(text), name);
#ifdef GMC_DSL_HAS_SEMA
  if (parsed.result.ok) {
    check(parsed.result.file, *parsed.source, Options(), *parsed.diagnostics);
  }
#endif
  return parsed.diagnostics->render();
}

std::string readFile(const std::filesystem::path &path) {
  std::ifstream stream(path, std::ios::binary);
  EXPECT_TRUE(stream.good()) << path;
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<std::filesystem::path> programsOf(const char *folder) {
  std::vector<std::filesystem::path> paths;
  std::filesystem::path root = std::filesystem::path(GMC_DSL_TESTS) / folder;
  for (auto &entry : std::filesystem::recursive_directory_iterator(root)) {
    if (entry.path().extension() == ".gm") {
      paths.push_back(entry.path());
    }
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

} // namespace gmc::dsl::test
