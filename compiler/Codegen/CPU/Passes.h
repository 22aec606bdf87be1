//===- Passes.h - the passes of CPU code generation -------------*- C++ -*-===//
#ifndef GMC_CODEGEN_CPU_PASSES_H
#define GMC_CODEGEN_CPU_PASSES_H

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Pass/Pass.h"

namespace gmc::cpu {

#define GEN_PASS_DECL
#include "compiler/Codegen/CPU/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "compiler/Codegen/CPU/Passes.h.inc"

} // namespace gmc::cpu

#endif // GMC_CODEGEN_CPU_PASSES_H
