#!/usr/bin/env python3
"""Iterates of the Dirac-GAN against their closed form, in f64.

The game is min over theta, max over psi of psi * theta, by gradient steps h.
Simultaneous: theta' = theta - h psi, psi' = psi + h theta: a rotation that
grows by sqrt(1 + h^2) a step. Alternating: psi' = psi + h theta, then
theta' = theta - h psi'. With R1 the simultaneous psi moves by
h (theta - gamma psi): a spiral that closes. Rules R-mean-2 and R-mean-5 of dsl/language.md decide
which one a text means.

usage: dirac_gan.py GMC
"""
import csv
import math
import pathlib
import subprocess
import sys
import tempfile

STEP = 0.1
ROUNDS = 100
GAMMA = 0.5
TOLERANCE = 1e-12


def iterates(gmc, model, level, folder):
    program = folder / f"{model.stem}{level}"
    subprocess.run([gmc, "compile", model, "--f64", f"-O{level}", "-o", program],
                   check=True, timeout=60)
    run = folder / f"run-{model.stem}{level}"
    subprocess.run([program, "train", "--out", run], check=True, timeout=60,
                   stdout=subprocess.DEVNULL)
    with open(run / "metrics.csv", newline="") as table:
        rows = [row for row in csv.DictReader(table) if row["t"]]
    return [(float(row["t"]), float(row["p"])) for row in rows]


def expected(kind):
    theta = psi = 1.0
    for _ in range(ROUNDS):
        if kind == "r1":
            theta, psi = (theta - STEP * psi,
                          psi + STEP * (theta - GAMMA * psi))
        elif kind == "alternating":
            psi = psi + STEP * theta
            theta = theta - STEP * psi
        else:
            theta, psi = theta - STEP * psi, psi + STEP * theta
        yield theta, psi


def main():
    gmc = pathlib.Path(sys.argv[1])
    models = pathlib.Path(__file__).parent / "dirac"
    failures = 0
    with tempfile.TemporaryDirectory() as name:
        for kind in ("simultaneous", "alternating", "r1"):
            for level in (0, 2):
                found = iterates(gmc, models / f"{kind}.gm", level,
                                 pathlib.Path(name))
                wanted = list(expected(kind))
                worst = max((max(abs(a - b), abs(c - d))
                             for (a, c), (b, d) in zip(found, wanted)),
                            default=math.inf)
                ok = len(found) == ROUNDS and worst <= TOLERANCE
                if kind == "simultaneous" and ok:
                    radius = math.hypot(*found[-1]) / math.sqrt(2)
                    growth = (1 + STEP * STEP) ** (ROUNDS / 2)
                    ok = abs(radius - growth) <= TOLERANCE * growth
                if kind == "r1" and ok:
                    ok = math.hypot(*found[-1]) < 0.2
                failures += not ok
                print(f"{'ok' if ok else 'FAILED'}: {kind} -O{level}, "
                      f"{len(found)} iterates, worst difference {worst:.1e}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
