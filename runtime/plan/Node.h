//===- Node.h - a JSON value and the path that leads to it ------*- C++ -*-===//
//
// Every complaint about the plan names the member that it is about.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_PLAN_NODE_H
#define GMC_RUNTIME_PLAN_NODE_H

#include "runtime/plan/Json.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace gmc::plan {

/// No count, extent or offset is larger.
inline constexpr int64_t largest = int64_t(1) << 62;

/// Returns `text` for a message: in quotes, with everything that is not ASCII
/// escaped.
inline std::string shown(const std::string &text) {
  return nlohmann::json(text).dump(-1, ' ', true,
                                   nlohmann::json::error_handler_t::replace);
}

struct Node {
  const nlohmann::json &value;
  std::string path;
  const Plan &plan; ///< as far as it has been read

  template <typename... Args>
  [[noreturn]] void complain(fmt::format_string<Args...> format,
                             Args &&...args) const {
    throw Broken(fmt::format(
        "the compiled model's plan is broken at `{}`: {}; this is a bug in "
        "gmc, please report it",
        path, fmt::format(format, std::forward<Args>(args)...)));
  }

  void expect(bool isRight, const char *what) const {
    if (!isRight) {
      complain("expected {}, have {}", what, value.type_name());
    }
  }

  bool has(const char *key) const { return value.contains(key); }

  Node at(const char *key) const {
    if (!has(key)) {
      complain("the member `{}` is missing", key);
    }
    return {value.at(key), pathOf(key), plan};
  }

  std::string pathOf(const std::string &key) const {
    return path.empty() || key.empty() ? path + key : path + "." + key;
  }

  Node at(size_t index) const {
    return {value[index], fmt::format("{}[{}]", path, index), plan};
  }

  /// Returns an integer of low .. high.
  int64_t integer(int64_t low, int64_t high) const {
    expect(value.is_number_integer() &&
               (!value.is_number_unsigned() ||
                value.get<uint64_t>() <= static_cast<uint64_t>(INT64_MAX)),
           "an integer");
    const int64_t number = value.get<int64_t>();
    require("", number, low, high);
    return number;
  }

  /// Complains unless `number`, the member `key`, lies in low .. high.
  void require(const std::string &key, int64_t number, int64_t low,
               int64_t high) const {
    if (number < low || number > high) {
      Node{value, pathOf(key), plan}.complain("{} is not between {} and {}",
                                              number, low, high);
    }
  }
};

/// Returns the product of the extents; complains beyond 2^62.
int64_t elementsOf(const Node &node, const Shape &shape);

// What must hold of a struct beside the types of its members. The structs that
// it points into have been read and checked.
void check(const Node &node, const Tensor &tensor);
void check(const Node &node, const Scalar &scalar);
void check(const Node &node, const Field &field);
void check(const Node &node, const Dataset &dataset);
void check(const Node &node, const Slot &slot);
void check(const Node &node, const Draw &draw);
void check(const Node &node, const Entry &entry);
void check(const Node &node, const Pool &pool);
void check(const Node &node, const Duration &duration);
void check(const Node &node, const TurnArgument &argument);
void check(const Node &node, const Turn &turn);
void check(const Node &node, const Train &train);
void check(const Node &node, const SetWalk &walk);
void check(const Node &node, const Report &report);
void check(const Node &node, const Diagnosis &diagnosis);
void check(const Node &node, const Procedure &procedure);
void check(const Node &node, const Plan &plan);
void check(const Node &node, const Artifact &artifact);

} // namespace gmc::plan

#endif // GMC_RUNTIME_PLAN_NODE_H
