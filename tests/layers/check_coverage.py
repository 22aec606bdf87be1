#!/usr/bin/python3
"""Checks that each core operation, each function of the library with each of
its labels, and each flag of gmc and of a trainer stands in some test.

What is written in a text of the tests or of models/ counts as tested by it, as
every one of them is compiled and compared; so do the texts that scripts write
(random models, operators of torch and ONNX). A comment does not count. This
cannot say that a test is good, only that there is none. `--self-test` shows that
each rule can fail.
"""
import re
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Where texts stand, and what runs gmc and trainers.
TEXTS = ["models/*.gm", "tests/**/*.gm", "tests/**/*.py", "tests/**/*.cpp",
         "tests/**/*.test"]
RUNS = ["tests/**/*.py", "tests/**/*.test", "tests/**/*.gm",
        "tests/runtime/**/*.cpp", "tools/dev/*"]
FLAGS = ["tools/gmc/*.cpp", "runtime/train/*.cpp", "runtime/abi/names.def"]
HERE = "tests/layers/check_coverage.py"


def read(root, patterns, comment):
    """All files of `patterns`, without what follows `comment` in a line."""
    files = {file for pattern in patterns for file in root.glob(pattern)
             if file.is_file() and file != root / HERE}
    return "\n".join(re.sub(comment, "", file.read_text(errors="replace"))
                     for file in sorted(files))


def operations(root):
    """Spellings of ops.def that no written-out program has."""
    table = (root / "dsl/program/ops.def").read_text()
    dumps = "\n".join(file.read_text()
                      for file in sorted(root.glob("tests/dsl/**/*.program")))
    seen = set(re.findall(r"(?m)^\s*%\d+ = (\w+)", dumps))
    for name in re.findall(r"(?m)^GMC_OP\(\w+, (\w+),", table):
        if name not in seen:
            yield f"dsl/program/ops.def: no tests/dsl/**/*.program has `{name}`"


def signatures(root):
    """(place, name, labels) of each row of the library's tables: a string such
    as "linear(x, n, bias:?, init:?)", which may be of several literals."""
    row = re.compile(r'\{\s*"(\w+)\(((?:[^"\\]|"\s*")*?)\)?"\s*,\s*\w+')
    for file in sorted([*root.glob("dsl/library/*.cpp"),
                        *root.glob("dsl/sema/*.cpp")]):
        text = file.read_text()
        for begin in re.finditer(r"LibraryEntry \w+\[\] = \{|"
                                 r"(?:array|vector)<LibraryEntry[^;=]*= *\{",
                                 text):
            table = text[begin.end():text.find("\n};", begin.end())]
            for match in row.finditer(table):
                labels = re.findall(r"(\w+):", match[2])
                yield file.relative_to(root), match[1], labels


def functions(root):
    """Functions and labels that no text has."""
    texts = read(root, TEXTS, r"(?m)(?<!\S)#.*")
    words = set(re.findall(r"\b(\w+)\b", texts))
    labels = set(re.findall(r"\b(\w+)(?:: |=)", texts))
    found = 0
    for place, name, parts in signatures(root):
        found += 1
        if name not in words:
            yield f"{place}: no text of a test calls `{name}`"
        for label in parts:
            if label not in labels:
                yield f"{place}: no text of a test says `{label}:` of `{name}`"
    if not found:
        yield "dsl/library: no table of the library was found"


def flags(root):
    """Flags that no test gives."""
    runs = read(root, RUNS, r"(?m)(?<!\S)(?:#|//)(?! RUN).*")
    source = read(root, FLAGS, r"(?m)(?<!\S)//.*")
    calls = re.findall(r"(?:add_(?:option|flag)\(\s*|GMC_FLAG\(\w+, )"
                       r"\"([^\"]+)\"", source)
    if not calls:
        yield "no flag was found"
    for call in calls:
        names = [name.strip() for name in call.split(",")]
        names = [name for name in names if name.startswith("-")
                 and len(name.strip("-"))]
        if names and not any(
                re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", runs)
                for name in names):
            yield f"no test gives {' or '.join(names)}"


RULES = (operations, functions, flags)
# A file, its text and what is then said, for each rule; files of `FITTING` are
# there always.
FITTING = {
    "dsl/program/ops.def": "GMC_OP(Add, add, 2, Leaf)\n",
    "tests/dsl/programs/a.program": "  %1 = add %0, %0\n",
    "dsl/library/A.cpp": 'const LibraryEntry entries[] = {\n'
                      '    {"norm(x, over:?, "\n     "p:?)", normOf},\n};\n',
    "tests/dsl/a.gm": "y = norm(x, over: 0, p: 2)\n",
    "tools/gmc/gmc.cpp": 'add_option("-o,--output", x);\n',
    "tests/a.py": 'run("--output")\n',
}
EXAMPLES = [
    ("dsl/program/ops.def", "GMC_OP(Sub, sub, 2, Leaf)\n", "`sub`"),
    ("tests/dsl/a.gm", "# norm\ny = over: 0, p: 2\n", "calls `norm`"),
    ("tests/dsl/a.gm", "norm(x, over: 0)\n", "`p:` of `norm`"),
    ("dsl/library/A.cpp", "", "no table"),
    ("tools/gmc/gmc.cpp", 'add_flag("--check", x);\n', "--check"),
    ("tests/a.py", 'run("--output-folder")\n', "-o or --output"),
]


def self_test():
    wrong = []
    for path, text, said in [(None, "", None), *EXAMPLES]:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for name, fitting in FITTING.items():
                file = root / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text if name == path else fitting)
            found = [one for rule in RULES for one in rule(root)]
        if len(found) != (said is not None) or said and said not in found[0]:
            wrong.append(f"{path}: {text!r}: expected {said}, got {found}")
    print("\n".join(wrong) or f"{len(EXAMPLES)} examples are judged rightly")
    return 1 if wrong else 0


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    found = [one for rule in RULES for one in rule(ROOT)]
    for one in found:
        print(one)
    print(f"{len(found)} without a test")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
