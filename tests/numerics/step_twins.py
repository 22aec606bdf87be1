#!/usr/bin/python3
"""Models against the same models in torch, from equal weights, equal noise and
equal batches: every loss of 50 rounds, in f64.

    tests/numerics/step_twins.py [--build FOLDER] [MODEL ..] [--rounds 50]
        [--batch 16] [--level 2]

A twin (twins/*.py) takes the initial weights from a checkpoint and the
batches and raw random numbers from `train --dump-draws`; layers, losses,
gradients and optimisers are torch's. A model of models/ without a twin fails.
Without torch the test is skipped (exit code 77).
"""
import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from with_torch import torch

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "twins"), str(HERE.parent / "e2e")]
from trainer import find_gmc  # noqa: E402
import combined  # noqa: E402
import conditional  # noqa: E402
import gans  # noqa: E402
import sequences  # noqa: E402
import vaes  # noqa: E402
from replay import Replay  # noqa: E402

MODELS = HERE.parent.parent / "models"
TWINS = {**vaes.TWINS, **gans.TWINS, **conditional.TWINS, **combined.TWINS,
         **sequences.TWINS}
# Relative to the largest value that the loss had. Adam divides gradients that
# are 0 but for rounding by themselves, so weights drift apart faster.
LOSSES, WEIGHTS = 1e-9, 1e-6


# Models of large pictures: the batch and the most rounds that they are run with.
SMALLER = {"cyclegan": (2, 15), "dcgan_64": (2, 15)}


def data_of(model, folder):
    """The flags that say where the data are, made where they must be."""
    if model != "cyclegan":
        return []
    subprocess.run([MODELS.parent / "tools" / "make-pairs", folder / "pairs",
                    "--train", "120", "--test", "1"], check=True, timeout=60,
                   stdout=subprocess.DEVNULL)
    return ["--data", f"a={folder}/pairs/trainA", "--data",
            f"b={folder}/pairs/trainB"]


def record(gmc, case, options, folder):
    """Compiles and trains; the Replay of what happened, and how many rounds."""
    model, *sets = case.split()
    batch, most = SMALLER.get(model, (options.batch, options.rounds))
    rounds = min(options.rounds, most)
    program = folder / model
    subprocess.run([gmc, "compile", MODELS / f"{model}.gm", "--f64",
                    f"-O{options.level}", "--batch", str(batch), "-o",
                    program], check=True, timeout=600)
    flags = [word for setting in sets for word in ("--set", setting)]
    flags += data_of(model, folder)
    for run, steps in (("start", 0), ("end", rounds)):
        subprocess.run([program, "train", "--steps", str(steps), "--seed", "7",
                        "--out", folder / run, "--dump-draws",
                        folder / f"{run}-draws", *flags], check=True,
                       timeout=600, stdout=subprocess.DEVNULL)
    hypers = {name: float(value) for name, value in
              (setting.split("=") for setting in sets)}
    return Replay(folder / "start" / "checkpoint.safetensors",
                  folder / "end-draws", folder / "end" /
                  "checkpoint.safetensors", batch, hypers), rounds


def check(gmc, case, options):
    """A line that says how far both are apart, and whether that is allowed."""
    with tempfile.TemporaryDirectory() as name:
        replay, rounds = record(gmc, case, options, Path(name))
        begin = time.monotonic()
        nets = TWINS[case](replay)
        seconds = time.monotonic() - begin
    losses, weights = replay.worst(), replay.drift(nets)
    count = sum(len(pairs) for pairs in replay.seen.values())
    good = count >= rounds and losses <= LOSSES and weights <= WEIGHTS
    print(f"{'ok' if good else 'FAILED'}: {case}, {count} losses,"
          f" worst {losses:.1e}, weights {weights:.1e} ({seconds:.1f} s)",
          flush=True)
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="*")
    parser.add_argument("--build")
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--level", type=int, choices=(0, 2), default=2)
    options = parser.parse_args()
    gmc = find_gmc(options.build)
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    have = {case.split()[0] for case in TWINS}
    lacking = sorted({path.stem for path in MODELS.glob("*.gm")} - have)
    failures = [f"no twin of models/{name}.gm" for name in lacking]
    for case in options.cases or TWINS:
        try:
            good = check(gmc, case, options)
        except (AssertionError, KeyError, RuntimeError,
                subprocess.SubprocessError) as error:
            good = False
            print(f"FAILED: {case}: {error!r}", flush=True)
        if not good:
            failures.append(case)
    print("\n".join(f"FAILED: {failure}" for failure in failures))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
