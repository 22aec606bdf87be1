//===- RTDialect.h - places in memory and launches of kernels ---*- C++ -*-===//
#ifndef GMC_DIALECT_RT_IR_RTDIALECT_H
#define GMC_DIALECT_RT_IR_RTDIALECT_H

#include "compiler/Dialect/RT/IR/RTDialect.h.inc"
#include "compiler/Dialect/RT/IR/RTEnums.h.inc"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace gmc::rt {

/// On a function, which it makes a kernel: the number of its inputs; the other
/// arguments are outputs.
inline constexpr llvm::StringLiteral kernelAttr = "rt.kernel";
/// On an argument of a kernel: array<i64: axis, width> where it is stored in
/// panels.
inline constexpr llvm::StringLiteral panelsAttr = "rt.panels";

} // namespace gmc::rt

#define GET_OP_CLASSES
#include "compiler/Dialect/RT/IR/RTOps.h.inc"

#endif // GMC_DIALECT_RT_IR_RTDIALECT_H
