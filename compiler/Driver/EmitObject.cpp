//===- EmitObject.cpp - from the LLVM dialect to an object file -----------===//
//
// LLVM's middle end is not run: on these kernels, unrolled and vectorised
// already, it buys nothing and costs half the compile time (RATIONALE.md of
// Codegen/CPU).
//
//===----------------------------------------------------------------------===//
#include "compiler/Driver/EmitObject.h"
#include "compiler/Codegen/CPU/CPUPipeline.h"

#include "mlir/Target/LLVMIR/ModuleTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"

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
    functions.push_back(
        module.getFunction(cpu::entryPrefix.str() + entry));
  }
  if (functions.empty()) {
    functions.push_back(llvm::ConstantPointerNull::get(pointer));
  }
  auto *type = llvm::ArrayType::get(pointer, functions.size());
  addConstant(module, name, llvm::ConstantArray::get(type, functions));
}

} // namespace

std::unique_ptr<llvm::Module>
translateToLLVM(mlir::ModuleOp module, llvm::LLVMContext &context,
                const Target &target, const std::string &manifest,
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
  addConstant(*result, "gmManifestSize",
              llvm::ConstantInt::get(llvm::Type::getInt64Ty(context),
                                     manifest.size()));
  addTable(*result, "gmEntries", names.entries);
  addTable(*result, "gmKernels", names.kernels);
  if (llvm::verifyModule(*result, &llvm::errs())) {
    return nullptr;
  }
  return result;
}

std::optional<llvm::SmallVector<char, 0>> emitObject(llvm::Module &module,
                                                     const Target &target) {
  llvm::SmallVector<char, 0> object;
  llvm::raw_svector_ostream stream(object);
  llvm::legacy::PassManager manager;
  if (target.machine->addPassesToEmitFile(
          manager, stream, nullptr, llvm::CodeGenFileType::ObjectFile)) {
    return std::nullopt;
  }
  manager.run(module);
  return object;
}

} // namespace gmc::driver
