#!/usr/bin/python3
"""Data that a trainer cannot read, or must not take.

    tests/e2e/data_faults.py [--build FOLDER] [--files 20000] [--any-memory]

One trainer reads a data set of each format; strace makes the system fail.

* EIO at the first or at a later read of a file: exit code 5, the file is named,
  no checkpoint is left. EINTR, once, changes nothing.
* A number that is not finite, in NPY or CSV, is refused.
* What is stored against what is declared (R-data-1, R-data-3): floating-point
  numbers are binarised in steps, procedures and --dump-draws, numbers and masks
  of 0 and 1 are taken as they are, noise and `bpd` are of the levels of the file,
  of 8 or 16 bits, `dequantize` of floating-point numbers is refused.
* Classes have the numbers of `train` by name; `info` and `train` show them.
* --x reads as data are read; what does not fit is named with its place.
* A file's ending says what is in it; paths are printed as they are.
* A folder of --files pictures (by hand: a million) is read in the byte order of
  their names within 64 MiB and 1 KiB a picture, and the first one that does not
  fit is named.

Without strace the first part is left out.
"""
import argparse
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy

from trainer import (Wrong, compile_model, find_gmc, read_safetensors, require,
                     run, write_idx, write_png)

MODEL = """
data c : csv("{0}/table.csv") as f32[3], split(test: 25%)
data f : cifar10("{0}/cifar") as image[3,32,32] in [0,1]
data i : idx("{0}/idx") as image[1,4,4] in [0,1]
data n : npy("{0}/vectors.npy") as f32[3], split(test: 25%)
data p : folder("{0}/train") as image[1,4,4] in [0,1]
data t : text("{0}/names.txt") as int[6] in 0..<10, split(test: 25%)
param a : f32 = 1
step fit(xc, xf, xi, xn, xp, xt) {{
  minimize a^2 * (sum(xc) + sum(xf) + sum(xi) + sum(xn) + sum(xp) + sum(xt))
    over a using sgd(1e-6)
}}
train {{
  fit(next c.train, next f.train, next i.train, next n.train, next p.train, next t.train)
}} for 2 rounds, batch 2
proc dump(x from p.train, n = 8) batch n {{ emit csv(flatten(x)) }}
"""
# Declarations of every kind; the three pixels of `g` are of 8 or 16 bits.
STORED = """
data b : npy("{0}/grey.npy") as f32[3] in {{0,1}}, binarize(each epoch)
data z : csv("{0}/zero.csv") as (x: f32[3] in {{0,1}}, y: label[3])
data m : npy("{0}/masked") as (v: f32[2] in {{-1,1}}, m: mask[6])
data g : folder("{0}/train") as (x: image[1,1,3] in [-1,1], y: label[3]), dequantize, normalize(mean: 0, std: 2)
param a : f32 = 1
param w : f32 = 1
step fit(b, z, k, v, m) {{
  q = a * ones(3)
  z ~ Bernoulli(logits: q)
  b ~ Bernoulli(logits: q)
  minimize -elbo + a^2 * (sum(v) + sum(m) + k) over a using sgd(1e-6)
}}
step grey(x, y) {{ x ~ Normal(0, 1)[1,1,3]; minimize -elbo + w^2 * y over w using sgd(1e-6) }}
train {{ fit(next b.train, next z.train, next m.train); grey(next g.train) }} for 3 rounds, batch 2
report nll, bits = bpd of grey on g.train at end
proc coins(x from b.train, n = all) batch 4 {{ emit csv(x) }}
proc zeros(x from z.train, n = all) batch 4 {{ emit csv(x) }}
proc masks(v from m.train, m from m.train, n = all) batch 4 {{ emit csv(concat(v, m)) }}
proc classes(y from g.test, n = all) batch 4 {{ emit csv(y) }}
proc pixels(x from g.train, n = all) batch 4 {{ emit csv(x) }}
proc bits(x from g.train, n = all) batch 4 {{ x ~ Normal(0, 1)[1,1,3]; emit csv(nll, bpd) }}
proc plain(x: f32[3], n = all) batch 4 {{ emit csv(x) }}
proc show(n = 4) batch n {{ s ~ Normal(0, 1)[1,2,2]; emit grid(s); emit csv(s) }}
"""
# A file of each format that a run reads.
FILES = ["table.csv", "cifar/data_batch_1.bin", "idx/train-images-idx3-ubyte",
         "vectors.npy", "train/00003.png", "names.txt"]


def write_data(folder):
    table = numpy.arange(24, dtype=numpy.float32).reshape(8, 3)
    numpy.savetxt(folder / "table.csv", table, delimiter=",")
    numpy.save(folder / "vectors.npy", table)
    (folder / "names.txt").write_text("anna\nbob\n" * 8)
    (folder / "cifar").mkdir()
    for name in [f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"]:
        (folder / "cifar" / f"{name}.bin").write_bytes(bytes(3073 * 4))
    write_idx(folder / "idx", 4, 4)
    for part in ("train", "test"):
        (folder / part).mkdir()
        for i in range(8):
            write_png(folder / part / f"{i:05}.png",
                      numpy.full((1, 4, 4), i * 20))


def refused(trainer, folder, code, *words, prefix=()):
    """Trains; what is said has the `words`, and nothing is left."""
    out = folder / "refused"
    done = subprocess.run([*prefix, trainer, "train", "--out", out],
                          capture_output=True, text=True, timeout=120,
                          check=False)
    shown = done.stdout + done.stderr
    require(done.returncode == code, f"exit code {done.returncode}, expected "
            f"{code}: {shown}")
    for word in words:
        require(str(word) in done.stderr, f"`{word}` is not in: {done.stderr}")
    require(not (out / "checkpoint.safetensors").exists(),
            "a checkpoint was left")
    shutil.rmtree(out, ignore_errors=True)


def traced(path, fault):
    """A command that runs another one, whose reads of `path` fail."""
    # A trainer with sanitizers cannot look for leaks while it is traced.
    leaks = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
    return ["strace", "-f", "-qq", "-o", "/dev/null", "-E",
            f"ASAN_OPTIONS={leaks}", "-P", path, "-e",
            "trace=read,pread64", "-e", f"inject=read,pread64:{fault}"]


def check_reads(trainer, folder):
    if not shutil.which("strace"):
        print("strace is not installed: no faults of reading")
        return
    run(trainer, "train", "--out", folder / "good")
    good = (folder / "good" / "checkpoint.safetensors").read_bytes()
    for name in FILES:
        path = folder / name
        for when in ("1", "2+"):
            refused(trainer, folder, 5, path, "Input/output error",
                    prefix=traced(path, f"error=EIO:when={when}"))
        again = folder / "again"
        run(*traced(path, "error=EINTR:when=1"), trainer, "train", "--out",
            again)
        require((again / "checkpoint.safetensors").read_bytes() == good,
                f"{name}: a read that is interrupted changes the result")
        shutil.rmtree(again)
    print(f"{len(FILES)} formats: EIO is named, EINTR changes nothing",
          flush=True)


def check_finite(trainer, folder):
    path = folder / "vectors.npy"
    kept = path.read_bytes()
    for bad in (numpy.nan, numpy.inf, -numpy.inf):
        table = numpy.load(path)
        table[4, 1] = bad
        numpy.save(path, table)
        refused(trainer, folder, 3, "1 of the 24 numbers", "not finite",
                "item 4, place 1")
        path.write_bytes(kept)
    path = folder / "table.csv"
    kept = path.read_text()
    for bad, said in (("nan", "not finite"), ("inf", "not finite"),
                      ("-inf", "not finite"), ("1e999", "table.csv:3:")):
        lines = kept.splitlines()
        lines[2] = f"1,{bad},2"
        path.write_text("\n".join(lines) + "\n")
        refused(trainer, folder, 3, said)
        path.write_text(kept)
    print("numbers that are not finite are refused", flush=True)


def write_stored(folder):
    grey = numpy.array([[0, 1, .5], [0, 0, 1], [1, 1, 1], [.25, .5, .75]])
    numpy.save(folder / "grey.npy", grey.astype(numpy.float32))
    (folder / "zero.csv").write_text(
        "\ufeff1,0,1,2\n0,0,0,1\n1,1,1,0\n0,1,0,2\n", encoding="utf-8")
    (folder / "masked").mkdir()
    numpy.save(folder / "masked" / "v.npy", 1 - 2.0 * (grey[:, :2] < 1))
    numpy.save(folder / "masked" / "m.npy",
               numpy.tile(grey < .5, 2).astype(numpy.uint8))
    write_classes(folder)
    return grey


def write_classes(folder, depth=8):
    """Three classes for training; two for testing, of the last names."""
    for part, names in (("train", "abc"), ("test", "bc")):
        shutil.rmtree(folder / part, ignore_errors=True)
        for i, name in enumerate(names):
            (folder / part / name).mkdir(parents=True)
            write_png(folder / part / name / "1.png",
                      numpy.array([[[0, 7, 2 ** depth - 1 - i]]]), depth)


def written(trainer, folder, verb, *flags):
    """The table that a procedure writes."""
    run(trainer, verb, "--out", folder / "run", *flags)
    return numpy.loadtxt(folder / "run" / "samples" / f"{verb}.csv",
                         delimiter=",", ndmin=2)


def check_draws(trainer, folder, grey):
    """Numbers of 0 and 1 in procedures, in every epoch of steps others."""
    shown = run(trainer, "train", "--out", folder / "run", "--dump-draws",
                folder / "draws", "--steps", 64)
    require("data g: `y` is 0 a, 1 b, 2 c" in shown, f"no classes in: {shown}")
    seen = written(trainer, folder, "coins")
    fixed = (grey == 0) | (grey == 1)
    require(set(seen.flat) == {0, 1} and (seen == grey)[fixed].all(),
            f"binarised are {seen}")
    inputs = numpy.concatenate(
        [read_safetensors(file)["input.b"]
         for file in sorted((folder / "draws").glob("*.fit.safetensors"))])
    # 16 of each of 4 numbers that are no coins of one side, mean 1/2: five
    # deviations of 1/2 each are 20.
    require(set(inputs.flat) == {0, 1}, f"steps see {set(inputs.flat)}")
    require(abs(inputs.sum() - 32 * grey.sum()) < 20 * 2,
            f"steps see {inputs.sum()} ones of {32 * grey.sum()}")
    require((written(trainer, folder, "zeros")
             == [[1, 0, 1], [0, 0, 0], [1, 1, 1], [0, 1, 0]]).all(),
            "numbers of 0 and 1 are changed")
    require((written(trainer, folder, "masks")[:, 2:]
             == numpy.tile(grey < .5, 2)).all(), "a mask is changed")


def check_levels(trainer, folder):
    """Noise of one level, and `bpd` of levels of that size, 8 or 16 bits."""
    for depth in (16, 8):
        write_classes(folder, depth)
        shown = json.loads(run(trainer, "eval", "--json", "--out",
                               folder / "run"))
        step = 2 / 2 ** depth / 2
        wanted = shown["nll"] / math.log(2) / 3 - math.log2(step)
        require(abs(shown["bits"] - wanted) < 1e-4,
                f"{depth} bits: bpd {shown['bits']}, not {wanted}")
        table = written(trainer, folder, "bits")
        wanted = table[:, 0] / math.log(2) / 3 - math.log2(step)
        require(numpy.abs(table[:, 1] - wanted).max() < 1e-4,
                f"{depth} bits: a procedure's bpd is {table[:, 1]}")
        # -1 + 2 (b + u)/levels, by 2.
        level = (written(trainer, folder, "pixels") * 2 + 1) * 2 ** depth / 2
        require((numpy.floor(level[:, 1]) == 7).all(), f"levels are {level}")
    # A file in the place of the data set has its own levels.
    write_png(folder / "deep.png", numpy.array([[[0, 7, 9]]]), 16)
    table = written(trainer, folder, "bits", "--x", folder / "deep.png")
    wanted = table[:, 0] / math.log(2) / 3 - math.log2(2 / 65536 / 2)
    require(abs(table[0, 1] - wanted) < 1e-4, f"--x: bpd {table[0, 1]}")
    numpy.save(folder / "float.npy", numpy.zeros((1, 1, 1, 3)))
    stopped(trainer, folder, 3, "`dequantize` fills grey levels", "bits", "--x",
            folder / "float.npy")


def stopped(trainer, folder, code, said, verb, *flags):
    """A verb ends with `code` and `said` in one line."""
    done = subprocess.run([trainer, verb, "--out", folder / "run", *flags],
                          capture_output=True, text=True, timeout=60,
                          check=False)
    require(done.returncode == code and said in done.stderr
            and done.stderr.count("\n") == 1,
            f"{verb} {flags}: exit code {done.returncode}, expected {code} and "
            f"`{said}`: {done.stderr}")


def check_classes(trainer, folder):
    write_classes(folder)
    require(written(trainer, folder, "classes").ravel().tolist() == [1, 2],
            "classes of `test` have other numbers than those of `train`")
    for flags in ((), ("--json",)):
        shown = run(trainer, "info", "--out", folder / "run", *flags)
        require('["a","b","c"]' in shown if flags else
                "classes 0 a, 1 b, 2 c" in shown, f"info shows {shown}")
    (folder / "test" / "d").mkdir()
    stopped(trainer, folder, 3, "test/d: is a class that the data for training "
            "lack", "classes")
    (folder / "test" / "d").rmdir()


def check_items(trainer, folder):
    """Items of --x, and the files of `b` and `z`, that do not fit."""
    place = folder / "gr\u00f6\u00dfe.csv"
    for text, said in (("\ufeff1,2,3\n4,5,6", None), ("a,b,c\n1,2,3\n4,5,6", None),
                       ("NA,2,3\n4,5,6", ":1: `NA` in column 1 is no number"),
                       ("1,2,3\n1e400,5,6", ":2: `1e400` in column 1 is not"),
                       ("1,2,3\n4,1e39,6", "not finite in f32; the first one, "
                        "1e+39, stands in item 1, place 1")):
        place.write_text(text, encoding="utf-8")
        if said is None:
            require(written(trainer, folder, "plain", "--x", place).tolist()
                    == [[1, 2, 3], [4, 5, 6]], f"{text!r} is read otherwise")
        else:
            # The path is printed with its letters.
            stopped(trainer, folder, 3, f"{place}", "plain", "--x", place)
            stopped(trainer, folder, 3, said, "plain", "--x", place)
    numpy.save(folder / "x.npy", numpy.array([[0, 1, 1e300]]))
    stopped(trainer, folder, 3, "item 0, place 2", "plain", "--x",
            folder / "x.npy")
    for name, verb, values, said in (
            ("x", "coins", [[0, 1, 1.5]], "has 1.5 at place 2 of `x`"),
            ("x", "coins", [[0, 1, numpy.nan]], "are not finite"),
            ("x", "zeros", [[0, 1, .5]], "has 0.5 at place 2 of `x`, which the "
             "model declares in {0,1}"),
            ("m", "masks", [[0, 1, 1, 1, 2, 0]], "a mask of 0 and 1")):
        numpy.save(folder / "x.npy", numpy.array(values, dtype=float))
        stopped(trainer, folder, 3, said, verb, f"--{name}", folder / "x.npy")


def check_endings(trainer, folder):
    """A file holds what its ending says; the second emission has its own."""
    for name in ("a.txt", "a.jpg", "a.png.bak"):
        stopped(trainer, folder, 2, "`emit grid` writes no", "show", "-o",
                folder / name)
        require(not (folder / name).exists(), f"{name} was written")
    for verb, name in (("zeros", "a.npy"), ("zeros", "a.png")):
        stopped(trainer, folder, 2, "`emit csv` writes no", verb, "-o",
                folder / name)
    begins = {"a.png": b"\x89PNG", "b.NPY": b"\x93NUMPY", "c": b"\x89PNG"}
    for name, begin in begins.items():
        run(trainer, "show", "--out", folder / "run", "-o", folder / name)
        require((folder / name).read_bytes().startswith(begin),
                f"{name} holds something else")
    require(b"," in (folder / "a-1.csv").read_bytes(), "the second emission")


def check_stored(gmc, folder):
    grey = write_stored(folder)
    text = folder / "stored.gm"
    text.write_text(STORED.format(folder))
    trainer = folder / "stored"
    compile_model(gmc, text, trainer)
    check_draws(trainer, folder, grey)
    check_levels(trainer, folder)
    check_classes(trainer, folder)
    check_items(trainer, folder)
    check_endings(trainer, folder)
    print("what is stored against what is declared", flush=True)


def check_many(trainer, folder, files, bounded):
    """`files` pictures of one inode each few thousand names; `bounded`: their
    memory is looked at."""
    place = folder / "train"
    last = None
    for i in range(8, files):
        if i % 8000 == 8:  # a file has at most so many names
            last = place / f"{i:07}.png"
            write_png(last, numpy.full((1, 4, 4), 7))
        else:
            os.link(last, place / f"{i:07}.png")
    begin = time.monotonic()
    process = subprocess.Popen([trainer, "train", "--steps", "0", "--out",
                                folder / "many"], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.monotonic() - begin
    require(status == 0, f"{files} pictures: wait status {status}")
    # A name and 16 pixels each.
    require(not bounded or used.ru_maxrss <= (64 << 10) + files,
            f"{files} pictures take {used.ru_maxrss >> 10} MiB")
    run(trainer, "dump", "--out", folder / "many")
    seen = numpy.loadtxt(folder / "many" / "samples" / "dump.csv",
                         delimiter=",")
    names = sorted(os.listdir(place))[:8]
    require(names == sorted(names, key=os.fsencode), "the order of names")
    wanted = [int(name[:-4]) * 20 if len(name) == 9 else 7 for name in names]
    require(numpy.abs(seen[:, 0] * 255 - wanted).max() < 1e-3,
            f"the first pictures are {seen[:, 0] * 255}, not {wanted}")
    (place / "9999999.png").write_bytes(b"\xff\xd8\xff\xe0 a JPEG")
    refused(trainer, folder, 3, "9999999.png")
    (place / "9999999.png").unlink()
    print(f"{files} pictures: {seconds:.1f} s, {used.ru_maxrss >> 10} MiB",
          flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build")
    parser.add_argument("--files", type=int, default=20000)
    parser.add_argument("--any-memory", action="store_true",
                        help="sanitizers keep what is freed")
    options = parser.parse_args()
    gmc = find_gmc(options.build)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        try:
            text = folder / "model.gm"
            text.write_text(MODEL.format(folder))
            write_data(folder)
            compile_model(gmc, text, folder / "model")
            (folder / "stored-data").mkdir()
            check_stored(gmc, folder / "stored-data")
            check_reads(folder / "model", folder)
            check_finite(folder / "model", folder)
            check_many(folder / "model", folder, options.files,
                       not options.any_memory)
        except Wrong as wrong:
            print(f"WRONG: {wrong}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
