//===- Optimizers.h - rules of update ---------------------------*- C++ -*-===//
#ifndef GMC_DIALECT_GM_TRANSFORMS_OPTIMIZERS_H
#define GMC_DIALECT_GM_TRANSFORMS_OPTIMIZERS_H

#include "compiler/Dialect/GM/IR/GMDialect.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace gmc::gm {

/// The single numbers of an update, in f64, computed once for all parameters.
struct OptimizerNumbers {
  llvm::SmallVector<mlir::Value> hyper; ///< as gm.minimize has them
  mlir::Value updates;                  ///< 1 at the first update
};

/// Returns the moment of the given name ("m", "v") of the parameter.
using MomentOf = llvm::function_ref<mlir::Value(llvm::StringRef)>;
/// Writes the successor of that moment.
using WriteMoment = llvm::function_ref<void(llvm::StringRef, mlir::Value)>;

/// Writes the update of one parameter `p` with gradient `g` and returns its new
/// value. The rules are PyTorch's (torch.optim), formulas in the source.
mlir::Value updateParameter(mlir::OpBuilder &builder, mlir::Location loc,
                            OptimizerKind kind, bool nesterov,
                            const OptimizerNumbers &numbers, mlir::Value p,
                            mlir::Value g, MomentOf momentOf,
                            WriteMoment writeMoment);

} // namespace gmc::gm

#endif // GMC_DIALECT_GM_TRANSFORMS_OPTIMIZERS_H
