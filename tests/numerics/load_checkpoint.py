#!/usr/bin/python3
"""Loads a checkpoint of models/vae.gm into torch and compares its test ELBO.

    tests/numerics/load_checkpoint.py CHECKPOINT [--report FILE]

FILE is what `eval --json` of the same trainer printed (- is standard input).
The reader is safetensors_file.py. The weights must fit torch's modules by name
and shape as they are. torch computes the figures anew: `kl` has no noise and
must agree to 1e-5; `rec` and `elbo` come from one draw an example, whose
standard error is measured here and allowed five times.
"""
import argparse
import json
import sys
from pathlib import Path

import numpy
import torch
from safetensors_file import read_safetensors

sys.path.insert(0, str(Path(__file__).parent / "twins"))
import fashion  # noqa: E402
from networks import Encoder, mlp  # noqa: E402
from vaes import grey_bernoulli, nats  # noqa: E402


def load(path):
    """torch's networks with the weights of the checkpoint; strict by name."""
    nets = torch.nn.ModuleDict({"Enc": Encoder(784, 400, latent=20),
                                "Dec": mlp((20, 400, 784), torch.nn.ReLU)})
    weights = {name: torch.from_numpy(value.astype(numpy.float32))
               for name, value in read_safetensors(path).items()
               if name.startswith(("Enc.", "Dec."))}
    nets.load_state_dict(weights)
    return nets["Enc"], nets["Dec"]


@torch.no_grad()
def measure(enc, dec, x, draws=8):
    """Means of elbo, rec, kl, and the standard error of a one-draw elbo."""
    mu, logvar = enc(x)
    kl = nats(mu ** 2 + logvar.exp() - 1 - logvar).double().mean().item() / 2
    rec = torch.stack([grey_bernoulli(
        dec(mu + (logvar / 2).exp() * torch.randn_like(mu)), x).double()
        for _ in range(draws)])
    noise = rec.var(0).sum().sqrt().item() / len(x)
    mean = rec.mean().item()
    return {"elbo": mean - kl, "rec": mean, "kl": kl, "noise": noise}


def disagreements(ours, theirs):
    """What gmc printed and torch does not find, as sentences."""
    noise = 5 * ours["noise"]
    allowed = {"elbo": noise, "rec": noise, "kl": 1e-5 * abs(ours["kl"])}
    return [f"{name}: torch {ours[name]:.5f}, gmc {theirs[name]:.5f},"
            f" allowed {limit:.5f}"
            for name, limit in allowed.items()
            if not abs(ours[name] - theirs[name]) <= limit]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint")
    parser.add_argument("--report", type=argparse.FileType())
    parser.add_argument("--data", default=fashion.DIRECTORY)
    options = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(1)
    try:
        enc, dec = load(options.checkpoint)
    except (ValueError, KeyError, RuntimeError) as error:
        sys.exit(f"{options.checkpoint}: {error}")
    ours = measure(enc, dec, fashion.images("test", options.data))
    print(json.dumps(ours))
    wrong = disagreements(ours, json.load(options.report)) \
        if options.report else []
    print("\n".join(wrong), end="\n" if wrong else "", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
