//===- Sema.h - from the syntax tree to a checked program -------*- C++ -*-===//
//
// Checking is elaboration: the file is walked and every step, report and
// procedure is written out as a body of core operations. What is not wrong has
// been written; what is wrong has been reported.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_DSL_SEMA_SEMA_H
#define GMC_DSL_SEMA_SEMA_H

#include "dsl/ast/File.h"
#include "dsl/base/DiagnosticEngine.h"
#include "dsl/program/Program.h"

#include <atomic>
#include <map>
#include <optional>
#include <string>

namespace gmc::dsl {

/// What the command line says about a text.
struct Options {
  std::map<std::string, double> constants; ///< `--const NAME=VALUE`
  std::optional<int64_t> batch;            ///< `--batch N`
  /// Is told the line that is being worked on; null: nobody asks.
  std::atomic<uint32_t> *line = nullptr;
};

/// Checks `file`, the tree of `source`, and writes it out. Returns nothing when
/// an error was reported. Warnings do not stop it.
std::optional<Program> check(const ast::File &file, const SourceFile &source,
                             const Options &options,
                             DiagnosticEngine &diagnostics);

} // namespace gmc::dsl

#endif // GMC_DSL_SEMA_SEMA_H
