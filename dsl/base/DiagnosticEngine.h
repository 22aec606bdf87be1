//===- DiagnosticEngine.h - collects and renders messages -------*- C++ -*-===//
//
//   diagnostics.report(Diag::UnknownName, range, "latnt")
//       .label("no such name")
//       .label(declaration.range, "`latent` is declared here")
//       .help("did you mean `latent`?");
//
//===----------------------------------------------------------------------===//
#ifndef GMC_DSL_BASE_DIAGNOSTICENGINE_H
#define GMC_DSL_BASE_DIAGNOSTICENGINE_H

#include "dsl/base/Diagnostic.h"
#include "dsl/base/SourceFile.h"

#include <fmt/format.h>

#include <deque>
#include <string>

namespace gmc::dsl {

/// Adds to a diagnostic that has just been reported.
class DiagnosticBuilder {
public:
  explicit DiagnosticBuilder(Diagnostic &diagnostic) : diagnostic(diagnostic) {}

  /// Says a few words below the primary range.
  DiagnosticBuilder &label(std::string text) {
    diagnostic.primary.text = std::move(text);
    return *this;
  }
  /// Marks another range.
  DiagnosticBuilder &label(SourceRange range, std::string text) {
    diagnostic.labels.push_back({range, std::move(text)});
    return *this;
  }
  DiagnosticBuilder &note(std::string text) {
    diagnostic.notes.push_back(std::move(text));
    return *this;
  }
  DiagnosticBuilder &help(std::string text) {
    diagnostic.helps.push_back(std::move(text));
    return *this;
  }

private:
  Diagnostic &diagnostic;
};

/// Collects the diagnostics of one file. Keeps at most `errorLimit` errors and
/// no two with the same code and primary range; counts the rest.
class DiagnosticEngine {
public:
  static constexpr unsigned errorLimit = 20;

  /// `file` must outlive the engine.
  explicit DiagnosticEngine(const SourceFile &file) : sourceFile(file) {}

  /// While one stands, what is reported is dropped and no error counts.
  class Trial {
  public:
    explicit Trial(DiagnosticEngine &engine)
        : engine(engine), before(engine.trial) {
      engine.trial = this;
    }
    Trial(const Trial &) = delete;
    Trial &operator=(const Trial &) = delete;
    ~Trial() { engine.trial = before; }
    /// Whether an error was reported.
    bool failed() const { return hasFailed; }

  private:
    friend class DiagnosticEngine;
    DiagnosticEngine &engine;
    Trial *before;
    bool hasFailed = false;
  };

  const SourceFile &file() const { return sourceFile; }

  /// Reports `diag` at `range`; `args` fill the row's format text. What the
  /// builder adds may be dropped when the limit is reached.
  template <typename... Args>
  DiagnosticBuilder report(Diag diag, SourceRange range, const Args &...args) {
    return add(diag, range,
               fmt::vformat(infoOf(diag).text, fmt::make_format_args(args...)));
  }

  const std::deque<Diagnostic> &diagnostics() const { return kept; }
  bool hasErrors() const { return errors > 0; }
  /// Returns how many errors were kept.
  unsigned errorCount() const { return errors; }
  /// Says that the limit is reached: a phase should stop soon.
  bool tooManyErrors() const { return errors >= errorLimit; }

  /// Returns all diagnostics as text, in the order of the file, with a
  /// blank line between two of them.
  std::string render() const;

private:
  DiagnosticBuilder add(Diag diag, SourceRange range, std::string message);
  bool repeats(Diag diag, SourceRange range) const;

  const SourceFile &sourceFile;
  std::deque<Diagnostic> kept; ///< a deque: builders hold references
  Diagnostic dropped;          ///< where builders of dropped ones write
  unsigned errors = 0;
  Trial *trial = nullptr;
};

/// Returns `diagnostic` as the lines shown to people, ending in a newline.
std::string renderDiagnostic(const Diagnostic &diagnostic,
                             const SourceFile &file);

} // namespace gmc::dsl

#endif // GMC_DSL_BASE_DIAGNOSTICENGINE_H
