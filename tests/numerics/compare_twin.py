#!/usr/bin/python3
"""Trains an executable for several seeds and holds its mean test ELBO against
the figure recorded for the same model in torch (twins/figures.json).

    tests/numerics/compare_twin.py EXECUTABLE --model vae|vae_deep
        [--seeds 1 2 3] [--out FOLDER] [--tolerance 0.5]

Seeds of gmc and of torch have nothing in common but their number: only means
are compared. Runs that FOLDER holds already are resumed, so finished ones are
kept.
"""
import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

FIGURES = Path(__file__).parent / "twins" / "figures.json"


def run(executable, folder, seed, epochs):
    """What `eval --json` says after training seed `seed` in `folder`."""
    if (folder / "checkpoint.safetensors").exists():
        verb = ["resume"]
    else:
        verb = ["train", "--seed", str(seed)]
    subprocess.run([executable, *verb, "--epochs", str(epochs), "--out",
                    folder], check=True, stdout=subprocess.DEVNULL)
    shown = subprocess.run([executable, "eval", "--json", "--out", folder],
                           check=True, capture_output=True, text=True)
    return json.loads(shown.stdout)


def mean(rows, name):
    return sum(row[name] for row in rows) / len(rows)


def compare(options, folder):
    """0 where the means agree, 1 where they do not."""
    recorded = json.loads(FIGURES.read_text())[options.model]
    theirs = mean(recorded["seeds"].values(), "elbo")
    rows = []
    for seed in options.seeds:
        rows.append(run(Path(options.executable).resolve(),
                        Path(folder, f"{options.model}-{seed}"), seed,
                        recorded["epochs"]))
        print(f"seed {seed}: " + "  ".join(
            f"{name} {rows[-1][name]:.3f}" for name in ("elbo", "rec", "kl")),
              flush=True)
    ours = mean(rows, "elbo")
    agree = abs(ours - theirs) <= options.tolerance
    print(f"{options.model}: gmc {ours:.3f}, torch {theirs:.3f} nats an example"
          f", allowed {options.tolerance}: {'agree' if agree else 'DISAGREE'}")
    return 0 if agree else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("executable")
    parser.add_argument("--model", required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--tolerance", type=float, default=0.5)
    parser.add_argument("--out")
    options = parser.parse_args()
    if options.out:
        Path(options.out).mkdir(parents=True, exist_ok=True)
        return compare(options, options.out)
    with tempfile.TemporaryDirectory() as folder:
        return compare(options, folder)


if __name__ == "__main__":
    sys.exit(main())
