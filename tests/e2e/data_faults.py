#!/usr/bin/python3
"""Data that a trainer cannot read, or must not take.

    tests/e2e/data_faults.py [--build FOLDER] [--files 20000] [--any-memory]

One trainer reads a data set of each format; strace makes the system fail.

* EIO at the first or at a later read of a file: exit code 5, the file is named,
  no checkpoint is left. EINTR, once, changes nothing.
* A number that is not finite, in NPY or CSV, is refused.
* A folder of --files pictures (by hand: a million) is read in the byte order of
  their names within 64 MiB and 1 KiB a picture, and the first one that does not
  fit is named.

Without strace the first part is left out.
"""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy

from trainer import (Wrong, compile_model, find_gmc, require, run, write_idx,
                     write_png)

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
        refused(trainer, folder, 3, "1 of the 18 numbers", "not finite",
                "place 1")
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
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        try:
            text = folder / "model.gm"
            text.write_text(MODEL.format(folder))
            write_data(folder)
            compile_model(find_gmc(options.build), text, folder / "model")
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
