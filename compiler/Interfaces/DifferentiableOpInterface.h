//===- DifferentiableOpInterface.h - reverse-mode derivatives ---*- C++ -*-===//
#ifndef GMC_INTERFACES_DIFFERENTIABLEOPINTERFACE_H
#define GMC_INTERFACES_DIFFERENTIABLEOPINTERFACE_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/OpDefinition.h"

#include "llvm/ADT/SmallBitVector.h"

// What TableGen makes includes nothing itself, so it comes last.
// clang-format off
#include "compiler/Interfaces/DifferentiableOpInterface.h.inc"
// clang-format on

#endif // GMC_INTERFACES_DIFFERENTIABLEOPINTERFACE_H
