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
/// On the sum of a convolution: array<i64: role, strides, zeros at top and
/// left, dilations>, what no target should have to read out of its maps.
inline constexpr llvm::StringLiteral convolutionAttr = "rt.convolution";

/// Returns whether memory of an entry, and an argument of a kernel, may have
/// `type`: a memref of f32 or f64 (a word of the key: one i32), at least one
/// element of it, whose places are known and can be counted in bytes.
bool isBuffer(mlir::Type type);

} // namespace gmc::rt

#define GET_OP_CLASSES
#include "compiler/Dialect/RT/IR/RTOps.h.inc"

#endif // GMC_DIALECT_RT_IR_RTDIALECT_H
