"""Losses with their reductions. See table.py."""
import math

from reductions import pairwise_distance
from registry import said
from shapes import unsqueeze
from text import broadcast, call, reduce, require, select, stretch


def reduced(loss, reduction="mean", **rest):
    require(not any(rest.values()), f"a loss with {list(rest)}")
    if reduction == "none" or not loss.rank:
        return loss
    return reduce(reduction, loss)


@said("nn.functional.mse_loss")
def mse_loss(x, y, **how):
    return reduced(call("mse", x, y), **how)


@said("nn.functional.l1_loss")
def l1_loss(x, y, **how):
    return reduced(call("abs", x - y), **how)


@said("nn.functional.huber_loss")
def huber_loss(x, y, delta=1.0, **how):
    return reduced(call("huber", x / delta, y / delta) * delta ** 2, **how)


@said("nn.functional.smooth_l1_loss")
def smooth_l1_loss(x, y, beta=1.0, **how):
    if not beta:
        return l1_loss(x, y, **how)
    return reduced(call("huber", x / beta, y / beta) * beta, **how)


@said("nn.functional.binary_cross_entropy")
def binary_cross_entropy(p, target, weight=None, **how):
    loss = call("bce", shape=p.shape, probs=p.text, target=target.text)
    return reduced(loss if weight is None else
                   loss * stretch(weight, p.shape), **how)


@said("nn.functional.binary_cross_entropy_with_logits")
def with_logits(u, target, weight=None, pos_weight=None, **how):
    if pos_weight is None:
        loss = call("bce", shape=u.shape, logits=u.text, target=target.text)
    else:
        pos_weight = stretch(pos_weight, u.shape)
        loss = -(pos_weight * target * call("log_sigmoid", u)
                 + (1 - target) * call("log_sigmoid", -u))
    return reduced(loss if weight is None else
                   loss * stretch(weight, u.shape), **how)


@said("nn.functional.poisson_nll_loss")
def poisson_nll_loss(x, target, log_input=True, full=False, eps=1e-8, **how):
    how.pop("size_average", None)
    require(how.pop("reduce", None) is None, "a reduction of old")
    require(not full, "Stirling's formula under a condition")
    loss = call("exp", x) - target * x if log_input \
        else x - target * call("log", x + eps)
    return reduced(loss, **how)


@said("nn.functional.gaussian_nll_loss")
def gaussian_nll_loss(x, target, var, full=False, eps=1e-6, **how):
    if var.shape != x.shape and var.rank < x.rank:
        var = unsqueeze(var, -1)
    x, target, var = broadcast(x, target, var)
    loss = (call("log", call("max", var, eps))
            + (x - target) ** 2 / call("max", var, eps)) / 2
    if full:
        loss = loss + math.log(2 * math.pi) / 2
    return reduced(loss, **how)


@said("nn.functional.soft_margin_loss")
def soft_margin_loss(x, y, **how):
    return reduced(call("softplus", -y * x), **how)


@said("nn.functional.margin_ranking_loss")
def margin_ranking_loss(a, b, y, margin=0.0, **how):
    a, b, y = broadcast(a, b, y)
    return reduced(call("max", margin - y * (a - b), 0), **how)


@said("nn.functional.hinge_embedding_loss")
def hinge_embedding_loss(x, y, margin=1.0, **how):
    loss = select(y > 0, x, call("max", margin - x, 0))
    return reduced(loss, **how)


@said("nn.functional.kl_div")
def kl_div(x, y, log_target=False, **how):
    x, y = broadcast(x, y)
    require(how.get("reduction") != "batchmean", "a mean over the batch")
    loss = call("exp", y) * (y - x) if log_target \
        else y * (call("log", y) - x)
    return reduced(loss, **how)


@said("nn.functional.triplet_margin_loss")
def triplet_margin_loss(a, p, n, margin=1.0, p_=2, eps=1e-6, swap=False,
                        **how):
    power = how.pop("p", p_)
    a, p, n = broadcast(a, p, n)
    near = pairwise_distance(a, p, power, eps)
    far = pairwise_distance(a, n, power, eps)
    if swap:
        far = call("min", far, pairwise_distance(p, n, power, eps))
    return reduced(call("max", near - far + margin, 0), **how)
