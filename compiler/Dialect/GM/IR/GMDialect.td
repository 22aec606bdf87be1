//===- GMDialect.td - a model as declared ---------------------------------===//
#ifndef GMC_DIALECT_GM_IR_GMDIALECT
#define GMC_DIALECT_GM_IR_GMDIALECT

include "mlir/IR/OpBase.td"

def GM_Dialect : Dialect {
  let name = "gm";
  let cppNamespace = "::gmc::gm";
  let summary = "variables, entries, objectives: the structure around nn";
  let description = [{
    What a `.gm` program declares: the tensors that live from step to step, the
    things that can be run, and who is trained by what. All arithmetic inside
    is `nn`.
  }];
}

class GM_Op<string mnemonic, list<Trait> traits = []>
    : Op<GM_Dialect, mnemonic, traits>;

#endif // GMC_DIALECT_GM_IR_GMDIALECT
