//===- Write.cpp - the plan as JSON ---------------------------------------===//
#include "runtime/plan/Json.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace gmc::plan {

using Json = nlohmann::ordered_json;

template <typename T> static Json jsonOf(const T &value) { return value; }
template <Worded T> static Json jsonOf(const T &value) { return wordOf(value); }
template <Described T> static Json jsonOf(const T &value);
/// 64 bits in hexadecimal: a JSON number may be read as an f64.
static Json jsonOf(const uint64_t &value) {
  return fmt::format("{:016x}", value);
}
template <typename T> static Json jsonOf(const Index<T> &index) {
  return index.value;
}
template <typename T> static Json jsonOf(const std::optional<T> &value) {
  return value ? jsonOf(*value) : Json();
}
template <typename T> static Json jsonOf(const std::vector<T> &list) {
  Json array = Json::array();
  for (const T &element : list) {
    array.push_back(jsonOf(element));
  }
  return array;
}

template <Described T> static Json jsonOf(const T &value) {
  Json object = Json::object();
  const T absent{};
  forEachMember<T>([&](auto member) {
    const auto &got = value.*member.pointer;
    if (member.required || got != absent.*member.pointer) {
      object[member.name] = jsonOf(got);
    }
  });
  return object;
}

static std::string lineOf(const Json &json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string toJson(const Plan &plan) { return lineOf(jsonOf(plan)); }

std::string toJson(const Artifact &artifact) {
  return lineOf(jsonOf(artifact));
}

} // namespace gmc::plan
