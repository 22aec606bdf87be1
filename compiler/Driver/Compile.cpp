//===- Compile.cpp - a file in, an executable out -------------------------===//
//
// Reads as the table of contents of a compilation: one call a phase. A crash
// anywhere behind the front end is caught: its input is saved and gmc exits
// with 70.
//
//===----------------------------------------------------------------------===//
#include "compiler/Driver/Compile.h"

#include "compiler/Driver/EmitObject.h"
#include "compiler/Driver/ExitCodes.h"
#include "compiler/Driver/Explain.h"
#include "compiler/Driver/FrontEnd.h"
#include "compiler/Driver/LinkExecutable.h"
#include "compiler/Driver/Plan.h"
#include "compiler/Driver/Signals.h"
#include "compiler/Driver/Watchdog.h"
#include "compiler/Import/Import.h"
#include "compiler/Pipeline/Registration.h"
#include "dsl/ast/Printer.h"
#include "dsl/parse/TrainingText.h"
#include "dsl/program/Dump.h"
#include "runtime/abi/gmAbi.h"
#include "runtime/plan/Json.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Verifier.h"

#include "llvm/IR/LLVMContext.h"
#include "llvm/Support/CrashRecoveryContext.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <unistd.h>

using namespace mlir;

namespace gmc::driver {

namespace {

using pipeline::Phase;

/// LLVM met what it cannot go on from. The signal of abort() is caught below.
void sayFatalError(void *, const char *reason, bool) {
  fmt::print(stderr, "gmc: LLVM: {}\n", reason);
  abort();
}

/// Memory is over: nothing may be allocated here.
void endForMemory(void *, const char *, bool) {
  const char text[] = "gmc: out of memory\n";
  (void)!write(2, text, sizeof(text) - 1);
  _exit(exitMemory);
}

class Compilation {
public:
  explicit Compilation(const Invocation &invocation) : invocation(invocation) {
    output = invocation.output;
    if (output.empty()) {
      llvm::StringRef name = llvm::sys::path::filename(invocation.input);
      output =
          name.ends_with(".gm") ? name.drop_back(3).str() : name.str() + ".out";
    }
    reproducer = output + ".reproducer.mlir";
  }

  int run();

private:
  int runPhases();
  int internalError();
  int makeTargets();
  /// Runs the phases up to `object` for target number `index` on `module`.
  std::optional<int> runTarget(size_t index);
  std::optional<int> plan(size_t index);
  std::optional<int> generate(size_t index);
  void enter(const char *phase) {
    phaseName = phase;
    where.enter(phase);
  }
  void pointToLargestKernel();
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
  std::vector<std::unique_ptr<Target>> targets; ///< the most capable first
  std::vector<PlannedModel> planned;            ///< one for each
  std::vector<Object> objects;
  std::unique_ptr<MLIRContext> context;
  OwningOpRef<ModuleOp> module;
  const char *phaseName = "import";
  Whereabouts where;
  /// Last, so that it ends before what it looks at.
  std::optional<Watchdog> watchdog;
};

int Compilation::run() {
  Watchdog::Limits limits;
  limits.memory = invocation.maxGigabytes * 1e9;
  watchdog.emplace(where, limits);
  if (int code = front.parse(invocation.input)) {
    return code;
  }
  if (stopsAfter(Phase::parse)) {
    return printed(dsl::ast::print(front.file));
  }
  where.enter("check");
  if (int code = front.check(invocation, &where.line)) {
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
  if (int code = makeTargets()) {
    return code;
  }
  int code = exitInternal;
  llvm::install_fatal_error_handler(sayFatalError);
  llvm::CrashRecoveryContext::Enable();
  llvm::CrashRecoveryContext recovery;
  recovery.DumpStackAndCleanupOnFailure = false;
  if (!recovery.RunSafely([&] { code = runPhases(); })) {
    return internalError();
  }
  return code;
}

int Compilation::makeTargets() {
  for (const std::string &cpu : invocation.cpus) {
    std::string error;
    if (llvm::count(invocation.cpus, cpu) > 1) {
      fmt::print(stderr, "gmc: --mcpu names `{}` twice\n", cpu);
      return exitUsage;
    }
    targets.push_back(makeTarget(cpu, error));
    if (!targets.back()) {
      fmt::print(stderr, "gmc: {}\n", error);
      return exitUsage;
    }
  }
  // A trainer takes the first that its processor can run.
  llvm::stable_sort(targets, [](const auto &a, const auto &b) {
    return a->features.size() > b->features.size();
  });
  return exitOk;
}

/// Says that gmc is to blame, and leaves what it takes to see it again: what
/// the phase was given. MLIR has written that itself where passes run.
int Compilation::internalError() {
  llvm::StringRef phase(phaseName);
  if (phase == "llvm" || phase == "object" || phase == "link") {
    llvm::CrashRecoveryContext recovery;
    recovery.RunSafely([&] {
      std::error_code error;
      llvm::raw_fd_ostream stream(reproducer, error);
      module->print(stream, OpPrintingFlags().enableDebugInfo(false));
      stream.close();
      stream.clear_error();
    });
  }
  bool saved = phase != "import" && llvm::sys::fs::is_regular_file(reproducer);
  fmt::print(stderr,
             "gmc: internal error in phase `{}`; this is a bug in gmc, please "
             "report it with the text of the model{}\n",
             phaseName, saved ? " and `" + reproducer + "`" : "");
  return exitInternal;
}

int Compilation::runPhases() {
  DialectRegistry registry;
  pipeline::registerDialects(registry);
  context =
      std::make_unique<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
  context->loadAllAvailableDialects();
  where.follow(*context);
  enter("import");

  import::Options importOptions;
  importOptions.f64 = invocation.f64;
  module = import::importProgram(*front.program, *front.source, importOptions,
                                 *context);
  if (failed(verify(*module))) {
    return internalError();
  }
  if (stopsAfter(Phase::import)) {
    return printedModule();
  }

  OwningOpRef<ModuleOp> imported = std::move(module);
  for (size_t i = 0; i < targets.size(); ++i) {
    module = i + 1 < targets.size() ? OwningOpRef<ModuleOp>(imported->clone())
                                    : std::move(imported);
    if (std::optional<int> code = runTarget(i)) {
      return *code;
    }
  }
  enter("link");
  watchdog->keepRunning();
  int code = linkExecutable(objects, invocation.program, output);
  return code == exitInternal ? internalError() : code;
}

/// Returns the exit code where nothing is left to do.
std::optional<int> Compilation::runTarget(size_t index) {
  pipeline::Options options;
  options.reference = invocation.reference;
  options.lanesF32 = targets[index]->lanesF32;
  options.reproducer = reproducer;
  for (Phase phase : {Phase::objectives, Phase::differentiate, Phase::fuse,
                      Phase::kernels, Phase::codegen}) {
    enter(pipeline::nameOf(phase));
    if (phase == Phase::codegen && invocation.explain) {
      return printed(explainModel(*front.program, *module));
    }
    if (phase == Phase::codegen) {
      if (std::optional<int> code = plan(index)) {
        return code;
      }
    }
    bool ran = succeeded(pipeline::runPhase(*module, phase, options));
    // A pass manager that saves reproducers disables it when it is done.
    llvm::CrashRecoveryContext::Enable();
    if (!ran) {
      return internalError();
    }
    if (stopsAfter(phase)) {
      return printedModule();
    }
  }
  return generate(index);
}

/// What is planned must be what a trainer can read, and what it does must not
/// depend on the target.
std::optional<int> Compilation::plan(size_t index) {
  PlanOptions facts;
  facts.f64 = invocation.f64;
  facts.reference = invocation.reference;
  facts.text = dsl::trainingText(*front.source, front.file);
  planned.push_back(planModel(*front.program, *module, *targets[index], facts));
  const PlannedModel &model = planned.back();
  std::string trouble = plan::troubleOf(
      plan::toJson(model.plan), {plan::toJson(model.artifact)}, GM_ABI_VERSION);
  if (trouble.empty() && model.plan != planned.front().plan) {
    trouble = "the plan for " + targets[index]->cpu + " is another than for " +
              targets[0]->cpu;
  }
  if (!trouble.empty()) {
    fmt::print(stderr, "gmc: {}\n", trouble);
    return internalError();
  }
  return std::nullopt;
}

/// LLVM does not say which function it is at: the largest is the likeliest.
void Compilation::pointToLargestKernel() {
  LLVM::LLVMFuncOp largest;
  size_t most = 0;
  for (auto function : module->getOps<LLVM::LLVMFuncOp>()) {
    size_t size = 0;
    for (Block &block : function.getBody()) {
      size += block.getOperations().size();
    }
    if (size > most) {
      largest = function;
      most = size;
    }
  }
  if (largest) {
    where.at(largest);
  }
}

/// Generates code of `module`, which is in the LLVM dialect.
std::optional<int> Compilation::generate(size_t index) {
  const Target &target = *targets[index];
  enter("llvm");
  llvm::LLVMContext llvmContext;
  std::unique_ptr<llvm::Module> llvmModule = translateToLLVM(
      *module, llvmContext, target, planned[index], {index, targets.size()});
  if (!llvmModule) {
    return internalError();
  }
  if (stopsAfter(Phase::llvm)) {
    llvmModule->print(llvm::outs(), nullptr);
    return exitOk;
  }
  enter("object");
  pointToLargestKernel();
  if (stopsAfter(Phase::object)) {
    auto object = emitObject(*llvmModule, target);
    return object ? printed(std::string(object->data(), object->size()))
                  : internalError();
  }
  std::vector<Object> parts = emitObjects(*llvmModule, target.asked);
  if (parts.empty()) {
    return internalError();
  }
  llvm::append_range(objects, std::move(parts));
  return std::nullopt;
}

} // namespace

void installMemoryHandlers() {
  llvm::install_bad_alloc_error_handler(endForMemory);
  llvm::install_out_of_memory_new_handler();
}

int compile(const Invocation &invocation) {
  blockIgnoredSignals();
  int code = Compilation(invocation).run();
  llvm::outs().flush();
  if (llvm::outs().has_error()) {
    fmt::print(stderr, "gmc: cannot write to standard output: {}\n",
               llvm::outs().error().message());
    llvm::outs().clear_error();
    return code ? code : exitIo;
  }
  return code;
}

} // namespace gmc::driver
