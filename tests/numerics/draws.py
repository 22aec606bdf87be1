#!/usr/bin/python3
"""The numbers of compiled draws against Philox in Python, in f64 and f32.

A step, a report and a procedure draw normal and uniform numbers in several batches;
seed and site have bits in both halves, and the executions of reports and procedures
their highest one. The rule is in runtime/README.md.

usage: draws.py GMC
"""
import csv
import json
import subprocess
import sys

import numpy

from reported import report

TEXT = """
data rows : csv("rows.csv") as f32[1]
param w : f32 = 1
step fit(x) {
  z ~ Normal(0, 1)[3]
  drawn = z[2] + 0 * sum(x)
  minimize drawn + 0 * w over w using sgd(0.1)
}
train { fit(next rows.train) } for 2 rounds, batch 4
report drawn of fit on rows.train every 1 rounds
proc normal(n = 10) batch n { z ~ Normal(0, 1)[40];  emit npy(z) }
proc uniform(n = 10) batch n { z ~ Uniform(0, 1)[40];  emit npy(z) }
"""
SEED, RECORDS, BATCH, HIGHEST = 5 << 32 | 7, 10, 4, 1 << 63
LOW = 0xffffffff


def philox(counter, key):
    """Ten rounds of Philox4x32."""
    c, k = list(counter), list(key)
    for _ in range(10):
        a, b = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [b >> 32 ^ c[1] ^ k[0], b & LOW, a >> 32 ^ c[3] ^ k[1], a & LOW]
        k = [(k[0] + 0x9E3779B9) & LOW, (k[1] + 0xBB67AE85) & LOW]
    return c


def site_of(path):
    site = 0xcbf29ce484222325
    for byte in path.encode():
        site = (site ^ byte) * 0x100000001b3 % (1 << 64)
    return site


def words(path, execution, element):
    """The block of an element, and its place there."""
    site = site_of(path)
    counter = (element // 64 * 16 + element % 16, execution & LOW, site & LOW,
               ((site >> 32) + (execution >> 32) * 0x9E3779B9) & LOW)
    return philox(counter, (SEED & LOW, SEED >> 32)), element % 64 // 16


def uniform_of(word, kind):
    return (word + 0.5) * 2.0 ** -32 if kind == "f8" else \
        ((word >> 9) + 0.5) * 2.0 ** -23


def uniform(path, execution, count, kind):
    drawn = []
    for element in range(count):
        block, place = words(path, execution, element)
        drawn.append(uniform_of(block[place], kind))
    return numpy.array(drawn)


def normal(path, execution, count, kind):
    drawn = []
    for element in range(count):
        block, place = words(path, execution, element)
        u, v = (uniform_of(block[place // 2 * 2 + i], kind) for i in (0, 1))
        wave = (numpy.cos, numpy.sin)[place % 2](2 * numpy.pi * v)
        drawn.append(numpy.sqrt(-2 * numpy.log(u)) * wave)
    return numpy.array(drawn)


def check(gmc, folder):
    (folder / "m.gm").write_text(TEXT)
    (folder / "rows.csv").write_text("1\n" * RECORDS)
    for kind, flags in (("f8", ["--f64"]), ("f8", ["--f64", "-O0"]), ("f4", [])):
        def run(*command):
            return subprocess.run([str(word) for word in command], cwd=folder,
                                  timeout=120, check=True, capture_output=True).stdout
        name = "m" + "".join(flags)
        run(gmc, "compile", "m.gm", "-o", name, *flags)
        run(f"./{name}", "train", "--seed", SEED, "--out", f"run-{name}")
        with open(folder / f"run-{name}" / "metrics.csv", encoding="utf-8") as rows:
            loss = [float(row["fit.loss"]) for row in csv.DictReader(rows)
                    if row["fit.loss"]][-1]
        shown = json.loads(run(f"./{name}", "eval", "--json", "--out", f"run-{name}"))
        steps, batches = (
            numpy.concatenate([normal(path, execution, 3 * BATCH, kind)[2::3]
                               for execution in executions])
            for path, executions in (
                ("fit/z", range(2)), ("report/fit/z", range(HIGHEST, HIGHEST + 3))))
        apart = {"step": loss - steps.mean(),
                 "report": shown["drawn"] - batches[:RECORDS].mean()}
        for verb, rule in (("normal", normal), ("uniform", uniform)):
            run(f"./{name}", verb, "-o", "z.npy", "--out", f"run-{name}")
            apart[verb] = numpy.load(folder / "z.npy").ravel() - \
                rule(f"proc/{verb}/z", HIGHEST, 40 * RECORDS, kind)
        for what, difference in apart.items():
            worst = abs(difference).max()
            yield worst < (1e-12 if kind == "f8" else 5e-6), \
                f"{kind} {' '.join(flags)}: {what}, largest difference {worst:.1e}"


if __name__ == "__main__":
    sys.exit(report(check))
