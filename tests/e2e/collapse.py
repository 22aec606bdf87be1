#!/usr/bin/python3
"""`diagnose collapse` on models that are as broken, or as whole, as their hypers
say: the verdict that is true of each is known. Nothing moves: every rate is
1e-30.

    tests/e2e/collapse.py [--build FOLDER]
"""
import argparse
import re
import sys
import tempfile
from pathlib import Path

from trainer import Wrong, compile_model, find_gmc, require, run

# The guide has the prior's numbers but for the first of three units, which
# follows x by `keen`, and the others by `more`.
NETS = """data ring : ring(train: 2000, test: 8) as f32[2]
hyper keen = 0, more = 0
net Enc(x: f32[2]) -> mu: f32[3], std: f32[3] {
  param one : f32 = 1
  mu = one * concat(keen * x[0:1], more * x)
  std = one * ones(3)
}
net Dec(z: f32[3]) -> f32[2] { z |> linear(2) }
"""
TRAIN = "train { fit(next ring.train) } for 1 rounds, batch 8\n"
VAE = NETS + """step fit(x) {
  z ~ Normal(0, 1)[3] via Normal(Enc(x))
  x ~ Normal(Dec(z), 1)
  minimize -elbo over Enc, Dec using sgd(1e-30)
}
""" + TRAIN
# The same, with the draw and the divergence written out.
BY_HAND = NETS + """step fit(x) {
  q = Enc(x)
  n ~ Normal(0, 1)[3]
  z = q.mu + n * q.std
  kl = sum(q.mu^2 + q.std^2 - 1 - log(q.std^2)) / 2
  minimize sum((x - Dec(z))^2) + kl over Enc, Dec using sgd(1e-30)
}
""" + TRAIN
# Samples at the first `modes` of the eight modes of the ring, or where they are
# led; a share `lost` of them lies far away. The critic sees the radius alone.
PLAYERS = """data ring : ring(train: 2000, test: 8) as f32[2]
hyper modes = 8, scale = 1, width = 0.01, lost = 0, far = 10, gain = 1
net G(z: f32[2], u: f32[2]) -> f32[2] {
  param none : f32[2] = 0
  m = modes * u[0:1]
  angle = 0.7853981633974483 * (m - m % 1)
  away = u[1:2] < lost
  none + scale * concat(cos(angle), sin(angle)) + width * z + far * concat(away, away)
}
net D(x: f32[2]) -> f32 {
  param w : f32 = 1
  w * gain * sum(x^2)
}
"""
GAN = PLAYERS + """step disc(x) {
  z ~ Normal(0, 1)[2];  u ~ Uniform(0, 1)[2]
  minimize bce(logits: D(x), target: 1) + bce(logits: D(G(z, u)), target: 0) over D using sgd(1e-30)
}
step gen() {
  z ~ Normal(0, 1)[2];  u ~ Uniform(0, 1)[2]
  minimize bce(logits: D(G(z, u)), target: 1) over G using sgd(1e-30)
}
train { disc(next ring.train); gen() } for 1 rounds, batch 8
"""
# The critic takes what the step before made, through a pool.
POOL = PLAYERS + """pool P(64)
step gen() -> f {
  z ~ Normal(0, 1)[2];  u ~ Uniform(0, 1)[2]
  f = G(z, u)
  minimize -D(f) over G using sgd(1e-30)
}
step disc(x, f) {
  minimize D(f) - D(x) over D using sgd(1e-30)
}
train { f = gen(); disc(next ring.train, P.swap(f)) } for 1 rounds, batch 8
"""
# Eight codes on a line, all but the first moved `far`.
CODES = """data ring : ring(train: 2000, test: 8) as f32[2]
hyper far = 0
param book : f32[8] = 1
net Enc(x: f32[2]) -> f32[4] {
  param none : f32 = 0
  concat(x, -x) + none
}
def entries() = linspace(-1, 1, 8) * book + far * sign(iota(8))
step fit(x) {
  h = Enc(x)
  code = argmin((h[:, new] - entries()[new, :])^2, over: 1)
  minimize sum((book[code] - h)^2) over Enc, book using sgd(1e-30)
}
""" + TRAIN
NOTHING = """data ring : ring(train: 2000, test: 8) as f32[2]
param a : f32[2] = 0
step fit(x) { minimize sum((x - a)^2) over a using sgd(1e-30) }
""" + TRAIN
# A step whose samples come from examples of another set: no report walks both.
TWO_SETS = """data ring : ring(train: 2000, test: 8) as f32[2]
data moons : moons(train: 2000, test: 8) as f32[2]
net G(x: f32[2]) -> f32[2] { x |> linear(2) }
net D(x: f32[2]) -> f32 { x |> linear(1) }
step gen(x) -> f { f = G(x); minimize -D(f) over G using sgd(1e-30) }
step disc(x, f) { minimize D(f) - D(x) over D using sgd(1e-30) }
train { f = gen(next moons.train); disc(next ring.train, f) } for 1 rounds, batch 8
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
NOT_OF_EXAMPLES = ["critic Pack", "critic All", "critic D, step stretched",
                   "critic D, step peered", "critic D, step joined",
                   "step latents, "]
WELL, COLLAPSE = r"\n  well\n", "POSTERIOR COLLAPSE"
SAMPLES, CRITIC = r"samples of G, step disc: ", r"critic D, step disc: "


def samples(figure, verdict):
    return SAMPLES + figure + r"\n  " + verdict


def critic(figure, verdict):
    return CRITIC + r".*" + figure + r"\n  " + verdict


# Of each text: hypers, options of `train`, what must be said.
MODES = [
    ({}, samples(r"samples spread (0\.9[6-9]\d*|1|1\.0[0-4]\d*) of the data's, at 8 of 8 "
                 r"modes", r"well\n")),
    ({"modes": 7}, samples(r".*at 7 of 8 modes", "MODES MISSING: 1 of 8")),
    ({"modes": 4}, samples(r".*at 4 of 8 modes", "MODES MISSING: 4 of 8")),
    ({"modes": 2}, samples(r".*at 2 of 8 modes", "MODES MISSING: 6 of 8")),
    ({"modes": 1}, samples(r"samples spread 0\.0\d+ .*at 1 of 8 modes",
                           "MODE COLLAPSE: the samples are nearly one")),
    # Not sharp, but everywhere: no mode is missing.
    ({"width": 0.3}, samples(r".*at 8 of 8 modes", r"well\n")),
    ({"scale": 0.2}, samples(r"samples spread 0\.2.*",
                             "MODE COLLAPSE: the samples are much narrower")),
    ({"scale": 0, "width": 1e-6}, samples(r"samples spread .*",
                                          "MODE COLLAPSE: the .* nearly one")),
    ({"scale": 0, "width": 0.7}, samples(r".*at 8 of 8 modes", r"well\n")),
    ({"width": 20}, samples(r"samples spread .*", "TOO WIDE")),
    # A mode with some stray samples is missing all the same.
    ({"modes": 7, "lost": 0.01, "far": -0.5},
     samples(r".*at 7 of 8 modes", "MODES MISSING: 1 of 8")),
    ({}, critic(r"right in 5\d\.\d %", r"well\n")),
    ({"scale": 3}, critic(r"right in 100\.0 %",
                          "SATURATED: it tells every sample from data")),
    ({"scale": 3, "gain": -1}, critic(r"right in 100\.0 %", "SATURATED")),
    # The means lie close to each other in deviations, for the few samples that
    # are lost lie far away.
    ({"scale": 1.5, "lost": 0.004, "far": 1000},
     critic(r"right in 100\.0 %", "SATURATED")),
    # All but 0.8 % lie far away.
    ({"lost": 0.992}, critic(r"right in 99\.[4-8] %",
                             "SATURATED: it tells nearly all")),
    # A tenth looks like data.
    ({"lost": 0.9}, critic(r"right in 9[45]\.\d %", r"well\n")),
    ({"gain": 0}, critic(r"right in 50\.0 %", "CONSTANT")),
]
UNITS = [
    ({}, "0 of 3 units used, .*" + r"\n  " + COLLAPSE),
    ({"keen": 0.05}, "0 of 3 units used, .*" + r"\n  " + COLLAPSE),
    ({"keen": 2}, "1 of 3 units used, .*" + r"\n  many units say nothing"),
    ({"keen": 2, "more": 2}, "3 of 3 units used, .*" + WELL),
]
CANNOT = r"\n  cannot tell: no step has been trained\n"
CASES = {
    "vae": (VAE, [
        (hypers, "latent z, step fit: " + said) for hypers, said in UNITS]
        # The mean of (2 x)^2 / 2 over a ring of radius 1 is 1.
        + [({"keen": 2}, r"kl (0\.9[5-9]\d*|1|1\.0[0-4]\d*) nats"),
           ({"untrained": 1}, r"latent z.*" + CANNOT)]),
    "vae-by-hand": (BY_HAND, [
        (hypers, "code z, step fit: " + said) for hypers, said in UNITS]
        # log(1 + 4 var x) / 2 with var x = 1/2.
        + [({"keen": 2}, r"at most 0\.5[3-6]\d* nats"),
           ({"untrained": 1}, r"code z.*" + CANNOT)]),
    "gan": (GAN, MODES + [
        ({"modes": 1}, "  try: more training: step 1 is in the first epoch"),
        ({"scale": 3, "untrained": 1}, critic(r"right in .*", CANNOT[4:])),
        ({"scale": 0.298, "untrained": 1}, samples(r".*", CANNOT[4:]))]),
    "pool": (POOL, [MODES[i] for i in (0, 2, 4, 12)]),
    "codes": (CODES, [
        ({"far": 100},
         r"codes of book, step fit: 1 of 8 codes used, perplexity 1\n"
         r"  DEAD CODES"),
        # Coordinates of a ring of 8: 0, +-0.7, +-1.
        ({}, r"codes of book, step fit: 6 of 8 codes used.*" + WELL)]),
    "groups": (GROUPS, [({}, "".join([r"(?s)\A"] + [
        fr"(?=.*samples of G, step {step}: )" for step in (
            "packed", "whole", "stretched", "peered", "joined", "regrouped",
            "shuffled")] + [
                fr"(?=.*critic D, step {step}: )" for step in (
                    "regrouped", "shuffled")] + [
                        fr"(?!.*{never})" for never in NOT_OF_EXAMPLES]))]),
    "nothing": (NOTHING, [({}, "has nothing to look at")]),
    "two-sets": (TWO_SETS, [
        ({}, r"step disc\n  cannot tell: it takes examples of `moons.train` and "
             r"of `ring.train`\n")]),
}


def check(gmc, name, folder):
    """Compiles the text of a case and goes through its situations."""
    text, situations = CASES[name]
    source = folder / f"{name}.gm"
    source.write_text(text)
    compile_model(gmc, source, folder / name)
    for number, (given, expected) in enumerate(situations):
        hypers = dict(given)
        steps = 0 if hypers.pop("untrained", 0) else 1
        sets = [word for item in hypers.items()
                for word in ("--set", f"{item[0]}={item[1]}")]
        run(folder / name, "train", "--out", folder / "run", "--overwrite",
            "--steps", steps, *sets)
        before = (folder / "run" / "checkpoint.safetensors").read_bytes()
        shown = run(folder / name, "diagnose", "collapse", "--out",
                    folder / "run")
        require(re.search(expected, shown),
                f"{name} {number} {given}: no `{expected}` in\n{shown}")
        require(before ==
                (folder / "run" / "checkpoint.safetensors").read_bytes(),
                f"{name} {given}: the checkpoint is another one")


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
