//===- DifferentiableOpInterface.h - reverse-mode derivatives ---*- C++ -*-===//
#ifndef GMC_INTERFACES_DIFFERENTIABLEOPINTERFACE_H
#define GMC_INTERFACES_DIFFERENTIABLEOPINTERFACE_H

#include "compiler/Interfaces/DifferentiableOpInterface.h.inc"

#include "mlir/IR/Builders.h"
#include "mlir/IR/OpDefinition.h"

#include "llvm/ADT/SmallBitVector.h"

#endif // GMC_INTERFACES_DIFFERENTIABLEOPINTERFACE_H
