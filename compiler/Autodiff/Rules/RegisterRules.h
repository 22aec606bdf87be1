//===- RegisterRules.h - derivatives of the nn ops --------------*- C++ -*-===//
#ifndef GMC_AUTODIFF_RULES_REGISTERRULES_H
#define GMC_AUTODIFF_RULES_REGISTERRULES_H

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace gmc::autodiff {

/// Attaches DifferentiableOpInterface to the ops of nn, once that dialect is
/// loaded in a context made from `registry`.
void registerGradientRules(mlir::DialectRegistry &registry);

} // namespace gmc::autodiff

#endif // GMC_AUTODIFF_RULES_REGISTERRULES_H
