//===- TrainerNames.cpp - names that every trainer uses itself ------------===//
//
// Procedures become verbs, their arguments flags, items of reports columns of
// metrics.csv, beside those that are there already: the table of the runtime.
//
//===----------------------------------------------------------------------===//
#include "dsl/sema/TrainerNames.h"

#include <algorithm>

namespace gmc::dsl {
namespace {

struct Taken {
  Naming naming;
  std::string_view spelling; ///< "train", "-o,--output", "epoch"
  const char *meaning;
};

constexpr Taken taken[] = {
#define GMC_VERB(Name, name, help) {Naming::Verb, name, help},
#define GMC_FLAG(name, spelling, meaning) {Naming::Flag, spelling, meaning},
#define GMC_COLUMN(name, meaning) {Naming::Column, #name, meaning},
#include "runtime/abi/names.def"
};

/// Returns the spelling of `name` among those that commas part in `row`.
std::string spellingIn(const Taken &row, const std::string &name) {
  std::string_view left = row.spelling;
  while (!left.empty()) {
    std::string_view one = left.substr(0, left.find(','));
    left.remove_prefix(std::min(one.size() + 1, left.size()));
    if (one.substr(std::min(one.find_first_not_of('-'), one.size())) == name) {
      return std::string(one);
    }
  }
  return "";
}

} // namespace

bool clashesWithTrainer(Module &module, Naming naming, const std::string &name,
                        SourceRange range) {
  for (const Taken &row : taken) {
    const std::string spelling =
        row.naming == naming ? spellingIn(row, name) : "";
    if (spelling.empty()) {
      continue;
    }
    const char *becomes = naming == Naming::Verb ? "a procedure becomes a verb"
                          : naming == Naming::Flag
                              ? "an argument becomes a flag"
                              : "an item becomes a column";
    const char *other = naming == Naming::Verb   ? "model"
                        : naming == Naming::Flag ? "value"
                                                 : "mean";
    module.report(Diag::TrainerName, range, name)
        .label(fmt::format("{}, and `{}` is there already: {}", becomes,
                           spelling, row.meaning))
        .help(fmt::format("another name, as `{}_{}`", name, other));
    return true;
  }
  return false;
}

} // namespace gmc::dsl
