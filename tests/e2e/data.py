#!/usr/bin/python3
"""Data sets of the formats under small models, from files to checkpoint.

    tests/e2e/data.py [--build FOLDER] [NAME ..]

Each model is trained for six rounds on one thread, on two, and for three with a
resume: the three checkpoints have the same tensors, bit for bit. The records
that `emit csv` writes are those of the files.
"""
import argparse
import struct
import sys
import tempfile
from pathlib import Path

import numpy

from trainer import (Wrong, compile_model, find_gmc, read_metadata,
                     read_png, read_safetensors, require, run, write_idx,
                     write_png)


def check_training(executable, *flags):
    """One thread, two threads and a resume; the folder of the first run."""
    ends = []
    for name, threads, stop in (("one", 1, 6), ("two", 2, 6), ("cut", 2, 3)):
        out = executable.with_name(f"{executable.name}-{name}")
        run(executable, "train", "--steps", stop, "--threads", threads,
            "--out", out, *flags)
        if stop < 6:
            run(executable, "resume", "--steps", 6, "--out", out)
        ends.append(out / "checkpoint.safetensors")
    first = read_safetensors(ends[0])
    for end in ends[1:]:
        second = read_safetensors(end)
        for tensor, numbers in first.items():
            require(numbers.tobytes() == second[tensor].tobytes(),
                    f"{end}: `{tensor}` has other bits than with one thread")
    return ends[0].parent


def rows_of(path):
    return numpy.loadtxt(path, delimiter=",", ndmin=2)


def labels(gmc, folder):
    """Images and labels: a conditional VAE, its label a flag."""
    text = folder / "labels.gm"
    text.write_text("""
data d : idx("none") as (x: image[1,4,4] in [0,1], y: label[10])
net Enc(x: image[1,4,4], y: label[10]) -> mu: f32[2], logvar: f32[2] {
  h = concat(flatten(x), onehot(y, 10)) |> linear(8) |> relu
  mu = linear(h, 2);  logvar = linear(h, 2)
}
net Dec(z: f32[2], y: label[10]) -> f32[1,4,4] {
  concat(z, onehot(y, 10)) |> linear(16) |> reshape(1,4,4)
}
step fit(x, y) {
  z ~ Normal(0, 1)[2] via Normal(Enc(x, y))
  x ~ Bernoulli(logits: Dec(z, y), grey: true)
  minimize -elbo over Enc, Dec using adam(1e-3)
}
train { fit(next d.train) } for 2 epochs, batch 8
report elbo, seven = onehot(y, 10)[7] of fit on d.test at end
proc sample(n = 4, y: label[10] = 3) batch n {
  z ~ Normal(0, 1)[2];  emit grid(sigmoid(Dec(z, y)))
}
proc dump(x from d.test, y from d.test, n = 20) batch n {
  emit csv(concat(flatten(x), onehot(y, 10)))
}
""")
    executable = folder / "labels"
    compile_model(gmc, text, executable)
    data = folder / "idx"
    write_idx(data, 4, 4)
    out = check_training(executable, "--data", data)
    images = numpy.frombuffer((data / "t10k-images-idx3-ubyte").read_bytes(),
                              numpy.uint8, offset=16).reshape(20, 16)
    kinds = numpy.frombuffer((data / "t10k-labels-idx1-ubyte").read_bytes(),
                             numpy.uint8, offset=8)
    run(executable, "dump", "--out", out)
    seen = rows_of(out / "samples" / "dump.csv")
    require(numpy.abs(seen[:, :16] - images / 255).max() < 1e-6,
            "the images are not those of the file")
    require((seen[:, 16:] == numpy.eye(10)[kinds]).all(),
            "the labels in one-hot form are not those of the file")
    run(executable, "sample", "--y", 9, "--out", out)
    nine = (out / "samples" / "sample.png").read_bytes()
    run(executable, "sample", "--out", out)
    require(nine != (out / "samples" / "sample.png").read_bytes(),
            "`sample --y 9` draws what `sample` does")
    for wrong in ("10", "-1", "2.5"):
        run(executable, "sample", f"--y={wrong}", "--out", out, code=2)
    (data / "train-labels-idx1-ubyte").write_bytes(
        struct.pack(">2I", 0x801, 63) + bytes(63))
    run(executable, "train", "--data", data, "--out", folder / "x", code=3)


def pairs(gmc, folder):
    """Two unpaired folders of pictures, mirrored and cut."""
    draw = numpy.random.default_rng(1)
    for name, count in (("trainA", 11), ("trainB", 6), ("testA", 3)):
        (folder / name).mkdir()
        for i in range(count):
            write_png(folder / name / f"{i:03}.png",
                      draw.integers(0, 256, (3, 9, 7)))
    text = folder / "pairs.gm"
    text.write_text(f"""
data a : folder("{folder}/trainA") as image[3,6,6] in [-1,1], flip, crop(from: 8)
data b : folder("{folder}/trainB") as image[3,6,6] in [-1,1], resize
net G(x: image[3,6,6]) -> image[3,6,6] {{
  x |> flatten |> linear(108) |> tanh |> reshape(3,6,6)
}}
step fit(xa, xb) {{ minimize mean((G(xa) - xb)^2) over G using adam(1e-3) }}
train {{ fit(next a.train, next b.train) }} for 3 epochs of a, batch 2
proc translate(x from a.test, n = 3) batch n {{ emit grid(x, G(x)) }}
""")
    executable = folder / "pairs"
    compile_model(gmc, text, executable)
    out = check_training(executable)
    run(executable, "translate", "--out", out)
    require(read_png(out / "samples" / "translate.png")[2] == 3, "no RGB")
    # Epochs are those of `a`, five batches each; `b` wraps after three.
    meta = read_metadata(out / "checkpoint.safetensors")
    require(meta["stream.a.train"] == "1 2" and meta["stream.b.train"] == "2 0",
            f"streams stand at {meta['stream.a.train']}, "
            f"{meta['stream.b.train']}")


def points(gmc, folder):
    """A built-in set, its rest and labels; no files."""
    text = folder / "points.gm"
    text.write_text("""
data l : ring(modes: 4, std: 0.001, train: 80, test: 16) as (p: f32[2], k: label[4]), subset(16, balanced)
data u : rest of l as (p: f32[2])
net F(p: f32[2]) -> f32[4] { p |> linear(8) |> relu |> linear(4) }
step fit(p, k, v) {
  minimize sum((F(p) - onehot(k, 4))^2) + norm(F(v)) over F using adam(1e-2)
}
train { fit(next l.train, next u.train) } for 6 rounds, batch 8
proc dump(p from l.train, k from l.train, n = 16) batch n {
  emit csv(concat(p, onehot(k, 4)))
}
proc rest(p from u.train, n = 64) batch n { emit csv(p) }
""")
    executable = folder / "points"
    compile_model(gmc, text, executable)
    out = check_training(executable)
    for verb in ("dump", "rest"):
        run(executable, verb, "--out", out)
    seen = rows_of(out / "samples" / "dump.csv")
    require((seen[:, 2:].sum(0) == 4).all(), "four of each mode were asked for")
    angle = 2 * numpy.pi * seen[:, 2:].argmax(1) / 4
    centre = numpy.stack([numpy.cos(angle), numpy.sin(angle)], 1)
    require(numpy.abs(seen[:, :2] - centre).max() < 0.01,
            "a point is not of its mode")
    rest = rows_of(out / "samples" / "rest.csv")
    both = numpy.concatenate([seen[:, :2], rest])
    require(len(numpy.unique(both, axis=0)) == 80,
            "a subset and its rest are not all points")


def tables(gmc, folder):
    """CSV, NPY and text in one model."""
    table = numpy.arange(120).reshape(40, 3) / 7
    numpy.savetxt(folder / "table.csv", table, delimiter=",", header="a,b,c",
                  comments="")
    numpy.save(folder / "vectors.npy", table.astype(numpy.float32)[:, :2])
    (folder / "names.txt").write_text("anna\nbob\nzo\xeb\n" * 10,
                                      encoding="utf-8")
    text = folder / "tables.gm"
    text.write_text(f"""
data c : csv("{folder}/table.csv") as (u: f32[2], v: f32), split(test: 25%)
data n : npy("{folder}/vectors.npy") as f32[2], normalize(mean: 1, std: 2)
data w : text("{folder}/names.txt") as (s: int[6] in 0..<10, m: mask[6])
net F(u: f32[2], s: int[6]) -> f32 {{
  concat(u, flatten(onehot(s, 10))) |> linear(1)
}}
step fit(u, v, x, s, m) {{
  minimize (F(u, s) - v)^2 + sum(x) * F(x, s) + sum(m) over F using sgd(1e-4)
}}
train {{ fit(next c.train, next n.train, next w.train) }} for 6 rounds, batch 4
proc dump(u from c.test, v from c.test, n = 10) batch n {{
  emit csv(concat(u, reshape(v, 1)))
}}
proc vectors(x from n.train, n = 40) batch n {{ emit csv(x) }}
proc words(s from w.train, m from w.train, n = 3) batch n {{ emit csv(concat(s, m)) }}
proc speak(s from w.train, n = 3) batch n {{ emit text(s, round(s / 2)) }}
""")
    executable = folder / "tables"
    compile_model(gmc, text, executable)
    out = check_training(executable)
    for verb in ("dump", "vectors", "words", "speak"):
        shown = run(executable, verb, "--out", out)
    said = (out / "samples" / "speak.txt").read_text(encoding="utf-8")
    # The codes of zo\xeb are 1 7 6 8 2, so the halves 0 4 3 4; 2 ends a line.
    require(said == "anna\t\nbob\t\nzo\xeb\tbab\n"
            and said.splitlines() == shown.splitlines()[:3],
            f"emit text gives {said!r} and prints {shown!r}")
    (folder / "names.txt").write_text("anne\nbob\nzo\xeb\n" * 10,
                                      encoding="utf-8")
    run(executable, "speak", "--out", out, code=3)
    (folder / "names.txt").write_text("anna\nbob\nzo\xeb\n" * 10,
                                      encoding="utf-8")
    seen = rows_of(out / "samples" / "dump.csv")
    distance = numpy.abs(seen[:, None] - table[None]).max(2).min(1)
    require(distance.max() < 1e-6, "a row of the test part is not in the table")
    seen = rows_of(out / "samples" / "vectors.csv")
    require(numpy.abs(seen - (table[:, :2] - 1) / 2).max() < 1e-6,
            "normalize is not (x - mean) / std")
    # a b e-with-dots n o z, but in the order of Unicode: a b n o z e.
    seen = rows_of(out / "samples" / "words.csv")
    require((seen == [[1, 3, 5, 5, 3, 2] + [1] * 6,
                      [1, 4, 6, 4, 2, 0] + [1] * 5 + [0],
                      [1, 7, 6, 8, 2, 0] + [1] * 5 + [0]]).all(),
            f"the codes of the first lines are {seen}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    gmc = find_gmc(options.build)
    failed = 0
    for test in (labels, pairs, points, tables):
        if options.names and test.__name__ not in options.names:
            continue
        with tempfile.TemporaryDirectory() as scratch:
            try:
                test(gmc, Path(scratch))
                print(f"ok: {test.__name__}")
            except Wrong as wrong:
                failed += 1
                print(f"FAILED: {test.__name__}: {wrong}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
