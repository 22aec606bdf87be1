//===- DifferentiableOpInterface.td - reverse-mode derivatives of an op ---===//
#ifndef GMC_INTERFACES_DIFFERENTIABLEOPINTERFACE
#define GMC_INTERFACES_DIFFERENTIABLEOPINTERFACE

include "mlir/IR/OpBase.td"

def DifferentiableOpInterface : OpInterface<"DifferentiableOpInterface"> {
  let cppNamespace = "::gmc::autodiff";
  let description = [{
    How a gradient passes backwards through one op. An op without this interface
    stops differentiation with an error; an op whose derivative is zero
    everywhere says so with `isConstantToGradients`.
  }];
  let methods = [
    InterfaceMethod<[{
      Builds the gradients of the operands. `resultGradients` has one value a
      result, of the result's type, or null where that result has none.
      `operandGradients` has one slot an operand; those in `needed` are to be
      set to a value of the operand's type, or left null where the gradient is
      zero. The built ops must be differentiable in turn. On failure the op has
      been complained about.
    }], "::mlir::LogicalResult", "differentiate",
      (ins "::mlir::ValueRange":$resultGradients,
           "const ::llvm::SmallBitVector &":$needed,
           "::mlir::ImplicitLocOpBuilder &":$builder,
           "::llvm::MutableArrayRef<::mlir::Value>":$operandGradients)>,
    InterfaceMethod<[{
      Returns whether the gradient of every operand is exactly zero, wherever it
      exists: a step function, a comparison, or a deliberate stop.
    }], "bool", "isConstantToGradients", (ins), "", [{ return false; }]>
  ];
}

#endif // GMC_INTERFACES_DIFFERENTIABLEOPINTERFACE
