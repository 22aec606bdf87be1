//===- DiagnosticEngine.cpp - collects messages ---------------------------===//
#include "dsl/base/DiagnosticEngine.h"

#include <algorithm>
#include <vector>

namespace gmc::dsl {

bool DiagnosticEngine::repeats(Diag diag, SourceRange range) const {
  for (const Diagnostic &other : kept) {
    if (other.id == diag && other.primary.range == range) {
      return true;
    }
  }
  return false;
}

DiagnosticBuilder DiagnosticEngine::add(Diag diag, SourceRange range,
                                        std::string message) {
  bool isError = infoOf(diag).severity == Severity::Error;
  if (trial) {
    trial->hasFailed = trial->hasFailed || isError;
    dropped = Diagnostic();
    return DiagnosticBuilder(dropped);
  }
  // Warnings have the same limit, so that no file makes endless output.
  unsigned already = isError ? errors : kept.size() - errors;
  if (already >= errorLimit || repeats(diag, range)) {
    dropped = Diagnostic();
    return DiagnosticBuilder(dropped);
  }
  errors += isError;
  Diagnostic &added = kept.emplace_back();
  added.id = diag;
  added.message = std::move(message);
  added.primary.range = range;
  return DiagnosticBuilder(added);
}

std::string DiagnosticEngine::render() const {
  std::string out;
  std::vector<const Diagnostic *> ordered;
  for (const Diagnostic &diagnostic : kept) {
    ordered.push_back(&diagnostic);
  }
  std::stable_sort(ordered.begin(), ordered.end(), [](auto *a, auto *b) {
    return a->primary.range.begin < b->primary.range.begin;
  });
  for (const Diagnostic *diagnostic : ordered) {
    out += out.empty() ? "" : "\n";
    out += renderDiagnostic(*diagnostic, sourceFile);
  }
  if (tooManyErrors()) {
    out += fmt::format("\nstopped after {} errors\n", errorLimit);
  }
  return out;
}

} // namespace gmc::dsl
