#!/usr/bin/python3
"""How much of a ring and of a grid of Gaussians models/rpgan_*.gm finds.

    tests/numerics/mode_coverage.py [--build FOLDER] [--short] [--seeds 1 2 3]
        [--only rpgan_r1r2|rpgan_grid]

Protocol (PacGAN, Lin et al. 2018): 2,500 samples of the averaged generator; a
sample counts for the mode nearest to it if it is less than 3 standard
deviations away. `modes` with at least one, the share `good` of samples that
count, and `kl`, the divergence of the counts' distribution from the uniform
one, whose floor at 2,500 samples is (K - 1) / 5000. Real data have 98.9 % good
samples. Each seed must reach the bars below.

The whole is 30,000 rounds with gamma 0.02, six runs of some minutes; --short
6,000 rounds with gamma 0.1.
"""
import argparse
import sys
import tempfile
from pathlib import Path

import numpy

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
from trainer import compile_model, find_gmc, run  # noqa: E402

SAMPLES = 2500
ANGLES = 2 * numpy.pi * numpy.arange(8) / 8
LINE = 2.0 * numpy.arange(-2, 3)
# Centres and standard deviation of the built-in data.
TOYS = {
    "rpgan_r1r2": (numpy.stack([numpy.cos(ANGLES), numpy.sin(ANGLES)], 1),
                   0.01),
    "rpgan_grid": (numpy.stack(numpy.meshgrid(LINE, LINE), -1).reshape(-1, 2),
                   0.05),
}
# Modes at least, share at least, divergence at most.
BARS = {
    ("rpgan_r1r2", False): (8, 0.92, 0.01),
    ("rpgan_grid", False): (25, 0.90, 0.02),
    ("rpgan_r1r2", True): (8, 0.70, 0.02),
    ("rpgan_grid", True): (24, 0.35, None),
}


def measure(samples, centres, deviation):
    """(modes, good, kl) of `samples` [n, 2]."""
    apart = numpy.linalg.norm(samples[:, None] - centres, axis=2)
    counted = apart.min(1) < 3 * deviation
    counts = numpy.bincount(apart.argmin(1)[counted], minlength=len(centres))
    share = counts[counts > 0] / max(counts.sum(), 1)
    kl = float((share * numpy.log(share * len(centres))).sum())
    return int((counts > 0).sum()), float(counted.mean()), kl


def self_test():
    """Real data must score as the protocol says, one mode alone must not."""
    draw = numpy.random.default_rng(0)
    for centres, deviation in TOYS.values():
        chosen = centres[draw.integers(len(centres), size=100000)]
        data = chosen + deviation * draw.normal(size=chosen.shape)
        modes, good, kl = measure(data, centres, deviation)
        assert modes == len(centres) and abs(good - 0.9889) < 2e-3 and kl < 1e-3
        modes, good, kl = measure(centres[:1] + 0 * data, centres, deviation)
        assert (modes, good) == (1, 1) and abs(
            kl - numpy.log(len(centres))) < 1e-12


def train(gmc, model, short, seed, folder):
    """The samples of one run."""
    program, out = folder / f"{model}-{seed}", folder / f"run-{model}-{seed}"
    length, gamma = (6000, 0.1) if short else (30000, 0.02)
    compile_model(gmc, HERE.parent.parent / "models" / f"{model}.gm", program,
                  "--const", f"length={length}")
    run(program, "train", "--seed", seed, "--set", f"gamma={gamma}",
        "--threads", 1, "--out", out, timeout=3600)
    run(program, "sample", "-n", SAMPLES, "--out", out, "-o",
        folder / f"{model}-{seed}.npy")
    return numpy.load(folder / f"{model}-{seed}.npy").astype(numpy.float64)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--only", choices=TOYS)
    options = parser.parse_args()
    self_test()
    failures = 0
    for model in [options.only] if options.only else TOYS:
        least, share, most = BARS[model, options.short]
        for seed in options.seeds:
            with tempfile.TemporaryDirectory() as name:
                samples = train(find_gmc(options.build), model, options.short,
                                seed, Path(name))
            modes, good, kl = measure(samples, *TOYS[model])
            reached = modes >= least and good >= share and (
                most is None or kl <= most)
            failures += not reached
            print(f"{'ok' if reached else 'FAILED'}: {model} seed {seed}:"
                  f" {modes} modes, {100 * good:.1f} % good, kl {kl:.4f}",
                  flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
