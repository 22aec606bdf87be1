"""The twin of the autoencoder of words, with torch's cells; see vaes.py."""
import torch
from torch import nn
from torch.nn import functional
from torch.optim import Adam

from networks import mlp
from replay import descend
from vaes import nats

CODES, WIDTH, HIDDEN, LATENT = 55, 32, 128, 16


class WordEncoder(nn.Module):
    """What a cell remembers after the last letter."""

    def __init__(self):
        super().__init__()
        self.letter = nn.Embedding(CODES, WIDTH)
        self.cell = nn.GRUCell(WIDTH, HIDDEN)
        self.mu = nn.Linear(HIDDEN, LATENT)
        self.logvar = nn.Linear(HIDDEN, LATENT)

    def forward(self, x):
        seen = self.letter(x)
        state = torch.zeros(len(x), HIDDEN)
        for t in range(x.shape[1]):
            after = self.cell(seen[:, t], state)
            state = torch.where(x[:, t, None] > 0, after, state)
        return self.mu(state), self.logvar(state)


class NextLetter(nn.Module):
    def __init__(self):
        super().__init__()
        self.letter = nn.Embedding(CODES, WIDTH)
        self.cell = nn.GRUCell(WIDTH + LATENT, HIDDEN)
        self.scores = nn.Linear(HIDDEN, CODES)

    def forward(self, y, state, z):
        after = self.cell(torch.cat([self.letter(y), z], 1), state)
        return after, self.scores(after)


def text_vae(replay):
    enc = replay.load("Enc", WordEncoder())
    first = replay.load("First", mlp((LATENT, HIDDEN), nn.Tanh, nn.Tanh))
    step = replay.load("Next", NextLetter())
    optimizer = Adam([weight for net in (enc, first, step)
                      for weight in net.parameters()], lr=1e-3)
    for number in replay.rounds():
        call = replay.call("fit")
        x = call.input("x").long()
        mu, logvar = enc(x)
        z = mu + (logvar / 2).exp() * call.draw("z")
        state, rec = first(z), 0
        for t in range(x.shape[1] - 1):
            state, scores = step(x[:, t], state, z)
            rec = rec + functional.cross_entropy(
                scores, x[:, t + 1], ignore_index=0, reduction="none")
        kl = nats(mu ** 2 + logvar.exp() - 1 - logvar) / 2
        loss = rec + replay.share(number, 5, 100000) * kl
        descend(optimizer, loss, [enc, first, step], clip=5)
        call.compare({"loss": loss, "rec": rec, "kl": kl})
    return {"Enc": enc, "First": first, "Next": step}


TWINS = {"text_vae": text_vae}
