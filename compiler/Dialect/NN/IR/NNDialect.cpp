//===- NNDialect.cpp - registration of the nn dialect ---------------------===//
#include "compiler/Dialect/NN/IR/NNDialect.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"

using namespace gmc;

#include "compiler/Dialect/NN/IR/NNDialect.cpp.inc"
#include "compiler/Dialect/NN/IR/NNEnums.cpp.inc"

void nn::NNDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "compiler/Dialect/NN/IR/NNOps.cpp.inc"
      >();
}
