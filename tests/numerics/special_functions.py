#!/usr/bin/python3
"""lgamma and digamma, and derivatives of draws of Gammas and Betas.

Values over 0.01 .. 1e6 against torch's, digamma's derivative against its sum: to
1e-13 (f64) and 2e-6 (f32) of the larger of 1 and the value, lgamma in f64 near
its zeros at 1 and 2 of the value itself. Then one round of sgd on a sum of draws: what it takes from
the concentrations is the derivative of each draw, held to 1e-8 against a
difference of the distribution function, a power series, at the uniform numbers
that --dump-draws leaves; 1, 2 and 4 threads and -O0 end alike. Rule R-dist-9 of
dsl/language.md. Without torch the test is skipped (exit code 77).

usage: special_functions.py GMC
"""
import ctypes
import math
import pathlib
import subprocess
import sys

import numpy

from reported import report
from with_torch import torch

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
from trainer import read_safetensors  # noqa: E402

LGAMMA = ctypes.CDLL("libm.so.6").lgamma
LGAMMA.restype, LGAMMA.argtypes = ctypes.c_double, [ctypes.c_double]
TEXT = """
param k : f32 = 1
step fit() { minimize k^2 over k using sgd(0.1) }
train { fit() } for 1 rounds
proc show(x: f32[400]) batch 1 {
  emit npy(concat(lgamma(x), digamma(x), grad(sum(digamma(x)), x)))
}
"""
DRAWS = """
param a : f32[64] ~ Uniform(0.05, 25)
param c : f32[64] ~ Uniform(0.1, 4)
param s : f32[64] ~ Uniform(0.1, 4)
step fit() {
  z ~ Gamma(a, 2) once
  x ~ Beta(c, s) once
  minimize sum(z) + sum(x) over a, c, s using sgd(1)
}
train { fit() } for 1 rounds
"""


def run(*command, folder):
    subprocess.run([str(word) for word in command], cwd=folder, check=True,
                   timeout=100, stdout=subprocess.DEVNULL)


def trigamma(x):
    """The sum of 1 / (x + i)^2, Euler and Maclaurin's rest behind 1000 terms;
    torch's has 10 digits."""
    total, y = (1 / (x[:, None] + numpy.arange(1000)) ** 2).sum(axis=1), x + 1000
    return total + 1 / y + 1 / (2 * y ** 2) + 1 / (6 * y ** 3)


def check_values(gmc, folder):
    (folder / "f.gm").write_text(TEXT)
    draw = numpy.random.default_rng(1)
    x = numpy.concatenate([10 ** draw.uniform(-2, 6, 340),
                           1 + draw.uniform(-.01, .01, 30),
                           2 + draw.uniform(-.01, .01, 30)])
    for kind, allowed, flags in (("f8", 1e-13, ["--f64"]),
                                 ("f8", 1e-13, ["--f64", "-O0"]),
                                 ("f4", 2e-6, [])):
        x = x.astype(kind)
        numpy.save(folder / "x.npy", x[None])
        run(gmc, "compile", "f.gm", "-o", "f", *flags, folder=folder)
        run("./f", "train", "--out", "run", "--overwrite", folder=folder)
        run("./f", "show", "--x", "x.npy", "-o", "y.npy", "--out", "run",
            folder=folder)
        found = numpy.load(folder / "y.npy").reshape(3, -1)
        wide = torch.from_numpy(x.astype("f8"))
        known = numpy.stack([torch.lgamma(wide), torch.digamma(wide),
                             trigamma(wide.numpy())])
        apart = abs(found - known) / numpy.maximum(1, abs(known))
        yield (apart.max() <= allowed,
               f"{kind} {' '.join(flags)}: {apart.max(axis=1)}")
        if kind == "f8":
            # Of the C library, by the value itself.
            zero = abs(found[0] / [LGAMMA(one) for one in x] - 1)
            yield zero.max() < 1e-13, f"lgamma of its value: {zero.max():.1e}"


def chance(a, x):
    """The distribution function of Gamma(a, 1) and its derivative in x."""
    term = total = 1 / a
    n = 0
    while term > 1e-18 * total:
        n += 1
        term *= x / (a + n)
        total += term
    log = a * math.log(x) - x - math.lgamma(a)
    return math.exp(log) * total, math.exp(log) / x


def quantile(a, u):
    """The draw of u and its derivative in a."""
    low, high = -800.0, math.log(a + 200)
    for _ in range(200):
        middle = (low + high) / 2
        low, high = ((middle, high) if chance(a, math.exp(middle))[0] < u
                     else (low, middle))
    x, h = math.exp(low), 1e-3 * a
    steps = [chance(a + i * h, x)[0] for i in (-2, -1, 1, 2)]
    slope = (8 * (steps[2] - steps[1]) - (steps[3] - steps[0])) / (12 * h)
    return x, -slope / chance(a, x)[1]


def check_draws(gmc, folder):
    (folder / "d.gm").write_text(DRAWS)
    ends = []
    for name, flags, threads in (("1", [], 1), ("2", [], 2), ("4", [], 4),
                                 ("O0", ["-O0"], 1)):
        run(gmc, "compile", "d.gm", "-o", "d", "--f64", *flags, folder=folder)
        run("./d", "train", "--steps", "0", "--out", name, folder=folder)
        start = read_safetensors(folder / name / "checkpoint.safetensors")
        run("./d", "train", "--threads", threads, "--out", name, "--overwrite",
            "--dump-draws", "draws" + name, folder=folder)
        ends.append(read_safetensors(folder / name / "checkpoint.safetensors"))
    same = all((ends[0][key] == end[key]).all() for end in ends[1:3]
               for key in "acs")
    yield same, "1, 2 and 4 threads end alike"
    apart = max(abs(ends[0][key] - ends[3][key]).max() for key in "acs")
    yield apart < 1e-12, f"-O0 ends {apart:.1e} apart"
    file, = (folder / "draws1").glob("*.safetensors")
    drawn = read_safetensors(file)
    taken = {key: start[key] - ends[0][key] for key in "acs"}
    u = drawn["draw.fit/z"].reshape(-1)
    known = [quantile(a, one)[1] / 2 for a, one in zip(start["a"], u)]
    worst = abs(taken["a"] / known - 1).max()
    pairs = drawn["draw.fit/x"].reshape(-1, 2)
    off = 0
    for i, (c, s) in enumerate(zip(start["c"], start["s"])):
        (z1, slope1), (z0, slope0) = quantile(c, pairs[i, 0]), quantile(
            s, pairs[i, 1])
        total = (z1 + z0) ** 2
        off = max(off, abs(taken["c"][i] / (z0 * slope1 / total) - 1),
                  abs(taken["s"][i] / (-z1 * slope0 / total) - 1))
    yield (worst < 1e-8 and off < 1e-8,
           f"derivatives of draws: Gamma {worst:.1e}, Beta {off:.1e}")


if __name__ == "__main__":
    sys.exit(report(check_values, check_draws))
