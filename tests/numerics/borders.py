#!/usr/bin/python3
"""Densities, divergences, entropies and losses at the border of their support, and
what `if`, `max` and the like do not take: values, first and second derivatives.

A row of CASES is an expression of a, c, x (the vector u) and the same in mpmath. Its
value at a border is the limit of the formula from inside, its derivatives are
differences within the support, in 250 digits; a derivative that grows without end
as the step shrinks does not exist, and must not be a finite number here either. In
f64 and at -O0 values are held to 1e-12 of the larger of 1 and themselves and
derivatives to 1e-10, in f32 to 2e-6 and 2e-5.

usage: borders.py GMC [PART ..], of the texts those that contain a PART
"""
import subprocess
import sys

import mpmath
import numpy
from mpmath import mpf

from reported import report

mpmath.mp.dps = 250
STEP = mpf(10) ** -60
INF = float("inf")
# Expressions of one text, which a compiler goes through in seconds.
TOGETHER = 30
log, exp, pi = mpmath.log, mpmath.exp, mpmath.pi


def bernoulli(p, x):
    return x * log(p) + (1 - x) * log(1 - p)


def bernoulli_kl(p, q):
    return p * log(p / q) + (1 - p) * log((1 - p) / (1 - q))


def sigmoid(x):
    return 1 / (1 + exp(-x))


def classes(u):
    return [one / sum(u) for one in u]


def entropy(u):
    return -sum(p * log(p) for p in classes(u))


def variance(u):
    return sum((one - sum(u) / 3) ** 2 for one in u) / 3


def gamma(a, r, x):
    return a * log(r) + (a - 1) * log(x) - r * x - mpmath.loggamma(a)


def beta(a, c, x):
    norm = mpmath.loggamma(a) + mpmath.loggamma(c) - mpmath.loggamma(a + c)
    return (a - 1) * log(x) + (c - 1) * log(1 - x) - norm


def normal(mean, var, x):
    return -(log(2 * pi) + log(var) + (x - mean) ** 2 / var) / 2


def normal_kl(m, v, n, w):
    return (log(w / v) + (v + (m - n) ** 2) / w - 1) / 2


def mixture(u, x):
    return log(sum(w * exp(normal(m, 1, x)) for m, w in enumerate(classes(u))))


def beta_mixture(u, x):
    parts = ((1, 1), (2, 1), (1, 3))
    return log(sum(w * exp(beta(a, c, x)) for (a, c), w in zip(parts, classes(u))))


UNIT = [(0, "+"), (1, "-"), (0.3, "+")]


def cases():
    """Yields expression, formula of (a, c, x), rows of points; a point is three
    numbers, the directions in which each may be moved ("." for none), and, if it is
    not the formula's, the value (no derivatives are then asked for)."""
    def row(*points):
        return list(points)

    # Bernoulli by probabilities: the value is 0 or 1, the probability may be.
    yield ("log_prob(Bernoulli(a), x)", lambda a, c, x: bernoulli(a, x), row(
        ((0, 0, 0), "+.."), ((1, 0, 1), "-.."), ((.3, 0, 0), "+.+"),
        ((.3, 0, 1), "+.-"), ((0, 0, 1), "...", -INF), ((1, 0, 0), "...", -INF)))
    yield ("bce(probs: a, target: x)", lambda a, c, x: -bernoulli(a, x), row(
        ((0, 0, 0), "+.."), ((1, 0, 1), "-.."), ((.3, 0, .4), "+.+"),
        ((0, 0, 1), "...", INF), ((1, 0, .5), "...", INF)))
    yield ("entropy(Bernoulli(a))",
           lambda a, c, x: -bernoulli(a, a),
           [((a, 0, 0), way + "..") for a, way in UNIT])
    yield ("kl(Bernoulli(a), Bernoulli(c))",
           lambda a, c, x: bernoulli_kl(a, c),
           [((a, .4, 0), way + "+.") for a, way in UNIT] +
           [((.3, 0, 0), "...", INF), ((.3, 1, 0), "...", INF)])
    yield ("kl(Bernoulli(a), Bernoulli(logits: x))",
           lambda a, c, x: bernoulli_kl(a, sigmoid(x)),
           [((a, 0, .7), way + ".+") for a, way in UNIT])
    yield ("kl(Bernoulli(logits: x), Bernoulli(c))",
           lambda a, c, x: bernoulli_kl(sigmoid(x), c),
           [((0, .4, .7), ".++"), ((0, 0, .7), "...", INF)])

    yield ("log_prob(Bernoulli(logits: a), x)",
           lambda a, c, x: x * a - log(1 + exp(a)), [((-2, 0, .3), "+.+")])
    yield ("kl(Bernoulli(logits: a), Bernoulli(logits: c))",
           lambda a, c, x: bernoulli_kl(sigmoid(a), sigmoid(c)),
           [((.7, -.4, 0), "++.")])
    yield ("entropy(Bernoulli(logits: a))",
           lambda a, c, x: -bernoulli(sigmoid(a), sigmoid(a)), [((.7, 0, 0), "+..")])

    # Classes by probabilities, which need not sum to 1.
    rows = [((0, 1, .5), "+++"), ((0, 0, 1), "++-"), ((.25, .5, .75), "+++"),
            ((1, 1, 1), "+++"), ((1, 0, 0), "+++")]
    for family in ("Categorical", "OneHot"):
        yield (f"entropy({family}(u))", lambda *u: entropy(u), rows)
    yield ("kl(Categorical(u), UniformInt(3))",
           lambda *u: log(3) - entropy(u), rows)
    yield ("kl(OneHot(u), OneHot(logits: 0.5 * iota(3)))",
           lambda *u: -entropy(u) - sum(
               p * (mpf(i) / 2 - log(sum(exp(mpf(k) / 2) for k in range(3))))
               for i, p in enumerate(classes(u))), rows)
    for label in range(3):
        known = [(p, "+++") for p, _ in rows if p[label] != 0]
        for text in (f"log_prob(Categorical(u), stop(round({label} + 0 * a)))",
                     f"log_prob(OneHot(u), onehot({label}, 3))"):
            yield (text, lambda *u, at=label: log(u[at] / sum(u)),
                   known + [((0, 0, 0.5) if label != 2 else (0, .5, .5), "...",
                             -INF if label != 2 else float(mpmath.log(.5)))])
    yield ("log_prob(Categorical(logits: u), stop(round(3 + 0 * a)))",
           lambda *u: mpf(0), [((0, 1, .5), "...", -INF)])
    yield ("xent(logits: u, label: stop(round(0 * a - 1)))",
           lambda *u: mpf(0), [((0, 1, .5), "...", INF)])
    yield ("log_prob(OneHot(logits: u), c * onehot(1, 3))",
           lambda *u: u[1] * (u[1] - log(sum(exp(one) for one in u))),
           [((1, 0, 2), "+++")])

    # Densities of positive numbers and of those between 0 and 1.
    yield ("log_prob(Gamma(a, c), x)", gamma, row(
        ((1, 2, 0), ".++"), ((2.5, 2, .5), "+++"), ((2, 2, 0), "...", -INF),
        ((.5, 2, 0), "...", INF), ((2, 1, -1), "...", -INF),
        ((1, 2, .3), "+++")))
    yield ("log_prob(Beta(a, c), x)", beta, row(
        ((1, 1, 0), "..+"), ((1, 1, 1), "..-"), ((2, 1, 1), "+.-"),
        ((1, 3, 0), ".++"), ((2, 3, .25), "+++"), ((2, 1, 0), "...", -INF),
        ((1, 1, .5), "+++"), ((2, 2, 1.5), "...", -INF)))

    # Spreads near 0 and far from 1.
    yield ("log_prob(Normal(a, c), x)", lambda a, c, x: normal(a, c ** 2, x), row(
        ((.5, 1e-12, .5), "+++"), ((.5, .7, 2), "+++"),
        ((2, 1e-30, 2), "...", 68.1586205)))
    yield ("log_prob(Normal(a, var: c), x)", lambda a, c, x: normal(a, c, x), row(
        ((.5, 1e-20, .5), "+++"), ((.5, .7, 2), "+++")))
    yield ("log_prob(Normal(a, logvar: c), x)",
           lambda a, c, x: normal(a, exp(c), x), row(
               ((.5, -60, .5), "+++"), ((.5, .7, 2), "+++"),
               ((1, -200, 1), "...", 99.0810615), ((1, -340, 1), "...", 169.0810615),
               ((1, -2000, 1), "...", 999.0810615)))
    yield ("kl(Normal(a, c), Normal(x, 0.5))",
           lambda a, c, x: normal_kl(a, c ** 2, x, mpf(.25)),
           [((1, 1e-12, .5), "+++"), ((1, .5, 1), "+++")])
    yield ("kl(Normal(a, logvar: c), Normal(x, 2))",
           lambda a, c, x: normal_kl(a, exp(c), x, mpf(4)),
           [((1, -60, .5), "+++"), ((1, .5, 1), "+++")])
    yield ("kl(Normal(a, 2), Normal(x, logvar: c))",
           lambda a, c, x: normal_kl(a, mpf(4), x, exp(c)),
           [((1, .5, .5), "+++"), ((1, -.5, 1), "+++")])
    yield ("kl(Normal(a, var: 2), Normal(x, c))",
           lambda a, c, x: normal_kl(a, mpf(2), x, c ** 2),
           [((1, .5, .5), "+++")])
    yield ("kl(Normal(a, 2), Normal(x, var: c))",
           lambda a, c, x: normal_kl(a, mpf(4), x, c),
           [((1, .5, .5), "+++")])
    yield ("log_prob(Laplace(a, c), x)",
           lambda a, c, x: -abs(x - a) / c - log(2 * c), row(
               ((1, 2, 1), ".+."), ((1, .5, 3), "+++")))
    yield ("kl(Laplace(a, c), Laplace(x, 2))",
           lambda a, c, x: log(2 / c) + abs(a - x) / 2 +
           c / 2 * exp(-abs(a - x) / c) - 1, [((1, 1e-9, .5), "+++"),
                                              ((1, .5, 3), "+++")])
    yield ("log_prob(Uniform(a, c), x)", lambda a, c, x: -log(c - a), row(
        ((0, 2, 0), ".+."), ((0, 2, 2), "+.."), ((0, 2, 1), "+++"),
        ((0, 2, -1), "...", -INF), ((0, 2, 3), "...", -INF),
        # A draw may leave the ends by a rounding.
        ((0, 2, 2.0000002), "...", -0.69314718)))
    yield ("Normal(a, logvar: c).var * Normal(a, var: x).std",
           lambda a, c, x: exp(c) * mpmath.sqrt(x), [((1, .5, 2), "+++")])

    # Weights that are 0.
    yield ("log_prob(Mixture(Normal(lift(iota(3), 0 as m), 1), probs: lift(u, 0 as "
           "m), over: m)[1], 0.3 * ones(1))",
           lambda *u: mixture(u, mpf(.3)), rows)
    yield ("log_prob(Mixture(Normal(20 * lift(iota(3), 0 as m), 1), probs: lift(u, "
           "0 as m), over: m)[1], 20 * ones(1))",
           lambda *u: mpf(0), [((1, 0, 1), "...", -200.91893853)])
    yield ("log_prob(Mixture(Beta(lift(onehot(1, 3) + 1, 0 as m), lift(2 * onehot(2, "
           "3) + 1, 0 as m)), probs: lift(u, 0 as m), over: m)[1], ones(1))",
           lambda *u: log((u[0] + 2 * u[1]) / sum(u)),
           [rows[0], rows[2], rows[3], ((0, 0, 1), "...", -INF)])
    yield ("xlogy(a, x)", lambda a, c, x: a * log(x), row(
        ((0, 0, 2), "+.+"), ((1, 0, .5), "+.+"), ((0, 0, 0), "...", 0),
        ((2, 0, 0), "...", -INF)))

    # What is not taken. The formula is the branch taken.
    def taken(text, at, formula, ways="+..", **more):
        return (text, formula, [(at, ways)])

    yield taken("if a > 0 then sqrt(a) else a", (0, 0, 0), lambda a, c, x: a)
    yield taken("if a > 0 then sqrt(a) else a", (-1, 0, 0), lambda a, c, x: a)
    yield taken("if a > 0 then sqrt(a) else a", (2, 0, 0),
                lambda a, c, x: mpmath.sqrt(a))
    yield taken("if a > 0 then log(a) else 2 * a", (0, 0, 0), lambda a, c, x: 2 * a)
    yield taken("if a == 0 then a else sin(x) / a", (0, 0, .5),
                lambda a, c, x: a, "+.+")
    yield taken("if a < 50 then exp(a) else a ^ 2", (1000, 0, 0),
                lambda a, c, x: a ** 2)
    yield taken("if a > 0 then x * log(a) else x", (0, 0, 2),
                lambda a, c, x: x, "+.+")
    yield taken("if a > 0 then 1 / a else c / (x + 1)", (0, 1, 2),
                lambda a, c, x: c / (x + 1), "+++")
    yield taken("if a > 0 then a ^ 0.5 * c else c * a", (0, 3, 0),
                lambda a, c, x: c * a, "++.")
    yield taken("if a > 0 then lgamma(a) else a * c", (0, 3, 0),
                lambda a, c, x: c * a, "++.")
    yield taken("if a > 0 then sum(sqrt(u)) else sum(u ^ 2)", (0, 0, 2),
                lambda *u: sum(one ** 2 for one in u), "+++")
    yield taken("if a > 0 then sum(log(u[:, new] * ones(3, 3))) else sum(u)",
                (0, 1, 2), lambda *u: sum(u), "+++")
    yield taken("if a > 0 then sum(log(u) @ (1 + iota(3)[:, new] * ones(3, 2))) else "
                "sum(u)", (0, 1, 2), lambda *u: sum(u), "+++")
    yield taken("if a > 0 then (if x > 0 then sqrt(x) else log(a)) else x * c",
                (0, 3, 0), lambda a, c, x: x * c, ".++")
    yield taken("if a > 0 then (if x > 0 then sqrt(x) else c * a) else x",
                (1, 3, 0), lambda a, c, x: c * a, "++.")
    yield taken("if a > 0 then max(log(u)) else x", (-1, -2, 3), lambda a, c, x: x,
                "+++")
    yield taken("if a > 0 then sum(u @ log(iota(3)[:, new] * ones(3, 2))) else sum(u)",
                (0, 1, 2), lambda *u: sum(u), "+++")
    # One value, taken twice in a branch, of which one lies in a branch again.
    yield taken("if c > 0 then partly(log(a), x) else a", (2, 1, -1),
                lambda a, c, x: log(a) + 1, "+++")
    # Of several examples of one number some take a branch.
    yield taken("sum(if u > 0.5 then log(a) * u else u)", (2, .25, 1),
                lambda *u: log(u[0]) * (u[0] + u[2]) + u[1], "+++")
    # What is finite in one branch, or at one of the operands, need not be so.
    for factor, at in (("a ^ (-1)", 0), ("log(min(a, 1))", 0),
                       ("(if c > 0 then c else 1 / a)", 0), ("exp(c - a)", -1000)):
        yield taken(f"if a > 0 then x * {factor} else x", (at, 0, 2),
                    lambda a, c, x: x, "+.+")
    yield taken("if a > 0 then log1p(a * c) else x", (-1, 1, 2), lambda a, c, x: x,
                "+++")
    yield taken("max(sqrt(a * a), c)", (0, 1, 0), lambda a, c, x: c, "++.")
    yield taken("min(-sqrt(a * a), c)", (0, -1, 0), lambda a, c, x: c, "++.")
    yield taken("max(log(a), c)", (0, 1, 0), lambda a, c, x: c, "++.")
    yield taken("clamp(log(a), -2, 1)", (0, 0, 0), lambda a, c, x: mpf(-2))
    yield taken("relu(log(a)) + c", (0, 2, 0), lambda a, c, x: c, "++.")
    yield taken("max(log(u))", (0, 2, 1), lambda *u: log(u[1]), "+++")
    yield taken("min(sqrt(u))", (4, 2, 1), lambda *u: mpmath.sqrt(u[2]), "+++")
    yield taken("sum(log(u)[1:])", (0, 2, 1), lambda *u: log(u[1]) + log(u[2]), "+++")
    yield taken("log(u)[1] * u[0]", (0, 2, 1), lambda *u: log(u[1]) * u[0], "+++")
    yield taken("log(u)[round(1 + 0 * a)]", (0, 2, 1), lambda *u: log(u[1]), ".++")
    yield taken("logsumexp(log(u))", (0, 2, 1), lambda *u: log(sum(u)), ".++")
    yield taken("logmeanexp(log(u))", (0, 2, 1), lambda *u: log(sum(u) / 3), ".++")
    yield ("logsumexp(log(u))", lambda *u: log(sum(u)), [((0, 0, 0), "...", -INF)])
    yield taken("abs(sqrt(c * c)) * a", (3, 0, 0), lambda a, c, x: mpf(0) * a, "+..")
    yield taken("elu(a)", (1000, 0, 0), lambda a, c, x: a)
    yield taken("selu(a)", (1000, 0, 0),
                lambda a, c, x: mpf("1.0507009873554805") * a)
    yield taken("norm(u)", (0, 0, 2), lambda *u: mpmath.sqrt(sum(
        one ** 2 for one in u)), "+++")
    yield ("var(u) + std(u)", lambda *u: variance(u) + mpmath.sqrt(variance(u)),
           [((1, 2, 4), "+++")])
    for net in ("Layer", "Group"):
        yield (f"{net}(u)[0]", lambda *u: (u[0] - sum(u) / 3) / mpmath.sqrt(
            variance(u) + mpf("1e-5")), [((1, 2, 4), "+++")])
    yield ("sum(u @ (iota(3)[:, new] * ones(3, 2)))",
           lambda *u: 2 * u[1] + 4 * u[2], [((1, 2, 4), "+++")])
    yield ("if a then c else x", lambda a, c, x: c, [((-1, 2, 3), ".++")])
    yield ("c * stop(round(a))", lambda a, c, x: 2 * c, [((2.5, 3, 0), ".+.")])
    # What is no number differs from all, itself too, and nothing hides it.
    for text in ("log(a)", "max(log(a), c)", "min(c, log(a))", "xlogy(c, log(a))"):
        yield (f"if {text} != {text} then x else 2 * x", lambda a, c, x: x,
               [((-1, 0, 3), "...", 3)])
    # By the manual the derivative is 0 there.
    yield taken("norm(u) + std(u)", (0, 0, 0), lambda *u: mpf(0), "+++")
    # The quotient is below 65, and rounded to it; that of f32 is.
    yield ("a % c", lambda a, c, x: mpf(0),
           [((112.44999999999999, 1.73, 0), "...", 1.729999)])
    yield ("huber(a, 0) * c", lambda a, c, x: (a - mpf(.5)) * c,
           [((1e25, 1, 0), "++."), ((3, 1, 0), "++.")])


def moved(point, ways, steps):
    return [mpf(p) + (STEP * n if way == "+" else -STEP * n)
            for p, way, n in zip(point, ways, steps)]


def derivative(formula, point, ways, which):
    """The derivative in the entries `which` of the point, from inside; None where
    there is none."""
    def difference(step):
        base = [1] * 3
        shifts = [[0] * 3] + [[int(k == i) for k in range(3)] for i in which]
        sign = mpf(1)
        for i in which:
            sign *= step * (1 if ways[i] == "+" else -1)
        total = mpf(0)
        for mask in range(1 << len(which)):
            steps, odd = list(base), len(which)
            for bit, i in enumerate(which):
                if mask >> bit & 1:
                    steps[i] += step / STEP
                    odd -= 1
            total += (-1) ** odd * formula(*moved(point, ways, steps))
        return total / sign
    near, nearer = difference(STEP), difference(STEP / 1000)
    if abs(near - nearer) > mpf(10) ** -9 * max(1, abs(near)):
        return None
    return float(near)


def known_of(formula, point, ways, value=None):
    """Value, gradient and second derivatives; nan where nothing is asked for, None
    where there is no number."""
    if value is not None:
        return [value] + [float("nan")] * 12
    steps = [1 if way != "." else 0 for way in ways]
    at = [mpf(p) + (STEP * STEP * n if way != "-" else -STEP * STEP * n)
          for p, way, n in zip(point, ways, steps)]
    fixed = [mpf(p) for p in point]

    def restricted(*moved_point):
        return formula(*[m if way != "." else f
                         for m, f, way in zip(moved_point, fixed, ways)])
    result = [float(restricted(*at))]
    for i in range(3):
        result.append(derivative(restricted, point, ways, [i])
                      if ways[i] != "." else float("nan"))
    for i in range(3):
        for k in range(3):
            result.append(derivative(restricted, point, ways, [i, k])
                          if ways[i] != "." and ways[k] != "." else float("nan"))
    return result


DEFINED = {
    "partly(": "def partly(v, x) = v + (if x > 0 then v else 1)",
    "Layer(": "net Layer(v: f32[3]) -> f32[3] { v |> layer_norm(affine: false) }",
    "Group(": "net Group(v: f32[3]) -> f32[3] { v |> group_norm(1, affine: false) }",
}


def text_of(expressions):
    # Names that nothing reads are errors, hence the choice and the last number.
    used = [line for name, line in DEFINED.items()
            if any(name in expression for expression in expressions)]
    lines = ["param w : f32 = 1", "step fit() { minimize w^2 over w using sgd(0.1) }",
             "train { fit() } for 1 rounds",
             *used, "proc show(n = 1, u: f32[3]) batch n {",
             "  a = u[0];  c = u[1];  x = min(u[2], 1e30)"]
    parts = []
    for i, expression in enumerate(expressions):
        lines.append(f"  y{i} = {expression}")
        lines.append(f"  g{i} = grad(y{i}, u)")
        parts.append(f"reshape(y{i}, 1), g{i}")
        parts += [f"grad(g{i}[{k}], u)" for k in range(3)]
    lines += [f"  emit npy(concat({', '.join(parts)}, reshape(a + c + x, 1)))", "}"]
    return "\n".join(lines)


def is_right(found, known, allowed):
    if known is None:
        return not numpy.isfinite(found)
    if numpy.isnan(known):
        return True
    if not numpy.isfinite(known):
        return found == known
    return abs(found - known) <= allowed * max(1, abs(known))


def wrong_entries(found, known, kind):
    value, slope = (1e-12, 1e-10) if kind == "f8" else (2e-6, 2e-5)
    for i, (f, k) in enumerate(zip(found, known)):
        if kind == "f4" and k is not None and not abs(k) < 1e30:
            continue
        if not is_right(f, k, value if i == 0 else slope):
            yield f"{'value' if i == 0 else f'derivative {i}'} {f}, right is {k}"


def run(*command, folder):
    done = subprocess.run([str(word) for word in command], cwd=folder, timeout=300,
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{command}: {done.returncode}\n{done.stdout}{done.stderr}")


def compared(gmc, folder, table, kind, flags):
    """How many numbers of the rows of `table` were held, and which are wrong."""
    points = sorted({point[0] for _, _, rows in table for point in rows})
    place = {point: i for i, point in enumerate(points)}
    (folder / "m.gm").write_text(text_of([text for text, _, _ in table]))
    numpy.save(folder / "u.npy", numpy.array(points, kind))
    run(gmc, "compile", "m.gm", "-o", "m", *flags, folder=folder)
    run("./m", "train", "--out", "run", "--overwrite", folder=folder)
    run("./m", "show", "-n", len(points), "--u", "u.npy", "-o", "y.npy", "--out", "run",
        folder=folder)
    found = numpy.load(folder / "y.npy")[:, :-1].reshape(len(points), -1, 13)
    checked, wrong = 0, []
    for i, (text, formula, rows) in enumerate(table):
        for point, ways, *value in rows:
            rounded = [mpf(float(numpy.dtype(kind).type(p))) for p in point]
            known = known_of(formula, rounded, ways, *value)
            if value and kind == "f8" and numpy.isfinite(value[0]):
                known[0] = found[place[point], i, 0]
                wrong += [] if abs(known[0] - value[0]) < 1e-6 * abs(
                    value[0] or 1) else [f"{text} at {point}: {known[0]}"]
            checked += sum(k is None or not numpy.isnan(k) for k in known)
            wrong += [f"{text} at {point}: {one}" for one in wrong_entries(
                found[place[point], i], known, kind)]
    return checked, wrong


def check(gmc, folder):
    parts = sys.argv[2:] or [""]
    table = [row for row in cases() if any(part in row[0] for part in parts)]
    if not table:
        if not any(part in RELAXED for part in parts):
            yield False, f"no text contains {' or '.join(parts)}"
        return
    for kind, flags in (("f8", ["--f64"]), ("f8", ["--f64", "-O0"]), ("f4", [])):
        checked, wrong = 0, []
        for at in range(0, len(table), TOGETHER):
            more, others = compared(gmc, folder, table[at:at + TOGETHER], kind, flags)
            checked, wrong = checked + more, wrong + others
        yield (not wrong, f"{kind} {' '.join(flags)}: {checked} numbers at "
                          f"{sum(len(rows) for _, _, rows in table)} points of "
                          f"{len(table)} expressions" + "".join(
                              "\n  " + one for one in wrong))


RELAXED = """
param w : f32 = 1
step fit() { minimize w^2 over w using sgd(0.1) }
train { fit() } for 1 rounds
proc show(n = 1, u: f32[3]) batch n {
  a ~ Bernoulli(u) by gumbel(0.5)
  b ~ Bernoulli(u) by gumbel(0.5, hard)
  c ~ OneHot(u) by gumbel(0.5)
  d ~ OneHot(u) by straight_through
  emit npy(concat(a, c, grad(sum(a), u), grad(sum(b), u), grad(sum(c * iota(3)), u),
                  grad(sum(d * iota(3)), u), b, d))
}
"""


def check_relaxed(gmc, folder):
    """Draws of probabilities of 0 and 1: values as drawn, derivatives finite."""
    parts = sys.argv[2:]
    if parts and not any(part in RELAXED for part in parts):
        return
    (folder / "r.gm").write_text(RELAXED)
    rows = numpy.array([[0, 1, 0.5], [1, 0, 0], [0.2, 0, 1]] * 200, "f4")
    numpy.save(folder / "u.npy", rows)
    run(gmc, "compile", "r.gm", "-o", "r", folder=folder)
    run("./r", "train", "--out", "run", folder=folder)
    run("./r", "show", "-n", len(rows), "--u", "u.npy", "-o", "y.npy", "--out", "run",
        folder=folder)
    found = numpy.load(folder / "y.npy").reshape(len(rows), 8, 3)
    yield numpy.isfinite(found).all(), "relaxed draws and their derivatives are finite"
    for value in (0, 1):
        apart = abs(found[:, 0][rows == value] - value).max()
        yield apart < 1e-3, f"a relaxed draw of probability {value}: {apart:.1e} off"
    never = found[:, 1][rows == 0].max()
    yield never < 1e-6, f"a relaxed class of probability 0: {never:.1e}"
    hard, marks = found[:, 6], found[:, 7]
    yield (numpy.isin([hard, marks], (0, 1)).all() and (marks.sum(1) == 1).all(),
           "hard draws are 0 or 1, of classes one is 1")
    # Drawn 1 at 0.2, the relaxed one is above 1/2 and as often as not near it, where
    # its slope is largest; of another noise it would be far from it.
    steep = found[:, 3][(rows == numpy.float32(0.2)) & (hard == 1)] * 0.5 * 0.2 * 0.8
    yield (steep > 0.125).mean() > 0.25, \
        f"hard draws and their slopes are of one noise: {(steep > 0.125).mean():.2f}"


if __name__ == "__main__":
    sys.exit(report(check, check_relaxed))
