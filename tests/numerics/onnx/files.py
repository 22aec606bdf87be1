"""Reads ONNX's files: a graph of nodes, and tensors.

The wire format of protocol buffers: a message is a row of fields, each a
number, of a kind, and a value; which field means what is onnx.proto's. A field
that is not read here is skipped.
"""
import struct

import numpy

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5

# TensorProto.DataType, and in which field its values stand if not in raw_data.
KINDS = {1: ("<f4", 4), 2: ("u1", 5), 3: ("i1", 5), 4: ("<u2", 5),
         5: ("<i2", 5), 6: ("<i4", 5), 7: ("<i8", 7), 9: ("?", 5),
         10: ("<f2", 5), 11: ("<f8", 10), 12: ("<u4", 11), 13: ("<u8", 11)}
RAW = 9


def varint(data, place):
    """A number of 7 bits a byte, lowest first, and the place behind it."""
    value, shift = 0, 0
    while True:
        byte = data[place]
        place += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, place


def fields(data):
    """Every field of a message: number, kind, value."""
    place = 0
    while place < len(data):
        key, place = varint(data, place)
        kind, size = key & 7, 0
        if kind == VARINT:
            value, place = varint(data, place)
            yield key >> 3, kind, value
            continue
        if kind == BYTES:
            size, place = varint(data, place)
        else:
            size = {FIXED64: 8, FIXED32: 4}[kind]
        if place + size > len(data):
            raise ValueError("a field that ends behind its message")
        yield key >> 3, kind, data[place:place + size]
        place += size


def every(data, wanted):
    return [value for number, _, value in fields(data) if number == wanted]


def text(data, wanted):
    return "".join(value.decode() for value in every(data, wanted))


def signed(value):
    return value - (1 << 64) if value >> 63 else value


def whole(data, wanted):
    """Whole numbers of a field, one by one or packed."""
    found = []
    for number, kind, value in fields(data):
        if number != wanted:
            continue
        if kind == VARINT:
            found.append(signed(value))
            continue
        place = 0
        while place < len(value):
            one, place = varint(value, place)
            found.append(signed(one))
    return found


def broken(data, wanted, form):
    """Floats of a field, one by one or packed."""
    packed = b"".join(every(data, wanted))
    return [one for one, in struct.iter_unpack(form, packed)]


def read_tensor(data):
    """A TensorProto as an array; None of texts and complex numbers."""
    shape = whole(data, 1)
    kind, field = KINDS.get((whole(data, 2) or [0])[0], (None, None))
    if kind is None:
        return None
    raw = every(data, RAW)
    if raw:
        values = numpy.frombuffer(b"".join(raw), kind)
    elif field in (4, 10):
        values = numpy.array(broken(data, field, "<f" if field == 4 else "<d"),
                             kind)
    else:
        values = numpy.array(whole(data, field)).astype(kind)
    return values.reshape(shape)


def read_attribute(data):
    """Name and value of an AttributeProto, by its type."""
    read = {1: lambda: broken(data, 2, "<f")[0], 2: lambda: whole(data, 3)[0],
            3: lambda: text(data, 4), 4: lambda: read_tensor(every(data, 5)[0]),
            6: lambda: broken(data, 7, "<f"), 7: lambda: whole(data, 8),
            8: lambda: [one.decode() for one in every(data, 9)]}
    kind = whole(data, 20)[0]
    return text(data, 1), read[kind]() if kind in read else None


class Node:
    def __init__(self, data):
        self.inputs = [one.decode() for one in every(data, 1)]
        self.outputs = [one.decode() for one in every(data, 2)]
        self.kind = text(data, 4)
        self.attributes = dict(map(read_attribute, every(data, 5)))


class Model:
    """model.onnx: nodes, names of inputs and outputs, constants."""

    def __init__(self, path):
        data = path.read_bytes()
        graph = every(data, 7)[0]
        self.nodes = [Node(one) for one in every(graph, 1)]
        self.inputs = [text(one, 1) for one in every(graph, 11)]
        self.outputs = [text(one, 1) for one in every(graph, 12)]
        self.constants = {text(one, 8): read_tensor(one)
                          for one in every(graph, 5)}
        # Of the operators of ONNX itself, which have no name of a domain.
        self.version = max([whole(one, 2)[0] for one in every(data, 8)
                            if not text(one, 1)], default=0)
