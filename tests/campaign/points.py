"""Values, gradients and second derivatives of expressions of three numbers, as a
compiled program gives them at given points in f64.
"""
import re
import sys
from pathlib import Path

import numpy

HERE = Path(__file__).resolve().parent
sys.path += [str(HERE), str(HERE.parent / "e2e")]
from campaign import run as run_any  # noqa: E402
from trainer import Wrong, run  # noqa: E402

# Of a program: where the first expression stands; each takes two lines.
FIRST_LINE = 6


def text_of(expressions):
    """A program of expressions of a, c, x, the vector u of them, and k[0], which is 1."""
    lines = ["param w : f32 = 1", "step fit() { minimize w^2 over w using sgd(0.1) }",
             "train { fit() } for 1 rounds",
             "proc show(n = 1, u: f32[3], k: f32[1]) batch n {",
             "  a = k[0] * u[0];  c = k[0] * u[1];  x = k[0] * u[2]"]
    assert len(lines) + 1 == FIRST_LINE
    parts = []
    for i, text in enumerate(expressions):
        lines.append(f"  y{i} = ({text}) + 0 * (a + c + x)")
        lines.append(f"  g{i} = grad(y{i}, u)")
        parts.append(f"reshape(y{i}, 1), g{i}")
        parts += [f"grad(sum(g{i} * onehot({k}, 3) + 0 * u^2), u)" for k in range(3)]
    return "\n".join(lines + [f"  emit npy(concat({', '.join(parts)}))", "}"])


def accepted(gmc, folder, drawn):
    """Those of `drawn`, whose first is the text, that gmc does not refuse as logarithms
    of what is never above 0 or as divided by what is always 0; m.gm in `folder` holds them."""
    while True:
        (folder / "m.gm").write_text(text_of([text for text, *_ in drawn]))
        said = run_any([gmc, "check", folder / "m.gm"], folder, 100)
        if said.code == 0:
            return drawn
        refused = {(int(line) - FIRST_LINE) // 2 for line in re.findall(
            r"error\[E031[23]\].*\n +--> .*m\.gm:(\d+):", said.said)}
        if said.code != 1 or not refused:
            raise Wrong(f"gmc check: {said.code}\n{said.said}")
        drawn = [one for i, one in enumerate(drawn) if i not in refused]


def evaluated(gmc, folder, points, flags):
    """An array [points, expressions, 13] of m.gm in `folder`: the value, its gradient in
    u, its second derivatives row by row."""
    numpy.save(folder / "u.npy", points)
    numpy.save(folder / "k.npy", numpy.ones((len(points), 1)))
    run(gmc, "compile", folder / "m.gm", "-o", folder / "m", "--f64", *flags)
    run(folder / "m", "train", "--out", folder / "run", "--overwrite")
    run(folder / "m", "show", "-n", len(points), "--u", folder / "u.npy", "--k",
        folder / "k.npy", "-o", folder / "y.npy", "--out", folder / "run")
    return numpy.load(folder / "y.npy").reshape(len(points), -1, 13)
