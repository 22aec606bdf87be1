#!/usr/bin/python3
"""Gradients up to the largest number of the type: they have a norm, `clip`
bounds them, and an optimiser that cannot keep their squares says so.

    tests/e2e/gradients.py [--build FOLDER]
"""
import argparse
import csv
import math
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from trainer import (Wrong, compile_model, find_gmc, read_safetensors, require,
                     run)

# The objective is 0, its gradient scale * (1, 2, 3).
TEXT = """hyper scale = 1, lr = 0.5HYPER
param a : f32[3] = 0
step go() {
  minimize scale * sum(linspace(1, 3, 3) * (a - stop(a))) over a using OPTIMISER(lr)CLIP
}
train { go() } for 1 rounds, batch 1
"""
NORM = math.sqrt(14)
LARGE = {"f32": [1e-10, 1, 1e9, 1e18, 1e19, 1e20, 1e25, 1e30, 1e37, 1.1e38],
         "f64": [1, 1e100, 1e153, 1e160, 1e200, 1e300, 4e307]}


class Trainer:
    """A compiled text, trained for a round with some hypers."""

    def __init__(self, gmc, folder, optimiser, clip, kind="f32"):
        self.folder = folder
        self.name = f"{optimiser}-{clip or 'free'}-{kind}".replace(" ", "")
        source = folder / f"{self.name}.gm"
        source.write_text(TEXT.replace("OPTIMISER", optimiser)
                          .replace("CLIP", f", {clip}" if clip else "")
                          .replace("HYPER", ", most = 1" if clip else ""))
        compile_model(gmc, source, folder / self.name,
                      *(["--f64"] if kind == "f64" else []))

    def command(self, hypers):
        sets = [word for name, value in hypers.items()
                for word in ("--set", f"{name}={value!r}")]
        return [self.folder / self.name, "train", "--overwrite", "--out",
                self.folder / "run", *sets]

    def train(self, **hypers):
        """(norm of metrics.csv, a) after the round."""
        run(*self.command(hypers))
        rows = list(csv.DictReader((self.folder / "run" / "metrics.csv")
                                   .read_text().splitlines()))
        tensors = read_safetensors(self.folder / "run"
                                   / "checkpoint.safetensors")
        return float(rows[-1]["go.gradient.a"]), tensors["a"].astype(float)

    def refusal(self, **hypers):
        """What is said where the round ends with exit code 7."""
        done = subprocess.run([str(word) for word in self.command(hypers)],
                              capture_output=True, text=True, check=False)
        require(done.returncode == 7, f"{self.name} {hypers}: exit code "
                                      f"{done.returncode}\n{done.stderr}")
        return done.stderr


def near(got, wanted, what):
    require(abs(got - wanted) <= 2e-6 * abs(wanted),
            f"{what}: {got}, but {wanted} is right")


def clipped(gmc, folder, kind):
    """A gradient of any size moves a by lr min(|g|, most) along g."""
    trainer = Trainer(gmc, folder, "sgd", "clip most", kind)
    for scale in LARGE[kind]:
        for most in (1, 1e-3, 1e4):
            norm, moved = trainer.train(scale=scale, most=most)
            what = f"{kind}: {scale} clipped to {most}"
            near(norm, scale * NORM, f"{what}: norm")
            length = min(scale * NORM, most)
            for i in range(3):
                near(moved[i], -0.5 * length * (i + 1) / NORM, what)


def free(gmc, folder):
    """Without a clip sgd makes the step that the gradient asks for."""
    trainer = Trainer(gmc, folder, "sgd", "")
    for scale in (1, 1e20, 1e37):
        norm, moved = trainer.train(scale=scale)
        near(norm, scale * NORM, f"free: {scale}: norm")
        near(moved[2], -1.5 * scale, f"free: {scale}")


def squares(gmc, folder):
    """f32 holds no square of 1e20: what would keep it stops at once; clipped
    it is a step like any other."""
    for optimiser in ("adam", "rmsprop"):
        trainer = Trainer(gmc, folder, optimiser, "")
        for scale in (1, 1e15, 1e18):
            trainer.train(scale=scale)
        for scale in (1e20, 1e30):
            said = trainer.refusal(scale=scale)
            require(re.search(rf"step 1: `go\.{optimiser}\.a\.v` of a holds a "
                              r"number that is not finite; nothing of this step "
                              r"was saved", said), said)
    trainer = Trainer(gmc, folder, "adam", "clip most")
    for scale in (1, 1e20, 1e37):
        _, moved = trainer.train(scale=scale)
        near(moved[0], -0.5, f"adam, clipped: {scale}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build")
    gmc, failed = find_gmc(parser.parse_args().build), 0
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for name, check in {
                "clip f32": lambda: clipped(gmc, folder, "f32"),
                "clip f64": lambda: clipped(gmc, folder, "f64"),
                "free": lambda: free(gmc, folder),
                "squares": lambda: squares(gmc, folder)}.items():
            try:
                check()
                print(f"ok: {name}", flush=True)
            except Wrong as wrong:
                print(f"FAILED: {name}: {wrong}", flush=True)
                failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
