//===- NNOps.td - leaves, shapes, reductions, products, draws -------------===//
#ifndef GMC_DIALECT_NN_IR_NNOPS
#define GMC_DIALECT_NN_IR_NNOPS

include "compiler/Dialect/NN/IR/NNElementwiseOps.td"
include "mlir/IR/AttrTypeBase.td"

// ---- leaves -----------------------------------------------------------------

def NN_ConstantOp : NN_Op<"constant", [Pure]> {
  let summary = "one number in every element";
  let description = [{
    Example: `%c = nn.constant 5.0e-1 : tensor<4x3xf32>`
  }];
  let arguments = (ins F64Attr:$value);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$value attr-dict `:` type($result)";
}

def NN_IotaOp : NN_Op<"iota", [Pure]> {
  let summary = "0, 1, 2, .. along one dimension";
  let description = [{
    Example: `%i = nn.iota along 1 : tensor<4x3xf32>`
  }];
  let arguments = (ins I64Attr:$dimension);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "`along` $dimension attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def NN_ConvertOp : NN_Op<"convert", [Pure, Elementwise, SameOperandsAndResultShape]> {
  let summary = "the same numbers in another precision";
  let description = [{
    Example: `%y = nn.convert %u : tensor<f64> to tensor<f32>`
  }];
  let arguments = (ins NN_Tensor:$operand);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = [{
    $operand attr-dict `:` type($operand) `to` type($result)
  }];
  let hasFolder = 1;
}

// ---- shapes -----------------------------------------------------------------

def NN_BroadcastOp : NN_Op<"broadcast", [Pure]> {
  let summary = "repeats a tensor along new dimensions";
  let description = [{
    Dimension i of the operand becomes dimension `dimensions[i]` of the result,
    with the same extent; the operand is repeated along the other ones.
    `dimensions` ascend.

    Example: `%y = nn.broadcast %b [1] : tensor<3xf32> to tensor<4x3xf32>`
  }];
  let arguments = (ins NN_Tensor:$operand, DenseI64ArrayAttr:$dimensions);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = [{
    $operand $dimensions attr-dict `:` type($operand) `to` type($result)
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
}

def NN_ReshapeOp : NN_Op<"reshape", [Pure]> {
  let summary = "the same elements, in row-major order, under another shape";
  let description = [{
    Example: `%y = nn.reshape %u : tensor<4x1x28x28xf32> to tensor<4x784xf32>`
  }];
  let arguments = (ins NN_Tensor:$operand);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = [{
    $operand attr-dict `:` type($operand) `to` type($result)
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
}

def NN_TransposeOp : NN_Op<"transpose", [Pure]> {
  let summary = "dimension i of the result is dimension permutation[i] of the operand";
  let description = [{
    Example: `%y = nn.transpose %u [1, 0] : tensor<4x3xf32> to tensor<3x4xf32>`
  }];
  let arguments = (ins NN_Tensor:$operand, DenseI64ArrayAttr:$permutation);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = [{
    $operand $permutation attr-dict `:` type($operand) `to` type($result)
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
}

def NN_SliceOp : NN_Op<"slice", [Pure]> {
  let summary = "elements begin <= i < end of one dimension";
  let description = [{
    Example: `%y = nn.slice %u along 1 from 0 to 2 : tensor<4x3xf32> to tensor<4x2xf32>`
  }];
  let arguments = (ins NN_Tensor:$operand, I64Attr:$dimension, I64Attr:$begin,
                       I64Attr:$end);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = [{
    $operand `along` $dimension `from` $begin `to` $end attr-dict
    `:` type($operand) `to` type($result)
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
}

def NN_PadOp : NN_Op<"pad", [Pure]> {
  let summary = "zeros before and after along one dimension";
  let description = [{
    The adjoint of `nn.slice`: `low` zeros before, `high` zeros after.

    Example: `%y = nn.pad %u along 1 low 0 high 1 : tensor<4x2xf32> to tensor<4x3xf32>`
  }];
  let arguments = (ins NN_Tensor:$operand, I64Attr:$dimension, I64Attr:$low,
                       I64Attr:$high);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = [{
    $operand `along` $dimension `low` $low `high` $high attr-dict
    `:` type($operand) `to` type($result)
  }];
  let hasVerifier = 1;
}

def NN_ConcatOp : NN_Op<"concat", [Pure]> {
  let summary = "one tensor after the other along one dimension";
  let description = [{
    Example: `%y = nn.concat %a, %b along 0 : tensor<4xf32>, tensor<3xf32> to tensor<7xf32>`
  }];
  let arguments = (ins NN_Tensor:$lhs, NN_Tensor:$rhs, I64Attr:$dimension);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = [{
    $lhs `,` $rhs `along` $dimension attr-dict
    `:` type($lhs) `,` type($rhs) `to` type($result)
  }];
  let hasVerifier = 1;
}

// ---- reductions -------------------------------------------------------------

class NN_ReductionOp<string mnemonic, string formula>
    : NN_Op<mnemonic, [Pure]> {
  let summary = formula;
  let description = formula # " over `dimensions` (ascending), which vanish.\n\n"
    # "Example: `%y = nn." # mnemonic
    # " %u over [1] : tensor<4x3xf32> to tensor<4xf32>`";
  let arguments = (ins NN_Tensor:$operand, DenseI64ArrayAttr:$dimensions);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = [{
    $operand `over` $dimensions attr-dict `:` type($operand) `to` type($result)
  }];
  let hasVerifier = 1;
}

def NN_SumOp : NN_ReductionOp<"sum", "The sum"> { let hasFolder = 1; }
def NN_ReduceMaxOp : NN_ReductionOp<"reduce_max", "The largest element">;
def NN_ReduceMinOp : NN_ReductionOp<"reduce_min", "The smallest element">;

// ---- products ---------------------------------------------------------------

def NN_Factor : I32EnumAttr<"Factor", "a factor of a layer's product", [
    I32EnumAttrCase<"output", 0>, I32EnumAttrCase<"input", 1>,
    I32EnumAttrCase<"weight", 2>]> {
  let cppNamespace = "::gmc::nn";
  let genSpecializedAttr = 0;
}

def NN_UseAttr : AttrDef<NN_Dialect, "Use"> {
  let mnemonic = "use";
  let summary = "what a product computes of a layer";
  let description = [{
    A layer's product is the trilinear form of its output's cotangent, its input
    and its weight; a product is the derivative of that form in one of the three,
    of which it reads the other two. `lhs` and `rhs` say which it reads, so the
    third is what it computes: the output (forward), the input (data gradient) or
    the weight (weight gradient). `tensor` is the weight's variable, `call` which
    call of the layer in the entry, `order` how many gradients it comes from.
    Import sets it for products of a variable, differentiation hands it on.

    Example: `#nn.use<"Enc.linear0.weight" call 0 order 0 : input, weight>`
  }];
  let parameters = (ins StringRefParameter<"the weight">:$tensor,
                        "int64_t":$call, "int64_t":$order,
                        EnumParameter<NN_Factor>:$lhs,
                        EnumParameter<NN_Factor>:$rhs);
  let assemblyFormat =
      "`<` $tensor `call` $call `order` $order `:` $lhs `,` $rhs `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Returns what the product computes.
    Factor getResult() const;
    /// Returns the use of a derivative of this product that reads `lhs` and
    /// `rhs`.
    UseAttr derivative(Factor lhs, Factor rhs) const;
    /// Returns the use of the product with its operands swapped.
    UseAttr swapped() const;
    /// Returns "data gradient Enc.linear0.weight"; with the number of the call
    /// from 1 on where `namesCall`.
    std::string describe(bool namesCall) const;
  }];
}

def NN_MatmulOp : NN_Op<"matmul", [Pure]> {
  let summary = "C[m,n] = sum over k of A[m,k] B[k,n]";
  let description = [{
    With `transposeA` the stored operand is `[K,M]`, with `transposeB` `[N,K]`.

    Example: `%y = nn.matmul %x, %w {transposeB} : tensor<128x784xf32>, tensor<400x784xf32> to tensor<128x400xf32>`
  }];
  let arguments = (ins NN_Tensor:$lhs, NN_Tensor:$rhs, UnitAttr:$transposeA,
                       UnitAttr:$transposeB, OptionalAttr<NN_UseAttr>:$use);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = [{
    $lhs `,` $rhs attr-dict `:` type($lhs) `,` type($rhs) `to` type($result)
  }];
  let hasVerifier = 1;
}

class NN_ConvolutionOp<string mnemonic, string formula, string example>
    : NN_Op<mnemonic, [Pure]> {
  let summary = formula;
  let description = formula # [{

    x is `[N,C,H,W]`, w `[O,C/groups,KH,KW]`, y `[N,O,OH,OW]`: PyTorch's layouts.
    The trilinear form behind nn.conv, nn.conv_input and nn.conv_weight is

        sum of y[n,o,i,j] w[o,c,k,l] x[n, c, i s0 + k d0 - p0, j s1 + l d1 - p2]

    with strides s, dilations d and zeros p outside of x (`pads`: top, bottom,
    left, right); o and c are of one group. Each op is its derivative in one of
    the three, so each op's derivatives are the other two.

    With `channelsLast`, which `--nn-channels-last` sets, x is `[N,H,W,C]`, y
    `[N,OH,OW,O]`, and w `[G,Q,KH,KW,B,L]`: the channels that become lanes cut
    into groups G, panels Q and lanes L, B the other channels of a group. Lanes
    are y's channels, in nn.conv_input x's.

    }] # "Example: `" # example # "`";
  let arguments = (ins NN_Tensor:$lhs, NN_Tensor:$rhs,
                       DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$pads,
                       DenseI64ArrayAttr:$dilations, I64Attr:$groups,
                       UnitAttr:$channelsLast, OptionalAttr<NN_UseAttr>:$use);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = [{
    $lhs `,` $rhs `strides` $strides `pads` $pads `dilations` $dilations
    `groups` $groups attr-dict
    `:` type($lhs) `,` type($rhs) `to` type($result)
  }];
  let hasVerifier = 1;
}

def NN_ConvOp : NN_ConvolutionOp<"conv", "y of x and w: a convolution.",
  "%y = nn.conv %x, %w strides [2, 2] pads [1, 1, 1, 1] dilations [1, 1] groups 1 : tensor<8x3x28x28xf32>, tensor<16x3x4x4xf32> to tensor<8x16x14x14xf32>">;
def NN_ConvInputOp : NN_ConvolutionOp<"conv_input",
  "x of y and w: the data gradient of a convolution, and a transposed one.",
  "%x = nn.conv_input %y, %w strides [2, 2] pads [1, 1, 1, 1] dilations [1, 1] groups 1 : tensor<8x16x14x14xf32>, tensor<16x3x4x4xf32> to tensor<8x3x28x28xf32>">;
def NN_ConvWeightOp : NN_ConvolutionOp<"conv_weight",
  "w of x and y: the weight gradient of a convolution.",
  "%w = nn.conv_weight %x, %y strides [2, 2] pads [1, 1, 1, 1] dilations [1, 1] groups 1 : tensor<8x3x28x28xf32>, tensor<8x16x14x14xf32> to tensor<16x3x4x4xf32>">;

// ---- draws ------------------------------------------------------------------

class NN_RandomOp<string mnemonic, string what> : NN_Op<mnemonic, [Pure]> {
  let summary = what;
  let description = what # [{, keyed by the execution's key and by `site`: element e takes word
    (e mod 64) / 16 of Philox4x32-10 block 16 (e div 64) + e mod 16
    (runtime/core/Random.h has the formulas). Equal sites give equal draws, so
    the op is pure.

    }] # "Example: `%e = nn." # mnemonic # " site 42 : tensor<4x3xf32>`";
  let arguments = (ins I64Attr:$site);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "`site` $site attr-dict `:` type($result)";
}

def NN_RandomNormalOp : NN_RandomOp<"random_normal", "Independent draws of N(0, 1)">;
def NN_RandomUniformOp : NN_RandomOp<"random_uniform", "Independent draws of U(0, 1)">;

// ---- differentiation --------------------------------------------------------

def NN_GradientOp : NN_Op<"gradient", [Pure]> {
  let summary = "derivatives of the sum of y with respect to values it came from";
  let description = [{
    `results[i] = d(sum of all elements of y) / d(operands[i])`. Pass
    `--autodiff-differentiate` writes it out; nothing after that pass knows it.

    Example: `%g = nn.gradient %y wrt %x : tensor<4xf32> wrt tensor<4x3xf32> to tensor<4x3xf32>`
  }];
  let arguments = (ins NN_Tensor:$y, Variadic<NN_Tensor>:$variables);
  let results = (outs Variadic<NN_Tensor>:$gradients);
  let assemblyFormat = [{
    $y `wrt` $variables attr-dict `:` type($y) `wrt` type($variables)
    `to` type($gradients)
  }];
  let hasVerifier = 1;
}

// ---- fusion -----------------------------------------------------------------

def NN_YieldOp : NN_Op<"yield", [Pure, Terminator, ParentOneOf<["FusedOp"]>]> {
  let summary = "ends the body of nn.fused";
  let description = [{
    Example: `nn.yield %r : tensor<4x3xf32>`
  }];
  let arguments = (ins Variadic<NN_Tensor>:$values);
  let assemblyFormat = "$values attr-dict `:` type($values)";
}

def NN_FusedOp : NN_Op<"fused", [Pure, IsolatedFromAbove,
    SingleBlock]> {
  let summary = "ops that one loop nest computes";
  let description = [{
    Made by `--nn-fuse`. The body is ordinary nn ops: at most one `nn.matmul` or
    convolution, then element-by-element ops (and the broadcasts that feed them) over one
    shape, then at most reductions of it. What it does not yield never reaches
    memory.

    Example: `%y = nn.fused(%x, %b) {..} : (tensor<4x3xf32>, tensor<3xf32>) -> tensor<4x3xf32>`
  }];
  let arguments = (ins Variadic<NN_Tensor>:$inputs);
  let results = (outs Variadic<NN_Tensor>:$results);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    `(` $inputs `)` $body attr-dict `:` functional-type($inputs, $results)
  }];
  let hasVerifier = 1;
}

#endif // GMC_DIALECT_NN_IR_NNOPS
