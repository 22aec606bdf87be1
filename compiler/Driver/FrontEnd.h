//===- FrontEnd.h - text to checked program, with its messages --*- C++ -*-===//
#ifndef GMC_COMPILER_DRIVER_FRONTEND_H
#define GMC_COMPILER_DRIVER_FRONTEND_H

#include "compiler/Driver/Compile.h"
#include "dsl/ast/File.h"
#include "dsl/base/DiagnosticEngine.h"
#include "dsl/program/Program.h"

#include <atomic>
#include <memory>

namespace gmc::driver {

/// Reads a file whole. On failure says why and returns the exit code.
int readText(const std::string &name, std::string &text);

/// A text on its way through the front end.
struct FrontEnd {
  std::unique_ptr<dsl::SourceFile> source;
  std::unique_ptr<dsl::DiagnosticEngine> diagnostics;
  dsl::ast::File file;
  std::optional<dsl::Program> program;

  /// Reads and parses. Returns an exit code; messages are on stderr.
  int parse(const std::string &name);
  /// Checks what was parsed; `line`, if any, is told which line it is at.
  int check(const Invocation &invocation,
            std::atomic<uint32_t> *line = nullptr);
};

} // namespace gmc::driver

#endif // GMC_COMPILER_DRIVER_FRONTEND_H
