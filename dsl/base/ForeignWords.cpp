//===- ForeignWords.cpp - words of other libraries ------------------------===//
#include "dsl/base/ForeignWords.h"

#include "dsl/base/SpellingHint.h"

#include <fmt/format.h>

#include <algorithm>

namespace gmc::dsl {

std::span<const ForeignWord> foreignWords() {
  using Place = ForeignWord::Place;
  static constexpr ForeignWord rows[] = {
#define GMC_FOREIGN(word, place, remedy, note)                                 \
  {word, Place::place, remedy, note},
#include "dsl/base/foreignWords.def"
  };
  return rows;
}

std::optional<std::string> foreignHelp(std::string_view word) {
  const std::string plain = plainSpelling(word);
  for (const ForeignWord &row : foreignWords()) {
    if (row.word != plain || row.place == ForeignWord::Place::Label) {
      continue;
    }
    if (row.place == ForeignWord::Place::None) {
      return std::string(row.note);
    }
    return fmt::format("`{}` is written `{}`{}{}", word, row.remedy,
                       row.note.empty() ? "" : "; ", row.note);
  }
  return std::nullopt;
}

std::optional<std::string>
foreignLabel(std::string_view word, const std::vector<std::string> &labels) {
  const std::string plain = plainSpelling(word);
  for (const ForeignWord &row : foreignWords()) {
    bool fits =
        row.place == ForeignWord::Place::Label && row.word == plain &&
        std::find(labels.begin(), labels.end(), row.remedy) != labels.end();
    if (fits) {
      return fmt::format("`{}:` is written `{}:`{}{}", word, row.remedy,
                         row.note.empty() ? "" : "; ", row.note);
    }
  }
  return std::nullopt;
}

} // namespace gmc::dsl
