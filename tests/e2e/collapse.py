#!/usr/bin/python3
"""`diagnose collapse` on models that are broken by construction, and on the same
models whole. Nothing moves: every rate is 1e-30. Where nets are asked about
groups, pairs and joined batches, what is not of each example is left out, and
every verb works.

    tests/e2e/collapse.py [--build FOLDER]
"""
import argparse
import re
import sys
import tempfile
from pathlib import Path

from trainer import Wrong, compile_model, find_gmc, require, run

# The guide has the prior's numbers but for one unit, which follows x by KEEN.
VAE = """data ring : ring() as f32[2]
net Enc(x: f32[2]) -> mu: f32[3], logvar: f32[3] {
  param k : f32 = KEEN
  mu = concat(k * x[0:1], zeros(2))
  logvar = zeros(3)
}
net Dec(z: f32[3]) -> f32[2] { z |> linear(2) }
step fit(x) {
  z ~ Normal(0, 1)[3] via Normal(Enc(x))
  x ~ Normal(Dec(z), 1)
  minimize -elbo over Enc, Dec using sgd(1e-30)
}
train { fit(next ring.train) } for 1 rounds, batch 8
"""
GAN = """data ring : ring() as f32[2]
net G(z: f32[2]) -> f32[2] {
  param at : f32[2] = AT
  at + WIDTH * z
}
net D(x: f32[2]) -> f32 {
  param w : f32[2] = 1
  sum(w * x)
}
step disc(x) {
  z ~ Normal(0, 1)[2]
  minimize bce(logits: D(x), target: 1) + bce(logits: D(G(z)), target: 0) over D using sgd(1e-30)
}
step gen() {
  z ~ Normal(0, 1)[2]
  minimize bce(logits: D(G(z)), target: 1) over G using sgd(1e-30)
}
train { disc(next ring.train); gen() } for 1 rounds, batch 8
"""
# Eight codes on a line, all but the first moved FAR.
CODES = """data ring : ring() as f32[2]
param book : f32[8] = 1
net Enc(x: f32[2]) -> f32[4] {
  param none : f32 = 0
  concat(x, -x) + none
}
def entries() = linspace(-1, 1, 8) * book + FAR * sign(iota(8))
step fit(x) {
  h = Enc(x)
  code = argmin((h[:, new] - entries()[new, :])^2, over: 1)
  minimize sum((book[code] - h)^2) over Enc, book using sgd(1e-30)
}
train { fit(next ring.train) } for 1 rounds, batch 8
"""
NOTHING = """data ring : ring() as f32[2]
param a : f32[2] = 0
step fit(x) { minimize sum((x - a)^2) over a using sgd(1e-30) }
train { fit(next ring.train) } for 1 rounds, batch 8
"""
# Steps whose critics see something else than the examples of the batch.
GROUPS = """data ring : ring() as f32[2]
opt o = sgd(1e-30)
net G(z: f32[2]) -> f32[2] {
  param at : f32[2] = 0
  at + 0.7 * z
}
net Pack(x: f32[2,2]) -> f32 { x |> flatten |> linear(1) }
net All(x: f32[8,2]) -> f32 { x |> flatten |> linear(1) }
net Twice(x: f32[2,2]) -> f32[2,2] {
  param k : f32 = 1
  k * x
}
net D(x: f32[2]) -> f32 { x |> linear(1) }
net EncPack(x: f32[2,2]) -> mu: f32[1], logvar: f32[1] {
  h = flatten(x);  mu = linear(h, 1);  logvar = linear(h, 1)
}
net Dec(z: f32[1]) -> f32[2,2] { z |> linear(4) |> reshape(2, 2) }
step packed(x) {
  z ~ Normal(0, 1)[2]
  minimize Pack(group(x, 2, over: batch)) - Pack(group(G(z), 2, over: batch)) over Pack using o
}
step whole(x) {
  z ~ Normal(0, 1)[2]
  minimize All(group(x, 8, over: batch)) - All(group(G(z), 8, over: batch)) over All using o
}
step stretched(x) {
  z ~ Normal(0, 1)[2]
  minimize D(ungroup(concat(x[new, :], x[new, :], axis: 0), over: batch)) -
    D(ungroup(concat(G(z)[new, :], G(z)[new, :], axis: 0), over: batch)) over D using o
}
step peered(x) {
  z ~ Normal(0, 1)[2]
  minimize mean(D(peers(x)) - D(peers(G(z)) - x), over: peer) over D using o
}
step joined(x) {
  z ~ Normal(0, 1)[2]
  r, f = split(D(concat(x, G(z), over: batch)), 2, over: batch)
  minimize r - f over D using o
}
step latents(x) {
  g = group(x, 2, over: batch)
  e = EncPack(g)
  minimize sum((Dec(e.mu) - g)^2) + sum(e.logvar^2) over EncPack, Dec using o
}
step regrouped(x) {
  z ~ Normal(0, 1)[2]
  minimize D(ungroup(Twice(group(x, 2, over: batch)), over: batch)) -
    D(ungroup(Twice(group(G(z), 2, over: batch)), over: batch)) over D, Twice using o
}
step shuffled(x) {
  z ~ Normal(0, 1)[2]
  minimize D(permute(x, over: batch)) - D(permute(G(z), over: batch)) over D, G using o
}
train {
  packed(next ring.train);  whole(next ring.train);  stretched(next ring.train)
  peered(next ring.train);  joined(next ring.train);  latents(next ring.train)
  regrouped(next ring.train);  shuffled(next ring.train)
} for 1 rounds, batch 8
train again { packed(next ring.train);  joined(next ring.train) } for 1 rounds, batch 16
"""
# Text, what it is given, what must be said.
CASES = {
    "posterior": (VAE, {"KEEN": "0"},
                  [r"latent z, step fit: 0 of 3 units used, kl \S+ nats",
                   "POSTERIOR COLLAPSE", "try: "]),
    "partial": (VAE, {"KEEN": "2"},
                # The mean of (2 x)^2 / 2 over a ring of radius 1 is 1.
                [r"1 of 3 units used, kl (1|0\.99|1\.0)\d* nats",
                 "many units say nothing"]),
    "modes": (GAN, {"AT": "10", "WIDTH": "1e-6"},
              [r"samples of G, step disc: samples spread \S+ of the data's",
               "MODE COLLAPSE", "critic D, step disc", "SATURATED"]),
    "whole-gan": (GAN, {"AT": "0", "WIDTH": "0.7"},
                  [r"samples of G.*\n  well\n", r"critic D.*\n  well\n"]),
    "codes": (CODES, {"FAR": "100"},
              [r"codes of book, step fit: 1 of 8 codes used, perplexity 1\n",
               "DEAD CODES"]),
    "whole-codes": (CODES, {"FAR": "0"},
                    # Coordinates of a ring of 8: 0, +-0.7, +-1.
                    [r"codes of book, step fit: 6 of 8 codes used"
                     r".*\n  well\n"]),
    "groups": (GROUPS, {},
               [fr"samples of G, step {step}: " for step in (
                   "packed", "whole", "stretched", "peered", "joined",
                   "regrouped", "shuffled")]
               + [fr"critic D, step {step}: " for step in (
                   "regrouped", "shuffled")]),
    "nothing": (NOTHING, {}, ["has nothing to look at"]),
}


# Not of each example.
NEVER = ["critic Pack", "critic All", "critic D, step stretched",
         "critic D, step peered", "critic D, step joined", "step latents"]


def check(gmc, name, folder):
    text, values, expected = CASES[name]
    for word, value in values.items():
        text = text.replace(word, value)
    source = folder / f"{name}.gm"
    source.write_text(text)
    compile_model(gmc, source, folder / name)
    run(folder / name, "train", "--out", folder / "run", "--overwrite")
    before = (folder / "run" / "checkpoint.safetensors").read_bytes()
    shown = run(folder / name, "diagnose", "collapse", "--out", folder / "run")
    for pattern in expected:
        require(re.search(pattern, shown), f"{name}: no `{pattern}` in\n{shown}")
    for pattern in NEVER:
        require(pattern not in shown, f"{name}: `{pattern}` in\n{shown}")
    run(folder / name, "--help")
    run(folder / name, "info", "--out", folder / "run")
    require(before == (folder / "run" / "checkpoint.safetensors").read_bytes(),
            f"{name}: the checkpoint is another one")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build")
    gmc, failed = find_gmc(parser.parse_args().build), 0
    with tempfile.TemporaryDirectory() as scratch:
        for name in CASES:
            try:
                check(gmc, name, Path(scratch))
                print(f"ok: {name}", flush=True)
            except Wrong as wrong:
                print(f"FAILED: {wrong}", flush=True)
                failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
