"""Reductions, norms and softmax; under masks as well. See table.py."""
import math

from registry import said
from text import (axes, broadcast, call, lift, reduce, require, select,
                  stretch, swap)


def reduction(name):
    def function(x, dim=None, keepdim=False, dtype=None):
        require(dtype is None, "a reduction to another type")
        return x + 0 if not x.rank else reduce(name, x, dim, keepdim)
    return function


for name, word in {"sum": "sum", "nansum": "sum", "mean": "mean",
                   "nanmean": "mean", "amax": "max", "amin": "min",
                   "logsumexp": "logsumexp", "max.reduction_no_dim": "max",
                   "min.reduction_no_dim": "min"}.items():
    said(name)(reduction(word))


def count(x, dim):
    return math.prod(x.shape[i] for i in axes(x, dim))


@said("var")
def var(x, dim=None, unbiased=True, keepdim=False, correction=None):
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    less = correction if correction is not None else int(unbiased)
    n = count(x, dim)
    require(n > less, "the variance of too few")
    return reduce("var", x, dim, keepdim) * (n / (n - less))


@said("std")
def std(x, dim=None, unbiased=True, keepdim=False, correction=None):
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    less = correction if correction is not None else int(unbiased)
    n = count(x, dim)
    require(n > less, "the deviation of too few")
    return reduce("std", x, dim, keepdim) * math.sqrt(n / (n - less))


def pnorm(x, p=2, dim=None, keepdim=False):
    p = 2 if p in (None, "fro") else p
    require(not isinstance(p, str), "norms of matrices")
    require(p != 0, "the number of entries")
    # torch 1.13 rounds p to 24 bits.
    require(math.isinf(p) or p == round(p), "a norm of broken power")
    if not x.rank:
        return call("abs", x)
    if p == 2:
        return reduce("norm", x, dim, keepdim)
    size = call("abs", x)
    if p == 1:
        return reduce("sum", size, dim, keepdim)
    if p == math.inf:
        return reduce("max", size, dim, keepdim)
    if p == -math.inf:
        return reduce("min", size, dim, keepdim)
    return reduce("sum", size ** p, dim, keepdim) ** (1 / p)


@said("norm", "norm.fro", "norm.inf")
def norm(x, p=2, dim=None, keepdim=False, dtype=None):
    require(dtype is None, "a norm of another type")
    return pnorm(x, p, dim, keepdim)


@said("linalg.vector_norm")
def vector_norm(x, ord=2, dim=None, keepdim=False, dtype=None):
    return norm(x, ord, dim, keepdim, dtype)


@said("dist")
def dist(x, y, p=2):
    x, y = broadcast(x, y)
    return pnorm(x - y, p)


@said("nn.functional.pairwise_distance")
def pairwise_distance(x, y, p=2.0, eps=1e-6, keepdim=False):
    return pnorm(x - y + eps, p, x.rank - 1, keepdim)


@said("nn.functional.normalize")
def normalize(x, p=2.0, dim=1, eps=1e-12):
    require(x.rank, "a single number")
    size = call("max", pnorm(x, p, dim, True), eps)
    return x / stretch(size, x.shape)


@said("nn.functional.cosine_similarity")
def cosine_similarity(a, b, dim=1, eps=1e-8):
    a, b = broadcast(a, b)
    size = call("max", pnorm(a, 2, dim), eps) \
        * call("max", pnorm(b, 2, dim), eps)
    return reduce("sum", a * b, dim) / size


@said("trace")
def trace(x):
    total = x[(0, 0)]
    for i in range(1, min(x.shape)):
        total = total + x[(i, i)]
    return total


def along_last(function):
    """A function of the last axis, along axis `dim`."""
    def wrapped(x, dim=-1, dtype=None):
        require(dtype is None and x.rank, "a softmax of another type")
        return swap(function(swap(x, dim, -1)), dim, -1)
    return wrapped


def log_soft(x):
    top = stretch(reduce("logsumexp", x, -1, True), x.shape)
    return x - top


said("softmax")(along_last(lambda x: call("softmax", x)))
said("nn.functional.softmin")(along_last(lambda x: call("softmax", -x)))
said("log_softmax")(along_last(log_soft))




# ---- under masks --------------------------------------------------------------

def masked(name, empty):
    """A reduction of the entries where the mask is 1."""
    def function(x, dim=None, keepdim=False, mask=None):
        require(x.rank, "the reduction of a single number")
        if mask is not None:
            x = select(stretch(mask, x.shape), x, empty)
        return reduce(name, x, dim, keepdim)
    return function


said("masked.sum")(masked("sum", 0))


def masked_count(x, dim, mask, keepdim):
    if mask is None:
        return lift(count(x, dim))
    ones = select(stretch(mask, x.shape), 1, 0)
    return reduce("sum", ones, dim, keepdim)


@said("masked.mean")
def masked_mean(x, dim=None, keepdim=False, mask=None):
    total = masked("sum", 0)(x, dim, keepdim, mask)
    return total / masked_count(x, dim, mask, keepdim)


@said("masked.norm")
def masked_norm(x, p, dim=None, keepdim=False, mask=None):
    require(x.rank and p in (1, 2), "rare norms under a mask")
    if mask is not None:
        x = select(stretch(mask, x.shape), x, 0)
    return pnorm(x, p, dim, keepdim)


@said("masked.softmax")
def masked_softmax(x, dim, mask=None, dtype=None):
    require(mask is None, "a softmax under a mask")
    return along_last(lambda u: call("softmax", u))(x, dim)
