//===- gmc-opt.cpp - runs gmc's passes on MLIR text -----------------------===//
#include "compiler/Pipeline/Registration.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  gmc::pipeline::registerDialects(registry);
  gmc::pipeline::registerPasses();
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "gmc's passes\n", registry));
}
