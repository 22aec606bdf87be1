//===- Explain.h - what a model is, said by the compiler --------*- C++ -*-===//
#ifndef GMC_COMPILER_DRIVER_EXPLAIN_H
#define GMC_COMPILER_DRIVER_EXPLAIN_H

#include "dsl/program/Program.h"

#include "mlir/IR/BuiltinOps.h"

#include <string>

namespace gmc::driver {

/// Returns a description of `program` as planned in `module`, which phase
/// `kernels` has left.
std::string explainModel(const dsl::Program &program, mlir::ModuleOp module);

} // namespace gmc::driver

#endif // GMC_COMPILER_DRIVER_EXPLAIN_H
