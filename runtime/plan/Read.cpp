//===- Read.cpp - the plan out of JSON ------------------------------------===//
//
// One function for each kind of member. What must hold beside its type is said
// in Checks.cpp, struct by struct.
//
//===----------------------------------------------------------------------===//
#include "runtime/plan/Node.h"

#include <charconv>
#include <type_traits>

namespace gmc::plan {

namespace {

/// Returns how long the plan's list of `T` is, as far as it has been read.
template <typename T> int64_t countOf(const Plan &plan) {
  int64_t count = -1;
  forEachMember<Plan>([&](auto member) {
    const auto &list = plan.*member.pointer;
    if constexpr (std::is_same_v<decltype(list), const std::vector<T> &>) {
      count = std::ssize(list);
    }
  });
  return count;
}

void read(const Node &node, bool &to) {
  node.expect(node.value.is_boolean(), "true or false");
  to = node.value.get<bool>();
}

void read(const Node &node, double &to) {
  node.expect(node.value.is_number(), "a number");
  to = node.value.get<double>();
}

void read(const Node &node, int64_t &to) { to = node.integer(0, largest); }

void read(const Node &node, std::string &to) {
  node.expect(node.value.is_string(), "a string");
  to = node.value.get<std::string>();
}

void read(const Node &node, uint64_t &to) {
  std::string digits;
  read(node, digits);
  const char *last = digits.data() + digits.size();
  const auto [end, error] = std::from_chars(digits.data(), last, to, 16);
  if (error != std::errc() || end != last) {
    node.complain("{} is no hexadecimal number", shown(digits));
  }
}

template <typename T> void read(const Node &node, Index<T> &to) {
  to = node.integer(0, countOf<T>(node.plan) - 1);
}

template <Worded T> void read(const Node &node, T &to) {
  std::string seen;
  read(node, seen);
  const std::optional<T> known = valueOf<T>(seen);
  if (!known) {
    node.complain("{} is not known", shown(seen));
  }
  to = *known;
}

template <Described T> void read(const Node &node, T &to);
template <typename T> void read(const Node &node, std::vector<T> &to);

template <typename T> void read(const Node &node, std::optional<T> &to) {
  read(node, to.emplace());
}

template <typename T> void read(const Node &node, std::vector<T> &to) {
  node.expect(node.value.is_array(), "an array");
  for (size_t i = 0; i < node.value.size(); ++i) {
    read(node.at(i), to.emplace_back());
  }
}

void read(const Node &node, Numbers &to) {
  node.expect(node.value.is_object(), "an object");
  for (const auto &[name, value] : node.value.items()) {
    read(Node{value, node.path + "." + name, node.plan}, to[name]);
  }
}

template <Described T> void read(const Node &node, T &to) {
  node.expect(node.value.is_object(), "an object");
  size_t known = 0;
  forEachMember<T>([&](auto member) {
    if (member.required || node.has(member.name)) {
      read(node.at(member.name), to.*member.pointer);
      ++known;
    }
  });
  for (const auto &[name, value] : node.value.items()) {
    bool isMember = known == node.value.size();
    forEachMember<T>([&](auto member) { isMember |= name == member.name; });
    if (!isMember) {
      node.complain("the member {} is not known", shown(name));
    }
  }
  if constexpr (requires { check(node, to); }) {
    check(node, to);
  }
}

/// Complains unless the member `key` of `node`, a version, is `own`: before all
/// else, since another version may have other members.
void checkVersion(const Node &node, const char *key, int64_t own,
                  const char *what) {
  node.expect(node.value.is_object(), "an object");
  const int64_t version = node.at(key).integer(0, largest);
  if (version != own) {
    throw Broken(fmt::format(
        "the compiled model's plan has {} version {}, this runtime has {}; "
        "compile the model with the gmc that this runtime came with",
        what, version, own));
  }
}

} // namespace

Plan planFrom(std::string_view text) {
  // A parse error gives a discarded value and no exception.
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  Plan plan;
  const Node root{json, "", plan};
  checkVersion(root, "version", planVersion, "plan");
  read(root, plan);
  return plan;
}

Artifact artifactFrom(std::string_view text, const Plan &plan, int64_t abi) {
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  Artifact artifact;
  const Node root{json, "", plan};
  checkVersion(root, "abi", abi, "ABI");
  read(root, artifact);
  return artifact;
}

std::string troubleOf(const std::string &plan,
                      const std::vector<std::string> &artifacts, int64_t abi) {
  try {
    const Plan read = planFrom(plan);
    for (const std::string &artifact : artifacts) {
      (void)artifactFrom(artifact, read, abi);
    }
    return "";
  } catch (const std::exception &trouble) {
    return trouble.what();
  }
}

} // namespace gmc::plan
