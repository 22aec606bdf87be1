"""Functions of each element. See table.py."""
import math

from registry import same, said, unary
from text import binary, broadcast, call, cut, require, reshape, select

for name in "abs exp log log1p sqrt sin cos tanh sigmoid erf".split():
    unary(name, same(name))
unary("nn.functional.relu", same("relu"))
unary("nn.functional.selu", same("selu"))
unary("nn.functional.silu", same("silu"))
unary("nn.functional.logsigmoid", same("log_sigmoid"))
unary("neg", lambda x: -x)
unary("positive", lambda x: x + 0)
unary("square", lambda x: x ** 2)
unary("reciprocal", lambda x: 1 / x)
unary("rsqrt", lambda x: 1 / call("sqrt", x))
unary("exp2", lambda x: call("exp", x * math.log(2)))
unary("expm1", lambda x: call("exp", x) - 1)
unary("sinh", lambda x: (call("exp", x) - call("exp", -x)) / 2)
unary("cosh", lambda x: (call("exp", x) + call("exp", -x)) / 2)
unary("tan", lambda x: call("sin", x) / call("cos", x))
unary("log2", lambda x: call("log", x) / math.log(2))
unary("log10", lambda x: call("log", x) / math.log(10))
unary("erfc", lambda x: 1 - call("erf", x))
unary("asinh", lambda x: call("log", x + call("sqrt", x ** 2 + 1)))
unary("acosh", lambda x: call("log", x + call("sqrt", x ** 2 - 1)))
unary("atanh", lambda x: call("log", (1 + x) / (1 - x)) / 2)
unary("deg2rad", lambda x: x * (math.pi / 180))
unary("rad2deg", lambda x: x * (180 / math.pi))
unary("nn.functional.relu6", lambda x: call("clamp", x, 0, 6))
unary("nn.functional.softsign", lambda x: x / (1 + call("abs", x)))
unary("nn.functional.tanhshrink", lambda x: x - call("tanh", x))
unary("special.ndtr", lambda x: (1 + call("erf", x / math.sqrt(2))) / 2)
unary("special.entr", lambda x: -x * call("log", x))


@said("nn.functional.hardswish")
def hardswish(x, inplace=False):
    return x * call("clamp", x + 3, 0, 6) / 6


@said("nn.functional.mish")
def mish(x, inplace=False):
    return x * call("tanh", call("softplus", x))


@said("nn.functional.softplus")
def softplus(x, beta=1, threshold=20):
    return select(x * beta > threshold, x, call("softplus", x * beta) / beta)


@said("nn.functional.elu", "nn.functional.celu")
def elu(x, alpha=1.0, inplace=False):
    require(alpha == 1, "elu with alpha")
    return call("elu", x)


@said("nn.functional.leaky_relu")
def leaky_relu(x, negative_slope=0.01, inplace=False):
    return call("leaky_relu", x, negative_slope)


@said("nn.functional.gelu")
def gelu(x, approximate="none"):
    if approximate == "tanh":
        inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)
        return x / 2 * (1 + call("tanh", inner))
    return call("gelu", x)


@said("nn.functional.threshold")
def threshold(x, limit, value, inplace=False):
    return select(x > limit, x, value)


@said("nn.functional.hardtanh")
def hardtanh(x, min_val=-1.0, max_val=1.0, inplace=False):
    return call("clamp", x, min_val, max_val)


@said("nn.functional.softshrink")
def softshrink(x, lambd=0.5):
    return select(x > lambd, x - lambd, select(x < -lambd, x + lambd, 0))


@said("nn.functional.hardshrink")
def hardshrink(x, lambd=0.5):
    return select(call("abs", x) > lambd, x, 0)


@said("nn.functional.prelu")
def prelu(x, weight):
    if weight.rank and x.rank > 1:
        weight = reshape(weight, (1, *weight.shape) + (1,) * (x.rank - 2))
    x, weight = broadcast(x, weight if weight.rank else weight)
    return select(x > 0, x, x * weight)


@said("nn.functional.glu")
def glu(x, dim=-1):
    dim %= x.rank
    half = x.shape[dim] // 2
    return cut(x, dim, 0, half) * call("sigmoid", cut(x, dim, half, 2 * half))


@said("add", "__radd__")
def add(x, y, alpha=1):
    x, y = broadcast(x, y)
    return x + y * alpha


@said("sub")
def sub(x, y, alpha=1):
    x, y = broadcast(x, y)
    return x - y * alpha


@said("__rsub__", "rsub")
def rsub(x, y, alpha=1):
    x, y = broadcast(x, y)
    return y - x * alpha


@said("mul", "__rmul__")
def mul(x, y):
    x, y = broadcast(x, y)
    return x * y


@said("div.no_rounding_mode", "true_divide")
def div(x, y, rounding_mode=None):
    x, y = broadcast(x, y)
    return x / y


@said("__rdiv__")
def rdiv(x, y):
    x, y = broadcast(x, y)
    return y / x


@said("pow", "float_power")
def power(x, y):
    return binary("^", *broadcast(x, y))


@said("__rpow__")
def rpow(x, y):
    x, y = broadcast(x, y)
    return binary("^", y, x)


@said("maximum", "max.binary", "fmax")
def maximum(x, y):
    return call("max", *broadcast(x, y))


@said("minimum", "min.binary", "fmin")
def minimum(x, y):
    return call("min", *broadcast(x, y))


@said("clamp")
def clamp(x, low=None, high=None, **named):
    low, high = named.get("min", low), named.get("max", high)
    if low is not None:
        x, low = broadcast(x, low)
        x = call("max", x, low)
    if high is not None:
        x, high = broadcast(x, high)
        x = call("min", x, high)
    return x


@said("clamp_max")
def clamp_max(x, y):
    return call("min", *broadcast(x, y))


@said("clamp_min")
def clamp_min(x, y):
    return call("max", *broadcast(x, y))


@said("hypot")
def hypot(x, y):
    x, y = broadcast(x, y)
    return call("sqrt", x ** 2 + y ** 2)


@said("logaddexp")
def logaddexp(x, y):
    x, y = broadcast(x, y)
    return y + call("softplus", x - y)


@said("xlogy")
def xlogy(x, y):
    x, y = broadcast(x, y)
    return x * call("log", y)


@said("special.xlog1py")
def xlog1py(x, y):
    x, y = broadcast(x, y)
    return x * call("log1p", y)


@said("lerp")
def lerp(a, b, t):
    return call("lerp", *broadcast(a, b, t))


@said("where")
def where(a, condition, b):
    condition, a, b = broadcast(condition, a, b)
    return select(condition, a, b)


@said("masked_fill")
def masked_fill(x, mask, value):
    x, mask, value = broadcast(x, mask, value)
    return select(mask, value, x)


@said("addcmul")
def addcmul(x, a, b, value=1):
    x, a, b = broadcast(x, a, b)
    return x + value * a * b


@said("addcdiv")
def addcdiv(x, a, b, value=1):
    x, a, b = broadcast(x, a, b)
    return x + value * a / b
