//===- Plan.h - what a trainer knows of its model ---------------*- C++ -*-===//
#ifndef GMC_COMPILER_DRIVER_PLAN_H
#define GMC_COMPILER_DRIVER_PLAN_H

#include "compiler/Driver/Target.h"
#include "dsl/program/Program.h"
#include "runtime/plan/Artifact.h"

#include "mlir/IR/BuiltinOps.h"

namespace gmc::driver {

struct PlanOptions {
  bool f64 = false;
  bool reference = false;
  std::string text; ///< what of the text trains, for the hash
};

/// A program as planned for one target: what a run does, where things lie, and
/// the entry points by name, in the order of both.
struct PlannedModel {
  plan::Plan plan;
  plan::Artifact artifact;
  std::vector<std::string> entries, kernels;
};

/// Returns the plan of `program` as `module` has it after phase `kernels`. The
/// plan itself does not depend on the target.
PlannedModel planModel(const dsl::Program &program, mlir::ModuleOp module,
                       const Target &target, const PlanOptions &options);

} // namespace gmc::driver

#endif // GMC_COMPILER_DRIVER_PLAN_H
