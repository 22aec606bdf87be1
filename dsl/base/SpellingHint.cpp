//===- SpellingHint.cpp - "did you mean" ----------------------------------===//
//
// Damerau's distance restricted to swaps of neighbours, by the table of
// prefixes: d(i, j) is the distance of the first i letters of a from the first
// j letters of b.
//
//===----------------------------------------------------------------------===//
#include "dsl/base/SpellingHint.h"

#include <algorithm>
#include <utility>

namespace gmc::dsl {

unsigned editDistance(std::string_view a, std::string_view b, unsigned limit) {
  size_t longer = std::max(a.size(), b.size());
  size_t shorter = std::min(a.size(), b.size());
  // Long words are no slips of the hand, and the table would be large.
  if (longer - shorter > limit || longer > 255) {
    return limit + 1;
  }
  std::vector<unsigned> before2(b.size() + 1), before(b.size() + 1),
      row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) {
    row[j] = j;
  }
  for (size_t i = 1; i <= a.size(); ++i) {
    before2 = std::exchange(before, row);
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      unsigned replaced = before[j - 1] + (a[i - 1] != b[j - 1]);
      row[j] = std::min({replaced, before[j] + 1, row[j - 1] + 1});
      bool swapped =
          i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) {
        row[j] = std::min(row[j], before2[j - 2] + 1);
      }
    }
  }
  return std::min(row[b.size()], limit + 1);
}

std::string plainSpelling(std::string_view word) {
  std::string out;
  for (char c : word) {
    if (c != '_') {
      out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
  }
  return out;
}

std::optional<std::string>
nearestSpelling(std::string_view word,
                const std::vector<std::string> &candidates) {
  unsigned best = word.size() <= 3 ? 2 : 3;
  std::optional<std::string> nearest;
  for (const std::string &candidate : candidates) {
    if (candidate == word) {
      continue;
    }
    unsigned distance = plainSpelling(candidate) == plainSpelling(word)
                            ? 0
                            : editDistance(word, candidate, best);
    // A word that keeps no letter is no hint.
    if (distance < best && distance < candidate.size()) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

} // namespace gmc::dsl
