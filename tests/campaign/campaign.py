"""What the campaigns share: processes within limits, slices of time with a state
that a later one resumes, findings kept as files.

A finding is a process that ends by a signal or with exit code 70, runs past its
limit, or ends with a code that the caller did not expect.
"""
import argparse
import dataclasses
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests" / "e2e"))
from trainer import Wrong  # noqa: E402

LONGEST_SLICE = 30  # minutes
GIB = 1 << 30
# What --help and runtime/README.md say that a program of gmc ends with.
DOCUMENTED = {0, 1, 2, 3, 4, 5, 6, 7, 8}


@dataclasses.dataclass
class Done:
    """How a process ended: `slow` if its time ran out."""
    code: int
    said: str
    slow: bool = False

    def expected(self, codes):
        return not self.slow and self.code in codes and \
            "this is a bug in gmc" not in self.said


def run(command, folder, seconds, memory=2 * GIB):
    """Runs `command` in `folder` within seconds of a processor and bytes."""
    def limit():
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if os.environ.get("GMC_SANITIZED") != "ON":
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))

    try:
        done = subprocess.run([str(part) for part in command], cwd=folder,
                              preexec_fn=limit, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=20 * seconds + 60,
                              check=False)
    except subprocess.TimeoutExpired as late:
        return Done(-1, (late.stderr or b"").decode(errors="replace"), True)
    said = (done.stdout + done.stderr).decode(errors="replace")
    # SIGXCPU, or SIGKILL a second later.
    return Done(done.returncode, said, done.returncode in (-24, -9))


def flags_of(case):
    """How the program of a case is compiled: mostly as users do, every fourth by the
    reference pipeline, two of eight for processors with narrower vectors."""
    return {1: ["--mcpu=x86-64-v3"], 3: ["-O0"], 5: ["--mcpu=haswell"],
            7: ["-O0"]}.get(case % 8, [])


class Campaign:
    """Cases 0, 1, 2, .. of one seed; which it is at is in the state file. `flags`
    are more arguments: pairs of a name and what argparse takes."""

    def __init__(self, name, counters, flags=()):
        self.name = name
        parser = argparse.ArgumentParser(description=f"Campaign of {name}.")
        parser.add_argument("--build", default=ROOT / "build", type=Path)
        parser.add_argument("--seed", default=1, type=int)
        parser.add_argument("--minutes", type=float,
                            help=f"length of the slice, {LONGEST_SLICE} at most")
        parser.add_argument("--count", type=int, help="cases of the slice")
        parser.add_argument("--first", type=int, default=0, help="first case")
        parser.add_argument("--resume", type=Path, metavar="FILE",
                            help="where the state is read and written")
        parser.add_argument("--findings", type=Path, metavar="FOLDER",
                            default=ROOT / "build" / "findings")
        for flag, settings in flags:
            parser.add_argument(flag, **settings)
        self.options = parser.parse_args()
        if (self.options.minutes or 0) > LONGEST_SLICE:
            parser.error(f"a slice has at most {LONGEST_SLICE} minutes; go on "
                         "with --resume")
        if not self.options.minutes and not self.options.count:
            parser.error("--minutes or --count says how long")
        self.gmc = self.options.build.resolve() / "bin" / "gmc"
        if not self.gmc.exists():
            parser.error(f"{self.gmc} is not there: build it first")
        self.state = {"seed": self.options.seed, "next": self.options.first,
                      "minutes": 0.0, "findings": [],
                      **{counter: 0 for counter in counters}}
        file = self.options.resume
        if file and file.exists():
            self.state.update(json.loads(file.read_text()))
        self.scratch = Path(tempfile.mkdtemp(prefix=f"gmc-{name}-"))

    def random(self, case):
        """The random numbers of one case, whatever came before it."""
        return random.Random(f"{self.name} {self.state['seed']} {case}")

    def find(self, case, kind, command, done, files=()):
        """Keeps a finding: what was run, what was said, and the files. Its folder."""
        folder = self.options.findings / f"{self.name}-{self.state['seed']}-{case}"
        folder.mkdir(parents=True, exist_ok=True)
        for file in files:
            if Path(file).exists():
                (folder / Path(file).name).write_bytes(Path(file).read_bytes())
        ending = "out of time" if done.slow else f"exit code {done.code}" if command \
            else done.said.splitlines()[0]
        (folder / "said.txt").write_text(
            f"{' '.join(map(str, command))}\n{ending}\n{done.said[-20000:]}")
        line = f"{kind}: {ending}: {folder}"
        self.state["findings"].append(line)
        print(line, flush=True)
        return folder

    def cases(self, block=1):
        """Yields ranges of cases until the slice is over; saves in between."""
        begin, start = self.state["next"], time.monotonic()
        spent = self.state["minutes"]
        end = begin + self.options.count if self.options.count else None
        while end is None or self.state["next"] < end:
            minutes = (time.monotonic() - start) / 60
            if self.options.minutes and minutes >= self.options.minutes:
                break
            first = self.state["next"]
            last = first + block if end is None else min(first + block, end)
            yield range(first, last)
            self.state["next"] = last
            self.state["minutes"] = spent + (time.monotonic() - start) / 60
            if self.options.resume:
                self.options.resume.write_text(json.dumps(self.state, indent=1))

    def finish(self):
        """Says the figures in one line; the exit code."""
        shutil.rmtree(self.scratch)
        counts = ", ".join(f"{value} {key}" for key, value in self.state.items()
                           if key not in ("seed", "next", "minutes", "findings"))
        print(f"{self.name}: seed {self.state['seed']}, {self.state['next']} "
              f"cases in {self.state['minutes']:.1f} min, {counts}, "
              f"{len(self.state['findings'])} findings")
        return 1 if self.state["findings"] else 0


def of_programs(name, counters, compare):
    """The campaign whose case i is `compare(campaign, i, folder)`, which counts in the
    campaign's state and raises Wrong where a number is; its texts are then kept."""
    campaign = Campaign(name, counters)
    for cases in campaign.cases():
        for case in cases:
            folder = campaign.scratch / str(case)
            folder.mkdir()
            try:
                compare(campaign, case, folder)
            except (Wrong, subprocess.TimeoutExpired) as wrong:
                campaign.find(case, "wrong", [], Done(0, str(wrong)),
                              sorted(folder.glob("*.gm")))
            shutil.rmtree(folder)
    return campaign


def main(campaign):
    try:
        sys.exit(campaign())
    except KeyboardInterrupt:
        sys.exit("interrupted; --resume goes on after the last saved case")
