//===- NNDialect.h - tensor arithmetic with derivatives ---------*- C++ -*-===//
#ifndef GMC_DIALECT_NN_IR_NNDIALECT_H
#define GMC_DIALECT_NN_IR_NNDIALECT_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "compiler/Dialect/NN/IR/NNDialect.h.inc"
#include "compiler/Dialect/NN/IR/NNEnums.h.inc"

#define GET_OP_CLASSES
#include "compiler/Dialect/NN/IR/NNOps.h.inc"

#endif // GMC_DIALECT_NN_IR_NNDIALECT_H
