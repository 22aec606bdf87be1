#!/usr/bin/python3
"""torch's twin of models/vae.gm: 784-400-(20+20) and 20-400-784, ReLU."""
import torch
from torch.nn import functional

import elbo


class Encoder(torch.nn.Module):
    def __init__(self, hidden=400, latent=20):
        super().__init__()
        self.linear0 = torch.nn.Linear(784, hidden)
        self.mu = torch.nn.Linear(hidden, latent)
        self.logvar = torch.nn.Linear(hidden, latent)

    def forward(self, x):
        h = functional.relu(self.linear0(x))
        return self.mu(h), self.logvar(h)


class Decoder(torch.nn.Module):
    def __init__(self, hidden=400, latent=20):
        super().__init__()
        self.linear0 = torch.nn.Linear(latent, hidden)
        self.linear1 = torch.nn.Linear(hidden, 784)

    def forward(self, z):
        return self.linear1(functional.relu(self.linear0(z)))


def build():
    return elbo.Vae(Encoder(), Decoder())


if __name__ == "__main__":
    elbo.main("vae", build)
