#!/usr/bin/python3
"""What lives between steps, against three lines of Python, in f64.

states/states.gm: `state` and `<-` (old values, two that change places), `keep`,
`when` on a minimiser (Adam's count stops too) and in `train`, `every`, an `ema`
that starts late. Rules R-mean-5, R-state-1..3, R-net-8, R-opt-1, R-train-1 of
dsl/language.md. states/penalty.gm: 64 gradients of norm 1 cost exactly 0. states/spectral.gm: the
vector of spectral_norm by numpy's power iteration, R-mean-6. states/norm.gm:
what batch_norm keeps, moves and reads, R-mean-6 and R-mean-10. states/parts.gm:
states of nets, values of turns in reports, tables, R-state-1, R-rep-1, R-val-7.
states/starts.gm: lines at the start of a step, also of a resumed run, R-state-6;
groups, remainders, diagonals, cycles, R-mean-15, R-val-6, R-sched-1.
states/rates.gm: what optimisers are not given, R-opt-1. states/clocks.gm: turns
every so many rounds, epochs and examples, also of a resumed run, R-train-1;
records that a run counts, a layer of the file, R-net-12, `prod`.
states/rules.gm: every optimiser, clip. states/schedules.gm: ramp, piecewise.
states/others.gm: reductions over the others of a batch and over draws, R-mean-13 and
R-mean-15.
states/phases.gm: a `train` in batches of 4, one in batches of 8, R-mean-9, R-mean-14,
R-state-6, R-rep-1.

usage: states.py GMC [STEM ..]
"""
import csv
import math
import pathlib
import subprocess
import sys
import tempfile

import numpy

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
from trainer import read_safetensors  # noqa: E402

TOLERANCE = 1e-12


def table(gmc, model, level, folder):
    """The rows of metrics.csv, one dictionary of floats a round."""
    program = folder / f"{model.stem}{level}"
    subprocess.run([gmc, "compile", model, "--f64", f"-O{level}", "-o", program],
                   check=True, timeout=60)
    run = folder / f"run-{model.stem}{level}"
    subprocess.run([program, "train", "--out", run], check=True, timeout=60,
                   stdout=subprocess.DEVNULL)
    steps = {}
    with open(run / "metrics.csv", newline="") as rows:
        for row in csv.DictReader(rows):
            steps.setdefault(int(row["step"]), {}).update(
                {name: float(text) for name, text in row.items() if text})
    return [steps[step] for step in sorted(steps)]


def expected():
    h, w, ws, c, e = 0.1, 1.0, 1.0, 1.0, 1.0
    total, before, left, right, turns = 0.0, 7.0, 2.0, 5.0, 0.0
    m = v = t = 0.0
    for step in range(12):
        gave, new = w, w - h * w
        decay = 0.0 if step < 3 else 0.75
        ws = decay * ws + (1 - decay) * new
        c = min(max(c - h * 10, -0.5), 0.25)
        if total < 3:
            t, m, v = t + 1, 0.9 * m + 0.1 * e, 0.999 * v + 0.001 * e * e
            e -= h * (m / (1 - 0.9 ** t)) / (
                math.sqrt(v / (1 - 0.999 ** t)) + 1e-8)
        total, before, left, right, w = total + gave, total, right, left, new
        turns += (gave < 0.5) + 100 * ((step + 1) % 4 == 0)
        yield {"w": w, "ws": ws, "c": c, "e": e, "total": total,
               "before": before, "left": left, "right": right, "turns": turns,
               "flat": 1.5}


def check_states(gmc, model, level, folder):
    found, wanted = table(gmc, model, level, folder), list(expected())
    worst = max((abs(row.get(name, math.inf) - value)
                 for row, line in zip(found, wanted)
                 for name, value in line.items()), default=math.inf)
    return (len(found) == len(wanted) and worst <= TOLERANCE,
            f"{len(found)} rounds, worst difference {worst:.1e}")


def check_penalty(gmc, model, level, folder):
    found = table(gmc, model, level, folder)
    losses = {row["fit.loss"] for row in found if "fit.loss" in row}
    weights = {row["w"] for row in found if "w" in row}
    return (losses == {0.0} and weights == {1.0},
            f"loss {sorted(losses)}, weight {sorted(weights)}")


def check_others(gmc, model, level, folder):
    losses = [abs(row[name]) for row in table(gmc, model, level, folder)
              for name in ("fit.loss", "bound.loss") if name in row]
    return (len(losses) > 1 and max(losses) <= TOLERANCE ** 2,
            f"{len(losses)} losses, largest square of a difference {max(losses):.1e}")


def check_schedules(gmc, model, level, folder):
    rows, worst = table(gmc, model, level, folder), 0.0
    sums = dict.fromkeys("abcd", 0.0)
    for i, row in enumerate(rows):
        part = min(i / 5, 1)
        rates = {"a": 0.1 + 0.4 * min(max(i - 2, 0) / 4, 1),
                 "b": 0.1 + 0.4 * (1 - math.cos(math.pi * part)) / 2,
                 "c": 0.1 * 5 ** part, "d": (0.1, 0.3, 0.2)[(i >= 2) + (i >= 4)]}
        for name, rate in rates.items():
            sums[name] -= rate
            worst = max(worst, abs(row[name] - sums[name]))
    return (len(rows) == 8 and worst <= TOLERANCE,
            f"{len(rows)} rounds, worst difference {worst:.1e}")


def rules():
    s = n = a = r = p = k = h = hs = 1.0
    w, q = 2.0, -2.0
    bs = bn = ma = va = mw = vw = vr = 0.0
    for t in range(1, 9):
        bs, bn = 0.9 * bs + 2 * s, 0.9 * bn + 2 * n
        s, n = s - 0.05 * bs, n - 0.05 * (2 * n + 0.9 * bn)
        ma, va = 0.8 * ma + 0.2 * 2 * a, 0.9 * va + 0.1 * (2 * a) ** 2
        mw, vw = 0.8 * mw + 0.2 * 2 * w, 0.9 * vw + 0.1 * (2 * w) ** 2
        a -= 0.1 * ma / (1 - 0.8 ** t) / (math.sqrt(va / (1 - 0.9 ** t)) + 0.01)
        w = w * (1 - 0.1 * 0.3) - 0.1 * mw / (1 - 0.8 ** t) / (
            math.sqrt(vw / (1 - 0.9 ** t)) + 0.01)
        vr = 0.7 * vr + 0.3 * (2 * r) ** 2
        r -= 0.1 * 2 * r / (math.sqrt(vr) + 0.05)
        factor = min(1, 1.5 / (math.hypot(2 * p, 4 * q) + 1e-6))
        p, q = p - 0.2 * factor * 2 * p, q - 0.2 * factor * 4 * q
        k -= 0.1
        if t <= 3:
            h -= 0.1 * 2 * h
            hs = 0.75 * hs + 0.25 * h
        yield {"s": s, "n": n, "a": a, "w": w, "r": r, "p": p, "q": q, "k": k,
               "h": h, "hs": hs}


def check_rules(gmc, model, level, folder):
    found, wanted = table(gmc, model, level, folder), list(rules())
    worst = max(abs(row[name] - value) for row, line in zip(found, wanted)
                for name, value in line.items())
    return (len(found) == len(wanted) and worst <= TOLERANCE,
            f"{len(found)} rounds, worst difference {worst:.1e}")


def check_spectral(gmc, model, level, folder):
    rows = table(gmc, model, level, folder)
    run = folder / f"run-{model.stem}{level}"
    start = folder / f"start-{model.stem}{level}"
    subprocess.run([folder / f"{model.stem}{level}", "train", "--steps", "0",
                    "--out", start], check=True, timeout=60,
                   stdout=subprocess.DEVNULL)
    first, last = (read_safetensors(place / "checkpoint.safetensors")
                   for place in (start, run))
    w, u = first["D.linear0.weight"], first["D.linear0.weight_u"]
    worst = abs(last["D.linear0.weight"] - w).max()
    for row in rows:
        for _ in range(2):
            v = w.T @ u
            u = w @ (v / numpy.linalg.norm(v))
            u /= numpy.linalg.norm(u)
        sigma = numpy.linalg.norm(w.T @ u)
        worst = max(worst, abs(row["s"] - (w / sigma).sum()))
    worst = max(worst, abs(last["D.linear0.weight_u"] - u).max())
    return (len(rows) == 4 and worst <= TOLERANCE,
            f"{len(rows)} rounds, worst difference {worst:.1e}")


def check_spectral_conv(gmc, model, level, folder):
    rows, worst = table(gmc, model, level, folder), 0.0
    last = read_safetensors(folder / f"run-{model.stem}{level}" /
                            "checkpoint.safetensors")
    start = folder / f"start-{model.stem}{level}"
    subprocess.run([folder / f"{model.stem}{level}", "train", "--steps", "0",
                    "--out", start], check=True, timeout=60,
                   stdout=subprocess.DEVNULL)
    first = read_safetensors(start / "checkpoint.safetensors")
    # The rows are the channels made: axis 0, of the transposed one axis 1. The
    # windows of ones: 2 x 2 of them, or each of 3 x 3 entries spread by one.
    for name, report, axes, windows in (
            ("C.conv2d0.weight", "c", (0, 1, 2, 3), 4),
            ("T.conv_transpose2d0.weight", "t", (1, 0, 2, 3), 9)):
        w, u = first[name].transpose(axes).reshape(3, 8), first[name + "_u"]
        for row in rows:
            v = w.T @ u
            u = w @ (v / numpy.linalg.norm(v))
            u /= numpy.linalg.norm(u)
            sigma = numpy.linalg.norm(w.T @ u)
            worst = max(worst, abs(row[report] - windows * (w / sigma).sum()))
        worst = max(worst, abs(last[name + "_u"] - u).max())
    return (len(rows) == 4 and worst <= TOLERANCE,
            f"{len(rows)} rounds, worst difference {worst:.1e}")


def normed(values, mean, variance):
    """What batch_norm makes of the rows of `values`, with weight 1."""
    return (values - mean) / numpy.sqrt(variance + 1e-5)


def check_norm(gmc, model, level, folder):
    rows, worst, asked = table(gmc, model, level, folder), 0.0, 0.0
    mean, variance = numpy.zeros(2), numpy.ones(2)
    scale, k = numpy.array([1.0, 2.0]), 1.0
    for row in rows:
        for inputs in (k * numpy.array([1, 2, 4]), k ** 2 - numpy.array([1, 3])):
            values = inputs[:, None] * scale
            mean = 0.9 * mean + 0.1 * values.mean(axis=0)
            variance = 0.9 * variance + 0.1 * values.var(axis=0, ddof=1)
        k += 1
        sampled = normed(scale, mean, variance).sum()
        values = numpy.array([[5.0], [7.0]]) * scale
        trained = abs(normed(values, values.mean(axis=0), values.var(axis=0)))
        for name, value in (("s", sampled), ("average", sampled),
                            ("given", trained.sum())):
            worst = max(worst, abs(row[name] - value))
        # metrics.csv has the mean over the rounds.
        asked += 2 * sampled / len(rows)
        if "other.seen" in row:
            worst = max(worst, abs(row["other.seen"] - trained.sum()),
                        abs(row["other.asked"] - asked))
    last = read_safetensors(folder / f"run-{model.stem}{level}" /
                            "checkpoint.safetensors")
    for net in ("N", "Ns"):
        worst = max(worst, abs(last[f"{net}.norm.running_mean"] - mean).max(),
                    abs(last[f"{net}.norm.running_var"] - variance).max())
    return (len(rows) == 3 and "other.seen" in rows[-1] and worst <= TOLERANCE,
            f"{len(rows)} rounds, worst difference {worst:.1e}")


def check_parts(gmc, model, level, folder):
    """A state of a net counts its calls; a report shows what a turn gave; rows
    of a table, picked twice, take both gradients."""
    rows, worst = table(gmc, model, level, folder), 0.0
    book, calls = numpy.arange(6.0).reshape(3, 2), 0
    for row in rows:
        for _ in range(2):
            picked = book[[2, 0, 2]]
            seen = (picked ** 2).sum() + 2 * calls + 1
            calls += 2
            change = numpy.zeros_like(book)
            numpy.add.at(change, [2, 0, 2], 2 * picked)
            book = book - 0.1 * change
        worst = max(worst, abs(row["seen"] - seen), abs(row["half"] - seen / 2),
                    abs(row["calls"] - calls),
                    abs(row["entry"] - book[2, 1]))
    return (len(rows) == 3 and worst <= TOLERANCE,
            f"{len(rows)} rounds, worst difference {worst:.1e}")


def check_starts(gmc, model, level, folder):
    program, run = folder / f"starts{level}", folder / f"run-starts{level}"
    rows, worst = table(gmc, model, level, folder), 0.0
    dumped = folder / f"dump-starts{level}"
    broken = folder / f"broken-starts{level}"
    for words in (["train", "--steps", "3"], ["resume", "--steps", "6"]):
        subprocess.run([program, *words, "--dump-draws", dumped, "--out",
                        broken], check=True, timeout=60,
                       stdout=subprocess.DEVNULL)
    same = ((run / "checkpoint.safetensors").read_bytes() ==
            (broken / "checkpoint.safetensors").read_bytes())
    first = [read_safetensors(file) for file in dumped.glob("*.fit.start.*")]
    calls = [read_safetensors(file) for file in sorted(
        dumped.glob("*.fit.safetensors"), key=lambda f: int(f.name.split(".")[0]))]
    last = read_safetensors(run / "checkpoint.safetensors")
    x, w = first[0]["input.x"], first[0]["input.old"].mean(axis=0)
    centre = (x * numpy.array([1, 3] * 4)[:, None]).mean(axis=0)
    worst = max(abs(last["fourth"] - (x[3] + x[7]) / 2).max(),
                abs(last["centre"] - centre).max(),
                abs(calls[0]["input.x"] - x).max())
    v, k = numpy.ones(3), numpy.array([1, 2, 4])
    for i, row in enumerate(rows):
        u = (numpy.arange(3) - 1.5) * 2.25
        v = v - 0.001 * k * (u - numpy.floor(5.5 / (v - 2.5)))
        if i > 0:
            w = w + 0.2 * (calls[i - 1]["input.x"] - centre - w).mean(axis=0)
        at = w if i > 0 else numpy.full(2, 7.0)
        wave = 1 + 2 * ((i + 1) / 2 % 1) if i + 1 < 4 else 3
        for name, value in (("started", float(i > 0)), ("w0", at[0]),
                            ("w1", at[1]), ("v0", v[0]), ("v1", v[1]),
                            ("v2", v[2]), ("wave", wave)):
            worst = max(worst, abs(row[name] - value))
    return (len(rows) == 6 and len(first) == 1 and len(calls) == 5 and same
            and worst <= TOLERANCE,
            f"{len(rows)} rounds, {len(first)} start, "
            f"{'the same' if same else 'other'} bytes after a resume, worst "
            f"difference {worst:.1e}")


def check_rates(gmc, model, level, folder):
    """R-opt-1: a run ends in the step that would take another number."""
    rows, w, v, worst = table(gmc, model, level, folder), 1.0, 0.0, 0.0
    for i, row in enumerate(rows):
        v = 0.125 * v + 2 * w
        w -= (0.5 - 0.1 * min(i, 4)) * v
        worst = max(worst, abs(row["w"] - w))
    said = []
    for value, step, what in ((0.75, 0, ""), (0.35, 5, "lr"),
                              (5, 1, "momentum")):
        out = folder / f"run-{model.stem}{level}-{value}"
        done = subprocess.run([folder / f"{model.stem}{level}", "train", "--set",
                               f"h={value}", "--out", out], timeout=60,
                              capture_output=True, text=True, check=False)
        bad = step > 0
        told = f"step {step}: `fit.sgd.{what}` is" in done.stderr
        said.append(done.returncode == (2 if bad else 0) and told == bad
                    and (out / "checkpoint.safetensors").exists() != bad)
    return (len(rows) == 6 and worst <= TOLERANCE and all(said),
            f"{len(rows)} rounds, worst difference {worst:.1e}, runs {said}")


def check_clocks(gmc, model, level, folder):
    program, run = folder / f"clocks{level}", folder / f"run-clocks{level}"
    rows, worst = table(gmc, model, level, folder), 0.0
    broken, dumped = folder / f"broken{level}", folder / f"dump{level}"
    for words in (["train", "--steps", "5"], ["resume", "--steps", "6"],
                  ["resume", "--steps", "12"]):
        subprocess.run([program, *words, "--dump-draws", dumped, "--out",
                        broken], check=True, timeout=60,
                       stdout=subprocess.DEVNULL)
        if words[-1] == "6":  # the first round of a resumed run has turns too
            turned = read_safetensors(broken / "checkpoint.safetensors")
    start = folder / f"start-clocks{level}"
    subprocess.run([program, "train", "--steps", "0", "--out", start],
                   check=True, timeout=60, stdout=subprocess.DEVNULL)
    first, last, again = (read_safetensors(place / "checkpoint.safetensors")
                          for place in (start, run, broken))
    same = all((last[name] == again[name]).all() for name in last) and \
        all(turned[name] == 5 for name in ("rounds3", "epochs15", "examples20"))
    refused = subprocess.run([program, "train", "--set", "k=2.5", "--out",
                              folder / f"refused{level}"], timeout=60,
                             capture_output=True, check=False).returncode
    calls = [read_safetensors(file) for file in sorted(
        dumped.glob("*.fit.safetensors"), key=lambda f: int(f.name.split(".")[0]))]
    weight, bias, w = first["f.weight"], first["f.bias"], first["w"]
    shown = {"rounds3": 0, "epochs1": 0, "epochs15": 0, "examples20": 0,
             "records": 824}
    for r, (row, call) in enumerate(zip(rows, calls)):
        shown["rounds3"] = r if (r + 1) % 3 == 0 else shown["rounds3"]
        for name, period in (("epochs1", 3), ("epochs15", 4.5),
                             ("examples20", 2.5)):
            if r > 0 and r // period > (r - 1) // period:
                shown[name] = r
        x = call["input.x"]
        error = x @ weight[0] + bias[0] - 2
        weight = weight - 2 / 24 * (error[:, None] * x).mean(axis=0)
        bias = bias - 2 / 24 * error.mean()
        c = (1 + x[:, 0] ** 2 / 8).prod()
        j = numpy.array([1, 2, 3])
        w = w - 0.001 * (8 * w ** 7 * c + sum(
            j[i] * numpy.delete(j * w + 1, i).prod() for i in range(3)))
        worst = max([worst, abs(row["w"] - w)] +
                    [abs(row[name] - value) for name, value in shown.items()])
    worst = max(worst, abs(last["f.weight"] - weight).max(),
                abs(last["f.bias"] - bias).max())
    return (len(rows) == len(calls) == 12 and same and refused == 2
            and worst <= TOLERANCE,
            f"{len(rows)} rounds, {'the same' if same else 'other'} tensors "
            f"after a resume, worst difference {worst:.1e}")


class Adam:
    """PyTorch's formula for one tensor, which counts its updates."""

    def __init__(self, value):
        self.value, self.m, self.v, self.t = value, 0.0, 0.0, 0

    def step(self, gradient, rate):
        self.t += 1
        self.m = 0.9 * self.m + 0.1 * gradient
        self.v = 0.999 * self.v + 0.001 * gradient ** 2
        self.value = self.value - rate * (self.m / (1 - 0.9 ** self.t)) / (
            numpy.sqrt(self.v / (1 - 0.999 ** self.t)) + 1e-8)


def phases_rows(calls):
    """What each round of phases.gm reports, from its batches and draws alone,
    and the tensors at the end. `calls`: by round, the dumps by entry."""
    a, b, speed = Adam(numpy.ones(2)), numpy.zeros(2), numpy.zeros(2)
    mean, variance, lates, rows = numpy.zeros(2), numpy.ones(2), 0.0, []
    for i, files in enumerate(calls):
        pre = i < 7
        batch, here = (4, i) if pre else (8, i - 7)
        one = files["fit" if pre else "fit.batch8"]
        x, z = one["input.x"], one["draw.fit/z" if pre else "draw.fit.batch8/z"]
        epochs = here / (44 // batch)
        rate = 0.1 + (0.02 - 0.1) * min(epochs / 2, 1)
        pull = min(here * batch / 80, 1)
        off = x - a.value + 0.1 * z
        far = (off ** 2).sum(axis=1).mean()
        loss = far + pull * (a.value ** 2).sum()
        a.step(-2 * off.mean(axis=0) + 2 * pull * a.value, rate)
        if pre or here % 2 == 1:
            speed = 0.5 * speed - 2 * (x - b).mean(axis=0)
            b = b - 0.05 * speed
            mean = 0.9 * mean + 0.1 * x.mean(axis=0)
            variance = 0.9 * variance + 0.1 * x.var(axis=0, ddof=1)
        lates = lates if pre or here == 0 else 8.0
        seen = ((a.value - mean) / numpy.sqrt(variance + 1e-5)).sum()
        row = {"a0": a.value[0], "starts": 4.0, "lates": lates, "s": seen,
               "average": seen, "n": 4.0, "loss": loss}
        row.update({"twice": 2 * far, "fours": 4.0} if pre else
                   {"far": far, "ones": 8.0})
        rows.append(row)
    return rows, {"a": a.value, "fit.adam.a.m": a.m, "fit.adam.a.v": a.v,
                  "b": b, "ob.b.b": speed, "N.norm.running_mean": mean,
                  "N.norm.running_var": variance,
                  "Ns.norm.running_mean": mean}


def check_phases(gmc, model, level, folder):
    rows = table(gmc, model, level, folder)
    program, run = folder / f"phases{level}", folder / f"run-phases{level}"
    same = True
    # Resumes in the middle of either `train`, and between the two; the last
    # one's dumps go on.
    for step in (4, 7, 10):
        broken = folder / f"broken-phases{level}-{step}"
        dumped = folder / f"dump-phases{level}-{step}"
        for words in (["train", "--threads", "1", "--steps", str(step)],
                      ["resume", "--threads", "2", "--steps", "13"]):
            subprocess.run([program, *words, "--dump-draws", dumped, "--out",
                            broken], check=True, timeout=60,
                           stdout=subprocess.DEVNULL)
        same &= ((run / "checkpoint.safetensors").read_bytes() ==
                 (broken / "checkpoint.safetensors").read_bytes())
    calls = [{} for _ in rows]
    for file in sorted(dumped.iterdir()):
        number, _, entry = file.name.removesuffix(".safetensors").split(".", 2)
        calls[int(number)][entry] = read_safetensors(file)
    wanted, tensors = phases_rows(calls)
    losses = [line.pop("loss") for line in wanted]
    worst = max(abs(row.get(name, math.inf) - value)
                for row, line in zip(rows, wanted)
                for name, value in line.items())
    for i, loss in enumerate(losses):
        fit = calls[i]["fit" if i < 7 else "fit.batch8"]
        worst = max(worst, abs(fit["monitor.loss"] - loss))
    # One column for both: its rows are means, over the 12 rounds of an epoch
    # and the last one.
    worst = max(worst, abs(rows[11]["fit.loss"] - sum(losses[:12]) / 12),
                abs(rows[12]["fit.loss"] - losses[12]))
    last = read_safetensors(run / "checkpoint.safetensors")
    worst = max([worst] + [abs(last[name] - value).max()
                           for name, value in tensors.items()])
    # 44 = 7 * 4 + 2 * 8: each example once, then those of the next epoch.
    taken = numpy.concatenate([next(
        value["input.x"] for name, value in files.items()
        if name in ("fit", "fit.batch8")) for files in calls])
    first = {tuple(x) for x in taken[:44]}
    whole = len(first) == 44 and {tuple(x) for x in taken[44:]} < first
    noise = [calls[0]["fit"]["draw.fit/z"],
             calls[7]["fit.batch8"]["draw.fit.batch8/z"][:4]]
    columns = (run / "metrics.csv").read_text().splitlines()[0]
    return (len(rows) == 13 and same and whole and "batch8" not in columns
            and abs(noise[0] - noise[1]).min() > 0 and worst <= TOLERANCE,
            f"{len(rows)} rounds, {len(first)} examples in the first epoch, "
            f"{'the same' if same else 'other'} bytes after resumes, worst "
            f"difference {worst:.1e}")


def main():
    gmc = pathlib.Path(sys.argv[1])
    models = pathlib.Path(__file__).parent / "states"
    failures = 0
    with tempfile.TemporaryDirectory() as name:
        for check, stem in ((check_states, "states"),
                            (check_penalty, "penalty"),
                            (check_others, "others"),
                            (check_rules, "rules"),
                            (check_schedules, "schedules"),
                            (check_spectral, "spectral"),
                            (check_spectral_conv, "spectral_conv"),
                            (check_norm, "norm"),
                            (check_parts, "parts"),
                            (check_starts, "starts"),
                            (check_rates, "rates"),
                            (check_clocks, "clocks"),
                            (check_phases, "phases")):
            for level in (0, 2) if stem in (sys.argv[2:] or [stem]) else ():
                ok, said = check(gmc, models / f"{stem}.gm", level,
                                 pathlib.Path(name))
                failures += not ok
                print(f"{'ok' if ok else 'FAILED'}: {stem} -O{level}, {said}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
