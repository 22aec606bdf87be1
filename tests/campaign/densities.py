#!/usr/bin/python3
"""Random densities, entropies, divergences, moments and losses against mpmath.

A program has 40 expressions of three numbers (the vector u of a, c and x) in which every
parameter of a family is a random function of them, a single number or a vector, in every
form that the language has. gmc's values, gradients and second derivatives in f64, at five
random points, are held against the formulas of the manual in 60 digits, derivatives being
central differences, to 1e-9 of the largest of each kind or of 1.

    tests/campaign/densities.py --minutes 30 [--seed 1] [--resume FILE]
        [--findings FOLDER] [--build FOLDER] [--count N] [--first N]
"""
import mpmath
import numpy
from mpmath import mpf

from campaign import flags_of, main, of_programs
from points import accepted, evaluated
from trainer import require

mpmath.mp.dps = 60
STEP = mpf(10) ** -12
PER_PROGRAM, POINTS, ALLOWED = 40, 5, 1e-9
log, exp, pi, lgamma = mpmath.log, mpmath.exp, mpmath.pi, mpmath.loggamma


def sigmoid(x):
    return 1 / (1 + exp(-x))


def softplus(x):
    return log(1 + exp(x))


# Functions of one number, and of u = (a, c, x) as a list of entries.
SCALARS = [
    ("a", lambda a, c, x: a), ("c", lambda a, c, x: c), ("x", lambda a, c, x: x),
    ("(0.7 * a - c)", lambda a, c, x: mpf(0.7) * a - c),
    ("(a * x)", lambda a, c, x: a * x), ("(sin(c) + x)", lambda a, c, x: mpmath.sin(c) + x),
    ("tanh(a + 0.5 * x)", lambda a, c, x: mpmath.tanh(a + x / 2)),
]
VECTORS = [
    ("u", lambda v: v), ("sin(u)", lambda v: [mpmath.sin(one) for one in v]),
    ("(u * a)", lambda v: [one * v[0] for one in v]),
    ("(0.4 * iota(3) - u)", lambda v: [mpf(0.4) * i - one for i, one in enumerate(v)]),
    ("tanh(cumsum(u))", lambda v: [mpmath.tanh(sum(v[:i + 1])) for i in range(3)]),
]
POSITIVE = [("(softplus({}) + 0.1)", lambda y: softplus(y) + mpf(0.1)),
            ("exp(0.5 * {})", lambda y: exp(y / 2)),
            ("({}^2 + 0.3)", lambda y: y * y + mpf(0.3)),
            ("(1.5 + sin({}))", lambda y: mpf(1.5) + mpmath.sin(y))]
UNIT = [("sigmoid({})", sigmoid), ("(0.5 + 0.4 * sin({}))",
                                   lambda y: mpf(0.5) + mpf(0.4) * mpmath.sin(y))]
REAL = [("{}", lambda y: y), ("(2 * {} + 0.3)", lambda y: 2 * y + mpf(0.3))]


class Term:
    """A text and its entries as functions of (a, c, x): one, or three of a vector."""

    def __init__(self, text, entries):
        self.text, self.entries = text, entries

    def at(self, i, point):
        return self.entries[i if len(self.entries) > 1 else 0](*point)

    def through(self, form, function):
        return Term(form.format(self.text), [
            lambda *p, e=e: function(e(*p)) for e in self.entries])


def drawn(pick, vector, links, spelling="{}"):
    """A random term that is a vector, spelt so, if `vector`."""
    if vector:
        text, function = pick.choice(VECTORS)
        term = Term(spelling.format(text), [lambda *p, i=i: function(p)[i] for i in range(3)])
    else:
        text, function = pick.choice(SCALARS)
        term = Term(text, [function])
    return term.through(*pick.choice(links))


class Density:
    """A distribution: its text, its log density of entry i, entropy, moments."""

    def __init__(self, pick, family, vector, spelling="{}"):
        self.family, self.vector = family, vector
        self.mean = self.entropy = None
        # What a value is drawn from: links of a real number.
        self.support = REAL

        def one(links, may=True):
            return drawn(pick, vector and (may or pick.random() < 0.7), links,
                         spelling)
        if family == "Normal":
            mean, form = one(REAL), pick.choice(["std", "std:", "var:", "logvar:"])
            spread = one(REAL if form == "logvar:" else POSITIVE, False)
            deviation = {"std": lambda s: s, "std:": lambda s: s, "var:": mpmath.sqrt,
                         "logvar:": lambda s: exp(s / 2)}[form]
            name = "" if form == "std" else form + " "
            self.text = f"Normal({mean.text}, {name}{spread.text})"
            self.numbers = lambda i, p: (mean.at(i, p), deviation(spread.at(i, p)))
            self.mean = lambda m, s: m
            self.entropy = lambda m, s: (log(2 * pi) + 1) / 2 + log(s)
            self.log = lambda y, m, s: -log(2 * pi) / 2 - log(s) - ((y - m) / s) ** 2 / 2
            self.kl = lambda m, s, n, t: log(t / s) + (s * s + (m - n) ** 2) / (
                2 * t * t) - mpf(1) / 2
        elif family == "Laplace":
            mean, scale = one(REAL), one(POSITIVE, False)
            self.text = f"Laplace({mean.text}, {scale.text})"
            self.numbers = lambda i, p: (mean.at(i, p), scale.at(i, p))
            self.mean = lambda m, s: m
            self.entropy = lambda m, s: 1 + log(2 * s)
            self.log = lambda y, m, s: -abs(y - m) / s - log(2 * s)
            self.kl = lambda m, s, n, t: log(t / s) + abs(m - n) / t + s / t * exp(
                -abs(m - n) / s) - 1
        elif family == "Uniform":
            low, width = one(REAL), one(POSITIVE, False)
            self.text = f"Uniform({low.text}, {low.text} + {width.text})"
            self.numbers = lambda i, p: (low.at(i, p), low.at(i, p) + width.at(i, p))
            self.mean = lambda l, h: (l + h) / 2
            self.entropy = lambda l, h: log(h - l)
            self.log = lambda y, l, h: -log(h - l)
            inside = drawn(pick, vector, UNIT)
            self.inside = Term(
                f"({low.text} + {width.text} * {inside.text})",
                [lambda *p, i=i: low.at(i, p) + width.at(i, p) * inside.at(i, p)
                 for i in range(3 if vector else 1)])
        elif family == "Gamma":
            a, r = one(POSITIVE), one(POSITIVE, False)
            self.text = f"Gamma({a.text}, {r.text})"
            self.numbers = lambda i, p: (a.at(i, p), r.at(i, p))
            self.support = POSITIVE
            self.mean = lambda a, r: a / r
            self.entropy = lambda a, r: a - log(r) + lgamma(a) + (
                1 - a) * mpmath.digamma(a)
            self.log = lambda y, a, r: a * log(r) + (a - 1) * log(y) - r * y - lgamma(a)
            self.kl = lambda a, r, b, s: (a - b) * mpmath.digamma(a) - lgamma(a) + lgamma(
                b) + b * (log(r) - log(s)) + a * (s - r) / r
        elif family == "Beta":
            a, b = one(POSITIVE), one(POSITIVE, False)
            self.text = f"Beta({a.text}, {b.text})"
            self.numbers = lambda i, p: (a.at(i, p), b.at(i, p))
            self.support = UNIT
            self.mean = lambda a, b: a / (a + b)

            def norm(a, b):
                return lgamma(a) + lgamma(b) - lgamma(a + b)
            digamma = mpmath.digamma
            self.entropy = lambda a, b: norm(a, b) - (a - 1) * digamma(a) - (
                b - 1) * digamma(b) + (a + b - 2) * digamma(a + b)
            self.log = lambda y, a, b: (a - 1) * log(y) + (b - 1) * log(1 - y) - norm(a, b)
            self.kl = lambda a, b, c, d: norm(c, d) - norm(a, b) + (a - c) * digamma(
                a) + (b - d) * digamma(b) + (c - a + d - b) * digamma(a + b)
        else:
            form = pick.choice(["", "probs: ", "logits: "])
            given = one(REAL if form == "logits: " else UNIT)
            self.text = f"Bernoulli({form}{given.text})"
            link = sigmoid if form == "logits: " else lambda q: q
            self.numbers = lambda i, p: (link(given.at(i, p)),)
            self.mean = lambda q: q
            self.entropy = lambda q: -q * log(q) - (1 - q) * log(1 - q)
            self.log = lambda y, q: y * log(q) + (1 - y) * log(1 - q)
            self.kl = lambda q, r: q * log(q / r) + (1 - q) * log((1 - q) / (1 - r))

    def value(self, pick):
        """A term that the density may be of."""
        if self.family == "Uniform":
            return self.inside
        if self.family == "Bernoulli":
            term = drawn(pick, self.vector, REAL)
            return Term(f"stop({term.text} > 0.1)", [
                lambda *p, e=e: mpf(int(e(*p) > mpf(0.1))) for e in term.entries])
        return drawn(pick, self.vector, self.support)

    @property
    def entries(self):
        return range(3 if self.vector else 1)


class Classes:
    """A Categorical or OneHot of three classes."""

    def __init__(self, pick, family):
        form = pick.choice(["", "probs: ", "logits: "])
        given = drawn(pick, True, REAL if form == "logits: " else POSITIVE)
        self.text = f"{family}({form}{given.text})"
        self.link = exp if form == "logits: " else lambda q: q
        self.given = given

    def probs(self, p):
        weights = [self.link(self.given.at(i, p)) for i in range(3)]
        return [one / sum(weights) for one in weights]


FAMILIES = ["Normal", "Laplace", "Uniform", "Gamma", "Beta", "Bernoulli"]


def label_of(pick):
    term = drawn(pick, False, REAL)
    return Term(f"stop(round(clamp({term.text}, 0, 2)))", [
        lambda *p: int(mpmath.nint(min(max(term.at(0, p), 0), 2)))])


def with_classes(pick):
    family = pick.choice(["Categorical", "OneHot"])
    one, other, label = Classes(pick, family), Classes(pick, family), label_of(pick)
    way = pick.randrange(4)
    if way == 0:
        value = label.text if family == "Categorical" else f"onehot({label.text}, 3)"
        return (f"log_prob({one.text}, {value})",
                lambda *p: log(one.probs(p)[label.at(0, p)]))
    if way == 1:
        return (f"entropy({one.text})", lambda *p: -sum(q * log(q) for q in one.probs(p)))
    if way == 2:
        return (f"kl({one.text}, {other.text})", lambda *p: sum(
            q * log(q / r) for q, r in zip(one.probs(p), other.probs(p))))
    scores = drawn(pick, True, REAL)
    return (f"xent(logits: {scores.text}, label: {label.text})", lambda *p: log(sum(
        exp(scores.at(i, p)) for i in range(3))) - scores.at(label.at(0, p), p))


def mixture(pick):
    """Three components of one family, along an axis of their own."""
    density = Density(pick, pick.choice(["Normal", "Laplace", "Gamma", "Beta"]), True,
                      "lift({}, 0 as m)")
    form = pick.choice(["logits", "probs"])
    weights = drawn(pick, True, REAL if form == "logits" else POSITIVE)
    value = drawn(pick, False, density.support)

    def formula(*p):
        given = [weights.at(i, p) for i in range(3)]
        given = [exp(one) for one in given] if form == "logits" else given
        return log(sum(w / sum(given) * exp(density.log(value.at(0, p),
                                                        *density.numbers(i, p)))
                       for i, w in enumerate(given)))
    return (f"log_prob(Mixture({density.text}, {form}: lift({weights.text}, 0 as m), over: m)[1], "
            f"reshape({value.text}, 1))", formula)


def with_numbers(pick):
    vector = pick.random() < 0.5
    density = Density(pick, pick.choice(FAMILIES), vector)
    other = Density(pick, density.family, vector)
    way = pick.choice(["log_prob", "log_prob", "kl", "entropy", "mean"])
    if way == "kl" and density.family == "Uniform":
        way = "entropy"
    if way == "log_prob":
        value = density.value(pick)
        return (f"log_prob({density.text}, {value.text})", lambda *p: sum(
            density.log(value.at(i, p), *density.numbers(i, p)) for i in density.entries))
    if way == "kl":
        return (f"kl({density.text}, {other.text})", lambda *p: sum(
            density.kl(*density.numbers(i, p), *other.numbers(i, p))
            for i in density.entries))
    if way == "entropy":
        return (f"entropy({density.text})", lambda *p: sum(
            density.entropy(*density.numbers(i, p)) for i in density.entries))
    value = drawn(pick, vector, REAL)
    mean = f"log_prob(Normal({density.text}.mean, 0.8), {value.text})"
    return (mean, lambda *p: sum(
        -log(2 * pi) / 2 - log(mpf(0.8)) - (
            (value.at(i, p) - density.mean(*density.numbers(i, p))) / mpf(0.8)) ** 2 / 2
        for i in density.entries))


def loss(pick):
    vector = pick.random() < 0.5
    target, total = drawn(pick, vector, UNIT), "sum({})" if vector else "{}"
    entries = range(3 if vector else 1)
    if pick.random() < 0.5:
        given = drawn(pick, vector, REAL)
        return (total.format(f"bce(logits: {given.text}, target: {target.text})"),
                lambda *p: sum(softplus(given.at(i, p)) - given.at(i, p) * target.at(i, p)
                               for i in entries))
    given = drawn(pick, vector, UNIT)
    return (total.format(f"bce(probs: {given.text}, target: {target.text})"),
            lambda *p: -sum(target.at(i, p) * log(given.at(i, p)) +
                            (1 - target.at(i, p)) * log(1 - given.at(i, p))
                            for i in entries))


def draw(pick):
    return pick.choice([with_numbers, with_numbers, with_numbers, with_classes, mixture,
                        loss])(pick)


def derivatives(formula, point):
    """Value, gradient and second derivatives, by central differences."""
    known = {}

    def at(*steps):
        if steps not in known:
            known[steps] = formula(*[p + n * STEP for p, n in zip(point, steps)])
        return known[steps]

    def unit(*places):
        return tuple(sum((s for k, s in places if k == i), 0) for i in range(3))
    value = at(0, 0, 0)
    slopes = [(at(*unit((i, 1))) - at(*unit((i, -1)))) / (2 * STEP) for i in range(3)]
    second = [(at(*unit((i, 1), (k, 1))) - at(*unit((i, 1), (k, -1))) -
               at(*unit((i, -1), (k, 1))) + at(*unit((i, -1), (k, -1)))) / (4 * STEP ** 2)
              for i in range(3) for k in range(3)]
    return numpy.array([float(one) for one in (value, *slopes, *second)])


def compare(campaign, case, folder):
    """Counts the numbers that are held; Wrong with those that differ."""
    pick = campaign.random(case)
    points = numpy.array([[round(pick.gauss(0, 1), 3) for _ in range(3)]
                          for _ in range(POINTS)], "f8")
    drawn_ones = accepted(campaign.gmc, folder, [draw(pick) for _ in range(PER_PROGRAM)])
    flags = flags_of(case)
    found = evaluated(campaign.gmc, folder, points, flags)
    wrong = []
    for i, (text, formula) in enumerate(drawn_ones):
        for p, point in enumerate(points):
            right = derivatives(formula, [mpf(float(one)) for one in point])
            for part in (slice(0, 1), slice(1, 4), slice(4, 13)):
                size = max(1, abs(right[part]).max())
                if not (abs(found[p, i][part] - right[part]) <= ALLOWED * size).all():
                    wrong.append(f"{text} at {point.tolist()} {' '.join(flags)}: "
                                 f"{found[p, i].tolist()}, right is {right.tolist()}")
                    break
            campaign.state["numbers"] += 13
    campaign.state["densities"] += len(drawn_ones)
    require(not wrong, "\n".join(wrong))


if __name__ == "__main__":
    main(lambda: of_programs("densities", ["densities", "numbers"], compare).finish())
