//===- EmitObject.cpp - from the LLVM dialect to an object file -----------===//
//
// LLVM's middle end is not run: on these kernels, unrolled and vectorised
// already, it buys nothing and costs half the compile time (RATIONALE.md of
// Codegen/CPU). Instruction selection is where the time goes: it runs in two
// threads.
//
//===----------------------------------------------------------------------===//
#include "compiler/Driver/EmitObject.h"

#include "compiler/Codegen/CPU/CPUPipeline.h"

#include "mlir/Target/LLVMIR/Export.h"
#include "mlir/Target/LLVMIR/ModuleTranslation.h"

#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/Bitcode/BitcodeWriter.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Support/CrashRecoveryContext.h"
#include "llvm/Support/MemoryBufferRef.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Transforms/Utils/SplitModule.h"

#include <system_error>
#include <thread>

namespace gmc::driver {

namespace {

void addConstant(llvm::Module &module, const char *name,
                 llvm::Constant *value) {
  new llvm::GlobalVariable(module, value->getType(), /*isConstant=*/true,
                           llvm::GlobalValue::ExternalLinkage, value, name);
}

/// Adds a table of the functions of `entries`.
void addTable(llvm::Module &module, const char *name,
              const std::vector<std::string> &entries) {
  auto *pointer = llvm::PointerType::get(module.getContext(), 0);
  std::vector<llvm::Constant *> functions;
  for (const std::string &entry : entries) {
    functions.push_back(module.getFunction(cpu::entryPrefix.str() + entry));
  }
  if (functions.empty()) {
    functions.push_back(llvm::ConstantPointerNull::get(pointer));
  }
  auto *type = llvm::ArrayType::get(pointer, functions.size());
  addConstant(module, name, llvm::ConstantArray::get(type, functions));
}

} // namespace

std::unique_ptr<llvm::Module> translateToLLVM(mlir::ModuleOp module,
                                              llvm::LLVMContext &context,
                                              const Target &target,
                                              const std::string &manifest,
                                              const EntryNames &names) {
  std::unique_ptr<llvm::Module> result =
      mlir::translateModuleToLLVMIR(module, context, "model");
  if (!result) {
    return nullptr;
  }
  result->setTargetTriple(llvm::Triple(target.triple));
  result->setDataLayout(target.machine->createDataLayout());
  addConstant(*result, "gmManifest",
              llvm::ConstantDataArray::getString(context, manifest,
                                                 /*AddNull=*/false));
  addConstant(
      *result, "gmManifestSize",
      llvm::ConstantInt::get(llvm::Type::getInt64Ty(context), manifest.size()));
  addTable(*result, "gmEntries", names.entries);
  addTable(*result, "gmKernels", names.kernels);
  if (llvm::verifyModule(*result, &llvm::errs())) {
    return nullptr;
  }
  return result;
}

std::optional<Object> emitObject(llvm::Module &module, const Target &target) {
  Object object;
  llvm::raw_svector_ostream stream(object);
  llvm::legacy::PassManager manager;
  if (target.machine->addPassesToEmitFile(manager, stream, nullptr,
                                          llvm::CodeGenFileType::ObjectFile)) {
    return std::nullopt;
  }
  manager.run(module);
  return object;
}

namespace {

/// Generates code for a part that was written as bitcode: a context of LLVM
/// belongs to one thread.
std::optional<Object> emitPart(llvm::StringRef bitcode,
                               const std::string &cpu) {
  llvm::LLVMContext context;
  auto module =
      llvm::parseBitcodeFile(llvm::MemoryBufferRef(bitcode, "part"), context);
  std::string error;
  std::unique_ptr<Target> target = makeTarget(cpu, error);
  if (!module || !target) {
    llvm::consumeError(module.takeError());
    return std::nullopt;
  }
  return emitObject(**module, *target);
}

} // namespace

std::vector<Object> emitObjects(llvm::Module &module, const std::string &cpu) {
  std::vector<Object> parts;
  llvm::SplitModule(
      module, emittedParts,
      [&](std::unique_ptr<llvm::Module> part) {
        llvm::raw_svector_ostream stream(parts.emplace_back());
        llvm::WriteBitcodeToFile(*part, stream);
      },
      /*PreserveLocals=*/false, /*RoundRobin=*/true);
  std::vector<std::optional<Object>> objects(parts.size());
  auto emit = [&](size_t i) {
    llvm::CrashRecoveryContext recovery;
    recovery.RunSafely([&] {
      objects[i] =
          emitPart(llvm::StringRef(parts[i].data(), parts[i].size()), cpu);
    });
  };
  std::vector<std::thread> threads;
  for (size_t i = 0; i < parts.size(); ++i) {
    try {
      threads.emplace_back(emit, i);
    } catch (const std::system_error &) {
      emit(i); // no memory for another thread's stack
    }
  }
  std::vector<Object> result;
  for (std::thread &thread : threads) {
    thread.join();
  }
  for (std::optional<Object> &object : objects) {
    if (object) {
      result.push_back(std::move(*object));
    }
  }
  return result.size() == parts.size() ? std::move(result)
                                       : std::vector<Object>();
}

} // namespace gmc::driver
