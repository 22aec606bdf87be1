"""Twins of the adversarial models; see vaes.py."""
import torch
from torch import nn
from torch.nn import functional
from torch.optim import Adam, RMSprop

from networks import (advance, cycle_discriminator, cycle_generator,
                      dcgan_discriminator, dcgan_generator, growing_generator,
                      large_dcgan_discriminator, large_dcgan_generator, leaky,
                      mlp, shrinking_critic)
from replay import descend

IMAGE = (1, 28, 28)


def bce(logits, target):
    return functional.binary_cross_entropy_with_logits(
        logits, torch.full_like(logits, target), reduction="none")[:, 0]


def generator(latent=100, between=nn.ReLU, last=nn.Tanh):
    return mlp((latent, 256, 512, 784), between, last, IMAGE)


def discriminator():
    return mlp((784, 512, 256, 1), leaky)


def nets(replay, g, d, name="D"):
    return replay.load("G", g), replay.load(name, d)


def alternating(disc_loss, gen_loss, g=generator, d=discriminator):
    """A round: one update of D by the sum of disc_loss(D, x, fake), then one
    of G by gen_loss(D, fake), each with noise of its own."""
    def twin(replay):
        gen, disc = nets(replay, g(), d())
        for_d = Adam(disc.parameters(), 2e-4, (0.5, 0.999))
        for_g = Adam(gen.parameters(), 2e-4, (0.5, 0.999))
        for _ in replay.rounds():
            call = replay.call("disc")
            advance(gen, False)
            advance(disc, True)
            real, fake = disc_loss(disc, call.input("x"), gen(call.draw("z")))
            descend(for_d, real + fake, disc)
            call.compare({"loss": real + fake, "real": real, "fake": fake})
            call = replay.call("gen")
            advance(gen, True)
            advance(disc, False)
            loss = gen_loss(disc, gen(call.draw("z")))
            descend(for_g, loss, gen)
            call.compare({"loss": loss})
        return {"G": gen, "D": disc}
    return twin


def plain_disc(disc, x, fake):
    return bce(disc(x), 1.0), bce(disc(fake), 0.0)


def squares_disc(disc, x, fake):
    return (disc(x)[:, 0] - 1) ** 2 / 2, disc(fake)[:, 0] ** 2 / 2


def gan_sigmoid(replay):
    gen, disc = nets(replay, generator(64, leaky, nn.Sigmoid),
                     discriminator())
    for_d = Adam(disc.parameters(), 2e-4, (0.5, 0.999))
    for_g = Adam(gen.parameters(), 2e-4, (0.5, 0.999))
    minimax = replay.hypers.get("minimax", 0)
    for _ in replay.rounds():
        call = replay.call("disc")
        value = functional.logsigmoid(disc(call.input("x"))) \
            + functional.logsigmoid(-disc(gen(call.draw("z"))))
        descend(for_d, -value, disc)
        call.compare({"loss": value})
        call = replay.call("gen")
        u = disc(gen(call.draw("z")))
        loss = minimax * functional.logsigmoid(-u) \
            - (1 - minimax) * functional.logsigmoid(u)
        descend(for_g, loss, gen)
        call.compare({"loss": loss})
    return {"G": gen, "D": disc}


def gan_dropout(replay):
    gen, disc = nets(replay, generator(), discriminator())
    for_d = Adam(disc.parameters(), 2e-4, (0.5, 0.999))
    for_g = Adam(gen.parameters(), 2e-4, (0.5, 0.999))

    def score(call, turn, u, fading):
        """D of blurred images; dropout keeps where the draw is at least p."""
        h = (u + fading * call.draw(f"blurred#{turn}/e")).flatten(1)
        for layer in range(2):
            h = functional.leaky_relu(
                getattr(disc, f"linear{layer}")(h), 0.2)
            keep = call.draw(f"D#{turn}/dropout#{layer}") >= 0.3
            h = h * keep / 0.7
        return disc.linear2(h)

    for number in replay.rounds():
        fading = 0.1 * (1 - replay.share(number, 10))
        call = replay.call("disc")
        real = bce(score(call, 0, call.input("x"), fading), 0.9)
        fake = bce(score(call, 1, gen(call.draw("z")), fading), 0.0)
        descend(for_d, real + fake, disc)
        call.compare({"loss": real + fake, "real": real, "fake": fake})
        call = replay.call("gen")
        loss = bce(score(call, 0, gen(call.draw("z")), fading), 1.0)
        descend(for_g, loss, gen)
        call.compare({"loss": loss})
    return {"G": gen, "D": disc}


def wgan(replay):
    gen, critic = nets(replay, generator(), discriminator(), "C")
    for_c = RMSprop(critic.parameters(), 5e-5)
    for_g = RMSprop(gen.parameters(), 5e-5)
    for _ in replay.rounds():
        for _ in range(5):
            call = replay.call("critic")
            w = critic(call.input("x")) - critic(gen(call.draw("z")))
            descend(for_c, -w, critic)
            with torch.no_grad():
                for weight in critic.parameters():
                    weight.clamp_(-0.01, 0.01)
            call.compare({"loss": w, "w": w})
        call = replay.call("gen")
        loss = -critic(gen(call.draw("z")))
        descend(for_g, loss, gen)
        call.compare({"loss": loss})
    return {"G": gen, "C": critic}


def wgan_gp(replay, g=generator, c=discriminator):
    gen, critic = nets(replay, g(), c(), "C")
    for_c = Adam(critic.parameters(), 1e-4, (0.0, 0.9))
    for_g = Adam(gen.parameters(), 1e-4, (0.0, 0.9))
    average = replay.load("Gs", g())
    for _ in replay.rounds():
        advance(gen, False)
        for _ in range(5):
            call = replay.call("critic")
            x, e = call.input("x"), call.draw("e")[:, None, None, None]
            fake = gen(call.draw("z"))
            at = fake + e * (x - fake)
            g, = torch.autograd.grad(critic(at).sum(), at, create_graph=True)
            w = (critic(x) - critic(fake))[:, 0]
            loss = -w + 10 * (g.flatten(1).norm(dim=1) - 1) ** 2
            descend(for_c, loss, critic)
            call.compare({"loss": loss, "w": w})
        call = replay.call("gen")
        advance(gen, True)
        loss = -critic(gen(call.draw("z")))
        descend(for_g, loss, gen)
        call.compare({"loss": loss})
        with torch.no_grad():
            for old, new in zip(average.parameters(), gen.parameters()):
                old.mul_(0.999).add_(0.001 * new)
            for old, new in zip(average.buffers(), gen.buffers()):
                old.copy_(new)
    return {"G": gen, "C": critic, "Gs": average}


def cyclegan(replay):
    gab, gba = (replay.load(n, cycle_generator()) for n in ("Gab", "Gba"))
    da, db = (replay.load(n, cycle_discriminator()) for n in ("Da", "Db"))
    both = nn.ModuleList([gab, gba])
    for_g, for_a, for_b = (Adam(net.parameters(), 2e-4, (0.5, 0.999))
                           for net in (both, da, db))

    def squares(score, target):
        return ((score - target) ** 2).flatten(1).mean(1)

    def l1(u, v):
        return (u - v).abs().flatten(1).mean(1)

    for _ in replay.rounds():
        call = replay.call("gens")
        xa, xb = call.input("xa"), call.input("xb")
        fb, fa = gab(xa), gba(xb)
        adv = squares(db(fb), 1) + squares(da(fa), 1)
        cyc = l1(gba(fb), xa) + l1(gab(fa), xb)
        idt = l1(gba(xa), xa) + l1(gab(xb), xb)
        loss = adv + 10 * cyc + 5 * idt
        descend(for_g, loss, both)
        call.compare({"loss": loss, "adv": adv, "cyc": cyc, "idt": idt})
        call = replay.call("discs")
        losses = {}
        for name, net, rule, side in (("Da", da, for_a, "a"),
                                      ("Db", db, for_b, "b")):
            loss = (squares(net(call.input(f"x{side}")), 1) +
                    squares(net(call.input(f"f{side}")), 0)) / 2
            descend(rule, loss, net)
            losses[f"loss.{name}"] = loss
        call.compare(losses)
    return {"Gab": gab, "Gba": gba, "Da": da, "Db": db}


def began(replay):
    gen = replay.load("G", mlp((64, 256, 512, 784), nn.ELU, nn.Tanh, IMAGE))
    disc = replay.load("D", BeganDiscriminator())
    k = replay.start["k"]
    for_d = Adam(disc.parameters(), 1e-4, (0.5, 0.999))
    for_g = Adam(gen.parameters(), 1e-4, (0.5, 0.999))
    for _ in replay.rounds():
        call = replay.call("both")
        x, fake = call.input("x"), gen(2 * call.draw("z") - 1)
        real = (x - disc(x)).abs().flatten(1).mean(1)
        made = (fake - disc(fake)).abs().flatten(1).mean(1)
        loss = real - k * made
        # Both gradients are of the weights before either update.
        ahead = torch.autograd.grad(made.mean(), list(gen.parameters()),
                                    retain_graph=True)
        descend(for_d, loss, disc)
        for weight, gradient in zip(gen.parameters(), ahead):
            weight.grad = gradient
        for_g.step()
        k = (k + 1e-3 * (0.5 * real - made).mean().detach()).clamp(0, 1)
        call.compare({"loss.D": loss, "loss.G": made, "real": real,
                      "made": made})
    balance = nn.Module()
    balance.register_buffer("k", k)
    return {"G": gen, "D": disc, "k": balance}


class BeganDiscriminator(nn.Module):
    def __init__(self):
        super().__init__()
        for i, (a, b) in enumerate(((784, 512), (512, 64), (64, 512),
                                    (512, 784))):
            self.add_module(f"linear{i}", nn.Linear(a, b))

    def forward(self, x):
        h = functional.elu(self.linear0(x.flatten(1)))
        h = functional.elu(self.linear2(self.linear1(h)))
        return self.linear3(h).tanh().view(-1, *IMAGE)


def small(last):
    return mlp((2, 128, 128, 128, last), nn.LeakyReLU)


def slope(scores, at):
    g, = torch.autograd.grad(scores.sum(), at, create_graph=True)
    return (g ** 2).sum(1)


def rpgan(replay):
    gen, disc = nets(replay, small(2), small(1))
    average = replay.load("Gs", small(2))
    for_d = Adam(disc.parameters(), 1e-3, (0.0, 0.9))
    for_g = Adam(gen.parameters(), 1e-3, (0.0, 0.9))
    for number in replay.rounds():
        for optimizer in (for_d, for_g):
            optimizer.param_groups[0]["lr"] = 1e-3 * (1 - number / 30000)
        call = replay.call("disc")
        x = call.input("x").requires_grad_()
        fake = gen(call.draw("z"))
        real_score, fake_score = disc(x), disc(fake)
        apart = functional.softplus(fake_score - real_score)[:, 0]
        loss = apart + 0.01 * (slope(real_score, x) + slope(fake_score, fake))
        descend(for_d, loss, disc)
        call.compare({"loss": loss})
        call = replay.call("gen")
        loss = functional.softplus(disc(call.input("x"))
                                   - disc(gen(call.draw("z"))))
        descend(for_g, loss, gen)
        call.compare({"loss": loss})
        with torch.no_grad():
            for old, new in zip(average.parameters(), gen.parameters()):
                old.mul_(0.999).add_(0.001 * new)
    return {"G": gen, "D": disc, "Gs": average}


class Spectral(nn.Module):
    """A linear layer divided by its largest singular value. Not torch's own:
    torch turns the power iteration in every training forward and keeps v, gmc
    turns it only in steps that train the net and derives v from u (rule
    R-mean-6 and the table of layers of dsl/language.md)."""

    def __init__(self, fan_in, fan_out):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(fan_out, fan_in))
        self.bias = nn.Parameter(torch.empty(fan_out))
        self.register_buffer("weight_u", torch.empty(fan_out))

    def forward(self, x, advance):
        with torch.no_grad():
            u = self.weight_u
            v = functional.normalize(self.weight.T @ u, dim=0)
            if advance:
                u = functional.normalize(self.weight @ v, dim=0)
                self.weight_u = u
        sigma = u @ (self.weight @ v)
        return functional.linear(x, self.weight / sigma, self.bias)


class SpectralDiscriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear0 = Spectral(784, 512)
        self.linear1 = Spectral(512, 256)
        self.linear2 = Spectral(256, 1)

    def forward(self, x, advance):
        h = functional.leaky_relu(self.linear0(x.flatten(1), advance), 0.2)
        h = functional.leaky_relu(self.linear1(h, advance), 0.2)
        return self.linear2(h, advance)


def sngan(replay):
    gen, disc = nets(replay, generator(), SpectralDiscriminator())
    for_d = Adam(disc.parameters(), 2e-4, (0.0, 0.9))
    for_g = Adam(gen.parameters(), 2e-4, (0.0, 0.9))
    for _ in replay.rounds():
        call = replay.call("disc")
        loss = (1 - disc(call.input("x"), True)).relu() \
            + (1 + disc(gen(call.draw("z")), True)).relu()
        descend(for_d, loss, disc)
        call.compare({"loss": loss})
        call = replay.call("gen")
        loss = -disc(gen(call.draw("z")), False)
        descend(for_g, loss, gen)
        call.compare({"loss": loss})
    return {"G": gen, "D": disc}


PLAIN = alternating(plain_disc, lambda disc, fake: bce(disc(fake), 1.0))
TWINS = {
    "gan": PLAIN,
    "gan_sigmoid": gan_sigmoid,
    "gan_sigmoid minimax=1": gan_sigmoid,
    "gan_dropout": gan_dropout,
    "lsgan": alternating(
        squares_disc, lambda disc, fake: (disc(fake)[:, 0] - 1) ** 2 / 2),
    "wgan": wgan,
    "wgan_gp": wgan_gp,
    "wgan_gp_conv": lambda replay: wgan_gp(replay, growing_generator,
                                           shrinking_critic),
    "cyclegan": cyclegan,
    "began": began,
    "sngan": sngan,
    "rpgan_r1r2": rpgan,
    "rpgan_grid": rpgan,
    "dcgan": alternating(plain_disc,
                         lambda disc, fake: bce(disc(fake), 1.0),
                         dcgan_generator, dcgan_discriminator),
    "dcgan_64": alternating(plain_disc,
                            lambda disc, fake: bce(disc(fake), 1.0),
                            large_dcgan_generator, large_dcgan_discriminator),
}
