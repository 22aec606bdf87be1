//===- Harness.cpp - compiles modules and runs their entries --------------===//
#include "tests/compiler/Codegen/CPU/Harness.h"

#include "compiler/Dialect/RT/IR/RTDialect.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Target/LLVMIR/Dialect/All.h"
#include "mlir/Target/LLVMIR/Export.h"

#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"

#include <barrier>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace mlir;

extern "C" void gmBarrier(const GmFrame *frame) {
  static_cast<std::barrier<> *>(frame->pool)->arrive_and_wait();
}

namespace gmc::testing {

Target referenceTarget() {
  Target target;
  target.options.reference = true;
  return target;
}

Target scheduledTarget(int lanes) {
  Target target;
  target.options.lanesF32 = lanes;
  if (lanes == 8) {
    target.cpu = "haswell";
  }
  return target;
}

int hostLanes() {
  return llvm::sys::getHostCPUFeatures().lookup("avx512f") ? 16 : 8;
}

struct Compiled::Impl {
  std::unique_ptr<llvm::orc::LLJIT> jit;
};

Compiled::Compiled(std::unique_ptr<Impl> impl) : impl(std::move(impl)) {}
Compiled::Compiled(Compiled &&) noexcept = default;
Compiled::~Compiled() = default;

template <typename T> static T check(llvm::Expected<T> value) {
  if (!value) {
    throw std::runtime_error(llvm::toString(value.takeError()));
  }
  return std::move(*value);
}

static void check(llvm::Error error) {
  if (error) {
    throw std::runtime_error(llvm::toString(std::move(error)));
  }
}

static MLIRContext &context() {
  static MLIRContext *made = [] {
    DialectRegistry registry;
    registerAllDialects(registry);
    registerAllExtensions(registry);
    registerAllToLLVMIRTranslations(registry);
    registry.insert<rt::RTDialect>();
    return new MLIRContext(registry, MLIRContext::Threading::DISABLED);
  }();
  return *made;
}

static OwningOpRef<ModuleOp> lower(std::string_view text,
                                   const Target &target) {
  std::string messages;
  ScopedDiagnosticHandler handler(&context(), [&](Diagnostic &diagnostic) {
    messages += diagnostic.str() + "\n";
    for (Diagnostic &note : diagnostic.getNotes()) {
      messages += "  " + note.str() + "\n";
    }
  });
  OwningOpRef<ModuleOp> module =
      parseSourceString<ModuleOp>(llvm::StringRef(text), &context());
  if (!module) {
    throw std::runtime_error("does not parse: " + messages);
  }
  PassManager manager(&context());
  cpu::buildCPUPipeline(manager, target.options);
  if (failed(manager.run(*module))) {
    throw std::runtime_error("does not lower: " + messages);
  }
  return module;
}

Compiled compile(std::string_view text, const Target &target) {
  OwningOpRef<ModuleOp> module = lower(text, target);
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  auto machine = check(llvm::orc::JITTargetMachineBuilder::detectHost());
  if (!target.cpu.empty()) {
    machine.getFeatures() = llvm::SubtargetFeatures(target.features);
    machine.setCPU(target.cpu);
  }
  machine.setCodeGenOptLevel(llvm::CodeGenOptLevel::Default);

  auto llvmContext = std::make_unique<llvm::LLVMContext>();
  std::unique_ptr<llvm::Module> translated =
      translateModuleToLLVMIR(*module, *llvmContext);
  if (!translated) {
    throw std::runtime_error("does not translate to LLVM IR");
  }
  auto impl = std::make_unique<Compiled::Impl>();
  impl->jit = check(llvm::orc::LLJITBuilder()
                        .setJITTargetMachineBuilder(std::move(machine))
                        .create());
  llvm::orc::SymbolMap symbols;
  symbols[impl->jit->mangleAndIntern("gmBarrier")] = {
      llvm::orc::ExecutorAddr::fromPtr(&gmBarrier),
      llvm::JITSymbolFlags::Exported};
  check(impl->jit->getMainJITDylib().define(
      llvm::orc::absoluteSymbols(std::move(symbols))));
  translated->setDataLayout(impl->jit->getDataLayout());
  check(impl->jit->addIRModule(llvm::orc::ThreadSafeModule(
      std::move(translated), std::move(llvmContext))));
  return Compiled(std::move(impl));
}

GmEntry Compiled::entry(const std::string &name) {
  return check(impl->jit->lookup(cpu::entryPrefix.str() + name))
      .toPtr<GmEntry>();
}

void Compiled::run(const std::string &name, char *state, char *arena,
                   int threads, const double *scalars, const uint32_t *key) {
  GmEntry function = entry(name);
  std::barrier<> barrier(threads);
  GmFrame frame{0, threads, state, arena, scalars, key, &barrier};
  std::vector<std::thread> others;
  for (int t = 1; t < threads; ++t) {
    others.emplace_back([=] {
      GmFrame own = frame;
      own.thread = t;
      function(&own);
    });
  }
  function(&frame);
  for (std::thread &other : others) {
    other.join();
  }
}

Region::Region(size_t bytes) {
  bytes = (bytes + 63) / 64 * 64;
  memory = static_cast<char *>(std::aligned_alloc(64, bytes));
  std::memset(memory, 0, bytes);
}

Region::~Region() { std::free(memory); }

} // namespace gmc::testing
