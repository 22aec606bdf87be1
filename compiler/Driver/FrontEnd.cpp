//===- FrontEnd.cpp - text to checked program, with its messages ----------===//
#include "compiler/Driver/FrontEnd.h"

#include "compiler/Driver/DurableFile.h"
#include "compiler/Driver/ExitCodes.h"
#include "dsl/ast/Printer.h"
#include "dsl/parse/Parser.h"
#include "dsl/sema/Sema.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"

#include <fmt/format.h>

#include <cstdio>

namespace gmc::driver {

namespace {

/// A text larger than this is no model.
constexpr uint64_t largestText = 64u << 20;

} // namespace

int readText(const std::string &name, std::string &text) {
  auto fail = [&](const std::string &why) {
    fmt::print(stderr, "gmc: cannot read `{}`: {}\n", name, why);
    return exitIo;
  };
  llvm::sys::fs::file_status status;
  if (auto error = llvm::sys::fs::status(name, status)) {
    return fail(error.message());
  }
  if (!llvm::sys::fs::is_regular_file(status)) {
    return fail("it is not a regular file");
  }
  if (status.getSize() > largestText) {
    return fail(
        fmt::format("it has {} bytes, more than any model", status.getSize()));
  }
  auto buffer = llvm::MemoryBuffer::getFile(name, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer) {
    return fail(buffer.getError().message());
  }
  text = (*buffer)->getBuffer().str();
  return exitOk;
}

int FrontEnd::parse(const std::string &name) {
  std::string text;
  if (int code = readText(name, text)) {
    return code;
  }
  source = std::make_unique<dsl::SourceFile>(name, std::move(text));
  diagnostics = std::make_unique<dsl::DiagnosticEngine>(*source);
  dsl::ParseResult result = dsl::parse(*source, *diagnostics);
  file = std::move(result.file);
  if (!result.ok) {
    fmt::print(stderr, "{}", diagnostics->render());
    return exitModel;
  }
  return exitOk;
}

int FrontEnd::check(const Invocation &invocation, std::atomic<uint32_t> *line) {
  dsl::Options options;
  options.line = line;
  options.constants = invocation.constants;
  options.batch = invocation.batch;
  program = dsl::check(file, *source, options, *diagnostics);
  fmt::print(stderr, "{}", diagnostics->render());
  if (program) {
    return exitOk;
  }
  // A name that stands on the command line alone is no fault of the text.
  for (const dsl::Diagnostic &found : diagnostics->diagnostics()) {
    if (found.id == dsl::Diag::UnknownConstant) {
      return exitUsage;
    }
  }
  return exitModel;
}

int checkOnly(const Invocation &invocation) {
  FrontEnd front;
  if (int code = front.parse(invocation.input)) {
    return code;
  }
  return front.check(invocation);
}

int format(const std::string &input, bool checkOnly) {
  FrontEnd front;
  if (int code = front.parse(input)) {
    return code;
  }
  std::string text = dsl::ast::print(front.file);
  if (text == front.source->text()) {
    return exitOk;
  }
  if (checkOnly) {
    fmt::print(stderr, "gmc: `{}` is not formatted; `gmc fmt {}` does it\n",
               input, input);
    return exitModel;
  }
  if (auto error = replaceText(input, text)) {
    fmt::print(stderr, "gmc: cannot write `{}`: {}\n", input, error.message());
    return exitIo;
  }
  return exitOk;
}

} // namespace gmc::driver
