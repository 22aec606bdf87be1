#!/usr/bin/python3
"""What a trained model is used for: encode, decode, score, augment, frechet,
other items in the place of a data set, and weights of a file.

    tests/e2e/uses.py [--build FOLDER]
"""
import argparse
import csv
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy

from trainer import (ROOT, Wrong, compile_model, find_gmc, read_safetensors,
                     require, run, write_idx, write_png)

INPUTS = ROOT / "tests" / "e2e" / "Inputs"
TEST, TRAIN = 21, 40


def read_idx(path):
    data = Path(path).read_bytes()
    rank = data[3]
    shape = struct.unpack(f">{rank}I", data[4:4 + 4 * rank])
    return numpy.frombuffer(data, numpy.uint8, offset=4 + 4 * rank).reshape(shape)


def table(path):
    """Columns of a CSV with a header, as arrays."""
    with open(path, newline="", encoding="ascii") as file:
        rows = list(csv.reader(file))
    return {name: numpy.array([float(row[i]) for row in rows[1:]])
            for i, name in enumerate(rows[0])}


def write_set(folder):
    """Random pictures with labels 0 to 2 under the names of idx(..)."""
    write_idx(folder, 4, 4, train=TRAIN, test=TEST)
    draw = numpy.random.default_rng(3)
    for part, items in (("train", TRAIN), ("t10k", TEST)):
        labels = draw.integers(0, 3, items).astype(numpy.uint8)
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(
            struct.pack(">2I", 0x801, items) + labels.tobytes())


class Model:
    """A trained model and the numbers that its verbs leave."""

    def __init__(self, executable, out):
        self.executable, self.out = executable, out

    def call(self, *words, code=0):
        return run(self.executable, *words, "--out", self.out, code=code)

    def refuse(self, code, expected, *words):
        """The verb ends with `code`, nothing printed but what says why."""
        done = subprocess.run([self.executable, *map(str, words), "--out",
                               self.out], capture_output=True, text=True,
                              timeout=60, check=False)
        require(done.returncode == code and expected in done.stderr
                and done.stderr.count("\n") == done.stderr.count("error:"),
                f"{words}: exit {done.returncode}, {done.stderr}")

    def numbers(self, *words):
        """What the verb writes to an NPY file of another name."""
        path = self.out.with_name("numbers.npy")
        self.call(*words, "-o", path)
        return numpy.load(path)


def latents(model, data, folder):
    """decode(encode(x)) is reconstruct(x); --x takes every form of file."""
    codes = model.numbers("encode")
    require(codes.shape == (TEST, 2), f"encode: {codes.shape}")
    numpy.save(folder / "codes.npy", codes)
    decoded = model.numbers("decode", "--z", folder / "codes.npy")
    pairs = model.numbers("reconstruct", "-n", "all")
    require(pairs.shape == (TEST, 2, 1, 4, 4), f"reconstruct: {pairs.shape}")
    images = read_idx(data / "t10k-images-idx3-ubyte")
    require(abs(pairs[:, 0, 0] - images / 255).max() < 1e-7, "not the test set")
    off = abs(pairs[:, 1] - decoded).max()
    require(off <= 1e-6, f"decode(encode(x)) is {off} off reconstruct(x)")
    pictures = folder / "pictures"
    pictures.mkdir()
    for i, image in enumerate(images):
        write_png(pictures / f"{i:03}.png", image[None])
    numpy.save(folder / "bytes.npy", images)
    numpy.save(folder / "floats.npy", (images / 255).astype(numpy.float32))
    numpy.savetxt(folder / "table.csv", images.reshape(TEST, 16) / 255,
                  delimiter=",")
    for items in (pictures, folder / "bytes.npy", folder / "floats.npy",
                  folder / "table.csv", data / "t10k-images-idx3-ubyte"):
        off = abs(model.numbers("encode", "--x", items) - codes).max()
        require(off <= 1e-6, f"--x {items}: codes are {off} off")
    one = model.numbers("reconstruct", "--x", pictures / "007.png")
    require(one.shape == (1, 2, 1, 4, 4), f"one picture: {one.shape}")
    require(abs(one[0] - pairs[7]).max() <= 1e-6, "--x of one picture")
    three = model.numbers("encode", "-n", 3, "--x", pictures)
    require(abs(three - codes[:3]).max() <= 1e-6, "-n 3 of a folder")


def wrong_files(model, folder):
    """One message and the exit code of what does not fit."""
    numpy.save(folder / "wide.npy", numpy.zeros((3, 5), numpy.float32))
    numpy.save(folder / "dark.npy", -numpy.ones((3, 4, 4), numpy.float32))
    (folder / "text.png").write_text("no picture")
    (folder / "empty").mkdir()
    for items, code, message in (
            ("wide.npy", 3, "wide.npy: its items have the shape [5]"),
            ("dark.npy", 3, "dark.npy: data set d.test: item 0 has -1 at place "
             "0 of `x`"),
            ("text.png", 3, "is no folder of PNG pictures and no PNG, NPY, "),
            ("empty", 3, "holds no pictures"),
            ("missing.npy", 5, "missing.npy")):
        model.refuse(code, message, "encode", "--x", folder / items)
    model.refuse(2, "--z FILE is wanted", "decode")
    model.refuse(3, "wide.npy: its items have the shape [5]", "decode", "--z",
                 folder / "wide.npy")
    model.refuse(2, "has 21 items, item 22 is asked for", "encode", "-n", 22)
    model.refuse(2, "`augment` reads no data", "augment", "-n", "all")


def scores(model):
    """Terms of the bound in a table, and the records that training has."""
    model.call("score")
    seen = table(model.out / "samples" / "score.csv")
    require(list(seen) == ["item", "rec", "kl", "score", "bound", "mu0", "mu1",
                           "again"], f"columns {list(seen)}")
    require((seen["item"] == numpy.arange(TEST)).all(), "items are numbered")
    require(numpy.allclose(seen["score"], seen["kl"] - seen["rec"], rtol=1e-5),
            "-elbo is kl - log p")
    require(numpy.allclose(seen["kl"], seen["again"], rtol=1e-4), "kl(z)")
    require(numpy.isfinite(seen["bound"]).all(), "iwae(3)")
    model.call("labels")
    seen = table(model.out / "samples" / "labels.csv")
    require(1 not in seen["y"] and {0, 2} <= set(seen["y"]),
            f"without(y: [1]) leaves {set(seen['y'])}")


def augment(model, data, folder):
    """A set that the program's own reader takes, whole or not at all."""
    made = folder / "made"
    model.call("augment", "-n", 50, "-o", made)
    images = read_idx(made / "train-images-idx3-ubyte")
    labels = read_idx(made / "train-labels-idx1-ubyte")
    require(images.shape == (50, 4, 4) and set(labels) == {0, 1, 2},
            f"augment: {images.shape}, {set(labels)}")
    require({path.name for path in made.iterdir()}
            == {"train-images-idx3-ubyte", "train-labels-idx1-ubyte"}
            and not list(folder.glob(".*tmp")), "something else is left")
    model.refuse(2, "is there already and is not replaced", "augment", "-o",
                 made)
    for part in ("images-idx3", "labels-idx1"):
        (made / f"t10k-{part}-ubyte").write_bytes(
            (data / f"t10k-{part}-ubyte").read_bytes())
    run(model.executable, "train", "--data", made, "--out", folder / "again")


def distance_of(a, b):
    """The Fréchet distance by the eigenvalues of the product of covariances."""
    first, second = numpy.cov(a.T), numpy.cov(b.T)
    roots = numpy.sqrt(numpy.maximum(
        numpy.linalg.eigvals(first @ second).real, 0))
    return (((a.mean(0) - b.mean(0)) ** 2).sum() + numpy.trace(first)
            + numpy.trace(second) - 2 * roots.sum())


def frechet(model, folder):
    """The printed distance against numpy's of the same features."""
    pictures = folder / "pictures.idx"
    numpy.save(folder / "z.npy", numpy.random.default_rng(1).normal(
        size=(30, 2)))
    model.call("decode", "--z", folder / "z.npy", "-o", pictures)
    shown = model.call("frechet", "--a", pictures)
    a = model.numbers("features", "--x", pictures)[:TEST].astype(float)
    b = model.numbers("features").astype(float)
    value, expected = float(shown.split()[1]), distance_of(a, b)
    require(abs(value - expected) <= 1e-8 * max(1, expected),
            f"frechet: {value}, numpy has {expected}")
    require(f"5 numbers of {TEST} examples; a {pictures}, b d.test" in shown,
            f"the protocol: {shown}")
    few = model.call("frechet", "--a", pictures, "-n", 3)
    value = float(few.split()[1])
    expected = distance_of(a[:3], b[:3])
    require(abs(value - expected) <= 1e-6, f"of 3 examples: {value}, numpy "
            f"has {expected}")
    same = folder / "same.npy"
    numpy.save(same, read_idx(folder / "set" / "t10k-images-idx3-ubyte"))
    zero = float(model.call("frechet", "--a", same).split()[1])
    require(abs(zero) < 1e-6, f"the distance to itself is {zero}")
    model.refuse(2, "prints its result and writes no file", "frechet", "--a",
                 pictures, "-o", folder / "x")


def imports(gmc, trained, folder):
    """Tensors of V and W, and of the average of W, are those of the file."""
    executable = folder / "imports"
    compile_model(gmc, INPUTS / "imports.gm", executable)
    out = folder / "imports-run"
    source = trained.out / "checkpoint.safetensors"
    run(executable, "train", "--out", out, code=5)
    run(executable, "train", "--steps", 0, "--out", out, "--weights",
        f"V={source}", "--weights", f"W={source}")
    first = read_safetensors(source)
    start = read_safetensors(out / "checkpoint.safetensors")
    for name, numbers in first.items():
        layer = name.removeprefix("Classifier.")
        if layer == name:
            continue
        for network in "VWA":
            require((start[f"{network}.{layer}"] == numbers).all(),
                    f"{network}.{layer} is not that of the file")
    run(executable, "resume", "--steps", 2, "--out", out)
    end = read_safetensors(out / "checkpoint.safetensors")
    for layer in ("linear0.weight", "linear1.bias"):
        require((end[f"V.{layer}"] == start[f"V.{layer}"]).all(),
                f"V.{layer} moved")
        require((end[f"W.{layer}"] != start[f"W.{layer}"]).any(),
                f"W.{layer} did not move")
    own = out / "checkpoint.safetensors"
    model = Model(executable, folder / "wrong")
    model.refuse(2, "NETWORK=FILE with one of V, W", "train", "--weights",
                 f"G={own}")
    done = subprocess.run([executable, "train", "--out", folder / "wrong",
                           "--weights", f"V={own}", "--weights", f"W={own}"],
                          capture_output=True, text=True, check=False)
    require(done.returncode == 4 and "Classifier.linear0.weight: missing, `V` "
            "has [5, 16]" in done.stderr, f"{done.returncode} {done.stderr}")


def shipped(gmc, folder):
    """decode(encode(x)) of models/vae.gm."""
    data = folder / "fashion"
    write_idx(data, 28, 28, train=256, test=TEST)
    executable = folder / "vae"
    compile_model(gmc, ROOT / "models" / "vae.gm", executable)
    model = Model(executable, folder / "vae-run")
    model.call("train", "--steps", 2, "--data", data)
    codes = model.out / "samples" / "encode.npy"
    model.call("encode")
    decoded = model.numbers("decode", "--z", codes)
    pairs = model.numbers("reconstruct", "-n", TEST)
    off = abs(pairs[:, 1] - decoded).max()
    require(off <= 1e-6, f"vae.gm: decode(encode(x)) is {off} off")
    model.call("score")
    require(len(table(model.out / "samples" / "score.csv")["score"]) == TEST,
            "vae.gm: score")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=None)
    options = parser.parse_args()
    try:
        gmc = find_gmc(options.build)
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            data = folder / "set"
            write_set(data)
            executable = folder / "uses"
            compile_model(gmc, INPUTS / "uses.gm", executable)
            model = Model(executable, folder / "run")
            model.call("train", "--data", data)
            latents(model, data, folder)
            wrong_files(model, folder)
            scores(model)
            augment(model, data, folder)
            frechet(model, folder)
            imports(gmc, model, folder)
            shipped(gmc, folder)
    except Wrong as wrong:
        print(f"FAIL {wrong}")
        return 1
    print("all uses do what they say")
    return 0


if __name__ == "__main__":
    sys.exit(main())
