//===- Finiteness.h - which values are finite numbers -----------*- C++ -*-===//
#ifndef GMC_AUTODIFF_FINITENESS_H
#define GMC_AUTODIFF_FINITENESS_H

#include "mlir/IR/Operation.h"

#include "llvm/ADT/DenseMap.h"

namespace gmc::autodiff {

/// Tells from the ops behind a value whether its elements are finite, weights,
/// data and draws being so. Overflow counts for `exp` alone: sums and products
/// are taken to stay in range. "No" means "not known".
class Finiteness {
public:
  bool isFinite(mlir::Value value) { return of(value).finite; }

  /// Returns whether every factor by which the rule of `op` multiplies the
  /// gradient is finite. Factors of products are the caller's to look at.
  bool hasFiniteSlopes(mlir::Operation *op);

private:
  struct Facts {
    bool finite = false, atLeastZero = false, aboveZero = false;
  };

  Facts of(mlir::Value value);
  Facts derive(mlir::Operation *op);

  llvm::DenseMap<mlir::Value, Facts> known;
};

} // namespace gmc::autodiff

#endif // GMC_AUTODIFF_FINITENESS_H
