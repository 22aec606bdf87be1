"""The calls by which a program and its children change what lies below a folder,
as strace saw them.

strace sees the calls that the C library makes of itself too, as for streams and
std::filesystem, and those of a linker. What a call is that is not known here, or
that leads out of the folder, is an error: nothing is passed over.
"""
import dataclasses
import os
import re
import subprocess
from pathlib import Path

# Known below; what else changes files is traced to be refused.
KNOWN = ("chdir openat open creat write pwrite64 writev pwritev ftruncate truncate "
         "fallocate fsync fdatasync rename renameat renameat2 unlink unlinkat rmdir "
         "mkdir mkdirat lseek mmap").split()
REFUSED = ("link linkat symlink symlinkat msync copy_file_range sendfile splice "
           "pwritev2 openat2 sync syncfs sync_file_range mknod mknodat "
           "io_uring_setup").split()
TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
PLACE = re.compile(r"<((?:\\x[0-9a-f]{2})+)>(\(deleted\))?")
LINE = re.compile(r"(\d+) +(?:<\.\.\. \w+ resumed>)?(.*)")
CALL = re.compile(r"(\w+)\((.*)\) += (-?\d+|0x[0-9a-f]+)(.*)")


class Unknown(Exception):
    """A call that the model of the disk does not know."""


@dataclasses.dataclass(frozen=True)
class Call:
    """One call that went well. Paths are relative to the folder, which is "".

    open            `path`, made if need be; `position` 0, or None to append
    write           `data` to `path` at `position`, None: where the last one ended
    seek            the next write to `path` is at `position`
    size, grow      `path` is cut or lengthened to `position`; lengthened only
    map             `path` is written through memory from here on
    sync            `path`, a file or a folder
    folder, remove  `path`
    rename          `path` becomes `other`
    say             `data` on standard output or error
    """
    kind: str
    path: str = ""
    other: str = ""
    data: bytes = b""
    position: int | None = None


def unhex(text):
    return bytes.fromhex(text.replace("\\x", ""))


def joined(lines):
    """Whole calls in the order in which they ended: (process, call)."""
    begun = {}
    for line in lines:
        process, rest = LINE.fullmatch(line).groups()
        if rest.endswith(" <unfinished ...>"):
            begun[process] = rest[:-len(" <unfinished ...>")]
        else:
            yield process, begun.pop(process, "") + rest


class Reader:
    """Lines of strace to calls below `root`."""

    def __init__(self, root):
        self.root = os.path.realpath(root)
        self.current = {}

    def below(self, path):
        """`path` as seen from the folder; None if it lies elsewhere."""
        if path == self.root:
            return ""
        prefix = self.root + "/"
        return path[len(prefix):] if path.startswith(prefix) else None

    def calls(self, lines):
        for process, text in joined(lines):
            found = CALL.fullmatch(text)
            if found and not found[3].startswith("-"):
                yield from self.read(process, *found.groups())

    def read(self, process, name, arguments, result, after):
        if name not in KNOWN + REFUSED:
            raise Unknown(name)
        strings = [unhex(one) for one in TEXT.findall(arguments)]
        outer = re.sub(r'"[^"]*"', "", arguments)
        places = [(os.fsdecode(unhex(place)), bool(gone))
                  for place, gone in PLACE.findall(outer)]
        if outer.startswith("AT_FDCWD<"):
            self.current[process] = places[0][0]
        if name == "chdir":
            self.current[process] = self.absolute(process, strings[0])
        elif name in ("open", "openat", "creat"):
            found = PLACE.match(after)
            yield from self.opened(outer, name, os.fsdecode(unhex(found[1])))
        elif re.match(r"\d+<", outer) and not name.endswith("at") or name == "mmap":
            yield from self.on_file(name, outer, places, strings, result)
        else:
            yield from self.on_names(process, name, outer, places, strings)

    def absolute(self, process, path, at=None):
        at = at or self.current.get(process, self.root)
        return os.path.normpath(os.path.join(at, os.fsdecode(path)))

    def opened(self, outer, name, place):
        path = self.below(place)
        if path is None or "O_RDONLY" in outer and "O_TRUNC" not in outer:
            return
        if "O_TMPFILE" in outer:
            raise Unknown("O_TMPFILE")
        yield Call("open", path, position=None if "O_APPEND" in outer else 0)
        if "O_TRUNC" in outer or name == "creat":
            yield Call("size", path, position=0)

    def on_file(self, name, outer, places, strings, result):
        if not places:
            return  # memory without a file
        place, gone = places[0]
        path = self.below(place)
        numbers = [int(one) for one in re.findall(r", (\d+)(?=,|$)", outer)]
        data = b"".join(strings)[:max(int(result, 0), 0)]
        if name in ("write", "writev") and re.match("[12]<", outer) and path is None:
            yield Call("say", data=data)
        elif gone or path is None:
            return
        elif name in ("write", "writev"):
            yield Call("write", path, data=data)
        elif name in ("pwrite64", "pwritev"):
            yield Call("write", path, data=data, position=numbers[-1])
        elif name == "lseek":
            yield Call("seek", path, position=int(result))
        elif name == "ftruncate":
            yield Call("size", path, position=numbers[0])
        elif name == "fallocate" and re.search(r">, 0, \d+, \d+$", outer):
            yield Call("grow", path, position=numbers[1] + numbers[2])
        elif name in ("fsync", "fdatasync"):
            yield Call("sync", path)
        elif name == "mmap":
            if "PROT_WRITE" in outer and "MAP_SHARED" in outer:
                yield Call("map", path)
        else:
            raise Unknown(f"{name}({outer})")

    def on_names(self, process, name, outer, places, strings):
        bases = [place for place, _ in places] + [None, None]
        if name in ("rename", "unlink", "rmdir", "mkdir", "truncate"):
            bases = [None, None]
        paths = [self.below(self.absolute(process, one, base))
                 for one, base in zip(strings, bases)]
        if name.startswith("rename"):
            if paths == [None, None]:
                return
            if None in paths or re.search("EXCHANGE|WHITEOUT", outer):
                raise Unknown(f"{name}({paths})")
            yield Call("rename", paths[0], paths[1])
        elif not paths or paths[0] is None:
            return
        elif name.startswith("mkdir"):
            yield Call("folder", paths[0])
        elif name in ("unlink", "unlinkat", "rmdir"):
            yield Call("remove", paths[0])
        else:
            raise Unknown(f"{name}({paths})")


def record(command, root, log):
    """Runs `command` in `root`; (exit code, what it said, its calls)."""
    # A program with sanitizers cannot look for leaks while it is traced.
    leaks = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
    traced = ",".join(f"?{name}" for name in KNOWN + REFUSED)
    done = subprocess.run(
        ["strace", "-f", "-qq", "-y", "-xx", "-s", str(1 << 28), "-o", log, "-E",
         f"ASAN_OPTIONS={leaks}", "-e", "signal=none", "-e", f"trace={traced}",
         *map(str, command)],
        cwd=root, stdin=subprocess.DEVNULL, capture_output=True, timeout=600, check=False)
    lines = Path(log).read_text(encoding="latin-1").splitlines()
    said = (done.stdout + done.stderr).decode(errors="replace")
    return done.returncode, said, list(Reader(root).calls(lines))
