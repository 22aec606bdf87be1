//===- Registration.h - dialects and passes of gmc --------------*- C++ -*-===//
#ifndef GMC_COMPILER_PIPELINE_REGISTRATION_H
#define GMC_COMPILER_PIPELINE_REGISTRATION_H

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace gmc::pipeline {

/// Registers exactly the dialects that a compilation uses, the derivative
/// rules, and the translations to LLVM IR. Every tool calls this.
void registerDialects(mlir::DialectRegistry &registry);

/// Registers every pass of gmc by its flag.
void registerPasses();

} // namespace gmc::pipeline

#endif // GMC_COMPILER_PIPELINE_REGISTRATION_H
