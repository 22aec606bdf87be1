"""Expressions of the language as Python values: a text and an event shape.

Only what rule R-val-2 allows can be written; all else raises NotSaid, which
marks a sample that the language has no words for.
"""
import math


class NotSaid(Exception):
    """The language cannot say this sample."""


def require(condition, reason):
    if not condition:
        raise NotSaid(reason)


def number(value):
    """The spelling of a finite number."""
    value = float(value)
    require(math.isfinite(value), "a number that is not finite")
    text = repr(value)
    if "e" in text:
        digits, exponent = text.split("e")
        text = f"{digits}e{int(exponent)}"
    return f"({text})" if text.startswith("-") else text


class Text:
    """An expression; `shape` is its event's, () of a single number."""

    def __init__(self, text, shape):
        self.text, self.shape = text, tuple(shape)
        require(0 not in self.shape, "an empty tensor")

    @property
    def rank(self):
        return len(self.shape)

    def __add__(self, other):
        return binary("+", self, other)

    def __radd__(self, other):
        return binary("+", other, self)

    def __sub__(self, other):
        return binary("-", self, other)

    def __rsub__(self, other):
        return binary("-", other, self)

    def __mul__(self, other):
        return binary("*", self, other)

    def __rmul__(self, other):
        return binary("*", other, self)

    def __truediv__(self, other):
        return binary("/", self, other)

    def __rtruediv__(self, other):
        return binary("/", other, self)

    def __pow__(self, other):
        return binary("^", self, other)

    def __rpow__(self, other):
        return binary("^", other, self)

    def __neg__(self):
        return Text(f"(-{self.text})", self.shape)

    def __gt__(self, other):
        return binary(">", self, other)

    def __lt__(self, other):
        return binary("<", self, other)

    def __ge__(self, other):
        return binary(">=", self, other)

    def __le__(self, other):
        return binary("<=", self, other)

    def __matmul__(self, other):
        require(other.rank == 2, "@ by no matrix")
        return Text(f"({self.text} @ {other.text})",
                    (*self.shape[:-1], other.shape[1]))

    def __getitem__(self, places):
        """`places`: an int or a (begin, end) for each leading axis."""
        texts, shape = [], []
        for place, extent in zip(places, self.shape):
            if isinstance(place, int):
                texts.append(str(place % extent))
                continue
            begin, end = place
            require(begin < end, "an empty tensor")
            texts.append(f"{begin}:{end}")
            shape.append(end - begin)
        shape += self.shape[len(places):]
        return Text(f"{self.text}[{', '.join(texts)}]", shape)


# Nets of one layer: of each, its text and the names of its tensors.
NETS = {}


def layer(kind, shape, weight, bias, labels):
    """Enters a net of one layer whose weights are the Texts `weight` and
    `bias`; returns its name."""
    name = "N" + weight.text[1:]
    channels = weight.shape[0] if kind == "conv2d" \
        else weight.shape[1] * labels["groups"]
    require(bias is None or bias.shape == (channels,), "another bias")
    words = [str(channels), str(weight.shape[2])]
    words += [f"{label}: {value}" for label, value in labels.items()]
    words.append(f"bias: {'false' if bias is None else 'true'}")
    NETS[name] = (
        f"net {name}(x: f32{list(shape)}) -> map {{\n"
        f"  x |> {kind}({', '.join(words)}) as l\n}}\n",
        {weight.text: f"{name}.l.weight",
         **({} if bias is None else {bias.text: f"{name}.l.bias"})})
    return name


def lift(value):
    return value if isinstance(value, Text) else Text(number(value), ())


def united(a, b):
    """The shape of two operands: equal, or one is a single number."""
    require(a.shape == b.shape or () in (a.shape, b.shape),
            "operands of two shapes")
    return a.shape or b.shape


def binary(mark, a, b):
    a, b = lift(a), lift(b)
    return Text(f"({a.text} {mark} {b.text})", united(a, b))


def call(name, *operands, shape=None, **labels):
    """`name` of Texts and numbers; labels are written as they are."""
    operands = [lift(one) for one in operands]
    words = [one.text for one in operands]
    words += [f"{label.rstrip('_')}: {value}" for label, value in
              labels.items()]
    if shape is None:
        shape = operands[0].shape
        for one in operands[1:]:
            shape = united(Text("", shape), one)
    return Text(f"{name}({', '.join(words)})", shape)


def select(condition, a, b):
    condition, a, b = lift(condition), lift(a), lift(b)
    shape = united(Text("", united(a, b)), condition)
    return Text(f"(if {condition.text} then {a.text} else {b.text})", shape)


def reshape(x, shape):
    shape = tuple(shape)
    if shape == x.shape:
        return x
    if not shape:  # one element
        return Text(f"{x.text}[{', '.join('0' * x.rank)}]", ())
    extents = ", ".join(map(str, shape))
    if not x.shape:
        return Text(f"({x.text} * ones({extents}))", shape)
    return Text(f"reshape({x.text}, {extents})", shape)


def axes(x, dims):
    """Axis numbers from torch's `dim`: none, one or several."""
    if dims is None or dims == () or dims == []:
        return tuple(range(x.rank))
    dims = (dims,) if isinstance(dims, int) else dims
    return tuple(sorted(dim % max(x.rank, 1) for dim in dims))


def reduce(name, x, dims=None, keepdim=False):
    """A reduction over axes; of a single number it is not to be called."""
    chosen = axes(x, dims)
    require(x.rank > 0, "the reduction of a single number")
    left = tuple(n for i, n in enumerate(x.shape) if i not in chosen)
    over = f"[{', '.join(map(str, chosen))}]"
    result = Text(f"{name}({x.text}, over: {over})", left)
    kept = tuple(1 if i in chosen else n for i, n in enumerate(x.shape))
    return reshape(result, kept) if keepdim else result


def transpose(x, order):
    order = tuple(axis % x.rank for axis in order)
    if order == tuple(range(x.rank)):
        return x
    return Text(f"transpose({x.text}, {', '.join(map(str, order))})",
                (x.shape[i] for i in order))


def swap(x, a, b):
    order = list(range(x.rank))
    order[a], order[b] = order[b], order[a]
    return transpose(x, order)


def concat(parts, axis):
    require(all(part.rank for part in parts), "single numbers in a row")
    axis %= parts[0].rank
    if len(parts) == 1:
        return parts[0]
    shape = list(parts[0].shape)
    shape[axis] = sum(part.shape[axis] for part in parts)
    words = ", ".join(part.text for part in parts)
    return Text(f"concat({words}, axis: {axis})", shape)


def cut(x, axis, begin, end):
    places = [(0, n) for n in x.shape[:axis]] + [(begin, end)]
    return x[places]


def stretch(x, shape):
    """torch's expand: axes of extent 1, or in front, are repeated."""
    shape = tuple(shape)
    x = reshape(x, (1,) * (len(shape) - x.rank) + x.shape) if x.rank else x
    if not x.rank:
        return reshape(x, shape)
    for axis, extent in enumerate(shape):
        if x.shape[axis] == 1 and extent > 1:
            require(extent <= 64, "a long repetition")
            x = concat([x] * extent, axis)
    require(x.shape == shape, "shapes that do not fit")
    return x


def broadcast(*operands):
    """torch's broadcasting, written out; single numbers stay."""
    operands = [lift(one) for one in operands]
    rank = max(one.rank for one in operands)
    shape = [1] * rank
    for one in operands:
        for i, extent in enumerate(one.shape[::-1]):
            shape[rank - 1 - i] = max(shape[rank - 1 - i], extent)
    return [stretch(one, shape) if one.rank else one for one in operands]


def row(x):
    return reshape(x, (1, *x.shape))


def column(x):
    return reshape(x, (*x.shape, 1))
