"""Recurrent operators, one direction, turn by turn."""
from onnx_registry import known, onnx
from text import (Text, call, concat, cut, require, reshape, row, stretch,
                  transpose)


class Weights:
    """Of one direction: what a gate adds up, `gates` side by side."""

    def __init__(self, w, r, b, gates):
        self.w, self.r = w[(0,)], r[(0,)]
        self.size = self.r.shape[1]
        self.b = None if b is None else b[(0,)]
        self.gates = gates

    def part(self, of, gate):
        return cut(of, 0, gate * self.size, (gate + 1) * self.size)

    def product(self, x, of, gate):
        return x @ transpose(self.part(of, gate), (1, 0))

    def bias(self, gate, shape, recurrent):
        if self.b is None:
            return 0
        return stretch(self.part(self.b, gate + recurrent * self.gates), shape)

    def of_input(self, x, gate):
        y = self.product(x, self.w, gate)
        return y + self.bias(gate, y.shape, 0)

    def of_state(self, h, gate):
        y = self.product(h, self.r, gate)
        return y + self.bias(gate, y.shape, 1)

    def gate(self, x, h, gate):
        return self.of_input(x, gate) + self.of_state(h, gate)


def run(x, turn, sizes, starts, lengths, layout, outputs):
    """Y and the last values of what `turn` carries, all of `sizes`."""
    x = transpose(x, (1, 0, 2)) if layout else x
    turns, batch = x.shape[:2]
    require(lengths is None or set(known(lengths)) == {turns},
            "sequences of several lengths")
    carried = []
    for size, start in zip(sizes, starts):
        if start is None:
            carried.append(Text(f"zeros({batch}, {size})", (batch, size)))
        else:
            carried.append((transpose(start, (1, 0, 2)) if layout
                            else start)[(0,)])
    seen = []
    for t in range(turns):
        carried = turn(x[(t,)], *carried)
        seen.append(reshape(carried[0], (1, 1, *carried[0].shape)))
    every = concat(seen, 0) if len(seen) > 1 else seen[0]
    last = [row(value) for value in carried]
    if layout:
        every = transpose(every, (2, 0, 1, 3))
        last = [transpose(value, (1, 0, 2)) for value in last]
    return [every, *last][:outputs]


@onnx("RNN")
def simple(x, w, r, b=None, lengths=None, start=None, hidden_size=None,
           layout=0, outputs=2):
    weights = Weights(w, r, b, 1)
    return run(x, lambda u, h: [call("tanh", weights.gate(u, h, 0))],
               [weights.size], [start], lengths, layout, outputs)


@onnx("GRU")
def gru(x, w, r, b=None, lengths=None, start=None, hidden_size=None, layout=0,
        linear_before_reset=0, outputs=2):
    weights = Weights(w, r, b, 3)

    def turn(u, h):
        z = call("sigmoid", weights.gate(u, h, 0))
        reset = call("sigmoid", weights.gate(u, h, 1))
        state = reset * weights.of_state(h, 2) if linear_before_reset \
            else weights.of_state(reset * h, 2)
        new = call("tanh", weights.of_input(u, 2) + state)
        return [(1 - z) * new + z * h]
    return run(x, turn, [weights.size], [start], lengths, layout, outputs)


@onnx("LSTM")
def lstm(x, w, r, b=None, lengths=None, start=None, cell=None, peepholes=None,
         hidden_size=None, layout=0, outputs=3):
    weights = Weights(w, r, b, 4)

    def seen(c, which):
        if peepholes is None:
            return 0
        return stretch(weights.part(peepholes[(0,)], which), c.shape) * c

    def turn(u, h, c):
        i = call("sigmoid", weights.gate(u, h, 0) + seen(c, 0))
        f = call("sigmoid", weights.gate(u, h, 2) + seen(c, 2))
        new = f * c + i * call("tanh", weights.gate(u, h, 3))
        o = call("sigmoid", weights.gate(u, h, 1) + seen(new, 1))
        return [o * call("tanh", new), new]
    return run(x, turn, [weights.size] * 2, [start, cell], lengths, layout,
               outputs)
