#!/usr/bin/python3
"""The walks of compiler/README.md: what they quote is what the phases print.

    tests/compiler/readme_walk.py GMC

Each paragraph that opens with a phase's name (`**import.** ..`) quotes lines of
`gmc compile models/MODEL.gm --mcpu=x86-64-v4 --stop-after=PHASE`, the model being
the one that the section names. `..` stands for what was left out, other spaces or
line breaks are no difference. Machine code
and the model's own text are not compared.
"""
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PHASES = ("check", "import", "objectives", "differentiate", "fuse", "kernels",
          "codegen")


def quotes():
    """(model, phase, lines) of each block of code in the walks: a section that
    names its model first."""
    text = (ROOT / "compiler" / "README.md").read_text()
    for walk in re.split(r"(?m)^## ", text):
        model = re.search(r"`gmc compile models/(\w+)\.gm", walk)
        for paragraph in re.split(r"(?m)^(?=\*\*\w+[.,])", walk)[1:]:
            phase = re.match(r"\*\*(\w+)", paragraph).group(1)
            for block in re.findall(r"(?s)```\w*\n(.*?)```", paragraph):
                yield model.group(1), phase, block


def pattern(line):
    """A regular expression for a quoted line."""
    parts = [r"\s+".join(map(re.escape, part.split()))
             for part in line.split("..")]
    return r"[^\n]*?".join(parts)


def statements(block):
    """Lines of a block, those that begin deeper joined to the one before."""
    lines = []
    for line in block.splitlines():
        if line.startswith("    ") and lines:
            lines[-1] += " " + line.strip()
        else:
            lines.append(line.strip())
    return lines


def main():
    seen, wrong = set(), []
    for model, phase, block in quotes():
        if phase not in PHASES:
            continue
        seen.add((model, phase))
        printed = subprocess.run(
            [sys.argv[1], "compile", ROOT / "models" / f"{model}.gm",
             "--mcpu=x86-64-v4", f"--stop-after={phase}"], check=True, capture_output=True,
            text=True, timeout=120).stdout
        wrong += [f"{phase}: {line}" for line in statements(block)
                  if not re.search(pattern(line), printed)]
    for line in wrong:
        print(f"compiler/README.md quotes what no phase prints: {line}")
    missing = {phase for phase in PHASES if ("vae", phase) not in seen}
    if missing:
        print(f"compiler/README.md quotes nothing of {', '.join(missing)}")
    return 1 if wrong or missing else 0


if __name__ == "__main__":
    sys.exit(main())
