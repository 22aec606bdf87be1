//===- GradientCases.h - expressions whose derivatives are checked -*- C++
//-*-===//
#ifndef GMC_TESTS_NUMERICS_GRADIENTCASES_H
#define GMC_TESTS_NUMERICS_GRADIENTCASES_H

#include <string>
#include <vector>

namespace gmc::tests {

/// Where a function has no derivative; points too near are drawn again.
enum class Kink {
  none,
  /// Where an element of %a0 is 0.
  zero,
  /// Where an element of %a0 equals that of %a1.
  tie,
  /// Where two elements of %a0 are equal.
  equalElements
};

/// One operand %a0, %a1, .. of an expression, drawn from [low, high].
struct GradientInput {
  std::string shape; ///< as in `2x3`; empty for one number
  double low, high;
};

/// An expression %y of f64 operands.
struct GradientCase {
  std::string name;
  /// The ops it is about.
  std::vector<std::string> ops;
  std::vector<GradientInput> inputs;
  std::string body;
  /// %y's shape.
  std::string shape;
  Kink kink = Kink::none;
  /// The gradient is zero by decree, not by the function's slope.
  bool stopped = false;
};

/// Returns an expression, and often several, for every differentiable op.
const std::vector<GradientCase> &gradientCases();

} // namespace gmc::tests

#endif // GMC_TESTS_NUMERICS_GRADIENTCASES_H
