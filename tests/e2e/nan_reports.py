#!/usr/bin/python3
"""Reports that are not finite: named with their first step, the same exit code of
`train`, `resume` and `eval`, for reports of every kind.

    tests/e2e/nan_reports.py [--build FOLDER]

The hyper `at` says which one item of the text is broken from round 4 on, and
`broken` is 0 in the sound run, which ends with 0 everywhere.
"""
import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy

from trainer import Wrong, compile_model, find_gmc, require

# An item and what makes it so; WHEN is 1 where it is broken, else 0.
ITEMS = [
    ("log", "mean(log(0.5 - WHEN + 0 * x))"),
    ("root", "sqrt(1 - 2 * WHEN + 0 * sum(x))"),
    ("quotient", "sum(x) * 0 / (1 - WHEN)"),
    ("infinite", "exp(1000 * WHEN + sum(x) * 0)"),
    ("difference", "exp(1000 * WHEN + sum(x) * 0) - exp(1000 * WHEN)"),
    ("density", "log_prob(Normal(0, 1), 1 / (1 - WHEN) + 0 * sum(x))"),
    ("entropy", "entropy(Bernoulli(probs: 0.5 + 0 * sum(x) / (1 - WHEN)))"),
    ("branch", "if WHEN > 0 then log(1 - exp(sum(x))) else sum(x)"),
    ("spread", "var(log(0.5 - WHEN + 0 * sum(x)), over: set)"),
    ("top", "max(log(0.5 - WHEN + 0 * sum(x)), over: set)"),
    ("product", "prod(x / (1 - WHEN) * 0)"),
    ("largest", "max(log(x - 2 * WHEN * x))"),
]
# A zero with a sign, which nobody is shown.
ZERO = "zero = -relu(-sum(x))"

TEXT = """hyper at = -1
param w : f32[3] = 1
data d : npy("{data}") as f32[3], split(test: 20%)
step fit(x) {{ minimize sum((w - x)^2) over w using sgd(0.01) }}
report {items} of fit on d.test every 4 rounds
train {{ fit(next d.train) }} for 8 rounds, batch 4
"""


def run(*command, folder):
    done = subprocess.run([str(word) for word in command], cwd=folder, timeout=100,
                          capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def check(gmc, folder):
    numpy.save(folder / "d.npy", numpy.random.default_rng(1).uniform(
        0.1, 1, (40, 3)).astype("f4"))
    items = ",\n  ".join(f"{name} = " + text.replace("WHEN", f"(at == {i})")
                         for i, (name, text) in enumerate(ITEMS)) + ",\n  " + ZERO
    (folder / "m.gm").write_text(TEXT.format(data="d.npy", items=items))
    compile_model(gmc, folder / "m.gm", folder / "m")
    for i, name in [(-1, None)] + [(i, name) for i, (name, _) in enumerate(ITEMS)]:
        wanted = 7 if name else 0
        out = folder / f"run{i}"
        code, said, errors = run("./m", "train", "--set", f"at={i}", "--out", out,
                                 folder=folder)
        require(code == wanted, f"train, {name}: exit code {code}\n{said}{errors}")
        rows = (out / "metrics.csv").read_text().splitlines()
        for row in rows[1:]:
            for column, cell in zip(rows[0].split(","), row.split(",")):
                broken = name is not None and column == name
                require(bool(re.search("nan|inf", cell)) == (broken and cell != ""),
                        f"{name}: metrics.csv has {cell} in {column}")
        require(all(row.split(",")[-2] in ("0", "") for row in rows[1:]),
                f"zero is {rows[-1]}")
        for verb in (["eval"], ["eval", "--json"], ["resume", "--epochs", "2"]):
            code, said, errors = run("./m", *verb, "--out", out, folder=folder)
            require(code == wanted,
                    f"{' '.join(verb)}, {name}: exit code {code}\n{said}{errors}")
            require(name is None or f"`{name}`" in errors,
                    f"{' '.join(verb)} does not name {name}: {errors}")
            others = [other for other, _ in ITEMS if f"`{other}`" in errors]
            require(others == ([name] if name else []),
                    f"{' '.join(verb)}, {name}: names {others}")
    print(f"{len(ITEMS)} reports that are not finite are named, exit code 7")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build")
    options = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory() as scratch:
            check(find_gmc(options.build), Path(scratch))
    except Wrong as wrong:
        print(f"WRONG: {wrong}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
