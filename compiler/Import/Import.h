//===- Import.h - a checked program becomes gm and nn -----------*- C++ -*-===//
#ifndef GMC_COMPILER_IMPORT_IMPORT_H
#define GMC_COMPILER_IMPORT_IMPORT_H

#include "dsl/base/SourceFile.h"
#include "dsl/program/Program.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace gmc::import {

struct Options {
  bool f64 = false; ///< all tensors in double precision
};

/// Returns the module of `program`: a gm.variable for every parameter, a
/// gm.entry for every step, report and procedure (in this order). Single
/// numbers that depend on scalars alone are computed in f64 whatever the type
/// of the tensors. Needs the gm and nn dialects loaded.
mlir::OwningOpRef<mlir::ModuleOp> importProgram(const dsl::Program &program,
                                                const dsl::SourceFile &source,
                                                const Options &options,
                                                mlir::MLIRContext &context);

/// Names of the module's attributes.
/// `gm.counters`: names of the optimiser states, in the order of the `updates`
/// scalars that follow the program's own scalars.
inline constexpr const char *countersAttribute = "gm.counters";

} // namespace gmc::import

#endif // GMC_COMPILER_IMPORT_IMPORT_H
