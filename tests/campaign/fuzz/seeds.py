#!/usr/bin/python3
"""Writes what fuzzing begins with: FOLDER/READER/, small files that each reader
takes or nearly takes, and FOLDER/READER.dict, words for libFuzzer.

    tests/campaign/fuzz/seeds.py FOLDER

Texts are those of the tree. Words are the strings of the sources that know a
format, so that a new one is in the next run.
"""
import gzip
import itertools
import json
import re
import struct
import sys
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests" / "layers"))
from check_coverage import signatures  # noqa: E402

LARGEST = 4096  # bytes of a text: time goes into many small ones
TEXTS = ["models/*.gm", "tests/dsl/programs/*.gm", "tests/dsl/syntax/*.gm",
         "tests/dsl/bad/*.gm", "tests/e2e/**/*.gm", "tests/numerics/**/*.gm"]
SAFETENSORS = ["runtime/io/SafetensorsHeader.cpp", "runtime/io/Safetensors.cpp"]
# Sources whose strings are words of the format, and words in none of them.
WORDS = {
    "check": (["dsl/parse/*.cpp", "dsl/sema/*.cpp", "dsl/library/*.cpp"],
              ["0", "1", "1e308", "9007199254740992", "50%", '"', "#", "..", "\n"]),
    "idx": ([], ["\0\0\x08\x01", "\0\0\x08\x03", "\x1f\x8b\x08", "\0\0\0\0",
                 "\xff\xff\xff\xff", "\x7f\xff\xff\xff"]),
    "npy": (["runtime/data/NpyFile.cpp"],
            ["\x93NUMPY\1\0", "\x93NUMPY\2\0", "(", ")", "{", "}", "'", ",", ">f4",
             "9223372036854775807", "4294967296", "0", "\xff\xff", "nan"]),
    "png": ([], ["IHDR", "PLTE", "IDAT", "IEND", "tRNS", "gAMA", "iCCP", "zTXt",
                 "sBIT", "bKGD", "acTL", "\x7f\xff\xff\xff", "\0\0\0\0"]),
    "cifar": ([], ["\0", "\x09", "\x0a", "\xff"]),
    "csv": (["runtime/data/CsvFormat.cpp"],
            [",", "\n", "\r\n", "\xef\xbb\xbf", "nan", "inf", "1e400", "1e-400", "-0",
             "+1", "x", "y", "x0", "x[1]", '"x"', "0x1p3", "\t", ","]),
    "text": ([], ["\xef\xbb\xbf", "\n", "\r\n", "\xc3\xa9", "\xe2\x82\xac",
                  "\xf0\x9f\x98\x80", "\xed\xa0\x80", "\xc0\x80", "\0"]),
    "safetensors": (SAFETENSORS,
                    ["\\u0000", "\\ud83d\\ude00", "[]", "[0]", ":", "{", "}", "F32", "F64",
                     "9223372036854775807", "-1", "\x40\0\0\0\0\0\0\0"]),
    "checkpoint": (SAFETENSORS + ["runtime/io/Checkpoint.cpp"],
                   ["stream.", "data.", "counter.", "hyper.", "Enc.w", "Enc.b", "k",
                    "fit.adam.Enc.b.m", "18446744073709551615", "1 2", "nan", "1e400"]),
    "weights": (SAFETENSORS, ["Of.w", "Of.b", "Enc.w", "Enc.b", "w", "b", "F32", "F64"]),
    "plan": (["runtime/plan/" + name for name in
              ("Values.h", "Data.h", "Schedule.h", "Procedure.h", "Plan.h", "Artifact.h")],
             ["4611686018427387904", "-1", "0.5", "1e308", "null", "true", "[]", "{}",
              "4096", "\n"]),
}
WORDS["format"] = WORDS["check"]


def words_of(reader):
    patterns, more = WORDS[reader]
    found = set(more)
    for file in itertools.chain(*(sorted(ROOT.glob(one)) for one in patterns)):
        source = re.sub(r"(?m)^#include.*", "", file.read_text())
        found |= set(re.findall(r'"([!#-\[\]-z|~]{1,24})"', source))
        found |= set(re.findall(r"GMC_(?:MEMBER|OPTION)\(.*?, (\w+),", source))
    if WORDS[reader] is WORDS["check"]:
        tokens = (ROOT / "dsl/lex/tokens.def").read_text()
        found |= set(re.findall(r'GMC_(?:MARK|WORD)\(\w+, "(.+?)"\)', tokens))
        for _, name, labels in signatures(ROOT):
            found |= {name + "(", *(label + ":" for label in labels)}
    return sorted(found)


def quoted(word):
    """A line of libFuzzer's dictionary; characters stand for bytes."""
    return '"' + "".join(c if c.isalnum() and c.isascii() else f"\\x{ord(c):02x}"
                         for c in word) + '"\n'


def texts():
    for pattern in TEXTS:
        for file in sorted(ROOT.glob(pattern)):
            if file.stat().st_size <= LARGEST:
                yield file.read_bytes()


def idx():
    for shape in ([3], [2, 4], [3, 4, 5], [2, 1, 3, 3], [0, 2], [3, 0, 2]):
        count = 1
        for extent in shape:
            count *= extent
        file = struct.pack(f">2xBB{len(shape)}I", 8, len(shape), *shape) \
            + bytes(i % 10 for i in range(count))
        yield file
        yield gzip.compress(file, mtime=0)
        yield file[:-1]
    yield gzip.compress(file[:5], mtime=0) + gzip.compress(file[5:], mtime=0)


def npy():
    shapes = {"<f4": (2, 1, 2, 3), "<f8": (1, 1, 5, 5), "|u1": (3, 2, 4), ">f4": (2,),
              "<i8": (2, 2), "|b1": (2,)}
    for (kind, shape), version in itertools.product(shapes.items(), (1, 2, 3)):
        count = 1
        for extent in shape:
            count *= extent
        code = {"<f4": "<f", "<f8": "<d", ">f4": ">f", "<i8": "<q"}.get(kind, "B")
        data = b"".join(struct.pack(code, i % 2 or kind == "<f8") for i in range(count))
        for order in ("False", "True"):
            header = f"{{'descr': '{kind}', 'fortran_order': {order}, " \
                     f"'shape': {shape}, }}"
            header = header.encode().ljust(117) + b"\n"
            length = struct.pack("<H" if version == 1 else "<I", len(header))
            yield b"\x93NUMPY" + bytes([version, 0]) + length + header + data


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data \
        + struct.pack(">I", zlib.crc32(kind + data))


def png():
    """Every colour type and depth, plain and interlaced."""
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
    depths = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
    width, height = 4, 3
    for colour, interlace in itertools.product(channels, (0, 1)):
        for depth in depths[colour]:
            bits = depth * channels[colour]
            # The seven passes of a 4 x 3 picture have these rows of pixels.
            rows = [1, 1, 2, 2, 2, 4] if interlace else [width] * height
            data = b"".join(b"\0" + bytes(i for i in range((bits * row + 7) // 8))
                            for row in rows)
            head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)
            middle = [chunk(b"PLTE", bytes(i % 256 for i in range(3 << depth)))] if colour == 3 else []
            for more in ([], [chunk(b"tRNS", bytes([0, 1] if colour == 0 else
                                                   [0, 1] * 3 if colour == 2 else [5]))],
                         [chunk(b"gAMA", struct.pack(">I", 45455))]):
                yield b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(middle + more) \
                    + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


def cifar():
    record = bytes(i % 251 for i in range(3072))
    yield bytes([3]) + record
    yield bytes([1]) + record + bytes([9]) + record
    yield bytes([10]) + record


def csv():
    yield from (b"1,2,0\n0.5,-0.5,1\n3,4,2\n1,1,0\n", b"x0,x1,y\r\n1,2,0\r\n3,4,1\r\n",
                b"\xef\xbb\xbfy,x\n1,2\n\n0,3\n", b"1\n0\n1\n1\n", b"0.1,0.2,0.3,1\n" * 4,
                b"NA,NA\n1,2\n", b"1e400,+2\n1,-0\n", b'"x",y\n 1 ,\t2\n')


def lines():
    yield from (b"one\ntwo\n\nthree", b"\xef\xbb\xbf\xc3\xa9\r\n\xe2\x82\xac\xf0\x9f\x98\x80\r\n",
                b"abc\nabc\nabc\nabc\n", b"x" * 40, b"ab\xff\n", b"\ned\xa0\x80\n")


def tensors(metadata, *entries):
    """A safetensors file; entries are (name, dtype, shape, bytes)."""
    header, at = {"__metadata__": metadata} if metadata else {}, 0
    for name, kind, shape, data in entries:
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [at, at + len(data)]}
        at += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    return struct.pack("<Q", len(text)) + text + b"".join(data for *_, data in entries)


def safetensors():
    yield tensors({}, ("a", "F32", [2, 2], bytes(16)), ("b", "F32", [], bytes(4)))
    yield tensors({"k": "v"}, ("a", "F64", [1, 3], bytes(24)), ("e", "F64", [0], b""))
    yield tensors({"n\u00e9": "\n"}, ("a", "F32", [2], bytes(8)), ("b", "F64", [1], bytes(8)))
    yield tensors({"checksum": "0" * 32}, ("a", "F32", [1], bytes(4)))
    yield tensors({}) + b""
    yield struct.pack("<Q", 1 << 63) + b"{}"


def sample(part="plan"):
    """The plan, or the artifact, of the runtime's tests."""
    text = (ROOT / "tests/runtime/plan/SamplePlan.h").read_text()
    return json.loads(re.search(rf'R"{part}\((.*)\){part}"', text, re.DOTALL).group(1))


def checkpoint():
    """Of the sample model; without a checksum, which the harness writes."""
    model = sample()
    told = {"format": "gmc-checkpoint-1", "gmc": "0.1.0",
            "model": model["model"], "hash": model["hash"], "type": "f32", "seed": "1",
            "step": "12", "stream.fashion.train": "3 64", "counter.fit.adam": "12",
            "data.fashion.train": "100 0123456789abcdef0123456789abcdef",
            "hyper.lr": "0.001"}
    state = []
    for tensor in model["tensors"]:
        count = 1
        for extent in tensor["shape"]:
            count *= extent
        state.append((tensor["name"], "F32", tensor["shape"],
                      b"".join(struct.pack("<f", i) for i in range(count))))
    yield tensors(told, *state)
    yield tensors(told, *[one for one in state if "adam" not in one[0]])
    yield tensors({**told, "hash": "other"}, *state[1:], ("Enc.v", *state[0][1:]))
    yield tensors({**told, "step": "-1"}, *state)


def weights():
    for of, kind, size in (("Of.", "F32", 4), ("", "F64", 8), ("Enc.", "F32", 4)):
        yield tensors({}, (of + "w", kind, [5, 3], bytes(15 * size)),
                      (of + "b", kind, [5], bytes(5 * size)), ("more", kind, [0], b""))


def plan():
    model, artifact = sample(), json.dumps(sample("artifact")).encode()
    yield json.dumps(model).encode() + b"\n" + artifact
    yield json.dumps({**model, "type": "f64"}).encode() + b"\n" + artifact
    yield json.dumps({**model, "version": 1}).encode()
    # One with little, whose parts a change is likelier to hit.
    few = {key: model[key] for key in ("version", "model", "hash", "type", "batch", "tensors")}
    places = {**sample("artifact"), "slots": [], "kernels": []}
    yield json.dumps(few).encode() + b"\n" + json.dumps(places).encode()


SEEDS = {"check": texts, "format": texts, "idx": idx, "npy": npy, "png": png,
         "cifar": cifar, "csv": csv, "text": lines, "safetensors": safetensors,
         "checkpoint": checkpoint, "weights": weights, "plan": plan}


def write(folder):
    for reader, seeds in SEEDS.items():
        place = folder / reader
        place.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(seeds()):
            (place / f"seed{number}").write_bytes(seed)
        (folder / f"{reader}.dict").write_text(
            "".join(quoted(word) for word in words_of(reader)))


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    write(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
