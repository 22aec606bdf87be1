"""Twins of the autoencoders: a function takes a Replay, repeats the training
and returns the nets for a look at their final weights."""
import math

from torch import nn
from torch.nn import functional
from torch.optim import Adam

from networks import (ConvolutionalEncoder, Encoder, convolutional_decoder,
                      mlp)
from replay import descend

IMAGE = (1, 28, 28)


def nats(element):
    return element.flatten(1).sum(1)


def grey_bernoulli(output, x):
    return -nats(functional.binary_cross_entropy_with_logits(
        output, x, reduction="none"))


def gaussian(output, x, std=0.1):
    return nats(-((x - output) / std) ** 2 / 2 - math.log(std)
                - math.log(2 * math.pi) / 2)


def vae(encoder, decoder, likelihood=grey_bernoulli, noise="z",
        beta=lambda replay, number: 1.0):
    """The twin of a VAE with these nets."""
    def twin(replay):
        enc = replay.load("Enc", encoder())
        dec = replay.load("Dec", decoder())
        optimizer = Adam([*enc.parameters(), *dec.parameters()], lr=1e-3)
        for number in replay.rounds():
            call = replay.call("fit")
            x = call.input("x")
            mu, logvar = enc(x)
            z = mu + (logvar / 2).exp() * call.draw(noise)
            rec = likelihood(dec(z), x)
            kl = nats(mu ** 2 + logvar.exp() - 1 - logvar) / 2
            loss = beta(replay, number) * kl - rec
            descend(optimizer, loss, [enc, dec])
            # Written by hand, `rec` is the loss and not the density.
            call.compare({"loss": loss, "kl": kl,
                          "rec": rec if noise == "z" else -rec})
        return {"Enc": enc, "Dec": dec}
    return twin


class Halves(nn.Module):
    """One stack whose last layer is mu and logvar side by side."""

    def __init__(self):
        super().__init__()
        self.linear0 = nn.Linear(784, 400)
        self.linear1 = nn.Linear(400, 400)
        self.h = nn.Linear(400, 40)

    def forward(self, x):
        h = self.linear1(self.linear0(x.flatten(1)).relu()).relu()
        return self.h(h).chunk(2, dim=1)


def autoencoder(replay):
    enc = replay.load("Enc", mlp((784, 400, 20), nn.ReLU))
    dec = replay.load("Dec", mlp((20, 400, 784), nn.ReLU, nn.Sigmoid, IMAGE))
    optimizer = Adam([*enc.parameters(), *dec.parameters()], lr=1e-3)
    for _ in replay.rounds():
        call = replay.call("fit")
        x = call.input("x")
        loss = ((dec(enc(x)) - x) ** 2).flatten(1).mean(1)
        descend(optimizer, loss, [enc, dec])
        call.compare({"loss": loss, "rec": loss})
    return {"Enc": enc, "Dec": dec}


def decoder(*widths, last=None):
    return lambda: mlp(widths, nn.ReLU, last, IMAGE)


TWINS = {
    "autoencoder": autoencoder,
    "vae": vae(lambda: Encoder(784, 400, latent=20), decoder(20, 400, 784)),
    "vae_20": vae(lambda: Encoder(784, 256, 256, latent=20),
                  decoder(20, 256, 256, 784)),
    "vae_deep": vae(lambda: Encoder(784, 512, 256, latent=64),
                    decoder(64, 256, 512, 784)),
    "vae_mlp3": vae(Halves, decoder(20, 400, 400, 784), noise="e"),
    "vae_gaussian": vae(lambda: Encoder(784, 400, latent=20),
                        decoder(20, 400, 784, last=nn.Sigmoid), gaussian),
    "beta_vae": vae(lambda: Encoder(784, 400, latent=20),
                    decoder(20, 400, 784),
                    beta=lambda r, number: 4 * r.share(number, 5)),
    "conv_vae": vae(lambda: ConvolutionalEncoder(20),
                    lambda: convolutional_decoder(20)),
}
