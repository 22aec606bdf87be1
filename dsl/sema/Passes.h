//===- Passes.h - the parts of a check, in their order ----------*- C++ -*-===//
//
// Each walks the declarations of one kind and fills its part of the program.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_DSL_SEMA_PASSES_H
#define GMC_DSL_SEMA_PASSES_H

#include "dsl/sema/Elaborator.h"

namespace gmc::dsl {

/// A part of a data set.
struct Stream {
  const Dataset *dataset;
  std::string name, split;
  std::string path() const { return name + "." + split; }
};

/// Data.cpp: fills Program::datasets.
void collectDatasets(Module &module);
/// Returns the stream that a path names; reports otherwise.
std::optional<Stream> resolveStream(Module &module, const ast::Path &path);

/// Clock.cpp: finds the batch and the stream that owns the epochs.
void findBatchAndClock(Module &module);
/// Returns `m.train` where an argument of a turn is a data set without `next`.
std::optional<std::string> streamWithoutNext(const Module &module,
                                             const ast::Expr &expr);
/// Returns a duration with its stream; nothing after an error.
std::optional<Duration> readDuration(Module &module,
                                     const ast::DurationExpr &duration);
/// Training.cpp: walks `train`, elaborating each step where it is first called.
void elaborateTraining(Module &module);

/// Reports.cpp and Procedures.cpp.
void elaborateReports(Module &module);
void elaborateProcedures(Module &module);
/// Diagnosis.cpp: what `diagnose collapse` looks at.
void elaborateDiagnoses(Module &module);

/// Adds an argument of a step, report or procedure to the body.
void addArgument(Elaborator &e, const ast::Name &name, const Type &type,
                 const Field *field);

/// Adds a value that a turn gives, under the name that the turn bound.
void addTurnValue(Elaborator &e, const std::string &name,
                  const TurnValue &value);

} // namespace gmc::dsl

#endif // GMC_DSL_SEMA_PASSES_H
