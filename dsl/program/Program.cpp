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
