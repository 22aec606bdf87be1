#!/usr/bin/python3
"""Derivatives of the first to the fourth order against torch's, in f64.

    tests/numerics/high_orders.py [--build FOLDER] [--level 2]

A derivative of any order is right or refused, never zero by omission. Of each
function f, with weights c0 .. c4 drawn once, s0 = sum(c0 f(x)) sum(x^3) and
s[k] = sum(c[k] grad(s[k-1], x)); the gradients of s0 to s3 agree with torch's to
1e-9 of the largest entry. The factor keeps derivatives from ending where those
of f do. `x` and the gradients are states of one text.

Without torch the test is skipped (exit code 77).
"""
import argparse
import re
import sys
import tempfile
from pathlib import Path

from with_torch import torch
from torch.nn import functional as F

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "operators"))
from compiled import declare, states_after  # noqa: E402
from trainer import Wrong, find_gmc  # noqa: E402

ORDERS, ALLOWED = 4, 1e-9
VECTOR, IMAGE = (5,), (2, 4, 4)
# Function by function: its text, what torch computes, the shape of x.
CASES = [
    *((f"{name}(x)", getattr(torch, name), VECTOR) for name in
      "tanh exp sin cos erf sigmoid abs sqrt log log1p lgamma digamma".split()),
    ("relu(x - 1)", lambda x: torch.relu(x - 1), VECTOR),
    ("softplus(x)", lambda x: torch.log(1 + torch.exp(x)), VECTOR),
    ("log_sigmoid(x)", lambda x: -torch.log(1 + torch.exp(-x)), VECTOR),
    ("silu(x)", lambda x: x * torch.sigmoid(x), VECTOR),
    ("gelu(x)", lambda x: x / 2 * (1 + torch.erf(x / 2 ** 0.5)), VECTOR),
    ("elu(x - 1)", lambda x: torch.where(x > 1, x - 1, torch.exp(x - 1) - 1),
     VECTOR),
    ("leaky_relu(x - 1, 0.2)",
     lambda x: torch.where(x > 1, x - 1, 0.2 * (x - 1)), VECTOR),
    ("pow(x, 2.5)", lambda x: x ** 2.5, VECTOR),
    ("pow(2, x)", lambda x: 2 ** x, VECTOR),
    ("pow(x, x)", lambda x: torch.pow(x, x), VECTOR),
    ("1 / x", lambda x: 1 / x, VECTOR),
    ("max(x, 1 / x)", lambda x: torch.maximum(x, 1 / x), VECTOR),
    ("min(x, x^2)", lambda x: torch.minimum(x, x ** 2), VECTOR),
    ("clamp(x, 0.8, 1.2)", lambda x: x.clamp(0.8, 1.2), VECTOR),
    ("if x < 1 then x^2 else sin(x)",
     lambda x: torch.where(x < 1, x ** 2, x.sin()), VECTOR),
    ("huber(x, 2)", lambda x: F.huber_loss(
        x, torch.full_like(x, 2), reduction="none"), VECTOR),
    ("bce(logits: x, target: 0.3)",
     lambda x: torch.log(1 + torch.exp(x)) - 0.3 * x, VECTOR),
    ("softmax(x)", lambda x: torch.softmax(x, -1), VECTOR),
    ("x * logsumexp(x)", lambda x: x * torch.logsumexp(x, -1), VECTOR),
    ("x / norm(x)", lambda x: x / x.square().sum().sqrt(), VECTOR),
    ("x * std(x)", lambda x: x * (x.var(unbiased=False) ** 0.5), VECTOR),
    ("x * prod(x)", lambda x: x * x[0] * x[1] * x[2] * x[3] * x[4], VECTOR),
    ("x * max(x)", lambda x: x * x.max(), VECTOR),
    ("max(expand(reshape(x, 5, 1), like: zeros(5, 3)), over: 1)^2",
     lambda x: x ** 2, VECTOR),
    ("cumsum(x^2)", lambda x: torch.cumsum(x ** 2, -1), VECTOR),
    ("x * x[round(iota(5) * 0)]", lambda x: x * x[0], VECTOR),
    ("x[1:5] @ (x[0:4, new] * x[new, 0:4])",
     lambda x: x[1:] @ (x[:4, None] * x[None, :4]), VECTOR),
    ("concat(x[0:2], sin(x[2:5]))",
     lambda x: torch.cat([x[:2], x[2:].sin()]), VECTOR),
    ("max_pool(x^2, 2)", lambda x: F.max_pool2d(x[None] ** 2, 2)[0], IMAGE),
    ("max_pool(sin(x), 3, stride: 2, pad: 1)",
     lambda x: F.max_pool2d(x[None].sin(), 3, 2, 1)[0], IMAGE),
    ("avg_pool(sin(x), 3, stride: 1, pad: 1)",
     lambda x: F.avg_pool2d(x[None].sin(), 3, 1, 1)[0], IMAGE),
    ("avg_pool(sin(x), 2)", lambda x: F.avg_pool2d(x[None].sin(), 2)[0],
     IMAGE),
    ("upsample(sin(x), 2)", lambda x: F.interpolate(
        x[None].sin(), scale_factor=2)[0], IMAGE),
    ("upsample(sin(x), 2, mode: bilinear)", lambda x: F.interpolate(
        x[None].sin(), scale_factor=2, mode="bilinear",
        align_corners=False)[0], IMAGE),
    ("transpose(sin(x), 1, 2, 0)", lambda x: x.sin().permute(1, 2, 0), IMAGE),
]


def expected(function, x, weights):
    """Gradients of the orders 1 to ORDERS, by torch."""
    x = x.clone().requires_grad_()
    value = function(x)
    total = (weights[0] * value).sum() * (x ** 3).sum()
    found = []
    for order in range(1, ORDERS + 1):
        gradient, = torch.autograd.grad(total, x, create_graph=True)
        found.append(gradient.detach())
        total = (weights[order] * gradient).sum()
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build")
    parser.add_argument("--level", type=int, choices=(0, 2), default=2)
    options = parser.parse_args()
    torch.manual_seed(1)
    torch.set_default_dtype(torch.float64)
    given, wanted, lines, owner = {}, {}, [], {}
    for i, (text, function, shape) in enumerate(CASES):
        x = torch.rand(shape) * 1.4 + 0.4
        shapes = [function(x).shape] + [shape] * ORDERS
        weights = [torch.randn(one) for one in shapes]
        given[f"x{i}"] = x.numpy()
        given |= {f"c{i}_{k}": one.numpy() for k, one in
                  enumerate(weights[:ORDERS])}
        named = re.sub(r"\bx\b", f"x{i}", f"({text})) * sum(x^3)")
        lines.append(f"v{i}_0 = sum(c{i}_0 * {named}")
        for k, one in enumerate(expected(function, x, weights), 1):
            wanted[f"g{i}_{k}"] = one.numpy()
            owner[f"g{i}_{k}"] = text
            lines.append(f"d{i}_{k} = grad(v{i}_{k - 1}, x{i})")
            lines.append(f"g{i}_{k} <- d{i}_{k}")
            if k < ORDERS:
                lines.append(f"v{i}_{k} = sum(c{i}_{k} * d{i}_{k})")
    body = "\n  ".join(lines)
    text = (declare(given | wanted) + f"step go() {{\n  {body}\n}}\n"
            "train { go() } for 1 rounds\n")
    try:
        with tempfile.TemporaryDirectory() as folder:
            states = states_after(find_gmc(options.build), text, given,
                                  options.level, Path(folder))
    except Wrong as wrong:
        print(f"WRONG: {wrong}")
        return 1
    failed, worst = 0, 0.0
    for name, value in wanted.items():
        off = abs(states[name] - value).max() / abs(value).max()
        worst = max(worst, off)
        if not off <= ALLOWED or not abs(value).max() > 0:
            failed += 1
            print(f"FAILED: {owner[name]}: order {name[-1]} differs by "
                  f"{off:.1e}")
    print(f"{len(CASES)} functions, {ORDERS} orders: {failed} wrong, largest "
          f"difference {worst:.1e}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
