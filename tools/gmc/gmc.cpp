//===- gmc.cpp - the command line of the compiler -------------------------===//
#include "compiler/Driver/Compile.h"
#include "compiler/Driver/ExitCodes.h"

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/CrashRecoveryContext.h"
#include "llvm/Support/FileSystem.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>

using namespace gmc;

namespace {

/// The flags that every command on a model shares.
struct ModelFlags {
  driver::Invocation invocation;
  std::vector<std::string> constants;
  int64_t batch = 0;
  int level = 2;
  std::string stopAfter, target = "cpu";

  void addTo(CLI::App &command) {
    command
        .add_option("FILE", invocation.input, "the model's text, a .gm file")
        ->required();
    addValuesTo(command);
  }

  void addValuesTo(CLI::App &command) {
    command.add_option("--const", constants, "give a const another value")
        ->type_name("NAME=VALUE");
    command
        .add_option("--batch", batch,
                    "give the batch of every `train` another size")
        ->check(CLI::Range(int64_t(1), std::numeric_limits<int64_t>::max()));
  }

  /// Returns an exit code; usage errors are said on stderr.
  int finish() {
    for (const std::string &text : constants) {
      size_t equals = text.find('=');
      char *end = nullptr;
      std::string value =
          equals == std::string::npos ? "" : text.substr(equals + 1);
      double number = std::strtod(value.c_str(), &end);
      if (value.empty() || *end != '\0') {
        fmt::print(stderr, "gmc: --const takes NAME=VALUE, got `{}`\n", text);
        return driver::exitUsage;
      }
      if (!invocation.constants.emplace(text.substr(0, equals), number)
               .second) {
        fmt::print(stderr, "gmc: --const {} is given twice\n",
                   text.substr(0, equals));
        return driver::exitUsage;
      }
    }
    invocation.reference = level == 0;
    if (batch > 0) {
      invocation.batch = batch;
    }
    if (!stopAfter.empty()) {
      invocation.stopAfter = pipeline::phaseNamed(stopAfter);
      if (!invocation.stopAfter) {
        fmt::print(stderr,
                   "gmc: no phase `{}`; `gmc compile --help` lists "
                   "them\n",
                   stopAfter);
        return driver::exitUsage;
      }
    }
    if (target != "cpu") {
      fmt::print(stderr,
                 "gmc: target `{}` is not supported yet; `--target cpu` "
                 "is\n",
                 target);
      return driver::exitUsage;
    }
    return driver::exitOk;
  }
};

std::string phaseHelp() {
  std::string text = "print what a phase leaves and stop:";
#define GMC_PHASE(name, what) text += "\n  " #name ": " what;
#include "compiler/Pipeline/phases.def"
  return text;
}

void addCompileFlags(CLI::App &command, ModelFlags &flags) {
  driver::Invocation &to = flags.invocation;
  command
      .add_option("--mcpu", to.cpus,
                  "processor, as LLVM names it; of several, with commas "
                  "between them, the program chooses one when it starts")
      ->delimiter(',')
      ->capture_default_str();
  command.add_option("--target", flags.target, "cpu or cuda")
      ->capture_default_str();
  command
      .add_option("-O", flags.level,
                  "0: the reference pipeline, plain loops, nothing fused; "
                  "2: the scheduled one")
      ->check(CLI::IsMember({0, 2}))
      ->capture_default_str();
  command.add_flag("--f64", to.f64, "all tensors in double precision");
  command
      .add_option(
          "--max-memory", to.maxGigabytes,
          "end with code 1 where gmc itself needs more memory than this")
      ->type_name("GB")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
}

/// The flags of what `compile` writes; `explain` writes nothing.
void addOutputFlags(CLI::App &command, ModelFlags &flags) {
  CLI::Option *output = command.add_option(
      "-o,--output", flags.invocation.output, "name of the executable");
  output->check(
      [](const std::string &name) {
        return name.empty() ? "a name cannot be empty" : "";
      },
      "");
  command.add_option("--stop-after", flags.stopAfter, phaseHelp())
      ->type_name("PHASE")
      ->excludes(output);
}

/// Runs a command. What would end the process (phases of the compiler catch
/// their own and say which) is an internal error.
int guarded(llvm::function_ref<int()> command) {
  int code = driver::exitInternal;
  llvm::CrashRecoveryContext::Enable();
  llvm::CrashRecoveryContext recovery;
  recovery.DumpStackAndCleanupOnFailure = false;
  if (!recovery.RunSafely([&] { code = command(); })) {
    fmt::print(stderr, "gmc: internal error in phase `check`; this is a bug in "
                       "gmc, please report it with the text of the model\n");
    return driver::exitInternal;
  }
  return code;
}

/// Checks one file after the other; an error in one is no reason to leave out
/// the next. Returns the largest exit code.
int checkEach(const std::vector<std::string> &files,
              driver::Invocation invocation) {
  int worst = driver::exitOk;
  for (const std::string &file : files) {
    invocation.input = file;
    worst =
        std::max(worst, guarded([&] { return driver::checkOnly(invocation); }));
  }
  return worst;
}

} // namespace

int main(int argc, char **argv) {
  driver::installMemoryHandlers();
  CLI::App app("gmc compiles a description of a generative model into a "
               "program that trains it.",
               "gmc");
  app.set_version_flag("--version", "gmc " GMC_VERSION);
  app.require_subcommand(1);
  ModelFlags flags;
  bool checkOnly = false;
  CLI::App *compile = app.add_subcommand("compile", "make the executable");
  flags.addTo(*compile);
  addCompileFlags(*compile, flags);
  addOutputFlags(*compile, flags);
  CLI::App *check = app.add_subcommand("check", "report what is wrong");
  std::vector<std::string> checked;
  check->add_option("FILE", checked, "models' texts, .gm files")->required();
  flags.addValuesTo(*check);
  CLI::App *explain = app.add_subcommand(
      "explain", "say who trains what, shapes, parameters, FLOPs, memory");
  flags.addTo(*explain);
  addCompileFlags(*explain, flags);
  CLI::App *fmtCommand = app.add_subcommand("fmt", "format the text");
  fmtCommand->add_option("FILE", flags.invocation.input, "a .gm file")
      ->required();
  fmtCommand->add_flag("--check", checkOnly, "only say whether it is");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    return app.exit(error) == 0 ? driver::exitOk : driver::exitUsage;
  }
  if (int code = flags.finish()) {
    return code;
  }
  flags.invocation.program = llvm::sys::fs::getMainExecutable(
      argv[0], reinterpret_cast<void *>(&main));
  flags.invocation.explain = explain->parsed();
  if (check->parsed()) {
    return checkEach(checked, flags.invocation);
  }
  return guarded([&] {
    if (fmtCommand->parsed()) {
      return driver::format(flags.invocation.input, checkOnly);
    }
    return driver::compile(flags.invocation);
  });
}
