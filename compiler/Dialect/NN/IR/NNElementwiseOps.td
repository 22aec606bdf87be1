//===- NNElementwiseOps.td - ops that act element by element --------------===//
#ifndef GMC_DIALECT_NN_IR_NNELEMENTWISEOPS
#define GMC_DIALECT_NN_IR_NNELEMENTWISEOPS

include "compiler/Dialect/NN/IR/NNDialect.td"
include "mlir/IR/EnumAttr.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class NN_ElementwiseOp<string mnemonic, list<Trait> traits = []>
    : NN_Op<mnemonic, traits # [Pure, Elementwise, SameOperandsAndResultType]> {
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "operands attr-dict `:` type($result)";
}

class NN_UnaryOp<string mnemonic, string formula, string note = "">
    : NN_ElementwiseOp<mnemonic> {
  let summary = formula;
  let description = "`" # formula # "`, element by element. " # note # "\n\n"
    # "Example: `%y = nn." # mnemonic # " %u : tensor<2xf32>`";
  let arguments = (ins NN_Tensor:$operand);
}

class NN_BinaryOp<string mnemonic, string formula, string note = "",
                  list<Trait> traits = []>
    : NN_ElementwiseOp<mnemonic, traits> {
  let summary = formula;
  let description = "`" # formula # "`, element by element. " # note # "\n\n"
    # "Example: `%y = nn." # mnemonic # " %a, %b : tensor<2xf32>`";
  let arguments = (ins NN_Tensor:$lhs, NN_Tensor:$rhs);
}

def NN_NegOp : NN_UnaryOp<"neg", "-u">;
def NN_ExpOp : NN_UnaryOp<"exp", "e^u">;
def NN_LogOp : NN_UnaryOp<"log", "log u">;
def NN_Log1pOp : NN_UnaryOp<"log1p", "log(1 + u)">;
def NN_SqrtOp : NN_UnaryOp<"sqrt", "u^(1/2)">;
def NN_AbsOp : NN_UnaryOp<"abs", "|u|", "Derivative sign(u), 0 at 0.">;
def NN_SignOp : NN_UnaryOp<"sign", "-1, 0 or 1">;
def NN_SinOp : NN_UnaryOp<"sin", "sin u">;
def NN_CosOp : NN_UnaryOp<"cos", "cos u">;
def NN_TanhOp : NN_UnaryOp<"tanh", "tanh u">;
def NN_ErfOp : NN_UnaryOp<"erf", "erf u">;
def NN_LgammaOp : NN_UnaryOp<"lgamma", "log Gamma(u)", "NaN where u < 0.">;
def NN_SigmoidOp : NN_UnaryOp<"sigmoid", "1 / (1 + e^-u)">;
def NN_SoftplusOp : NN_UnaryOp<"softplus", "log(1 + e^u)",
  "Computed as max(u, 0) + log1p(e^-|u|), finite for every u.">;
def NN_ReluOp : NN_UnaryOp<"relu", "max(u, 0)", "Derivative 0 at 0.">;
def NN_RoundOp : NN_UnaryOp<"round", "nearest integer, ties to even",
  "Has no derivative.">;
def NN_StopOp : NN_UnaryOp<"stop", "u", "A constant to gradients.">;

def NN_LeakyReluOp : NN_ElementwiseOp<"leaky_relu"> {
  let summary = "u where u > 0, else slope * u";
  let description = [{
    Derivative `slope` at 0.

    Example: `%y = nn.leaky_relu %u slope 2.0e-1 : tensor<2xf32>`
  }];
  let arguments = (ins NN_Tensor:$operand, F64Attr:$slope);
  let assemblyFormat = "$operand `slope` $slope attr-dict `:` type($result)";
}

def NN_PolygammaOp : NN_ElementwiseOp<"polygamma"> {
  let summary = "derivative n + 1 of lgamma";
  let description = [{
    NaN where u < 0.

    Example: `%y = nn.polygamma %u order 0 : tensor<2xf32>`
  }];
  let arguments = (ins NN_Tensor:$operand, I64Attr:$order);
  let assemblyFormat = "$operand `order` $order attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def NN_AddOp : NN_BinaryOp<"add", "a + b", "", [Commutative]>;
def NN_SubOp : NN_BinaryOp<"sub", "a - b">;
def NN_MulOp : NN_BinaryOp<"mul", "a * b", "", [Commutative]>;
def NN_DivOp : NN_BinaryOp<"div", "a / b">;
def NN_PowOp : NN_BinaryOp<"pow", "a^b",
  "The derivative in b is 0 where a <= 0.">;
def NN_XlogyOp : NN_BinaryOp<"xlogy", "a log b",
  "0 where a is 0, but for b that is no number. Where both are 0 the derivative "
  "in b is 0.">;
def NN_MinOp : NN_BinaryOp<"min", "min(a, b)",
  "At a tie the first operand has the derivative.">;
def NN_MaxOp : NN_BinaryOp<"max", "max(a, b)",
  "At a tie the first operand has the derivative.">;

def NN_GammaQuantileOp : NN_BinaryOp<"gamma_quantile",
  "log z, z being where the distribution function of Gamma(b, 1) is a",
  "Its derivative in b has no derivative.">;
def NN_GammaQuantileSlopeOp : NN_BinaryOp<"gamma_quantile_slope",
  "derivative of nn.gamma_quantile in b, where it is a",
  "Has no derivative.">;

def NN_ComparePredicate : I32EnumAttr<"ComparePredicate", "how two numbers relate", [
    I32EnumAttrCase<"less", 0>, I32EnumAttrCase<"less_equal", 1>,
    I32EnumAttrCase<"greater", 2>, I32EnumAttrCase<"greater_equal", 3>,
    I32EnumAttrCase<"equal", 4>, I32EnumAttrCase<"not_equal", 5>]> {
  let cppNamespace = "::gmc::nn";
}

def NN_CompareOp : NN_ElementwiseOp<"compare"> {
  let summary = "1 where the predicate holds, else 0";
  let description = [{
    Example: `%y = nn.compare less %a, %b : tensor<2xf32>`
  }];
  let arguments = (ins NN_ComparePredicate:$predicate, NN_Tensor:$lhs,
                       NN_Tensor:$rhs);
  let assemblyFormat = [{
    $predicate $lhs `,` $rhs attr-dict `:` type($result)
  }];
}

def NN_SelectOp : NN_ElementwiseOp<"select"> {
  let summary = "a where the condition is not 0, else b";
  let description = [{
    Example: `%y = nn.select %c, %a, %b : tensor<2xf32>`
  }];
  let arguments = (ins NN_Tensor:$condition, NN_Tensor:$onTrue,
                       NN_Tensor:$onFalse);
}

#endif // GMC_DIALECT_NN_IR_NNELEMENTWISEOPS
