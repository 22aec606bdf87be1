//===- Plan.h - what a run does ---------------------------------*- C++ -*-===//
//
// The part of a compiled model that its text decides. It is the same for every
// processor; checkpoints and run folders know this part only. What a processor
// adds to it is an Artifact.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_PLAN_PLAN_H
#define GMC_RUNTIME_PLAN_PLAN_H

#include "runtime/plan/Procedure.h"
#include "runtime/plan/Schedule.h"

#include <string_view>

namespace gmc::plan {

/// Raised by each change of what a member of the plan means.
inline constexpr int64_t planVersion = 3;

struct Plan {
  GMC_STRUCT(Plan, "A run, as the text of the model says it. A list comes "
                   "after those that it points into.");
  GMC_MEMBER(int64_t, version,
             "of this page; another is refused") = planVersion;
  GMC_MEMBER(std::string, model, "`vae`");
  GMC_OPTION(std::string, source, "`vae.gm`");
  GMC_MEMBER(std::string, hash,
             "16 hexadecimal digits: of the text but procedures, reports and "
             "comments, of constants and batches");
  GMC_MEMBER(ScalarType, type, "of all tensors") = ScalarType::F32;
  GMC_MEMBER(int64_t, batch, "of reports, and of the first `train`") = 1;
  GMC_OPTION(Numbers, constants, "the values of `const`");
  GMC_OPTION(std::vector<Tensor>, tensors, "in the order of checkpoints");
  GMC_OPTION(std::vector<Counter>, counters, "of optimisers");
  GMC_OPTION(std::vector<Scalar>, scalars, "in the order of the frame's");
  GMC_OPTION(std::vector<Dataset>, datasets, "of the text");
  GMC_OPTION(std::vector<Entry>, entries, "in the order of entry points");
  GMC_OPTION(int64_t, slots, "how many slots the entries have") = 0;
  GMC_OPTION(std::vector<Pool>, pools, "of the text");
  GMC_OPTION(std::vector<Import>, imports, "of the text");
  GMC_OPTION(std::vector<Train>, trains, "in the order in which they run");
  GMC_OPTION(std::vector<Report>, reports, "of the text");
  GMC_OPTION(std::vector<Diagnosis>, diagnoses, "for `diagnose collapse`");
  GMC_OPTION(std::vector<Undiagnosed>, undiagnosed, "and what it leaves out");
  GMC_OPTION(std::vector<Procedure>, procedures, "verbs of the trainer");

  /// Returns the data set of that name, or null.
  const Dataset *findDataset(std::string_view name) const;
  /// Returns what an item of an argument `Data` or `File` is.
  const Field &itemOf(const ProcedureArgument &argument) const;
  /// Returns how many examples `pool` holds.
  int64_t capacityOf(const Pool &pool) const {
    return tensors[pool.tensor].shape[0];
  }
};

} // namespace gmc::plan

#endif // GMC_RUNTIME_PLAN_PLAN_H
