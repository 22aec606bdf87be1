"""What the tests of whole models share: compiling a text, running the trainer,
making small data, reading pictures, comparing checkpoints.

Every function raises Wrong with one sentence where something is not as it must
be; nothing is repaired or retried.
"""
import random
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "numerics"))
from safetensors_file import read_metadata, read_safetensors  # noqa: E402,F401


class Wrong(Exception):
    """A result that is not what the test asks for."""


def require(condition, message):
    if not condition:
        raise Wrong(message)


def find_gmc(build):
    """The compiler of a build folder, by default of `build`."""
    gmc = Path(build or ROOT / "build").resolve() / "bin" / "gmc"
    require(gmc.exists(), f"{gmc} is not there: build it first")
    return gmc


def run(*command, code=0, timeout=300):
    """Runs `command`; its standard output. Any other exit code is Wrong."""
    done = subprocess.run([str(part) for part in command], timeout=timeout,
                          capture_output=True, text=True, check=False)
    require(done.returncode == code,
            f"{' '.join(str(part) for part in command)}: exit code "
            f"{done.returncode}, expected {code}\n{done.stdout}{done.stderr}")
    return done.stdout


def compile_model(gmc, text, executable, *flags):
    """Makes `executable`; a warning is Wrong."""
    done = subprocess.run([gmc, "compile", text, "-o", executable, *flags],
                          timeout=300, capture_output=True, text=True,
                          check=False)
    shown = done.stdout + done.stderr
    require(done.returncode == 0, f"gmc compile {text} {' '.join(flags)}: exit "
                                  f"code {done.returncode}\n{shown}")
    require("warning" not in shown, f"{text} {' '.join(flags)}: {shown}")


def write_idx(folder, height, width, train=64, test=20, seed=1):
    """A data set of random bytes under the file names of idx(..)."""
    folder.mkdir(parents=True, exist_ok=True)
    pick = random.Random(seed)
    for part, items in (("train", train), ("t10k", test)):
        images = bytes(pick.choices(range(256), k=items * height * width))
        labels = bytes(pick.choices(range(10), k=items))
        Path(folder, f"{part}-images-idx3-ubyte").write_bytes(
            struct.pack(">4I", 0x803, items, height, width) + images)
        Path(folder, f"{part}-labels-idx1-ubyte").write_bytes(
            struct.pack(">2I", 0x801, items) + labels)


def largest_difference(ours, theirs, chosen=lambda name: True):
    """(share, name): the largest difference of two checkpoints, in shares of
    the tensor's largest entry, over all tensors whose name is chosen. Names
    and shapes are the same; a tensor of zeros is zeros in both."""
    first, second = read_safetensors(ours), read_safetensors(theirs)
    require(list(first) == list(second),
            f"tensors differ: {sorted(set(first) ^ set(second))}")
    return max(((share_of(name, one, second[name]), name)
                for name, one in first.items() if chosen(name)),
               default=(0.0, ""))


def share_of(name, one, other):
    """max |one - other| / max |either|."""
    require(one.shape == other.shape, f"`{name}`: {one.shape}, {other.shape}")
    one, other = one.astype(float), other.astype(float)
    require(numpy.isfinite(one).all() and numpy.isfinite(other).all(),
            f"`{name}` is not finite")
    size = max(abs(one).max(), abs(other).max())
    return abs(one - other).max() / size if size else 0.0


def write_png(path, planes, depth=8):
    """A picture of 8 or 16 bits of an array [1 or 3, h, w]."""
    channels, height, width = planes.shape
    rows = numpy.moveaxis(planes, 0, 2).reshape(height, width * channels)
    rows = rows.astype(numpy.uint8 if depth == 8 else ">u2")
    data = b"".join(b"\0" + row.tobytes() for row in rows)

    def chunk(kind, body):
        return (struct.pack(">I", len(body)) + kind + body
                + struct.pack(">I", zlib.crc32(kind + body)))
    head = struct.pack(">IIBBBBB", width, height, depth, 2 * (channels == 3),
                       0, 0, 0)
    Path(path).write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head)
                           + chunk(b"IDAT", zlib.compress(data))
                           + chunk(b"IEND", b""))


def read_png(path):
    """(height, width, channels, rows of bytes) of an 8 bit PNG; every chunk's
    check sum, the length of the pixels and their filters are looked at."""
    data = Path(path).read_bytes()
    require(data[:8] == b"\x89PNG\r\n\x1a\n", f"{path} is no PNG")
    place, chunks = 8, []
    while place < len(data):
        (length,) = struct.unpack(">I", data[place:place + 4])
        kind, body = data[place + 4:place + 8], \
            data[place + 8:place + 8 + length]
        (crc,) = struct.unpack(">I", data[place + 8 + length:
                                          place + 12 + length])
        require(crc == zlib.crc32(kind + body), f"{path}: check sum of {kind}")
        chunks.append((kind, body))
        place += 12 + length
    require(chunks and chunks[0][0] == b"IHDR" and chunks[-1][0] == b"IEND",
            f"{path}: chunks {[kind for kind, _ in chunks]}")
    width, height, depth, color = struct.unpack(">IIBB", chunks[0][1][:10])
    require(depth == 8 and color in (0, 2), f"{path}: {depth} bit, {color}")
    channels = 1 if color == 0 else 3
    pixels = zlib.decompress(b"".join(body for kind, body in chunks
                                      if kind == b"IDAT"))
    return height, width, channels, \
        unfilter(path, pixels, height, width * channels, channels)


def unfilter(path, pixels, height, stride, step):
    """The rows of an inflated PNG."""
    require(len(pixels) == height * (stride + 1), f"{path}: number of pixels")
    rows, above = [], bytes(stride)
    for y in range(height):
        kind, *raw = pixels[y * (stride + 1):(y + 1) * (stride + 1)]
        require(kind <= 4, f"{path}: filter {kind}")
        row = bytearray(stride)
        for i, value in enumerate(raw):
            left = row[i - step] if i >= step else 0
            corner = above[i - step] if i >= step else 0
            guess = (0, left, above[i], (left + above[i]) // 2,
                     paeth(left, above[i], corner))[kind]
            row[i] = (value + guess) & 255
        rows.append(bytes(row))
        above = rows[-1]
    return rows


def paeth(left, above, corner):
    """The neighbour nearest to left + above - corner (PNG, section 9.4)."""
    guess = left + above - corner
    return min((left, above, corner), key=lambda one: abs(guess - one))
