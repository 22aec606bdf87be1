#!/usr/bin/python3
"""Fuzzing of the readers of files, with libFuzzer and sanitizers.

    CXX=clang++ cmake -B build-fuzz -G Ninja -DGMC_ENABLE_COMPILER=OFF -DGMC_BUILD_FUZZERS=ON
    ninja -C build-fuzz gmcFuzzers
    tests/campaign/fuzz.py --build build-fuzz --corpus CORPUS --minutes 10 [READER ..]

Runs one reader after the other, each for so many minutes, from the corpus that
earlier slices left in CORPUS/READER; CORPUS/READER.json has the figures, so that
other readers may run at the same time. A reader is done once 30 minutes brought no
new coverage, or after two hours, both of a processor's time. A finding ends its
slice and is kept in CORPUS/findings; the exit code is then 1.
"""
import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path += [str(HERE), str(HERE / "fuzz")]
import campaign  # noqa: E402
from campaign import LONGEST_SLICE, main  # noqa: E402
import seeds  # noqa: E402

QUIET, LONGEST = 30 * 60, 2 * 60 * 60  # seconds of a processor
SECONDS = 10  # of a processor, for one file
NEW = {"seconds": 0.0, "quiet": 0.0, "coverage": 0, "executions": 0}


def options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--build", required=True, type=Path)
    parser.add_argument("--corpus", required=True, type=Path)
    parser.add_argument("--minutes", required=True, type=float,
                        help=f"of each reader, {LONGEST_SLICE} at most")
    parser.add_argument("readers", metavar="READER", nargs="*",
                        default=list(seeds.SEEDS), help="all, if none is named")
    chosen = parser.parse_args()
    if not 0 < chosen.minutes <= LONGEST_SLICE:
        parser.error(f"a slice has at most {LONGEST_SLICE} minutes; go on with "
                     "the same corpus")
    for reader in chosen.readers:
        if reader not in seeds.SEEDS:
            parser.error(f"no reader {reader}: {' '.join(seeds.SEEDS)}")
        if not (chosen.build / "tests/fuzz" / f"fuzz-{reader}").exists():
            parser.error(f"{chosen.build} has no fuzz-{reader}: build gmcFuzzers")
    return chosen


def command_of(chosen, reader, seconds):
    corpus, found = chosen.corpus / reader, chosen.corpus / "findings" / reader
    for folder in (corpus, found):
        folder.mkdir(parents=True, exist_ok=True)
    # libFuzzer's clock is the wall's: on a busy machine it takes longer.
    busy = max(1, os.getloadavg()[0] / len(os.sched_getaffinity(0)))
    # A second for the sanitizers' own start, and so that 0 is no limit.
    return [chosen.build / "tests/fuzz" / f"fuzz-{reader}", corpus,
            chosen.corpus / "seeds" / reader, f"-dict={chosen.corpus}/seeds/{reader}.dict",
            f"-max_total_time={int(seconds) + 1}", "-rss_limit_mb=2048",
            f"-timeout={SECONDS * busy:.0f}",
            f"-artifact_prefix={found}/", "-print_final_stats=1"]


def environment(scratch):
    """The files that are read lie in memory."""
    symbolizer = shutil.which("llvm-symbolizer") or shutil.which("llvm-symbolizer-14")
    return {**os.environ, "TMPDIR": scratch,
            **({"ASAN_SYMBOLIZER_PATH": symbolizer} if symbolizer else {})}


def processor_seconds(process):
    """What a running process has computed, by its utime and stime (proc(5))."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def watch(process, figures, save):
    """Follows what libFuzzer says, and returns the last lines of it."""
    before = dict(figures)
    now, news, said, begun = 0.0, None, [], False
    for line in process.stderr:
        said = said[-400:] + [line]
        now = max(now, processor_seconds(process))  # 0 of one that has ended
        covered = re.match(r"#\d+\s+(\w+)\s+cov: (\d+)", line)
        # Up to INITED the corpus is read: that is news only beyond what it had.
        begun |= bool(covered) and covered[1] == "INITED"
        if covered and begun:
            if int(covered[2]) > figures["coverage"]:
                news = now
            figures["coverage"] = int(covered[2])
        count = re.match(r"stat::number_of_executed_units:\s*(\d+)", line)
        if count:
            figures["executions"] = before["executions"] + int(count[1])
        figures["seconds"] = before["seconds"] + now
        figures["quiet"] = before["quiet"] + now if news is None else now - news
        save()
    return said


def judge(command, kept, said):
    """Keeps what was said of a finding. A file that only ran out of the wall's time is
    none, and is called slow-."""
    file = Path(kept)
    alone = [command[0], file]
    if file.name.startswith("timeout-") and campaign.run(
            alone, file.parent, SECONDS, resource.RLIM_INFINITY).code == 0:
        file.rename(file.with_name("slow-" + file.name))
    else:
        Path(kept + ".said").write_text(said)


def findings_of(chosen, reader):
    """What libFuzzer kept and nobody has taken away as mended."""
    return sorted(file for file in (chosen.corpus / "findings" / reader).glob("*-*")
                  if file.suffix != ".said" and not file.name.startswith("slow"))


def run(chosen, reader):
    """One slice of one reader; returns how many findings it has."""
    file = chosen.corpus / f"{reader}.json"
    figures = json.loads(file.read_text()) if file.exists() else dict(NEW)

    def save():
        # A slice that is killed in the middle leaves a whole file.
        file.with_suffix(".new").write_text(json.dumps(figures))
        file.with_suffix(".new").replace(file)

    left = min(chosen.minutes * 60, QUIET - figures["quiet"], LONGEST - figures["seconds"])
    if left > 0:
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        command = command_of(chosen, reader, left)
        with tempfile.TemporaryDirectory(prefix="gmc-fuzz-", dir=memory) as scratch:
            process = subprocess.Popen(
                command, stderr=subprocess.PIPE, text=True,
                errors="replace", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                env=environment(scratch))
            try:
                said = "".join(watch(process, figures, save))
            finally:
                process.kill()
                code = process.wait()
        kept = re.findall(r"Test unit written to (\S+)", said)
        if code and not kept:
            raise SystemExit(f"fuzz-{reader} ends with {code}:\n{said}")
        if code:
            judge(command, kept[-1], said)
    ended = "done" if figures["quiet"] >= QUIET or figures["seconds"] >= LONGEST else "to go on"
    found = findings_of(chosen, reader)
    print(f"{reader}: {figures['executions']} executions in {figures['seconds'] / 60:.1f} "
          f"min, coverage {figures['coverage']}, {figures['quiet'] / 60:.1f} min without a "
          f"new one, {len(found)} findings, {ended}", *found, sep="\n  ", flush=True)
    return len(found)


def main_fuzz():
    chosen = options()
    seeds.write(chosen.corpus / "seeds")
    found = [run(chosen, reader) for reader in chosen.readers]
    return 1 if any(found) else 0


if __name__ == "__main__":
    main(main_fuzz)
