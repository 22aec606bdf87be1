#!/usr/bin/python3
"""Self-attention against torch.nn.MultiheadAttention, to second order.

    tests/numerics/attention.py [--build FOLDER]

One step of sgd(1) by an objective that holds the output and the square of its
gradient in the input, in f64, -O0 and -O2: the weights' difference is the
gradient, which is torch's to 1e-12 of the largest entry. Skipped (77) without
torch.
"""
import argparse
import sys
import tempfile
from pathlib import Path

try:
    import torch
except ImportError:
    print("torch is not installed")
    sys.exit(77)
import numpy

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "e2e"))
from trainer import (compile_model, find_gmc, read_safetensors,  # noqa: E402
                     require, run)

TEXT = """
data d : npy("{place}") as f32[5,8] in [0,255]
net A(x: f32[5,8]) -> f32[5,8] {{ x |> attention(heads: 2) }}
step fit(x) {{
  u = x / 100
  y = sin(A(u))
  g = grad(sum(y), u)
  minimize sum(y * iota(8)[new]) + sum(g^2) over A using sgd(1)
}}
train {{ fit(next d.train) }} for 1 epochs, batch 4
"""


def gradients(x, before):
    """By torch: tensor to its gradient."""
    layer = torch.nn.MultiheadAttention(8, 2, batch_first=True).double()
    layer.load_state_dict({name: torch.from_numpy(value.copy())
                           for name, value in before.items()})
    u = (torch.from_numpy(x.astype(float)) / 100).requires_grad_()
    # With the weights asked for, torch takes the way that it derives twice.
    y = layer(u, u, u, need_weights=True)[0].sin()
    g, = torch.autograd.grad(y.sum(), u, create_graph=True)
    loss = ((y * torch.arange(8.0, dtype=float)).sum((1, 2))
            + (g ** 2).sum((1, 2))).mean()
    names, weights = zip(*layer.named_parameters())
    return dict(zip(names, torch.autograd.grad(loss, weights)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build")
    gmc = find_gmc(parser.parse_args().build)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        x = numpy.random.default_rng(3).integers(0, 255, (4, 5, 8), "u1")
        numpy.save(folder / "x.npy", x)
        text = folder / "model.gm"
        text.write_text(TEXT.format(place=folder / "x.npy"))
        for level in ("-O0", "-O2"):
            seen = []
            compile_model(gmc, text, folder / level, "--f64", level)
            for steps in (0, 1):
                out = folder / f"{level}-{steps}"
                run(folder / level, "train", "--steps", steps, "--out", out)
                stored = read_safetensors(out / "checkpoint.safetensors")
                seen.append({key.removeprefix("A.attention0."): value
                             for key, value in stored.items()
                             if key.startswith("A.")})
            found = gradients(x, seen[0])
            require(sorted(found) == sorted(seen[0]), f"tensors: {seen[0]}")
            for key, theirs in found.items():
                ours = seen[0][key] - seen[1][key]
                scale = max(theirs.abs().max().item(), 1.0)
                apart = abs(ours - theirs.numpy()).max() / scale
                require(apart <= 1e-12, f"{level}: {key} is {apart:.1e} off")
                print(f"{level}: {key} {apart:.1e}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
