"""Twins of models that combine what others have: a codebook, a learned prior, a
label that is summed out, an adversary of a VAE; see vaes.py."""
import math

import torch
from torch import nn
from torch.nn import functional
from torch.optim import Adam

from conditional import CLASSES, log_bernoulli, onehot
from gans import bce
from networks import Encoder, leaky, mlp
from replay import descend
from vaes import IMAGE, nats


class Bare(nn.Module):
    """A `param` of the file."""

    def __init__(self, replay, name):
        super().__init__()
        self.value = nn.Parameter(replay.start[name].clone())


def weights(*modules):
    return [weight for module in modules for weight in module.parameters()]


def normal_log(z, mu, logvar):
    return -(math.log(2 * math.pi) + logvar
             + (z - mu) ** 2 / logvar.exp()) / 2


class CodeEncoder(nn.Module):
    """Images to 49 vectors of 16 numbers."""

    def __init__(self):
        super().__init__()
        self.conv2d0 = nn.Conv2d(1, 32, 4, stride=2, padding=1)
        self.conv2d1 = nn.Conv2d(32, 16, 4, stride=2, padding=1)

    def forward(self, x):
        h = self.conv2d1(self.conv2d0(x).relu())
        return h.flatten(2).transpose(1, 2)


class CodeDecoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv_transpose2d0 = nn.ConvTranspose2d(16, 32, 4, stride=2,
                                                    padding=1)
        self.conv_transpose2d1 = nn.ConvTranspose2d(32, 1, 4, stride=2,
                                                    padding=1)

    def forward(self, z):
        h = z.transpose(1, 2).reshape(-1, 16, 7, 7)
        return self.conv_transpose2d1(
            self.conv_transpose2d0(h).relu()).sigmoid()


def vq_vae(replay):
    enc = replay.load("Enc", CodeEncoder())
    dec = replay.load("Dec", CodeDecoder())
    codebook = Bare(replay, "codebook")
    optimizer = Adam(weights(enc, dec, codebook), lr=1e-3)
    for _ in replay.rounds():
        call = replay.call("fit")
        x = call.input("x")
        h = enc(x)
        apart = torch.cdist(h.detach().flatten(0, 1), codebook.value)
        chosen = functional.embedding(apart.argmin(1).view(len(x), -1),
                                      codebook.value)
        rec = nats((dec(h + (chosen - h).detach()) - x) ** 2)
        learned = nats((chosen - h.detach()) ** 2)
        committed = nats((h - chosen.detach()) ** 2)
        loss = rec + learned + 0.25 * committed
        descend(optimizer, loss, [enc, dec, codebook])
        call.compare({"loss": loss, "rec": rec, "learned": learned,
                      "committed": committed})
    return {"Enc": enc, "Dec": dec, "codebook": codebook}


class Fading:
    """A `state` of the file, moved by hand."""

    def __init__(self, replay, name):
        self.name, self.value = name, replay.start[name].clone()

    def take(self, found):
        self.value = 0.99 * self.value + 0.01 * found

    def state_dict(self):
        return {"": self.value}


def vq_vae_ema(replay):
    enc = replay.load("Enc", CodeEncoder())
    dec = replay.load("Dec", CodeDecoder())
    chosen_by = Fading(replay, "chosen_by")
    total = Fading(replay, "total")
    optimizer = Adam(weights(enc, dec), lr=1e-3)
    for _ in replay.rounds():
        call = replay.call("fit")
        x = call.input("x")
        h = enc(x)
        rows = h.detach().flatten(0, 1)
        codebook = total.value / (chosen_by.value + 1e-5)[:, None]
        code = torch.cdist(rows, codebook).argmin(1)
        chosen = functional.embedding(code.view(len(x), -1), codebook)
        rec = nats((dec(h + (chosen - h).detach()) - x) ** 2)
        committed = nats((h - chosen) ** 2)
        loss = rec + 0.25 * committed
        descend(optimizer, loss, [enc, dec])
        call.compare({"loss": loss, "rec": rec, "committed": committed})
        chosen_by.take(torch.bincount(code, minlength=64).to(rows.dtype))
        total.take(torch.zeros_like(total.value).index_add_(0, code, rows))
    return {"Enc": enc, "Dec": dec, "chosen_by": chosen_by, "total": total}


def vamp_vae(replay):
    enc = replay.load("Enc", Encoder(784, 300, latent=20))
    dec = replay.load("Dec", mlp((20, 300, 784), nn.ReLU, None, IMAGE))
    made = Bare(replay, "made")
    optimizer = Adam(weights(enc, dec, made), lr=1e-3)
    for _ in replay.rounds():
        call = replay.call("fit")
        x = call.input("x")
        mu, logvar = enc(x)
        z = mu + (logvar / 2).exp() * call.draw("e")
        parts = normal_log(z[:, None], *enc(made.value.sigmoid())).sum(2)
        prior = parts.logsumexp(1) - math.log(len(made.value))
        rec = -nats(log_bernoulli(dec(z), x))
        kl = normal_log(z, mu, logvar).sum(1) - prior
        descend(optimizer, rec + kl, [enc, dec, made])
        call.compare({"loss": rec + kl, "rec": rec, "kl": kl})
    return {"Enc": enc, "Dec": dec, "made": made}


def semi_supervised_vae(replay):
    classify = replay.load("Class", mlp((784, 256, CLASSES), nn.ReLU))
    enc = replay.load("Enc", Encoder(784 + CLASSES, 256, latent=20))
    dec = replay.load("Dec", mlp((20 + CLASSES, 256, 784), nn.ReLU))
    optimizer = Adam(weights(classify, enc, dec), lr=3e-4)

    def bound(x, y, noise):
        mu, logvar = enc(torch.cat([x, y], 1))
        z = mu + (logvar / 2).exp() * noise
        rec = log_bernoulli(dec(torch.cat([z, y], 1)), x).sum(1)
        return rec + (1 + logvar - mu ** 2 - logvar.exp()).sum(1) / 2 \
            - math.log(CLASSES)

    for _ in replay.rounds():
        call = replay.call("known")
        x, y = call.input("x").flatten(1), call.input("y").long()
        both = bound(x, onehot(y), call.draw("bound#0/e"))
        label = functional.cross_entropy(classify(x), y, reduction="none")
        loss = 50 * label - both
        descend(optimizer, loss, [classify, enc, dec])
        call.compare({"loss": loss, "label": label, "both": both})
        call = replay.call("unknown")
        x, noise = call.input("x").flatten(1), call.draw("bound#0/e")
        logq = classify(x).log_softmax(1)
        loss = 0
        for c in range(CLASSES):
            y = onehot(torch.full((len(x),), c))
            loss = loss - logq[:, c].exp() * (bound(x, y, noise[:, c])
                                              - logq[:, c])
        descend(optimizer, loss, [classify, enc, dec])
        call.compare({"loss": loss})
    return {"Class": classify, "Enc": enc, "Dec": dec}


def vae_gan(replay):
    enc = replay.load("Enc", Encoder(784, 400, latent=20))
    dec = replay.load("Dec", mlp((20, 400, 784), nn.ReLU, nn.Sigmoid, IMAGE))
    disc = replay.load("D", mlp((784, 400, 200, 1), leaky))
    nets = (enc, dec, disc)
    optimizers = [Adam(net.parameters(), lr=2e-4) for net in nets]
    for _ in replay.rounds():
        call = replay.call("fit")
        x = call.input("x")
        mu, logvar = enc(x)
        made = dec(mu + (logvar / 2).exp() * call.draw("e"))
        drawn = dec(call.draw("p"))
        real, seen = disc[:-1](x), disc[:-1](made)
        kl = nats(mu ** 2 + logvar.exp() - 1 - logvar) / 2
        alike = nats((seen - real.detach()) ** 2) / 2
        gan = bce(disc[-1](real), 1.0) + bce(disc[-1](seen), 0.0) \
            + bce(disc(drawn), 0.0)
        losses = (kl + alike, 0.01 * alike - gan, gan)
        # All gradients are of the weights before any update.
        gradients = [torch.autograd.grad(loss.mean(), list(net.parameters()),
                                         retain_graph=True)
                     for net, loss in zip(nets, losses)]
        for net, optimizer, found in zip(nets, optimizers, gradients):
            for weight, gradient in zip(net.parameters(), found):
                weight.grad = gradient
            optimizer.step()
        call.compare({"loss.Enc": losses[0], "loss.Dec": losses[1],
                      "loss.D": gan, "kl": kl, "alike": alike, "gan": gan})
    return {"Enc": enc, "Dec": dec, "D": disc}


TWINS = {"vq_vae": vq_vae, "vq_vae_ema": vq_vae_ema, "vamp_vae": vamp_vae, "vae_gan": vae_gan,
         "semi_supervised_vae": semi_supervised_vae}
