//===- RTDialect.td - what an entry asks of memory and machine ------------===//
#ifndef GMC_DIALECT_RT_IR_RTDIALECT
#define GMC_DIALECT_RT_IR_RTDIALECT

include "mlir/IR/OpBase.td"

def RT_Dialect : Dialect {
  let name = "rt";
  let cppNamespace = "::gmc::rt";
  let summary = "places in memory and launches of kernels";
  let description = [{
    An entry point after planning: buffers at fixed places, kernels launched on
    them in order. It says nothing of threads, barriers or host memory, which
    are a target's (Codegen/CPU).
  }];
  let hasOperationAttrVerify = 1;
  let hasRegionArgAttrVerify = 1;
}

class RT_Op<string mnemonic, list<Trait> traits = []>
    : Op<RT_Dialect, mnemonic, traits>;

#endif // GMC_DIALECT_RT_IR_RTDIALECT
