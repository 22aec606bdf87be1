"""Twins of the models with classes, with importance weights, and of those whose
examples see each other; see vaes.py."""
import math

import torch
from torch import nn
from torch.nn import functional
from torch.optim import Adam

from gans import bce
from networks import convolutional_classifier, leaky, mlp
from replay import descend
from vaes import IMAGE, Encoder, nats

CLASSES = 10


def onehot(label):
    return functional.one_hot(label.long(), CLASSES).to(
        torch.get_default_dtype())


def gumbel(u):
    return -torch.log(-torch.log(u))


def drawn_class(call, name="c"):
    """The class that a UniformInt of ten draws: the largest of its noise."""
    return gumbel(call.draw(name)).argmax(1)


def log_bernoulli(logits, x):
    return -functional.binary_cross_entropy_with_logits(logits, x,
                                                        reduction="none")


class TanhEncoder(Encoder):
    def forward(self, x):
        h = x.flatten(1)
        for i in range(self.count):
            h = getattr(self, f"linear{i}")(h).tanh()
        return self.mu(h), self.logvar(h)


def iwae(replay, draws=5):
    enc = replay.load("Enc", TanhEncoder(784, 200, 200, latent=50))
    dec = replay.load("Dec", mlp((50, 200, 200, 784), nn.Tanh))
    optimizer = Adam([*enc.parameters(), *dec.parameters()], lr=1e-3)
    for _ in replay.rounds():
        call = replay.call("fit")
        x = call.input("x").flatten(1)
        mu, logvar = (h[:, None] for h in enc(x))
        noise = call.draw("z")
        z = mu + (logvar / 2).exp() * noise
        decoded = dec(z.flatten(0, 1)).view(len(x), draws, -1)
        rec = log_bernoulli(decoded, x[:, None].expand_as(decoded)).sum(2)
        prior = -z ** 2 / 2
        guide = -(noise ** 2 + logvar) / 2
        weight = rec + (prior - guide).sum(2)
        loss = math.log(draws) - weight.logsumexp(1)
        descend(optimizer, loss, [enc, dec])
        call.compare({"loss": loss})
    return {"Enc": enc, "Dec": dec}


def categorical_vae(replay):
    enc = replay.load("Enc", mlp((784, 256, 200), nn.ReLU, None, (20, 10)))
    dec = replay.load("Dec", mlp((200, 256, 784), nn.ReLU, None, IMAGE))
    optimizer = Adam([*enc.parameters(), *dec.parameters()], lr=1e-3)
    for number in replay.rounds():
        call = replay.call("fit")
        x = call.input("x")
        tau = 0.5 ** replay.share(number, 10)
        logs = enc(x).log_softmax(2)
        z = ((logs + gumbel(call.draw("z"))) / tau).softmax(2)
        rec = nats(log_bernoulli(dec(z), x))
        kl = nats(logs.exp() * (logs + math.log(10)))
        descend(optimizer, kl - rec, [enc, dec])
        call.compare({"loss": kl - rec, "rec": rec, "kl": kl})
    return {"Enc": enc, "Dec": dec}


def classifier(replay):
    net = replay.load("Classifier", convolutional_classifier(CLASSES))
    optimizer = Adam(net.parameters(), lr=1e-3)
    for _ in replay.rounds():
        call = replay.call("fit")
        loss = functional.cross_entropy(
            net(call.input("x")), call.input("y").long(), reduction="none")
        descend(optimizer, loss, [net])
        call.compare({"loss": loss})
    return {"Classifier": net}


def cvae(replay):
    enc = replay.load("Enc", Encoder(794, 400, latent=20))
    dec = replay.load("Dec", mlp((30, 400, 784), nn.ReLU, None, IMAGE))
    optimizer = Adam([*enc.parameters(), *dec.parameters()], lr=1e-3)
    for _ in replay.rounds():
        call = replay.call("fit")
        x, y = call.input("x"), onehot(call.input("y"))
        mu, logvar = enc(torch.cat([x.flatten(1), y], 1))
        z = mu + (logvar / 2).exp() * call.draw("z")
        rec = nats(log_bernoulli(dec(torch.cat([z, y], 1)), x))
        kl = nats(mu ** 2 + logvar.exp() - 1 - logvar) / 2
        descend(optimizer, kl - rec, [enc, dec])
        call.compare({"loss": kl - rec, "rec": rec, "kl": kl})
    return {"Enc": enc, "Dec": dec}


def adam(*modules, lr=2e-4):
    return Adam([weight for module in modules
                 for weight in module.parameters()], lr, (0.5, 0.999))


def cgan(replay):
    gen = replay.load("G", mlp((110, 256, 512, 784), leaky, nn.Tanh, IMAGE))
    disc = replay.load("D", mlp((794, 512, 256, 1), leaky))
    for_d, for_g = adam(disc), adam(gen)

    def score(x, y):
        return disc(torch.cat([x.flatten(1), y], 1))

    for _ in replay.rounds():
        call = replay.call("disc")
        y = onehot(call.input("y"))
        fake = gen(torch.cat([call.draw("z"), y], 1))
        real = bce(score(call.input("x"), y), 1.0)
        fake = bce(score(fake, y), 0.0)
        descend(for_d, real + fake, disc)
        call.compare({"loss": real + fake, "real": real, "fake": fake})
        call = replay.call("gen")
        y = onehot(drawn_class(call, "y"))
        loss = bce(score(gen(torch.cat([call.draw("z"), y], 1)), y), 1.0)
        descend(for_g, loss, gen)
        call.compare({"loss": loss})
    return {"G": gen, "D": disc}


class TwoHeads(nn.Module):
    """Two layers with `names` on top."""

    def __init__(self, fan_in, widths, names):
        super().__init__()
        self.layers = len(widths)
        for i, width in enumerate(widths):
            self.add_module(f"linear{i}", nn.Linear(fan_in, width))
            fan_in = width
        self.names = names
        for name, width in names.items():
            self.add_module(name, nn.Linear(fan_in, width))

    def forward(self, x):
        h = x.flatten(1)
        for i in range(self.layers):
            h = functional.leaky_relu(getattr(self, f"linear{i}")(h), 0.2)
        return [getattr(self, name)(h) for name in self.names]


def xent(logits, label):
    return functional.cross_entropy(logits, label.long(), reduction="none")


def acgan(replay):
    gen = replay.load("G", mlp((110, 256, 512, 784), nn.ReLU, nn.Tanh, IMAGE))
    disc = replay.load("D", TwoHeads(784, (512, 256), {"score": 1,
                                                       "class": 10}))
    for_d, for_g = adam(disc), adam(gen)
    for _ in replay.rounds():
        call = replay.call("disc")
        c = drawn_class(call)
        s, found = disc(call.input("x"))
        sf, drawn = disc(gen(torch.cat([call.draw("z"), onehot(c)], 1)))
        source = bce(s, 1.0) + bce(sf, 0.0)
        kind = xent(found, call.input("y")) + xent(drawn, c)
        descend(for_d, source + kind, disc)
        call.compare({"loss": source + kind, "source": source, "class": kind})
        call = replay.call("gen")
        c = drawn_class(call)
        s, found = disc(gen(torch.cat([call.draw("z"), onehot(c)], 1)))
        loss = bce(s, 1.0) + xent(found, c)
        descend(for_g, loss, gen)
        call.compare({"loss": loss})
    return {"G": gen, "D": disc}


def infogan(replay):
    gen = replay.load("G", mlp((74, 256, 512, 784), nn.ReLU, nn.Tanh, IMAGE))
    disc = replay.load("D", mlp((784, 512, 256, 1), leaky))
    codes = replay.load("Q", TwoHeads(256, (128,), {"class": 10, "mu": 2,
                                                    "logvar": 2}))
    for_d, for_g = adam(disc, codes), adam(gen, lr=1e-3)
    for _ in replay.rounds():
        for entry in ("disc", "gen"):
            call = replay.call(entry)
            c, u = drawn_class(call), 2 * call.draw("u") - 1
            made = gen(torch.cat([call.draw("z"), onehot(c), u], 1))
            features = disc[:-1](made)
            logits, mu, logvar = codes(features)
            info = -xent(logits, c) - 0.1 * nats(
                math.log(2 * math.pi) + logvar
                + (u - mu) ** 2 / logvar.exp()) / 2
            if entry == "disc":
                real = bce(disc(call.input("x")), 1.0)
                fake = bce(disc[-1](features), 0.0)
                loss = real + fake - info
                descend(for_d, loss, [disc, codes])
                call.compare({"loss": loss, "real": real, "fake": fake})
            else:
                loss = bce(disc[-1](features), 1.0) - info
                descend(for_g, loss, gen)
                call.compare({"loss": loss, "info": info})
    return {"G": gen, "D": disc, "Q": codes}


def nearness(a, b):
    """wae_mmd's kernel of all pairs of rows."""
    apart = ((a[:, None] - b[None]) ** 2).sum(2)
    return 16 / (16 + apart)


def others(pairs):
    """The mean over all other examples."""
    return (pairs.sum(1) - pairs.diagonal()) / (len(pairs) - 1)


def wae_mmd(replay):
    enc = replay.load("Enc", mlp((784, 256, 8), nn.ReLU))
    dec = replay.load("Dec", mlp((8, 256, 784), nn.ReLU, nn.Sigmoid, IMAGE))
    optimizer = Adam([*enc.parameters(), *dec.parameters()], lr=1e-3)
    for _ in replay.rounds():
        call = replay.call("fit")
        x, p = call.input("x"), call.draw("p")
        z = enc(x)
        rec = nats((dec(z) - x) ** 2)
        mmd = others(nearness(z, z)) + others(nearness(p, p)) \
            - 2 * nearness(z, p).mean(1)
        loss = rec + 10 * mmd
        descend(optimizer, loss, [enc, dec])
        call.compare({"loss": loss, "rec": rec, "mmd": mmd})
    return {"Enc": enc, "Dec": dec}


def code_judge():
    return mlp((10, 128, 128, 1), leaky)


def factor_vae(replay):
    enc = replay.load("Enc", Encoder(784, 256, latent=10))
    dec = replay.load("Dec", mlp((10, 256, 784), nn.ReLU, None, IMAGE))
    disc = replay.load("D", code_judge())
    for_vae = Adam([*enc.parameters(), *dec.parameters()], lr=1e-3)
    for_d = Adam(disc.parameters(), lr=1e-3)
    for _ in replay.rounds():
        call = replay.call("fit")
        x = call.input("x")
        mu, logvar = enc(x)
        z = mu + (logvar / 2).exp() * call.draw("z")
        tc = disc(z)[:, 0]
        rec = nats(log_bernoulli(dec(z), x))
        kl = nats(mu ** 2 + logvar.exp() - 1 - logvar) / 2
        loss = kl - rec + 6 * tc
        descend(for_vae, loss, [enc, dec])
        call.compare({"loss": loss, "tc": tc, "rec": rec, "kl": kl})
        call = replay.call("judge")
        z = z.detach()
        # Each column in the order of its uniform numbers.
        shuffled = z.gather(0, call.draw("permute#0").argsort(0))
        loss = bce(disc(z), 1.0) + bce(disc(shuffled), 0.0)
        descend(for_d, loss, disc)
        call.compare({"loss": loss})
    return {"Enc": enc, "Dec": dec, "D": disc}


def aae(replay):
    enc = replay.load("Enc", mlp((784, 256, 8), nn.ReLU))
    dec = replay.load("Dec", mlp((8, 256, 784), nn.ReLU, nn.Sigmoid, IMAGE))
    disc = replay.load("D", mlp((8, 128, 128, 1), leaky))
    for_codes, for_d = adam(enc, dec), adam(disc)
    for _ in replay.rounds():
        call = replay.call("fit")
        x = call.input("x")
        z = enc(x)
        rec, fool = nats((dec(z) - x) ** 2), bce(disc(z), 1.0)
        descend(for_codes, rec + 10 * fool, [enc, dec])
        call.compare({"loss": rec + 10 * fool, "rec": rec, "fool": fool})
        call = replay.call("judge")
        loss = bce(disc(call.draw("p")), 1.0) \
            + bce(disc(enc(call.input("x"))), 0.0)
        descend(for_d, loss, disc)
        call.compare({"loss": loss})
    return {"Enc": enc, "Dec": dec, "D": disc}


TWINS = {
    "aae": aae,
    "factor_vae": factor_vae,
    "wae_mmd": wae_mmd,
    "acgan": acgan,
    "categorical_vae": categorical_vae,
    "cgan": cgan,
    "classifier": classifier,
    "cvae": cvae,
    "infogan": infogan,
    "iwae": iwae,
}
