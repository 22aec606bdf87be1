#!/usr/bin/python3
"""Two builds of gmc against each other: every model of models/, trained from the same
seed on the same data, leaves the same bytes in every tensor of its checkpoint.

    tests/e2e/same_weights.py BEFORE AFTER [--steps 50] [--batch N] [NAME ..]

BEFORE and AFTER are build folders. By hand, for changes that are to leave results as
they are; both run on one machine, whose processor decides schedules.
"""
import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from models import CONSTANTS, data_of
from trainer import ROOT, Wrong, compile_model, find_gmc, read_safetensors, require, run, \
    write_idx


def trained(gmc, text, executable, places, options):
    """The tensors of a checkpoint, as bytes."""
    flags = [part for setting in CONSTANTS.get(text.stem, ())
             for part in ("--const", setting)]
    compile_model(gmc, text, executable, *options.flags, *flags)
    out = executable.with_suffix(".run")
    run(executable, "train", "--steps", options.steps, "--out", out,
        *[part for place in places for part in ("--data", place)])
    return {name: tensor.tobytes() for name, tensor in
            read_safetensors(out / "checkpoint.safetensors").items()}


def check(text, folder, data, options):
    places = data_of(text.read_text(), data, folder)
    before, after = (trained(gmc, text, folder / side, places, options) for gmc, side in
                     ((options.before, "before"), (options.after, "after")))
    require(list(before) == list(after), "the tensors have other names")
    differ = [name for name, tensor in before.items() if tensor != after[name]]
    require(not differ, f"{len(differ)} of {len(before)} tensors differ: {differ[:3]}")
    return len(before)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("before", type=find_gmc)
    parser.add_argument("after", type=find_gmc)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--batch", type=int)
    options = parser.parse_intermixed_args()
    options.flags = ["--batch", str(options.batch)] if options.batch else []
    texts = [text for text in sorted(ROOT.glob("models/*.gm"))
             if not options.names or text.stem in options.names]
    failed = 0 if texts else 1
    with tempfile.TemporaryDirectory() as scratch:
        data = Path(scratch, "data")
        write_idx(data, 28, 28, train=1024)
        for text in texts:
            folder = Path(scratch, text.stem)
            folder.mkdir()
            try:
                tensors = check(text, folder, data, options)
                print(f"{text.stem}: {tensors} tensors, the same bytes", flush=True)
            except Wrong as wrong:
                print(f"{text.stem}: WRONG: {wrong}", flush=True)
                failed += 1
            shutil.rmtree(folder)
    print(f"{len(texts)} models, {failed} wrong")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
