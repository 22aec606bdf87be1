"""Reductions, softmax, losses of classes, products."""
import losses  # noqa: F401
import products  # noqa: F401
import reductions  # noqa: F401
from moves import take
from onnx_registry import known, onnx
from registry import TABLE as SAID
from text import (binary, call, concat, reduce, row, select, stretch,
                  transpose)


def reduction(of, before=lambda x: x, after=lambda y: y):
    def function(x, given=None, axes=None, keepdims=1,
                 noop_with_empty_axes=0):
        if given is not None:
            axes = known(given)
        if not axes and noop_with_empty_axes:
            return x + 0
        return after(reduce(of, before(x), axes, keepdims))
    return function


for name, how in {
        "ReduceSum": ["sum"], "ReduceMean": ["mean"], "ReduceMax": ["max"],
        "ReduceMin": ["min"], "ReduceProd": ["prod"],
        "ReduceL1": ["sum", lambda x: call("abs", x)], "ReduceL2": ["norm"],
        "ReduceLogSumExp": ["logsumexp"],
        "ReduceLogSum": ["sum", lambda x: x, lambda y: call("log", y)],
        "ReduceSumSquare": ["sum", lambda x: x ** 2]}.items():
    onnx(name)(reduction(*how))


@onnx("Softmax")
def softmax(x, axis=-1):
    return SAID["softmax"](x + 0, axis)


@onnx("LogSoftmax")
def log_softmax(x, axis=-1):
    return SAID["log_softmax"](x + 0, axis)


@onnx("MeanVarianceNormalization")
def standardised(x, axes=(0, 2, 3)):
    mean = stretch(reduce("mean", x, axes, True), x.shape)
    return (x - mean) / (stretch(reduce("std", x, axes, True), x.shape) + 1e-9)


# ---- losses of classes --------------------------------------------------------

def classes_last(x):
    return transpose(x + 0, (0, *range(2, x.rank), 1))


def reduced(loss, target, weight, ignore, reduction):
    """Of an element of class y times its weight, 0 where y is ignored; the
    mean is that of the weights."""
    weights = None
    if weight is not None:
        weights = take(weight, 0, target)  # 0 outside
    if ignore is not None:
        kept = binary("!=", target, ignore)
        weights = kept if weights is None else weights * kept
    if weights is None:
        return loss if reduction == "none" else reduce(reduction, loss)
    # An ignored class may lie outside of all classes.
    loss = select(binary("==", weights, 0), 0, loss * weights) \
        if ignore is not None else loss * weights
    if reduction == "none":
        return loss
    total = reduce("sum", loss)
    return total if reduction == "sum" else total / reduce("sum", weights)


@onnx("SoftmaxCrossEntropyLoss")
def cross_entropy(x, target, weight=None, ignore_index=None,
                  reduction="mean", outputs=1):
    y = call("round", target)
    loss = call("xent", shape=target.shape, logits=classes_last(x).text,
                label=y.text)
    loss = reduced(loss, y, weight, ignore_index, reduction)
    return loss if outputs == 1 else [loss, log_softmax(x, 1)]


@onnx("NegativeLogLikelihoodLoss")
def likelihood(x, target, weight=None, ignore_index=None, reduction="mean"):
    y = call("round", target)
    hot = call("onehot", y, x.shape[1], shape=(*y.shape, x.shape[1]))
    loss = -reduce("sum", classes_last(x) * hot, -1)
    return reduced(loss, y, weight, ignore_index, reduction)


# ---- products -----------------------------------------------------------------

@onnx("MatMul")
def matmul(a, b):
    if a.rank < 4 or b.rank < 4:
        return SAID["matmul"](a, b)
    return concat([row(matmul(a[(i,)], b[(i,)]))
                   for i in range(a.shape[0])], 0)


@onnx("Gemm")
def gemm(a, b, c=None, alpha=1.0, beta=1.0, transA=0, transB=0):
    a = transpose(a, (1, 0)) if transA else a
    b = transpose(b, (1, 0)) if transB else b
    y = alpha * (a @ b)
    return y if c is None else y + beta * stretch(c, y.shape)
