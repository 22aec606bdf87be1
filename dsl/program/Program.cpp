//===- Program.cpp - small facts about programs ---------------------------===//
#include "dsl/program/Program.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace gmc::dsl {

const char *spellingOf(Op op) {
  static constexpr std::array spellings = {
#define GMC_OP(Name, spelling, operands, kind) #spelling,
#include "dsl/program/ops.def"
  };
  return spellings[static_cast<size_t>(op)];
}

const char *spellingOf(Statistic statistic) {
  static constexpr std::array spellings = {"mean", "var", "min", "max",
                                           "frechet"};
  return spellings[static_cast<size_t>(statistic)];
}

const std::vector<OptimizerArgument> &argumentsOf(Optimizer::Kind kind) {
  static const OptimizerArgument lr = {"lr", -1, true},
                                 b1 = {"b1", 0.9, false, true},
                                 b2 = {"b2", 0.999, false, true},
                                 eps = {"eps", 1e-8, true};
  static const std::vector<OptimizerArgument> tables[] = {
      {lr, {"momentum", 0, false, true}},
      {lr, b1, b2, eps},
      {lr, b1, b2, eps, {"weight_decay", 0.01}},
      {lr, {"alpha", 0.99, false, true}, eps}};
  return tables[static_cast<size_t>(kind)];
}

std::string spellingOf(const Limits &limits) {
  std::string text;
  if (limits.low) {
    text = fmt::format("{} {}", limits.open ? "greater than" : "at least",
                       *limits.low);
  }
  if (limits.high) {
    text += fmt::format("{}{} {}", text.empty() ? "" : " and ",
                        limits.closed ? "at most" : "less than", *limits.high);
  }
  return text;
}

std::vector<int64_t> Type::shape() const {
  std::vector<int64_t> extents;
  extents.reserve(axes.size() + event.size());
  for (const Axis &axis : axes) {
    extents.push_back(axis.extent);
  }
  extents.insert(extents.end(), event.begin(), event.end());
  return extents;
}

int64_t Type::elements() const {
  int64_t product = 1;
  for (int64_t extent : shape()) {
    product *= extent;
  }
  return product;
}

std::pair<double, double> DataField::shownRange() const {
  if (mean.empty()) {
    return {low, high};
  }
  std::pair<double, double> ends{(low - mean[0]) / deviation[0],
                                 (high - mean[0]) / deviation[0]};
  for (size_t i = 1; i < mean.size(); ++i) {
    ends.first = std::min(ends.first, (low - mean[i]) / deviation[i]);
    ends.second = std::max(ends.second, (high - mean[i]) / deviation[i]);
  }
  return ends;
}

} // namespace gmc::dsl
