"""Trains a VAE with torch alone and measures its test ELBO in nats an example.

Shared by vae.py and vae_deep.py, which add the networks. Layers, initial
values, losses, random numbers and the optimiser are torch's own.
"""
import argparse
import json
import time

import torch
from torch.nn import functional

import fashion


class Vae(torch.nn.Module):
    """An encoder to (mu, logvar) and a decoder to logits, named as in gmc."""

    def __init__(self, encoder, decoder):
        super().__init__()
        self.Enc = encoder
        self.Dec = decoder

    def terms(self, x):
        """Per example: log p(x|z) for one draw of z, and KL(q(z|x) || p(z))."""
        mu, logvar = self.Enc(x)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
        loss = functional.binary_cross_entropy_with_logits(
            self.Dec(z), x, reduction="none")
        kl = -0.5 * (1 + logvar - mu ** 2 - logvar.exp()).sum(1)
        return -loss.sum(1), kl


@torch.no_grad()
def evaluate(model, data, batch=500):
    """Means of elbo, rec and kl over all of `data`, one draw an example."""
    rec_sum = kl_sum = 0.0
    for x in data.split(batch):
        rec, kl = model.terms(x)
        rec_sum += rec.double().sum().item()
        kl_sum += kl.double().sum().item()
    rec, kl = rec_sum / len(data), kl_sum / len(data)
    return {"elbo": rec - kl, "rec": rec, "kl": kl}


def train(build, train_set, test_set, seed, options):
    """Trains `build()` from `seed`; returns its figures on the test set."""
    torch.manual_seed(seed)
    model = build()
    optimizer = torch.optim.Adam(model.parameters(), lr=options.lr)
    steps = len(train_set) // options.batch
    begin = time.monotonic()
    for _ in range(options.epochs):
        order = torch.randperm(len(train_set))
        for step in range(steps):
            chosen = order[step * options.batch:(step + 1) * options.batch]
            rec, kl = model.terms(train_set[chosen])
            optimizer.zero_grad()
            (kl - rec).mean().backward()
            optimizer.step()
    seconds = time.monotonic() - begin
    return {"seed": seed, **evaluate(model, test_set), "seconds": seconds}


def main(name, build, arguments=None):
    """The command line of a twin: a line a seed, then their mean."""
    parser = argparse.ArgumentParser(description=f"torch's twin of {name}.gm")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--data", default=fashion.DIRECTORY)
    parser.add_argument("--json", action="store_true",
                        help="print one JSON object at the end instead")
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    train_set = fashion.images("train", options.data)
    test_set = fashion.images("test", options.data)
    runs = []
    for seed in options.seeds:
        runs.append(train(build, train_set, test_set, seed, options))
        if not options.json:
            run = runs[-1]
            print(f"{name} seed {seed}: elbo {run['elbo']:.3f}"
                  f" rec {run['rec']:.3f} kl {run['kl']:.3f}"
                  f" ({run['seconds']:.0f} s)", flush=True)
    mean = sum(run["elbo"] for run in runs) / len(runs)
    if options.json:
        print(json.dumps({"model": name, "epochs": options.epochs,
                          "elbo": mean, "runs": runs,
                          "torch": torch.__version__}))
    else:
        print(f"{name} mean of {len(runs)}: elbo {mean:.3f}")
