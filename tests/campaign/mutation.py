#!/usr/bin/python3
"""Mutation: single changes of gmc's own code, each of which a test must find.

    tests/campaign/mutation.py --folder MUTATED --build-jobs 2       # builds
    tests/campaign/mutation.py --folder MUTATED --resume state.json --minutes 30
    tests/campaign/mutation.py --folder MUTATED --resume state.json --whole
    tests/campaign/mutation.py --check

mutants.txt has the changes. FOLDER is given a copy of the tree in which every
original is `(gmcMutant(17) ? (changed) : (original))`, or an `if` of statements, and
one build of it; GMC_MUTANT=17 in the environment chooses, of the compiler, the tests
and the trainers. A mutant is killed by a test that passes with GMC_MUTANT=0 and fails,
crashes or hangs with its number: the nearest tests first, then those of its group.
--whole takes those that survive through all other tests. --check holds the table
against the sources: every original stands in its file once.
"""
import argparse
import dataclasses
import hashlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from campaign import LONGEST_SLICE, ROOT

TABLE = Path(__file__).resolve().parent / "mutants.txt"
HEADER = """// Whether mutant `number` is the one that GMC_MUTANT names.
#pragma once
#include <cstdlib>
inline bool gmcMutant(int number) {
  static const int chosen = [] {
    const char *name = std::getenv("GMC_MUTANT");
    return name ? std::atoi(name) : 0;
  }();
  return chosen == number;
}
"""
# lit hides the environment from its tests.
LIT = """
config.environment["GMC_MUTANT"] = os.environ.get("GMC_MUTANT", "0")
"""
SKIPPED = 77
OUT_OF_TIME = "TimeoutExpired"  # of Python's subprocess
LONGEST_TEST = 3600  # seconds
# A filter that fits no test is no success.
RAN_NOTHING = re.compile(r"Running 0 tests|^0 operators", re.MULTILINE)
BY_FILTER = {"lit": "--filter="}  # and of binaries of GoogleTest


class BadTable(Exception):
    """What is wrong with the table, or with a place that it names."""


@dataclasses.dataclass
class Change:
    """One replacement; `original` has its marks, the changed text may be empty."""
    original: str
    changed: str = ""


@dataclasses.dataclass
class Mutant:
    number: int
    meaning: str
    file: str
    group: str
    changes: list = dataclasses.field(default_factory=list)
    nearest: list = dataclasses.field(default_factory=list)
    equivalent: str = ""

    def digest(self):
        text = json.dumps([self.file, [dataclasses.astuple(one) for one in
                                       self.changes]])
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclasses.dataclass
class Place:
    """What stands from `begin` to `end` of a file, and how it is changed."""
    begin: int
    end: int
    number: int
    changed: str
    inner: list = dataclasses.field(default_factory=list)

    def written(self, original):
        number = self.number
        if original.rstrip().endswith((";", "}")):
            return (f"if (gmcMutant({number})) {{ {self.changed} }} else "
                    f"{{ {original} }}")
        return f"(gmcMutant({number}) ? ({self.changed}) : ({original}))"


def read_table(text):
    """(mutants, tests by group)."""
    mutants, groups = [], {}
    group = file = None
    for at, line in enumerate(text.splitlines(), 1):
        sign, rest = line[:2], line[2:].strip()
        started = mutants and mutants[-1].file == file
        if line.startswith("["):
            group, tests = line[1:].split("]", 1)
            groups[group] = [one.strip() for one in tests.split(";")]
        elif group is None or not line.strip():
            continue
        elif sign == "@ ":
            file = rest
        elif re.match(r"\d+ ", line):
            number, meaning = line.split(" ", 1)
            mutants.append(Mutant(int(number), meaning, file, group))
        elif sign == "- " and started:
            mutants[-1].changes.append(Change(rest))
        elif sign.rstrip() == "+" and started and mutants[-1].changes:
            mutants[-1].changes[-1].changed = rest
        elif sign == "> " and started:
            mutants[-1].nearest.append(rest)
        elif sign == "~ " and started:
            mutants[-1].equivalent = rest
        else:
            raise BadTable(f"line {at}: `{line}`")
    numbers = [mutant.number for mutant in mutants]
    for number in set(numbers):
        if numbers.count(number) > 1:
            raise BadTable(f"two mutants have the number {number}")
    return mutants, groups


def pattern_of(text):
    return r"\s*".join(map(re.escape, re.findall(r"\w+|[^\w\s]", text)))


def place_of(mutant, change, source):
    """Where the change is made, whatever the source's line breaks are."""
    before, marked, after = "", change.original, ""
    if "[|" in marked:
        before, rest = marked.split("[|")
        marked, after = rest.split("|]")
    pattern = r"\s*".join(part for part in (
        pattern_of(before), f"({pattern_of(marked)})", pattern_of(after)) if part)
    found = list(re.finditer(pattern, source))
    if len(found) != 1:
        raise BadTable(f"mutant {mutant.number}: its original stands {len(found)} "
                       f"times in {mutant.file}: {change.original}")
    return Place(*found[0].span(1), mutant.number, change.changed)


def nested(places):
    """The outermost places in order, others inside of them."""
    roots, open_places = [], []
    for place in sorted(places, key=lambda one: (one.begin, -one.end)):
        while open_places and open_places[-1].end <= place.begin:
            open_places.pop()
        if open_places and place.end > open_places[-1].end:
            raise BadTable(f"mutants {open_places[-1].number} and {place.number} "
                           "overlap")
        (open_places[-1].inner if open_places else roots).append(place)
        open_places.append(place)
    return roots


def rewritten(source, places, begin, end):
    text = ""
    for place in places:
        text += source[begin:place.begin]
        text += place.written(rewritten(source, place.inner, place.begin,
                                        place.end))
        begin = place.end
    return text + source[begin:end]


def mutated_files(mutants, read):
    """Text by path of the files with mutants; `read` gives a file's text."""
    texts = {}
    for file in {mutant.file for mutant in mutants}:
        source = read(file)
        places = [place_of(mutant, change, source) for mutant in mutants
                  if mutant.file == file for change in mutant.changes]
        body = rewritten(source, nested(places), 0, len(source))
        texts[file] = '#include "gmcMutant.h"\n' + body
    return texts


def write_if_new(path, content):
    """Leaves the time of a file that is the same, which spares its compilation."""
    if not path.exists() or path.read_bytes() != content:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def build(folder, mutants, jobs):
    texts = mutated_files(mutants, lambda file: (ROOT / file).read_text())
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True,
                            capture_output=True).stdout.decode().split("\0")
    for name in filter(None, listed):
        content = (ROOT / name).read_bytes()
        if name in texts:
            content = texts[name].encode()
        elif name == "tests/lit.cfg.py":
            content += LIT.encode()
        write_if_new(folder / name, content)
        shutil.copymode(ROOT / name, folder / name)
    write_if_new(folder / "gmcMutant.h", HEADER.encode())
    if not (folder / "build" / "build.ninja").exists():
        subprocess.run(["cmake", "-S", ".", "-B", "build", "-G", "Ninja",
                        "-DGMC_ENABLE_TESTS=ON"], cwd=folder, check=True)
    subprocess.run(["ninja", "-C", "build", f"-j{jobs}"], cwd=folder, check=True)


class Runner:
    """Runs tests of one build for mutants and keeps what came of it."""

    def __init__(self, folder, file):
        self.folder, self.file = folder, file
        shown = subprocess.run(
            ["ctest", "--show-only=json-v1"], cwd=folder / "build", check=True,
            capture_output=True).stdout
        self.entries = {one["name"]: one for one in json.loads(shown)["tests"]}
        # What came of the tests without a mutant: seconds, or nothing.
        self.state = {"minutes": 0.0, "tests": {}, "mutants": {}}
        if file and file.exists():
            self.state.update(json.loads(file.read_text()))

    def save(self):
        if self.file:
            self.file.write_text(json.dumps(self.state, indent=1))

    def properties(self, name):
        return {one["name"]: one["value"]
                for one in self.entries[name].get("properties", [])}

    def command_of(self, test):
        name, *arguments = shlex.split(test)
        if name not in self.entries:
            raise BadTable(f"ctest has no entry `{name}`")
        command = list(self.entries[name]["command"])
        isBinary = Path(command[0]).parent.name == "bin" and len(command) == 1
        sign = "--gtest_filter=" if isBinary else BY_FILTER.get(name, "")
        return name, command + [sign + one for one in arguments]

    def run(self, test, number, seconds):
        """(exit code or what ended it, seconds, output)."""
        name, command = self.command_of(test)
        properties = self.properties(name)
        environment = dict(os.environ, GMC_MUTANT=str(number))
        environment.update(one.split("=", 1)
                           for one in properties.get("ENVIRONMENT", []))
        start = time.monotonic()
        with tempfile.TemporaryFile() as said, subprocess.Popen(
                command, cwd=properties.get("WORKING_DIRECTORY", self.folder),
                env=environment, stdin=subprocess.DEVNULL, stdout=said,
                stderr=subprocess.STDOUT, start_new_session=True) as process:
            try:
                code = process.wait(seconds)
            except subprocess.TimeoutExpired:
                code = "time"
            # Also what a test that ended has left running.
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
            said.seek(0)
            output = said.read().decode(errors="replace")
        return code, time.monotonic() - start, output

    def usual(self, test):
        """Seconds of the test without a mutant; None if it does not pass so."""
        known = self.state["tests"]
        if test not in known:
            code, seconds, output = self.run(test, 0, LONGEST_TEST)
            passes = code == 0 and not RAN_NOTHING.search(output)
            known[test] = round(seconds, 1) if passes else None
            if not passes and code != SKIPPED:
                print(f"without a mutant `{test}` ends with {code}:\n"
                      f"{output[-3000:]}", flush=True)
            self.save()
        return known[test]

    def killer_of(self, mutant, tests):
        """The first test that fails with the mutant, and how it ends."""
        for test in tests:
            seconds = self.usual(test)
            if seconds is None:
                continue
            # A busy machine is no killer: a limit of the test's own counts if it
            # is passed three times.
            for _ in range(3):
                code, _, output = self.run(test, mutant.number, 60 + 5 * seconds)
                if code == 0 or OUT_OF_TIME not in output:
                    break
            if code not in (0, SKIPPED):
                return {"by": test, "end": code, "said": output[-500:]}
        return None

    def is_done(self, mutant):
        known = self.state["mutants"].get(str(mutant.number))
        return known is not None and known["digest"] == mutant.digest()

    def take(self, mutant, levels):
        """Runs the mutant through the tests of each level, (name, tests)."""
        result, start = {"digest": mutant.digest()}, time.monotonic()
        seen = set()
        for level, tests in levels:
            killer = self.killer_of(mutant, [one for one in tests
                                             if one not in seen])
            seen.update(tests)
            if killer:
                result.update(killer, level=level)
                break
        self.state["mutants"][str(mutant.number)] = result
        self.state["minutes"] += (time.monotonic() - start) / 60
        self.save()
        seconds = time.monotonic() - start
        print(f"{mutant.number} {mutant.file}: {mutant.meaning}: "
              f"{result.get('by', 'SURVIVES')} ({result.get('level', 'all')}, "
              f"{seconds:.0f} s)", flush=True)

    def whole(self):
        return [name for name in self.entries
                if "source" not in self.properties(name).get("LABELS", [])]

    def survives(self, mutant):
        return self.is_done(mutant) and \
            "by" not in self.state["mutants"][str(mutant.number)]

    def summary(self, mutants):
        """One line with the figures, after one for each survivor."""
        levels = {"nearest": 0, "group": 0, "whole": 0}
        left = []
        done = [mutant for mutant in mutants
                if self.is_done(mutant) and not mutant.equivalent]
        for mutant in done:
            if self.survives(mutant):
                left.append(mutant)
            else:
                levels[self.state["mutants"][str(mutant.number)]["level"]] += 1
        for mutant in left:
            print(f"survives: {mutant.number} {mutant.file}: {mutant.meaning}")
        equivalent = sum(bool(mutant.equivalent) for mutant in mutants)
        print(f"mutation: {len(mutants)} mutants, {equivalent} equivalent, "
              f"{len(done)} run in {self.state['minutes']:.0f} min: "
              f"{levels['nearest']} killed by the nearest tests, "
              f"{levels['group']} by their group's, {levels['whole']} by the "
              f"whole suite, {len(left)} survive")
        return 1 if left else 0


def self_test():
    """Every rule of the table fails where it should."""
    head = "[g] t\n@ f\n"
    good = "1 a\n- [|a + b|];\n+ a - b\n> t\n2 b\n- a +\n  [|b|]\n"
    source = "int f() { return a\n + b; }"
    table = head + good.replace("- a +\n  [|b|]", "- a + [|b|]\n+ c")
    texts = mutated_files(read_table(table)[0], lambda _: source)
    wanted = "(gmcMutant(1) ? (a - b) : (a\n + (gmcMutant(2) ? (c) : (b))))"
    failed = wanted not in texts["f"]
    statement = mutated_files(read_table(head + "1 a\n- return a + b;\n+\n")[0],
                              lambda _: source)["f"]
    failed |= "if (gmcMutant(1)) {  } else { return a\n + b; }" not in statement
    for bad in ("1 a\n- c\n+ d\n", "1 a\n- t\n+ d\n", "1 a\n- a\n1 b\n- b\n",
                "1 a\n- return a\n+ b\n2 b\n- a + b\n+ c\n", "? a\n"):
        try:
            mutated_files(read_table(head + bad)[0], lambda _: source)
        except BadTable:
            continue
        print(f"no error: {bad!r}")
        failed = True
    print("FAILED" if failed else "ok")
    return int(failed)


def options_of():
    parser = argparse.ArgumentParser(description="Campaign of single changes.")
    parser.add_argument("--folder", type=Path, help="of the mutated copy")
    parser.add_argument("--build-jobs", type=int, metavar="N",
                        help="copies and builds, by N processes")
    parser.add_argument("--minutes", type=float, default=LONGEST_SLICE,
                        help=f"length of the slice, {LONGEST_SLICE} at most")
    parser.add_argument("--first", type=int, default=1, help="first mutant")
    parser.add_argument("--count", type=int, help="mutants of the slice")
    parser.add_argument("--resume", type=Path, metavar="FILE",
                        help="where the state is read and written")
    parser.add_argument("--whole", action="store_true",
                        help="those that survived, by the whole suite")
    parser.add_argument("--nearest", action="store_true",
                        help="no tests of the group: a first pass, for --again")
    parser.add_argument("--again", action="store_true",
                        help="those that survived, once more")
    parser.add_argument("--check", action="store_true",
                        help="only holds the table against the sources")
    parser.add_argument("--self-test", action="store_true")
    options = parser.parse_args()
    if options.minutes > LONGEST_SLICE:
        parser.error(f"a slice has at most {LONGEST_SLICE} minutes; go on with "
                     "--resume")
    if not (options.folder or options.check or options.self_test):
        parser.error("--folder says where the mutated copy is")
    return options


def main():
    options = options_of()
    if options.self_test:
        return self_test()
    mutants, groups = read_table(TABLE.read_text())
    if options.check:
        mutated_files(mutants, lambda file: (ROOT / file).read_text())
        print(f"{len(mutants)} mutants have their originals")
        return 0
    folder = options.folder.resolve()
    if options.build_jobs:
        build(folder, mutants, options.build_jobs)
        return 0
    runner = Runner(folder, options.resume)
    last = options.first + options.count if options.count else sys.maxsize
    start = time.monotonic()
    for mutant in mutants:
        if time.monotonic() - start > 60 * options.minutes:
            break
        survived = runner.survives(mutant)
        wanted = survived if options.whole or options.again else \
            not runner.is_done(mutant)
        if mutant.equivalent or not wanted or \
                not options.first <= mutant.number < last:
            continue
        levels = [("nearest", mutant.nearest)]
        if not options.nearest:
            levels.append(("group", groups[mutant.group]))
        runner.take(mutant, [("whole", runner.whole())] if options.whole
                    else levels)
    return runner.summary(mutants)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BadTable as bad:
        sys.exit(f"mutants.txt: {bad}")
    except KeyboardInterrupt:
        sys.exit("interrupted; --resume goes on after the last mutant")
