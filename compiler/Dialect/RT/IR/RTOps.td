//===- RTOps.td - entries, buffers, launches ------------------------------===//
#ifndef GMC_DIALECT_RT_IR_RTOPS
#define GMC_DIALECT_RT_IR_RTOPS

include "compiler/Dialect/RT/IR/RTDialect.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def RT_Space : I32EnumAttr<"Space", "a region of memory of GmFrame", [
    I32EnumAttrCase<"state", 0>, I32EnumAttrCase<"arena", 1>,
    I32EnumAttrCase<"scalars", 2>, I32EnumAttrCase<"key", 3>]> {
  let cppNamespace = "::gmc::rt";
}

/// Memory of an entry.
def RT_Buffer : Type<CPred<"::gmc::rt::isBuffer($_self)">,
    "memref of f32 or f64 or one i32, at static places, not empty",
    "::mlir::MemRefType">;

def RT_Floats : AnyTypeOf<[AnyFloat, VectorOfNonZeroRankOf<[AnyFloat]>]>;

def RT_CallOp : RT_Op<"call", ElementwiseMappable.traits # [
                          Pure, SameOperandsAndResultType]> {
  let summary = "a function of the runtime, of one element of each operand";
  let description = [{
    The function takes and gives doubles (runtime/abi/gmAbi.h), one for each lane
    of vectors.

    Example: `%y = rt.call "gmLogGammaQuantile"(%u, %a) : f64`
  }];
  let arguments = (ins StrAttr:$callee, RT_Floats:$lhs, RT_Floats:$rhs);
  let results = (outs RT_Floats:$result);
  let assemblyFormat = [{
    $callee `(` $lhs `,` $rhs `)` attr-dict `:` type($result)
  }];
}

def RT_EntryOp : RT_Op<"entry", [Symbol, IsolatedFromAbove, NoTerminator,
                                 SingleBlock]> {
  let summary = "a step, a report or a procedure, planned";
  let description = [{
    A list of buffers and launches.

    Example: `rt.entry @fit { .. }`
  }];
  let arguments = (ins SymbolNameAttr:$sym_name);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name $body attr-dict";
  let hasRegionVerifier = 1;
}

def RT_BufferOp : RT_Op<"buffer", [Pure]> {
  let summary = "a place in memory, `offset` bytes into a region";
  let description = [{
    The type has the logical shape, row-major. With `panels = [axis, width]` a
    matrix is stored as `[ceil(N / width)][K][width]` instead, lanes along `axis`
    of extent N (runtime/plan/plan.md).

    Example: `%w = rt.buffer state at 4096 panels [0, 32] : memref<400x784xf32>`
  }];
  let arguments = (ins RT_Space:$space, I64Attr:$offset,
                       OptionalAttr<DenseI64ArrayAttr>:$panels);
  let results = (outs RT_Buffer:$result);
  let assemblyFormat = [{
    $space `at` $offset (`panels` $panels^)? attr-dict `:` type($result)
  }];
  let hasVerifier = 1;
}

def RT_LaunchOp : RT_Op<"launch", [
    DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "runs a kernel on buffers";
  let description = [{
    Launches take effect in the order in which they stand. The kernel is a function
    with the attribute `rt.kernel`, whose arguments have the types and the panels
    of the buffers.

    Example: `rt.launch @k(%x, %y) : memref<4xf32>, memref<4xf32>`
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel, Variadic<RT_Buffer>:$buffers);
  let assemblyFormat = [{
    $kernel `(` $buffers `)` attr-dict `:` type($buffers)
  }];
}

#endif // GMC_DIALECT_RT_IR_RTOPS
