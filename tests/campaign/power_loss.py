#!/usr/bin/python3
"""Campaign of power losses: what a disk may hold after each call of a run.

    tests/campaign/power_loss.py --minutes 30 [--seed 1] [--resume FILE]
        [--findings FOLDER] [--build FOLDER] [--count N] [--first N] [--states N]
    tests/campaign/power_loss.py --self-test [--build FOLDER]

strace records a run once; its calls are replayed on a model of a disk
(disk_states.py), and after each call every state that POSIX permits is laid out as
files. The files that the replay ends with are those of the run, byte by byte.

* train, resume, train --overwrite: `resume` goes on from every state and ends with
  the checkpoint and the rows of metrics.csv (`seconds` apart) of the unbroken run;
  where there is no checkpoint it says so with exit code 5, and `train` ends so. It
  goes on at the last checkpoint after which the folder was synced, or at a later
  one. A resume starts from a state of a train. In one of eight states `info`,
  `eval` and `sample` open the same checkpoint, or say with 5 that there is none.
* sample, an idx folder, --dump-draws, gmc compile, gmc fmt: every file is absent or
  the old one, or the new one, whole; once the command has ended, the new one. The
  command then succeeds.

Cases take turns in this order. --states bounds the states of a case that are tried,
drawn from all distinct ones; without it all are. --self-test leaves fsync calls out
of records, of files and of folders, and wants findings.
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
step gen() -> fake {
  z ~ Normal(0, 1)[2]
  fake = G(z)
  minimize bce(logits: D(fake), target: 1) over G using adam(lr)
  k <- k + 1
}
step disc(x, fake) {
  minimize bce(logits: D(x), target: 1) + bce(logits: D(fake), target: 0) over D using adam(lr)
}
step score(x) -> s { s = D(x) }
train { x = next c.train; fake = gen(); disc(x, P.swap(fake)) } for 3 epochs, batch 10
report count = k every 4 rounds
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
    """(seed, step) of a checkpoint, from its bytes or its file."""
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
    """A command to record in a folder, and how its states are judged."""
    kind: str
    command: list
    start: dict
    judge: object
    trace: object


class Runs:
    """Runs of the model in folder `out`: what they end with, and the promise of a
    record: the seed and step of the checkpoint that is on the disk for certain."""

    def __init__(self, loss, out, promise=None):
        self.loss, self.out, self.promise = loss, out, promise
        self.whole, self.again = {}, None

    def expect(self, tree):
        """`tree` is what an unbroken run leaves."""
        checkpoint = tree[f"{self.out}/{CHECKPOINT}"]
        self.whole[step_of(checkpoint)[0]] = \
            (checkpoint, rows(tree[f"{self.out}/metrics.csv"]))

    def trace(self, disk, call):
        """What is promised after `call`."""
        if call is None:
            pass
        elif call.kind == "sync" and call.path == self.out:
            checkpoint = disk.now().get(f"{self.out}/{CHECKPOINT}")
            if checkpoint is not None:
                self.promise = step_of(checkpoint)
        elif call.kind == "remove" and call.path == f"{self.out}/{CHECKPOINT}":
            self.promise = None
        return self.promise

    def judge(self, folder, promise, peek):
        """Goes on from the state in `folder`."""
        before = self.peek(folder) if peek else None
        command = [self.loss.trainer, "resume", "--threads", "1", "--out", self.out]
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
        seed = self.compare(folder, command, done)
        if promise and seed == promise[0] and int(found[1]) < promise[1]:
            raise Bad(f"an older checkpoint than {promise}", command, done)

    def compare(self, folder, command, done):
        """The seed of the run that was ended; Bad if it is no unbroken run."""
        tree = read_tree(folder)
        checkpoint = tree[f"{self.out}/{CHECKPOINT}"]
        seed, step = step_of(checkpoint)
        expected, table = self.whole[seed]
        if checkpoint != expected:
            raise Bad(f"other bytes in the checkpoint of seed {seed}, step {step}",
                      command, done)
        if rows(tree[f"{self.out}/metrics.csv"]) != table:
            raise Bad("other rows in metrics.csv", command, done)
        left = [path for path in tree
                if path.startswith(self.out) and path.endswith(".tmp")]
        if left:
            raise Bad(f"{left} left behind", command, done)
        return seed

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


class Files:
    """Files and folders that a command makes: {name: what the tree has of it}."""

    def __init__(self, loss, command, names, old, again=lambda peek: True):
        self.loss, self.command, self.names, self.old = loss, command, names, old
        self.again, self.new, self.ended = again, None, False

    def part(self, tree, name):
        return {path: data for path, data in tree.items()
                if path == name or path.startswith(name + "/")}

    def trace(self, _, call):
        self.ended = self.ended or call is None
        return self.ended

    def judge(self, folder, ended, peek):
        tree = read_tree(folder)
        for name in self.names:
            found, new = self.part(tree, name), self.part(self.new, name)
            if found != new and (ended or found != self.part(self.old, name)):
                what = "is neither old nor new" if found else "is gone"
                raise Bad(f"{name} {what}" + " after the end" * ended)
        if self.again(peek):
            done = self.loss.run(self.command, folder)
            taken = done.code == 2 and "is there already" in done.said
            tree = read_tree(folder)
            if done.code != 0 and not taken or any(
                    self.part(tree, name) != self.part(self.new, name)
                    for name in self.names):
                raise Bad("does not succeed afterwards", self.command, done)


class Draws(Files):
    """Files of --dump-draws: each is whole or absent; the run itself is resumed."""

    def __init__(self, loss, runs, folder):
        super().__init__(loss, [], [], {})
        self.runs, self.folder = runs, folder

    def trace(self, disk, call):
        return self.runs.trace(disk, call), call is None

    def judge(self, folder, promise, peek):
        new = self.part(self.new, self.folder)
        found = self.part(read_tree(folder), self.folder)
        for name, data in found.items():
            if not Path(name).name.startswith(".") and new.get(name, data) != data:
                raise Bad(f"{name} is not whole")
        if promise[1] and found != new:
            raise Bad("draws are gone after the end")
        self.runs.judge(folder, promise[0], peek)


class PowerLoss:
    """The works of a campaign, in folders on a disk of memory where there is one."""
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
        return Work("train", [*command, *flags], {}, runs.judge, runs.trace)

    def work_resume(self, pick):
        work = self.work_train(pick)
        runs = work.judge.__self__
        checkpoint = f"{runs.out}/{CHECKPOINT}"
        states = [dict(state) for state, _, _ in self.states(work, pick)[0]]
        start = pick.choice([state for state in states if checkpoint in state])
        runs.promise = step_of(start[checkpoint])
        command = [self.trainer, "resume", "--out", runs.out]
        return Work("resume", command, start, runs.judge, runs.trace)

    def work_overwrite(self, pick):
        old = self.work_train(pick)
        runs = old.judge.__self__
        command = self.train(pick, runs.out)
        while command[7] == old.command[7]:  # two seeds tell the runs apart
            command = self.train(pick, runs.out)
        runs.expect(self.leave(command))
        runs.again = command
        start = self.leave(old.command)
        runs.promise = step_of(start[f"{runs.out}/{CHECKPOINT}"])
        return Work("overwrite", [*command, "--overwrite"], start, runs.judge, runs.trace)

    def files(self, kind, command, names, start, again=lambda peek: True):
        files = Files(self, command, names, start, again)
        return Work(kind, command, start, files.judge, files.trace)

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
        draws = Draws(self, work.judge.__self__, "draws/all")
        return Work("draws", work.command, {}, draws.judge, draws.trace)

    def work_compile(self, pick):
        start = {"points.gm": TEXT.encode()}
        if pick.random() < 0.5:
            start["points"] = b"an older program"
        command = [self.gmc, "compile", "points.gm", "-o", "points"]
        return self.files("compile", command, ["points", "points.gm"], start,
                          lambda peek: peek and pick.random() < 0.1)

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
        judge = work.judge.__self__
        if isinstance(judge, Files):
            judge.new = left
        disk = Disk(work.start, mapped)
        found, total = {}, 0
        for number, call in enumerate([*calls, None]):
            if call and not self.drop(call, disk):
                disk.apply(call)
            promise = work.trace(disk, call)
            if goes_on(call, calls[number + 1:]):
                continue
            for state in disk.states(MOST, pick):
                total += 1
                found.setdefault((state, promise), number)
        if disk.now() != left:
            wrong = {path for path in {*left, *disk.now()}
                     if left.get(path) != disk.now().get(path)}
            raise SystemExit(f"{work.command}: the record does not give {wrong}")
        counts = {"calls": len(calls), "states": total, "distinct": len(found)}
        return [(*key, number) for key, number in found.items()], counts

    def judge(self, work, state, promise, peek):
        """None, or what is wrong with a state."""
        place = self.scratch / "state"
        write_tree(place, state)
        try:
            work.judge(place, promise, peek)
        except Bad as bad:
            return bad
        return None


def goes_on(call, later):
    """Whether the next call writes on: a part of both is a state after it too."""
    return bool(call and later and call.kind == later[0].kind == "write"
                and call.path == later[0].path)


def scratch_folder():
    memory = Path("/dev/shm")
    return Path(tempfile.mkdtemp(prefix="gmc-power-",
                                 dir=memory if memory.is_dir() else None))


def main_campaign():
    campaign = Campaign("power-loss", ["calls", "states", "distinct", "tried", "runs",
                                       "wrong"],
                        [("--states", {"type": int, "metavar": "N"})])
    folder, state = scratch_folder(), campaign.state
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
    shutil.rmtree(folder)
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


def self_test(gmc):
    """Records without fsync are found, the whole one is not."""
    folder, pick = scratch_folder(), random.Random(1)
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
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    if "--self-test" in sys.argv:
        parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
        parser.add_argument("--self-test", action="store_true")
        parser.add_argument("--build", default=None)
        sys.exit(self_test(find_gmc(parser.parse_args().build)))
    main(main_campaign)
