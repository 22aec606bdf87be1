#!/usr/bin/python3
"""Bounds of the likelihood against models whose likelihood is known, in f64.

bounds/linear_gaussian.gm: elbo <= iwae(k) <= log p, nll(importance: 3000), drawn
in twelve parts, near -log p, bpd by its formula, and the weights written by
hand as good as iwae's. bounds/linear_vae.gm: a linear VAE of 10
dimensions and 3 latents is probabilistic PCA; its bound after training is within
1e-3 nat of the best likelihood, which the eigenvalues of the data say.
bounds/mixture_prior.gm: the prior is a mixture of Gaussians, drawn as its mean
and covariance say. Rules R-mean-13, R-dist-4, R-dist-5, R-dist-8 of
dsl/language.md.

usage: bounds.py GMC
"""
import json
import math
import pathlib
import subprocess
import sys

import numpy

from reported import report

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
from trainer import read_safetensors  # noqa: E402

MODELS = pathlib.Path(__file__).parent / "bounds"


def trained(gmc, stem, folder):
    """(figures of `eval`, tensors) of a model trained on its arrays."""
    program, run = folder / stem, folder / "run"
    subprocess.run([gmc, "compile", MODELS / f"{stem}.gm", "--f64", "-o",
                    program], check=True, timeout=60)
    subprocess.run([program, "train", "--out", run], cwd=folder, check=True,
                   timeout=120, stdout=subprocess.DEVNULL)
    shown = subprocess.run([program, "eval", "--json", "--out", run], cwd=folder,
                           check=True, timeout=60, capture_output=True).stdout
    return json.loads(shown), read_safetensors(run / "checkpoint.safetensors")


def log_normal(x, mean, covariance):
    """Mean over the rows of x of log N(x; mean, covariance)."""
    apart = x - mean
    solved = numpy.linalg.solve(covariance, apart.T).T
    _, logdet = numpy.linalg.slogdet(covariance)
    return -0.5 * (x.shape[1] * math.log(2 * math.pi) + logdet
                   + (apart * solved).sum(axis=1).mean())


def write(folder, train, test):
    for name, values in (("train", train), ("test", test)):
        numpy.save(folder / f"{name}.npy", values)


def check_bounds(gmc, folder):
    draw = numpy.random.default_rng(1)
    test = draw.normal(size=(512, 4))
    write(folder, draw.normal(size=(512, 4)), test)
    # Its part `test` is what stands beside `grey.npy` under another name.
    for name in ("train", "test"):
        numpy.save(folder / f"grey-{name}.npy",
                   draw.integers(0, 256, (256, 4), "u1"))
    shown, tensors = trained(gmc, "linear_gaussian", folder)
    w, c = tensors["Dec.linear0.weight"], tensors["Dec.linear0.bias"]
    exact = log_normal(test, c, w @ w.T + 0.25 * numpy.eye(4))
    order = [shown[name] for name in ("elbo", "ten", "hundred")] + [exact]
    bits = shown["nats"] / (4 * math.log(2)) - math.log2((3 + 1) / 256 / 2)
    yield (order == sorted(order) and order[2] - order[0] > 0.1,
           "elbo, iwae(10), iwae(100), log p: "
           + ", ".join(f"{value:.4f}" for value in order))
    yield (abs(shown["nll"] + exact) < 0.02,
           f"nll {shown['nll']:.4f}, -log p {-exact:.4f}")
    yield (abs(shown["hand"] - shown["ten"]) < 0.02,
           f"iwae(10) by hand {shown['hand'] - shown['ten']:.1e} apart")
    # One draw each, and 64: estimates of one bound.
    yield (abs(shown["mean_of_64"] - shown["elbo"]) < 0.2
           and abs(shown["one"] - shown["elbo"]) < 0.3
           and shown["kl_of_64"] > 0,
           f"elbo of 64 draws {shown['mean_of_64']:.4f}, of one "
           f"{shown['elbo']:.4f}, iwae(1) {shown['one']:.4f}")
    yield (abs(shown["bits"] - bits) < 1e-12 * abs(bits),
           f"bpd {shown['bits']:.6f}, by its formula {bits:.6f}")


def check_components(gmc, folder):
    draw = numpy.random.default_rng(2)
    spread = numpy.array([3, 2, 1.5, .6, .55, .5, .45, .4, .35, .3])
    turn, _ = numpy.linalg.qr(draw.normal(size=(10, 10)))
    x = (draw.normal(size=(500, 10)) * spread) @ turn.T + 0.3
    write(folder, x, x)
    shown, tensors = trained(gmc, "linear_vae", folder)
    values = numpy.sort(numpy.linalg.eigvalsh(numpy.cov(x.T, bias=True)))[::-1]
    noise = values[3:].mean()
    # Tipping and Bishop's equation 8, an example.
    best = -0.5 * (10 * math.log(2 * math.pi) + numpy.log(values[:3]).sum()
                   + 7 * math.log(noise) + 10)
    w, c = tensors["Dec.linear0.weight"], tensors["Dec.linear0.bias"]
    v, e = tensors["Enc.linear0.weight"], tensors["Enc.linear0.bias"]
    variance = math.exp(tensors["log_noise"])
    std = numpy.exp(tensors["log_std"])
    mean = x @ v.T + e
    rest = ((x - mean @ w.T - c) ** 2).sum(axis=1).mean() + (
        (w * std) ** 2).sum()
    bound = -0.5 * (10 * math.log(2 * math.pi * variance) + rest / variance
                    + (std ** 2 + mean ** 2 - 1
                       - 2 * numpy.log(std)).sum(axis=1).mean())
    exact = log_normal(x, c, w @ w.T + variance * numpy.eye(10))
    yield (-1e-12 <= exact - bound <= 1e-3 and -1e-9 <= best - bound <= 1e-3,
           f"bound {bound:.6f}, log p {exact:.6f}, best {best:.6f}")
    yield (abs(shown["elbo"] - bound) < 0.1,
           f"elbo as reported, from 8 draws an example {shown['elbo']:.4f}")


def check_mixture(gmc, folder):
    draw = numpy.random.default_rng(3)
    place = numpy.array([[3, 0, 0, 1], [-3, 1, 0, 0], [0, -3, 2, 0]])
    x = place[draw.integers(0, 3, 768)] + 0.5 * draw.normal(size=(768, 4))
    write(folder, x[:512], x[512:])
    shown, tensors = trained(gmc, "mixture_prior", folder)
    w, c = tensors["Dec.linear0.weight"], tensors["Dec.linear0.bias"]
    centres, heights = tensors["centres"], tensors["heights"]
    share = numpy.exp(heights) / numpy.exp(heights).sum()
    spread = 0.25 * w @ w.T + 0.25 * numpy.eye(4)
    exact = numpy.mean([math.log(sum(
        p * math.exp(log_normal(one[None], w @ mean + c, spread))
        for p, mean in zip(share, centres))) for one in x[512:]])
    order = [shown["elbo"], shown["ten"], exact]
    yield (order == sorted(order) and abs(shown["nll"] + exact) < 0.02
           and numpy.ptp(heights) > 0.01,
           f"mixture: elbo, iwae(10), log p {order}, nll {shown['nll']:.4f}")
    subprocess.run([folder / "mixture_prior", "draw", "--out", folder / "run"],
                   check=True, timeout=60, stdout=subprocess.DEVNULL)
    z = numpy.loadtxt(folder / "run" / "samples" / "draw.csv", delimiter=",")
    mean = share @ centres
    covariance = (centres - mean).T * share @ (centres - mean) + 0.25 * numpy.eye(2)
    off = abs(z.mean(axis=0) - mean) / numpy.sqrt(numpy.diag(covariance) / len(z))
    apart = abs(numpy.cov(z.T) - covariance).max() / covariance.max()
    yield (off.max() < 4 and apart < 0.04,
           f"draws: mean {off.max():.1f} errors off, covariance {apart:.1e}")


if __name__ == "__main__":
    sys.exit(report(check_bounds, check_components, check_mixture))
