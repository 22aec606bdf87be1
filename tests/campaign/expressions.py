#!/usr/bin/python3
"""Random expressions to second order, against an evaluator of this file.

Each program has 40 expressions of three numbers: functions of the manual, `if`, `max`,
reductions, densities, entropies and losses. The points hold 0, 1, -1 and large numbers
beside ordinary ones. gmc's values, gradients and second derivatives in f64 are held
against jets: an expression is walked at one point with its value, gradient and Hessian in
extended precision, and of `if` only the branch taken is walked. Kinks have the
derivatives that the manual says. Where a jet is not finite, or passes numbers above 1e5,
nothing is asked.

    tests/campaign/expressions.py --minutes 30 [--seed 1] [--resume FILE]
        [--findings FOLDER] [--build FOLDER] [--count N] [--first N]
"""
import math

import numpy

from campaign import flags_of, main, of_programs
from points import accepted, evaluated
from trainer import require

WIDE = numpy.longdouble
LIMIT = 1e5
PER_PROGRAM, POINTS = 40, 24
SPECIAL = [0, 0, 0, 1, 1, -1, 0.5, 2, -0.25, 30, -30]


class Unknown(Exception):
    """Nothing is asked of this expression at this point."""


class Jet:
    """A value with gradient and Hessian in three numbers."""

    def __init__(self, value, gradient=None, hessian=None):
        self.value = WIDE(value)
        self.gradient = numpy.zeros(3, WIDE) if gradient is None else gradient
        self.hessian = numpy.zeros((3, 3), WIDE) if hessian is None else hessian
        if not (abs(self.value) <= LIMIT and (abs(self.gradient) <= LIMIT).all() and
                (abs(self.hessian) <= LIMIT ** 2).all()):
            raise Unknown

    def through(self, value, slope, curvature):
        """f of it, with f, f' and f'' at its value."""
        outer = numpy.outer(self.gradient, self.gradient)
        return Jet(value, slope * self.gradient,
                   slope * self.hessian + curvature * outer)

    def __add__(self, other):
        return Jet(self.value + other.value, self.gradient + other.gradient,
                   self.hessian + other.hessian)

    def __neg__(self):
        return self.through(-self.value, WIDE(-1), WIDE(0))

    def __sub__(self, other):
        return self + -other

    def __mul__(self, other):
        cross = numpy.outer(self.gradient, other.gradient)
        return Jet(self.value * other.value,
                   self.value * other.gradient + other.value * self.gradient,
                   self.value * other.hessian + other.value * self.hessian + cross +
                   cross.T)

    def __truediv__(self, other):
        return self * power(other, -1)


def power(u, n):
    x = u.value
    if x == 0 and n not in (0, 1, 2, 3):
        raise Unknown
    if x < 0 and n != int(n):
        raise Unknown
    return u.through(x ** n, n * x ** max(n - 1, 0) if x == 0 else n * x ** (n - 1),
                     (n * (n - 1) * (x ** max(n - 2, 0) if x == 0 else x ** (n - 2))))


def number(value):
    return Jet(value)


def exp(u):
    y = numpy.exp(u.value)
    return u.through(y, y, y)


def log(u):
    if u.value <= 1e-9:
        raise Unknown
    return u.through(numpy.log(u.value), 1 / u.value, -1 / u.value ** 2)


def log1p(u):
    return log(number(1) + u) if abs(u.value) > 1e-3 else u.through(
        numpy.log1p(u.value), 1 / (1 + u.value), -1 / (1 + u.value) ** 2)


def sqrt(u):
    if u.value <= 1e-9:
        raise Unknown
    return power(u, WIDE(0.5))


def sigmoid(u):
    y = 1 / (1 + numpy.exp(-u.value))
    return u.through(y, y * (1 - y), y * (1 - y) * (1 - 2 * y))


def softplus(u):
    x = u.value
    y = 1 / (1 + numpy.exp(-x))
    return u.through(max(x, 0) + numpy.log1p(numpy.exp(-abs(x))), y, y * (1 - y))


def tanh(u):
    y = numpy.tanh(u.value)
    return u.through(y, 1 - y * y, -2 * y * (1 - y * y))


def erf(u):
    bell = 2 / numpy.sqrt(WIDE(math.pi)) * numpy.exp(-u.value ** 2)
    return u.through(math.erf(float(u.value)), bell, -2 * u.value * bell)


def sin(u):
    return u.through(numpy.sin(u.value), numpy.cos(u.value), -numpy.sin(u.value))


def cos(u):
    return u.through(numpy.cos(u.value), -numpy.sin(u.value), -numpy.cos(u.value))


def absolute(u):
    return number(0) if u.value == 0 else u if u.value > 0 else -u


def relu(u):
    return u if u.value > 0 else number(0)


def largest(u, v):
    return u if u.value >= v.value else v


def smallest(u, v):
    return u if u.value <= v.value else v


def xlogy(u, v):
    if u.value == 0 and v.value <= 0:
        # With a derivative in u there is none.
        if u.gradient.any() or u.hessian.any() or v.value < 0:
            raise Unknown
        return number(0)
    return u * log(v)


def elu(u):
    return u if u.value > 0 else exp(u) - number(1)


def total(parts):
    result = parts[0]
    for part in parts[1:]:
        result = result + part
    return result


def extreme(parts, pick):
    """At ties the derivative is shared; its own derivative is then unknown."""
    best = pick(part.value for part in parts)
    equal = [part for part in parts if part.value == best]
    if len(equal) > 1:
        raise Unknown
    return equal[0]


def norm(parts):
    squares = total([part * part for part in parts])
    return number(0) if squares.value == 0 else sqrt(squares)


def logsumexp(parts):
    top = number(max(part.value for part in parts))
    return top + log(total([exp(part - top) for part in parts]))


def variance(parts):
    if len({part.value for part in parts}) == 1 and parts[0].value != 0:
        raise Unknown  # 0, or what rounding leaves of it: a kink may follow
    mean = total(parts) * number(WIDE(1) / len(parts))
    return total([(part - mean) * (part - mean) for part in parts]) * number(
        WIDE(1) / len(parts))


def positive(u):
    return softplus(u) + number(WIDE(0.1))


def normal(mean, scale, x):
    far = (x - mean) / scale
    return (number(numpy.log(2 * WIDE(math.pi))) + far * far) * number(-0.5) - log(scale)


def laplace(mean, scale, x):
    return -absolute(x - mean) / scale - log(scale * number(2))


def bernoulli(p, x):
    one = number(1)
    return xlogy(x, p) + xlogy(one - x, one - p)


def bernoulli_entropy(p):
    return -bernoulli(p, p)


def huber(u, v):
    far = u - v
    if abs(abs(far.value) - 1) < 1e-12:  # its second derivative jumps there
        raise Unknown
    return far * far * number(0.5) if abs(far.value) < 1 else absolute(far) - number(0.5)


def clamped_entropy(p):
    if p.value in (0, 1):  # the slope is infinite there
        raise Unknown
    return bernoulli_entropy(smallest(largest(p, number(0)), number(1)))


# Text with {} for operands, and the jet of them.
UNARY = [
    ("exp({})", exp), ("log({})", log), ("log1p({})", log1p), ("sqrt({})", sqrt),
    ("sigmoid({})", sigmoid), ("softplus({})", softplus), ("tanh({})", tanh),
    ("erf({})", erf), ("sin({})", sin), ("cos({})", cos), ("abs({})", absolute),
    ("relu({})", relu), ("elu({})", elu), ("(-{})", lambda u: -u),
    ("({}^2)", lambda u: u * u), ("({}^3)", lambda u: u * u * u),
    ("(1 / {})", lambda u: power(u, -1)), ("silu({})", lambda u: u * sigmoid(u)),
    ("leaky_relu({}, 0.2)",
     lambda u: u if u.value > 0 else u * number(WIDE(0.2))),
    ("clamp({}, -1, 0.5)",
     lambda u: smallest(largest(u, number(-1)), number(0.5))),
    ("log_sigmoid({})", lambda u: -softplus(-u)),
    ("entropy(Bernoulli(sigmoid({})))", lambda u: bernoulli_entropy(sigmoid(u))),
    ("entropy(Bernoulli(clamp({}, 0, 1)))", clamped_entropy),
]
BINARY = [
    ("({} + {})", lambda u, v: u + v), ("({} - {})", lambda u, v: u - v),
    ("({} * {})", lambda u, v: u * v), ("({} * {})", lambda u, v: u * v),
    ("({} / {})", lambda u, v: u / v), ("max({}, {})", largest),
    ("min({}, {})", smallest), ("xlogy({}, {})", xlogy),
    ("mse({}, {})", lambda u, v: (u - v) * (u - v)),
    ("huber({}, {})", huber),
    ("bce(logits: {}, target: sigmoid({}))",
     lambda u, v: softplus(u) - sigmoid(v) * u),
    ("log_prob(Normal({}, 0.7), {})", lambda u, v: normal(u, number(WIDE(0.7)), v)),
    ("log_prob(Laplace({}, 2), {})", lambda u, v: laplace(u, number(2), v)),
]
TERNARY = [
    ("lerp({}, {}, {})", lambda u, v, w: u + w * (v - u)),
    ("log_prob(Normal({}, softplus({}) + 0.1), {})",
     lambda u, v, w: normal(u, positive(v), w)),
    ("log_prob(Normal({}, logvar: {}), {})",
     lambda u, v, w: normal(u, exp(v * number(0.5)), w)),
    ("log_prob(Normal({}, var: softplus({}) + 0.1), {})",
     lambda u, v, w: normal(u, sqrt(positive(v)), w)),
]
REDUCTIONS = [
    ("sum({})", total), ("max({})", lambda p: extreme(p, max)),
    ("min({})", lambda p: extreme(p, min)), ("norm({})", norm),
    ("logsumexp({})", logsumexp), ("var({})", variance),
    ("prod({})", lambda p: p[0] * p[1] * p[2]),
    ("mean({})", lambda p: total(p) * number(WIDE(1) / 3)),
]
COMPARISONS = [(">", lambda u, v: u > v), ("<=", lambda u, v: u <= v),
               ("==", lambda u, v: u == v)]


def draw(choice, depth):
    """(text, function of the three jets)."""
    if depth == 0 or choice.random() < 0.1:
        if choice.random() < 0.8:
            i = choice.randrange(3)
            return "acx"[i], lambda point, i=i: point[i]
        value = choice.choice([0, 1, 2, 0.5, -1.5])
        return f"(k[0] + {value - 1})", lambda point, v=value: number(v)
    kind = choice.random()
    if kind < 0.2:
        sign, holds = choice.choice(COMPARISONS)
        (p, left), (q, right) = draw(choice, 1), draw(choice, 0)
        (s, then), (t, other) = draw(choice, depth - 1), draw(choice, depth - 1)

        # Whether what is computed equals something is a matter of rounding.
        given = all(len(text) == 1 or text.startswith("(k[0]") for text in (p, q))

        def branch(point):
            u, v = left(point).value, right(point).value
            if not given and abs(u - v) < 1e-12 * max(1, abs(v)):
                raise Unknown
            return then(point) if holds(u, v) else other(point)
        return f"(if {p} {sign} {q} then {s} else {t})", branch
    if kind < 0.35:
        form, function = choice.choice(REDUCTIONS)
        parts = [draw(choice, depth - 1) for _ in range(3)]
        joined = ", ".join(f"reshape({text}, 1)" for text, _ in parts)
        return (form.format(f"concat({joined})"),
                lambda point: function([part(point) for _, part in parts]))
    table = UNARY if kind < 0.65 else BINARY if kind < 0.92 else TERNARY
    form, function = choice.choice(table)
    parts = [draw(choice, depth - 1) for _ in range(form.count("{}"))]
    return (form.format(*(text for text, _ in parts)),
            lambda point: function(*(part(point) for _, part in parts)))


def jet_of(function, point):
    basis = numpy.eye(3, dtype=WIDE)
    try:
        jet = function([Jet(p, basis[i]) for i, p in enumerate(point)])
    except (Unknown, ZeroDivisionError, OverflowError):
        return None
    return numpy.concatenate([[jet.value], jet.gradient, jet.hessian.ravel()])


def compare(campaign, case, folder):
    """Counts the numbers that are held; Wrong with those that differ."""
    choice = campaign.random(case)
    drawn = [draw(choice, choice.randint(1, 4)) for _ in range(PER_PROGRAM)]
    points = numpy.array([[choice.choice(SPECIAL) if choice.random() < 0.4
                           else round(choice.gauss(0, 1.5), 3) for _ in range(3)]
                          for _ in range(POINTS)], "f8")
    drawn = accepted(campaign.gmc, folder, drawn)
    with numpy.errstate(all="ignore"):
        known = [[jet_of(function, point) for _, function in drawn] for point in points]
    wrong = []
    flags = flags_of(case)
    found = evaluated(campaign.gmc, folder, points, flags)
    for p, point in enumerate(points):
        for i, (expression, _) in enumerate(drawn):
            right = known[p][i]
            if right is None:
                continue
            campaign.state["numbers"] += 13
            scale = numpy.maximum(1, abs(right).max())
            if not (abs(found[p, i] - right) / scale <= 1e-6).all():
                wrong.append(f"{expression} at {point.tolist()} {' '.join(flags)}: "
                             f"{found[p, i].tolist()}, right is "
                             f"{right.astype('f8').tolist()}")
    campaign.state["expressions"] += len(drawn)
    require(not wrong, "\n".join(wrong))


if __name__ == "__main__":
    main(lambda: of_programs("expressions", ["expressions", "numbers"], compare).finish())
