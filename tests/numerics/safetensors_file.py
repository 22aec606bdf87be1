"""Reads safetensors, from the format alone: 8 bytes of header length, a JSON
header, raw little-endian tensors. Nothing of gmc's takes part.
"""
import json
import struct
from pathlib import Path

import numpy

TYPES = {"F32": numpy.dtype("<f4"), "F64": numpy.dtype("<f8"),
         "U8": numpy.dtype("u1"), "I64": numpy.dtype("<i8"),
         "U64": numpy.dtype("<u8"), "U32": numpy.dtype("<u4"),
         "I32": numpy.dtype("<i4")}


def read_header(data):
    """The JSON header of a file's bytes, and where its tensors begin."""
    if len(data) < 8:
        raise ValueError("shorter than the length of its header")
    (length,) = struct.unpack("<Q", data[:8])
    if length > len(data) - 8:
        raise ValueError(f"header of {length} bytes in {len(data)}")
    return json.loads(data[8:8 + length]), 8 + length


def read_metadata(path):
    """The strings of `__metadata__`."""
    return read_header(Path(path).read_bytes())[0].get("__metadata__", {})


def read_safetensors(path):
    """The tensors of a file by name; ValueError where it breaks the format."""
    data = Path(path).read_bytes()
    header, start = read_header(data)
    body = data[start:]
    header.pop("__metadata__", None)
    tensors, end = {}, 0
    for name, entry in sorted(header.items(),
                              key=lambda item: item[1]["data_offsets"]):
        begin, stop = entry["data_offsets"]
        kind, shape = TYPES[entry["dtype"]], entry["shape"]
        if begin != end or stop - begin != \
                kind.itemsize * int(numpy.prod(shape, dtype=object)):
            raise ValueError(f"`{name}`: bytes {begin}..{stop}, shape {shape}")
        if stop > len(body):
            raise ValueError(f"`{name}` ends behind the file")
        tensors[name] = numpy.frombuffer(body[begin:stop], kind).reshape(shape)
        end = stop
    if end != len(body):
        raise ValueError(f"{len(body) - end} bytes behind the last tensor")
    return tensors
