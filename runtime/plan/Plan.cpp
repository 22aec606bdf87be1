//===- Plan.cpp - small facts about a plan --------------------------------===//
#include "runtime/plan/Artifact.h"

#include <fmt/format.h>

#include <algorithm>

namespace gmc::plan {

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

std::pair<double, double> Field::shownRange() const {
  std::pair<double, double> ends{low, high};
  for (size_t i = 0; i < mean.size(); ++i) {
    const double a = (low - mean[i]) / deviation[i];
    const double b = (high - mean[i]) / deviation[i];
    ends = i == 0
               ? std::pair(a, b)
               : std::pair(std::min(ends.first, a), std::max(ends.second, b));
  }
  return ends;
}

const Dataset *Plan::findDataset(std::string_view name) const {
  auto found = std::ranges::find(datasets, name, &Dataset::name);
  return found == datasets.end() ? nullptr : &*found;
}

const Field &Plan::itemOf(const ProcedureArgument &argument) const {
  const Dataset *dataset = findDataset(argument.dataset);
  return dataset ? dataset->fields[argument.field] : argument.item;
}

int64_t storedElements(const Shape &shape, const Storage &storage) {
  int64_t numbers = 1;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    const bool isLanes = storage.layout == Storage::Layout::Panels &&
                         static_cast<int64_t>(axis) == storage.axis;
    const int64_t width = isLanes ? storage.width : 1;
    const int64_t lanes = (shape[axis] + width - 1) / width * width;
    if (__builtin_mul_overflow(numbers, lanes, &numbers)) {
      return INT64_MAX;
    }
  }
  return numbers;
}

} // namespace gmc::plan
