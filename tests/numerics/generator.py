#!/usr/bin/python3
"""Random models, scheduled against reference, parameters and gradients.

    tests/numerics/generator.py [--build FOLDER] [--count 40] [--first N]
        [--seed 0] [--keep FOLDER] [--jobs N]

models/random_model.py writes the models. Each is compiled in f64 as reference
(-O0) and scheduled, and trained for two rounds; every third one in f32 too.

All tensors of the two checkpoints agree: parameters to 1e-12 (f64) and 1e-4
(f32) of the tensor's largest entry, and so do what optimisers hold, which are
gradients. A gradient that cancels to nothing (of a bias before a softmax, say)
is judged against a thousandth of the largest entry of its kind in the model:
its own size is that of the last bits of what it is the difference of.

Last comes how many models use each operation and each function of the library;
with 300 models or more, each must be in at least ten. --keep keeps the texts of
the models that fail.
"""
import argparse
import concurrent.futures
import re
import shutil
import sys
import tempfile
from pathlib import Path

import numpy

HERE = Path(__file__).resolve().parent
sys.path += [str(HERE / "models"), str(HERE.parent / "e2e")]
from random_model import Model  # noqa: E402
from trainer import (ROOT, Wrong, find_gmc, read_safetensors,  # noqa: E402
                     require, run, write_idx)

ALLOWED = {"f64": 1e-12, "f32": 1e-4}
FLOOR = 1e-3
STEPS = 2
# What the front end writes out before any of it reaches the compiler.
LIBRARY = """relu softplus sigmoid tanh exp log sqrt abs sign sin cos round
leaky_relu log_sigmoid silu elu selu softmax pow clamp lerp min max stop
straight_through sum mean var std norm logsumexp logmeanexp bce mse huber
reshape split concat transpose linspace zeros ones iota linear flatten dropout
skip repeat Normal Laplace Uniform Bernoulli elbo log_prob kl grad ramp piecewise
sgd adam adamw rmsprop clip init block def once like via for""".split()
# Words that mean something else in other places.
SPELT = {"for": r"\bfor \w+ in\b", "repeat": r"\brepeat [^{]*\{"}


def operations():
    """The spellings of ops.def, by which dumps name them."""
    table = (ROOT / "dsl" / "program" / "ops.def").read_text()
    return re.findall(r"(?m)^GMC_OP\(\w+, (\w+),", table)


def used(text, dump):
    """Names of operations and functions that a model has."""
    plain = re.sub(r"#.*", "", text)
    functions = {name for name in LIBRARY
                 if re.search(SPELT.get(name, rf"\b{name}\b"), plain)}
    present = set(re.findall(r"(?m)^\s*%\d+ = (\w+)", dump))
    return {f"op {name}" for name in operations() if name in present} | functions


def worst(ours, theirs):
    """(share, tensor) of the largest difference of two checkpoints."""
    first, second = read_safetensors(ours), read_safetensors(theirs)
    require(list(first) == list(second), "the tensors have other names")
    sizes = {}
    for name, tensor in first.items():
        kind = re.sub(r"^\w+\.(\w+)\..*\.(\w+)$", r"\1.\2", name) \
            if is_state(name) else name
        sizes[kind] = max(sizes.get(kind, 0), abs(tensor).max(initial=0))
    result = (0.0, "")
    for name, one in first.items():
        one, other = one.astype(float), second[name].astype(float)
        require(numpy.isfinite(one).all() and numpy.isfinite(other).all(),
                f"`{name}` is not finite")
        size = max(abs(one).max(), abs(other).max())
        if is_state(name):
            kind = re.sub(r"^\w+\.(\w+)\..*\.(\w+)$", r"\1.\2", name)
            size = max(size, FLOOR * sizes[kind])
        if size:
            result = max(result, (abs(one - other).max() / size, name))
    return result


def is_state(name):
    """Whether an optimiser holds it: `fit.sgd.Enc.linear0.weight.m`."""
    return name.count(".") >= 3 or re.match(r"[ab]\.|o\.", name) is not None


def compare(gmc, text, scratch, data, kind):
    """The share by which both pipelines' checkpoints differ."""
    ends = []
    for level in ("-O0", "-O2"):
        executable = scratch / f"model{level}-{kind}"
        flags = ["--f64"] if kind == "f64" else []
        run(gmc, "compile", text, "-o", executable, level, *flags)
        command = [executable, "train", "--steps", STEPS, "--threads",
                   1 if level == "-O0" else 2, "--out", f"{executable}-run"]
        run(*command, *(["--data", data] if data else []))
        ends.append(Path(f"{executable}-run", "checkpoint.safetensors"))
    share, name = worst(*ends)
    require(share <= ALLOWED[kind], f"{kind}: {share:.2e} of the largest entry "
            f"of `{name}`, allowed {ALLOWED[kind]:.0e}")
    return share


def check(gmc, number, options, folder):
    """(names used, shares by kind, None or what is wrong) of one model."""
    model = Model(number, options.seed)
    scratch = folder / str(number)
    scratch.mkdir()
    text = scratch / "model.gm"
    text.write_text(model.text())
    data, names, shares, wrong = None, set(), {}, None
    if model.image:
        data = scratch / "data"
        write_idx(data, *model.image, train=96, test=8, seed=number)
    try:
        dump = run(gmc, "compile", text, "--stop-after", "check")
        names = used(text.read_text(), dump)
        for kind in ("f64", "f32") if number % 3 == 0 else ("f64",):
            shares[kind] = compare(gmc, text, scratch, data, kind)
    except Wrong as found:
        wrong = str(found)
        if options.keep:
            Path(options.keep).mkdir(parents=True, exist_ok=True)
            shutil.copy(text, Path(options.keep, f"model{number}.gm"))
    shutil.rmtree(scratch)
    return names, shares, wrong


def show_counts(results):
    """Prints models per name; the names that are in too few."""
    counts = {name: 0 for name in
              [f"op {one}" for one in operations()] + LIBRARY}
    for names, _, _ in results:
        for name in names:
            counts[name] += 1
    print("models that use it: "
          + ", ".join(f"{name} {count}" for name, count in counts.items()))
    least = 10 if len(results) >= 300 else 0
    return [name for name, count in counts.items() if count < least]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build")
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--keep")
    options = parser.parse_args()
    gmc = find_gmc(options.build)
    numbers = range(options.first, options.first + options.count)
    failed, results = 0, []
    with tempfile.TemporaryDirectory() as folder, \
            concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for number, result in zip(numbers, pool.map(
                lambda one: check(gmc, one, options, Path(folder)), numbers)):
            results.append(result)
            if result[2]:
                failed += 1
                print(f"model {number}: WRONG: {result[2]}", flush=True)
    rare = show_counts(results)
    for kind, allowed in ALLOWED.items():
        shares = [shares[kind] for _, shares, _ in results if kind in shares]
        print(f"{kind}: {len(shares)} models agree, largest difference "
              f"{max(shares, default=0):.1e}, allowed {allowed:.0e}")
    if rare:
        print(f"in fewer than ten models: {', '.join(rare)}")
    print(f"{len(results)} models, {failed} wrong")
    return 1 if failed or rare or not results else 0


if __name__ == "__main__":
    sys.exit(main())
