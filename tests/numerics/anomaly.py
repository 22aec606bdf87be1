#!/usr/bin/python3
"""How well `score` of models/vae.gm tells a class that training did not see.

    tests/numerics/anomaly.py [--build FOLDER] [--class 8] [--epochs 2]
        [--seed 1]

gmc trains vae.gm on Fashion-MNIST without one class, torch the same model with
its own layers, initial values, batches and noise. Both score the whole test set
by -elbo of one draw; the area under the curve of that class against the others
(AUROC) is printed for both and must agree to 0.02. Exit code 77 without torch.
"""
import argparse
import csv
import sys
import tempfile
from pathlib import Path

import numpy

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE / "twins"), str(HERE.parent / "e2e")]
import with_torch  # noqa: E402,F401
import torch  # noqa: E402
import fashion  # noqa: E402
from networks import Encoder, mlp  # noqa: E402
from trainer import ROOT, compile_model, find_gmc, run  # noqa: E402
from torch.nn import functional  # noqa: E402

ALLOWED = 0.02


def area(scores, strange):
    """The share of pairs of a strange and a usual one that are in order."""
    order = numpy.argsort(scores, kind="stable")
    ranks = numpy.empty(len(scores))
    ranks[order] = numpy.arange(1, len(scores) + 1)
    count = strange.sum()
    above = ranks[strange].sum() - count * (count + 1) / 2
    return above / (count * (len(scores) - count))


def text_without(left_out):
    """vae.gm, trained on the other classes."""
    text = (ROOT / "models" / "vae.gm").read_text()
    for old, new in (
            ("\nnet Enc", f"""
data usual : idx("fashion-mnist") as (x: image[1,28,28] in [0,1], y: label[10]), without(y: {left_out})

net Enc"""),
            ("train { fit(next fashion.train) }",
             "train {\n  x, y = next usual.train\n  fit(x)\n}")):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def of_gmc(gmc, options, folder):
    """Scores of the test set."""
    text = folder / "usual.gm"
    text.write_text(text_without(options.left_out))
    executable = folder / "usual"
    compile_model(gmc, text, executable)
    run(executable, "train", "--epochs", options.epochs, "--seed",
        options.seed, "--out", folder / "run", timeout=3600)
    run(executable, "score", "--out", folder / "run", timeout=600)
    with open(folder / "run" / "samples" / "score.csv", encoding="ascii",
              newline="") as file:
        return numpy.array([float(row["score"])
                            for row in csv.DictReader(file)])


def bound(enc, dec, x):
    """The ELBO of each example, by one draw."""
    mu, logvar = enc(x)
    z = mu + (logvar / 2).exp() * torch.randn_like(mu)
    rec = -functional.binary_cross_entropy_with_logits(
        dec(z), x, reduction="none").sum(1)
    return rec + 0.5 * (1 + logvar - mu ** 2 - logvar.exp()).sum(1)


def of_torch(options):
    torch.manual_seed(options.seed)
    enc = Encoder(784, 400, latent=20)
    dec = mlp((20, 400, 784), torch.nn.ReLU)
    optimizer = torch.optim.Adam([*enc.parameters(), *dec.parameters()],
                                 lr=1e-3)
    images = fashion.images("train").view(-1, 784)
    images = images[fashion.labels("train") != options.left_out]
    for _ in range(options.epochs):
        order = torch.randperm(len(images))
        for i in range(len(order) // 128):
            loss = -bound(enc, dec, images[order[128 * i:128 * (i + 1)]]).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    with torch.no_grad():
        return -bound(enc, dec, fashion.images("test").view(-1, 784)).numpy()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=None)
    parser.add_argument("--class", dest="left_out", type=int, default=8)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    strange = (fashion.labels("test") == options.left_out).numpy()
    with tempfile.TemporaryDirectory() as place:
        ours = area(of_gmc(find_gmc(options.build), options, Path(place)),
                    strange)
    theirs = area(of_torch(options), strange)
    print(f"class {options.left_out} left out, {options.epochs} epochs, seed "
          f"{options.seed}: AUROC gmc {ours:.4f}, torch {theirs:.4f}")
    return 0 if abs(ours - theirs) <= ALLOWED else 1


if __name__ == "__main__":
    sys.exit(main())
