#!/usr/bin/python3
"""Windows that reach far beyond their image, scheduled against reference.

    tests/numerics/far_windows.py [--build FOLDER]

Paddings and dilations many times the image, strides past it, images of one row,
one column, one pixel: one model has a net for each of CASES. Reference and
scheduled pipeline, f64, with little stack for each thread, make a step of SGD
with rate 1: losses agree to 1e-9, weights after it to 1e-9 of the largest entry.
Both add up to 400 thousand terms, the reference in one chain. A transposed
convolution of stride 50 is as much code as one of stride 9.
"""
import argparse
import csv
import resource
import sys
import tempfile
from pathlib import Path

import numpy

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "e2e"))
from trainer import (Wrong, compile_model, find_gmc,  # noqa: E402
                     read_safetensors, require, run, share_of)

# Shape of the image, layers.
CASES = [
    ((2, 5, 7), "conv2d(3, 3, pad: 150)"),
    ((2, 5, 7), "conv2d(3, 3, pad: 800, stride: 9)"),
    ((1, 5, 7), "conv2d(2, 3, pad: 2000, stride: 40)"),
    ((2, 5, 7), "conv2d(3, 31, pad: 800, stride: 40)"),
    ((2, 5, 7), "conv2d(3, 3, pad: 800, stride: 900)"),
    ((2, 5, 7), "conv2d(3, 3, pad: 3, stride: 50)"),
    ((3, 1, 9), "conv2d(2, 3, pad: 900, stride: 11)"),
    ((3, 9, 1), "conv2d(20, 4, pad: 300, stride: 7)"),
    ((3, 1, 1), "conv2d(4, 3, pad: 150, groups: 1)"),
    ((4, 5, 7), "conv2d(4, 3, pad: 200, groups: 4)"),
    # Two rows of windows are more than belongs on a stack.
    ((64, 4, 6), "conv2d(5, 3, pad: 120, dilation: 120, stride: 40)"),
    ((64, 4, 6), "conv2d(3, 31, pad: 200, stride: 40)"),
    ((2, 5, 7), "conv2d(3, 3) |> conv2d(3, 3, pad: 300, stride: 3)"),
    ((2, 5, 7), "conv2d(3, 3) |> conv2d(3, 3, pad: 400, stride: 7, dilation: 5)"),
    ((2, 5, 7), "conv2d(3, 3) |> conv_transpose2d(3, 9, dilation: 30)"),
    ((64, 3, 4), "conv_transpose2d(64, 3, dilation: 100)"),
    ((2, 5, 7), "conv_transpose2d(3, 5, stride: 30, dilation: 20, pad: 40)"),
    ((2, 9, 30), "conv2d(3, 3) |> conv_transpose2d(3, 3, stride: 3, pad: 10)"),
]
BATCH = 2
STACK = 2 << 20


def text(folder):
    """The model, and the arrays of its data by file name."""
    lines, terms, data, nets = [], [], {}, []
    for i, (shape, layers) in enumerate(CASES):
        event = ",".join(map(str, shape))
        name = "d" + event.replace(",", "_")
        if name not in data:
            data[name] = shape
            lines.append(f'data {name} : npy("{folder}/{name}.npy") as f32[{event}]')
        nets.append(f"N{i}")
        lines.append(f"net N{i}(x: f32[{event}]) -> map {{ x |> {layers} }}")
        terms.append(f"10 * mean(sin(2 * N{i}({name})))")
    lines.append(f"step fit({', '.join(data)}) {{\n  minimize "
                 f"{' + '.join(terms)} over {', '.join(nets)} using sgd(1)\n}}")
    given = ", ".join(f"next {name}.train" for name in data)
    lines.append(f"train {{ fit({given}) }} for 1 rounds, batch {BATCH}\n")
    return "\n".join(lines), data


def trained(gmc, folder, *flags):
    """The checkpoint after a step, and the loss."""
    name = "model" + "".join(flags)
    compile_model(gmc, folder / "model.gm", folder / name, *flags)
    before = resource.getrlimit(resource.RLIMIT_STACK)
    resource.setrlimit(resource.RLIMIT_STACK, (STACK, before[1]))
    try:
        run(folder / name, "train", "--steps", 1, "--threads", 2, "--out",
            folder / f"run{name}")
    finally:
        resource.setrlimit(resource.RLIMIT_STACK, before)
    with open(folder / f"run{name}" / "metrics.csv", encoding="utf-8") as file:
        loss = float(list(csv.DictReader(file))[-1]["fit.loss"])
    return (read_safetensors(folder / f"run{name}" / "checkpoint.safetensors"),
            loss)


def check(gmc, folder):
    """The largest share by which a weight differs."""
    model, data = text(folder)
    (folder / "model.gm").write_text(model)
    rng = numpy.random.default_rng(1)
    for name, shape in data.items():
        numpy.save(folder / name, rng.normal(size=(BATCH, *shape)))
    expected, loss = trained(gmc, folder, "-O0", "--f64")
    ours, shown = trained(gmc, folder, "-O2", "--f64")
    require(abs(shown - loss) <= 1e-9 * abs(loss),
            f"loss {shown}, reference {loss}")
    worst = 0
    for name, value in expected.items():
        share = share_of(name, ours[name], value)
        require(share <= 1e-9, f"`{name}` is {share:.1e} of its largest entry "
                "from the reference's")
        worst = max(worst, share)
    return worst


def check_size(gmc, folder):
    """Code is written for the kinds of phases, not for each of stride^2."""
    sizes = []
    for stride in (9, 50):
        source = folder / f"stride{stride}.gm"
        source.write_text(
            f'data d : npy("{folder}/d2_5_7.npy") as f32[2,5,7]\n'
            "net N(x: f32[2,5,7]) -> map {\n  x |> conv_transpose2d(3, 3) |> "
            f"conv_transpose2d(3, 7, stride: {stride})\n}}\n"
            "step fit(x) { minimize mean(N(x)^2) over N using sgd(1) }\n"
            f"train {{ fit(next d.train) }} for 1 rounds, batch {BATCH}\n")
        sizes.append(len(run(gmc, "compile", source, "--stop-after", "codegen")
                         .splitlines()))
    require(sizes[1] < 1.2 * sizes[0],
            f"lines for strides 9 and 50: {sizes}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build")
    gmc = find_gmc(parser.parse_args().build)
    with tempfile.TemporaryDirectory() as scratch:
        try:
            worst = check(gmc, Path(scratch))
            check_size(gmc, Path(scratch))
        except Wrong as wrong:
            print(f"WRONG: {wrong}")
            return 1
    print(f"{len(CASES)} nets agree with the reference to {worst:.1e}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
