#!/usr/bin/python3
"""Campaign of power losses: what a disk may hold after each call of a run.

    tests/campaign/power_loss.py --minutes 30 [--seed 1] [--resume FILE]
        [--findings FOLDER] [--build FOLDER] [--count N] [--first N] [--states N]
    tests/campaign/power_loss.py --self-test [--build FOLDER]

strace records a run once; its calls are replayed on a model of a disk
(disk_states.py), and after each call every state that POSIX permits is laid out as
files. The files that the replay ends with are those of the run, byte by byte.

* train, some cut off by --max-seconds, resume, train --overwrite: `resume` goes on
  from every state and ends with the checkpoint and the rows of metrics.csv
  (`seconds` apart) of the unbroken run; where there is no checkpoint it says so with
  exit code 5, and `train` ends so. It goes on at the last checkpoint after which the
  folder was synced, or at a later one. A resume, and what --overwrite replaces, starts
  from a state of a train, or of an earlier resume; half of the resumes have other
  settings, which hold once config.json has them. In one of eight states `info`,
  `eval` and `sample` open the same checkpoint, or say with 5 that there is none.
* sample, an idx folder, --dump-draws, gmc compile, gmc fmt: every file is absent or
  the old one, or the new one, whole; once the command has ended, the new one. The
  command then succeeds.

Cases take turns in this order. --states bounds the states of a case that are tried,
drawn from all distinct ones; without it all are. --self-test leaves fsync calls out
of a record, of files and of folders, and wants findings; then a write, and wants it
missed.
"""
import argparse
import dataclasses
import random
import re
import shutil
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "e2e"))
from campaign import GIB, Campaign, Done, main, run  # noqa: E402
from disk_states import Disk, File, Folder  # noqa: E402
from recorded_calls import Call, record  # noqa: E402
from trainer import find_gmc, read_metadata  # noqa: E402

TEXT = """\
data c : ring(train: 60, test: 20) as f32[2]
hyper lr = 1e-2
net G(z: f32[2]) -> f32[2] { z |> linear(4) |> relu |> linear(2) }
net D(x: f32[2]) -> f32 { x |> linear(4) |> leaky_relu(0.2) |> linear(1) }
pool P(16)
state k : f32 = 0
step gen() -> fake, gap {
  z ~ Normal(0, 1)[2]
  fake = G(z)
  gap = mean(D(fake), over: batch)
  minimize bce(logits: D(fake), target: 1) over G using adam(lr)
  k <- k + 1
}
step disc(x, fake) {
  minimize bce(logits: D(x), target: 1) + bce(logits: D(fake), target: 0) over D using adam(lr)
}
step score(x) -> s { s = D(x) }
train {
  x = next c.train
  fake, gap = gen()
  disc(x, P.swap(fake))
} for 3 epochs, batch 10
report count = k every 4 rounds
report given = gap at end
report last = s of score on c.test at end
proc sample(n = 16) batch n {
  z ~ Normal(0, 1)[2]
  emit scatter(G(z))
  emit csv(g: G(z))
}
proc set(y: label[4] = 1, n = 16) batch n {
  z ~ Normal(0, 1)[2]
  emit idx(reshape(sigmoid(G(z)), 1, 1, 2), y)
}
"""
# States after one call, see Disk.states; steps of an epoch of TEXT.
MOST, EPOCH = 256, 6
# Findings of a case that are kept as folders; all are counted.
KEPT = 3
CHECKPOINT = "checkpoint.safetensors"


class Bad(Exception):
    """A state from which something went wrong: what, and the process."""

    def __init__(self, what, command=(), done=None):
        super().__init__(what)
        self.command, self.done = command, done


def read_tree(root):
    return {path.relative_to(root).as_posix():
            None if path.is_dir() else path.read_bytes()
            for path in Path(root).rglob("*")}


def write_tree(root, tree):
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    for path, data in sorted(tree):
        if data is None:
            (root / path).mkdir(exist_ok=True)
        else:
            (root / path).write_bytes(data)


def step_of(checkpoint):
    """(seed, step) of the bytes of a checkpoint."""
    with tempfile.NamedTemporaryFile() as copy:
        Path(copy.name).write_bytes(checkpoint)
        metadata = read_metadata(copy.name)
    return int(metadata["seed"]), int(metadata["step"])


def rows(text):
    """Rows of metrics.csv without the column of times."""
    lines = [line.split(",") for line in text.decode(errors="replace").splitlines()]
    place = lines[0].index("seconds") if lines and "seconds" in lines[0] else -1
    return [line[:place] + line[place + 1:] for line in lines]


@dataclasses.dataclass
class Work:
    """A command to record in a folder that holds `start`, and who judges states."""
    kind: str
    command: list
    start: dict
    judge: object


class Judge:
    """Judges the states of a work."""
    new = None  # the tree that the recorded command left

    def promised(self, disk, call):
        """What holds from `call` on, None: the command has ended. The model of the
        disk has seen it."""
        raise NotImplementedError

    def view(self, state):
        """What matters of a state: one is tried of those that are the same in it."""
        return state

    def look(self, folder, promise, peek):
        """Goes on from the state in `folder`, with more commands if `peek`; Bad."""
        raise NotImplementedError


class Runs(Judge):
    """Of runs of the model in folder `out`: what they end with, first to last, and as
    the promise the checkpoint that is on the disk for certain: its seed, its step, and
    the first of the ends that may come of it. The last one alone may, once config.json
    of the recorded run is there."""

    def __init__(self, loss, out):
        self.loss, self.out, self.promise = loss, out, None
        self.ends, self.again, self.flags = [], None, []

    def expect(self, tree):
        """`tree` is what an unbroken run leaves."""
        self.ends.append((tree[f"{self.out}/{CHECKPOINT}"],
                          rows(tree[f"{self.out}/metrics.csv"])))

    def promised(self, disk, call):
        if call is None:
            pass
        elif call.kind == "sync" and call.path == self.out:
            tree, config = disk.now(), f"{self.out}/config.json"
            checkpoint = tree.get(f"{self.out}/{CHECKPOINT}")
            last = tree.get(config) == self.new[config]
            if checkpoint is not None:
                self.promise = (*step_of(checkpoint), last * (len(self.ends) - 1))
        elif call.kind == "remove" and call.path == f"{self.out}/{CHECKPOINT}":
            self.promise = None
        return self.promise

    def look(self, folder, promise, peek):
        before = self.peek(folder) if peek else None
        command = [self.loss.trainer, "resume", "--threads", "1", "--out", self.out,
                   *self.flags]
        done = self.loss.run(command, folder)
        none = done.code == 5 and "there is no checkpoint" in done.said
        found = re.search(r"(?:at|is finished:) step (\d+)", done.said)
        if none:
            if promise:
                raise Bad(f"the checkpoint {promise} is gone", command, done)
            command = [*self.again, "--overwrite"] if peek else self.again
            done = self.loss.run(command, folder)
        if done.code != 0:
            raise Bad("cannot go on", command, done)
        if before not in (None, found[1] if found else "none"):
            raise Bad(f"`info` saw step {before}", command, done)
        if promise and int(found[1]) < promise[1]:
            raise Bad(f"an older checkpoint than {promise}", command, done)
        self.compare(folder, self.ends[promise[2] if promise else 0:], command, done)

    def compare(self, folder, ends, command, done):
        """Bad if the run in `folder` does not end as one of `ends`."""
        tree = read_tree(folder)
        checkpoint = tree[f"{self.out}/{CHECKPOINT}"]
        tables = [table for whole, table in ends if whole == checkpoint]
        if not tables:
            raise Bad(f"other bytes in the checkpoint of {step_of(checkpoint)}", command,
                      done)
        if rows(tree.get(f"{self.out}/metrics.csv", b"")) not in tables:
            raise Bad("other rows in metrics.csv", command, done)
        left = [path for path in tree
                if path.startswith(self.out) and path.endswith(".tmp")]
        if left:
            raise Bad(f"{left} left behind", command, done)

    def peek(self, folder):
        """What `info` sees: a step, or "none"; eval and sample do as it does."""
        seen = set()
        for verb in ("info", "eval", "sample"):
            command = [self.loss.trainer, verb, "--out", self.out]
            if verb == "sample":
                command += ["--output", "peek.png"]
            done = self.loss.run(command, folder)
            step = re.search(r": step (\d+), seed", done.said)
            if verb == "info" and done.code == 0:
                seen.add(step[1] if step else "none")
            elif done.code == 5 and "there is no checkpoint" in done.said:
                seen.add("none")
            elif done.code != 0:
                raise Bad(f"`{verb}` fails", command, done)
        if len(seen) != 1:
            raise Bad(f"{seen} are seen", command, done)
        return seen.pop()


class Files(Judge):
    """Of files and folders that a command makes. With `only` nothing else of a state
    matters, and the command is done again in few states."""

    def __init__(self, loss, command, names, old, only=False):
        self.loss, self.command, self.names, self.old = loss, command, names, old
        self.only = only

    def part(self, tree, name):
        return {path: data for path, data in tree.items()
                if path == name or path.startswith(name + "/")}

    def promised(self, _, call):
        return call is None

    def view(self, state):
        return tuple(one for one in state if one[0] in self.names) if self.only else state

    def look(self, folder, promise, peek):
        tree = read_tree(folder)
        for name in self.names:
            found, new = self.part(tree, name), self.part(self.new, name)
            if found != new and (promise or found != self.part(self.old, name)):
                what = "is neither old nor new" if found else "is gone"
                raise Bad(f"{name} {what}" + " after the end" * promise)
        if self.only and not peek:
            return
        done = self.loss.run(self.command, folder)
        taken = done.code == 2 and "is there already" in done.said
        tree = read_tree(folder)
        if done.code != 0 and not taken or any(
                self.part(tree, name) != self.part(self.new, name)
                for name in self.names):
            raise Bad("does not succeed afterwards", self.command, done)


class Draws(Files):
    """Of files of --dump-draws: each is whole or absent; the run itself is resumed,
    and they are all there where it had a checkpoint."""

    def __init__(self, loss, runs, folder):
        super().__init__(loss, [], [], {})
        self.runs, self.folder = runs, folder
        runs.flags = ["--dump-draws", folder]

    def promised(self, disk, call):
        self.runs.new = self.new
        return self.runs.promised(disk, call), call is None

    def look(self, folder, promise, peek):
        new = self.part(self.new, self.folder).items()
        tree = read_tree(folder)
        found = {name: data for name, data in self.part(tree, self.folder).items()
                 if not Path(name).name.startswith(".")}.items()
        if not found <= new or promise[1] and found != new:
            raise Bad("draws are not whole, or gone after the end")
        self.runs.look(folder, promise[0], peek)
        tree_after = read_tree(folder)
        if f"{self.runs.out}/{CHECKPOINT}" in tree and not new <= tree_after.items():
            raise Bad("draws are missing after a resume")


class PowerLoss:
    """The works of a campaign, done in folders below `scratch`."""
    KINDS = ("train", "resume", "overwrite", "sample", "set", "draws", "compile", "fmt")

    def __init__(self, gmc, scratch):
        self.gmc, self.scratch, self.runs = gmc, scratch, 0
        (scratch / "points.gm").write_text(TEXT)
        self.trainer = scratch / "points"
        made = run([gmc, "compile", scratch / "points.gm", "-o", self.trainer], scratch,
                   120, 8 * GIB)
        if made.code:
            raise SystemExit(made.said)
        self.drop = lambda call, disk: False

    def run(self, command, folder):
        self.runs += 1
        return run(command, folder, 120 if command[0] == self.gmc else 10, 8 * GIB)

    def leave(self, command, tree=()):
        """The tree that `command` leaves, started in `tree`."""
        place = self.scratch / "whole"
        write_tree(place, tree)
        done = self.run(command, place)
        if done.code:
            raise SystemExit(f"{command}: {done.said}")
        return read_tree(place)

    def train(self, pick, out):
        steps = pick.choice([EPOCH, 2 * EPOCH, pick.randrange(3, 20)])
        return [self.trainer, "train", "--out", out, "--steps", str(steps),
                "--seed", str(pick.randrange(1000)), "--save-every",
                str(pick.randrange(1, 8)), "--threads", str(pick.choice([1, 2]))]

    def work(self, kind, pick):
        return getattr(self, f"work_{kind}")(pick)

    def work_train(self, pick, out=None, flags=()):
        out = out or pick.choice(["run", "a/run"])
        command = self.train(pick, out)
        runs = Runs(self, out)
        runs.expect(self.leave(command))
        runs.again = command
        if pick.random() < 0.2:
            flags = [*flags, "--max-seconds", "0.01"]
        return Work("train", [*command, *flags], {}, runs)

    def work_resume(self, pick):
        work = self.work_train(pick)
        while work.kind == "train" or pick.random() < 0.3:
            start = self.broken(work, pick)
            command = [self.trainer, "resume", "--out", work.judge.out]
            if pick.random() < 0.5:
                command += ["--set", f"lr={pick.random()}", "--steps", "21"]
            work.judge.expect(self.leave(command, start.items()))
            work = Work("resume", command, start, work.judge)
        return work

    def broken(self, work, pick):
        """A state with a checkpoint that a loss of power in `work` leaves; what was
        promised in it is the promise now."""
        checkpoint = f"{work.judge.out}/{CHECKPOINT}"
        state, work.judge.promise, _ = pick.choice(
            [one for one in self.states(work, pick)[0] if checkpoint in dict(one[0])])
        return dict(state)

    def work_overwrite(self, pick):
        old = self.work_train(pick)
        runs = old.judge
        command = self.train(pick, runs.out)
        while command[7] == old.command[7]:  # two seeds tell the runs apart
            command = self.train(pick, runs.out)
        start = self.broken(old, pick)
        runs.expect(self.leave(command))
        runs.again = command
        return Work("overwrite", [*command, "--overwrite"], start, runs)

    def files(self, kind, command, names, start, only=False):
        return Work(kind, command, start, Files(self, command, names, start, only))

    def work_sample(self, pick):
        start = self.leave(self.train(pick, "run"))
        if pick.random() < 0.5:
            start.pop("run/samples")
        command = [self.trainer, "sample", "--out", "run"]
        names = ["run/samples/sample.png", "run/samples/sample-1.csv"]
        if pick.random() < 0.5:
            command += ["--output", "grid.png"]
            names = ["grid.png", "grid-1.csv"]
        if pick.random() < 0.5:
            start = self.leave([*command, "--seed", "7"], start.items())
        return self.files("sample", command, names, start)

    def work_set(self, pick):
        start = self.leave(self.train(pick, "run"))
        command = [self.trainer, "set", "--out", "run", "--output", "set"]
        return self.files("set", command, ["set"], start)

    def work_draws(self, pick):
        work = self.work_train(pick, "run", ["--dump-draws", "draws/all"])
        return Work("draws", work.command, {}, Draws(self, work.judge, "draws/all"))

    def work_compile(self, pick):
        start = {"points.gm": TEXT.encode()}
        if pick.random() < 0.5:
            start["points"] = b"an older program"
        command = [self.gmc, "compile", "points.gm", "-o", "points"]
        # No gmc reads again what is in the linker's folder: its name is always new.
        return self.files("compile", command, ["points", "points.gm"], start, only=True)

    def work_fmt(self, _):
        start = {"points.gm": TEXT.replace("  ", "      ").encode()}
        command = [self.gmc, "fmt", "points.gm"]
        return self.files("fmt", command, ["points.gm"], start)

    def states(self, work, pick):
        """Records `work`: ([(state, promise, call)], counts). A state is listed once
        for each promise."""
        place = self.scratch / "recorded"
        write_tree(place, work.start.items())
        code, said, calls = record(work.command, place, self.scratch / "log")
        if code:
            raise SystemExit(f"{work.command}: {code}: {said}")
        left = read_tree(place)
        disk = Disk(work.start)
        for call in calls:
            disk.apply(call)
        names = {id(disk.find(path)): path for path in left}
        mapped = {i: left.get(names.get(id(file)), b"")
                  for i, file in enumerate(disk.maps)}
        work.judge.new = left
        disk = Disk(work.start, mapped)
        found, total = {}, 0
        for number, call in enumerate([*calls, None]):
            if call and not self.drop(call, disk):
                disk.apply(call)
            promise = work.judge.promised(disk, call)
            if goes_on(call, calls[number + 1:]):
                continue
            for state in disk.states(MOST, pick):
                total += 1
                found.setdefault((work.judge.view(state), promise), (state, number))
        if disk.now() != left:
            wrong = {path for path in {*left, *disk.now()}
                     if left.get(path) != disk.now().get(path)}
            raise SystemExit(f"{work.command}: the record does not give {wrong}")
        counts = {"calls": len(calls), "states": total, "distinct": len(found)}
        return [(state, promise, number)
                for (_, promise), (state, number) in found.items()], counts

    def judge(self, work, state, promise, peek):
        """None, or what is wrong with a state."""
        place = self.scratch / "state"
        write_tree(place, state)
        try:
            work.judge.look(place, promise, peek)
        except Bad as bad:
            return bad
        return None


def goes_on(call, later):
    """Whether the next call writes on: a part of both is a state after it too."""
    return bool(call and later and call.kind == later[0].kind == "write"
                and call.path == later[0].path)


def with_scratch(action, *arguments):
    """Calls `action` with a folder that goes, on a disk of memory if there is one."""
    if not shutil.which("strace"):
        raise SystemExit("strace is not installed: nothing records the calls")
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="gmc-power-",
                                     dir=memory if memory.is_dir() else None) as folder:
        return action(Path(folder), *arguments)


def main_campaign(folder):
    campaign = Campaign("power-loss", ["calls", "states", "distinct", "tried", "runs",
                                       "wrong"],
                        [("--states", {"type": int, "metavar": "N"})])
    state = campaign.state
    loss = PowerLoss(campaign.gmc, folder)
    for cases in campaign.cases():
        case = cases[0]
        pick = campaign.random(case)
        work = loss.work(loss.KINDS[case % len(loss.KINDS)], pick)
        found, counts = loss.states(work, pick)
        loss.runs = wrong = 0
        if campaign.options.states and len(found) > campaign.options.states:
            found = pick.sample(found, campaign.options.states)
        for number, (tree, promise, call) in enumerate(found):
            bad = loss.judge(work, tree, promise, number % 8 == 0)
            if bad is None:
                continue
            wrong += 1
            if wrong <= KEPT:
                keep(campaign, f"{case}-{wrong}", work, tree, call, bad)
        for name, value in {**counts, "tried": len(found), "runs": loss.runs,
                            "wrong": wrong}.items():
            state[name] += value
        print(f"{case} {work.kind}: {counts}, {len(found)} tried, {loss.runs} runs, "
              f"{wrong} wrong", flush=True)
    return campaign.finish()


def keep(campaign, case, work, tree, call, bad):
    """A finding: the recorded command, what was said, and the state as files."""
    kept = campaign.find(case, f"{work.kind}, after call {call}: {bad}",
                         [*work.command, "; then", *bad.command],
                         bad.done or Done(0, ""))
    write_tree(kept / "state", tree)


def syncs(kind):
    """What leaves the fsync calls of files, or of folders, out of a record."""
    return lambda call, disk: call.kind == "sync" and \
        isinstance(disk.find(call.path), kind)


def self_test(folder, gmc):
    """What is wrong with the model, or with what it finds of records without fsync or
    without a write; 0 if nothing is."""
    pick = random.Random(1)
    renamed = [Call("open", "new", position=0), Call("write", "new", data=b"text"),
               Call("rename", "new", "old")]
    for calls, torn in ((renamed, True),
                        ([*renamed[:2], Call("sync", "new"), renamed[2]], False)):
        disk = Disk({"old": b"before"})
        for call in calls:
            disk.apply(call)
        contents = {dict(state).get("old") for state in disk.states(MOST, pick)}
        if not {b"before", b"text"} <= contents or (b"" in contents) != torn:
            return f"a rename {'without' * torn} fsync leaves {contents}"
    loss = PowerLoss(gmc, folder)
    for name, drop in (("no", loss.drop), ("files'", syncs(File)),
                       ("folders'", syncs(Folder))):
        loss.drop = drop
        work = loss.work("train", random.Random(2))
        found, _ = loss.states(work, pick)
        bad = [one for one in (loss.judge(work, tree, promise, False)
                               for tree, promise, _ in pick.sample(found, 100)) if one]
        print(f"{name} fsync left out: {len(bad)} of 100 states are wrong", flush=True)
        if bool(bad) == (name == "no"):
            return f"{name} fsync left out: {bad[:3]}"
    loss.drop = lambda call, disk: call.kind == "write" and "metrics" in call.path
    try:
        loss.states(work, pick)
    except SystemExit as said:
        print(said)
        return 0
    return "writes left out: the files are those of the run"


if __name__ == "__main__":
    if "--self-test" in sys.argv:
        parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
        parser.add_argument("--self-test", action="store_true")
        parser.add_argument("--build", default=None)
        sys.exit(with_scratch(self_test, find_gmc(parser.parse_args().build)))
    main(lambda: with_scratch(main_campaign))
