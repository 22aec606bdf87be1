//===- GMDialect.cpp - registration of the gm dialect ---------------------===//
#include "compiler/Dialect/GM/IR/GMDialect.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"

using namespace gmc;

#include "compiler/Dialect/GM/IR/GMDialect.cpp.inc"
#include "compiler/Dialect/GM/IR/GMEnums.cpp.inc"

#define GET_OP_CLASSES
#include "compiler/Dialect/GM/IR/GMOps.cpp.inc"

void gm::GMDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "compiler/Dialect/GM/IR/GMOps.cpp.inc"
      >();
}
