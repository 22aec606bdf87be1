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
#include "runtime/plan/Json.h"

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

llvm::GlobalVariable *addConstant(llvm::Module &module, const llvm::Twine &name,
                                  llvm::Constant *value) {
  return new llvm::GlobalVariable(module, value->getType(), /*isConstant=*/true,
                                  llvm::GlobalValue::ExternalLinkage, value,
                                  name);
}

llvm::Constant *textOf(llvm::Module &module, const std::string &text) {
  return llvm::ConstantDataArray::getString(module.getContext(), text,
                                            /*AddNull=*/false);
}

llvm::Constant *sizeOf(llvm::Module &module, size_t size) {
  return llvm::ConstantInt::get(llvm::Type::getInt64Ty(module.getContext()),
                                size);
}

/// Returns a table of the functions of `entries`, which have `suffix` behind
/// their names.
llvm::Constant *tableOf(llvm::Module &module,
                        const std::vector<std::string> &entries,
                        const std::string &suffix) {
  auto *pointer = llvm::PointerType::get(module.getContext(), 0);
  std::vector<llvm::Constant *> functions;
  for (const std::string &entry : entries) {
    functions.push_back(
        module.getFunction(cpu::entryPrefix.str() + entry + suffix));
  }
  if (functions.empty()) {
    functions.push_back(llvm::ConstantPointerNull::get(pointer));
  }
  auto *type = llvm::ArrayType::get(pointer, functions.size());
  return llvm::ConstantArray::get(type, functions);
}

/// What makes a symbol that artifact `index` defines its own.
std::string suffixOf(size_t index) {
  return index == 0 ? "" : ".artifact" + std::to_string(index);
}

/// Gives whatever `module` defines a name that no other artifact has.
void renameDefinitions(llvm::Module &module, const std::string &suffix) {
  for (llvm::GlobalValue &value : module.global_values()) {
    if (!value.isDeclaration()) {
      value.setName(value.getName() + suffix);
    }
  }
}

/// Adds the GmArtifact of `module`.
llvm::Constant *addArtifact(llvm::Module &module, const PlannedModel &model,
                            size_t index) {
  const std::string suffix = std::to_string(index);
  const std::string description = plan::toJson(model.artifact);
  return addConstant(
      module, "gmArtifact" + suffix,
      llvm::ConstantStruct::getAnon(
          {addConstant(module, "gmDescription" + suffix,
                       textOf(module, description)),
           sizeOf(module, description.size()),
           addConstant(module, "gmEntries" + suffix,
                       tableOf(module, model.entries, suffixOf(index))),
           addConstant(module, "gmKernels" + suffix,
                       tableOf(module, model.kernels, suffixOf(index)))}));
}

/// Adds the plan and the table of all artifacts: `first`, which `module` has,
/// and those of other modules.
void addModel(llvm::Module &module, const PlannedModel &model,
              llvm::Constant *first, size_t count) {
  const std::string text = plan::toJson(model.plan);
  addConstant(module, "gmPlan", textOf(module, text));
  addConstant(module, "gmPlanSize", sizeOf(module, text.size()));
  auto *pointer = llvm::PointerType::get(module.getContext(), 0);
  std::vector<llvm::Constant *> artifacts = {first};
  while (artifacts.size() < count) {
    artifacts.push_back(new llvm::GlobalVariable(
        module, pointer, /*isConstant=*/true,
        llvm::GlobalValue::ExternalLinkage, nullptr,
        "gmArtifact" + std::to_string(artifacts.size())));
  }
  addConstant(module, "gmArtifacts",
              llvm::ConstantArray::get(llvm::ArrayType::get(pointer, count),
                                       artifacts));
  addConstant(module, "gmArtifactCount", sizeOf(module, count));
}

} // namespace

std::unique_ptr<llvm::Module> translateToLLVM(mlir::ModuleOp module,
                                              llvm::LLVMContext &context,
                                              const Target &target,
                                              const PlannedModel &model,
                                              ArtifactPlace place) {
  std::unique_ptr<llvm::Module> result =
      mlir::translateModuleToLLVMIR(module, context, "model");
  if (!result) {
    return nullptr;
  }
  result->setTargetTriple(llvm::Triple(target.triple));
  result->setDataLayout(target.machine->createDataLayout());
  renameDefinitions(*result, suffixOf(place.index));
  llvm::Constant *artifact = addArtifact(*result, model, place.index);
  if (place.index == 0) {
    addModel(*result, model, artifact, place.count);
  }
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
