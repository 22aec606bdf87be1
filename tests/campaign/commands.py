#!/usr/bin/python3
"""Campaign of command lines: random verbs, flags and values of gmc and of
executables that it compiles.

    tests/campaign/commands.py --minutes 30 [--seed 1] [--resume FILE]
        [--findings FOLDER] [--build FOLDER] [--count N] [--first N]

Every process ends with a documented exit code, never by a signal or with 70, and
says nothing of a bug. A run that was asked for more than its time is counted as
slow. The folder of the runs is kept from case to case: checkpoints, half of
them of another model, are there to resume and to read.
"""
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from campaign import DOCUMENTED, GIB, Campaign, main, run  # noqa: E402

TEXTS = {
    "points": """\
data c : ring(train: 200, test: 50) as f32[2]
hyper lr = 1e-2, weight = 1
net G(z: f32[2]) -> f32[2] { z |> linear(8) |> relu |> linear(2) }
net D(x: f32[2]) -> f32 { x |> linear(8) |> leaky_relu(0.2) |> linear(1) }
step disc(x) {
  z ~ Normal(0, 1)[2]
  minimize bce(logits: D(x), target: 1) + bce(logits: D(G(z)), target: 0) over D using adam(lr)
}
step gen() {
  z ~ Normal(0, 1)[2]
  minimize weight * bce(logits: D(G(z)), target: 1) over G using adam(lr)
}
train { disc(next c.train); gen() } for 3 epochs, batch 20
report score = D(x) of disc on c.test every 1 epoch
proc sample(n = 16, k = 1) batch n { z ~ Normal(0, 1)[2]; emit scatter(k * G(z)) }
proc score(x from c.test, n = all) batch 10 { emit csv(score: D(x)) }
""",
    "rates": """\
hyper lr : f32 = 0.1, times : int = 2
param a : f32[3] = 1
state s : f32 = 0
step fit() { minimize sum(a^2) over a using sgd(lr, momentum: 0.5); s <- s + times }
train { fit() } for 20 rounds
report a0 = a[0], s every 5 rounds
proc show(y: label[4] = 1, to = "a", n = 2) batch n {
  emit csv(a: sum(a) * y * (if to == "b" then 2 else 1) * ones(1))
}
proc apply(u: f32[3], n = all) batch 4 { emit npy(u * a) }
""",
}
VERBS = ("train resume eval info bench diagnose sample score show apply "
         "gradients help nothing").split()
VALUES = """0 1 -1 2 3 0.5 -0.5 1e-3 1e9 1e300 -1e300 1e-320 nan inf -inf 2147483648
9223372036854775807 18446744073709551616 99999999999999999999 0x10 1_0 1,5 +1 --1
true all a b "" = lr=0 lr=-1 lr=nan lr=1e400 lr=inf lr= =1 lr times=1.5 times=3
weight=-1 nope=1 c=. c=none c=/ c= points.gm rates.gm run other none/none . .. /
/dev/null /dev/full /proc/self/mem run/checkpoint.safetensors
other/checkpoint.safetensors a.npy x.csv x.png ../run run/metrics.csv é %s
collapse safetensors json""".split()
OWN_FLAGS = ["--help", "-h", "--out", "--set", "--data", "--threads", "--nope",
             "-n", "-o", "-", "--", "--seed"]
GMC_VERBS = ["check", "fmt", "explain", "compile", "nothing"]
GMC_FLAGS = ["--help", "--const", "--batch", "--f64", "-O", "-O0", "--mcpu",
             "--target", "--stop-after", "-o", "--check", "--version", "--nope"]
PHASES = "parse check import objectives differentiate fuse kernels".split()


def flags_of(trainer, verb, folder):
    said = run([trainer, verb, "--help"], folder, 10).said
    return re.findall(r"(?<![\w-])--?[a-z][\w-]*", said)


def words(pick, flags, values):
    """Flags, most with a value, and stray values, in any order."""
    line = []
    for _ in range(pick.choice([0, 1, 1, 2, 2, 3, 4])):
        if pick.random() < 0.85:
            line.append(pick.choice(flags))
        if pick.random() < 0.75:
            line.append(pick.choice(values).replace('""', ""))
    return line


def main_campaign():
    campaign = Campaign("commands", ["done", "refused", "slow"])
    folder, state = campaign.scratch, campaign.state
    trainers, flags = {}, {}
    for name, text in TEXTS.items():
        (folder / f"{name}.gm").write_text(text)
        trainers[name] = folder / name
        made = run([campaign.gmc, "compile", folder / f"{name}.gm", "-o",
                    trainers[name]], folder, 120, 8 * GIB)
        if made.code:
            raise SystemExit(f"{name}: {made.said}")
        flags[name] = {verb: flags_of(trainers[name], verb, folder) + OWN_FLAGS
                       for verb in VERBS}
        for out in ("run", f"run-{name}"):
            run([trainers[name], "train", "--steps", "2", "--overwrite", "--out",
                 out], folder, 20, 4 * GIB)
    for cases in campaign.cases():
        case = cases[0]
        pick = campaign.random(case)
        if pick.random() < 0.3:
            verb = pick.choice(GMC_VERBS)
            line = [campaign.gmc, verb] + words(
                pick, GMC_FLAGS, VALUES + PHASES + ["points.gm"] * 20)
            if verb == "fmt" and "--check" not in line:
                line.append("--check")  # the texts stay
            seconds = 60
        else:
            name = pick.choice(sorted(trainers))
            verb = pick.choice(VERBS)
            line = [trainers[name], verb] + words(
                pick, flags[name][verb], VALUES + ["run", f"run-{name}"] * 10)
            seconds = 10
        done = run(line, folder, seconds, 4 * GIB)
        if done.slow:
            state["slow"] += 1
        elif not done.expected(DOCUMENTED):
            campaign.find(case, "command", line, done,
                          [folder / f"{name}.gm" for name in TEXTS])
        else:
            state["done" if done.code == 0 else "refused"] += 1
    return campaign.finish()


if __name__ == "__main__":
    main(main_campaign)
