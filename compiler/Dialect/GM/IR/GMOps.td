//===- GMOps.td - variables, entries, objectives --------------------------===//
#ifndef GMC_DIALECT_GM_IR_GMOPS
#define GMC_DIALECT_GM_IR_GMOPS

include "compiler/Dialect/GM/IR/GMDialect.td"
include "compiler/Dialect/NN/IR/NNDialect.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def GM_VariableOp : GM_Op<"variable", [Symbol]> {
  let summary = "a tensor that lives from step to step";
  let description = [{
    `role` is "parameter", "optimizer" (a part of an optimiser's state),
    "state" (`state` of the text, or what a layer keeps) or "average" (of an
    `ema`). `initial` is `constant`, `normal`, `uniform` or `orthogonal` with its two
    numbers (runtime/plan/plan.md), drawn as those of the variable `as` where that is
    given. `storage` is set by `--form-kernels`.

    Example: `gm.variable @Enc.linear0.bias : tensor<400xf32> role "parameter" of "Enc" initial "uniform"(-0.1, 0.1)`
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttrOf<NN_Tensor>:$type,
                       StrAttr:$role, StrAttr:$network, StrAttr:$initial,
                       F64Attr:$a, F64Attr:$b, OptionalAttr<StrAttr>:$drawnAs,
                       OptionalAttr<ArrayAttr>:$storage);
  let assemblyFormat = [{
    $sym_name `:` $type `role` $role `of` $network `initial` $initial
    `(` $a `,` $b `)` (`as` $drawnAs^)? (`storage` $storage^)? attr-dict
  }];
  let hasVerifier = 1;
}

def GM_EntryKind : I32EnumAttr<"EntryKind", "what an entry is for", [
    I32EnumAttrCase<"step", 0>, I32EnumAttrCase<"report", 1>,
    I32EnumAttrCase<"procedure", 2>]> {
  let cppNamespace = "::gmc::gm";
}

def GM_EntryOp : GM_Op<"entry", [Symbol, IsolatedFromAbove, NoTerminator,
                                 SingleBlock]> {
  let summary = "a step, a report or a procedure";
  let description = [{
    The block's arguments are the inputs, named by `inputs`.

    Example: `gm.entry step @fit {..}`
  }];
  let arguments = (ins GM_EntryKind:$kind, SymbolNameAttr:$sym_name,
                       StrArrayAttr:$inputs, I64Attr:$batch);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $kind $sym_name `inputs` $inputs `batch` $batch $body attr-dict
  }];
  let hasRegionVerifier = 1;
}

def GM_ReadOp : GM_Op<"read", [
    Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "a variable's value at the start of the entry";
  let description = [{
    Example: `%w = gm.read @Enc.linear0.weight : tensor<400x784xf32>`
  }];
  let arguments = (ins FlatSymbolRefAttr:$variable);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$variable attr-dict `:` type($result)";
}

def GM_WriteOp : GM_Op<"write", [
    DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "a variable's value from the end of the entry on";
  let description = [{
    Reads in the same entry still give the old value.

    Example: `gm.write %w2 to @Enc.linear0.weight : tensor<400x784xf32>`
  }];
  let arguments = (ins NN_Tensor:$value, FlatSymbolRefAttr:$variable);
  let assemblyFormat = "$value `to` $variable attr-dict `:` type($value)";
}

def GM_ScalarOp : GM_Op<"scalar", [Pure]> {
  let summary = "a number that the runtime supplies, in double precision";
  let description = [{
    Number `index` of the plan's `scalars`.

    Example: `%lr = gm.scalar 0 : tensor<f64>`
  }];
  let arguments = (ins I64Attr:$index);
  let results = (outs 0DTensorOf<[F64]>:$result);
  let assemblyFormat = "$index attr-dict `:` type($result)";
}

def GM_OutputKind : I32EnumAttr<"OutputKind", "who reads an output", [
    I32EnumAttrCase<"value", 0>, I32EnumAttrCase<"monitor", 1>,
    I32EnumAttrCase<"norm", 2>]> {
  let cppNamespace = "::gmc::gm";
}

def GM_OutputOp : GM_Op<"output"> {
  let summary = "a value that leaves the entry";
  let description = [{
    `value`: a result of the step, an item of the report, what a procedure
    emits. `monitor`: a single number for the progress line. `norm`: the 2-norm
    of a network's gradients, in f64.

    Example: `gm.output monitor "loss" %l : tensor<f32>`
  }];
  let arguments = (ins GM_OutputKind:$kind, StrAttr:$name, NN_Tensor:$value);
  let assemblyFormat = "$kind $name $value attr-dict `:` type($value)";
  let hasVerifier = 1;
}

def GM_OptimizerKind : I32EnumAttr<"OptimizerKind", "rule of an update", [
    I32EnumAttrCase<"sgd", 0>, I32EnumAttrCase<"adam", 1>,
    I32EnumAttrCase<"adamw", 2>, I32EnumAttrCase<"rmsprop", 3>]> {
  let cppNamespace = "::gmc::gm";
}

def GM_MinimizeOp : GM_Op<"minimize", [
    AttrSizedOperandSegments,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "one update of some parameters against an objective";
  let description = [{
    `objective` is a single number. `hyper` are the optimiser's hyper-parameters:
    sgd(lr, momentum), adam(lr, b1, b2, eps), adamw(lr, b1, b2, eps, decay),
    rmsprop(lr, alpha, eps). `updates` is the
    number of the `gm.scalar` that counts the updates of `state`, or -1 where
    some minimiser of `state` has a `when`: they are counted in the variable
    `STATE.t` then. Where `when` is 0, neither parameters nor state move. `keep`
    bounds every element after the update. Written out by
    `--gm-expand-objectives`.

    Example: `gm.minimize %l over [@p] using adam(%lr, %b1, %b2, %eps) state "fit.adam" updates 3 : tensor<f32>, tensor<f64>, tensor<f64>, tensor<f64>, tensor<f64>`
  }];
  let arguments = (ins NN_Tensor:$objective, FlatSymbolRefArrayAttr:$over,
                       GM_OptimizerKind:$optimizer,
                       Variadic<NN_Tensor>:$hyper, StrAttr:$state,
                       I64Attr:$updates, Optional<NN_Tensor>:$clip,
                       Optional<NN_Tensor>:$low, Optional<NN_Tensor>:$high,
                       Optional<NN_Tensor>:$when, UnitAttr:$maximize,
                       UnitAttr:$nesterov);
  let assemblyFormat = [{
    $objective `over` $over `using` $optimizer `(` $hyper `)`
    `state` $state `updates` $updates (`clip` $clip^ `:` type($clip))?
    (`keep` $low^ `,` $high `:` type($low) `,` type($high))?
    (`when` $when^ `:` type($when))?
    (`maximize` $maximize^)? (`nesterov` $nesterov^)?
    attr-dict `:` type($objective) `,` type($hyper)
  }];
  let hasVerifier = 1;
}

def GM_AverageOp : GM_Op<"average", [
    DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "a step of a moving average of weights";
  let description = [{
    For each pair: to := decay to + (1 - decay) from, with the value that `from`
    has at the end of the entry; a variable of role "state" is copied. Where the
    minimiser of `from` has a `when` that is 0, `to` stays. Written out by
    `--gm-expand-objectives`.

    Example: `gm.average [@G.w] into [@Gs.w] decay %d : tensor<f64>`
  }];
  let arguments = (ins FlatSymbolRefArrayAttr:$from, FlatSymbolRefArrayAttr:$to,
                       NN_Tensor:$decay);
  let assemblyFormat = [{
    $from `into` $to `decay` $decay attr-dict `:` type($decay)
  }];
  let hasVerifier = 1;
}

#endif // GMC_DIALECT_GM_IR_GMOPS
