#!/usr/bin/python3
"""Figures of trained models, and whether torch reaches the same.

    tests/numerics/figures.py [--build FOLDER] [--epochs 10] [--seeds 3]
        [--twins 5] [--out build/figures] [--record] [MODEL ..]

gmc trains every model for some seeds. Its twin
(twins/*.py) trains in torch, in f32, from gmc's initial weights of other
seeds, with batches and random numbers of torch's. Its weights then go into a
checkpoint, and the same `eval` measures both. Of a model without an ELBO that
draws pictures, 10,000 of them are held against the test set by the Frechet
distance of models/classifier.gm's features (3 epochs, seed 1). For every
figure, gmc's mean lies within twice the range of the twin's of the twin's mean.

Runs that --out holds are kept, so a campaign can be broken off. --record writes
figures.json beside this script. Without torch the script is skipped (exit code
77).
"""
import argparse
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE / "twins"), str(HERE.parent / "e2e")]
import with_torch  # noqa: E402,F401
import torch  # noqa: E402
import data  # noqa: E402
from executable_gradient import rewrite  # noqa: E402
from free import Free  # noqa: E402
from safetensors_file import read_safetensors  # noqa: E402
from step_twins import MODELS, TWINS  # noqa: E402
from trainer import find_gmc  # noqa: E402

RECORD = HERE / "figures.json"
FIRST_TWIN = 101  # so that no twin begins where one of gmc's runs does


def quietly(*command):
    return subprocess.run([str(part) for part in command], check=True,
                          stdout=subprocess.PIPE, text=True).stdout


class Judge:
    """models/classifier.gm, trained when it is first asked."""

    def __init__(self, gmc, folder):
        self.program, self.run = folder / "program", folder / "judge"
        if not (self.run / "done").exists():
            folder.mkdir(parents=True, exist_ok=True)
            quietly(gmc, "compile", MODELS / "classifier.gm", "-o",
                    self.program)
            quietly(self.program, "train", "--epochs", 3, "--seed", 1,
                    "--overwrite", "--out", self.run)
            (self.run / "done").touch()

    def distance(self, program, run):
        """Of what `sample` of the checkpoint in `run` draws to the test set."""
        pictures = run / "samples.idx"
        shutil.rmtree(pictures, ignore_errors=True)
        quietly(program, "sample", "-n", 10000, "-o", pictures, "--out", run)
        said = quietly(self.program, "frechet", "--a", pictures, "--out",
                       self.run)
        return float(said.split()[1])


class Model:
    """One text, its program and the runs that a folder holds."""

    def __init__(self, gmc, name, folder, epochs):
        self.name, self.epochs, self.folder = name, epochs, folder / name
        self.gmc = gmc
        self.folder.mkdir(parents=True, exist_ok=True)
        self.text = (MODELS / f"{name}.gm").read_text()
        self.program = self.folder / "program"
        if not self.program.exists():
            quietly(gmc, "compile", MODELS / f"{name}.gm", "-o", self.program)

    def kept(self, kind, seed, train):
        """The figures of a run, which is made where there is none."""
        run = self.folder / f"{kind}-{seed}-{self.epochs:g}"
        figures = run / "figures.json"
        if not figures.exists():
            train(run, seed)
            figures.write_text(json.dumps(self.measure(run)))
        found = json.loads(figures.read_text())
        print(f"{self.name}, {kind} {seed}: "
              + "  ".join(f"{name} {value:.5g}"
                          for name, value in found.items()), flush=True)
        return found

    def measure(self, run):
        """The figures of the checkpoint in `run`."""
        found = {}
        if re.search(r"(?m)^report .*(\n .*)* of \w+ on ", self.text):
            found = json.loads(quietly(self.program, "eval", "--json", "--out",
                                       run))
        if "elbo" not in self.text and re.search(
                r"(?m)^proc sample\((.*\n)*?  emit grid\(", self.text):
            judge = Judge(self.gmc, self.folder.with_name("classifier"))
            found["frechet"] = judge.distance(self.program, run)
        return found

    def train(self, run, seed):
        quietly(self.program, "train", "--seed", seed, "--epochs", self.epochs,
                "--threads", 1, "--overwrite", "--out", run)

    def held_words(self, run):
        """Those of the test set, which `reconstruct` prints first in a line."""
        if ": text(" not in self.text:
            return []
        asked = subprocess.run([self.program, "reconstruct", "-n", "999999",
                                "--out", run], text=True, capture_output=True)
        count = re.search(r"has (\d+) items", asked.stderr).group(1)
        quietly(self.program, "reconstruct", "-n", count, "--out", run)
        return [line.split("\t")[0] for line in
                (run / "samples" / "reconstruct.txt").open(encoding="utf-8")]

    def twin(self, run, seed):
        """Trains the twin; leaves its weights as a checkpoint in `run`."""
        quietly(self.program, "train", "--seed", seed, "--steps", 0,
                "--overwrite", "--out", run)
        shutil.rmtree(run.with_name("draws"), ignore_errors=True)
        quietly(self.program, "train", "--seed", seed, "--steps", 4,
                "--overwrite", "--out", run.with_name("forms"), "--dump-draws",
                run.with_name("draws"))
        start = run / "checkpoint.safetensors"
        inputs = (read_safetensors(path).get("input.x") for path in
                  run.with_name("draws").glob("*.safetensors"))
        size = len(next(x for x in inputs if x is not None))
        generator = torch.Generator().manual_seed(seed)
        found = data.streams(self.text, size, generator, self.held_words(run))
        nets = TWINS[self.name](
            Free(self.text, start, run.with_name("draws"), found, self.epochs,
                 generator))
        held = read_safetensors(start)
        changes = {}
        for net, module in nets.items():
            for name, value in module.state_dict().items():
                key = f"{net}.{name}" if f"{net}.{name}" in held else net
                if not name.endswith("num_batches_tracked"):
                    changes[key] = value.detach().numpy().reshape(
                        held[key].shape)
        left = {name for name in held if name not in changes
                and not name.endswith((".m", ".v"))}
        if left:
            raise AssertionError(f"{self.name}: the twin leaves out {left}")
        # Schedules, which an evaluation may read, stand where training ends.
        end = self.folder / f"gmc-1-{self.epochs:g}" / start.name
        start.write_bytes(rewrite(end.read_bytes(), changes))


def summary(ours, theirs):
    """name -> figures and how far apart they are in units of the range."""
    result = {}
    for name in ours[0]:
        mine = [row[name] for row in ours]
        twins = [row[name] for row in theirs]
        spread = max(twins) - min(twins)
        apart = abs(numpy.mean(mine) - numpy.mean(twins))
        result[name] = {"gmc": mine, "twins": twins,
                        "apart": float(apart / spread) if spread
                        else float(apart > 0)}
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+")
    parser.add_argument("--build")
    parser.add_argument("--epochs", type=float, default=10)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--twins", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path("build/figures"))
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()
    if options.twins < 2:
        parser.error("a range needs at least two twins")
    gmc = find_gmc(options.build)
    torch.set_num_threads(1)
    failures = 0
    for name in options.models:
        model = Model(gmc, name, options.out.resolve(), options.epochs)
        ours = [model.kept("gmc", seed, model.train)
                for seed in range(1, options.seeds + 1)]
        theirs = [model.kept("twin", seed, model.twin) for seed in
                  range(FIRST_TWIN, FIRST_TWIN + options.twins)]
        found = summary(ours, theirs)
        for figure, row in found.items():
            good = row["apart"] <= 2
            failures += not good
            print(f"{'ok' if good else 'FAILED'}: {name}, {figure}: gmc"
                  f" {numpy.mean(row['gmc']):.6g}, torch"
                  f" {numpy.mean(row['twins']):.6g},"
                  f" {row['apart']:.2f} of its range", flush=True)
        if options.record:
            record = json.loads(RECORD.read_text()) if RECORD.exists() else {}
            record[name] = {"epochs": options.epochs, **found}
            RECORD.write_text(json.dumps(record, indent=1, sort_keys=True)
                              + "\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
