#!/usr/bin/python3
"""The texts of texts.py, all in one process: `gmc check` of N files.

    tests/campaign/many_texts.py --count 100000 [--seed 1] [--first N]
        [--findings FOLDER] [--build FOLDER]

Says the longest time of a processor that one text took, the process's peak
memory, and its memory after the first and the last tenth: what it keeps of a
text would add up. A finding is a text that takes over 10 seconds or ends with
another code than 0 or 1, a peak of 2 GiB, and memory that grows.
"""
import os
import re
import resource
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from campaign import GIB, Campaign, Done, main, run  # noqa: E402
from texts import BAD, GOOD, corpus, damage  # noqa: E402

SECONDS = 10
GROWTH = 64 << 20  # bytes that may be kept: tables that are made once
# gmc check says where each error is; a text without any passes in silence.
NAMED = re.compile(rb"--> (\d+)\.gm:")
BUG = re.compile(rb"this is a bug in gmc")
TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def seconds_of(pid):
    """Seconds of a processor that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def memory_of(pid):
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE


class Watch:
    """What a process that checks texts `first`, `first + 1`, .. says of itself.

    Only texts with errors are heard of, so the time between two of them is that
    of all in between: no text took longer than the longest such time."""

    def __init__(self, first, count):
        self.first, self.count = first, count
        self.at, self.last, self.tail = first, None, b""
        self.refused, self.suspects = 0, set()
        self.used, self.slowest = 0.0, 0.0
        self.memory = {}

    def hear(self, said, pid):
        """Takes a piece of stderr."""
        used = seconds_of(pid)
        took, self.used = used - self.used, used
        # The last line may not be whole.
        text, _, self.tail = (self.tail + said).rpartition(b"\n")
        before = self.at
        for name in map(int, NAMED.findall(text)):
            self.refused += name != self.last
            self.at = self.last = name
        if took > SECONDS or BUG.search(text):
            self.suspects |= set(range(before, self.at + 2))
        self.slowest = max(self.slowest, took)
        tenth = 10 * (self.at - self.first) // self.count
        self.memory.setdefault(tenth, memory_of(pid))
        self.memory[9] = memory_of(pid)


def check_all(campaign, cases):
    """Checks the texts in one process; how it ended, its usage and its watch."""
    def limit():
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    command = [campaign.gmc, "check", *(f"{case}.gm" for case in cases)]
    watch = Watch(cases[0], len(cases))
    process = subprocess.Popen(command, cwd=campaign.scratch, preexec_fn=limit,
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE)
    while said := os.read(process.stderr.fileno(), 1 << 16):
        watch.hear(said, process.pid)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        watch.suspects |= set(range(watch.at, watch.at + 100))
    return process.returncode, usage, watch


def main_campaign():
    campaign = Campaign("texts", ["refused"])
    state, count = campaign.state, campaign.options.count
    if not count:
        sys.exit("--count says how many texts the one process checks")
    good, bad = corpus(GOOD), corpus(BAD)
    for cases in campaign.cases(count):
        for case in cases:
            pick = campaign.random(case)
            text = pick.choice(good if pick.random() < 0.7 else bad)
            (campaign.scratch / f"{case}.gm").write_text(
                "".join(damage(pick, text, good + bad)))
        code, usage, watch = check_all(campaign, cases)
        state["refused"] = watch.refused
        for case in sorted(watch.suspects.intersection(cases)):
            file = campaign.scratch / f"{case}.gm"
            one = [campaign.gmc, "check", file]
            done = run(one, campaign.scratch, SECONDS)
            if not done.expected({0, 1}):
                campaign.find(case, "gmc check", one, done, [file])
        peak = usage.ru_maxrss << 10
        early, late = watch.memory.get(1, peak), watch.memory.get(9, 0)
        print(f"exit code {code}, {watch.used:.0f} s of a processor, slowest text "
              f"{watch.slowest:.2f} s at most, peak {peak >> 20} MiB, after a tenth "
              f"{early >> 20} MiB, at the end {late >> 20} MiB")
        wrong = [what for holds, what in (
            (code in (0, 1), f"exit code {code}"),
            (watch.slowest <= SECONDS, f"a text of {watch.slowest:.1f} s"),
            (peak < 2 * GIB, f"a peak of {peak >> 20} MiB"),
            (late - early < GROWTH, f"memory grows by {(late - early) >> 20} MiB"))
            if not holds]
        if wrong:
            campaign.find(cases[0], "one process", ["gmc", "check", f"{count} texts"],
                          Done(code, "; ".join(wrong)))
    return campaign.finish()


if __name__ == "__main__":
    main(main_campaign)
