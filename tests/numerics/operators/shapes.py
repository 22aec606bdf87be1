"""What moves elements about. See table.py."""
import math

from registry import said
from text import (concat, cut, lift, require, reshape, row,
                  stretch, swap, transpose)


@said("reshape", "view")
def reshaped(x, *shape):
    shape = list(shape[0] if isinstance(shape[0], (tuple, list)) else shape)
    if -1 in shape:
        known = math.prod(n for n in shape if n != -1)
        shape[shape.index(-1)] = math.prod(x.shape) // known
    return reshape(x + 0 if tuple(shape) == x.shape else x, shape)


@said("reshape_as", "view_as")
def reshaped_as(x, y):
    return reshaped(x, y.shape)


@said("flatten")
def flatten(x, start_dim=0, end_dim=-1):
    if not x.rank:
        return reshape(x, (1,))
    start, end = start_dim % x.rank, end_dim % x.rank
    inner = math.prod(x.shape[start:end + 1])
    return reshaped(x, (*x.shape[:start], inner, *x.shape[end + 1:]))


@said("ravel")
def ravel(x):
    return reshaped(x, (math.prod(x.shape),))


@said("unsqueeze")
def unsqueeze(x, dim):
    dim %= x.rank + 1
    return reshape(x, (*x.shape[:dim], 1, *x.shape[dim:]))


@said("squeeze")
def squeeze(x, dim=None):
    chosen = range(x.rank) if dim is None else [dim % max(x.rank, 1)]
    return reshaped(x, tuple(n for i, n in enumerate(x.shape)
                             if n != 1 or i not in chosen))


@said("transpose")
def transposed(x, a, b):
    return swap(x + 0, a, b) if x.rank else x + 0


@said("permute")
def permute(x, *order):
    order = order[0] if isinstance(order[0], (tuple, list)) else order
    return transpose(x + 0, order) if x.rank else x + 0


@said("t", "T", "mT", "H", "mH")
def matrix_transpose(x):
    return swap(x + 0, -2, -1) if x.rank > 1 else x + 0


@said("narrow")
def narrow(x, dim, start, length):
    dim, start = dim % x.rank, int(start) % x.shape[dim]
    return cut(x, dim, start, start + length)


@said("select")
def select_entry(x, dim, index):
    dim %= x.rank
    return x[[(0, n) for n in x.shape[:dim]] + [index]]


@said("slice")
def slice_entries(x, dim=0, start=None, end=None, step=1):
    require(step == 1, "slices with a stride")
    begin, stop, _ = slice(start, end).indices(x.shape[dim])
    return cut(x, dim % x.rank, begin, stop)


def pieces(x, dim, sizes):
    dim %= x.rank
    begin, parts = 0, []
    for size in sizes:
        parts.append(cut(x, dim, begin, begin + size))
        begin += size
    return parts


@said("chunk")
def chunk(x, parts, dim=0):
    size = -(-x.shape[dim] // parts)
    return split(x, size, dim)


@said("split", "split.list_args")
def split(x, size, dim=0):
    if isinstance(size, (list, tuple)):
        return pieces(x, dim, size)
    extent = x.shape[dim]
    sizes = [size] * (extent // size)
    return pieces(x, dim, sizes + ([extent % size] if extent % size else []))


@said("split_with_sizes")
def split_with_sizes(x, sizes, dim=0):
    return pieces(x, dim, sizes)


@said("unbind")
def unbind(x, dim=0):
    dim %= x.rank
    return [select_entry(x, dim, i) for i in range(x.shape[dim])]


@said("cat")
def cat(parts, dim=0, **named):
    return concat(list(parts), named.get("axis", dim)) * 1


@said("stack")
def stack(parts, dim=0):
    return concat([unsqueeze(part, dim) for part in parts],
                  dim % (parts[0].rank + 1))


@said("hstack")
def hstack(parts):
    return concat([part if part.rank else reshape(part, (1,))
                   for part in parts], min(1, max(parts[0].rank - 1, 0)))


@said("vstack")
def vstack(parts):
    return concat([row(part) if part.rank == 1 else part for part in parts],
                  0)


@said("flip")
def flip(x, dims):
    for dim in dims:
        dim %= x.rank
        order = reversed(range(x.shape[dim]))
        x = concat([cut(x, dim, i, i + 1) for i in order], dim)
    return x + 0


said("fliplr")(lambda x: flip(x, [1]))
said("flipud")(lambda x: flip(x, [0]))


@said("roll")
def roll(x, shifts, dims=None):
    require(x.rank, "a single number")
    shape = x.shape
    if dims in (None, ()):
        x, dims = reshape(x, (math.prod(shape),)), 0
    shifts = (shifts,) if isinstance(shifts, int) else shifts
    dims = (dims,) if isinstance(dims, int) else dims
    for shift, dim in zip(shifts, dims):
        dim %= x.rank
        place = -shift % x.shape[dim]
        if place:
            x = concat([cut(x, dim, place, x.shape[dim]),
                        cut(x, dim, 0, place)], dim)
    return reshape(x + 0, shape)


@said("repeat", "tile")
def repeat(x, *times):
    times = list(times[0] if isinstance(times[0], (tuple, list)) else times)
    require(x.rank, "a single number")
    times = [1] * (x.rank - len(times)) + times
    x = reshape(x + 0, (1,) * (len(times) - x.rank) + x.shape)
    for dim, time in enumerate(times):
        require(0 < time < 65, "an empty tensor")
        x = concat([x] * time, dim)
    return x


@said("expand", "broadcast_to")
def expand(x, *shape):
    shape = list(shape[0] if isinstance(shape[0], (tuple, list)) else shape)
    offset = len(shape) - x.rank
    shape = [x.shape[i - offset] if n == -1 else n
             for i, n in enumerate(shape)]
    return stretch(x + 0, shape)


@said("nn.functional.pad.constant")
def pad(x, sides, mode="constant", value=0):
    return constant_pad(x, sides, value)


@said("constant_pad_nd")
def constant_pad(x, sides, value=0):
    for i in range(len(sides) // 2):
        axis = x.rank - 1 - i
        low, high = sides[2 * i], sides[2 * i + 1]
        require(low >= 0 and high >= 0, "padding that cuts")
        for width, front in ((low, True), (high, False)):
            if width:
                shape = (*x.shape[:axis], width, *x.shape[axis + 1:])
                margin = reshape(lift(value or 0), shape)
                x = concat([margin, x] if front else [x, margin], axis)
    return x + 0


@said("tril")
def tril(x, diagonal=0):
    return triangle(x, lambda i, j: j - i <= diagonal)


@said("triu")
def triu(x, diagonal=0):
    return triangle(x, lambda i, j: j - i >= diagonal)


def triangle(x, keeps):
    require(x.rank == 2, "triangles of more axes")
    entries = [[x[(i, (j, j + 1))] * (1 if keeps(i, j) else 0)
                for j in range(x.shape[1])] for i in range(x.shape[0])]
    return concat([row(concat(line, 0)) for line in entries], 0)


@said("nn.functional.pixel_shuffle")
def pixel_shuffle(x, upscale_factor):
    r = upscale_factor
    *front, c, h, w = x.shape
    y = reshape(x, (*front, c // r ** 2, r, r, h, w))
    n = len(front)
    y = transpose(y, (*range(n), n, n + 3, n + 1, n + 4, n + 2))
    return reshape(y, (*front, c // r ** 2, h * r, w * r))


@said("nn.functional.pixel_unshuffle")
def pixel_unshuffle(x, downscale_factor):
    r = downscale_factor
    *front, c, h, w = x.shape
    y = reshape(x, (*front, c, h // r, r, w // r, r))
    n = len(front)
    y = transpose(y, (*range(n), n, n + 2, n + 4, n + 1, n + 3))
    return reshape(y, (*front, c * r * r, h // r, w // r))
