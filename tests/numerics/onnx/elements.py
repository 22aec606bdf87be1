"""Functions of each element, comparisons, choices."""
import functools

import elementwise  # noqa: F401
from onnx_registry import kind_of, onnx
from registry import TABLE as SAID  # what torch's operators are called
from text import Text, binary, broadcast, call, require, select

for name, word in {
        "Abs": "abs", "Exp": "exp", "Log": "log", "Sqrt": "sqrt",
        "Sin": "sin", "Cos": "cos", "Tan": "tan", "Sinh": "sinh",
        "Cosh": "cosh", "Tanh": "tanh", "Asinh": "asinh", "Acosh": "acosh",
        "Atanh": "atanh", "Sigmoid": "sigmoid", "Erf": "erf", "Neg": "neg",
        "Reciprocal": "reciprocal", "Identity": "positive",
        "Relu": "nn.functional.relu", "Softsign": "nn.functional.softsign",
        "HardSwish": "nn.functional.hardswish"}.items():
    onnx(name)(SAID[word])
onnx("Sign")(lambda x: call("sign", x))
onnx("Round")(lambda x: call("round", x))
onnx("Softplus")(lambda x: call("softplus", x))
onnx("Not")(lambda x: Text(f"(not {x.text})", x.shape))


@onnx("Floor")
def floor(x):
    return call("round", x) - (call("round", x) > x)


@onnx("Ceil")
def ceil(x):
    return call("round", x) + (call("round", x) < x)


@onnx("Celu")
def celu(x, alpha=1.0):
    return call("relu", x) + call("min", 0, alpha * (
        call("exp", x / alpha) - 1))


@onnx("Elu")
def elu(x, alpha=1.0):
    return call("elu", x) if alpha == 1 \
        else select(x > 0, x, alpha * call("elu", x))


@onnx("Selu")
def selu(x, alpha=None, gamma=None):
    if alpha is None and gamma is None:
        return call("selu", x)
    return gamma * select(x > 0, x, alpha * call("elu", x))


@onnx("LeakyRelu")
def leaky_relu(x, alpha=0.01):
    return call("leaky_relu", x, alpha)


@onnx("PRelu")
def prelu(x, slope):
    x, slope = broadcast(x, slope)
    return select(x > 0, x, x * slope)


@onnx("ThresholdedRelu")
def thresholded_relu(x, alpha=1.0):
    return select(x > alpha, x, 0)


@onnx("HardSigmoid")
def hard_sigmoid(x, alpha=0.2, beta=0.5):
    return call("clamp", alpha * x + beta, 0, 1)


@onnx("Shrink")
def shrink(x, bias=0.0, lambd=0.5):
    return select(x > lambd, x - bias, select(x < -lambd, x + bias, 0))


@onnx("Clip")
def clip(x, low=None, high=None):
    if low is not None and high is not None:
        return call("clamp", x, low, high)
    x = x if low is None else call("max", x, low)
    return x + 0 if high is None else call("min", x, high)


def of_two(mark):
    return lambda x, y: binary(mark, *broadcast(x, y))


for name, mark in {"Add": "+", "Sub": "-", "Mul": "*", "Equal": "==",
                   "Less": "<", "LessOrEqual": "<=", "Greater": ">",
                   "GreaterOrEqual": ">=", "And": "and", "Or": "or",
                   "Xor": "!="}.items():
    onnx(name)(of_two(mark))


@onnx("Div")
def div(x, y):
    require("f" in (kind_of(x), kind_of(y)), "a quotient of whole numbers")
    return binary("/", *broadcast(x, y))


@onnx("Pow")
def power(x, y):
    return binary("^", *broadcast(x, y))


def of_many(function):
    return lambda *parts: functools.reduce(function, broadcast(*parts)) + 0


onnx("Max")(of_many(lambda a, b: call("max", a, b)))
onnx("Min")(of_many(lambda a, b: call("min", a, b)))
onnx("Sum")(of_many(lambda a, b: a + b))


@onnx("Mean")
def mean(*parts):
    return of_many(lambda a, b: a + b)(*parts) / len(parts)


@onnx("Where")
def where(condition, x, y):
    return select(*broadcast(condition, x, y))
