//===- Page.cpp - the plan as a reference page ----------------------------===//
#include "runtime/plan/Json.h"

#include <fmt/format.h>

#include <type_traits>

namespace gmc::plan {

namespace {

const char *typeName(const bool &) { return "true or false"; }
const char *typeName(const double &) { return "number"; }
const char *typeName(const int64_t &) { return "integer"; }
const char *typeName(const uint64_t &) { return "hexadecimal"; }
const char *typeName(const std::string &) { return "text"; }
const char *typeName(const Numbers &) { return "numbers by name"; }
template <Worded T> const char *typeName(const T &) { return "word"; }

template <Described T> std::string typeName(const T &) {
  return fmt::format("[{0}](#{0})", T::planName);
}
template <typename T> std::string typeName(const Index<T> &) {
  return fmt::format("place of a [{0}](#{0})", T::planName);
}
template <typename T> std::string typeName(const std::optional<T> &) {
  return typeName(T{});
}
template <typename T> std::string typeName(const std::vector<T> &) {
  return fmt::format("list of {}", typeName(T{}));
}

template <typename T> std::string wordList(const T &value) {
  std::string text;
  if constexpr (Worded<T>) {
    for (const Word &word : wordsOf(value)) {
      text += fmt::format("; `{}`{}{}", word.word, *word.meaning ? ": " : "",
                          word.meaning);
    }
  } else if constexpr (requires {
                         value.data();
                         typename T::value_type;
                       }) {
    text = wordList(typename T::value_type{});
  }
  return text;
}

template <Described T> std::string section() {
  std::string text =
      fmt::format("\n## {}\n\n{}\n\n| member | type | meaning |\n"
                  "|---|---|---|\n",
                  T::planName, T::planMeaning);
  const T absent{};
  forEachMember<T>([&](auto member) {
    const auto &value = absent.*member.pointer;
    text += fmt::format("| `{}`{} | {} | {}{} |\n", member.name,
                        member.required ? "" : "?", typeName(value),
                        member.meaning, wordList(value));
  });
  return text;
}

} // namespace

std::string referencePage() {
  return "# The plan\n\n"
         "<!-- Made from the structs of runtime/plan; a test compares. -->\n\n"
         "`gmPlan` is a JSON object, the [Plan](#Plan) of a model; each "
         "`GmArtifact` has\nanother, the [Artifact](#Artifact) of a "
         "processor. The compiler writes both and a\ntrainer reads them once, "
         "at start. A member with `?` is left out where it is\nempty, 0, false "
         "or its other default.\n" +
         section<Plan>() + section<Tensor>() + section<Initial>() +
         section<Counter>() + section<Scalar>() + section<Limits>() +
         section<Dataset>() + section<Field>() + section<Entry>() +
         section<Slot>() + section<LimitedSlot>() + section<Draw>() +
         section<Pool>() + section<Import>() + section<Train>() +
         section<Turn>() + section<TurnArgument>() + section<Duration>() +
         section<Report>() + section<SetWalk>() + section<Diagnosis>() +
         section<Probe>() + section<Undiagnosed>() + section<Procedure>() +
         section<ProcedureArgument>() + section<Emission>() +
         section<Artifact>() + section<Storage>() + section<Kernel>();
}

} // namespace gmc::plan
