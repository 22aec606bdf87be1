//===- RTDialect.h - places in memory and launches of kernels ---*- C++ -*-===//
#ifndef GMC_DIALECT_RT_IR_RTDIALECT_H
#define GMC_DIALECT_RT_IR_RTDIALECT_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "compiler/Dialect/RT/IR/RTDialect.h.inc"
#include "compiler/Dialect/RT/IR/RTEnums.h.inc"

#define GET_OP_CLASSES
#include "compiler/Dialect/RT/IR/RTOps.h.inc"

#endif // GMC_DIALECT_RT_IR_RTDIALECT_H
