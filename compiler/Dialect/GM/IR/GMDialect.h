//===- GMDialect.h - variables, entries, objectives -------------*- C++ -*-===//
#ifndef GMC_DIALECT_GM_IR_GMDIALECT_H
#define GMC_DIALECT_GM_IR_GMDIALECT_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "compiler/Dialect/GM/IR/GMDialect.h.inc"
#include "compiler/Dialect/GM/IR/GMEnums.h.inc"

#define GET_OP_CLASSES
#include "compiler/Dialect/GM/IR/GMOps.h.inc"

#endif // GMC_DIALECT_GM_IR_GMDIALECT_H
