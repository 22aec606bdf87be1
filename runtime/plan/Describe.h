//===- Describe.h - structs that know their members -------------*- C++ -*-===//
//
// A struct of the plan declares each member once, with its name and meaning:
//
//   struct Pool {
//     GMC_STRUCT(Pool, "Examples of earlier rounds.");
//     GMC_MEMBER(std::string, name, "as the text has it");
//     GMC_OPTION(double, replace, "chance of giving a stored one") = 0.5;
//   };
//
// The JSON writer, the checked reader and the reference page all walk these
// declarations, so a member is written, read and documented by its line alone.
// GMC_OPTION members are left out of the JSON where they have their default.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_PLAN_DESCRIBE_H
#define GMC_RUNTIME_PLAN_DESCRIBE_H

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace gmc::plan {

/// The number of a member within its struct, as a type.
template <size_t> struct Ordinal {};

template <typename Struct, typename T> struct Member {
  const char *name;
  T Struct::*pointer;
  const char *meaning;
  bool required;
};

template <typename Struct, typename T>
constexpr Member<Struct, T> makeMember(const char *name, T Struct::*pointer,
                                       const char *meaning, bool required) {
  return {name, pointer, meaning, required};
}

#define GMC_STRUCT(Struct, meaning)                                            \
  using Self = Struct;                                                         \
  static constexpr const char *planName = #Struct;                             \
  static constexpr const char *planMeaning = meaning;                          \
  static constexpr size_t planFirst = __COUNTER__ + 1;                         \
  friend bool operator==(const Struct &, const Struct &) = default

#define GMC_DESCRIBED(type, name, meaning, required)                           \
  static constexpr auto planMember(                                            \
      ::gmc::plan::Ordinal<__COUNTER__ - planFirst>) {                         \
    return ::gmc::plan::makeMember(#name, &Self::name, meaning, required);     \
  }                                                                            \
  type name

#define GMC_MEMBER(type, name, meaning) GMC_DESCRIBED(type, name, meaning, true)
#define GMC_OPTION(type, name, meaning)                                        \
  GMC_DESCRIBED(type, name, meaning, false)

template <typename T>
concept Described = requires {
  T::planMember(Ordinal<0>{});
};

/// Calls `visit` with the Member of each member of `Struct`, in order.
template <Described Struct, size_t N = 0, typename Visit>
constexpr void forEachMember(Visit &&visit) {
  if constexpr (requires { Struct::planMember(Ordinal<N>{}); }) {
    visit(Struct::planMember(Ordinal<N>{}));
    forEachMember<Struct, N + 1>(std::forward<Visit>(visit));
  }
}

/// How an enumerator is written, and what it means; may be empty.
struct Word {
  const char *word;
  const char *meaning = "";
};

/// An enum whose `wordsOf` lists a Word for each enumerator, in order.
template <typename T>
concept Worded = requires(T value) {
  wordsOf(value)[0].word;
};

/// Returns the word of `value`.
template <Worded T> constexpr const char *wordOf(T value) {
  return wordsOf(value)[static_cast<size_t>(value)].word;
}

/// Returns the value that is written as `word`.
template <Worded T> std::optional<T> valueOf(std::string_view word) {
  const auto words = wordsOf(T());
  for (size_t i = 0; i < words.size(); ++i) {
    if (word == words[i].word) {
      return static_cast<T>(i);
    }
  }
  return std::nullopt;
}

/// A place in the plan's list of `T`; -1: none.
template <typename T> struct Index {
  int64_t value = -1;
  constexpr Index() = default;
  constexpr Index(int64_t value) : value(value) {}
  constexpr operator int64_t() const { return value; }
  explicit operator bool() const = delete; // 0 is a place
  constexpr bool isSet() const { return value >= 0; }
};

} // namespace gmc::plan

#endif // GMC_RUNTIME_PLAN_DESCRIBE_H
