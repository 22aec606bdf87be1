#!/usr/bin/python3
"""torch's twin of models/gan.gm: 100-256-512-784 against 784-512-256-1.

Generator with ReLU and a last tanh, discriminator with leaky_relu(0.2), pixels
in [-1, 1], the losses that do not saturate, one Adam each, two steps a round.
A GAN has no figure of merit to agree on; what is printed are the losses and
mean scores on the test set, which must fall in the same range.
"""
import argparse
import json
import time

import torch
from torch import nn
from torch.nn import functional

import fashion

LATENT = 100


def generator():
    return nn.Sequential(
        nn.Linear(LATENT, 256), nn.ReLU(), nn.Linear(256, 512), nn.ReLU(),
        nn.Linear(512, 784), nn.Tanh())


def discriminator():
    return nn.Sequential(
        nn.Linear(784, 512), nn.LeakyReLU(0.2), nn.Linear(512, 256),
        nn.LeakyReLU(0.2), nn.Linear(256, 1))


def loss(logits, target):
    """Cross-entropy of scores with one target for all of them."""
    return functional.binary_cross_entropy_with_logits(
        logits, torch.full_like(logits, target))


def play(networks, optimizers, x):
    """One round: the discriminator's step, then the generator's."""
    (g, d), (of_g, of_d) = networks, optimizers
    fake = g(torch.randn(len(x), LATENT)).detach()
    of_d.zero_grad()
    (loss(d(x), 1.0) + loss(d(fake), 0.0)).backward()
    of_d.step()
    of_g.zero_grad()
    loss(d(g(torch.randn(len(x), LATENT))), 1.0).backward()
    of_g.step()


@torch.no_grad()
def evaluate(networks, data):
    """Losses and mean scores over all of `data` and as many samples."""
    g, d = networks
    fake = g(torch.randn(len(data), LATENT))
    real_logits, fake_logits = d(data), d(fake)
    return {"d_loss": (loss(real_logits, 1.0) + loss(fake_logits, 0.0)).item(),
            "g_loss": loss(fake_logits, 1.0).item(),
            "d_real": torch.sigmoid(real_logits).mean().item(),
            "d_fake": torch.sigmoid(fake_logits).mean().item(),
            "pixel_mean": fake.mean().item(),
            "pixel_std": fake.std().item(),
            "data_mean": data.mean().item(), "data_std": data.std().item()}


def train(train_set, test_set, seed, options):
    torch.manual_seed(seed)
    networks = generator(), discriminator()
    optimizers = [torch.optim.Adam(one.parameters(), lr=options.lr,
                                   betas=(options.b1, 0.999))
                  for one in networks]
    begin = time.monotonic()
    for _ in range(options.epochs):
        order = torch.randperm(len(train_set))
        order = order[:len(order) // options.batch * options.batch]
        for chosen in order.split(options.batch):
            play(networks, optimizers, train_set[chosen])
    return {"seed": seed, **evaluate(networks, test_set),
            "seconds": time.monotonic() - begin}


def main():
    parser = argparse.ArgumentParser(description="torch's twin of gan.gm")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--lr", type=float, default=2e-4)
    parser.add_argument("--b1", type=float, default=0.5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--data", default=fashion.DIRECTORY)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    train_set = fashion.images("train", options.data) * 2 - 1
    test_set = fashion.images("test", options.data) * 2 - 1
    runs = [train(train_set, test_set, seed, options)
            for seed in options.seeds]
    if options.json:
        print(json.dumps({"model": "gan", "epochs": options.epochs,
                          "runs": runs, "torch": torch.__version__}))
        return
    for run in runs:
        print("  ".join(f"{name} {value:.3f}" for name, value in run.items()))


if __name__ == "__main__":
    main()
