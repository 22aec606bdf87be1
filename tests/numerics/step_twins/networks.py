"""The networks of models/*.gm in torch's layers, under gmc's names."""
from collections import OrderedDict

from torch import nn


def mlp(widths, between, last=None, shape=None):
    """linear0, linear1, .. of `widths` with `between()` between them, `last()`
    behind them; of images, which it flattens; `shape` is that of its output."""
    layers = OrderedDict(flatten=nn.Flatten())
    for i, (fan_in, fan_out) in enumerate(zip(widths, widths[1:])):
        layers[f"linear{i}"] = nn.Linear(fan_in, fan_out)
        if i + 2 < len(widths):
            layers[f"between{i}"] = between()
    if last:
        layers["last"] = last()
    if shape:
        layers["shape"] = nn.Unflatten(1, shape)
    return nn.Sequential(layers)


def leaky():
    return nn.LeakyReLU(0.2)


class Encoder(nn.Module):
    """A stack of linear layers and two heads, `mu` and `logvar`."""

    def __init__(self, *widths, latent):
        super().__init__()
        for i, (fan_in, fan_out) in enumerate(zip(widths, widths[1:])):
            self.add_module(f"linear{i}", nn.Linear(fan_in, fan_out))
        self.count = len(widths) - 1
        self.mu = nn.Linear(widths[-1], latent)
        self.logvar = nn.Linear(widths[-1], latent)

    def forward(self, x):
        h = x.flatten(1)
        for i in range(self.count):
            h = getattr(self, f"linear{i}")(h).relu()
        return self.mu(h), self.logvar(h)


class ConvolutionalEncoder(nn.Module):
    def __init__(self, latent):
        super().__init__()
        self.conv2d0 = nn.Conv2d(1, 32, 4, stride=2, padding=1)
        self.conv2d1 = nn.Conv2d(32, 64, 4, stride=2, padding=1)
        self.mu = nn.Linear(64 * 7 * 7, latent)
        self.logvar = nn.Linear(64 * 7 * 7, latent)

    def forward(self, x):
        h = self.conv2d1(self.conv2d0(x).relu()).relu().flatten(1)
        return self.mu(h), self.logvar(h)


def convolutional_decoder(latent):
    return nn.Sequential(OrderedDict(
        linear0=nn.Linear(latent, 64 * 7 * 7),
        shape=nn.Unflatten(1, (64, 7, 7)),
        between0=nn.ReLU(),
        conv_transpose2d0=nn.ConvTranspose2d(64, 32, 4, stride=2, padding=1),
        between1=nn.ReLU(),
        conv_transpose2d1=nn.ConvTranspose2d(32, 1, 4, stride=2, padding=1)))


def dcgan_generator():
    return nn.Sequential(OrderedDict(
        linear0=nn.Linear(100, 128 * 7 * 7),
        shape=nn.Unflatten(1, (128, 7, 7)),
        between0=nn.ReLU(),
        conv_transpose2d0=nn.ConvTranspose2d(128, 64, 4, stride=2, padding=1),
        between1=nn.ReLU(),
        conv_transpose2d1=nn.ConvTranspose2d(64, 1, 4, stride=2, padding=1),
        last=nn.Tanh()))


def dcgan_discriminator():
    return nn.Sequential(OrderedDict(
        conv2d0=nn.Conv2d(1, 64, 4, stride=2, padding=1),
        between0=leaky(),
        conv2d1=nn.Conv2d(64, 128, 4, stride=2, padding=1),
        between1=leaky(),
        flatten=nn.Flatten(),
        linear0=nn.Linear(128 * 7 * 7, 1)))
