#!/usr/bin/python3
"""Gradients of a compiled trainer against differences of its own losses, f64.

    tests/numerics/executable_gradient.py [--build FOLDER] [--seed N] [NAME ..]

Nothing but files is used. The optimiser of a text of models/ becomes sgd with
momentum, whose buffer after one step is the gradient, and its rate 1e-30, so
that no step of the round moves a weight. A loss at other weights is the first
row of metrics.csv after `resume` from a checkpoint that holds these weights.

For each tensor p with gradient g, and for all tensors of a network at once, a
direction d is drawn, d = g/|g| + r/2|r| with r normal, so that g.d is no small
number. (L(p + h d) - L(p - h d)) / 2h agrees with g.d to 1e-6. The difference
of the one-sided slopes is h times a second derivative where L is smooth; where
it does not halve with h, a kink (of relu) lies between, and d is drawn again.
"""
import argparse
import ctypes
import ctypes.util
import re
import sys
import tempfile
from pathlib import Path

import numpy

sys.path.append(str(Path(__file__).resolve().parent.parent / "e2e"))
from safetensors_file import read_header  # noqa: E402
from trainer import (ROOT, Wrong, compile_model, find_gmc,  # noqa: E402
                     read_safetensors, require, run, write_idx)

STEP, ALLOWED, DRAWS = 1e-5, 1e-6, 10
# A network and the loss whose gradient its buffers hold.
LOSSES = {"vae": {"Enc": "fit.loss", "Dec": "fit.loss"},
          "gan": {"D": "disc.loss", "G": "gen.loss"}}


class Hash128(ctypes.Structure):
    """XXH128_hash_t of libxxhash."""
    _fields_ = [("low", ctypes.c_uint64), ("high", ctypes.c_uint64)]


def checksum(data):
    """XXH3-128 as 32 digits, canonical form: the high half first."""
    library = ctypes.CDLL(ctypes.util.find_library("xxhash"))
    library.XXH3_128bits.restype = Hash128
    library.XXH3_128bits.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
    result = library.XXH3_128bits(data, len(data))
    return f"{result.high:016x}{result.low:016x}"


def rewrite(data, changes):
    """A checkpoint's bytes with other values in some tensors."""
    header, start = read_header(data)
    old = header["__metadata__"]["checksum"].encode()
    require(data.count(old) == 1, "the checksum stands more than once")
    zeroed = data.replace(old, b"0" * 32)
    require(checksum(zeroed) == old.decode(), "the checksum is another one")
    new = bytearray(zeroed)
    for name, value in changes.items():
        begin, end = header[name]["data_offsets"]
        kind = "<f4" if header[name]["dtype"] == "F32" else "<f8"
        new[start + begin:start + end] = value.astype(kind).tobytes()
    return bytes(new).replace(b"0" * 32, checksum(bytes(new)).encode(), 1)


class Trainer:
    """A compiled model whose losses can be asked for at any weights."""

    def __init__(self, gmc, name, scratch):
        self.scratch = scratch
        text = (ROOT / "models" / f"{name}.gm").read_text()
        text = re.sub(r"adam\([^)]*\)", "sgd(lr, momentum: 0.5)", text)
        text = re.sub(r"hyper lr = [^,\n]+", "hyper lr = 1e-30", text)
        source = scratch / f"{name}.gm"
        source.write_text(text)
        self.executable = scratch / name
        compile_model(gmc, source, self.executable, "--batch", "4", "--f64")
        write_idx(scratch / "data", 28, 28)
        for steps in (0, 1):
            run(self.executable, "train", "--steps", steps, "--data",
                scratch / "data", "--out", scratch / f"{name}{steps}")
        self.start = (scratch / f"{name}0" /
                      "checkpoint.safetensors").read_bytes()
        self.weights = read_safetensors(scratch / f"{name}0" /
                                        "checkpoint.safetensors")
        after = read_safetensors(scratch / f"{name}1" /
                                 "checkpoint.safetensors")
        self.gradients = {tensor.split(".", 2)[2][:-2]: value
                          for tensor, value in after.items()
                          if tensor.endswith(".b")}
        for tensor in self.gradients:
            require((after[tensor] == self.weights[tensor]).all(),
                    f"`{tensor}` moved at a rate of 1e-30")
        self.name, self.config = name, scratch / f"{name}0" / "config.json"

    def loss(self, column, changes):
        """One loss of the first round from weights that are changed."""
        out = self.scratch / "at"
        for file in out.glob("*.*"):
            file.unlink()
        out.mkdir(exist_ok=True)
        (out / "config.json").write_bytes(self.config.read_bytes())
        (out / "checkpoint.safetensors").write_bytes(
            rewrite(self.start, changes))
        run(self.executable, "resume", "--steps", 1, "--out", out)
        head, row = (out / "metrics.csv").read_text().splitlines()
        return float(row.split(",")[head.split(",").index(column)])


def check_direction(trainer, names, column, base, pick):
    """Relative error of g.d in one direction over the tensors `names`."""
    for _ in range(DRAWS):
        noise = {name: pick.normal(size=trainer.gradients[name].shape)
                 for name in names}
        length = numpy.sqrt(sum((one**2).sum() for one in noise.values()))
        size = numpy.sqrt(sum((trainer.gradients[name]**2).sum()
                              for name in names))
        require(size > 0, f"the gradient of {names} is zero")
        way = {name: noise[name] / (2 * length)
               + trainer.gradients[name] / size for name in names}
        slopes, bends = [], []
        for step in (STEP, STEP / 2):
            above, below = (trainer.loss(column, {
                name: trainer.weights[name] + move * way[name]
                for name in names}) for move in (step, -step))
            slopes.append((above - below) / (2 * step))
            bends.append((above - 2 * base + below) / step)
        if abs(bends[0] - 2 * bends[1]) <= ALLOWED / 4 * abs(slopes[0]):
            expected = sum((trainer.gradients[name] * way[name]).sum()
                           for name in names)
            return abs(slopes[0] - expected) / abs(expected)
    raise Wrong(f"{names}: {DRAWS} directions in turn cross a kink")


def check(gmc, name, scratch, pick):
    trainer = Trainer(gmc, name, scratch)
    worst = 0.0
    for net, column in LOSSES[name].items():
        tensors = [one for one in trainer.gradients
                   if one.startswith(f"{net}.")]
        require(tensors, f"no tensor of {net} has a gradient")
        base = trainer.loss(column, {})
        for names in [[one] for one in tensors] + [tensors]:
            error = check_direction(trainer, names, column, base, pick)
            require(error <= ALLOWED, f"{', '.join(names)}: the slope differs "
                    f"by {error:.1e}, allowed {ALLOWED:.0e}")
            worst = max(worst, error)
    print(f"{name}: {len(trainer.gradients)} tensors, largest error "
          f"{worst:.1e}, allowed {ALLOWED:.0e}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("names", nargs="*", default=list(LOSSES))
    options = parser.parse_args()
    gmc, failed = find_gmc(options.build), 0
    for name in options.names:
        with tempfile.TemporaryDirectory() as folder:
            try:
                check(gmc, name, Path(folder),
                      numpy.random.default_rng(options.seed))
            except Wrong as wrong:
                print(f"{name}: WRONG: {wrong}", flush=True)
                failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
