#!/usr/bin/python3
"""The walk of runtime/README.md: each function that it names is defined in the file that
it links, and each step names one.

    tests/runtime/readme_walk.py
"""
import re
import sys
from pathlib import Path

RUNTIME = Path(__file__).resolve().parents[2] / "runtime"
HEADING = "## A byte of a picture, from the file to the arena"


def steps(page):
    walk = page.split(HEADING + "\n", 1)[1].split("\n## ", 1)[0]
    return [" ".join(step.split()) for step in re.split(r"(?m)^\d+\. ", walk)[1:]]


def named(step):
    """(function, file): each `likeThis` or `Like::this`, and the link after it, or, where
    none is left, the one before."""
    found, waiting, file = [], [], None
    for function, link in re.findall(r"`((?:\w+::)?[a-z]+[A-Z]\w*|\w+::\w+)`|"
                                     r"\[[\w.]+\]\(([\w/.]+)\)", step):
        if function:
            waiting.append(function)
        else:
            found += [(name, link) for name in waiting]
            waiting, file = [], link
    return found + [(name, file) for name in waiting]


def is_defined(function, text):
    return re.search(rf"(?m)^[\w:<>&*,\s]*\b{re.escape(function)}\(", text) is not None


def main():
    wrong = []
    for number, step in enumerate(steps((RUNTIME / "README.md").read_text()), 1):
        functions = named(step)
        if not functions:
            wrong.append(f"step {number} names no function and its file")
        for function, file in functions:
            if not file or not is_defined(function, (RUNTIME / file).read_text()):
                wrong.append(f"step {number}: `{function}` is not defined in {file}")
    for line in wrong:
        print(f"runtime/README.md: {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
