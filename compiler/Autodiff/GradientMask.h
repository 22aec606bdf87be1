//===- GradientMask.h - where a gradient can differ from 0 ------*- C++ -*-===//
//
// `if c then f else h` takes f where c holds. Elsewhere f is handed the
// gradient 0, and so are all values that f is made of; a rule that multiplies
// this 0 by an infinite slope gives no number. The sweep therefore remembers,
// by a mask, where each gradient is 0 because a value was not taken, and puts 0
// there after rules whose slopes may be infinite. The same holds of the operand
// that `max`, `min`, `relu` and `abs` do not take, and of entries that a slice
// leaves out.
//
// A mask is a description; nn ops are built only where a rule needs it.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_AUTODIFF_GRADIENTMASK_H
#define GMC_AUTODIFF_GRADIENTMASK_H

#include "mlir/IR/Builders.h"

#include <deque>
#include <optional>

namespace gmc::autodiff {

struct MaskNode;
/// Null means everywhere.
using Mask = const MaskNode *;

/// One step in the description of a mask.
struct MaskNode {
  enum class Kind : uint8_t {
    Taken,  ///< where `op` takes its operand number `operand`
    Both,   ///< where `a` and `b` hold
    Either, ///< where `a` or `b` holds
    Moved,  ///< `a`, from the result of `op` to its operand number `operand`
  };
  Kind kind;
  mlir::Operation *op = nullptr;
  unsigned operand = 0;
  Mask a = nullptr, b = nullptr;
  /// 1 where the mask holds, else 0, once it has been built.
  mutable mlir::Value tensor = {};
  /// What `branchesOf` returns, once it has been asked.
  mutable std::optional<Mask> branches = {};
};

/// The masks of one sweep.
class GradientMasks {
public:
  /// Returns the mask of the sum of two gradients.
  Mask either(Mask a, Mask b);

  /// Returns the mask of the gradient that `op` hands to an operand, where the
  /// gradient of its result has `mask`.
  Mask behind(mlir::Operation *op, unsigned operand, Mask mask);

private:
  Mask add(MaskNode node) { return &nodes.emplace_back(node); }
  Mask both(Mask a, Mask b);
  Mask branchesOf(Mask mask);
  Mask findBranches(Mask mask);
  Mask moved(mlir::Operation *op, unsigned operand, Mask mask);

  std::deque<MaskNode> nodes;
};

/// Builds `value` where `mask`, which is not null, holds and 0 elsewhere.
mlir::Value masked(mlir::ImplicitLocOpBuilder &builder, Mask mask,
                   mlir::Value value);

} // namespace gmc::autodiff

#endif // GMC_AUTODIFF_GRADIENTMASK_H
