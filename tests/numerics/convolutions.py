#!/usr/bin/python3
"""Convolutions of compiled trainers against torch's, values and gradients.

    tests/numerics/convolutions.py [--build FOLDER]

One model holds a net for each geometry of CASES: a first convolution, tanh,
the layer in question, tanh. It is compiled in f64, as reference and scheduled,
and makes one step of SGD with rate 1 on the whole data set, so that weights
before less weights after are the gradients. torch loads the first checkpoint
as it is (names and layouts are its own) and computes loss and gradients with
layers of its own. The loss agrees to 1e-12, each gradient to 1e-11 of its
tensor's largest entry: f64, sums of up to some thousand terms.

Without torch the test is skipped (exit code 77).
"""
import argparse
import csv
import sys
import tempfile
from pathlib import Path

import numpy

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
from trainer import (Wrong, compile_model, find_gmc,  # noqa: E402
                     read_safetensors, require, run, share_of, write_idx)

try:
    import torch
    from torch import nn
except ImportError:
    print("torch is not installed")
    sys.exit(77)

HEIGHT, WIDTH, FIRST, RECORDS = 11, 9, 6, 12
# Arguments as the language has them; out of FIRST channels.
CASES = [
    ("conv2d", (4, 4), {"stride": 2, "pad": 1}),
    ("conv2d", (5, 3), {"pad": "same"}),
    ("conv2d", (4, 4), {"pad": "same", "bias": False}),
    ("conv2d", (3, 3), {"stride": 2, "pad": "same"}),
    ("conv2d", (6, 3), {"groups": 3, "pad": 1}),
    ("conv2d", (6, 3), {"groups": 6}),
    ("conv2d", (8, 2), {"dilation": 3, "stride": 3, "pad": 2, "groups": 2}),
    ("conv2d", (48, 3), {"pad": 1}),
    ("conv2d", (64, 5), {"stride": 4, "pad": 3}),
    ("conv2d", (2, 9), {}),
    ("conv_transpose2d", (4, 4), {"stride": 2, "pad": 1}),
    ("conv_transpose2d", (3, 3), {"stride": 3, "out_pad": 1, "groups": 3}),
    ("conv_transpose2d", (4, 3), {"dilation": 2, "stride": 2, "pad": 1}),
    ("conv_transpose2d", (5, 2), {"stride": 4, "dilation": 2, "bias": False}),
    ("conv_transpose2d", (33, 5), {"pad": 2}),
    ("conv_transpose2d", (1, 4), {"stride": 2}),
    ("conv_transpose2d", (64, 4), {"stride": 2, "pad": 1, "out_pad": 1}),
]


def written(value):
    return str(value).lower()


def text():
    """The model, a net a case."""
    nets, terms = [], []
    for i, (layer, numbers, named) in enumerate(CASES):
        arguments = ", ".join([*map(str, numbers), *(
            f"{name}: {written(value)}" for name, value in named.items())])
        nets.append(f"net N{i}(x: image[1,{HEIGHT},{WIDTH}]) -> map {{\n"
                    f"  x |> conv2d({FIRST}, 3, pad: 1) as first |> tanh |> "
                    f"{layer}({arguments}) as layer |> tanh\n}}")
        terms.append(f"mean(sin(2 * N{i}(x)))")
    names = ", ".join(f"N{i}" for i in range(len(CASES)))
    return "\n".join([
        f'data d : idx("d") as image[1,{HEIGHT},{WIDTH}] in [0,1]', *nets,
        f"step fit(x) {{\n  minimize {' + '.join(terms)} over {names} "
        "using sgd(1)\n}",
        f"train {{ fit(next d.train) }} for 1 rounds, batch {RECORDS}\n"])


class Net(nn.Module):
    """A case in torch."""

    def __init__(self, layer, numbers, named):
        super().__init__()
        channels, taps = numbers
        stride, dilation = named.get("stride", 1), named.get("dilation", 1)
        options = {"stride": stride, "dilation": dilation,
                   "groups": named.get("groups", 1),
                   "bias": named.get("bias", True)}
        pad, self.margin = named.get("pad", 0), None
        if pad == "same":
            # torch has it for stride 1 only; its zeros are these.
            both = dilation * (taps - 1)
            one = (both // 2, both - both // 2)
            self.margin, pad = nn.ZeroPad2d((*one, *one)), 0
        self.first = nn.Conv2d(1, FIRST, 3, padding=1)
        if layer == "conv2d":
            self.layer = nn.Conv2d(FIRST, channels, taps, padding=pad,
                                   **options)
        else:
            self.layer = nn.ConvTranspose2d(
                FIRST, channels, taps, padding=pad,
                output_padding=named.get("out_pad", 0), **options)

    def forward(self, x):
        h = torch.tanh(self.first(x))
        return torch.tanh(self.layer(self.margin(h) if self.margin else h))


def gradients(weights, images):
    """torch's loss, and its gradients by the names of the checkpoint."""
    nets = nn.ModuleDict({f"N{i}": Net(*case)
                          for i, case in enumerate(CASES)}).double()
    nets.load_state_dict({name: torch.from_numpy(value.astype(numpy.float64))
                          for name, value in weights.items()})
    loss = sum(torch.sin(2 * net(images)).mean() for net in nets.values())
    loss.backward()
    return loss.item(), {name: parameter.grad.numpy()
                         for name, parameter in nets.named_parameters()}


def check(gmc, level, folder):
    """The largest share by which a gradient differs."""
    executable = folder / f"model{level}"
    compile_model(gmc, folder / "model.gm", executable, level, "--f64")
    ends = []
    for steps in (0, 1):
        out = folder / f"run{level}-{steps}"
        run(executable, "train", "--steps", steps, "--data", folder / "data",
            "--threads", 2, "--out", out)
        ends.append(read_safetensors(out / "checkpoint.safetensors"))
    raw = (folder / "data" / "train-images-idx3-ubyte").read_bytes()[16:]
    images = torch.tensor(list(raw), dtype=torch.float64).reshape(
        RECORDS, 1, HEIGHT, WIDTH) / 255
    weights = {name: value for name, value in ends[0].items()
               if name.endswith((".weight", ".bias"))}
    loss, expected = gradients(weights, images)
    with open(folder / f"run{level}-1" / "metrics.csv", encoding="utf-8") as f:
        shown = float(list(csv.DictReader(f))[-1]["fit.loss"])
    require(abs(shown - loss) <= 1e-12 * abs(loss),
            f"{level}: loss {shown}, torch {loss}")
    worst = (0.0, "")
    for name, gradient in expected.items():
        ours = ends[0][name].astype(float) - ends[1][name].astype(float)
        worst = max(worst, (share_of(name, ours, gradient), name))
    require(worst[0] <= 1e-11, f"{level}: the gradient of `{worst[1]}` is "
            f"{worst[0]:.1e} of its largest entry from torch's")
    return worst[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build")
    options = parser.parse_args()
    gmc = find_gmc(options.build)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "model.gm").write_text(text())
        write_idx(folder / "data", HEIGHT, WIDTH, train=RECORDS, test=RECORDS)
        try:
            for level in ("-O0", "-O2"):
                print(f"{level}: {len(CASES)} layers agree with torch's to "
                      f"{check(gmc, level, folder):.1e}")
        except Wrong as wrong:
            print(f"WRONG: {wrong}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
