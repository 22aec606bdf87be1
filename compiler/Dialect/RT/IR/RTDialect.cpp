//===- RTDialect.cpp - registration of the rt dialect ---------------------===//
#include "compiler/Dialect/RT/IR/RTDialect.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"

using namespace gmc;

#include "compiler/Dialect/RT/IR/RTDialect.cpp.inc"
#include "compiler/Dialect/RT/IR/RTEnums.cpp.inc"

#define GET_OP_CLASSES
#include "compiler/Dialect/RT/IR/RTOps.cpp.inc"

void rt::RTDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "compiler/Dialect/RT/IR/RTOps.cpp.inc"
      >();
}
