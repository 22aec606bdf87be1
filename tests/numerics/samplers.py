#!/usr/bin/python3
"""Every sampler against its density, 40,000 draws by fixed seeds.

samplers/samplers.gm draws. Continuous families: the largest distance of the
empirical distribution function from the exact one (Kolmogorov and Smirnov);
classes: the chi-square of their counts. Both are bounded where chance alone
goes in one of a thousand tests; the seeds are fixed, so a test that passes once
always does. Rules R-dist-1, R-dist-6 of dsl/language.md.

usage: samplers.py GMC [VERB ..]
"""
import math
import pathlib
import subprocess
import sys
import tempfile

import numpy

MODEL = pathlib.Path(__file__).parent / "samplers" / "samplers.gm"
# Of a thousand samples one has a larger distance times sqrt(n).
KOLMOGOROV = 1.9495

SCORES = numpy.exp([-1, -1 / 3, 1 / 3, 1])
CLASSES = SCORES / SCORES.sum()


def phi(x):
    return 0.5 * (1 + numpy.vectorize(math.erf)(x / math.sqrt(2)))


def laplace(x):
    return numpy.where(x < 0, 0.5 * numpy.exp(x), 1 - 0.5 * numpy.exp(-x))


def gamma_chance(a, x):
    """The distribution function of Gamma(a, 1): its power series."""
    term = total = numpy.ones_like(x) / a
    for n in range(1, 1500):
        term = term * x / (a + n)
        total = total + term
    return numpy.exp(a * numpy.log(x) - x - math.lgamma(a)) * total


def beta_chance(a, c, x):
    """The distribution function of a Beta: x^a sum of (1 - c)_n x^n / (n! (a + n))
    over B(a, c), of 1 - x above 1/2."""
    if a <= 0 or (x > 0.5).any():
        low = x <= 0.5
        result = numpy.empty_like(x)
        result[low] = beta_chance(a, c, x[low])
        result[~low] = 1 - beta_chance(c, a, 1 - x[~low])
        return result
    term = numpy.ones_like(x)
    total = term / a
    for n in range(1, 80):
        term = term * x * (n - c) / n
        total = total + term / (a + n)
    log_beta = math.lgamma(a) + math.lgamma(c) - math.lgamma(a + c)
    return x ** a * total * math.exp(-log_beta)


# A mixture of Normals of deviation 0.5, means and weights.
MEANS, SHARES = numpy.linspace(-2, 2, 4), numpy.array([1, 2, 3, 4]) / 10


def phi_of_mixture(x):
    return sum(w * phi((x - mean) / 0.5) for w, mean in zip(SHARES, MEANS))


def mixture_log_prob(x):
    terms = SHARES * numpy.exp(-2 * (x - MEANS) ** 2)
    return math.log(terms.sum() / (0.5 * math.sqrt(2 * math.pi)))


CONTINUOUS = {
    "normal": lambda x: phi((x - 0.5) / 2),
    "laplace": lambda x: laplace((x - 0.5) / 2),
    "uniform": lambda x: numpy.clip((x + 1) / 4, 0, 1),
    "several": lambda x: phi(x - 0.5),
    "gamma": lambda x: gamma_chance(2.5, 2 * x),
    "small_gamma": lambda x: gamma_chance(0.1, x.astype(float) ** 10),
    "large_gamma": lambda x: gamma_chance(300, x),
    "beta": lambda x: beta_chance(2, 3, x),
    "small_beta": lambda x: beta_chance(0.1, 2, x),
    "mixture": lambda x: phi_of_mixture(x),
    "mixtures": lambda x: phi_of_mixture(x),
}
DISCRETE = {
    "bernoulli": [0.7, 0.3],
    "categorical": CLASSES,
    "of_probs": [0.1, 0.2, 0.3, 0.4],
    "uniform_int": [1 / 7] * 7,
    "one_hot": CLASSES,
    "two_hot": CLASSES,
    "hard_gumbel": CLASSES,
    "soft_gumbel": CLASSES,
    "soft_bernoulli": [0.7, 0.3],
}
# Columns behind the first: sums and largest entries of vectors of classes.
ALWAYS_ONE = ("one_hot", "soft_gumbel")


def chi_square_bound(freedom):
    """Wilson and Hilferty's quantile at 0.999."""
    part = 2 / (9 * freedom)
    return freedom * (1 - part + 3.0902 * math.sqrt(part)) ** 3


def distance(values, exact):
    """(distance times sqrt(n), its bound)."""
    values = numpy.sort(values)
    n, share = len(values), exact(numpy.sort(values))
    steps = numpy.arange(n + 1) / n
    far = max((steps[1:] - share).max(), (share - steps[:-1]).max())
    return far * math.sqrt(n), KOLMOGOROV


def chi_square(values, chances):
    counts = numpy.bincount(values.astype(int), minlength=len(chances))
    expected = numpy.array(chances) * len(values)
    if len(counts) != len(chances) or (values != values.astype(int)).any():
        return math.inf, 0
    return (((counts - expected) ** 2 / expected).sum(),
            chi_square_bound(len(chances) - 1))


def simpson(f, low, high, n=20000):
    x = numpy.linspace(low, high, n + 1)
    weights = numpy.full(n + 1, 2.0)
    weights[1::2], weights[[0, -1]] = 4, 1
    return (f(x) * weights).sum() * (high - low) / n / 3


def gamma_formulas():
    """Densities, and integrals of them."""
    def gamma(a, r):
        return lambda x: (a * math.log(r) + (a - 1) * numpy.log(x) - r * x
                          - math.lgamma(a))

    def beta(a, c):
        norm = math.lgamma(a) + math.lgamma(c) - math.lgamma(a + c)
        return lambda x: ((a - 1) * numpy.log(x) + (c - 1) * numpy.log(1 - x)
                          - norm)

    found = []
    for q, p, low, high in ((gamma(2.5, 2), gamma(0.5, 3), 1e-9, 40),
                            (beta(2, 3), beta(0.5, 1.5), 1e-9, 1 - 1e-9)):
        # Four components of the parameter `p`, all of them 0.
        found += [4 * q(0.7),
                  4 * simpson(lambda x: numpy.exp(q(x)) * (q(x) - p(x)), low,
                              high),
                  4 * simpson(lambda x: -numpy.exp(q(x)) * q(x), low, high)]
    step = 1e-4
    slope = (math.lgamma(2.5 + step) - math.lgamma(2.5 - step)) / (2 * step)
    return found + [5, 1.6, math.lgamma(2.5), slope]


def formulas():
    """What proc formulas emits."""
    other, two = numpy.array([1, 2, 3, 4]) / 10, SCORES ** 2
    log = math.log
    return [log(CLASSES[2]), (CLASSES * numpy.log(CLASSES * 4)).sum(),
            (CLASSES * numpy.log(CLASSES / other)).sum(),
            -(CLASSES * numpy.log(CLASSES)).sum(), log(7),
            0.5 * log(2 * math.pi * math.e * 4), 1 + log(4), log(2),
            -0.3 * log(0.3) - 0.7 * log(0.7), 16, 4, log(CLASSES[3]),
            -log(two[1] / two.sum()), 1 * 2 * 3 * 2 * 4 * 6, 0, 3, 0.6, 12,
            mixture_log_prob(0.3),
            mixture_log_prob(0.3) + mixture_log_prob(1.3),
            SHARES @ MEANS, SHARES @ numpy.arange(4)] + gamma_formulas()


def formulas_agree(folder):
    subprocess.run([folder / "draw", "formulas", "--out", folder],
                   check=True, timeout=60, stdout=subprocess.DEVNULL)
    shown = numpy.loadtxt(folder / "samples" / "formulas.csv", delimiter=",")
    apart = abs(shown - formulas())
    ok = apart.max() <= 1e-5
    print(f"{'ok' if ok else 'FAILED'}: formulas, worst {apart.max():.1e}, "
          f"column {apart.argmax()}")
    return ok


def main():
    gmc, failures = pathlib.Path(sys.argv[1]).resolve(), 0
    families = {**CONTINUOUS, **DISCRETE}
    verbs = sys.argv[2:] or ["formulas", *families]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        subprocess.run([gmc, "compile", MODEL, "-o", folder / "draw"],
                       check=True, timeout=120)
        subprocess.run([folder / "draw", "train", "--out", folder],
                       check=True, timeout=60, stdout=subprocess.DEVNULL)
        if "formulas" in verbs:
            failures += not formulas_agree(folder)
        for seed in (1, 2):
            run = folder / f"run{seed}"
            subprocess.run([folder / "draw", "train", "--seed", str(seed),
                            "--out", run], check=True, timeout=60,
                           stdout=subprocess.DEVNULL)
            for verb in (one for one in verbs if one != "formulas"):
                subprocess.run([folder / "draw", verb, "--seed", str(seed),
                                "--out", run], check=True, timeout=60,
                               stdout=subprocess.DEVNULL)
                table = numpy.loadtxt(run / "samples" / f"{verb}.csv",
                                      delimiter=",", ndmin=2)
                test = distance if verb in CONTINUOUS else chi_square
                both = verb in ("two_hot", "mixtures")
                found, bound = test(table.ravel() if both else table[:, 0],
                                    families[verb])
                ones = abs(table[:, 1:] - 1).max() if verb in ALWAYS_ONE else 0
                ok = found < bound and ones < 1e-6 and len(table) >= 10000
                failures += not ok
                print(f"{'ok' if ok else 'FAILED'}: {verb}, seed {seed}: "
                      f"{found:.2f}, allowed {bound:.2f}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
