//===- ForeignWords.h - words of other libraries ----------------*- C++ -*-===//
#ifndef GMC_DSL_BASE_FOREIGNWORDS_H
#define GMC_DSL_BASE_FOREIGNWORDS_H

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gmc::dsl {

/// A row of foreignWords.def.
struct ForeignWord {
  enum class Place : uint8_t {
    Value,
    Layer,
    ImageLayer,
    Optimizer,
    Line,
    Label,
    None
  };
  std::string_view word;
  Place place;
  std::string_view remedy, note;
};

std::span<const ForeignWord> foreignWords();

/// Returns what is written in place of `word`, if it is one of another library:
/// "`detach` is written `stop(x)`".
std::optional<std::string> foreignHelp(std::string_view word);

/// Returns the one of `labels` that is written in place of the label `word`.
std::optional<std::string> foreignLabel(std::string_view word,
                                        const std::vector<std::string> &labels);

} // namespace gmc::dsl

#endif // GMC_DSL_BASE_FOREIGNWORDS_H
