//===- ManifestReader.h - checked access to the manifest's JSON -*- C++ -*-===//
//
// A JSON value with the path that leads to it, so that every complaint about
// the manifest names its member. Internal to Manifest.cpp.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_CORE_MANIFESTREADER_H
#define GMC_RUNTIME_CORE_MANIFESTREADER_H

#include "runtime/core/Status.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace gmc::runtime {

class Member {
public:
  Member(const nlohmann::json &value, std::string path)
      : value(value), path(std::move(path)) {}

  template <typename... Args>
  [[noreturn]] void complain(fmt::format_string<Args...> format,
                             Args &&...args) const {
    fail(ExitInternal,
         "the compiled model's manifest is broken at `{}`: {}; this is a bug "
         "in gmc, please report it",
         path, fmt::format(format, std::forward<Args>(args)...));
  }

  bool has(const char *key) const {
    return value.is_object() && value.contains(key);
  }

  Member at(const char *key) const {
    if (!has(key)) {
      complain("the member `{}` is missing", key);
    }
    return Member(value.at(key), path.empty() ? key : path + "." + key);
  }

  std::string text() const {
    if (!value.is_string()) {
      complain("expected a string, have {}", value.type_name());
    }
    return value.get<std::string>();
  }

  double number() const {
    if (!value.is_number()) {
      complain("expected a number, have {}", value.type_name());
    }
    return value.get<double>();
  }

  bool boolean() const {
    if (!value.is_boolean()) {
      complain("expected true or false, have {}", value.type_name());
    }
    return value.get<bool>();
  }

  /// Returns an integer of low .. high.
  int64_t integer(int64_t low, int64_t high) const {
    if (!value.is_number_integer() ||
        (value.is_number_unsigned() &&
         value.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX))) {
      complain("expected an integer");
    }
    int64_t number = value.get<int64_t>();
    if (number < low || number > high) {
      complain("{} is not between {} and {}", number, low, high);
    }
    return number;
  }

  /// Returns the place of the string among `words`.
  template <typename Enum>
  Enum oneOf(std::initializer_list<const char *> words) const {
    std::string seen = text();
    int index = 0;
    for (const char *word : words) {
      if (seen == word) {
        return static_cast<Enum>(index);
      }
      ++index;
    }
    complain("`{}` is not known", printable(seen));
  }

  /// Returns read(element) for the elements of the array `key`, which may be
  /// absent.
  template <typename Read> auto list(const char *key, Read read) const {
    std::vector<decltype(read(*this))> result;
    if (!has(key)) {
      return result;
    }
    Member array = at(key);
    if (!array.value.is_array()) {
      array.complain("expected an array, have {}", array.value.type_name());
    }
    for (size_t i = 0; i < array.value.size(); ++i) {
      result.push_back(
          read(Member(array.value[i], fmt::format("{}[{}]", array.path, i))));
    }
    return result;
  }

  std::vector<std::string> texts(const char *key) const {
    return list(key, [](const Member &m) { return m.text(); });
  }

  std::string textOr(const char *key, const char *absent) const {
    return has(key) ? at(key).text() : absent;
  }
  double numberOr(const char *key, double absent) const {
    return has(key) ? at(key).number() : absent;
  }
  bool booleanOr(const char *key, bool absent) const {
    return has(key) ? at(key).boolean() : absent;
  }

  const nlohmann::json &json() const { return value; }

private:
  const nlohmann::json &value;
  std::string path;
};

} // namespace gmc::runtime

#endif // GMC_RUNTIME_CORE_MANIFESTREADER_H
