#!/usr/bin/python3
"""Random models, scheduled against reference, parameters and gradients.

    tests/numerics/generator.py [--build FOLDER] [--count 30] [--first N]
        [--seed 0] [--keep FOLDER] [--jobs N] [--self-test]

models/random_model.py writes the models. Each is compiled in f64 as reference
(-O0) and scheduled, and trained for two rounds; every third one in f32 too.

All tensors of the two checkpoints agree: parameters to 1e-12 (f64) and 1e-4
(f32) of the tensor's largest entry, and so do what optimisers hold, which are
gradients. A gradient that cancels to nothing (of a bias before a softmax, say)
is judged against a thousandth of the largest entry of its kind in the model:
its own size is that of the last bits of what it is the difference of.

Where they differ by more, the initial weights are moved by a unit of their last
place: a model whose training that moves as far is ill-conditioned, and nothing
can be said of it. At most one model in twenty may be so.

Last comes how many models use each operation and each function of the library;
with 300 models or more, each must be in at least ten. --keep keeps the texts of
the models that fail.
"""
import argparse
import concurrent.futures
import json
import re
import shutil
import struct
import sys
import tempfile
from pathlib import Path

import numpy

HERE = Path(__file__).resolve().parent
sys.path += [str(HERE), str(HERE / "models"), str(HERE.parent / "e2e")]
from executable_gradient import rewrite  # noqa: E402
from random_model import Model  # noqa: E402
from trainer import (ROOT, Wrong, find_gmc, read_metadata,  # noqa: E402
                     read_safetensors, require, run, write_idx)

ALLOWED = {"f64": 1e-12, "f32": 1e-4}
FLOOR = 1e-3
# Training that blows up also blows up the last bits of what it began with.
DIVERGED = 1e5
UNTOLD_SHARE = 0.05
# What the front end writes out before any of it reaches the compiler.
LIBRARY = """relu softplus sigmoid tanh erf exp log log1p sqrt abs sign sin cos round
leaky_relu log_sigmoid silu elu selu gelu softmax pow clamp lerp min max stop
straight_through sum mean var std norm logsumexp logmeanexp bce mse huber
reshape split concat transpose linspace zeros ones iota linear conv2d
conv_transpose2d max_pool avg_pool upsample layer_norm instance_norm group_norm
batch_norm embedding flatten dropout iwae cumsum expand argmax argmin prod xent
permute peers others group ungroup diag remainder orthogonal gru scan yield attention
each_product
own_layer count examples
lift stack Mixture Gamma Beta lgamma digamma Categorical OneHot UniformInt entropy gumbel hard
skip repeat Normal Laplace Uniform Bernoulli elbo log_prob kl grad ramp
piecewise sgd adam adamw rmsprop clip keep when spectral_norm init block def once like
via several_draws for opt same two_objectives shared_net two_trains two_batches""".split()
# What is not seen by its word alone.
SPELT = {"several_draws": r"\[k: 3\]", "for": r"\bfor \w+ in\b",
         "repeat": r"\brepeat [^{]*\{",
         "remainder": r" % \d|\) % \(", "each_product": "@ transpose", "two_objectives": r"(?m)^  m\w+imize .*\n  m\w+imize ",
         "shared_net": r"(?m)^  minimize .* shared\n  maximize .* shared$",
         "two_trains": r"(?m)^train first ",
         "two_batches": r"(?s)rounds, batch (\d+)\n.*batch (?!\1\n)",
         "own_layer": r"(?m)^use own ", "examples": r"every \d+ examples"}


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
    return functions | {f"op {name}" for name in operations()
                        if name in present}


def state_kinds(names):
    """(optimiser, slot) of each tensor that an optimiser holds; its name is
    OPTIMISER.PARAMETER.SLOT, as `fit.sgd.Enc.linear0.weight.b`."""
    kinds = {}
    for name in names:
        base, _, slot = name.rpartition(".")
        for parameter in names:
            if base.endswith(f".{parameter}"):
                kinds[name] = (base[:-len(parameter) - 1], slot)
    return kinds


def worst(ours, theirs):
    """(share, tensor) of the largest difference of two checkpoints."""
    first, second = read_safetensors(ours), read_safetensors(theirs)
    require(list(first) == list(second), "the tensors have other names")
    kinds, largest = state_kinds(first), {}
    for name, kind in kinds.items():
        largest[kind] = max(largest.get(kind, 0), abs(first[name]).max())
    result = (0.0, "")
    for name, one in first.items():
        one, other = one.astype(float), second[name].astype(float)
        require(numpy.isfinite(one).all() and numpy.isfinite(other).all(),
                f"`{name}` is not finite")
        size = max(abs(one).max(), abs(other).max())
        require(size < DIVERGED, f"`{name}` grew to {size:.1e}: the model says "
                "nothing about the compiler")
        if name in kinds:
            size = max(size, FLOOR * largest[kinds[name]])
        if size:
            result = max(result, (abs(one - other).max() / size, name))
    return result


class Untold(Exception):
    """Weights moved by their last bit change as much as the pipelines do."""


def last_bit(executable, end, data, kind):
    """The share by which the end of a training differs from `end` where the
    initial weights are moved by a unit of the last place, the larger of two
    draws: the model's condition."""
    unit, found = {"f64": 2.0 ** -52, "f32": 2.0 ** -23}[kind], 0.0
    for seed in (1, 2):
        out = Path(f"{executable}-bit{seed}")
        place = out / "checkpoint.safetensors"
        run(executable, "train", "--steps", 0, "--out", out, *data)
        tensors = read_safetensors(place)
        pick = numpy.random.default_rng(seed)
        held = state_kinds(tensors)
        place.write_bytes(rewrite(place.read_bytes(), {
            name: value * (1 + unit * pick.integers(-1, 2, value.shape))
            for name, value in tensors.items() if name not in held}))
        run(executable, "resume", "--steps", read_metadata(end)["step"],
            "--out", out)
        found = max(found, worst(end, place)[0])
    return found


def compare(gmc, text, scratch, data, kind):
    """The share by which both pipelines' checkpoints differ."""
    data = ["--data", data] if data else []
    ends = []
    for level in ("-O0", "-O2"):
        executable = scratch / f"model{level}-{kind}"
        flags = ["--f64"] if kind == "f64" else []
        run(gmc, "compile", text, "-o", executable, level, *flags)
        command = [executable, "train", "--threads",
                   1 if level == "-O0" else 2, "--out", f"{executable}-run"]
        run(*command, *data)
        ends.append(Path(f"{executable}-run", "checkpoint.safetensors"))
    share, name = worst(*ends)
    if share > ALLOWED[kind]:
        effect = last_bit(executable, ends[1], data, kind)
        said = (f"{kind}: {share:.2e} of the largest entry of `{name}`, allowed"
                f" {ALLOWED[kind]:.0e}; the last bit of the weights moves"
                f" {effect:.2e}")
        require(share <= 4 * effect, said)
        raise Untold(said)
    return share


def check(gmc, number, options, folder):
    """(names used, shares by kind, what is wrong or None, why nothing can be said
    or None) of one model."""
    model = Model(number, options.seed)
    scratch = folder / str(number)
    scratch.mkdir()
    text = scratch / "model.gm"
    text.write_text(model.text())
    data, names, shares, wrong, untold = None, set(), {}, None, None
    if model.image:
        data = scratch / "data"
        write_idx(data, *model.image, train=96, test=8, seed=number)
    try:
        dump = run(gmc, "compile", text, "--stop-after", "check")
        names = used(text.read_text(), dump)
        for kind in ("f64", "f32") if number % 3 == 0 else ("f64",):
            shares[kind] = compare(gmc, text, scratch, data, kind)
    except Untold as found:
        untold = str(found)
    except Wrong as found:
        wrong = str(found)
        if options.keep:
            Path(options.keep).mkdir(parents=True, exist_ok=True)
            shutil.copy(text, Path(options.keep, f"model{number}.gm"))
    shutil.rmtree(scratch)
    return names, shares, wrong, untold


def show_counts(results):
    """Prints models per name; the names that are in too few."""
    counts = {name: 0 for name in
              [f"op {one}" for one in operations()] + LIBRARY}
    for names, _, _, _ in results:
        for name in names:
            counts[name] += 1
    print("models that use it: "
          + ", ".join(f"{name} {count}" for name, count in counts.items()))
    least = 10 if len(results) >= 300 else 0
    return [name for name, count in counts.items() if count < least]


def self_test(folder):
    """The comparison sees one entry that is off by 2e-12, in a parameter and
    in a small gradient; not one in a gradient that cancels to nothing."""
    for name, off, seen in (("a.w", 2e-12, True), ("s.a.w.b", 2e-14, True),
                            ("s.a.w.b", 2e-17, False), ("a.w", 5e-13, False)):
        tensors = {"a.w": numpy.array([0.5, 1.0]),
                   "s.a.w.b": numpy.array([0.0, 1e-2])}
        if off < 1e-16:
            tensors["s.a.w.b"] *= 1e-13
        tensors |= {"a.v": numpy.ones(3), "s.a.v.b": numpy.ones(3)}
        paths = [folder / "one.safetensors", folder / "two.safetensors"]
        for path in paths:
            write_safetensors(path, tensors)
            tensors[name] = tensors[name] + off
        share, where = worst(*paths)
        if (share > ALLOWED["f64"]) != seen or share and where != name:
            print(f"self-test: {off} on `{name}` gives {share} on `{where}`")
            return 1
    print("the comparison sees what it is for")
    return 0


def write_safetensors(path, tensors):
    """Tensors of doubles in the format, for the self-test."""
    header, end = {}, 0
    for name, tensor in tensors.items():
        header[name] = {"dtype": "F64", "shape": list(tensor.shape),
                        "data_offsets": [end, end + tensor.nbytes]}
        end += tensor.nbytes
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(
        tensor.astype("<f8").tobytes() for tensor in tensors.values()))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build")
    parser.add_argument("--count", type=int, default=30)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--keep")
    parser.add_argument("--self-test", action="store_true")
    options = parser.parse_args()
    if options.self_test:
        with tempfile.TemporaryDirectory() as folder:
            return self_test(Path(folder))
    gmc = find_gmc(options.build)
    numbers = range(options.first, options.first + options.count)
    failed, untold, results = 0, 0, []
    with tempfile.TemporaryDirectory() as folder, \
            concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for number, result in zip(numbers, pool.map(
                lambda one: check(gmc, one, options, Path(folder)), numbers)):
            results.append(result)
            if result[2]:
                failed += 1
                print(f"model {number}: WRONG: {result[2]}", flush=True)
            if result[3]:
                untold += 1
                print(f"model {number}: untold: {result[3]}", flush=True)
    rare = show_counts(results)
    for kind, allowed in ALLOWED.items():
        shares = [shares[kind] for _, shares, _, _ in results
                  if kind in shares]
        print(f"{kind}: {len(shares)} models agree, largest difference "
              f"{max(shares, default=0):.1e}, allowed {allowed:.0e}")
    if rare:
        print(f"in fewer than ten models: {', '.join(rare)}")
    print(f"{len(results)} models, {failed} wrong, {untold} of which nothing"
          " can be said")
    many = untold > max(1, UNTOLD_SHARE * len(results))
    return 1 if failed or rare or many or not results else 0


if __name__ == "__main__":
    sys.exit(main())
