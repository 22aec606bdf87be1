//===- ModelText.cpp - `.gm` texts ----------------------------------------===//
#include "dsl/ast/Printer.h"
#include "dsl/parse/Parser.h"
#include "dsl/parse/TrainingText.h"
#include "dsl/program/Dump.h"
#include "dsl/sema/Sema.h"
#include "tests/campaign/fuzz/Harness.h"

#include <optional>

namespace gmc::fuzz {

namespace {

/// A text on its way through the front end, as the driver takes it.
struct Front {
  dsl::SourceFile source;
  dsl::DiagnosticEngine diagnostics{source};
  dsl::ParseResult parsed;
  std::optional<dsl::Program> program;

  explicit Front(std::string_view text)
      : source("model.gm", std::string(text)),
        parsed(dsl::parse(source, diagnostics)) {}

  void check() {
    if (parsed.ok) {
      program = dsl::check(parsed.file, source, {}, diagnostics);
      require(program.has_value() != diagnostics.hasErrors(),
              "a program and errors, or neither");
    }
    require(parsed.ok || diagnostics.hasErrors(), "refused without an error");
    require(diagnostics.render().empty() == diagnostics.diagnostics().empty(),
            "a message that does not show");
  }
};

} // namespace

bool readers::check(Bytes bytes) {
  Front front(textOf(bytes));
  front.check();
  return front.program.has_value();
}

bool readers::format(Bytes bytes) {
  Front front(textOf(bytes));
  if (!front.parsed.ok) {
    return false;
  }
  const std::string text = dsl::ast::print(front.parsed.file);
  Front again(text);
  require(again.parsed.ok, "the formatted text is refused:\n" +
                               again.diagnostics.render() + text);
  const std::string twice = dsl::ast::print(again.parsed.file);
  require(text == twice,
          "formatted again it changes:\n" + text + "----\n" + twice);
  require(dsl::trainingText(front.source, front.parsed.file).empty() ==
              dsl::trainingText(again.source, again.parsed.file).empty(),
          "the formatted text trains otherwise");
  front.check();
  again.check();
  require(front.program.has_value() == again.program.has_value(),
          "only one of the text and its formatted form is right:\n" +
              front.diagnostics.render() + again.diagnostics.render());
  if (front.program) {
    require(dump(*front.program) == dump(*again.program),
            "the formatted text means something else:\n" + text);
  }
  return true;
}

} // namespace gmc::fuzz
