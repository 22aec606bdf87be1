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


def convolutional_classifier(classes):
    return nn.Sequential(OrderedDict(
        conv2d0=nn.Conv2d(1, 16, 4, stride=2, padding=1),
        between0=nn.ReLU(),
        conv2d1=nn.Conv2d(16, 32, 4, stride=2, padding=1),
        between1=nn.ReLU(),
        flatten=nn.Flatten(),
        linear0=nn.Linear(32 * 7 * 7, 64),
        between2=nn.ReLU(),
        linear1=nn.Linear(64, classes)))


def convolutional_decoder(latent):
    return nn.Sequential(OrderedDict(
        linear0=nn.Linear(latent, 64 * 7 * 7),
        shape=nn.Unflatten(1, (64, 7, 7)),
        between0=nn.ReLU(),
        conv_transpose2d0=nn.ConvTranspose2d(64, 32, 4, stride=2, padding=1),
        between1=nn.ReLU(),
        conv_transpose2d1=nn.ConvTranspose2d(32, 1, 4, stride=2, padding=1)))


def advance(net, moves):
    """Whether forwards of `net` move its running statistics: torch moves them
    in every training forward, gmc in steps that train the net (rule R-mean-6
    of dsl/language.md)."""
    for module in net.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.momentum = 0.1 if moves else 0.0


def dcgan_generator():
    up = {"stride": 2, "padding": 1}
    return nn.Sequential(OrderedDict(
        linear0=nn.Linear(100, 128 * 7 * 7, bias=False),
        shape=nn.Unflatten(1, (128, 7, 7)),
        batch_norm0=nn.BatchNorm2d(128),
        between0=nn.ReLU(),
        conv_transpose2d0=nn.ConvTranspose2d(128, 64, 4, bias=False, **up),
        batch_norm1=nn.BatchNorm2d(64),
        between1=nn.ReLU(),
        conv_transpose2d1=nn.ConvTranspose2d(64, 1, 4, **up),
        last=nn.Tanh()))


def dcgan_discriminator():
    return nn.Sequential(OrderedDict(
        conv2d0=nn.Conv2d(1, 64, 4, stride=2, padding=1),
        between0=leaky(),
        conv2d1=nn.Conv2d(64, 128, 4, stride=2, padding=1, bias=False),
        batch_norm0=nn.BatchNorm2d(128),
        between1=leaky(),
        flatten=nn.Flatten(),
        linear0=nn.Linear(128 * 7 * 7, 1)))


def large_dcgan_generator(width=64):
    """G of dcgan_64.gm."""
    def up(before, channels):
        return nn.Sequential(OrderedDict(
            conv_transpose2d0=nn.ConvTranspose2d(before, channels, 4, stride=2,
                                                 padding=1, bias=False),
            batch_norm0=nn.BatchNorm2d(channels), between=nn.ReLU()))
    return nn.Sequential(OrderedDict(
        shape=nn.Unflatten(1, (100, 1, 1)),
        conv_transpose2d0=nn.ConvTranspose2d(100, 8 * width, 4, bias=False),
        batch_norm0=nn.BatchNorm2d(8 * width), between=nn.ReLU(),
        up0=up(8 * width, 4 * width), up1=up(4 * width, 2 * width),
        up2=up(2 * width, width),
        conv_transpose2d1=nn.ConvTranspose2d(width, 1, 4, stride=2, padding=1,
                                             bias=False), last=nn.Tanh()))


def large_dcgan_discriminator(width=64):
    """D of dcgan_64.gm."""
    def down(before, channels):
        return nn.Sequential(OrderedDict(
            conv2d0=nn.Conv2d(before, channels, 4, stride=2, padding=1,
                              bias=False),
            batch_norm0=nn.BatchNorm2d(channels), between=leaky()))
    return nn.Sequential(OrderedDict(
        conv2d0=nn.Conv2d(1, width, 4, stride=2, padding=1, bias=False),
        between=leaky(), down0=down(width, 2 * width),
        down1=down(2 * width, 4 * width), down2=down(4 * width, 8 * width),
        conv2d1=nn.Conv2d(8 * width, 1, 4, bias=False), flatten=nn.Flatten()))


def growing_generator():
    """G of wgan_gp_conv.gm."""
    def up(before, channels):
        return nn.Sequential(OrderedDict(
            upsample=nn.Upsample(scale_factor=2),
            conv2d0=nn.Conv2d(before, channels, 3, padding=1, bias=False),
            batch_norm0=nn.BatchNorm2d(channels), between=nn.ReLU()))
    return nn.Sequential(OrderedDict(
        linear0=nn.Linear(64, 64 * 7 * 7), shape=nn.Unflatten(1, (64, 7, 7)),
        up0=up(64, 32), up1=up(32, 16), conv2d0=nn.Conv2d(16, 1, 3, padding=1),
        last=nn.Tanh()))


def shrinking_critic():
    def down(before, channels):
        return nn.Sequential(OrderedDict(
            conv2d0=nn.Conv2d(before, channels, 4, stride=2, padding=1),
            between=leaky()))
    return nn.Sequential(OrderedDict(
        down0=down(1, 16), down1=down(16, 32), flatten=nn.Flatten(),
        linear0=nn.Linear(32 * 7 * 7, 1)))


class Residual(nn.Module):
    """u + f(u), f's layers bearing their own names."""

    def __init__(self, channels):
        super().__init__()
        self.cir0 = cir(channels, channels, 3)
        self.conv2d0 = mirrored(channels, channels, 3, bias=False)
        self.norm = nn.InstanceNorm2d(channels)

    def forward(self, u):
        return u + self.norm(self.conv2d0(self.cir0(u)))


def mirrored(before, channels, taps, stride=1, bias=True):
    return nn.Conv2d(before, channels, taps, stride=stride, bias=bias,
                     padding=taps // 2, padding_mode="reflect")


def cir(before, channels, taps, stride=1):
    return nn.Sequential(OrderedDict(
        conv2d0=mirrored(before, channels, taps, stride, bias=False),
        norm=nn.InstanceNorm2d(channels), between=nn.ReLU()))


def cycle_generator(width=16, residuals=3):
    layers = OrderedDict(
        cir0=cir(3, width, 7), cir1=cir(width, 2 * width, 3, 2),
        cir2=cir(2 * width, 4 * width, 3, 2))
    for i in range(residuals):
        layers[f"res{i}"] = Residual(4 * width)
    layers["up0"] = nn.Upsample(scale_factor=2)
    layers["cir3"] = cir(4 * width, 2 * width, 3)
    layers["up1"] = nn.Upsample(scale_factor=2)
    layers["cir4"] = cir(2 * width, width, 3)
    layers["conv2d0"] = mirrored(width, 3, 7)
    layers["last"] = nn.Tanh()
    return nn.Sequential(layers)


def cycle_discriminator(width=16):
    layers = OrderedDict(
        conv2d0=nn.Conv2d(3, 2 * width, 4, stride=2, padding=1),
        between0=leaky())
    for i in (1, 2):
        before = 2 ** i * width
        layers[f"conv2d{i}"] = nn.Conv2d(before, 2 * before, 4, stride=2,
                                         padding=1, bias=False)
        layers[f"norm{i}"] = nn.InstanceNorm2d(2 * before)
        layers[f"between{i}"] = leaky()
    layers["conv2d3"] = nn.Conv2d(8 * width, 1, 4)
    return nn.Sequential(layers)
