//===- Registration.cpp - dialects and passes of gmc ----------------------===//
#include "compiler/Pipeline/Registration.h"

#include "compiler/Autodiff/Passes.h"
#include "compiler/Autodiff/Rules/RegisterRules.h"
#include "compiler/Codegen/CPU/CPUPipeline.h"
#include "compiler/Conversion/GMToRT/Passes.h"
#include "compiler/Dialect/GM/Transforms/Passes.h"
#include "compiler/Dialect/NN/Transforms/Passes.h"
#include "compiler/Dialect/RT/IR/RTDialect.h"
#include "compiler/Dialect/RT/Transforms/Passes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Transforms/Passes.h"

namespace gmc::pipeline {

void registerDialects(mlir::DialectRegistry &registry) {
  registry.insert<gm::GMDialect, nn::NNDialect, rt::RTDialect,
                  mlir::affine::AffineDialect, mlir::arith::ArithDialect,
                  mlir::cf::ControlFlowDialect, mlir::func::FuncDialect,
                  mlir::linalg::LinalgDialect, mlir::LLVM::LLVMDialect,
                  mlir::math::MathDialect, mlir::memref::MemRefDialect,
                  mlir::scf::SCFDialect, mlir::vector::VectorDialect>();
  autodiff::registerGradientRules(registry);
  mlir::registerBuiltinDialectTranslation(registry);
  mlir::registerLLVMDialectTranslation(registry);
}

void registerPasses() {
  mlir::registerCSEPass();
  mlir::registerCanonicalizerPass();
  gm::registerGMPasses();
  nn::registerNNPasses();
  rt::registerRTPasses();
  autodiff::registerAutodiffPasses();
  conversion::registerConversionPasses();
  cpu::registerCPUCodegen();
}

} // namespace gmc::pipeline
