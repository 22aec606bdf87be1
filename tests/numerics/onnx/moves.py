"""What moves elements about, takes some of them, or makes them."""
import math

import shapes  # noqa: F401
from onnx_registry import known, onnx
from registry import TABLE as SAID
from text import (Text, broadcast, call, concat, cut, lift, require, reshape,
                  stretch, swap, transpose)


@onnx("Concat")
def joined(*parts, axis):
    return concat(list(parts), axis) * 1


@onnx("Split")
def split(x, sizes=None, axis=0, outputs=None):
    extent = x.shape[axis]
    sizes = known(sizes) if sizes is not None \
        else [extent // outputs] * outputs
    return SAID["split_with_sizes"](x, sizes, axis)


@onnx("Transpose")
def transposed(x, perm=None):
    return transpose(x + 0, perm or tuple(range(x.rank))[::-1])


@onnx("Reshape")
def reshaped(x, shape, allowzero=0):
    shape = known(shape)
    if not allowzero:
        shape = [n or x.shape[i] for i, n in enumerate(shape)]
    return SAID["reshape"](x, tuple(shape))


@onnx("Flatten")
def flatten(x, axis=1):
    front = math.prod(x.shape[:axis + x.rank if axis < 0 else axis])
    return reshape(x + 0, (front, math.prod(x.shape) // front))


@onnx("Squeeze")
def squeeze(x, axes=None):
    dims = [i for i, n in enumerate(x.shape) if n == 1] if axes is None \
        else [i % x.rank for i in known(axes)]
    return reshape(x + 0, [n for i, n in enumerate(x.shape)
                           if i not in dims])


@onnx("Unsqueeze")
def unsqueeze(x, axes):
    rank = x.rank + len(known(axes))
    dims = [i % rank for i in known(axes)]
    rest = iter(x.shape)
    return reshape(x + 0, [1 if i in dims else next(rest)
                           for i in range(rank)])


@onnx("Expand")
def expand(x, shape):
    wanted = known(shape)
    wanted = [1] * (x.rank - len(wanted)) + wanted
    offset = len(wanted) - x.rank
    return stretch(x + 0, [max(n, x.shape[i - offset] if i >= offset else 1)
                           for i, n in enumerate(wanted)])


@onnx("Tile")
def tile(x, times):
    return SAID["tile"](x, *known(times))


@onnx("Pad")
def pad(x, sides, value=None, mode="constant"):
    require(mode == "constant", "margins of other kinds")
    sides, rank = known(sides), x.rank
    pairs = [n for axis in reversed(range(rank))
             for n in (sides[axis], sides[axis + rank])]
    return SAID["constant_pad_nd"](
        x, pairs, 0 if value is None else known(value))


@onnx("Trilu")
def trilu(x, diagonal=None, upper=1):
    """By comparing the numbers of row and column."""
    k = 0 if diagonal is None else known(diagonal)
    rows, columns = x.shape[-2:]
    mark = ">=" if upper else "<="
    kept = Text(f"((iota({columns})[new] - iota({rows})[:, new])"
                f" {mark} {lift(k).text})", (rows, columns))
    x, kept = broadcast(x, kept)
    return x * kept


@onnx("DepthToSpace")
def depth_to_space(x, blocksize, mode="DCR"):
    n, c, h, w = x.shape
    r = blocksize
    if mode == "CRD":
        return SAID["nn.functional.pixel_shuffle"](x, r)
    y = reshape(x, (n, r, r, c // r ** 2, h, w))
    y = transpose(y, (0, 3, 4, 1, 5, 2))
    return reshape(y, (n, c // r ** 2, h * r, w * r))


@onnx("SpaceToDepth")
def space_to_depth(x, blocksize):
    n, c, h, w = x.shape
    r = blocksize
    y = reshape(x, (n, c, h // r, r, w // r, r))
    y = transpose(y, (0, 3, 5, 1, 2, 4))
    return reshape(y, (n, c * r * r, h // r, w // r))


# ---- by numbers of entries ----------------------------------------------------

def take(x, axis, places):
    """The entries of an axis at `places`, a Text of whole numbers."""
    axis %= x.rank
    before = "".join(":, " for _ in range(axis))
    return Text(f"{x.text}[{before}{places.text}]",
                (*x.shape[:axis], *places.shape, *x.shape[axis + 1:]))


@onnx("Gather")
def gather(x, places, axis=0):
    places = call("round", places)
    extent = x.shape[axis]
    return take(x, axis, call("round", places + extent * (places < 0)))


@onnx("Slice")
def slices(x, starts, ends, axes=None, steps=None):
    starts, ends = known(starts), known(ends)
    axes = range(len(starts)) if axes is None else known(axes)
    steps = [1] * len(starts) if steps is None else known(steps)
    x = x + 0
    for start, end, axis, step in zip(starts, ends, axes, steps):
        begin, stop, step = slice(start, end, step).indices(x.shape[axis])
        if step == 1:
            x = cut(x, axis % x.rank, begin, stop)
            continue
        count = len(range(begin, stop, step))
        places = Text(f"round({lift(begin).text} + {lift(step).text}"
                      f" * iota({count}))", (count,))
        x = take(x, axis, places)
    return x


@onnx("OneHot")
def one_hot(places, depth, values, axis=-1):
    n, (off, on) = int(known(depth) if not depth.shape
                       else known(depth)[0]), known(values)
    places = call("round", places)
    places = call("round", places + n * (places < 0))
    hot = call("onehot", places, n, shape=(*places.shape, n))
    axis %= hot.rank
    order = [*range(hot.rank - 1)]
    order.insert(axis, hot.rank - 1)
    return transpose(hot * (on - off) + off, order)


def along_last(function):
    """A function of the last axis, along `axis`."""
    def wrapped(x, axis=-1):
        return swap(function(swap(x + 0, axis, -1)), axis, -1)
    return wrapped


@onnx("Hardmax")
def hardmax(x, axis=-1):
    def last(x):
        places = call("argmax", x, shape=x.shape[:-1], over=x.rank - 1)
        return call("onehot", places, x.shape[-1], shape=x.shape)
    return along_last(last)(x, axis)


@onnx("CumSum")
def cumsum(x, axis, exclusive=0, reverse=0):
    axis = known(axis) % x.rank
    flipped = SAID["flip"](x, [axis]) if reverse else x
    total = along_last(lambda y: call("cumsum", y))(flipped, axis)
    total = SAID["flip"](total, [axis]) if reverse else total
    return total - x if exclusive else total


def place_of(word):
    def function(x, axis=0, keepdims=1, select_last_index=0):
        axis %= x.rank
        looked = SAID["flip"](x, [axis]) if select_last_index else x
        left = tuple(n for i, n in enumerate(x.shape) if i != axis)
        found = call(word, looked, shape=left, over=axis)
        if select_last_index:
            found = x.shape[axis] - 1 - found
        kept = tuple(1 if i == axis else n for i, n in enumerate(x.shape))
        return reshape(found, kept) if keepdims else found
    return function


onnx("ArgMax")(place_of("argmax"))
onnx("ArgMin")(place_of("argmin"))
