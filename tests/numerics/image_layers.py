#!/usr/bin/python3
"""Layers of images of compiled trainers against torch's, values and gradients.

    tests/numerics/image_layers.py [--build FOLDER]

One model holds a net for each convolution of CASES and each layer of OTHERS: a
first convolution, tanh, the layer in question, tanh; and one of an embedding of
the pixels' grey values. It is compiled in f64, as reference and scheduled,
and makes one step of SGD with rate 1 on the whole data set, so that weights
before less weights after are the gradients. To those that mix the examples of a
batch, the square of a gradient in the images is added: second order. torch loads
the first checkpoint as it is (names and layouts are its own) and computes loss
and gradients with layers of its own. The loss and what layers keep agree to 1e-12, each gradient to 1e-11 of its
tensor's largest entry: f64, sums of up to some thousand terms. One, two and
three threads give equal checkpoints.

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

from with_torch import torch  # noqa: E402
from torch import nn  # noqa: E402

HEIGHT, WIDTH, FIRST, RECORDS = 11, 9, 6, 12
# Of the embedding; no grey value lies halfway between two.
CODES = 20
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
    # Strides whose phases share their code.
    ("conv_transpose2d", (3, 3), {"stride": 8}),
    ("conv_transpose2d", (3, 16), {"stride": 8, "pad": 4}),
    ("conv_transpose2d", (1, 5), {"stride": 7, "out_pad": 6}),
    ("conv_transpose2d", (33, 7), {"stride": 3, "pad": 2, "groups": 3}),
    ("conv_transpose2d", (4, 7), {"stride": 5, "dilation": 3, "pad": 2,
                                  "out_pad": 4}),
    ("conv_transpose2d", (2, 5), {"stride": 6, "dilation": 4, "bias": False}),
    ("conv2d", (4, 3), {"stride": 5, "pad": 1}),
    ("conv2d", (20, 7), {"stride": 4, "pad": 3, "groups": 2}),
    ("conv2d", (2, 3), {"stride": 16, "dilation": 3, "pad": 6}),
]
# What a text says, and the same in torch.
SHAPE = [FIRST, HEIGHT, WIDTH]
OTHERS = [
    ("max_pool(2)", lambda: nn.MaxPool2d(2)),
    ("avg_pool(3)", lambda: nn.AvgPool2d(3)),
    ("max_pool(3, stride: 2, pad: 1)", lambda: nn.MaxPool2d(3, 2, 1)),
    ("max_pool(2, stride: 1, dilation: 3)",
     lambda: nn.MaxPool2d(2, 1, dilation=3)),
    ("avg_pool(3, stride: 2, pad: 1)", lambda: nn.AvgPool2d(3, 2, 1)),
    ("upsample(2)", lambda: nn.Upsample(scale_factor=2)),
    ("upsample(3, mode: bilinear)", lambda: nn.Upsample(
        scale_factor=3, mode="bilinear", align_corners=False)),
    ("layer_norm", lambda: nn.LayerNorm(SHAPE)),
    ("instance_norm", lambda: nn.InstanceNorm2d(FIRST)),
    ("instance_norm(affine: true)",
     lambda: nn.InstanceNorm2d(FIRST, affine=True)),
    ("group_norm(3)", lambda: nn.GroupNorm(3, FIRST)),
    ("group_norm(1, affine: false)",
     lambda: nn.GroupNorm(1, FIRST, affine=False)),
    ("batch_norm", lambda: nn.BatchNorm2d(FIRST)),
    ("batch_norm(affine: false)",
     lambda: nn.BatchNorm2d(FIRST, affine=False)),
    ("flatten |> batch_norm", lambda: FlatNorm(FIRST * HEIGHT * WIDTH)),
    ("gelu", nn.GELU),
    ("conv2d(4, 3, pad: same, mode: reflect)",
     lambda: nn.Conv2d(FIRST, 4, 3, padding=1, padding_mode="reflect")),
    ("conv2d(4, 7, stride: 2, pad: 3, mode: reflect)",
     lambda: nn.Conv2d(FIRST, 4, 7, stride=2, padding=3,
                       padding_mode="reflect")),
    # Images of one pixel, one row, one column.
    ("max_pool(9) |> upsample(2) |> batch_norm",
     lambda: behind(nn.BatchNorm2d(FIRST), POINT, nn.Upsample(scale_factor=2))),
    ("max_pool(9) |> upsample(3) |> layer_norm",
     lambda: behind(nn.LayerNorm([FIRST, 3, 3]), POINT,
                    nn.Upsample(scale_factor=3))),
    ("max_pool(9) |> upsample(2) |> group_norm(2)",
     lambda: behind(nn.GroupNorm(2, FIRST), POINT, nn.Upsample(scale_factor=2))),
    ("max_pool(9) |> upsample(2) |> conv2d(4, 1)",
     lambda: behind(nn.Conv2d(FIRST, 4, 1), POINT, nn.Upsample(scale_factor=2))),
    ("max_pool(9) |> conv_transpose2d(4, 5, stride: 4)",
     lambda: behind(nn.ConvTranspose2d(FIRST, 4, 5, 4), POINT)),
    ("max_pool(9) |> conv2d(4, 3, pad: 2)",
     lambda: behind(nn.Conv2d(FIRST, 4, 3, padding=2), POINT)),
    ("max_pool(9) |> batch_norm",
     lambda: behind(nn.BatchNorm2d(FIRST), POINT)),
    ("reshape(6, 99, 1) |> upsample(2) |> batch_norm",
     lambda: behind(nn.BatchNorm2d(FIRST), nn.Flatten(),
                    nn.Unflatten(1, (FIRST, HEIGHT * WIDTH, 1)),
                    nn.Upsample(scale_factor=2))),
    ("reshape(594, 1, 1) |> upsample(2) |> group_norm(6)",
     lambda: behind(nn.GroupNorm(6, FIRST * HEIGHT * WIDTH), nn.Flatten(),
                    nn.Unflatten(1, (FIRST * HEIGHT * WIDTH, 1, 1)),
                    nn.Upsample(scale_factor=2))),
    ("reshape(2, 1, 297) |> upsample(2, mode: bilinear) |> layer_norm",
     lambda: behind(nn.LayerNorm([2, 2, 594]), nn.Flatten(),
                    nn.Unflatten(1, (2, 1, 297)), nn.Upsample(
                        scale_factor=2, mode="bilinear", align_corners=False))),
]


# Functions, which bear no name.
PLAIN = ("max_pool", "avg_pool", "upsample", "gelu")


class FlatNorm(nn.BatchNorm1d):
    """batch_norm of vectors."""

    def forward(self, x):
        return super().forward(x.flatten(1))


# A pixel of the image that comes in.
POINT = nn.MaxPool2d(9)


def behind(layer, *others):
    """A layer that takes what `others` make of its input."""
    first = nn.Sequential(*others)
    layer.register_forward_pre_hook(lambda _, inputs: first(inputs[0]))
    return layer


def is_mixed(layer):
    """Whether a layer mixes the examples of a batch."""
    return "batch_norm" in layer


def spelt(named):
    """Labelled arguments as the language has them."""
    return [f"{name}: {str(value).lower()}" for name, value in named.items()]


def text():
    """The model, a net a case."""
    layers = [f"{layer}({', '.join([*map(str, numbers), *spelt(named)])})"
              for layer, numbers, named in CASES]
    layers += [layer for layer, _ in OTHERS]
    nets, terms, lines = [], [], []
    for i, layer in enumerate(layers):
        last = layer.split("|> ")[-1]
        named = "" if last.startswith(PLAIN) else " as layer"
        nets.append(f"net N{i}(x: image[1,{HEIGHT},{WIDTH}]) -> map {{\n"
                    f"  x |> conv2d({FIRST}, 3, pad: 1) as first |> tanh |> "
                    f"{layer}{named} |> tanh\n}}")
        terms.append(f"mean(sin(2 * N{i}(x)))")
        if is_mixed(layer):
            lines.append(f"  g{i} = grad(sum(mean(sin(N{i}(x))), over: batch), "
                         "x)\n")
            terms.append(f"10 * sum(g{i}^2)")
    nets.append(f"net E(x: image[1,{HEIGHT},{WIDTH}]) -> map {{\n"
                f"  use e : embedding({CODES}, 3)\n"
                f"  tanh(e(round({CODES - 1} * flatten(x))))\n}}")
    terms.append("mean(sin(2 * E(x)))")
    names = ", ".join([f"N{i}" for i in range(len(layers))] + ["E"])
    return "\n".join([
        f'data d : idx("d") as image[1,{HEIGHT},{WIDTH}] in [0,1]', *nets,
        f"step fit(x) {{\n{''.join(lines)}  minimize {' + '.join(terms)} over "
        f"{names} "
        "using sgd(1)\n}",
        f"train {{ fit(next d.train) }} for 1 rounds, batch {RECORDS}\n"])


class Embedded(nn.Module):
    """Rows of a table at the grey values."""

    def __init__(self):
        super().__init__()
        self.e = nn.Embedding(CODES, 3)

    def forward(self, x):
        codes = torch.round((CODES - 1) * x.flatten(1)).long()
        return torch.tanh(self.e(codes))


class Net(nn.Module):
    """A net in torch."""

    def __init__(self, layer=None):
        super().__init__()
        self.first = nn.Conv2d(1, FIRST, 3, padding=1)
        self.margin, self.layer = None, layer

    def forward(self, x):
        h = torch.tanh(self.first(x))
        return torch.tanh(self.layer(self.margin(h) if self.margin else h))


class ConvolutionNet(Net):
    """One of CASES."""

    def __init__(self, layer, numbers, named):
        super().__init__()
        channels, taps = numbers
        stride, dilation = named.get("stride", 1), named.get("dilation", 1)
        options = {"stride": stride, "dilation": dilation,
                   "groups": named.get("groups", 1),
                   "bias": named.get("bias", True)}
        pad = named.get("pad", 0)
        if pad == "same":
            # torch has it for stride 1 only; its zeros are these.
            both = dilation * (taps - 1)
            one = (both // 2, both - both // 2)
            self.margin, pad = nn.ZeroPad2d((*one, *one)), 0
        if layer == "conv2d":
            self.layer = nn.Conv2d(FIRST, channels, taps, padding=pad,
                                   **options)
        else:
            self.layer = nn.ConvTranspose2d(
                FIRST, channels, taps, padding=pad,
                output_padding=named.get("out_pad", 0), **options)


def gradients(weights, images):
    """torch's loss, and its gradients by the names of the checkpoint."""
    nets = [ConvolutionNet(*case) for case in CASES]
    nets += [Net(make()) for _, make in OTHERS]
    nets = {f"N{i}": net for i, net in enumerate(nets)}
    nets = nn.ModuleDict({**nets, "E": Embedded()}).double()
    nets.load_state_dict({name: torch.from_numpy(value.astype(numpy.float64))
                          for name, value in weights.items()})
    images.requires_grad_()
    loss = 0
    for i, net in enumerate(nets.values()):
        loss = loss + torch.sin(2 * net(images)).mean()
        other = i - len(CASES)
        if 0 <= other < len(OTHERS) and is_mixed(OTHERS[other][0]):
            inner = torch.sin(net(images)).flatten(1).mean(1).sum()
            gradient, = torch.autograd.grad(inner, images, create_graph=True)
            loss = loss + 10 * (gradient ** 2).sum(dim=(1, 2, 3)).mean()
    loss.backward()
    kept = {name: value.numpy() for name, value in nets.named_buffers()
            if not name.endswith("num_batches_tracked")}
    return loss.item(), {name: parameter.grad.numpy()
                         for name, parameter in nets.named_parameters()}, kept


def check(gmc, flags, folder):
    """The largest share by which a gradient differs."""
    level = "".join(flags)
    executable = folder / f"model{level}"
    compile_model(gmc, folder / "model.gm", executable, *flags, "--f64")
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
               if name.endswith((".weight", ".bias", ".running_mean",
                                 ".running_var"))}
    loss, expected, kept = gradients(weights, images)
    with open(folder / f"run{level}-1" / "metrics.csv", encoding="utf-8") as f:
        shown = float(list(csv.DictReader(f))[-1]["fit.loss"])
    require(abs(shown - loss) <= 1e-12 * abs(loss),
            f"{level}: loss {shown}, torch {loss}")
    worst = (0.0, "")
    for name, gradient in expected.items():
        ours = ends[0][name].astype(float) - ends[1][name].astype(float)
        worst = max(worst, (share_of(name, ours, gradient), name))
    for name, value in kept.items():
        share = share_of(name, ends[1][name], value)
        require(share <= 1e-12, f"{level}: `{name}` is {share:.1e} of its "
                "largest entry from torch's")
    for threads in (1, 3):
        out = folder / f"run{level}-threads{threads}"
        run(executable, "train", "--steps", 1, "--data", folder / "data",
            "--threads", threads, "--out", out)
        require((out / "checkpoint.safetensors").read_bytes() == (
            folder / f"run{level}-1" / "checkpoint.safetensors").read_bytes(),
            f"{level}: {threads} threads and 2 give different bits")
    require(worst[0] <= 1e-11, f"{level}: the gradient of `{worst[1]}` is "
            f"{worst[0]:.1e} of its largest entry from torch's")
    return worst[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build")
    parser.add_argument("--scheduled", action="store_true",
                        help="for this machine alone, not the reference")
    options = parser.parse_args()
    gmc = find_gmc(options.build)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "model.gm").write_text(text())
        write_idx(folder / "data", HEIGHT, WIDTH, train=RECORDS, test=RECORDS)
        try:
            levels = [["-O2"]] if options.scheduled else [
                ["-O0"], ["-O2"], ["-O2", "--mcpu=x86-64-v3"]]
            for flags in levels:
                print(f"{' '.join(flags)}: {len(CASES) + len(OTHERS) + 1} layers "
                      f"agree with torch's to {check(gmc, flags, folder):.1e}")
        except Wrong as wrong:
            print(f"WRONG: {wrong}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
