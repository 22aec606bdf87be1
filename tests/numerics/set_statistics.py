#!/usr/bin/python3
"""Statistics over the set of a report against numpy, in f64 (R-rep-2).

usage: set_statistics.py GMC
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy

TOLERANCE = 1e-10  # deviations are 4e5 times smaller than the numbers


def covered(points, centres, deviation):
    """modes, share of good points, divergence of the counts."""
    apart = numpy.linalg.norm(points[:, None] - centres, axis=2)
    good = apart.min(1) < 3 * deviation
    counts = numpy.bincount(apart.argmin(1)[good], minlength=len(centres))
    share = counts[counts > 0] / counts.sum()
    return ((counts > 0).sum(), good.mean(),
            (share * numpy.log(share * len(centres))).sum())


def expected(train, test):
    angles = 2 * numpy.pi * numpy.arange(5) / 5
    ring = covered(test[:, :2], numpy.stack(
        [numpy.cos(angles), numpy.sin(angles)], 1), 0.2)
    nine = covered(test[:, 1:], numpy.stack(numpy.meshgrid(
        [-1, 0, 1], [-1, 0, 1]), -1).reshape(-1, 2), 0.2)
    # Of y and 2 y + 1 the covariances C and 4 C commute.
    distance = ((test.mean(0) + 1) ** 2).sum() + test.var(0, ddof=1).sum()
    weights = numpy.array([1, 10, 100])
    total, spread = train.sum(1), train.var(0)
    largest = numpy.bincount(test.argmax(1), minlength=3)
    return {"far.train": (train ** 2).sum(1).mean(),
            "m": (train.mean(0) * weights).sum(), "n": -total.min(),
            "top": total.max(), "v": (spread * weights).sum(),
            "s": train[:, 1].std(), "wide": (spread > 1).sum() + 1,
            "far.test": (test ** 2).sum(1).mean(),
            "share": largest.max() / len(test), "fid": distance,
            "modes": ring[0], "good": ring[1], "kl": ring[2],
            "found": nine[0], "near": nine[1], "same": nine[1],
            "lost": numpy.log(5)}


def main():
    gmc = pathlib.Path(sys.argv[1])
    model = pathlib.Path(__file__).parent / "set_statistics" / "set.gm"
    draw, failures = numpy.random.default_rng(1), 0
    # Far from 0, where sums of squares would lose the variance.
    train = 1e6 + draw.normal(size=(11, 3)) * [0.5, 1.5, 2.5]
    test = draw.normal(size=(7, 3))
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for part, rows in (("train", train), ("test", test)):
            numpy.savetxt(folder / f"{part}.csv", rows, "%.17g", ",")
        for level in (0, 2):
            program = folder / f"set{level}"
            subprocess.run([gmc, "compile", model, "--f64", f"-O{level}", "-o",
                            program], check=True, timeout=60)
            run = folder / f"run{level}"
            for verb in ("train", "eval"):
                said = subprocess.run(
                    [program, verb, "--out", run,
                     *(["--data", f"t={folder / 'train.csv'}"] if verb == "train"
                       else ["--json"])],
                    check=True, timeout=60, capture_output=True).stdout
            found, wanted = json.loads(said), expected(train, test)
            worst = max((abs(found.get(key, numpy.inf) / value - 1)
                         for key, value in wanted.items()))
            ok = worst <= TOLERANCE and set(found) == set(wanted)
            failures += not ok
            print(f"{'ok' if ok else 'FAILED'}: -O{level}, worst {worst:.1e}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
