//===- Program.cpp - small facts about programs ---------------------------===//
#include "dsl/program/Program.h"

#include <array>

namespace gmc::dsl {

const char *spellingOf(Op op) {
  static constexpr std::array spellings = {
#define GMC_OP(Name, spelling, operands, kind) #spelling,
#include "dsl/program/ops.def"
  };
  return spellings[static_cast<size_t>(op)];
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

} // namespace gmc::dsl
