//===- Json.h - the plan as JSON, and as a page -----------------*- C++ -*-===//
#ifndef GMC_RUNTIME_PLAN_JSON_H
#define GMC_RUNTIME_PLAN_JSON_H

#include "runtime/plan/Artifact.h"

#include <stdexcept>

namespace gmc::plan {

/// Returns the JSON of the plan, or of an artifact, on one line. Strings that
/// are not UTF-8 have U+FFFD in the place of what is wrong.
std::string toJson(const Plan &plan);
std::string toJson(const Artifact &artifact);

/// What breaks the contract of a plan. The message names the member, e.g.
/// `trains[0].turns[3].entry`.
struct Broken : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Parses and checks `json`: every member is there and known, and whatever is
/// used as an index points to something. Throws Broken.
Plan planFrom(std::string_view json);
/// The same for an artifact of `plan`, with ABI version `abi`. Its offsets lie
/// in its regions.
Artifact artifactFrom(std::string_view json, const Plan &plan, int64_t abi);

/// Returns why a trainer could not read these, or "".
std::string troubleOf(const std::string &plan,
                      const std::vector<std::string> &artifacts, int64_t abi);

/// Returns runtime/plan/plan.md: each struct, its members and words.
std::string referencePage();

} // namespace gmc::plan

#endif // GMC_RUNTIME_PLAN_JSON_H
