#!/usr/bin/python3
"""Operators against torch on torch's own sample inputs (op_db): values, first
derivatives and derivatives of derivatives.

    tests/numerics/torch_operators.py [--build FOLDER] [--limit N] [--level 2]
        [OPERATOR ..]

operators/table.py says each operator in the language. The samples of one
operator are one text, whose inputs, weights and results are states, so that a
checkpoint holds them; it is compiled in f64 and makes one step. Values agree to
1e-12, gradients to 1e-10, gradients of gradients to 1e-9 of the tensor's
largest entry. --limit bounds the samples of one operator.

Without torch the test is skipped (exit code 77).
"""
import argparse
import collections
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy

from with_torch import torch

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "operators"))
from compiled import declare, states_after  # noqa: E402
from samples import entries, samples  # noqa: E402
from trainer import Wrong, find_gmc  # noqa: E402

ALLOWED = {"y": 1e-12, "g": 1e-10, "h": 1e-9}
TOGETHER = 24  # samples of one text
# All that must be said: samples with a gradient, with a second, operators.
LEAST = {"g": 1000, "h": 500, "operators": 40}


def program(group):
    """One text for the samples of `group`, what its states are given and what
    they become."""
    lines, given, expected = [], {}, {}
    for sample in group:
        statements, inputs, outputs = sample.say()
        lines += statements
        given.update(inputs)
        expected.update(outputs)
    states = declare({**given, **expected})
    steps = step("go", lines)
    turns = "go()"
    layered = [sample for sample in group if sample.nets]
    for name, total in (("first", "a"), ("second", "b")):
        terms = [f"{total}{sample.number}" for sample in layered
                 if total == "a" or sample.has(sample.second)]
        if terms:
            # A rate that moves nothing; the optimiser's buffer keeps the
            # gradient.
            values = [line for line in lines if " <- " not in line]
            nets = {net for sample in layered
                    for net in re.findall(r"net (\w+)", sample.nets)}
            steps += step(name, values + [
                f"minimize {' + '.join(terms)} over {', '.join(sorted(nets))}"
                " using sgd(1e-300, momentum: 0.5)"])
            turns += f"; {name}()"
    nets = "".join(sample.nets for sample in group)
    return (f"{states}{nets}{steps}train {{ {turns} }} for 1 rounds\n", given,
            expected)


def step(name, lines):
    """A step of those `lines` that something reads; of all that bind no name."""
    kept, read = [], set()
    for line in reversed(lines):
        bound = re.match(r"(\w+) = ", line)
        if bound is None or bound[1] in read:
            kept.insert(0, line)
            read.update(re.findall(r"\w+", line[bound.end() if bound else 0:]))
    body = "\n  ".join(kept)
    return f"step {name}() {{\n  {body}\n}}\n"


def compute(gmc, level, group, folder):
    """The states after one step, and those that were expected."""
    text, given, expected = program(group)
    given = {name: value.detach().double().numpy()
             for name, value in given.items()}
    return states_after(gmc, text, given, level, folder), expected


def difference(found, wanted):
    """The largest one, in units of the largest entry, which is at least 1e-3:
    sums that cancel leave their rounding."""
    wanted = wanted.detach().numpy()
    if not numpy.isfinite(wanted).all():
        same = numpy.isfinite(found) == numpy.isfinite(wanted)
        if not same.all():
            return numpy.inf
        found, wanted = (numpy.where(numpy.isfinite(wanted), one, 0)
                         for one in (found, wanted))
    scale = max(abs(wanted).max(), 1e-3)
    return float(abs(found - wanted).max() / scale)


def check(gmc, name, group, options, count):
    """Compares one text's samples; returns complaints."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            states, expected = compute(gmc, options.level, group,
                                       Path(folder))
        except (Wrong, subprocess.TimeoutExpired) as error:
            return [f"{name}: {error}"]
    complaints, seen = [], collections.defaultdict(set)
    for state, wanted in expected.items():
        off = difference(states[state], wanted)
        kind = {"first": "g", "second": "h"}.get(state.split(".")[0], state[0])
        sample = re.search(r"\d+", state).group()
        seen[kind].add(sample)
        count["worst " + kind] = max(count["worst " + kind], off)
        if not off <= ALLOWED[kind]:
            complaints.append(f"{name}: {state} differs by {off:.1e}")
    for kind, names in seen.items():
        count[kind] += len(names)
    return complaints


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--build")
    parser.add_argument("--limit", type=int, default=1 << 30)
    parser.add_argument("--level", type=int, choices=(0, 2), default=2)
    parser.add_argument("--reasons", action="store_true",
                        help="why samples were not taken")
    options = parser.parse_args()
    torch.set_num_threads(1)
    gmc = find_gmc(options.build)
    count, complaints, done = collections.Counter(), [], 0
    for name, op in entries().items():
        if options.names and name not in options.names:
            continue
        taken, reasons = samples(name, op, options.limit)
        if options.reasons:
            print(name, len(taken), collections.Counter(reasons))
        before = len(complaints)
        for i in range(0, len(taken), TOGETHER):
            complaints += check(gmc, name, taken[i:i + TOGETHER], options,
                                count)
        done += bool(taken)
        for complaint in complaints[before:before + 3]:
            print("FAILED:", complaint, flush=True)
    print(f"{done} operators: {count['y']} samples, {count['g']} with a"
          f" gradient, {count['h']} with a second one; largest differences"
          f" {count['worst y']:.1e}, {count['worst g']:.1e},"
          f" {count['worst h']:.1e}")
    whole = not options.names and options.limit > 1000
    if whole and (count["g"] < LEAST["g"] or count["h"] < LEAST["h"]
                  or done < LEAST["operators"]):
        complaints.append("fewer samples than there should be")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
