#!/usr/bin/python3
"""Operators against the node tests of ONNX: values.

    tests/numerics/onnx_nodes.py [--build FOLDER] [--limit N] [--level 2]
        [--reasons] [OPERATOR ..]

Debian's libonnx-testdata has, of each operator, graphs of one node or a few
with inputs and outputs, computed by numpy. onnx/ says each operator in the
language. The tests are written into texts of many, whose inputs, weights and
results are states, so that a checkpoint holds them; a text is compiled in f64
and makes one step. The files are of several types and what is allowed follows
from it, in shares of the tensor's largest entry: of f32, which numpy rounds at
each operation, 1e-6, eight units of its last place; of f64 1e-13; whole numbers
and truths are equal. --limit bounds the tests of one operator.

Without the package the test is skipped (exit code 77).
"""
import argparse
import collections
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "onnx"), str(HERE / "operators")]
import cells  # noqa: E402,F401
import elements  # noqa: E402,F401
import moves  # noqa: E402,F401
import pictures  # noqa: E402,F401
import sums  # noqa: E402,F401
from compiled import declare, states_after  # noqa: E402
from files import Model, read_tensor  # noqa: E402
from onnx_registry import TABLE, Leaf, say  # noqa: E402
from text import NETS, NotSaid, require  # noqa: E402
from trainer import Wrong, find_gmc  # noqa: E402

TESTS = Path("/usr/lib/python3/dist-packages/onnx/backend/test/data/node")
ALLOWED = {"f4": 1e-6, "f8": 1e-13, "f2": 1e-3}
TOGETHER = 48  # tests of one text
LARGEST = 20000  # of a tensor; the files have 100,000 where 1,000 would do
# All that must be said: tests, operators.
LEAST = {"tests": 570, "operators": 105}


class Case:
    """One test: its graph in the language, what is given and expected."""

    def __init__(self, folder, number):
        self.name, self.number = folder.name[len("test_"):], number
        model = Model(folder / "model.onnx")
        self.kinds = [node.kind for node in model.nodes]
        unknown = [kind for kind in self.kinds
                   if kind not in TABLE and kind not in ("Constant", "Shape")]
        require(not unknown, f"no words for {unknown[0] if unknown else ''}")
        self.given, self.lines, self.nets = {}, [], ""
        self.texts = {"": None}
        for name, value in model.constants.items():
            self.leaf(name, value)
        place = folder / "test_data_set_0"
        for i, name in enumerate(model.inputs):
            self.leaf(name, self.read(place / f"input_{i}.pb"))
        for node in model.nodes:
            self.walk(node)
        self.expected = {f"y{number}_{i}": self.read(place / f"output_{i}.pb")
                         for i in range(len(model.outputs))}
        self.finish([self.texts[name] for name in model.outputs])

    @staticmethod
    def read(path):
        require(path.exists(), "values that are no tensor")
        value = read_tensor(path.read_bytes())
        require(value is not None, "values that are no numbers")
        require(value.size <= LARGEST, "large tensors")
        return value

    def leaf(self, name, value):
        """A tensor of the file: a state, should the text read it."""
        label = f"x{self.number}_{len(self.texts)}"
        self.texts[name] = Leaf(label, value)
        self.given[label] = value

    def walk(self, node):
        """The node's outputs, under names of the text."""
        if node.kind == "Constant":
            self.leaf(node.outputs[0], numpy.asarray(
                next(iter(node.attributes.values()))))
            return
        inputs = [self.texts[name] for name in node.inputs]
        if node.kind == "Shape":
            self.leaf(node.outputs[0], numpy.array(inputs[0].shape))
            return
        for name, text in zip(node.outputs, say(node, inputs)):
            if not name:  # an output that the file leaves out
                continue
            label = f"t{self.number}_{len(self.texts)}"
            self.lines.append(f"{label} = {text.text}")
            text.text = label
            self.texts[name] = text

    def finish(self, outputs):
        for (label, value), text in zip(self.expected.items(), outputs):
            require(not isinstance(text, Leaf), "what no operator computes")
            require(value.size, "an empty tensor")
            if text.shape != value.shape:
                raise AssertionError(f"{self.name}: {value.shape} in the file,"
                                     f" {text.shape} by onnx/")
            self.lines.append(f"{label} <- {text.text}")
        words = set(re.findall(r"\w+", " ".join(self.lines)))
        for word in sorted(words & set(NETS)):
            net, names = NETS[word]
            self.nets += net
            for label, weight in names.items():
                self.given[weight] = self.given[label]
        read = words | {name for name in self.given if "." in name}
        self.given = {name: value.astype(float)
                      for name, value in self.given.items() if name in read}
        require(all(value.size and numpy.isfinite(value).all()
                    for value in self.given.values()),
                "numbers that are not finite, or none")
        # A line whose names are not read is an error of the language.
        used = " ".join(self.lines)
        self.lines = [line for line in self.lines if " = " not in line or
                      len(re.findall(rf"\b{line.split()[0]}\b", used)) > 1]


def cases(names, limit):
    """The tests that can be said, and the reasons why others cannot."""
    taken, reasons = collections.defaultdict(list), collections.Counter()
    for number, folder in enumerate(sorted(TESTS.glob("test_*"))):
        try:
            case = Case(folder, number)
            kind = case.kinds[0] if len(case.kinds) == 1 else "graphs"
            if (not names or kind in names) and len(taken[kind]) < limit:
                taken[kind].append(case)
        except NotSaid as reason:
            reasons[str(reason)] += 1
        except (ValueError, IndexError):
            reasons["no tensors, or graphs within graphs"] += 1
    return {kind: some for kind, some in taken.items() if some}, reasons


def check(gmc, group, level):
    """Compares one text's tests; complaints and the largest difference."""
    given, expected = {}, {}
    for case in group:
        given |= case.given
        expected |= case.expected
    lines = "\n  ".join(line for case in group for line in case.lines)
    text = (declare(given | expected) + "".join(case.nets for case in group)
            + f"step go() {{\n  {lines}\n}}\ntrain {{ go() }} for 1 rounds\n")
    with tempfile.TemporaryDirectory() as folder:
        states = states_after(gmc, text, given, level, Path(folder))
    complaints, worst = [], 0.0
    for case in group:
        for label, wanted in case.expected.items():
            off, allowed = difference(states[label], wanted)
            worst = max(worst, off if wanted.dtype.str[1:] == "f4" else 0)
            if not off <= allowed:
                complaints.append(f"{case.name}: {label} differs by {off:.1e},"
                                  f" allowed {allowed}")
    return complaints, worst


def difference(found, wanted):
    """The largest, in shares of the largest entry, and what is allowed."""
    allowed = ALLOWED.get(wanted.dtype.str[1:], 0)
    wanted = wanted.astype(float)
    same = found[~numpy.isfinite(wanted)] == wanted[~numpy.isfinite(wanted)]
    if not same.all():
        return numpy.inf, allowed
    kept = numpy.isfinite(wanted)
    scale = abs(wanted[kept]).max(initial=0) or 1
    return float(abs(found - wanted)[kept].max(initial=0) / scale), allowed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--build")
    parser.add_argument("--limit", type=int, default=1 << 30)
    parser.add_argument("--level", type=int, choices=(0, 2), default=2)
    parser.add_argument("--reasons", action="store_true",
                        help="which tests were not taken, and why")
    options = parser.parse_args()
    if not TESTS.exists():
        print("libonnx-testdata is not installed")
        return 77
    taken, reasons = cases(options.names, options.limit)
    if options.reasons:
        for kind, some in sorted(taken.items()):
            print(f"{kind}: {', '.join(case.name for case in some)}")
        for reason, count in reasons.most_common():
            print(f"{count} left out: {reason}")
    gmc, complaints, worst = find_gmc(options.build), [], 0.0
    flat = [case for some in taken.values() for case in some]
    for i in range(0, len(flat), TOGETHER):
        try:
            wrong, off = check(gmc, flat[i:i + TOGETHER], options.level)
            complaints, worst = complaints + wrong, max(worst, off)
        except (Wrong, subprocess.TimeoutExpired) as error:
            complaints.append(f"{flat[i].name} ..: {error}")
    for complaint in complaints:
        print("FAILED:", complaint)
    kinds = {kind for case in flat for kind in case.kinds}
    print(f"{len(flat)} tests of {len(kinds)} operators, {len(complaints)}"
          f" wrong; largest difference (f32) {worst:.1e};"
          f" {sum(reasons.values())} cannot be said")
    if not options.names and options.limit > 1000 and (
            len(flat) < LEAST["tests"] or len(kinds) < LEAST["operators"]):
        print("fewer than there should be")
        return 1
    return 1 if complaints or not flat else 0


if __name__ == "__main__":
    sys.exit(main())
