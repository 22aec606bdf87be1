//===- NNDialect.td - tensor arithmetic with derivatives ------------------===//
#ifndef GMC_DIALECT_NN_IR_NNDIALECT
#define GMC_DIALECT_NN_IR_NNDIALECT

include "mlir/IR/CommonTypeConstraints.td"
include "mlir/IR/OpBase.td"

def NN_Dialect : Dialect {
  let name = "nn";
  let cppNamespace = "::gmc::nn";
  let summary = "value-semantic tensor arithmetic, closed under differentiation";
  let description = [{
    What a training step computes, with no notion of networks, training or
    memory. Every op is pure, acts on ranked static tensors of f32 or f64, and
    has a derivative made of `nn` ops (Autodiff/Rules), so a gradient of a
    gradient is as ordinary as a gradient. Broadcasting is always written.
  }];
  let useDefaultAttributePrinterParser = 1;
}

/// The type of every value: a ranked static tensor of reals.
def NN_Tensor : StaticShapeTensorOf<[F32, F64]>;

class NN_Op<string mnemonic, list<Trait> traits = []>
    : Op<NN_Dialect, mnemonic, traits>;

#endif // GMC_DIALECT_NN_IR_NNDIALECT
