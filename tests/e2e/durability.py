#!/usr/bin/python3
"""Runs that are cut off, spread over threads, or asked for twice.

    tests/e2e/durability.py [--build FOLDER] [--kills 10] [--seed N]

vae.gm, and Inputs/states.gm, which keeps whatever a model can keep
between steps.

* 1, 2 and 4 threads leave the same bytes in the checkpoint.
* SIGKILL at a random moment past the first checkpoint, then `resume`, with
  another number of threads: the resume says first that it goes on at the step
  of the checkpoint, the last bytes and the rows of metrics.csv (its `seconds`
  apart) are those of the unbroken run.
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

STEPS = 400
SAVE = ["--save-every", "23"]


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


def check_threads(trainer, scratch, data):
    ends = []
    for threads in (1, 2, 4):
        out = scratch / f"threads-{threads}"
        run(trainer, "train", "--steps", 30, "--threads", threads, "--data",
            data, "--out", out)
        ends.append(checkpoint(out))
    require(ends[0] == ends[1] == ends[2],
            "1, 2 and 4 threads leave different checkpoints")
    print("1, 2, 4 threads: the same bytes", flush=True)


def kill_once(trainer, data, out, delay):
    """Trains, and kills `delay` seconds after the first checkpoint. The step
    of the checkpoint that is left; None where training was faster."""
    process = subprocess.Popen(
        [trainer, "train", "--steps", str(STEPS), *SAVE, "--data", data,
         "--out", out], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        give_up = time.monotonic() + 60
        while not (out / "checkpoint.safetensors").exists():
            require(process.poll() is None and time.monotonic() < give_up,
                    "no first checkpoint came")
            time.sleep(0.0005)
        time.sleep(delay)
    finally:
        process.kill()
        process.communicate()
    if process.returncode == 0:
        return None
    require(process.returncode == -9, f"exit code {process.returncode}")
    step = int(read_metadata(out / "checkpoint.safetensors")["step"])
    return step if step < STEPS else None


def check_kills(trainer, scratch, data, kills, pick):
    whole = scratch / "whole"
    begin = time.monotonic()
    run(trainer, "train", "--steps", STEPS, *SAVE, "--data", data, "--out",
        whole)
    seconds = time.monotonic() - begin
    done, tries = [], 0
    while len(done) < kills:
        tries += 1
        require(tries <= 10 * kills, f"only {len(done)} of {tries} kills came "
                                     "between two checkpoints")
        out = scratch / f"kill-{tries}"
        step = kill_once(trainer, data, out, pick.uniform(0, seconds))
        if step is None:
            continue
        threads = pick.choice((1, 2, 4))
        shown = run(trainer, "resume", "--threads", threads, "--out", out)
        first = shown.splitlines()[0]
        found = re.match(r"resuming .* at step (\d+),", first)
        require(found and int(found.group(1)) == step,
                f"the checkpoint is of step {step}, the resume says `{first}`")
        require(checkpoint(out) == checkpoint(whole),
                f"killed after step {step}: other bytes than the unbroken run")
        require(rows(out) == rows(whole),
                f"killed after step {step}: other rows in metrics.csv")
        left = [file.name for file in out.rglob("*.tmp")]
        require(not left, f"killed after step {step}: {left} were left behind")
        done.append(step)
    print(f"{kills} kills, resumed at steps {done}: the same bytes", flush=True)
    require(len(set(done)) > 1 or kills < 2, "all kills hit the same step")


def check_finished(trainer, scratch, data):
    out = scratch / "whole"
    before = contents(out)
    shown = run(trainer, "resume", "--out", out)
    require("is finished" in shown, f"resume of a finished run says `{shown}`")
    require(contents(out) == before, "resume changed a finished run")
    again = ["train", "--steps", 3, "--data", data, "--out", out]
    run(trainer, *again, code=2)
    require(contents(out) == before, "a refused `train` changed the run")
    run(trainer, *again, "--overwrite")
    require(read_metadata(out / "checkpoint.safetensors")["step"] == "3",
            "--overwrite did not start anew")
    print("finished: nothing changes, `train` is refused, --overwrite replaces",
          flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int,
                        default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args()
    print(f"--seed {options.seed}")
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        try:
            gmc = find_gmc(options.build)
            text = ROOT / "models" / "vae.gm"
            write_idx(scratch / "data", 28, 28, train=1600)
            compile_model(gmc, text, scratch / "vae", "--batch", "16")
            compile_model(gmc, text, scratch / "vae128")
            data = scratch / "data"
            check_threads(scratch / "vae128", scratch, data)
            check_kills(scratch / "vae", scratch, data, options.kills,
                        random.Random(options.seed))
            check_finished(scratch / "vae", scratch, data)
            kept = scratch / "kept"
            kept.mkdir()
            text = Path(__file__).parent / "Inputs" / "states.gm"
            compile_model(gmc, text, kept / "states")
            check_threads(kept / "states", kept, data)
            check_kills(kept / "states", kept, data, (options.kills + 1) // 2,
                        random.Random(options.seed))
        except Wrong as wrong:
            print(f"WRONG: {wrong}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
