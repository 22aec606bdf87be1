#!/usr/bin/python3
"""torch's twin of models/vae_deep.gm: 784-512-256-(64+64), mirrored, ReLU."""
import torch
from torch.nn import functional

import elbo


class Encoder(torch.nn.Module):
    def __init__(self, latent=64):
        super().__init__()
        self.linear0 = torch.nn.Linear(784, 512)
        self.linear1 = torch.nn.Linear(512, 256)
        self.mu = torch.nn.Linear(256, latent)
        self.logvar = torch.nn.Linear(256, latent)

    def forward(self, x):
        h = functional.relu(self.linear0(x))
        h = functional.relu(self.linear1(h))
        return self.mu(h), self.logvar(h)


class Decoder(torch.nn.Module):
    def __init__(self, latent=64):
        super().__init__()
        self.linear0 = torch.nn.Linear(latent, 256)
        self.linear1 = torch.nn.Linear(256, 512)
        self.linear2 = torch.nn.Linear(512, 784)

    def forward(self, z):
        h = functional.relu(self.linear0(z))
        h = functional.relu(self.linear1(h))
        return self.linear2(h)


def build():
    return elbo.Vae(Encoder(), Decoder())


if __name__ == "__main__":
    elbo.main("vae_deep", build)
