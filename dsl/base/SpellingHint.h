//===- SpellingHint.h - "did you mean" --------------------------*- C++ -*-===//
#ifndef GMC_DSL_BASE_SPELLINGHINT_H
#define GMC_DSL_BASE_SPELLINGHINT_H

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gmc::dsl {

/// Returns how many letters must be put in, left out, replaced or swapped with
/// their neighbour to make `a` into `b`; at most `limit` + 1.
unsigned editDistance(std::string_view a, std::string_view b, unsigned limit);

/// Returns `word` in small letters and without `_`.
std::string plainSpelling(std::string_view word);

/// Returns the candidate nearest to `word`: one of the same plain spelling, or
/// at most 2 edits away (1 for words of up to 3 letters). Ties go to the
/// earlier one.
std::optional<std::string>
nearestSpelling(std::string_view word,
                const std::vector<std::string> &candidates);

} // namespace gmc::dsl

#endif // GMC_DSL_BASE_SPELLINGHINT_H
