//===- Diagnostic.h - one message about a .gm text --------------*- C++ -*-===//
//
// A diagnostic has a code, a sentence, a primary range with a label of its own,
// further labelled ranges, notes and helps. Sentences live in
// dsl/diagnostics.def; labels, notes and helps are written where they arise.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_DSL_BASE_DIAGNOSTIC_H
#define GMC_DSL_BASE_DIAGNOSTIC_H

#include "dsl/base/SourceRange.h"

#include <string>
#include <vector>

namespace gmc::dsl {

enum class Severity : uint8_t { Warning, Error };

/// Every message gmc can give about a text; one row of diagnostics.def each.
enum class Diag : uint16_t {
#define GMC_DIAG(Name, code, severity, text) Name,
#include "dsl/diagnostics.def"
};

/// A row of diagnostics.def.
struct DiagInfo {
  const char *name; ///< the enumerator, "ShapeMismatch"
  const char *code; ///< "E0312"
  Severity severity;
  const char *text; ///< a format string of fmt
};

/// Returns the row of `diag`.
const DiagInfo &infoOf(Diag diag);

/// Returns how many rows the message table has.
unsigned diagCount();

struct Diagnostic {
  /// A range with a few words about it, drawn below the text.
  struct Label {
    SourceRange range;
    std::string text; ///< may be empty: underlined only
  };

  Diag id{};
  std::string message;       ///< the sentence after `error[E0312]: `
  Label primary;             ///< the smallest wrong thing
  std::vector<Label> labels; ///< the other half
  std::vector<std::string> notes;
  std::vector<std::string> helps;

  Severity severity() const { return infoOf(id).severity; }
  const char *code() const { return infoOf(id).code; }
};

} // namespace gmc::dsl

#endif // GMC_DSL_BASE_DIAGNOSTIC_H
