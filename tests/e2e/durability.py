#!/usr/bin/python3
"""Runs that are cut off, spread over threads, or asked for twice.

    tests/e2e/durability.py [--build FOLDER] [--kills 10] [--seed N] [KIND ..]

vae.gm, and a model of each kind (KINDS), which differ in what they keep between
steps.

* 1, 2 and 4 threads leave the same bytes in the checkpoint and the same rows in
  metrics.csv (its `seconds` apart).
* SIGKILL at a random moment past the first checkpoint, then `resume`, with
  another number of threads: the resume says first that it goes on at the step
  of the checkpoint, the last bytes and the rows are those of the unbroken run.
  --kills bounds those of vae.gm; each kind is killed once, one of two trainings
  with batches of two sizes in each of them.
* `resume` of a finished run exits with 0 and changes no file.
* `train` refuses a folder with a run, exit code 2, and changes nothing there;
  with --overwrite it starts anew.

The moments of the kills are drawn from --seed, which is printed; what they hit
depends on the machine all the same.
"""
import argparse
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from trainer import ROOT, Wrong, compile_model, find_gmc, read_metadata, \
    require, run, write_idx

# Steps of a run and between two checkpoints.
STEPS, EVERY = 400, 23
# A model of each kind: its text, what it has, steps, settings. The data have
# six batches, so that an epoch ends between two checkpoints.
KINDS = {
    "states": ("tests/e2e/Inputs/states.gm", "a pool, an average, states, a "
               "gate, spectral norm, running statistics", 400, []),
    "gan_dropout": ("models/gan_dropout.gm", "two networks, dropout", 60, []),
    "dcgan": ("models/dcgan.gm", "convolutions, batch norm", 30, []),
    "rpgan_r1r2": ("models/rpgan_r1r2.gm", "an average, second derivatives, "
                   "data that are made", 400, []),
    "began": ("models/began.gm", "a state that steers the loss", 60, []),
    "sngan": ("models/sngan.gm", "spectral norm", 60, []),
    "vq_vae": ("models/vq_vae.gm", "a codebook", 100, []),
    "factor_vae": ("models/factor_vae.gm", "a permuted batch", 60, []),
    "categorical_vae": ("models/categorical_vae.gm", "Gumbel-softmax, pixels "
                        "drawn every epoch", 60, []),
    "semi_supervised_vae": ("models/semi_supervised_vae.gm", "two data sets of "
                            "two lengths", 60, ["--const", "labels=20"]),
    "text_vae": ("models/text_vae.gm", "words, a scan, cells", 40,
                 ["--const", "hidden=16"]),
}
# Two trainings, their batches as in the text; steps of both, of the first.
PHASES = ("tests/e2e/Inputs/phases.gm", 300, 130)


def checkpoint(out):
    return (out / "checkpoint.safetensors").read_bytes()


def rows(out):
    """metrics.csv without its column of times."""
    lines = [line.split(",")
             for line in (out / "metrics.csv").read_text().splitlines()]
    require(lines[0].count("seconds") == 1, "metrics.csv has no `seconds`")
    place = lines[0].index("seconds")
    return [line[:place] + line[place + 1:] for line in lines]


def contents(out):
    """Every file of a run with its bytes and its time of change."""
    return {file.relative_to(out): (file.read_bytes(), file.stat().st_mtime_ns)
            for file in out.rglob("*") if file.is_file()}


def train(trainer, out, steps, *more):
    run(trainer, "train", "--steps", steps, *more, "--out", out)


def check_threads(trainer, scratch, steps, *more):
    """Trains with 1, 2 and 4 threads; the folder of the first run."""
    outs = []
    for threads in (1, 2, 4):
        outs.append(scratch / f"threads-{threads}")
        train(trainer, outs[-1], steps, "--threads", threads, *more)
        require(checkpoint(outs[-1]) == checkpoint(outs[0])
                and rows(outs[-1]) == rows(outs[0]),
                f"{trainer.name}: 1 and {threads} threads do not leave the "
                "same bytes")
    return outs[0]


def kill_once(trainer, out, steps, delay, *more):
    """Trains, and kills `delay` seconds after the first checkpoint. The step
    of the checkpoint that is left; None where training was faster."""
    process = subprocess.Popen(
        [trainer, "train", "--steps", str(steps), *more, "--out", out],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        give_up = time.monotonic() + 60
        while not (out / "checkpoint.safetensors").exists():
            require(process.poll() is None and time.monotonic() < give_up,
                    f"{trainer.name}: no first checkpoint came")
            time.sleep(0.0005)
        time.sleep(delay)
    finally:
        process.kill()
        process.communicate()
    if process.returncode == 0:
        return None
    require(process.returncode == -9, f"exit code {process.returncode}")
    step = int(read_metadata(out / "checkpoint.safetensors")["step"])
    return step if step < steps else None


def check_resume(trainer, out, step, threads, whole):
    """What `resume` says and leaves, against the unbroken run."""
    what = f"{trainer.name}, killed after step {step}"
    shown = run(trainer, "resume", "--threads", threads, "--out", out)
    first = shown.splitlines()[0]
    found = re.match(r"resuming .* at step (\d+),", first)
    require(found and int(found.group(1)) == step,
            f"{what}: the resume says `{first}`")
    require(checkpoint(out) == checkpoint(whole),
            f"{what}: other bytes than the unbroken run")
    require(rows(out) == rows(whole), f"{what}: other rows in metrics.csv")
    left = [file.name for file in out.rglob("*.tmp")]
    require(not left, f"{what}: {left} were left behind")


def check_kills(trainer, whole, steps, kills, pick, *more, wanted=None):
    """`kills` kills of the run that unbroken is `whole`; the steps hit, each
    of which is `wanted`."""
    seconds = max(float(line.split(",")[-1]) for line in
                  (whole / "metrics.csv").read_text().splitlines()[1:])
    done, tries = [], 0
    while len(done) < kills:
        tries += 1
        require(tries <= 20 + 10 * kills, f"{trainer.name}: only {len(done)} "
                f"of {tries} kills came between two checkpoints")
        out = whole.with_name(f"kill-{wanted}-{tries}")
        step = kill_once(trainer, out, steps, pick.uniform(0, seconds), *more)
        if step is None or (wanted and step not in wanted):
            continue
        check_resume(trainer, out, step, pick.choice((1, 2, 4)), whole)
        done.append(step)
    require(len(set(done)) > 1 or kills < 2, "all kills hit the same step")
    return done


def check_finished(trainer, out, *more):
    before = contents(out)
    shown = run(trainer, "resume", "--out", out)
    require("is finished" in shown, f"resume of a finished run says `{shown}`")
    require(contents(out) == before, "resume changed a finished run")
    again = ["train", "--steps", 3, *more, "--out", out]
    run(trainer, *again, code=2)
    require(contents(out) == before, "a refused `train` changed the run")
    run(trainer, *again, "--overwrite")
    require(read_metadata(out / "checkpoint.safetensors")["step"] == "3",
            "--overwrite did not start anew")
    print("finished: nothing changes, `train` is refused, --overwrite replaces",
          flush=True)


def check_vae(gmc, scratch, data, kills, pick):
    text = ROOT / "models" / "vae.gm"
    more = ["--data", data]
    compile_model(gmc, text, scratch / "vae128")
    check_threads(scratch / "vae128", scratch / "batch-128", 30, *more)
    print("1, 2, 4 threads: the same bytes", flush=True)
    trainer, whole = scratch / "vae", scratch / "whole"
    compile_model(gmc, text, trainer, "--batch", "16")
    more += ["--save-every", EVERY]
    more = [str(part) for part in more]
    train(trainer, whole, STEPS, *more)
    steps = check_kills(trainer, whole, STEPS, kills, pick, *more)
    print(f"{kills} kills, resumed at steps {steps}: the same bytes",
          flush=True)
    check_finished(trainer, whole, *more)


def check_kind(gmc, name, folder, data, pick):
    folder.mkdir()
    text, what, steps, settings = KINDS[name]
    compile_model(gmc, ROOT / text, folder / name, "--batch", "16", *settings)
    declared = re.findall(r"(?m)^data (\w+) : idx", (ROOT / text).read_text())
    more = ["--save-every", str(max(steps // 9, 4))]
    for one in declared:
        more += ["--data", f"{one}={data}"]
    whole = check_threads(folder / name, folder, steps, *more)
    hit, = check_kills(folder / name, whole, steps, 1, pick, *more)
    print(f"{name} ({what}): 1, 2, 4 threads and a resume at step {hit} of "
          f"{steps}: the same bytes", flush=True)


def check_phases(gmc, folder, data, pick):
    folder.mkdir()
    text, steps, first = PHASES
    trainer = folder / "phases"
    compile_model(gmc, ROOT / text, trainer)
    more = ["--save-every", "7", "--data", str(data)]
    whole = check_threads(trainer, folder, steps, *more)
    hit = [check_kills(trainer, whole, steps, 1, pick, *more, wanted=wanted)[0]
           for wanted in (range(first), range(first, steps))]
    print(f"phases (batches of 8, then of 16): 1, 2, 4 threads and resumes at "
          f"steps {hit} of {steps}: the same bytes", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kinds", nargs="*", default=["phases", *KINDS])
    parser.add_argument("--build")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int,
                        default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args()
    print(f"--seed {options.seed}")
    pick = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        try:
            gmc = find_gmc(options.build)
            write_idx(scratch / "data", 28, 28, train=1600)
            check_vae(gmc, scratch, scratch / "data", options.kills, pick)
            write_idx(scratch / "few", 28, 28, train=96)
            if "phases" in options.kinds:
                check_phases(gmc, scratch / "phases", scratch / "few", pick)
                options.kinds.remove("phases")
            for name in options.kinds:
                check_kind(gmc, name, scratch / name, scratch / "few", pick)
        except Wrong as wrong:
            print(f"WRONG: {wrong}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
