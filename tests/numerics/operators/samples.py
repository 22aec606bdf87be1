"""torch's own sample inputs (op_db), and what torch finds for them.

A Sample has its leaves (tensors of numbers and masks among the arguments),
what torch computes from them, the gradient of a weighted sum of that, and the
gradient of a weighted sum of the gradient. `say` gives the same in the
language. Weights of a convolution are parameters of a net there: gradients
reach them by `minimize`, and their own gradient is no value that a text could
sum, so that the second sum is one over the gradients of the others.
"""
import re
import sys
import types
import unittest

import torch

# op_db imports a package that Debian does not have, for one class.
sys.modules.setdefault("expecttest", types.SimpleNamespace(
    ACCEPT=False, TestCase=unittest.TestCase))
from torch.testing._internal.common_methods_invocations import (  # noqa: E402
    op_db)

from table import ROUGH_SECOND, TABLE  # noqa: E402
from text import NETS, NotSaid, Text, call, lift, require  # noqa: E402

# Leaves of more entries make gmc's texts long and prove no more.
LARGEST = 4000


def replace(value, change):
    """`value` with `change` applied to each tensor in its lists."""
    if isinstance(value, torch.Tensor):
        return change(value)
    if isinstance(value, dict):
        return {key: replace(one, change) for key, one in value.items()}
    if isinstance(value, (list, tuple)) and not isinstance(value, torch.Size):
        return type(value)(replace(one, change) for one in value)
    return value


class Sample:
    def __init__(self, op, name, number, given):
        self.op, self.name, self.number = op, name, number
        self.arguments = (given.input, *given.args)
        self.named = given.kwargs
        self.process = given.output_process_fn_grad
        self.leaves = []
        replace([self.arguments, self.named], self.add)

    def add(self, tensor):
        require(tensor.dtype in (torch.float64, torch.bool),
                "whole numbers among the tensors")
        require(0 < tensor.numel() <= LARGEST, "an empty or large sample")
        require(tensor.isfinite().all(), "inputs that are not finite")
        if not any(tensor is leaf for leaf in self.leaves):
            self.leaves.append(tensor)
        return tensor

    def label(self, kind, index):
        return f"{kind}{self.number}_{index}"

    def text_of(self, tensor):
        index = next(i for i, leaf in enumerate(self.leaves)
                     if leaf is tensor)
        return Text(self.label("x", index), tensor.shape)

    def solve(self, pick):
        """Asks torch: outputs, gradients and gradients of gradients, with
        weights drawn from `pick`. Members are lists, None where there is
        none."""
        found = self.process(self.op(*self.arguments, **self.named))
        found = found if isinstance(found, (list, tuple)) else [found]
        self.outputs = [one for one in found
                        if isinstance(one, torch.Tensor)]
        require(all(one.dtype == torch.float64 for one in self.outputs)
                and self.outputs, "outputs that are no numbers")
        draw = (lambda one: torch.randn(one.shape, generator=pick))
        require(all(one.isfinite().all() for one in self.outputs),
                "outputs that are not finite")
        self.weights = [draw(one) for one in self.outputs]
        self.ways = [draw(leaf) for leaf in self.leaves]
        total = sum((one * weight).sum() for one, weight in
                    zip(self.outputs, self.weights))
        self.first = self.gradients(total, create_graph=True)
        slope = sum((one * way).sum() for index, (one, way) in enumerate(
                    zip(self.first, self.ways)) if one is not None and not self.is_weight(index))
        smooth = self.op.supports_gradgrad and self.name not in ROUGH_SECOND
        self.second = self.gradients(slope) if smooth \
            else [None] * len(self.leaves)
        # An operator whose gradient is constant has zeros, or none.
        if not any(one is not None and one.abs().max() > 0
                   for one in self.second):
            self.second = [None] * len(self.leaves)

    def gradients(self, total, **how):
        moved = [leaf for leaf in self.leaves if leaf.requires_grad]
        if not moved or not isinstance(total, torch.Tensor) \
                or not total.requires_grad:
            return [None] * len(self.leaves)
        found = iter(torch.autograd.grad(total, moved, allow_unused=True,
                                         **how))
        return [next(found) if leaf.requires_grad else None
                for leaf in self.leaves]

    def translate(self):
        """Asks table.py for what the language says, a list of Texts."""
        found = TABLE[self.name](*replace(self.arguments, self.text_of),
                                 **replace(self.named, self.text_of))
        self.said = found if isinstance(found, (list, tuple)) else [found]
        words = set(re.findall(r"\w+", " ".join(one.text
                                                for one in self.said)))
        nets = [NETS[word] for word in words if word in NETS]
        self.nets = "".join(text for text, _ in nets)
        # Of a leaf, its name as a weight of a net.
        self.weight_names = {leaf: name for _, names in nets
                             for leaf, name in names.items()}

    def name_of(self, index):
        label = self.label("x", index)
        return self.weight_names.get(label, label)

    def is_weight(self, index):
        return self.label("x", index) in self.weight_names

    def compare_shapes(self):
        shapes = [tuple(one.shape) for one in self.outputs]
        if [one.shape for one in self.said] != shapes:
            raise AssertionError(
                f"{self.name}: {shapes} by torch, "
                f"{[one.shape for one in self.said]} by table.py")

    def say(self):
        """Statements, what tensors are given, what they become."""
        lines, given, expected = [], {}, {}
        for i, leaf in enumerate(self.leaves):
            given[self.name_of(i)] = leaf
        total = lift(0)
        for j, one in enumerate(self.said):
            name, weight = self.label("v", j), self.label("c", j)
            lines.append(f"{name} = {one.text}")
            lines.append(f"{self.label('y', j)} <- {name}")
            expected[self.label("y", j)] = self.outputs[j]
            if self.has(self.first):
                given[weight] = self.weights[j]
                total = total + summed(Text(name, one.shape)
                                       * Text(weight, one.shape))
        lines += self.derivatives(total, given, expected)
        read = set(re.findall(r"\w+", " ".join(lines)))
        given = {name: value for name, value in given.items()
                 if name in read or "." in name}
        return lines, given, expected

    @staticmethod
    def has(gradients):
        return any(one is not None for one in gradients)

    def derivatives(self, total, given, expected):
        lines, slope, before = [], lift(0), f"a{self.number}"
        if self.has(self.first):
            lines.append(f"{before} = {total.text}")
        for i, one in enumerate(self.first):
            if one is not None and self.is_weight(i):
                expected[f"first.sgd.{self.name_of(i)}.b"] = one
            if one is None or self.is_weight(i):
                continue
            name = self.label("p", i)
            lines.append(f"{name} = grad({before}, {self.label('x', i)})")
            lines.append(f"{self.label('g', i)} <- {name}")
            expected[self.label("g", i)] = one
            if self.has(self.second):
                given[self.label("d", i)] = self.ways[i]
                slope = slope + summed(Text(name, one.shape)
                                       * Text(self.label("d", i), one.shape))
        if self.has(self.second):
            lines.append(f"b{self.number} = {slope.text}")
        for i, one in enumerate(self.second):
            if one is not None and self.is_weight(i):
                expected[f"second.sgd.{self.name_of(i)}.b"] = one
            elif one is not None:
                lines.append(f"{self.label('h', i)} <- grad(b{self.number}, "
                             f"{self.label('x', i)})")
                expected[self.label("h", i)] = one
        return lines


def summed(x):
    return call("sum", x, shape=()) if x.rank else x


def entries():
    """The operators of op_db that table.py says, by name with variant."""
    found = {}
    for op in op_db:
        name = op.name + (f".{op.variant_test_name}"
                          if op.variant_test_name else "")
        if name in TABLE:
            found[name] = op
    missing = sorted(set(TABLE) - set(found))
    if missing:
        raise AssertionError(f"op_db has no {missing}")
    return found


def samples(name, op, limit):
    """The samples of one operator that can be said, and the reasons why
    others cannot."""
    pick = torch.Generator().manual_seed(1)
    torch.manual_seed(1)
    taken, reasons = [], []
    drawn = op.sample_inputs("cpu", torch.float64, requires_grad=True)
    for number, given in enumerate(drawn):
        if len(taken) == limit:
            break
        try:
            sample = Sample(op, name, number, given)
            sample.translate()
            sample.solve(pick)
            sample.compare_shapes()
            taken.append(sample)
        except NotSaid as reason:
            reasons.append(str(reason))
    return taken, reasons
