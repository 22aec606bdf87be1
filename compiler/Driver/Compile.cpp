//===- Compile.cpp - a file in, an executable out -------------------------===//
//
// Reads as the table of contents of a compilation: one call a phase. A crash
// anywhere behind the front end is caught: its input is saved and gmc exits
// with 70.
//
//===----------------------------------------------------------------------===//
#include "compiler/Driver/Compile.h"
#include "compiler/Driver/EmitObject.h"
#include "compiler/Driver/Explain.h"
#include "compiler/Driver/FrontEnd.h"
#include "compiler/Driver/LinkExecutable.h"
#include "compiler/Driver/Manifest.h"
#include "compiler/Import/Import.h"
#include "compiler/Pipeline/Registration.h"
#include "dsl/ast/Printer.h"
#include "dsl/program/Dump.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Verifier.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/Support/CrashRecoveryContext.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <fmt/format.h>

#include <cstdio>

using namespace mlir;

namespace gmc::driver {

namespace {

using pipeline::Phase;

int internalError(const std::string &what, const std::string &saved) {
  fmt::print(stderr,
             "gmc: internal error in {}; this is a bug in gmc, please report it "
             "with the text of the model{}\n",
             what, saved.empty() ? "" : " and `" + saved + "`");
  return exitInternal;
}

class Compilation {
public:
  explicit Compilation(const Invocation &invocation)
      : invocation(invocation) {
    output = invocation.output;
    if (output.empty()) {
      llvm::StringRef name = llvm::sys::path::filename(invocation.input);
      output = name.ends_with(".gm") ? name.drop_back(3).str()
                                     : name.str() + ".out";
    }
    reproducer = output + ".reproducer.mlir";
  }

  int run();

private:
  int runPhases();
  int finishInLLVM(const std::string &manifest, const EntryNames &names);
  bool stopsAfter(Phase phase) const { return invocation.stopAfter == phase; }
  int printed(const std::string &text) {
    llvm::outs() << text;
    llvm::outs().flush();
    return exitOk;
  }
  int printedModule() {
    module->print(llvm::outs(), OpPrintingFlags().enableDebugInfo(false));
    llvm::outs().flush();
    return exitOk;
  }

  const Invocation &invocation;
  std::string output, reproducer;
  FrontEnd front;
  std::unique_ptr<Target> target;
  std::unique_ptr<MLIRContext> context;
  OwningOpRef<ModuleOp> module;
  const char *phaseName = "import";
};

int Compilation::run() {
  if (int code = front.parse(invocation.input)) {
    return code;
  }
  if (stopsAfter(Phase::parse)) {
    return printed(dsl::ast::print(front.file));
  }
  if (int code = front.check(invocation)) {
    return code;
  }
  if (stopsAfter(Phase::check)) {
    return printed(dsl::dump(*front.program));
  }
  if (!invocation.stopAfter && !invocation.explain) {
    std::string trouble = checkOutput(output, invocation.input);
    if (!trouble.empty()) {
      fmt::print(stderr, "gmc: output `{}` {}\n", output, trouble);
      return exitIo;
    }
  }
  std::string error;
  target = makeTarget(invocation.cpu, error);
  if (!target) {
    fmt::print(stderr, "gmc: {}\n", error);
    return exitUsage;
  }
  int code = exitInternal;
  llvm::CrashRecoveryContext::Enable();
  llvm::CrashRecoveryContext recovery;
  recovery.DumpStackAndCleanupOnFailure = false;
  if (!recovery.RunSafely([&] { code = runPhases(); })) {
    return internalError(fmt::format("phase `{}`", phaseName), reproducer);
  }
  return code;
}

int Compilation::runPhases() {
  DialectRegistry registry;
  pipeline::registerDialects(registry);
  context = std::make_unique<MLIRContext>(
      registry, MLIRContext::Threading::DISABLED);
  context->loadAllAvailableDialects();

  import::Options importOptions;
  importOptions.f64 = invocation.f64;
  module = import::importProgram(*front.program, *front.source, importOptions,
                                 *context);
  if (failed(verify(*module))) {
    return internalError("phase `import`", "");
  }
  if (stopsAfter(Phase::import)) {
    return printedModule();
  }

  pipeline::Options options;
  options.reference = invocation.reference;
  options.lanesF32 = target->lanesF32;
  options.reproducer = reproducer;
  std::string manifest;
  EntryNames names;
  for (Phase phase : {Phase::objectives, Phase::differentiate, Phase::fuse,
                      Phase::kernels, Phase::codegen}) {
    phaseName = pipeline::nameOf(phase);
    if (phase == Phase::codegen && invocation.explain) {
      return printed(explainModel(*front.program, *module));
    }
    if (phase == Phase::codegen) {
      ManifestOptions facts;
      facts.f64 = invocation.f64;
      facts.reference = invocation.reference;
      facts.text = std::string(front.source->text());
      manifest = writeManifest(*front.program, *module, *target, facts, names);
    }
    if (failed(pipeline::runPhase(*module, phase, options))) {
      return internalError(fmt::format("phase `{}`", phaseName), reproducer);
    }
    if (stopsAfter(phase)) {
      return printedModule();
    }
  }
  return finishInLLVM(manifest, names);
}

int Compilation::finishInLLVM(const std::string &manifest,
                              const EntryNames &names) {
  phaseName = "llvm";
  llvm::LLVMContext llvmContext;
  std::unique_ptr<llvm::Module> llvmModule =
      translateToLLVM(*module, llvmContext, *target, manifest, names);
  if (!llvmModule) {
    return internalError("phase `llvm`", "");
  }
  if (stopsAfter(Phase::llvm)) {
    llvmModule->print(llvm::outs(), nullptr);
    return exitOk;
  }
  phaseName = "object";
  if (stopsAfter(Phase::object)) {
    auto object = emitObject(*llvmModule, *target);
    return object ? printed(std::string(object->data(), object->size()))
                  : internalError("phase `object`", "");
  }
  std::vector<Object> objects = emitObjects(*llvmModule, invocation.cpu);
  if (objects.empty()) {
    return internalError("phase `object`", "");
  }
  phaseName = "link";
  return linkExecutable(objects, invocation.program, output);
}

} // namespace

int compile(const Invocation &invocation) {
  return Compilation(invocation).run();
}

} // namespace gmc::driver
