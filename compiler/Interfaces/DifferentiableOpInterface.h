//===- DifferentiableOpInterface.h - reverse-mode derivatives ---*- C++ -*-===//
#ifndef GMC_INTERFACES_DIFFERENTIABLEOPINTERFACE_H
#define GMC_INTERFACES_DIFFERENTIABLEOPINTERFACE_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/OpDefinition.h"
#include "llvm/ADT/SmallBitVector.h"

#include "compiler/Interfaces/DifferentiableOpInterface.h.inc"

#endif // GMC_INTERFACES_DIFFERENTIABLEOPINTERFACE_H
